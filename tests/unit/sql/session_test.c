#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sql/session.h"

static void plain_statements_leave_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "CREATE TABLE t (id INT PRIMARY KEY, n NUMERIC(10, 2) DEFAULT 0)",
        "-- SET ROLE in a comment\nINSERT INTO t VALUES (1, 'set role x')",
        "CREATE INDEX i ON \"set\" (id); DROP TABLE x; ALTER TABLE t ADD COLUMN c TEXT",
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ SELECT set_config('a.b', 'c', false) $$",
        "",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (session_is_touched(&dialect_postgres, slice_of(texts[i])))
            fail_msg("%s", texts[i]);
}

static void whatever_may_leave_something_is_seen(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "set search_path = ''",
        "SELECT pg_catalog.set_config('search_path', '', false)",
        "CREATE TEMP TABLE x (id INT)",
        "create table pg_temp.x (id int)",
        "create table \"pg_temp\".x (id int)",
        "prepare p as values (1)",
        "do $$ begin end $$",
        "call p()",
        "DECLARE c CURSOR WITH HOLD FOR VALUES (1)",
        "with x as (values (1)) table x",
        "Load 'x'",
        "values (\"set_config\"('a.b', 'c', false))",
        "alter table t alter c set not null",
        "create table t ('",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (!session_is_touched(&dialect_postgres, slice_of(texts[i])))
            fail_msg("%s", texts[i]);
}

static void statements_that_only_set_can_be_said_again(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool sets;
    } all[] = {
        {"SET search_path = app", true},
        {"/* x */ reset all", true},
        {"set session role x", true},
        {"SELECT pg_catalog.set_config('search_path', '', false)", true},
        {"select set_config('a.b', f(1), false) -- why", true},
        {"PRAGMA foreign_keys = off", true},
        {"SET LOCAL lock_timeout = 1", false},
        {"SET CONSTRAINTS ALL DEFERRED", false},
        {"SET TRANSACTION READ ONLY", false},
        {"select set_config('a.b', 'c', false), nextval('s')", false},
        {"select set_config('a.b', 'c', false) from t", false},
        {"select pg_catalog.setval('s', 1)", false},
        {"insert into t values (1)", false},
        {"vacuum", false},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        const struct dialect *d = strncmp(all[i].text, "PRAGMA", 6) ? &dialect_postgres : &dialect_sqlite;
        if (session_is_set(d, slice_of(all[i].text)) != all[i].sets)
            fail_msg("%s", all[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_statements_leave_nothing),
        cmocka_unit_test(whatever_may_leave_something_is_seen),
        cmocka_unit_test(statements_that_only_set_can_be_said_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
