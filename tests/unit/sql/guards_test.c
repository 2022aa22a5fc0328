#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/strbuf.h"
#include "sql/guards.h"

/* "table s.t; column c on t": what is guarded, in order. */
static void are(const struct dialect *d, const char *text, const char *expected)
{
    struct head h;
    struct guards guards;
    struct guard g;
    STRBUF(b, 4096);
    head_read(&h, d, slice_of(text));
    guards_init(&guards, &h, d, slice_of(text));
    while (guards_next(&guards, &g)) {
        strbuf_addf(&b, "%s%s ", b.n ? "; " : "", head_object_name(g.object));
        if (g.name.schema.n)
            strbuf_addf(&b, SLICE_FMT ".", SLICE_ARG(g.name.schema));
        strbuf_add(&b, g.name.name);
        if (g.on.name.n)
            strbuf_addf(&b, " on " SLICE_FMT, SLICE_ARG(g.on.name));
    }
    assert_string_equal(strbuf_z(&b), expected);
    assert_int_equal(guards_any(&h, d, slice_of(text)), expected[0] != '\0');
}

static void what_is_made_unless_it_is_there(void **state)
{
    const struct dialect *d = &dialect_postgres;
    (void)state;
    are(d, "CREATE TABLE IF NOT EXISTS s.\"T\" (a INT)", "table s.\"T\"");
    are(d, "create unlogged table if not exists t (a int)", "table t");
    are(d, "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)", "index i");
    are(d, "CREATE MATERIALIZED VIEW IF NOT EXISTS v AS SELECT 1", "view v");
    are(d, "CREATE SEQUENCE IF NOT EXISTS q", "sequence q");
    are(d, "CREATE TYPE IF NOT EXISTS m AS ENUM ('a')", "type m");
    are(d, "CREATE EXTENSION IF NOT EXISTS x WITH SCHEMA s", "extension x");
    are(d, "CREATE TRIGGER IF NOT EXISTS g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()", "trigger g on t");
    are(d, "ALTER TABLE t ADD COLUMN IF NOT EXISTS a INT, ADD b INT, ADD IF NOT EXISTS c INT, DROP COLUMN IF EXISTS d",
        "column a on t; column c on t");
    are(d, "ALTER TABLE t ADD CONSTRAINT IF NOT EXISTS k CHECK (a > 0)", "constraint k on t");
    are(&dialect_sqlite, "CREATE VIEW IF NOT EXISTS v AS SELECT 1", "view v");
    are(&dialect_sqlite, "CREATE VIRTUAL TABLE IF NOT EXISTS v USING fts5(a)", "table v");
}

static void what_declares_nothing_or_has_no_guard(void **state)
{
    const struct dialect *d = &dialect_postgres;
    (void)state;
    are(d, "CREATE TABLE t (a INT)", "");
    are(d, "CREATE TABLE t (a TEXT DEFAULT 'if not exists')", "");
    are(d, "CREATE TEMP TABLE IF NOT EXISTS t (a INT)", "");
    are(d, "CREATE SCHEMA IF NOT EXISTS s", "");
    are(d, "CREATE EXTENSION IF NOT EXISTS x", "");
    are(d, "ALTER TYPE m ADD VALUE IF NOT EXISTS 'b'", "");
    are(d, "ALTER TABLE IF EXISTS t ADD COLUMN a INT", "");
    are(d, "DROP TABLE IF EXISTS t", "");
    are(d, "INSERT INTO t SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM t)", "");
    are(d, "CREATE TABLE IF NOT EXISTS", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_made_unless_it_is_there),
        cmocka_unit_test(what_declares_nothing_or_has_no_guard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
