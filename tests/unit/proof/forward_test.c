/* Each proof of the forward walk: a set for which it holds, and sets for which it fails, and nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tmpdir.h"

#include "prove.h"

static void clean(void **state)
{
    const char *d = *state;
    struct proved p;
    PUT_TABLE(d, "0001_users", "users");
    put(d, "0002_index", "CREATE INDEX IF NOT EXISTS users_n ON users (n);", "DROP INDEX IF EXISTS users_n;");
    put(d, "0003_seed", "INSERT INTO users VALUES (1, 2) ON CONFLICT DO NOTHING;", "DELETE FROM users WHERE id = 1;");
    put(d, "0004_view", "DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT n FROM users;", "DROP VIEW IF EXISTS v;");
    prove(d, &p);
    assert_string_equal(p.found, "");
    assert_int_equal(p.code, PAWL_OK);
    assert_string_equal(p.verdicts, "1 PPPPPPP\n2 PPPPPPP\n3 PPPPPPP\n4 PPPPPPP");
    assert_int_equal(p.n_engines, 1);
    assert_true(p.n_progress > 0);
}

static void empty_set(void **state)
{
    assert_proved(*state, "", "");
}

static void apply_fails(void **state)
{
    const char *d = *state;
    PUT_TABLE(d, "0001_a", "a");
    put(d, "0002_bad", "CREATE TABLE b (x);\n\nINSERT INTO nowhere VALUES (1);\n", "DROP TABLE b;");
    PUT_TABLE(d, "0003_c", "c");
    assert_proved(d, "apply-fails 0002_bad.sql:3\nnot-proved 0003_c.sql\n", "1 PPPPP-P\n2 F------\n3 -------");
}

static void place_words_and_hint(void **state)
{
    struct proved p;
    put(*state, "0001_a", "-- \xc3\xa9\nCREATE TABLE a (x);\n  ALTER TABLE a ADD COLUMN x;\n",
        "DROP TABLE IF EXISTS a;");
    prove(*state, &p);
    assert_int_equal(p.code, PAWL_CHECK);
    assert_string_equal(p.found, "apply-fails 0001_a.sql:3\n");
    assert_non_null(strstr(p.messages, "the up text fails: duplicate column name: x"));
    assert_non_null(strstr(p.messages, "ALTER TABLE a ADD COLUMN x"));
}

static void foreign_keys_broken(void **state)
{
    const char *d = *state;
    put(d, "0001_a",
        "CREATE TABLE IF NOT EXISTS p (id INTEGER PRIMARY KEY);\n"
        "CREATE TABLE IF NOT EXISTS c (p INTEGER REFERENCES p, UNIQUE (p));\n"
        "INSERT INTO c VALUES (7) ON CONFLICT DO NOTHING;\n",
        "DROP TABLE IF EXISTS c; DROP TABLE IF EXISTS p;");
    PUT_TABLE(d, "0002_t", "t");
    assert_proved(d, "foreign-keys-broken 0001_a.sql\n", "1 FPPPPPP\n2 PPPPPPP");
}

static void replay_fails(void **state)
{
    put(*state, "0001_a", "CREATE TABLE a (x);", "DROP TABLE IF EXISTS a;");
    assert_proved(*state, "replay-fails 0001_a.sql:1\n", "1 PFPPPFP");
}

/* What the replay wrote before it failed is taken back: the walk goes on as if it had not been. */
static void replay_fails_halfway(void **state)
{
    const char *d = *state;
    PUT_TABLE(d, "0001_a", "a");
    put(d, "0002_b", "DROP TABLE IF EXISTS a;\nCREATE TABLE b (x);\n",
        "DROP TABLE IF EXISTS b; CREATE TABLE IF NOT EXISTS a (id INTEGER PRIMARY KEY, n INTEGER);");
    put(d, "0003_a", "CREATE TABLE IF NOT EXISTS a (x);\nINSERT INTO b VALUES (1);\nCREATE TABLE c (x);",
        "DROP TABLE c; DELETE FROM b; DROP TABLE a;");
    assert_proved(d, "replay-fails 0002_b.sql:2\nreplay-fails 0003_a.sql:3\nredown-fails 0003_a.down.sql:1\n",
                  "1 PPPPPPP\n2 PFPPPFP\n3 PFPFPFP");
}

static void replay_changes_schema(void **state)
{
    struct proved p;
    put(*state, "0001_a", "CREATE TABLE IF NOT EXISTS a (x);\nDROP TABLE IF EXISTS b;\nALTER TABLE a RENAME TO b;\n",
        "DROP TABLE IF EXISTS b; DROP TABLE IF EXISTS a;");
    assert_proved(*state, "", "1 PPPPPPP");
    put(*state, "0001_a",
        "CREATE TABLE IF NOT EXISTS a (x);\nDROP VIEW IF EXISTS v;\nCREATE VIEW IF NOT EXISTS w AS SELECT 1;"
        "CREATE VIEW IF NOT EXISTS v AS SELECT 1;\nDROP VIEW w;\nCREATE TABLE IF NOT EXISTS b (x);"
        "ALTER TABLE b RENAME TO c;",
        "DROP VIEW IF EXISTS v; DROP TABLE IF EXISTS a; DROP TABLE IF EXISTS c;");
    prove(*state, &p);
    assert_string_equal(p.found, "replay-fails 0001_a.sql:5\n");
    assert_non_null(strstr(p.messages, "there is already another table or index with this name: c"));
}

static void replay_changes_data(void **state)
{
    const char *d = *state;
    PUT_TABLE(d, "0001_a", "a");
    put(d, "0002_more", "INSERT INTO a (n) VALUES (1);", "DELETE FROM a;");
    assert_proved(d, "replay-changes-data 0002_more.sql:1\nhead-changes-data 0002_more.sql:1\n",
                  "1 PPPPPPP\n2 PFPPPFP");
}

/* The tables behind a virtual table are no facts, so its rows are looked at through itself. */
static void replay_changes_virtual_table(void **state)
{
    const char *d = *state;
    put(d, "0001_a", "CREATE VIRTUAL TABLE IF NOT EXISTS a USING fts5 (x);", "DROP TABLE IF EXISTS a;");
    put(d, "0002_more", "INSERT INTO a (x) VALUES ('text');", "DELETE FROM a;");
    put(d, "0003_external", "CREATE VIRTUAL TABLE IF NOT EXISTS b USING fts5 (x, content = 'nowhere');",
        "DROP TABLE IF EXISTS b;");
    assert_proved(d, "replay-changes-data 0002_more.sql:1\nhead-changes-data 0002_more.sql:1\n",
                  "1 PPPPPPP\n2 PFPPPFP\n3 PPPPPPP");
}

/* Rows lost by DROP and CREATE are counted by no engine. */
static void replay_loses_rows(void **state)
{
    const char *d = *state;
    PUT_TABLE(d, "0001_a", "a");
    put(d, "0002_seed", "INSERT INTO a VALUES (1, 1) ON CONFLICT DO NOTHING;", "DELETE FROM a;");
    put(d, "0003_b", "DROP TABLE IF EXISTS b;\nCREATE TABLE b (x);", "DROP TABLE IF EXISTS b;");
    put(d, "0004_fill", "INSERT INTO b SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM b);", "DELETE FROM b;");
    assert_proved(d, "head-changes-data 0003_b.sql:1\n", "1 PPPPPPP\n2 PPPPPPP\n3 PPPPPFP\n4 PPPPPPP");
}

static void same_rows_again(void **state)
{
    const char *d = *state;
    PUT_TABLE(d, "0001_a", "a");
    put(d, "0002_seed", "DELETE FROM a; INSERT INTO a VALUES (1, 1), (2, 2);", "DELETE FROM a;");
    assert_proved(d, "", "1 PPPPPPP\n2 PPPPPPP");
    put(d, "0003_fix", "UPDATE a SET n = 5 WHERE id = 2;", "UPDATE a SET n = 2 WHERE id = 2;");
    assert_proved(d, "head-changes-data 0002_seed.sql:1\n", "1 PPPPPPP\n2 PPPPPFP\n3 PPPPPPP");
}

static void down_fails(void **state)
{
    const char *d = *state;
    PUT_TABLE(d, "0001_a", "a");
    put(d, "0002_b", "CREATE TABLE IF NOT EXISTS b (x);", "DROP TABLE b;\nDROP TABLE c;\n");
    PUT_TABLE(d, "0003_c", "c");
    assert_proved(d, "down-fails 0002_b.down.sql:2\n", "1 PPPPPPP\n2 PPF--PF\n3 PPPPPPP");
}

static void down_missing(void **state)
{
    const char *d = *state;
    PUT_TABLE(d, "0001_a", "a");
    put(d, "0002_b", "CREATE TABLE IF NOT EXISTS b (x);", NULL);
    PUT_TABLE(d, "0003_c", "c");
    assert_proved(d, "", "1 PPPPPPP\n2 PP---P-\n3 PPPPPPP");
}

static void down_vacuous(void **state)
{
    const char *d = *state;
    PUT_TABLE(d, "0001_a", "a");
    put(d, "0002_b", "CREATE TABLE IF NOT EXISTS b (x);", "SELECT 1;");
    put(d, "0003_c", "SELECT 1;", "SELECT 1;");
    assert_proved(d, "down-vacuous 0002_b.down.sql\n", "1 PPPPPPP\n2 PPFP-PF\n3 PPPPPPP");
}

static void down_vacuous_for_rows(void **state)
{
    const char *d = *state;
    PUT_TABLE(d, "0001_a", "a");
    put(d, "0002_seed", "INSERT INTO a VALUES (1, 1) ON CONFLICT DO NOTHING;", "SELECT 1;");
    assert_proved(d, "down-vacuous 0002_seed.down.sql\n", "1 PPPPPPP\n2 PPFPPPP");
}

static void down_incomplete(void **state)
{
    struct proved p;
    put(*state, "0001_a", "CREATE TABLE IF NOT EXISTS a (x);\nCREATE TABLE IF NOT EXISTS b (x);\n",
        "DROP TABLE IF EXISTS a;");
    prove(*state, &p);
    assert_string_equal(p.found, "down-incomplete 0001_a.down.sql\n");
    assert_string_equal(p.verdicts, "1 PPFP-PF");
    assert_non_null(strstr(p.messages, "it leaves behind table b"));
    assert_non_null(strstr(p.messages, "+ table b"));
}

static void redown_fails(void **state)
{
    put(*state, "0001_a", "CREATE TABLE IF NOT EXISTS a (x);", "DROP TABLE a;");
    assert_proved(*state, "redown-fails 0001_a.down.sql:1\n", "1 PPPFPPP");
}

static void redown_changes(void **state)
{
    const char *d = *state;
    PUT_TABLE(d, "0001_a", "a");
    put(d, "0002_b", "INSERT INTO a VALUES (1, 5) ON CONFLICT DO NOTHING;", "UPDATE a SET n = n - 1;");
    assert_proved(d, "redown-changes 0002_b.down.sql:1\n", "1 PPPPPPP\n2 PPPFPPP");
}

static void reup_fails(void **state)
{
    const char *d = *state;
    PUT_TABLE(d, "0001_a", "a");
    put(d, "0002_seed",
        "INSERT INTO a SELECT 1, 1 WHERE NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'b');\n"
        "CREATE TABLE IF NOT EXISTS b (x);",
        "DROP TABLE IF EXISTS b;");
    assert_proved(d, "reup-fails 0002_seed.sql:1\n", "1 PPPPPPP\n2 PPPPFPP");
}

/* What the up text makes depends on a row that its down text leaves. */
static void depends_on_rows(void **state)
{
    const char *d = *state;
    PUT_TABLE(d, "0001_a", "a");
    put(d, "0002_b",
        "CREATE TABLE IF NOT EXISTS t (x);\n"
        "DROP TABLE IF EXISTS u; CREATE TABLE u AS SELECT count(*) AS x FROM a;\n"
        "INSERT INTO a VALUES (1, 1) ON CONFLICT DO NOTHING;\n",
        "DROP TABLE IF EXISTS t; DROP TABLE IF EXISTS u;");
    assert_proved(d, "replay-changes-data 0002_b.sql:2\nhead-changes-data 0002_b.sql:2\n", "1 PPPPPPP\n2 PFPPPFP");
}

static void notes(void **state)
{
    const char *d = *state;
    put(d, "0001_a", "CREATE TABLE IF NOT EXISTS a (x, y);", "DROP TABLE IF EXISTS a;");
    put(d, "0002_drop", "ALTER TABLE a DROP COLUMN x;", "ALTER TABLE a ADD COLUMN x;");
    assert_proved(
        d, "replay-fails 0002_drop.sql:1\ncolumn-order 0002_drop.down.sql:1\nredown-fails 0002_drop.down.sql:1\n",
        "1 PPPPPPP\n2 PFNFPFN");
}

static void cannot_be_sent(void **state)
{
    const char *d = *state;
    PUT_TABLE(d, "0001_a", "a");
    put(d, "0002_b", "SELECT 'open;\n", "SELECT 1;");
    assert_proved(d, "lexical 0002_b.sql:1\napply-fails 0002_b.sql\n", "1 PPPPP-P\n2 F------");
}

/* Relaxed by the configuration, a finding no longer fails its proof. */
static void relaxed(void **state)
{
    ARENA(a);
    struct report r;
    struct migration_set set;
    struct proved p = {0};
    put(*state, "0001_a", "CREATE TABLE IF NOT EXISTS a (x);", "DROP TABLE a;");
    report_init(&r, NULL, NULL);
    assert_int_equal(source_read(&a, *state, SOURCE_ALL, &r, &set, NULL), PAWL_OK);
    report_init(&r, prove_event, &p);
    r.levels[PAWL_FINDING_REDOWN_FAILS] = PAWL_LEVEL_NOTE;
    struct proof_options o = {.driver = db_driver_find("sqlite"), .ledger = SLICE("_sqlx_migrations")};
    assert_int_equal(proof_run(&a, &set, &o, &r, NULL), PAWL_OK);
    assert_string_equal(p.verdicts, "1 PPPNPPP");
}

static void setup(void **state)
{
    const char *d = *state;
    char path[4096];
    const char *paths[] = {path};
    struct proved p;
    tmpdir_put(d, "setup.txt", "CREATE TABLE host (id INTEGER PRIMARY KEY);\nINSERT INTO host VALUES (1);\n");
    snprintf(path, sizeof path, "%s/setup.txt", d);
    put(d, "0001_a", "CREATE TABLE IF NOT EXISTS a AS SELECT id FROM host;", "DROP TABLE IF EXISTS a;");
    prove(d, &p);
    assert_int_equal(p.code, PAWL_CHECK);
    prove_with(d, &p, (struct proof_options){.setup = paths, .n_setup = 1});
    assert_int_equal(p.code, PAWL_OK);
    tmpdir_put(d, "setup.txt", "CREATE TABLE host (id);\n\nCREATE TABLE host (id);\n");
    prove_with(d, &p, (struct proof_options){.setup = paths, .n_setup = 1});
    assert_int_equal(p.code, PAWL_SQL);
    assert_int_equal(p.error.line, 3);
}

static void interrupted(void **state)
{
    volatile int stop = 1;
    struct proved p;
    PUT_TABLE(*state, "0001_a", "a");
    prove_with(*state, &p, (struct proof_options){.db = {.interrupt = &stop}});
    assert_int_equal(p.code, PAWL_INTERRUPTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMPDIR_TEST(clean),
        TMPDIR_TEST(empty_set),
        TMPDIR_TEST(apply_fails),
        TMPDIR_TEST(place_words_and_hint),
        TMPDIR_TEST(foreign_keys_broken),
        TMPDIR_TEST(replay_fails),
        TMPDIR_TEST(replay_fails_halfway),
        TMPDIR_TEST(replay_changes_schema),
        TMPDIR_TEST(replay_changes_data),
        TMPDIR_TEST(replay_changes_virtual_table),
        TMPDIR_TEST(replay_loses_rows),
        TMPDIR_TEST(same_rows_again),
        TMPDIR_TEST(down_fails),
        TMPDIR_TEST(down_missing),
        TMPDIR_TEST(down_vacuous),
        TMPDIR_TEST(down_vacuous_for_rows),
        TMPDIR_TEST(down_incomplete),
        TMPDIR_TEST(redown_fails),
        TMPDIR_TEST(redown_changes),
        TMPDIR_TEST(reup_fails),
        TMPDIR_TEST(depends_on_rows),
        TMPDIR_TEST(notes),
        TMPDIR_TEST(cannot_be_sent),
        TMPDIR_TEST(relaxed),
        TMPDIR_TEST(setup),
        TMPDIR_TEST(interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
