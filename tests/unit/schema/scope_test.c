#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "schema/scope.h"
#include "schema/shape.h"

static const char log_text[] = "pawl.changes 1 postgres/15\n"
                               "= baseline\n"
                               "+ column public.host.id type=integer null=no default=none\n"
                               "+ schema public\n"
                               "= 1 users\n"
                               "+ column public.host.extra type=text null=yes default=none\n"
                               "+ column public.users.id type=integer null=no default=none\n"
                               "- columns public.host order=id\n"
                               "+ columns public.host order=id,extra\n"
                               "+ table public.users\n"
                               "= 2 wider\n"
                               "- column public.users.id type=integer null=no default=none\n"
                               "+ column public.users.id type=bigint null=no default=none\n"
                               "end 2\n";

static void read(struct arena *a, const char *text, struct changelog *log)
{
    struct pawl_error e = {0};
    assert_int_equal(changelog_parse(a, slice_of(text), SLICE("x"), log, &e), PAWL_OK);
}

static void what_is_read_is_what_was_written(void **state)
{
    ARENA(a);
    STRBUF(b, 1 << 20);
    struct changelog log;
    struct slice *lines;
    size_t n;
    (void)state;
    read(&a, log_text, &log);
    changelog_write(&log, &b);
    assert_string_equal(strbuf_z(&b), log_text);
    assert_int_equal(log.n, 3);
    assert_int_equal(changelog_state(&a, &log, 3, &lines, &n, NULL), PAWL_OK);
    assert_int_equal(n, 6);
    assert_true(slice_eq(lines[2], SLICE("column public.users.id type=bigint null=no default=none")));
    assert_int_equal(changelog_state(&a, &log, 2, &lines, &n, NULL), PAWL_OK);
    assert_true(slice_eq(lines[2], SLICE("column public.users.id type=integer null=no default=none")));
}

static void a_broken_file_has_a_place(void **state)
{
    static const struct {
        const char *text;
        uint32_t line;
    } broken[] = {
        {"", 0},
        {"hello\n", 1},
        {"pawl.changes 2 sqlite/3\n", 1},
        {"pawl.changes 1 sqlite/3\n+ table a\n", 2},
        {"pawl.changes 1 sqlite/3\n= baseline\n+ table b\n+ table a\n", 4},
        {"pawl.changes 1 sqlite/3\n= baseline\n+ table a\n+ table a\n", 4},
        {"pawl.changes 1 sqlite/3\n= baseline\n= 2 b\n= 1 a\n", 4},
        {"pawl.changes 1 sqlite/3\n= baseline\n", 2},
        {"pawl.changes 1 sqlite/3\n= baseline\nend 1\n", 3},
        {"pawl.changes 1 sqlite/3\n= baseline\n<<<<<<< HEAD\n", 3},
    };
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        ARENA(a);
        struct changelog log;
        struct pawl_error e = {0};
        assert_int_equal(changelog_parse(&a, slice_of(broken[i].text), SLICE("x"), &log, &e), PAWL_SOURCE);
        assert_int_equal(e.line, broken[i].line);
    }
}

static enum scope_side side(const struct scope *s, const char *line)
{
    return scope_of(s, slice_of(line));
}

static void what_hangs_on_our_own_is_ours(void **state)
{
    static const char *const ignore[] = {"part_*", "index *_tmp"};
    ARENA(a);
    struct changelog log;
    struct scope s;
    (void)state;
    read(&a, log_text, &log);
    assert_int_equal(scope_init(&a, &log, ignore, 2, &s, NULL), PAWL_OK);
    assert_int_equal(side(&s, "table public.users"), SCOPE_MANAGED);
    assert_int_equal(side(&s, "column public.users.by_hand type=text"), SCOPE_MANAGED);
    assert_int_equal(side(&s, "index public.by_hand on=public.users keys=id"), SCOPE_MANAGED);
    assert_int_equal(side(&s, "sequence public.sq type=bigint owned_by=public.users.id"), SCOPE_MANAGED);
    assert_int_equal(side(&s, "privilege table.public.users.reader can=select"), SCOPE_UNMANAGED);
    assert_int_equal(side(&s, "table public.others"), SCOPE_UNMANAGED);
    assert_int_equal(side(&s, "index public.i on=public.others keys=id"), SCOPE_UNMANAGED);
    assert_int_equal(side(&s, "schema public"), SCOPE_UNMANAGED);
    /* a table of the host's: only what we have made of it */
    assert_int_equal(side(&s, "column public.host.extra type=text"), SCOPE_MANAGED);
    assert_int_equal(side(&s, "column public.host.id type=bigint"), SCOPE_UNMANAGED);
    assert_int_equal(side(&s, "columns public.host order=x"), SCOPE_UNMANAGED);
    assert_int_equal(side(&s, "table public.part_2024"), SCOPE_IGNORED);
    assert_int_equal(side(&s, "column public.part_2024.id type=integer"), SCOPE_IGNORED);
    assert_int_equal(side(&s, "index public.a_tmp on=public.users keys=id"), SCOPE_IGNORED);
    assert_int_equal(side(&s, "column public.users.part_1 type=text"), SCOPE_MANAGED);
}

static void shapes_leave_texts_out(void **state)
{
    ARENA(a);
    (void)state;
    assert_true(slice_eq(shape_of(&a, "postgres", SLICE("view public.v query=\" SELECT 1;\"")),
                         SLICE("view public.v query=*")));
    assert_true(slice_eq(shape_of(&a, "postgres", SLICE("column public.t.a type=text null=no default=none")),
                         SLICE("column public.t.a type=text null=no default=none")));
    assert_int_equal(shape_of(&a, "postgres", SLICE("not-null public.t.n columns=a")).n, 0);
    assert_true(
        slice_eq(shape_of(&a, "sqlite", SLICE("view v query=\"SELECT 1\"")), SLICE("view v query=\"SELECT 1\"")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_is_what_was_written),
        cmocka_unit_test(a_broken_file_has_a_place),
        cmocka_unit_test(what_hangs_on_our_own_is_ours),
        cmocka_unit_test(shapes_leave_texts_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
