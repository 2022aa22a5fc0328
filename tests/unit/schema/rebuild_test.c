/* What SQLite has no words for: what the table's text looks like afterwards, what goes along, and what is refused and why. */
#include "schema_test.h"

#include "base/mem.h"
#include "schema/emulate.h"

#define MAX 65536

static int run_emulated(struct arena *a, struct db *db, const char *sql, const char **note, struct pawl_error *e)
{
    struct emulation m;
    int code = emulate(a, db, slice_of(sql), &m, e);
    if (!code)
        *note = arena_strz(a, m.note);
    if (code || m.as_is)
        return code ? code : db_run(db, &(struct db_request){.sql = slice_of(sql)}, 1, NULL, e);
    return db_run(db, m.requests, m.n, NULL, e);
}

static int on_text(void *context, const struct db_value *c, size_t n, struct pawl_error *e)
{
    struct strbuf *s = context;
    (void)e;
    for (size_t i = 0; i < n; i++) {
        strbuf_addz(s, i ? "|" : s->n ? "\n" : "");
        if (c[i].type == DB_INT)
            strbuf_addf(s, "%lld", (long long)c[i].i);
        else
            strbuf_add(s, c[i].s);
    }
    return PAWL_OK;
}

static const char *ask(struct arena *a, struct db *db, const char *sql)
{
    STRBUF(s, MAX);
    struct pawl_error e = {0};
    if (db_run(db, &(struct db_request){.sql = slice_of(sql), .on_row = on_text, .context = &s}, 1, NULL, &e))
        fail_msg("%s\n%s", sql, e.message);
    return arena_strz(a, strbuf_slice(&s));
}

/* Makes a schema, runs one statement, and compares what a query gives then (NULL: the text of table t), and the note. */
static void check(const char *schema, const char *statement, const char *query, const char *want, const char *note)
{
    ARENA(a);
    const char *got_note = "";
    struct pawl_error e = {0};
    struct db *db = scratch();
    run_sql(db, schema);
    run_sql(db, "BEGIN");
    if (run_emulated(&a, db, statement, &got_note, &e))
        fail_msg("%s\n%s", statement, e.message);
    run_sql(db, "COMMIT");
    assert_string_equal(ask(&a, db, query ? query : "SELECT sql FROM sqlite_schema WHERE name = 't'"), want);
    assert_string_equal(got_note ? got_note : "", note);
    db_close(db);
}

/* The statement is refused with this message, and after a rollback nothing has changed. */
static void refused(const char *schema, const char *statement, const char *message)
{
    ARENA(a);
    const char *note;
    struct pawl_error e = {0};
    struct db *db = scratch();
    run_sql(db, schema);
    const char *before = ask(&a, db, "SELECT name, sql FROM sqlite_schema ORDER BY rowid");
    run_sql(db, "BEGIN");
    int code = run_emulated(&a, db, statement, &note, &e);
    if (!code)
        fail_msg("not refused: %s", statement);
    assert_string_equal(e.message, message);
    run_sql(db, "ROLLBACK");
    assert_string_equal(ask(&a, db, "SELECT name, sql FROM sqlite_schema ORDER BY rowid"), before);
    db_close(db);
}

static const char laid_out[] = "CREATE TABLE t (\n"
                               "    id INTEGER PRIMARY KEY, -- the key\n"
                               "    a TEXT DEFAULT 'x', /* what it is */\n"
                               "    b INTEGER, -- how many\n"
                               "\n"
                               "    -- rules\n"
                               "    CONSTRAINT small CHECK (b < 10),\n"
                               "    UNIQUE (a, b) -- once\n"
                               ")";

static void the_text_keeps_its_layout(void **unused)
{
    (void)unused;
    check(laid_out, "ALTER TABLE t ALTER COLUMN b SET NOT NULL", NULL,
          "CREATE TABLE t (\n"
          "    id INTEGER PRIMARY KEY, -- the key\n"
          "    a TEXT DEFAULT 'x', /* what it is */\n"
          "    b INTEGER NOT NULL, -- how many\n"
          "\n"
          "    -- rules\n"
          "    CONSTRAINT small CHECK (b < 10),\n"
          "    UNIQUE (a, b) -- once\n"
          ")",
          "");
    check(laid_out, "ALTER TABLE t DROP COLUMN b", NULL,
          "CREATE TABLE t (\n"
          "    id INTEGER PRIMARY KEY, -- the key\n"
          "    a TEXT DEFAULT 'x' /* what it is */\n"
          "\n"
          "    -- rules\n"
          ")",
          "dropped with it: CONSTRAINT small CHECK (b < 10); dropped with it: UNIQUE (a, b)");
    check(laid_out, "ALTER TABLE t ADD CONSTRAINT c CHECK (a <> ''), ADD COLUMN d text UNIQUE, ALTER a DROP DEFAULT",
          NULL,
          "CREATE TABLE t (\n"
          "    id INTEGER PRIMARY KEY, -- the key\n"
          "    a TEXT, /* what it is */\n"
          "    b INTEGER, -- how many\n"
          "    d text UNIQUE,\n"
          "\n"
          "    -- rules\n"
          "    CONSTRAINT small CHECK (b < 10),\n"
          "    UNIQUE (a, b), -- once\n"
          "    CONSTRAINT c CHECK (a <> '')\n"
          ")",
          "");
    check("CREATE TABLE t (a int, b int UNIQUE, c int)", "ALTER TABLE t DROP COLUMN b", NULL,
          "CREATE TABLE t (a int, c int)", "");
    check("CREATE TABLE t (a int, b int, c int, UNIQUE (c))", "ALTER TABLE t DROP CONSTRAINT t_c_key", NULL,
          "CREATE TABLE t (a int, b int, c int)", "");
    check("CREATE TABLE t (a int -- one\n)", "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a)", NULL,
          "CREATE TABLE t (a int, CONSTRAINT u UNIQUE (a) -- one\n)", "");
    check("CREATE TABLE t (a)", "ALTER TABLE t ALTER a TYPE varchar(20) COLLATE nocase", NULL,
          "CREATE TABLE t (a varchar(20) COLLATE nocase)", "");
    check("CREATE TABLE t (a int NULL DEFAULT 1 CHECK (a > 0))",
          "ALTER TABLE t ALTER a SET NOT NULL, ALTER a SET DEFAULT -2 + 4", NULL,
          "CREATE TABLE t (a int NOT NULL DEFAULT (-2 + 4) CHECK (a > 0))", "");
}

/* SQLite takes constraints of a table without commas between them. */
static void constraints_without_commas(void **unused)
{
    (void)unused;
    static const char schema[] = "CREATE TABLE t (a int, b int, CONSTRAINT x CHECK (b > 0) CONSTRAINT y UNIQUE (a) "
                                 "CHECK (a <> 5), CONSTRAINT z CHECK (a < 9))";
    check(schema, "ALTER TABLE t DROP CONSTRAINT x", NULL,
          "CREATE TABLE t (a int, b int, CONSTRAINT y UNIQUE (a) CHECK (a <> 5), CONSTRAINT z CHECK (a < 9))", "");
    check(schema, "ALTER TABLE t DROP CONSTRAINT y", NULL,
          "CREATE TABLE t (a int, b int, CONSTRAINT x CHECK (b > 0) CHECK (a <> 5), CONSTRAINT z CHECK (a < 9))", "");
    check(
        schema, "ALTER TABLE t DROP CONSTRAINT t_a_check", NULL,
        "CREATE TABLE t (a int, b int, CONSTRAINT x CHECK (b > 0) CONSTRAINT y UNIQUE (a), CONSTRAINT z CHECK (a < 9))",
        "");
    check(schema, "ALTER TABLE t DROP COLUMN b", NULL,
          "CREATE TABLE t (a int, CONSTRAINT y UNIQUE (a) CHECK (a <> 5), CONSTRAINT z CHECK (a < 9))",
          "dropped with it: CONSTRAINT x CHECK (b > 0)");
    check("CREATE TABLE t (a int,\n    CONSTRAINT x CHECK (a > 0) -- x\n    CONSTRAINT y UNIQUE (a) -- y\n)",
          "ALTER TABLE t DROP CONSTRAINT x", NULL, "CREATE TABLE t (a int,\n    CONSTRAINT y UNIQUE (a) -- y\n)", "");
    check("CREATE TABLE t (a int,\n    CONSTRAINT x CHECK (a > 0) -- x\n    CONSTRAINT y UNIQUE (a) -- y\n)",
          "ALTER TABLE t DROP CONSTRAINT y", NULL, "CREATE TABLE t (a int,\n    CONSTRAINT x CHECK (a > 0) -- x\n)",
          "");
}

/* E'..' is a plain string if it has no escapes. */
static void strings_of_postgres(void **unused)
{
    (void)unused;
    check("CREATE TABLE t (a text)", "ALTER TABLE t ALTER a SET DEFAULT E''", NULL,
          "CREATE TABLE t (a text DEFAULT '')", "");
    check("CREATE TABLE t (a text)", "ALTER TABLE t ALTER a SET DEFAULT e'it''s'::text", NULL,
          "CREATE TABLE t (a text DEFAULT 'it''s')", "");
    check("CREATE TABLE t (a text)", "ALTER TABLE t ADD COLUMN b text UNIQUE DEFAULT E'x'", NULL,
          "CREATE TABLE t (a text, b text UNIQUE DEFAULT 'x')", "");
    check("CREATE TABLE t (a text)", "ALTER TABLE t ADD CONSTRAINT c CHECK (a <> E'' AND a <> E'e')", NULL,
          "CREATE TABLE t (a text, CONSTRAINT c CHECK (a <> '' AND a <> 'e'))", "");
    refused("CREATE TABLE t (a text)", "ALTER TABLE t ALTER a SET DEFAULT E'a\\n'",
            "SQLite has no strings with escapes: E'a\\n'");
}

/* The key forbade NULL there, and PostgreSQL goes on to do so. A key of another type never did. */
static void dropped_key_leaves_not_null(void **unused)
{
    (void)unused;
    static const char drop[] = "ALTER TABLE t DROP CONSTRAINT t_pkey";
    check("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a int)", drop, NULL,
          "CREATE TABLE t (id INTEGER NOT NULL, a int)", "");
    check("CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, a int)", drop, NULL,
          "CREATE TABLE t (id INTEGER NOT NULL, a int)", "");
    check("CREATE TABLE t (id INTEGER, a int, PRIMARY KEY (id))", drop, NULL,
          "CREATE TABLE t (id INTEGER NOT NULL, a int)", "");
    check("CREATE TABLE t (a int, b text, c int, PRIMARY KEY (a, b)) STRICT", drop, NULL,
          "CREATE TABLE t (a int NOT NULL, b text NOT NULL, c int) STRICT", "");
    check("CREATE TABLE t (a int, b text, c int, PRIMARY KEY (a, b)) STRICT", "ALTER TABLE t DROP COLUMN b", NULL,
          "CREATE TABLE t (a int NOT NULL, c int) STRICT", "dropped with it: PRIMARY KEY (a, b)");
    check("CREATE TABLE t (id INTEGER PRIMARY KEY, a int)",
          "ALTER TABLE t DROP CONSTRAINT t_pkey, ALTER COLUMN id DROP NOT NULL", NULL,
          "CREATE TABLE t (id INTEGER, a int)", "");
    check("CREATE TABLE t (id INTEGER PRIMARY KEY DESC, a int); INSERT INTO t VALUES (NULL, 1)", drop,
          "SELECT id IS NULL, a FROM t", "1|1", "");
    check("CREATE TABLE t (id INT PRIMARY KEY, a int); INSERT INTO t VALUES (NULL, 1)", drop,
          "SELECT id IS NULL, a FROM t", "1|1", "");
}

static void names_are_those_that_postgres_makes_up(void **unused)
{
    (void)unused;
    static const char schema[] =
        "CREATE TABLE p (id INTEGER PRIMARY KEY);"
        "CREATE TABLE t (id INT PRIMARY KEY, a TEXT UNIQUE CHECK (a <> ''), b INT REFERENCES p,"
        " UNIQUE (a, b), CHECK (a <> b), CHECK (b > 0), CHECK (b < 9))";
    static const char *const dropped[][2] = {
        {"t_pkey",
         "id INT, a TEXT UNIQUE CHECK (a <> ''), b INT REFERENCES p, UNIQUE (a, b), CHECK (a <> b), CHECK (b > 0), CHECK (b < 9)"},
        {"t_a_key",
         "id INT PRIMARY KEY, a TEXT CHECK (a <> ''), b INT REFERENCES p, UNIQUE (a, b), CHECK (a <> b), CHECK (b > 0), CHECK (b < 9)"},
        {"t_a_check",
         "id INT PRIMARY KEY, a TEXT UNIQUE, b INT REFERENCES p, UNIQUE (a, b), CHECK (a <> b), CHECK (b > 0), CHECK (b < 9)"},
        {"t_b_fkey",
         "id INT PRIMARY KEY, a TEXT UNIQUE CHECK (a <> ''), b INT, UNIQUE (a, b), CHECK (a <> b), CHECK (b > 0), CHECK (b < 9)"},
        {"T_A_b_key",
         "id INT PRIMARY KEY, a TEXT UNIQUE CHECK (a <> ''), b INT REFERENCES p, CHECK (a <> b), CHECK (b > 0), CHECK (b < 9)"},
        {"t_check",
         "id INT PRIMARY KEY, a TEXT UNIQUE CHECK (a <> ''), b INT REFERENCES p, UNIQUE (a, b), CHECK (b > 0), CHECK (b < 9)"},
        {"t_b_check1",
         "id INT PRIMARY KEY, a TEXT UNIQUE CHECK (a <> ''), b INT REFERENCES p, UNIQUE (a, b), CHECK (a <> b), CHECK (b > 0)"},
    };
    for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++) {
        char sql[128], want[512];
        snprintf(sql, sizeof sql, "ALTER TABLE t DROP CONSTRAINT %s", dropped[i][0]);
        snprintf(want, sizeof want, "CREATE TABLE t (%s)", dropped[i][1]);
        check(schema, sql, NULL, want, "");
    }
    refused(schema, "ALTER TABLE t DROP CONSTRAINT t_c_key", "table t has no constraint t_c_key");
    check(schema, "ALTER TABLE t RENAME CONSTRAINT t_pkey TO key",
          "SELECT substr(sql, 1, 50) FROM sqlite_schema WHERE name = 't'",
          "CREATE TABLE t (id INT CONSTRAINT key PRIMARY KEY,", "");
}

static void guards(void **unused)
{
    (void)unused;
    static const char schema[] = "CREATE TABLE t (a int, CONSTRAINT c CHECK (a > 0))";
    static const char same[] = "CREATE TABLE t (a int, CONSTRAINT c CHECK (a > 0))";
    check(schema, "ALTER TABLE t ADD COLUMN IF NOT EXISTS A int", NULL, same, "there already: column A");
    check(schema, "ALTER TABLE t DROP COLUMN IF EXISTS b", NULL, same, "not there: column b");
    check(schema, "ALTER TABLE IF EXISTS s DROP COLUMN b", NULL, same, "not there: table s");
    check(schema, "ALTER TABLE IF EXISTS s RENAME TO u", NULL, same, "not there: table s");
    check(schema, "ALTER TABLE t RENAME COLUMN IF EXISTS b TO d", NULL, same, "not there: column b");
    check(schema, "ALTER TABLE t ADD CONSTRAINT IF NOT EXISTS c CHECK (a > 0)", NULL, same,
          "there already: constraint c");
    check(schema, "ALTER TABLE t DROP CONSTRAINT IF EXISTS d", NULL, same, "not there: constraint d");
    check(schema, "ALTER TABLE IF EXISTS t ADD COLUMN IF NOT EXISTS b int, ADD COLUMN IF NOT EXISTS a int", NULL,
          "CREATE TABLE t (a int, b int, CONSTRAINT c CHECK (a > 0))", "there already: column a");
    check(schema, "ALTER TABLE ONLY t ADD COLUMN b int", NULL,
          "CREATE TABLE t (a int, b int, CONSTRAINT c CHECK (a > 0))", "");
    check(schema, "ALTER TABLE ONLY t DROP CONSTRAINT c", NULL, "CREATE TABLE t (a int)", "");
    check(schema, "ALTER TABLE t RENAME COLUMN IF EXISTS a TO \"b c\"", NULL,
          "CREATE TABLE t (\"b c\" int, CONSTRAINT c CHECK (\"b c\" > 0))", "");
    refused(schema, "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 1)", "table t has a constraint c already");
    refused(schema, "ALTER TABLE s ALTER a SET NOT NULL", "there is no table s");
}

static void what_goes_with_a_column(void **unused)
{
    (void)unused;
    static const char schema[] = "CREATE TABLE t (id INTEGER PRIMARY KEY, a int, b int, g AS (b + 1));"
                                 "CREATE INDEX on_a ON t (a); CREATE INDEX if_a ON t (b) WHERE a > 0;"
                                 "CREATE INDEX on_b ON t (b COLLATE nocase);"
                                 "CREATE VIEW v AS SELECT b FROM t";
    check(schema, "ALTER TABLE t DROP COLUMN a CASCADE", "SELECT name FROM sqlite_schema ORDER BY name", "on_b\nt\nv",
          "dropped with it: index on_a; dropped with it: index if_a");
    refused(schema, "ALTER TABLE t DROP COLUMN b", "column b of t is used by view v");
    refused("CREATE TABLE t (a int, b int, g AS (b + 1))", "ALTER TABLE t DROP COLUMN b",
            "column g is generated from b; drop it first");
    refused("CREATE TABLE t (a int PRIMARY KEY, b int); CREATE TABLE u (x REFERENCES t (a))",
            "ALTER TABLE t DROP COLUMN a", "column a of t is used by table u");
    refused("CREATE TABLE t (a int PRIMARY KEY, b int); CREATE TABLE u (x REFERENCES t)", "ALTER TABLE t DROP COLUMN a",
            "foreign key mismatch - \"u\" referencing \"t\"");
    refused("CREATE TABLE t (a int, b int); CREATE TRIGGER g AFTER UPDATE OF b ON t BEGIN SELECT 1; END",
            "ALTER TABLE t DROP COLUMN b", "column b of t is used by trigger g");
    refused("CREATE TABLE t (a int, b int); CREATE VIEW v AS SELECT b FROM t; CREATE TRIGGER g INSTEAD OF INSERT ON v"
            " BEGIN INSERT INTO t (a) VALUES (new.b); END",
            "ALTER TABLE t DROP COLUMN b", "column b of t is used by trigger g");
    refused("CREATE TABLE t (a int UNIQUE)", "ALTER TABLE t DROP COLUMN a",
            "column a is the only one of table t; SQLite has no table without columns");
    check("CREATE TABLE t (a int, b text)", "ALTER TABLE t DROP COLUMN IF EXISTS b RESTRICT", NULL,
          "CREATE TABLE t (a int)", "");
}

static void values_must_fit(void **unused)
{
    (void)unused;
    static const char schema[] =
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, '10'), (2, ' 7 '), (3, NULL)";
    static const char bad[] =
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, '10'), (2, 'ten')";
    check(schema, "ALTER TABLE t ALTER a TYPE bigint USING a::bigint", "SELECT id, typeof(a), a FROM t",
          "1|integer|10\n2|integer|7\n3|null|", "");
    check(bad, "ALTER TABLE t ALTER a TYPE integer USING CASE t.a WHEN 'ten' THEN 10 ELSE a END", "SELECT a FROM t",
          "10\n10", "");
    check(bad, "ALTER TABLE t ALTER a TYPE varchar(10) USING id::text || a", "SELECT a FROM t", "110\n2ten", "");
    refused(bad, "ALTER TABLE t ALTER a TYPE integer", "1 value of t.a is no integer, the first is 'ten'");
    refused(bad, "ALTER TABLE t ALTER a TYPE double precision USING a::double precision",
            "1 value of t.a is no number, the first is 'ten'");
    refused(bad, "ALTER TABLE t ALTER a TYPE boolean", "2 values of t.a are no boolean, the first is 10");
    refused(bad, "ALTER TABLE t ALTER a TYPE integer USING a::integer + 1",
            "SQLite has no cast to integer that fails where the value does not fit");
    refused(schema, "ALTER TABLE t ALTER a SET NOT NULL", "NOT NULL constraint failed: t.a");
    refused(schema, "ALTER TABLE t ADD COLUMN b int NOT NULL", "NOT NULL constraint failed: t.b");
    refused(schema, "ALTER TABLE t ADD CONSTRAINT c CHECK (id < 3)", "CHECK constraint failed: c");
    refused("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 1), (1, 2)", "ALTER TABLE t ADD UNIQUE (a)",
            "UNIQUE constraint failed: t.a");
    refused("CREATE TABLE t (a TEXT, b); INSERT INTO t VALUES ('x', 1), (NULL, 2)", "ALTER TABLE t ADD PRIMARY KEY (a)",
            "NOT NULL constraint failed: t.a");
    refused("CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (a int); INSERT INTO t VALUES (4)",
            "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p (id)",
            "1 row of t would refer to rows of p that do not exist");
    check("CREATE TABLE t (a int)", "ALTER TABLE t ADD COLUMN b int NOT NULL", NULL,
          "CREATE TABLE t (a int, b int NOT NULL)", "");
}

/* ON CONFLICT clauses of the table itself must not lose rows on the way. */
static void conflict_clauses_lose_nothing(void **unused)
{
    (void)unused;
    static const char schema[] =
        "CREATE TABLE t (a int UNIQUE ON CONFLICT REPLACE, b text NOT NULL ON CONFLICT IGNORE);"
        "INSERT INTO t VALUES (1, 'x'), (2, 'y')";
    refused(schema, "ALTER TABLE t ALTER a TYPE int USING 1", "UNIQUE constraint failed: t.a");
    refused(schema, "ALTER TABLE t ALTER b TYPE text USING NULL", "NOT NULL constraint failed: t.b");
}

static void numbers_of_rows(void **unused)
{
    (void)unused;
    check("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)", "ALTER TABLE t ALTER id TYPE bigint", NULL,
          "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)", "INTEGER PRIMARY KEY holds 64 bits and stays: id");
    check("CREATE TABLE t (a text); INSERT INTO t (rowid, a) VALUES (5, 'x')", "ALTER TABLE t ALTER a SET NOT NULL",
          "SELECT rowid FROM t", "5", "");
    check("CREATE TABLE t (rowid text, a text); INSERT INTO t (oid, a) VALUES (5, 'x')",
          "ALTER TABLE t ALTER a SET NOT NULL", "SELECT oid FROM t", "5", "");
    check("CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (5, 'x')",
          "ALTER TABLE t DROP CONSTRAINT t_pkey", "SELECT rowid, id FROM t", "5|5", "");
    check("CREATE TABLE t (id INTEGER, a); INSERT INTO t VALUES (7, 'x')", "ALTER TABLE t ADD PRIMARY KEY (id)",
          "SELECT rowid, id FROM t", "7|7", "");
    check("CREATE TABLE t (a text); INSERT INTO t (rowid, a) VALUES (5, 'x')",
          "ALTER TABLE t ADD COLUMN id INTEGER PRIMARY KEY", "SELECT id, a FROM t", "5|x", "");
}

static void other_kinds_are_refused(void **unused)
{
    (void)unused;
    refused("CREATE VIEW t AS SELECT 1 AS a", "ALTER TABLE t ALTER a SET NOT NULL",
            "t is a view; drop it and create it again");
    refused("CREATE VIRTUAL TABLE t USING fts5 (a)", "ALTER TABLE t ALTER a SET NOT NULL",
            "t is a virtual table, which SQLite cannot alter; make a new one");
    refused("CREATE TABLE t (a)", "ALTER TABLE public.t ALTER a SET NOT NULL",
            "only tables of the main database can be altered so, not those of public");
    refused("CREATE TABLE t (a int CONSTRAINT lost, b int)", "ALTER TABLE t ALTER a SET NOT NULL",
            "the stored text of table t is not understood at \", b int)\"");
    refused("CREATE TABLE t (a)", "ALTER TABLE t ALTER a ADD GENERATED ALWAYS AS IDENTITY",
            "SQLite has nothing like this: ALTER a ADD GENERATED ALWAYS AS IDENTITY");
    refused("CREATE TABLE t (a)", "ALTER TABLE t ADD CONSTRAINT x EXCLUDE (a WITH =)",
            "near \"CONSTRAINT\": syntax error");
    refused("CREATE TABLE t (a); PRAGMA foreign_keys = ON", "ALTER TABLE t ALTER a SET NOT NULL",
            "table t has to be made anew, which deletes rows of other tables while foreign keys are enforced");
    refused("CREATE TABLE t (a); CREATE TEMP TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END",
            "ALTER TABLE t ALTER a SET NOT NULL", "there is a temporary table or trigger for t; drop it first");
}

#ifdef PAWL_FAULTS
/* With the n-th request for memory refused, for each n: said as what it is, and a rollback leaves everything. */
static void without_memory(void **unused)
{
    (void)unused;
    static const char schema[] = "CREATE TABLE p (id INTEGER PRIMARY KEY);"
                                 "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE, b INT REFERENCES p (id));"
                                 "CREATE TABLE u (t INT REFERENCES t (id) ON DELETE CASCADE);"
                                 "CREATE INDEX i ON t (b); CREATE VIEW v AS SELECT id FROM t;"
                                 "INSERT INTO p VALUES (1); INSERT INTO t VALUES (1, '5', 1); INSERT INTO u VALUES (1)";
    static const char statement[] = "ALTER TABLE t ALTER a TYPE integer USING a::integer, DROP COLUMN b,"
                                    " ADD CONSTRAINT c CHECK (a::text <> '')";
    struct db *db = scratch();
    ARENA(keep);
    run_sql(db, schema);
    const char *before = ask(&keep, db, "SELECT name, sql FROM sqlite_schema ORDER BY rowid");
    int code = PAWL_NOMEM;
    for (long n = 1; code; n++) {
        ARENA(a);
        const char *note;
        struct pawl_error e = {0};
        run_sql(db, "PRAGMA legacy_alter_table = OFF; BEGIN");
        mem_fault_set(n, 0);
        code = run_emulated(&a, db, statement, &note, &e);
        long hits = mem_fault_hits();
        mem_fault_set(0, 0);
        if (code && (code != PAWL_NOMEM || !hits))
            fail_msg("request %ld: %s", n, e.message);
        run_sql(db, "ROLLBACK");
        assert_string_equal(ask(&keep, db, "SELECT name, sql FROM sqlite_schema ORDER BY rowid"), before);
    }
    db_close(db);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_keeps_its_layout),
        cmocka_unit_test(constraints_without_commas),
        cmocka_unit_test(strings_of_postgres),
        cmocka_unit_test(dropped_key_leaves_not_null),
        cmocka_unit_test(names_are_those_that_postgres_makes_up),
        cmocka_unit_test(guards),
        cmocka_unit_test(what_goes_with_a_column),
        cmocka_unit_test(values_must_fit),
        cmocka_unit_test(conflict_clauses_lose_nothing),
        cmocka_unit_test(numbers_of_rows),
        cmocka_unit_test(other_kinds_are_refused),
#ifdef PAWL_FAULTS
        cmocka_unit_test(without_memory),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
