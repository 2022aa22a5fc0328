#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "collect.h"
#include "large.h"
#include "source/directory.h"
#include "source/text.h"
#include "tmpdir.h"

/* The only migration of a folder, as the folder was read. */
static struct migration_file file_of(struct arena *a, const char *dir)
{
    static struct collect seen;
    struct migration_set set;
    collect_init(&seen);
    source_read(a, dir, SOURCE_ALL, &seen.report, &set, NULL);
    assert_int_equal(set.n, 1);
    return set.items[0].up;
}

static void opens_small_texts_without_the_mark(void **state)
{
    ARENA(a);
    struct text t;
    tmpdir_put(*state, "1_a.sql", "\xef\xbb\xbfselect 1;\r\n");
    struct migration_file file = file_of(&a, *state);
    assert_int_equal(text_open(&file, &t, NULL), PAWL_OK);
    assert_int_equal(t.raw.n, 14);
    assert_int_equal(t.skipped, 3);
    assert_true(slice_eq(t.sql, SLICE("select 1;\r\n")));
    assert_false(t.view.mapped);
    text_release(&t, 0, t.sql.n);
    assert_true(slice_eq(t.sql, SLICE("select 1;\r\n")));
    text_close(&t);
    tmpdir_put(*state, "1_a.sql", "");
    file = file_of(&a, *state);
    assert_int_equal(text_open(&file, &t, NULL), PAWL_OK);
    assert_int_equal(t.sql.n, 0);
    text_close(&t);
}

static void notices_what_changed_meanwhile(void **state)
{
    ARENA(a);
    struct text t;
    struct pawl_error e;
    tmpdir_put(*state, "1_a.sql", "select 1;");
    struct migration_file file = file_of(&a, *state);
    tmpdir_put(*state, "1_a.sql", "select 2;");
    assert_int_equal(text_open(&file, &t, &e), PAWL_CHANGED);
    assert_string_equal(e.file, tmpdir_path(*state, "1_a.sql"));
    tmpdir_put(*state, "1_a.sql", "select 1; ");
    assert_int_equal(text_open(&file, &t, &e), PAWL_CHANGED);
    assert_int_equal(unlink(tmpdir_path(*state, "1_a.sql")), 0);
    assert_int_equal(text_open(&file, &t, &e), PAWL_IO);
}

static void names_the_place_of_bad_bytes(void **state)
{
    ARENA(a);
    struct text t;
    struct pawl_error e;
    tmpdir_put(*state, "1_a.sql", "a\nb\n\xc0\n");
    struct migration_file file = file_of(&a, *state);
    assert_int_equal(text_open(&file, &t, &e), PAWL_SOURCE);
    assert_int_equal(e.line, 3);
    assert_non_null(strstr(e.message, "offset 4"));
    tmpdir_write(*state, "1_a.sql", "a\n\0", 3);
    file = file_of(&a, *state);
    assert_int_equal(text_open(&file, &t, &e), PAWL_SOURCE);
    assert_int_equal(e.line, 2);
    assert_non_null(strstr(e.message, "NUL"));
}

static void large_texts_cost_little_memory(void **state)
{
    ARENA(a);
    struct text t;
    large_write(*state, 2400000); /* over 200 MB */
    long before = large_resident();
    struct migration_file file = file_of(&a, *state);
    assert_true(file.size > 200000000);
    assert_int_equal(text_open(&file, &t, NULL), PAWL_OK);
    assert_true(t.view.mapped);
    assert_true(large_resident() - before < 24 * 1024);
    size_t lines = 0;
    for (size_t at = 0, released = 0; at < t.sql.n; at++) {
        lines += t.sql.p[at] == '\n';
        if (at - released > 1 << 20) {
            text_release(&t, released, at);
            released = at;
        }
    }
    assert_int_equal(lines, 2400000);
    assert_true(large_resident() - before < 24 * 1024);
    assert_true(slice_starts(t.sql, SLICE("insert into t values (           0,")));
    text_close(&t);
}

#ifdef PAWL_FAULTS
static void every_failed_request_is_survived(void **state)
{
    ARENA(a);
    struct text t;
    struct pawl_error e;
    tmpdir_put(*state, "1_a.sql", "select 1;");
    struct migration_file file = file_of(&a, *state);
    mem_fault_set(1, 0);
    int code = text_open(&file, &t, &e);
    mem_fault_set(0, 0);
    assert_int_equal(code, PAWL_NOMEM);
    assert_int_equal(e.code, PAWL_NOMEM);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMPDIR_TEST(opens_small_texts_without_the_mark), TMPDIR_TEST(notices_what_changed_meanwhile),
        TMPDIR_TEST(names_the_place_of_bad_bytes),       TMPDIR_TEST(large_texts_cost_little_memory),
#ifdef PAWL_FAULTS
        TMPDIR_TEST(every_failed_request_is_survived),
#endif
    };
    return cmocka_run_group_tests_name("source/text", tests, NULL, NULL);
}
