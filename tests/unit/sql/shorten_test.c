#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sql/shorten.h"

static void is(const char *sql, const char *expected)
{
    ARENA(a);
    struct slice got = shorten(&a, &dialect_postgres, slice_of(sql));
    if (!slice_eq(got, slice_of(expected)))
        fail_msg("%s: " SLICE_FMT, sql, SLICE_ARG(got));
}

static void names_lose_the_first_schema(void **state)
{
    (void)state;
    is("ALTER TABLE public.users ADD FOREIGN KEY (a) REFERENCES public.b (id)",
       "ALTER TABLE users ADD FOREIGN KEY (a) REFERENCES b (id)");
    is("SELECT x::public.mood, (public.f(1)), other.public.t", "SELECT x::mood, (f(1)), other.public.t");
    is("GRANT USAGE ON SCHEMA public TO x", "GRANT USAGE ON SCHEMA public TO x");
    is("SELECT 1", "SELECT 1");
}

static void texts_keep_it(void **state)
{
    (void)state;
    is("COMMENT ON TABLE public.a IS 'of public.b'", "COMMENT ON TABLE a IS 'of public.b'");
    is("CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS $$ SELECT public.g() $$",
       "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT public.g() $$");
    is("SELECT to_regclass('other.a'), regclass('public.a')", "SELECT to_regclass('other.a'), regclass('public.a')");
}

static void blocks_are_code(void **state)
{
    (void)state;
    is("DO $do$\nBEGIN\n IF to_regclass('public.a') IS NULL THEN DROP VIEW public.v; END IF;\nEND\n$do$",
       "DO $do$\nBEGIN\n IF to_regclass('a') IS NULL THEN DROP VIEW v; END IF;\nEND\n$do$");
    is("DO $d$ BEGIN EXECUTE $x$ DROP TABLE public.a $x$; END $d$",
       "DO $d$ BEGIN EXECUTE $x$ DROP TABLE public.a $x$; END $d$");
}

static void no_schema_no_change(void **state)
{
    (void)state;
    ARENA(a);
    struct slice sql = SLICE("SELECT public.x FROM public");
    assert_ptr_equal(shorten(&a, &dialect_sqlite, sql).p, sql.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_lose_the_first_schema),
        cmocka_unit_test(texts_keep_it),
        cmocka_unit_test(blocks_are_code),
        cmocka_unit_test(no_schema_no_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
