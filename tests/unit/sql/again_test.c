#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sql/again.h"

static enum again of(const char *text)
{
    struct head h;
    head_read(&h, &dialect_postgres, slice_of(text));
    return again_of(&h, &dialect_postgres, slice_of(text));
}

static void all_are(const char *const *texts, size_t n, enum again expected)
{
    for (size_t i = 0; i < n; i++)
        if (of(texts[i]) != expected)
            fail_msg("%s", texts[i]);
}

#define ALL_ARE(expected, ...) \
    do { \
        static const char *const texts_[] = {__VA_ARGS__}; \
        all_are(texts_, sizeof texts_ / sizeof texts_[0], expected); \
    } while (0)

static void what_surely_changes_nothing_twice(void **state)
{
    (void)state;
    ALL_ARE(AGAIN_YES, "UPDATE t SET a = 1", "update s.t x set a = -1.5, \"B\" = 'x' where c is null and d = f(e)",
            "UPDATE t SET a = NULL, b = true, c = '{}'::jsonb, d = '1'::numeric(3, 1) WHERE id IN (SELECT id FROM u)",
            "DELETE FROM t WHERE a = 1 OR b IS NULL", "SELECT a FROM t", "CREATE TABLE IF NOT EXISTS t (a INT)",
            "CREATE OR REPLACE VIEW v AS SELECT 1", "DROP TABLE IF EXISTS t", "GRANT SELECT ON t TO r",
            "COMMENT ON TABLE t IS 'x'", "ALTER TABLE t OWNER TO r, ALTER a SET DEFAULT 1", "ANALYZE t",
            "SET search_path = x");
}

static void what_a_trial_must_show(void **state)
{
    (void)state;
    ALL_ARE(AGAIN_GUARDED, "INSERT INTO t (a) VALUES (1) ON CONFLICT DO NOTHING",
            "INSERT INTO t (a) SELECT 1 WHERE NOT EXISTS (SELECT FROM t WHERE a = 1)",
            "INSERT INTO t (a, n) VALUES (1, 1) ON CONFLICT (a) DO UPDATE SET n = t.n + 1");
}

static void what_may_change_something_twice(void **state)
{
    (void)state;
    ALL_ARE(AGAIN_NO, "UPDATE t SET n = n + 1", "UPDATE t SET a = 1, n = b", "UPDATE t SET a = now()",
            "UPDATE t SET a = 'x' || a", "UPDATE t SET (a, b) = (1, 2)", "UPDATE t SET a = 1 FROM u",
            "UPDATE t SET a = 1 RETURNING b", "WITH x AS (SELECT 1) UPDATE t SET a = 1", "DELETE FROM t",
            "DELETE FROM t WHERE a = b", "DELETE FROM t WHERE a IN (SELECT 1)", "INSERT INTO t VALUES (1)",
            "INSERT INTO t SELECT * FROM u", "COPY t FROM stdin", "DO $$ begin end $$", "CALL p()", "TRUNCATE t",
            "CREATE TABLE t (a INT)", "ALTER TABLE t ADD COLUMN b INT", "ALTER TABLE t RENAME TO u",
            "ALTER TABLE t ALTER a TYPE text USING b", "SELECT f(1)",
            "MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE", "something else", "UPDATE t SET a = 'open");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_surely_changes_nothing_twice),
        cmocka_unit_test(what_a_trial_must_show),
        cmocka_unit_test(what_may_change_something_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
