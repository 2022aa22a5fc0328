#include "render_test.h"

static const char *const schemas[] = {
    "CREATE TABLE books (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL COLLATE NOCASE, author INT "
    "REFERENCES authors (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, price REAL DEFAULT 0 CHECK (price >= 0),"
    "CONSTRAINT one UNIQUE (author, title) ON CONFLICT IGNORE);"
    "CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT DEFAULT (lower('X')), born TEXT DEFAULT CURRENT_DATE);"
    "CREATE UNIQUE INDEX by_name ON authors (name COLLATE NOCASE DESC, lower(born)) WHERE born IS NOT NULL",
    "CREATE TABLE \"odd table\" (\"a \"\"b\" \"my type\"(3, 4) DEFAULT -1, \"group\" DEFAULT 'it''s', c AS (\"group\" || 'x') "
    "STORED, d BLOB DEFAULT x'00', PRIMARY KEY (\"a \"\"b\", \"group\" DESC)) WITHOUT ROWID;"
    "CREATE INDEX \"odd index\" ON \"odd table\" (d) WHERE \"group\" = \"a string\"",
    "CREATE TABLE s (a INT CONSTRAINT nn NOT NULL ON CONFLICT REPLACE, b ANY, CHECK (a > 0), CONSTRAINT c CHECK (b <> 'x'), "
    "CONSTRAINT f FOREIGN KEY (a, b) REFERENCES s (b, a) ON UPDATE SET NULL, UNIQUE (b, a)) STRICT",
    "CREATE TABLE t (a, b); CREATE VIEW v (x, y) AS SELECT a, b FROM t; CREATE VIEW w AS SELECT x FROM v;"
    "CREATE TRIGGER later AFTER UPDATE OF a, b ON t WHEN new.a <> old.a BEGIN UPDATE t SET b = 1; SELECT 2; END;"
    "CREATE TRIGGER into_view INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES (new.x, new.y); END",
    "CREATE TABLE t (a, b, c INT NOT NULL); CREATE INDEX i ON t (a); CREATE TRIGGER later AFTER DELETE ON t BEGIN SELECT 1; END;"
    "CREATE VIRTUAL TABLE words USING fts5(body, content='t', content_rowid='a')",
    "CREATE TABLE t (c INT NOT NULL DEFAULT 5, a TEXT UNIQUE); CREATE VIEW v AS SELECT c FROM t",
    "CREATE TABLE t (a TEXT, b INT NOT NULL); CREATE TABLE books (x); CREATE VIEW lost AS SELECT x FROM main.gone;"
    "CREATE VIEW more AS SELECT a FROM t CROSS JOIN lost; CREATE VIEW with_it AS WITH gone AS (SELECT 1 AS n) SELECT n FROM gone",
    "",
};
#define N (sizeof schemas / sizeof *schemas)

static struct db *made(const char *sql)
{
    struct db *db = scratch();
    run_sql(db, sql);
    return db;
}

static void empty_to_each(void **state)
{
    (void)state;
    for (size_t i = 0; i < N; i++) {
        ARENA(a);
        struct db *db = made(schemas[i]), *other = scratch();
        struct rendering r = rendered(&a, "sqlite", (struct lines){0}, lines_of(&a, db), (struct render_options){0});
        const char *failed = run_rendering(&a, other, &r);
        if (failed)
            fail_msg("%s", failed);
        assert_int_equal(r.n_missing, 0);
        assert_string_equal(differences(&a, lines_of(&a, db), lines_of(&a, other)), "");
        db_close(db);
        db_close(other);
    }
}

/* From every one to every other; what is guarded runs twice. */
static void each_to_each(void **state)
{
    (void)state;
    for (size_t i = 0; i < N * N * 2; i++) {
        ARENA(a);
        bool guarded = i % 2;
        struct db *from = made(schemas[i / 2 / N]), *to = made(schemas[i / 2 % N]);
        struct lines wanted = lines_of(&a, to);
        struct rendering r =
            rendered(&a, "sqlite", lines_of(&a, from), wanted, (struct render_options){.guarded = guarded});
        for (int round = 0; round < (guarded ? 2 : 1); round++) {
            const char *failed = run_rendering(&a, from, &r);
            if (failed)
                fail_msg("%s\n%s", failed, text_of_rendering(&a, &r));
            const char *d = differences(&a, wanted, lines_of(&a, from));
            if (*d)
                fail_msg("%s\n%s", d, text_of_rendering(&a, &r));
        }
        db_close(from);
        db_close(to);
    }
}

static int keep(void *context, const struct db_value *columns, size_t n, struct pawl_error *e)
{
    (void)n;
    (void)e;
    *(long long *)context = columns[0].i;
    return PAWL_OK;
}

static long long number(struct db *db, const char *sql)
{
    long long out = -1;
    struct pawl_error e = {0};
    if (db_run(db, &(struct db_request){.sql = slice_of(sql), .on_row = keep, .context = &out}, 1, NULL, &e))
        fail_msg("%s", e.message);
    return out;
}

static void a_rebuild_keeps_rows(void **state)
{
    (void)state;
    ARENA(a);
    struct db *from = made("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, gone TEXT, kept TEXT);"
                           "INSERT INTO t (kept) VALUES ('a'), ('b'), ('c'); DELETE FROM t WHERE id = 3");
    struct db *to = made("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, kept TEXT, again TEXT NOT NULL)");
    struct rendering r =
        rendered(&a, "sqlite", lines_of(&a, from), lines_of(&a, to), (struct render_options){.guarded = true});
    for (int round = 0; round < 2; round++) {
        const char *failed = run_rendering(&a, from, &r);
        if (failed)
            fail_msg("%s", failed);
        assert_int_equal(number(from, "SELECT count(*) FROM t WHERE again = '' AND kept IN ('a', 'b')"), 2);
        assert_int_equal(number(from, "SELECT seq FROM sqlite_sequence WHERE name = 't'"), 3);
    }
    db_close(from);
    db_close(to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_to_each),
        cmocka_unit_test(each_to_each),
        cmocka_unit_test(a_rebuild_keeps_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
