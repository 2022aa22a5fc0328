/* What pawl fix makes of sets on a real SQLite: which texts, which forms, and what it keeps its hands off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tmpdir.h"

#include "proof/fix.h"
#include "prove.h"

static void fix(struct arena *a, const char *dir, struct fix_result *out)
{
    struct report r;
    struct migration_set set;
    struct pawl_error e = {0};
    struct proof_options o = {.driver = db_driver_find("sqlite"), .ledger = SLICE("_sqlx_migrations")};
    report_init(&r, NULL, NULL);
    assert_int_equal(source_read(a, dir, SOURCE_ALL, &r, &set, &e), PAWL_OK);
    int code = fix_run(a, &set, &(struct fix_request){.engines = &o, .n_engines = 1}, &r, out, &e);
    if (code)
        fail_msg("%s", e.message);
}

/* Exactly one text is not safe; it becomes `after`, or with NULL is left. */
static void one(const char *dir, const char *after, const char *reason)
{
    ARENA(a);
    struct fix_result r;
    fix(&a, dir, &r);
    assert_int_equal(r.n, 1);
    if (!after) {
        assert_false(r.items[0].rewritten);
        assert_non_null(strstr(r.items[0].reason.p, reason));
        return;
    }
    if (!r.items[0].rewritten)
        fail_msg("left: %s", r.items[0].reason.p);
    assert_string_equal(r.items[0].after.p, after);
}

static void none(const char *dir)
{
    ARENA(a);
    struct fix_result r;
    fix(&a, dir, &r);
    assert_int_equal(r.n, 0);
}

static void only_statements_at_fault_are_touched(void **state)
{
    const char *dir = *state;
    put(dir, "1_a",
        "\xef\xbb\xbf-- first\r\nCREATE TABLE IF NOT EXISTS a (id INTEGER PRIMARY KEY);\r\nCREATE INDEX i ON a (id);\r\n"
        "UPDATE a SET id = 1;",
        "DROP TABLE IF EXISTS a;");
    one(dir,
        "\xef\xbb\xbf-- first\r\nCREATE TABLE IF NOT EXISTS a (id INTEGER PRIMARY KEY);\r\nCREATE INDEX IF NOT EXISTS i ON a "
        "(id);\r\nUPDATE a SET id = 1;",
        NULL);
}

static void a_safe_set_is_left_alone(void **state)
{
    const char *dir = *state;
    PUT_TABLE(dir, "1_a", "a");
    PUT_TABLE(dir, "2_b", "b");
    none(dir);
}

static void downs_are_rewritten_too(void **state)
{
    const char *dir = *state;
    put(dir, "1_a", "CREATE TABLE IF NOT EXISTS a (id INTEGER);", "DROP TABLE a -- gone\n");
    one(dir, "DROP TABLE IF EXISTS a -- gone\n", NULL);
}

/* Guarded, the first file would bring the table back that the second has dropped. */
static void nothing_dropped_comes_back(void **state)
{
    const char *dir = *state;
    put(dir, "1_a", "CREATE TABLE a (id INTEGER);", "DROP TABLE IF EXISTS a;");
    put(dir, "2_b", "DROP TABLE IF EXISTS a;", "CREATE TABLE IF NOT EXISTS a (id INTEGER);");
    one(dir, NULL, "at the newest version: adds table a");
}

static void what_sqlite_has_no_words_for_is_left(void **state)
{
    const char *dir = *state;
    PUT_TABLE(dir, "1_a", "a");
    put(dir, "2_b", "-- more\nALTER TABLE a ADD COLUMN m TEXT;", NULL);
    one(dir, NULL, "line 2: duplicate column name: m");
}

static void seeds_without_a_key_are_looked_for(void **state)
{
    const char *dir = *state;
    put(dir, "1_a", "CREATE TABLE IF NOT EXISTS a (n TEXT);\nINSERT INTO a (n) VALUES ('x');",
        "DROP TABLE IF EXISTS a;");
    one(dir,
        "CREATE TABLE IF NOT EXISTS a (n TEXT);\nINSERT INTO a (n)\nSELECT 'x'\nWHERE NOT EXISTS (SELECT 1 FROM a WHERE n "
        "= 'x');",
        NULL);
}

/* A random value is another one in each run, so it does not tell that the rewritten text does something else. */
static void values_that_are_never_the_same_are_no_difference(void **state)
{
    const char *dir = *state;
    put(dir, "1_a", "CREATE TABLE IF NOT EXISTS a (id INTEGER PRIMARY KEY, n);\nINSERT INTO a VALUES (1, random());",
        "DROP TABLE IF EXISTS a;");
    one(dir,
        "CREATE TABLE IF NOT EXISTS a (id INTEGER PRIMARY KEY, n);\nINSERT INTO a VALUES (1, random()) ON CONFLICT DO "
        "NOTHING;",
        NULL);
}

/* UPDATE n = n + 1 is no matter of words. */
static void a_sum_is_left(void **state)
{
    const char *dir = *state;
    put(dir, "1_a", "CREATE TABLE IF NOT EXISTS a (id INTEGER PRIMARY KEY, n);\nINSERT OR IGNORE INTO a VALUES (1, 1);",
        "DROP TABLE IF EXISTS a;");
    put(dir, "2_b", "UPDATE a SET n = n + 1;", NULL);
    ARENA(a);
    struct fix_result r;
    fix(&a, dir, &r);
    assert_int_equal(r.n, 1);
    assert_int_equal(r.items[0].version, 2);
    assert_false(r.items[0].rewritten);
    assert_non_null(strstr(r.items[0].reason.p, "changes rows of a"));
}

static void a_set_that_does_not_apply_is_an_error(void **state)
{
    const char *dir = *state;
    ARENA(a);
    struct report r;
    struct migration_set set;
    struct pawl_error e = {0};
    struct fix_result out;
    struct proof_options o = {.driver = db_driver_find("sqlite"), .ledger = SLICE("_sqlx_migrations")};
    put(dir, "1_a", "CREATE TABLE a (id INTEGER);", NULL);
    put(dir, "2_b", "CREATE TABLE a (id INTEGER);", NULL);
    report_init(&r, NULL, NULL);
    assert_int_equal(source_read(&a, dir, SOURCE_ALL, &r, &set, &e), PAWL_OK);
    assert_int_equal(fix_run(&a, &set, &(struct fix_request){.engines = &o, .n_engines = 1}, &r, &out, &e), PAWL_CHECK);
    assert_non_null(strstr(e.file, "2_b.sql"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMPDIR_TEST(only_statements_at_fault_are_touched),
        TMPDIR_TEST(a_safe_set_is_left_alone),
        TMPDIR_TEST(downs_are_rewritten_too),
        TMPDIR_TEST(nothing_dropped_comes_back),
        TMPDIR_TEST(what_sqlite_has_no_words_for_is_left),
        TMPDIR_TEST(seeds_without_a_key_are_looked_for),
        TMPDIR_TEST(values_that_are_never_the_same_are_no_difference),
        TMPDIR_TEST(a_sum_is_left),
        TMPDIR_TEST(a_set_that_does_not_apply_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
