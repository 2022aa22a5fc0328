/* The forms of statements, from mild to strong; the whole lists, so that a form too many shows as well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "sql/rewrite.h"

/* A table `k` has the columns id and name; of others nothing is known. */
static bool columns(void *context, const struct head_name *table, size_t n, struct strbuf *out)
{
    (void)context;
    strbuf_addz(out, n == 1 ? "\"id\"" : "\"id\", \"name\"");
    return slice_eq(table->name, SLICE("k"));
}

static const struct rewrite_known known = {.columns = columns};

static void forms(const struct dialect *d, uint32_t guards, const char *statement, const char *const *expected)
{
    ARENA(a);
    struct rewrites r;
    size_t n = 0;
    assert_int_equal(rewrite_forms(&a, d, guards, &known, slice_of(statement), &r, NULL), PAWL_OK);
    for (; expected[n] && n < r.n; n++)
        assert_string_equal(r.forms[n].sql.p, expected[n]);
    if (expected[n] || n != r.n)
        fail_msg("%s: %zu forms, the first unexpected is %s", statement, r.n, n < r.n ? r.forms[n].sql.p : "missing");
}

#define SQLITE(statement, ...) \
    forms(&dialect_sqlite, dialect_sqlite.guards, statement, (const char *const[]){__VA_ARGS__, NULL})
#define POSTGRES(statement, ...) \
    forms(&dialect_postgres, dialect_postgres.guards, statement, (const char *const[]){__VA_ARGS__, NULL})
#define NONE NULL
#define BLOCK(condition, statement) \
    "DO $guard$\nBEGIN\n    IF " condition " THEN\n        " statement ";\n    END IF;\nEND\n$guard$"
#define COLUMN(t, c) \
    "EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('" t "') AND NOT attisdropped AND attname = '" c "')"
#define CONSTRAINT(t, c) \
    "EXISTS (SELECT FROM pg_constraint WHERE conrelid = to_regclass('" t "') AND conname = '" c "')"
#define DOMAIN_CONSTRAINT(t, c) \
    "EXISTS (SELECT FROM pg_constraint WHERE contypid = to_regtype('" t "') AND conname = '" c "')"
#define TABLE(t) "to_regclass('" t "') IS NOT NULL"

static void sqlite_has_few_words_for_it(void **state)
{
    (void)state;
    SQLITE("CREATE TABLE /* a */ a (b)", "CREATE TABLE /* a */ IF NOT EXISTS a (b)");
    SQLITE("CREATE TABLE IF NOT EXISTS a (b)", NONE);
    SQLITE("create unique index \"i\" on a (b)", "create unique index IF NOT EXISTS \"i\" on a (b)");
    SQLITE("CREATE VIRTUAL TABLE main.f USING fts5(x)", "CREATE VIRTUAL TABLE IF NOT EXISTS main.f USING fts5(x)");
    SQLITE("CREATE VIEW v AS SELECT 1", "CREATE VIEW IF NOT EXISTS v AS SELECT 1",
           "DROP VIEW IF EXISTS v;\nCREATE VIEW v AS SELECT 1");
    SQLITE("CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END",
           "CREATE TRIGGER IF NOT EXISTS t AFTER INSERT ON a BEGIN SELECT 1; END");
    SQLITE("DROP TABLE a", "DROP TABLE IF EXISTS a");
    SQLITE("DROP TRIGGER a", "DROP TRIGGER IF EXISTS a");
    SQLITE("ALTER TABLE a ADD COLUMN b", NONE);
    SQLITE("ALTER TABLE a RENAME TO b", NONE);
    SQLITE("UPDATE a SET b = 1", NONE);
}

static void seeds(void **state)
{
    (void)state;
    SQLITE("INSERT INTO a VALUES (1)", "INSERT INTO a VALUES (1) ON CONFLICT DO NOTHING",
           "INSERT OR IGNORE INTO a VALUES (1)");
    SQLITE("INSERT INTO a SELECT 1 FROM b", "INSERT OR IGNORE INTO a SELECT 1 FROM b");
    SQLITE("INSERT INTO a VALUES (1) ON CONFLICT DO NOTHING", NONE);
    SQLITE("INSERT OR IGNORE INTO a VALUES (1)", NONE);
    SQLITE(
        "INSERT INTO a (b, c, d) VALUES (1, NULL, f(2))",
        "INSERT INTO a (b, c, d) VALUES (1, NULL, f(2)) ON CONFLICT DO NOTHING",
        "INSERT OR IGNORE INTO a (b, c, d) VALUES (1, NULL, f(2))",
        "INSERT INTO a (b, c, d)\nSELECT 1, NULL, f(2)\nWHERE NOT EXISTS (SELECT 1 FROM a WHERE b = 1 AND c IS NULL)");
    POSTGRES("INSERT INTO a VALUES (1) RETURNING b", "INSERT INTO a VALUES (1) ON CONFLICT DO NOTHING RETURNING b",
             BLOCK(TABLE("a"), "INSERT INTO a VALUES (1) ON CONFLICT DO NOTHING RETURNING b"));
    POSTGRES("UPDATE ONLY a SET \"B\" = 1, c = f(2, 3) WHERE d = 4",
             BLOCK(TABLE("a"), "UPDATE ONLY a SET \"B\" = 1, c = f(2, 3) WHERE d = 4"),
             BLOCK(TABLE("a") " AND " COLUMN("a", "B") " AND " COLUMN("a", "c"),
                   "UPDATE ONLY a SET \"B\" = 1, c = f(2, 3) WHERE d = 4"));
}

#define SEED(values, where) \
    "INSERT INTO a (b, c)\nSELECT " values "\nWHERE NOT EXISTS (SELECT 1 FROM a WHERE " where ")"

static void seeds_of_several_rows_are_asked_for_one_by_one(void **state)
{
    (void)state;
    SQLITE("INSERT INTO a (b, c) VALUES (1, 'x'), (-2, f())",
           "INSERT INTO a (b, c) VALUES (1, 'x'), (-2, f()) ON CONFLICT DO NOTHING",
           "INSERT OR IGNORE INTO a (b, c) VALUES (1, 'x'), (-2, f())",
           SEED("1, 'x'", "b = 1 AND c = 'x'") ";\n" SEED("-2, f()", "b = -2"));
    /* comments stay where they are */
    SQLITE("INSERT /* 0 */ INTO a (b) VALUES -- 1\n  (1), -- 2\n  (2) /* 3 */ , -- 4\n  (3)",
           "INSERT /* 0 */ INTO a (b) VALUES -- 1\n  (1), -- 2\n  (2) /* 3 */ , -- 4\n  (3)\nON CONFLICT DO NOTHING",
           "INSERT OR IGNORE /* 0 */ INTO a (b) VALUES -- 1\n  (1), -- 2\n  (2) /* 3 */ , -- 4\n  (3)",
           "INSERT /* 0 */ INTO a (b) -- 1\nSELECT 1\nWHERE NOT EXISTS (SELECT 1 FROM a WHERE b = 1); -- 2\n"
           "INSERT INTO a (b)\nSELECT 2\nWHERE NOT EXISTS (SELECT 1 FROM a WHERE b = 2); /* 3 */ -- 4\n"
           "INSERT INTO a (b)\nSELECT 3\nWHERE NOT EXISTS (SELECT 1 FROM a WHERE b = 3)");
    /* what may be of a type that has no = */
    SQLITE("INSERT INTO a (b, c) VALUES (1, '{\"k\": 1}')",
           "INSERT INTO a (b, c) VALUES (1, '{\"k\": 1}') ON CONFLICT DO NOTHING",
           "INSERT OR IGNORE INTO a (b, c) VALUES (1, '{\"k\": 1}')",
           SEED("1, '{\"k\": 1}'", "b = 1 AND c = '{\"k\": 1}'"),
           SEED("1, '{\"k\": 1}'", "b = 1 AND CAST(c AS text) = '{\"k\": 1}'"));
    /* nothing to know a row by; a row that is too short */
    SQLITE("INSERT INTO a (b) VALUES (1), (f())", "INSERT INTO a (b) VALUES (1), (f()) ON CONFLICT DO NOTHING",
           "INSERT OR IGNORE INTO a (b) VALUES (1), (f())");
    SQLITE("INSERT INTO a (b, c) VALUES (1, 2), (3)", "INSERT INTO a (b, c) VALUES (1, 2), (3) ON CONFLICT DO NOTHING",
           "INSERT OR IGNORE INTO a (b, c) VALUES (1, 2), (3)");
#define TWO SEED("'{}'::jsonb, 'x'::varchar(3)", "b = '{}'::jsonb AND c = 'x'::varchar(3)")
#define AS_TEXT SEED("'{}'::jsonb, 'x'::varchar(3)", "CAST(b AS text) = '{}' AND c = 'x'::varchar(3)")
#define BOTH "INSERT INTO a (b, c) VALUES ('{}'::jsonb, 'x'::varchar(3)) ON CONFLICT DO NOTHING"
    POSTGRES("INSERT INTO a (b, c) VALUES ('{}'::jsonb, 'x'::varchar(3))", BOTH, TWO, AS_TEXT, BLOCK(TABLE("a"), BOTH),
             BLOCK(TABLE("a") " AND " COLUMN("a", "b") " AND " COLUMN("a", "c"), BOTH), BLOCK(TABLE("a"), TWO),
             BLOCK(TABLE("a") " AND " COLUMN("a", "b") " AND " COLUMN("a", "c"), TWO));
    /* what is more than a literal and its type is not compared */
    SQLITE("INSERT INTO a (b, c) VALUES (1, 'x' || 'y')",
           "INSERT INTO a (b, c) VALUES (1, 'x' || 'y') ON CONFLICT DO NOTHING",
           "INSERT OR IGNORE INTO a (b, c) VALUES (1, 'x' || 'y')", SEED("1, 'x' || 'y'", "b = 1"));
}

static void seeds_without_columns_get_them(void **state)
{
    (void)state;
    SQLITE("INSERT INTO k VALUES (1, 'x')", "INSERT INTO k VALUES (1, 'x') ON CONFLICT DO NOTHING",
           "INSERT OR IGNORE INTO k VALUES (1, 'x')",
           "INSERT INTO k (\"id\", \"name\") VALUES (1, 'x') ON CONFLICT DO NOTHING",
           "INSERT OR IGNORE INTO k (\"id\", \"name\") VALUES (1, 'x')",
           "INSERT INTO k (\"id\", \"name\")\nSELECT 1, 'x'\nWHERE NOT EXISTS (SELECT 1 FROM k WHERE \"id\" = 1 AND "
           "\"name\" = 'x')");
    SQLITE("INSERT INTO k SELECT a, b FROM c", "INSERT OR IGNORE INTO k SELECT a, b FROM c",
           "INSERT OR IGNORE INTO k (\"id\", \"name\") SELECT a, b FROM c");
    SQLITE("INSERT INTO k DEFAULT VALUES", "INSERT INTO k DEFAULT VALUES ON CONFLICT DO NOTHING",
           "INSERT OR IGNORE INTO k DEFAULT VALUES");
}

static void postgres_creates(void **state)
{
    (void)state;
    POSTGRES("CREATE TABLE \"s\".a (b int)", "CREATE TABLE IF NOT EXISTS \"s\".a (b int)");
    POSTGRES("CREATE TEMP TABLE a (b int)", NONE);
    POSTGRES("SELECT 1 INTO a", NONE);
    POSTGRES("CREATE TYPE s.\"M\" AS ENUM ('a')",
             BLOCK("to_regtype('s.\"M\"') IS NULL", "CREATE TYPE s.\"M\" AS ENUM ('a')"));
    POSTGRES("CREATE VIEW v AS SELECT 1", "CREATE OR REPLACE VIEW v AS SELECT 1",
             BLOCK("to_regclass('v') IS NULL", "CREATE VIEW v AS SELECT 1"),
             "DROP VIEW IF EXISTS v;\nCREATE VIEW v AS SELECT 1");
    POSTGRES("CREATE INDEX CONCURRENTLY i ON a (b)", "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a (b)");
    POSTGRES(
        "CREATE INDEX ON \"A\" (lower(b), c DESC, (d + 1))",
        "CREATE INDEX IF NOT EXISTS \"A_lower_c_expr_idx\" ON \"A\" (lower(b), c DESC, (d + 1))",
        BLOCK(TABLE("\"A\""), "CREATE INDEX IF NOT EXISTS \"A_lower_c_expr_idx\" ON \"A\" (lower(b), c DESC, (d + 1))"),
        BLOCK(TABLE("\"A\"") " AND " COLUMN("\"A\"", "c"),
              "CREATE INDEX IF NOT EXISTS \"A_lower_c_expr_idx\" ON \"A\" (lower(b), c DESC, (d + 1))"));
    POSTGRES("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$",
             "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$",
             "DO $guard$\nBEGIN\n    CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$;\nEXCEPTION\n"
             "    WHEN duplicate_function THEN NULL; -- it is there already\nEND\n$guard$");
    /* its ; would end the statement inside a block, its quotes the block */
    POSTGRES("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END",
             "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END");
    POSTGRES("CREATE TYPE a AS ENUM ('$guard$')", NONE);
    POSTGRES("CREATE DATABASE a", NONE);
}

static void postgres_alters(void **state)
{
    (void)state;
    POSTGRES("ALTER TABLE a ADD b int, DROP c", "ALTER TABLE a ADD IF NOT EXISTS b int, DROP IF EXISTS c",
             "ALTER TABLE IF EXISTS a ADD IF NOT EXISTS b int, DROP IF EXISTS c");
    POSTGRES("ALTER TABLE ONLY s.a ADD CONSTRAINT k UNIQUE (b)",
             BLOCK("NOT " CONSTRAINT("s.a", "k"), "ALTER TABLE ONLY s.a ADD CONSTRAINT k UNIQUE (b)"),
             BLOCK(TABLE("s.a") " AND " COLUMN("s.a", "b") " AND NOT " CONSTRAINT("s.a", "k"),
                   "ALTER TABLE IF EXISTS ONLY s.a ADD CONSTRAINT k UNIQUE (b)"));
    POSTGRES("ALTER TABLE a RENAME b TO c", BLOCK(COLUMN("a", "b"), "ALTER TABLE a RENAME b TO c"),
             BLOCK(COLUMN("a", "b") " AND NOT " COLUMN("a", "c"), "ALTER TABLE IF EXISTS a RENAME b TO c"));
    POSTGRES("ALTER TYPE m ADD VALUE 'x'", "ALTER TYPE m ADD VALUE IF NOT EXISTS 'x'");
    POSTGRES("ALTER FUNCTION s.f(int) RENAME TO g",
             BLOCK("to_regprocedure('s.f(int)') IS NOT NULL", "ALTER FUNCTION s.f(int) RENAME TO g"));
    POSTGRES("ALTER FUNCTION s.f RENAME TO g",
             BLOCK("to_regproc('s.f') IS NOT NULL", "ALTER FUNCTION s.f RENAME TO g"));
    POSTGRES("ALTER DOMAIN a RENAME TO b", BLOCK("to_regtype('a') IS NOT NULL", "ALTER DOMAIN a RENAME TO b"));
    POSTGRES("ALTER DOMAIN a RENAME CONSTRAINT c TO d",
             BLOCK(DOMAIN_CONSTRAINT("a", "c"), "ALTER DOMAIN a RENAME CONSTRAINT c TO d"));
    POSTGRES("ALTER DOMAIN a ADD CONSTRAINT c CHECK (VALUE > 0)",
             BLOCK("NOT " DOMAIN_CONSTRAINT("a", "c"), "ALTER DOMAIN a ADD CONSTRAINT c CHECK (VALUE > 0)"));
    POSTGRES("ALTER DOMAIN a DROP CONSTRAINT c",
             BLOCK(DOMAIN_CONSTRAINT("a", "c"), "ALTER DOMAIN a DROP CONSTRAINT c"));
    POSTGRES("ALTER DOMAIN a DROP CONSTRAINT IF EXISTS c", NONE);
    POSTGRES("ALTER DOMAIN a ADD CHECK (VALUE > 0)", NONE);
    POSTGRES("ALTER TABLE a RENAME TO b", "ALTER TABLE IF EXISTS a RENAME TO b",
             BLOCK(TABLE("a") " AND to_regclass('b') IS NULL", "ALTER TABLE a RENAME TO b"));
    /* comments between two actions stay where they are */
    ARENA(a);
    struct rewrites r;
    assert_int_equal(rewrite_forms(&a, &dialect_postgres, dialect_postgres.guards, NULL,
                                   SLICE("ALTER TABLE a\n  ADD b int, -- one, two\n  RENAME CONSTRAINT c TO d"), &r,
                                   NULL),
                     PAWL_OK);
    assert_string_equal(r.forms[0].sql.p, "ALTER TABLE a\n  ADD IF NOT EXISTS b int; -- one, two\n" BLOCK(
                                              CONSTRAINT("a", "c"), "ALTER TABLE a RENAME CONSTRAINT c TO d"));
}

static void only_what_all_engines_have(void **state)
{
    (void)state;
    uint32_t both = dialect_sqlite.guards & dialect_postgres.guards;
    forms(&dialect_postgres, both, "ALTER TABLE a ADD b int", (const char *const[]){NULL});
    forms(&dialect_postgres, both, "CREATE TABLE a (b int)",
          (const char *const[]){"CREATE TABLE IF NOT EXISTS a (b int)", NULL});
    forms(&dialect_postgres, both, "CREATE VIEW v AS SELECT 1",
          (const char *const[]){"DROP VIEW IF EXISTS v;\nCREATE VIEW v AS SELECT 1", NULL});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sqlite_has_few_words_for_it),
        cmocka_unit_test(seeds),
        cmocka_unit_test(seeds_of_several_rows_are_asked_for_one_by_one),
        cmocka_unit_test(seeds_without_columns_get_them),
        cmocka_unit_test(postgres_creates),
        cmocka_unit_test(postgres_alters),
        cmocka_unit_test(only_what_all_engines_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
