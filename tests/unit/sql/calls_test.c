#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sql/calls.h"

static void all_are(const char *const *texts, size_t n, bool expected)
{
    for (size_t i = 0; i < n; i++)
        if (calls_only_harmless(&dialect_postgres, slice_of(texts[i])) != expected)
            fail_msg("%s", texts[i]);
}

#define ALL_ARE(expected, ...) \
    do { \
        static const char *const texts_[] = {__VA_ARGS__}; \
        all_are(texts_, sizeof texts_ / sizeof texts_[0], expected); \
    } while (0)

static void what_a_rollback_takes_back(void **state)
{
    (void)state;
    ALL_ARE(true, "UPDATE t SET a = coalesce(b, 1) WHERE c IN (SELECT lower(x) FROM u)",
            "INSERT INTO t (a, b) VALUES (1, now()) ON CONFLICT (a) DO NOTHING",
            "INSERT INTO s.\"T\" (a) SELECT max(b)::varchar(20) FROM u WHERE NOT EXISTS (SELECT 1 FROM v)",
            "DELETE FROM t WHERE a = 'setval(1)'", "UPDATE t SET a = (b + 1) * 2");
}

static void what_may_outlive_one(void **state)
{
    (void)state;
    ALL_ARE(false, "UPDATE t SET a = setval('s', 1)", "UPDATE t SET a = pg_catalog.setval('s', 1)",
            "INSERT INTO t (a) SELECT nextval('s')", "INSERT INTO t (a) VALUES (\"setval\"('s', 2))",
            "DELETE FROM t WHERE own(a) > 1", "INSERT INTO t (a) VALUES (into_other (1))",
            "UPDATE t SET a = dblink_exec('x', 'y') WHERE false", "UPDATE t SET a = 'x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_rollback_takes_back),
        cmocka_unit_test(what_may_outlive_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
