/* The downs in strict reverse order, and texts that run outside a transaction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tmpdir.h"

#include "prove.h"

/* One step spread over two files: each down alone restores nothing, both together do. */
static void together(void **state)
{
    const char *d = *state;
    struct proved p;
    PUT_TABLE(d, "0001_a", "a");
    put(d, "0002_b", "CREATE TABLE IF NOT EXISTS b (x);", "SELECT 1;");
    put(d, "0003_b", "CREATE TABLE IF NOT EXISTS c (x);", "DROP TABLE IF EXISTS b; DROP TABLE IF EXISTS c;");
    PUT_TABLE(d, "0004_d", "d");
    prove(d, &p);
    assert_string_equal(p.found, "down-together 0003_b.sql\ndown-together 0002_b.sql\n");
    assert_string_equal(p.verdicts, "1 PPPPPPP\n2 PPNP-PN\n3 PPNP-PN\n4 PPPPPPP");
    assert_int_equal(p.code, PAWL_OK);
    assert_non_null(strstr(p.messages, "0002_b.sql to 0003_b.sql together"));
}

/* What a vacuous down leaves behind goes with its table: that is no help of a neighbour. */
static void gone_with_its_table(void **state)
{
    const char *d = *state;
    PUT_TABLE(d, "0001_a", "a");
    put(d, "0002_index", "CREATE INDEX IF NOT EXISTS a_n ON a (n);", "SELECT 1;");
    PUT_TABLE(d, "0003_c", "c");
    assert_proved(d, "down-vacuous 0002_index.down.sql\n", "1 PPPPPPP\n2 PPFP-PF\n3 PPPPPPP");
}

/* What is left behind does not count against those below. */
static void left_behind(void **state)
{
    const char *d = *state;
    PUT_TABLE(d, "0001_a", "a");
    put(d, "0002_b", "CREATE TABLE IF NOT EXISTS b (x);\nCREATE TABLE IF NOT EXISTS c (x);", "DROP TABLE IF EXISTS c;");
    PUT_TABLE(d, "0003_d", "d");
    assert_proved(d, "down-incomplete 0002_b.down.sql\n", "1 PPPPPPP\n2 PPFP-PF\n3 PPPPPPP");
}

/* A down that works alone stumbles over what a later one left; those below are looked at all the same. */
static void stumbles(void **state)
{
    const char *d = *state;
    struct proved p;
    PUT_TABLE(d, "0001_a", "a");
    put(d, "0002_b", "CREATE TABLE IF NOT EXISTS b (x, y);", "ALTER TABLE b DROP COLUMN y; DROP TABLE IF EXISTS b;");
    put(d, "0003_index", "CREATE INDEX IF NOT EXISTS b_y ON b (y);", "SELECT 1;");
    prove(d, &p);
    assert_string_equal(
        p.found, "redown-fails 0002_b.down.sql:1\nreverse-fails 0002_b.down.sql:1\ndown-vacuous 0003_index.down.sql\n");
    assert_string_equal(p.verdicts, "1 PPPPPPP\n2 PPPFPPF\n3 PPFP-PF");
}

/* Below a down that fails the walk begins anew from the exact state. */
static void pieces(void **state)
{
    const char *d = *state;
    PUT_TABLE(d, "0001_a", "a");
    put(d, "0002_b", "CREATE TABLE IF NOT EXISTS b (x);", "SELECT 1;");
    put(d, "0003_c", "CREATE TABLE IF NOT EXISTS c (x);", "DROP TABLE nothing;");
    PUT_TABLE(d, "0004_d", "d");
    put(d, "0005_e", "CREATE TABLE IF NOT EXISTS e (x);", NULL);
    put(d, "0006_f", "CREATE TABLE IF NOT EXISTS f (x);", "DROP TABLE nothing;");
    assert_proved(d, "down-fails 0003_c.down.sql:1\ndown-vacuous 0002_b.down.sql\ndown-fails 0006_f.down.sql:1\n",
                  "1 PPPPPPP\n2 PPFP-PF\n3 PPF--PF\n4 PPPPPPP\n5 PP---P-\n6 PPF--PF");
}

/* Data that only the straight path has: after the round trips of the forward walk it must still be there. */
static void keeps_rows(void **state)
{
    const char *d = *state;
    put(d, "0001_a", "CREATE TABLE IF NOT EXISTS a (id INTEGER PRIMARY KEY, n INTEGER);", "DROP TABLE IF EXISTS a;");
    put(d, "0002_seed", "INSERT INTO a VALUES (1, 7) ON CONFLICT DO NOTHING;", "DELETE FROM a;");
    put(d, "0003_lossy", "CREATE INDEX IF NOT EXISTS a_n ON a (n);",
        "DROP TABLE IF EXISTS a; CREATE TABLE a (id INTEGER PRIMARY KEY, n INTEGER);");
    put(d, "0004_count", "UPDATE a SET n = n + 1;", "UPDATE a SET n = 7;");
    assert_proved(d, "replay-changes-data 0004_count.sql:1\nhead-changes-data 0004_count.sql:1\n",
                  "1 PPPPPPP\n2 PPPPPPP\n3 PPPPPPP\n4 PFPPPFP");
}

static void ledger_left_full(void **state)
{
    const char *d = *state;
    struct proved p;
    put(d, "0001_a", "CREATE TABLE IF NOT EXISTS a (x);",
        "DROP TABLE IF EXISTS a;\n"
        "INSERT INTO _sqlx_migrations VALUES (99, 'x', '2020-01-01', 1, x'00', 0) ON CONFLICT DO NOTHING;");
    prove(d, &p);
    assert_non_null(strstr(p.found, "reverse-differs 0001_a.sql\n"));
    assert_non_null(strstr(p.messages, "the ledger still has 1 rows"));
}

/* ---- outside a transaction --------------------------------------------------------------------------------------- */

static void outside(void **state)
{
    const char *d = *state;
    PUT_TABLE(d, "0001_a", "a");
    put(d, "0002_vacuum", "-- no-transaction\nVACUUM;\nCREATE TABLE IF NOT EXISTS b (x);",
        "-- no-transaction\nDROP TABLE IF EXISTS b;\nVACUUM;");
    PUT_TABLE(d, "0003_c", "c");
    assert_proved(d, "", "1 PPPPPPP\n2 PPPPPPP\n3 PPPPPPP");
}

/* Nothing rolls back there: a snapshot brings back what a replay or a down left half done. */
static void outside_fails(void **state)
{
    const char *d = *state;
    PUT_TABLE(d, "0001_a", "a");
    put(d, "0002_b", "-- no-transaction\nDROP TABLE IF EXISTS a;\nCREATE TABLE b (x);\nVACUUM;",
        "-- no-transaction\nDROP TABLE b;\nCREATE TABLE IF NOT EXISTS a (id INTEGER PRIMARY KEY, n INTEGER);\nDROP TABLE nothing;");
    put(d, "0003_c", "CREATE TABLE IF NOT EXISTS c AS SELECT * FROM b;", "DROP TABLE IF EXISTS c;");
    assert_proved(d, "replay-fails 0002_b.sql:3\ndown-fails 0002_b.down.sql:4\nhead-changes-schema 0001_a.sql:1\n",
                  "1 PPPPPFP\n2 PFF--FF\n3 PPPPPPP");
}

/* A statement that throws the whole transaction away: the state is built anew. */
static void engine_rolls_back(void **state)
{
    const char *d = *state;
    PUT_TABLE(d, "0001_a", "a");
    put(d, "0002_seed", "INSERT OR ROLLBACK INTO a VALUES (1, 1);", "DELETE FROM a;");
    PUT_TABLE(d, "0003_c", "c");
    assert_proved(d, "replay-fails 0002_seed.sql:1\n", "1 PPPPPPP\n2 PFPPPFP\n3 PPPPPPP");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMPDIR_TEST(together),         TMPDIR_TEST(gone_with_its_table),
        TMPDIR_TEST(left_behind),      TMPDIR_TEST(stumbles),
        TMPDIR_TEST(pieces),           TMPDIR_TEST(keeps_rows),
        TMPDIR_TEST(ledger_left_full), TMPDIR_TEST(outside),
        TMPDIR_TEST(outside_fails),    TMPDIR_TEST(engine_rolls_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
