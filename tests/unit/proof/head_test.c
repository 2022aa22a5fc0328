/* Every up text again at the newest version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tmpdir.h"

#include "prove.h"

static void comes_back(void **state)
{
    const char *d = *state;
    struct proved p;
    PUT_TABLE(d, "0001_old", "old");
    PUT_TABLE(d, "0002_other", "other");
    put(d, "0003_drop_old", "DROP TABLE IF EXISTS old;",
        "CREATE TABLE IF NOT EXISTS old (id INTEGER PRIMARY KEY, n INTEGER);");
    prove(d, &p);
    assert_string_equal(p.found, "head-changes-schema 0001_old.sql:1\n");
    assert_string_equal(p.verdicts, "1 PPPPPFP\n2 PPPPPPP\n3 PPPPPPP");
    assert_non_null(strstr(p.messages, "it brings back table old, which 0003_drop_old.sql had removed"));
}

static void is_lost(void **state)
{
    const char *d = *state;
    struct proved p;
    put(d, "0001_view", "DROP VIEW IF EXISTS v;\nCREATE VIEW v AS SELECT 1 AS a;", "DROP VIEW IF EXISTS v;");
    put(d, "0002_view", "DROP VIEW IF EXISTS v;\nCREATE VIEW v AS SELECT 2 AS a;",
        "DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT 1 AS a;");
    prove(d, &p);
    assert_string_equal(p.found, "head-changes-schema 0001_view.sql:1\n");
    assert_non_null(strstr(p.messages, "it sets back view v, which 0002_view.sql had changed"));
}

static void index_is_lost(void **state)
{
    const char *d = *state;
    struct proved p;
    put(d, "0001_a", "DROP TABLE IF EXISTS a;\nCREATE TABLE a (x);", "DROP TABLE IF EXISTS a;");
    put(d, "0002_index", "CREATE INDEX IF NOT EXISTS a_x ON a (x);", "DROP INDEX IF EXISTS a_x;");
    prove(d, &p);
    assert_string_equal(p.found, "head-changes-schema 0001_a.sql:1\n");
    assert_non_null(strstr(p.messages, "it takes away index a_x, which 0002_index.sql had added"));
}

static void fails_only_at_the_head(void **state)
{
    const char *d = *state;
    PUT_TABLE(d, "0001_a", "a");
    put(d, "0002_seed", "INSERT INTO a (id, n) VALUES (1, 1) ON CONFLICT DO NOTHING;", "DELETE FROM a;");
    put(d, "0003_rename",
        "CREATE TABLE IF NOT EXISTS b (id INTEGER PRIMARY KEY, m INTEGER);\nDROP TABLE IF EXISTS a;\n",
        "CREATE TABLE IF NOT EXISTS a (id INTEGER PRIMARY KEY, n INTEGER); DROP TABLE IF EXISTS b;");
    assert_proved(d, "head-changes-schema 0001_a.sql:1\nhead-fails 0002_seed.sql:1\n",
                  "1 PPPPPFP\n2 PPPPPFP\n3 PPPPPPP");
}

/* The same statement refused in the same words is told once, for both proofs. */
static void told_once(void **state)
{
    put(*state, "0001_a", "CREATE TABLE a (x);", "DROP TABLE IF EXISTS a;");
    PUT_TABLE(*state, "0002_b", "b");
    assert_proved(*state, "replay-fails 0001_a.sql:1\n", "1 PFPPPFP\n2 PPPPPPP");
}

/* Alone each text changes something that the row of all texts heals: only the single run is at fault. */
static void healed_in_a_row(void **state)
{
    const char *d = *state;
    PUT_TABLE(d, "0001_old", "old");
    put(d, "0002_drop", "DROP TABLE IF EXISTS old;",
        "CREATE TABLE IF NOT EXISTS old (id INTEGER PRIMARY KEY, n INTEGER);");
    assert_proved(d, "head-changes-schema 0001_old.sql:1\n", "1 PPPPPFP\n2 PPPPPPP");
}

/* 0001 alone writes and leaves everything as it was; what it does to 0002 shows only in a row. */
static void fails_only_in_a_row(void **state)
{
    const char *d = *state;
    struct proved p;
    put(d, "0001_log", "CREATE TABLE IF NOT EXISTS log (n INTEGER UNIQUE);", "DROP TABLE IF EXISTS log;");
    put(d, "0002_clear", "DELETE FROM log WHERE n = 3;", "SELECT 1;");
    put(d, "0003_guarded",
        "INSERT INTO log SELECT 3 WHERE NOT EXISTS (SELECT 1 FROM log WHERE n IN (3, 4));\n"
        "INSERT INTO log SELECT 4 WHERE NOT EXISTS (SELECT 1 FROM log WHERE n = 4);\n",
        "DELETE FROM log;");
    prove(d, &p);
    assert_non_null(strstr(p.found, "head-changes-data 0002_clear.sql:1\n"));
    assert_null(strstr(p.found, "0003_guarded.sql"));
}

static void changes_only_in_a_row(void **state)
{
    const char *d = *state;
    struct proved p;
    /* 0001 makes sure of v; 0002 takes it for a sign to make w. At the head both do nothing alone. */
    put(d, "0001_swap",
        "CREATE TABLE IF NOT EXISTS flag (n INTEGER);\nDROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT 1 AS n;",
        "DROP VIEW IF EXISTS v; DROP TABLE IF EXISTS flag;");
    put(d, "0002_view", "DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT 2 AS n;",
        "DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT 1 AS n;");
    put(d, "0003_copy", "CREATE TABLE IF NOT EXISTS c AS SELECT n FROM v;", "DROP TABLE IF EXISTS c;");
    prove(d, &p);
    assert_string_equal(p.found, "head-changes-schema 0001_swap.sql:2\n");
}

/* A text that names the ledger is run with it gone and with it wrong, too. */
static void ledger_gone(void **state)
{
    const char *d = *state;
    struct proved p;
    put(d, "0001_a",
        "CREATE TABLE IF NOT EXISTS a AS SELECT 1 AS n WHERE 0;\n"
        "INSERT INTO a SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM _sqlx_migrations WHERE version = 1)"
        " AND NOT EXISTS (SELECT 1 FROM a);\n",
        "DROP TABLE IF EXISTS a;");
    prove(d, &p);
    assert_non_null(strstr(p.found, "head-row-fails 0001_a.sql:2\n"));
    assert_non_null(strstr(p.messages, "with the ledger gone: no such table: _sqlx_migrations"));
}

static void ledger_wrong(void **state)
{
    const char *d = *state;
    struct proved p;
    put(d, "0001_a",
        "CREATE TABLE IF NOT EXISTS _sqlx_migrations (version BIGINT PRIMARY KEY);\n"
        "DROP VIEW IF EXISTS v;\n"
        "CREATE TABLE IF NOT EXISTS a (n INTEGER);\n"
        "INSERT INTO a SELECT 1 WHERE (SELECT count(*) FROM _sqlx_migrations WHERE version > 1000) > 0;\n",
        "DROP TABLE IF EXISTS a;");
    prove(d, &p);
    assert_non_null(strstr(p.found, "head-row-changes 0001_a.sql"));
    assert_non_null(strstr(p.messages, "with a wrong ledger"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMPDIR_TEST(comes_back),          TMPDIR_TEST(is_lost),
        TMPDIR_TEST(index_is_lost),       TMPDIR_TEST(fails_only_at_the_head),
        TMPDIR_TEST(told_once),           TMPDIR_TEST(healed_in_a_row),
        TMPDIR_TEST(fails_only_in_a_row), TMPDIR_TEST(changes_only_in_a_row),
        TMPDIR_TEST(ledger_gone),         TMPDIR_TEST(ledger_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
