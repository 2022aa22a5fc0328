#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <sys/stat.h>

#include "sys/folder.h"
#include "sys/view.h"
#include "tmpdir.h"

static void lists_in_byte_order_with_kinds(void **state)
{
    static const struct {
        const char *name;
        enum file_kind kind;
        int problem;
    } expected[] = {
        {".hidden", FILE_REGULAR, 0},    {"B", FILE_REGULAR, 0},     {"a", FILE_REGULAR, 0},
        {"dangling", FILE_NONE, ENOENT}, {"folder", FILE_FOLDER, 0}, {"link", FILE_REGULAR, 0},
        {"loop", FILE_NONE, ELOOP},      {"pipe", FILE_OTHER, 0},    {"\xc3\xa4", FILE_REGULAR, 0},
    };
    ARENA(a);
    struct folder f;
    struct folder_list list;
    tmpdir_put(*state, "a", "");
    tmpdir_put(*state, "B", "");
    tmpdir_put(*state, "\xc3\xa4", "");
    tmpdir_put(*state, ".hidden", "");
    assert_int_equal(mkdir(tmpdir_path(*state, "folder"), 0700), 0);
    assert_int_equal(mkfifo(tmpdir_path(*state, "pipe"), 0600), 0);
    assert_int_equal(symlink("a", tmpdir_path(*state, "link")), 0);
    assert_int_equal(symlink("loop", tmpdir_path(*state, "loop")), 0);
    assert_int_equal(symlink("none", tmpdir_path(*state, "dangling")), 0);
    assert_int_equal(folder_open(*state, &f, NULL, NULL), PAWL_OK);
    for (int again = 0; again < 2; again++) { /* the same folder can be listed twice */
        assert_int_equal(folder_list(&a, &f, &list, NULL), PAWL_OK);
        assert_int_equal(list.n, sizeof expected / sizeof *expected);
        for (size_t i = 0; i < list.n; i++) {
            assert_string_equal(list.items[i].name.p, expected[i].name);
            assert_int_equal(list.items[i].kind, expected[i].kind);
            assert_int_equal(list.items[i].problem, expected[i].problem);
        }
    }
    folder_close(&f);
}

static void tells_a_missing_folder_from_others(void **state)
{
    struct folder f;
    struct pawl_error e;
    bool missing = false;
    assert_int_equal(folder_open(tmpdir_path(*state, "none"), &f, &missing, &e), PAWL_IO);
    assert_true(missing);
    assert_string_equal(e.file, tmpdir_path(*state, "none"));
    tmpdir_put(*state, "file", "");
    assert_int_equal(folder_open(tmpdir_path(*state, "file"), &f, &missing, &e), PAWL_IO);
    assert_false(missing);
    folder_close(&f);
}

static void reads_files_in_pieces(void **state)
{
    ARENA(a);
    struct folder f;
    struct folder_list list;
    struct folder_file file;
    char buffer[4];
    size_t got;
    tmpdir_put(*state, "a", "0123456");
    assert_int_equal(mkdir(tmpdir_path(*state, "b"), 0700), 0);
    assert_int_equal(folder_open(*state, &f, NULL, NULL), PAWL_OK);
    assert_int_equal(folder_list(&a, &f, &list, NULL), PAWL_OK);
    assert_int_equal(folder_file_open(&f, &list.items[0], &file), 0);
    assert_int_equal(folder_file_read(&file, buffer, sizeof buffer, &got), 0);
    assert_int_equal(got, 4);
    assert_int_equal(folder_file_read(&file, buffer, sizeof buffer, &got), 0);
    assert_int_equal(got, 3);
    assert_memory_equal(buffer, "456", 3);
    folder_file_close(&file);
    assert_int_equal(folder_file_open(&f, &list.items[1], &file), EINVAL);
    folder_close(&f);
}

/* What was opened may be written to before it is read: the end is where it is then. */
static void files_may_grow_and_shrink_after_they_were_opened(void **state)
{
    ARENA(a);
    struct folder f;
    struct folder_list list;
    static const char *const then[] = {"0123456", "012", "0123", ""};
    for (size_t i = 0; i < sizeof then / sizeof then[0]; i++) {
        struct folder_file file;
        char buffer[8];
        size_t got;
        size_t n = strlen(then[i]);
        tmpdir_put(*state, "a", "01234");
        assert_int_equal(folder_open(*state, &f, NULL, NULL), PAWL_OK);
        assert_int_equal(folder_list(&a, &f, &list, NULL), PAWL_OK);
        assert_int_equal(folder_file_open(&f, &list.items[0], &file), 0);
        tmpdir_put(*state, "a", then[i]);
        assert_int_equal(folder_file_read(&file, buffer, sizeof buffer, &got), 0);
        assert_int_equal(got, n);
        assert_memory_equal(buffer, then[i], n);
        folder_file_close(&file);
        folder_close(&f);
    }
}

/* A file that grew between two reads. */
static void a_full_buffer_is_no_end(void **state)
{
    ARENA(a);
    struct folder f;
    struct folder_list list;
    struct folder_file file;
    char buffer[4];
    size_t got;
    tmpdir_put(*state, "a", "0123");
    assert_int_equal(folder_open(*state, &f, NULL, NULL), PAWL_OK);
    assert_int_equal(folder_list(&a, &f, &list, NULL), PAWL_OK);
    assert_int_equal(folder_file_open(&f, &list.items[0], &file), 0);
    assert_int_equal(folder_file_read(&file, buffer, sizeof buffer, &got), 0);
    assert_int_equal(got, 4);
    tmpdir_put(*state, "a", "0123456");
    assert_int_equal(folder_file_read(&file, buffer, sizeof buffer, &got), 0);
    assert_int_equal(got, 3);
    folder_file_close(&file);
    folder_close(&f);
}

static void views_are_the_file(void **state)
{
    struct view v;
    struct pawl_error e;
    size_t n = VIEW_MAP_ABOVE + 5;
    char *large = malloc(n);
    assert_non_null(large);
    memset(large, 'x', n);
    large[0] = 'a';
    large[n - 1] = 'z';
    tmpdir_write(*state, "large", large, n);
    tmpdir_write(*state, "small", large, VIEW_MAP_ABOVE);
    assert_int_equal(view_open(tmpdir_path(*state, "large"), &v, &e), PAWL_OK);
    assert_true(v.mapped);
    view_release(&v, 0, n);
    assert_true(slice_eq(v.bytes, (struct slice){large, n}));
    view_release(&v, 1, n + 100);
    assert_int_equal(v.bytes.p[n - 1], 'z');
    view_close(&v);
    assert_int_equal(view_open(tmpdir_path(*state, "small"), &v, &e), PAWL_OK);
    assert_false(v.mapped);
    assert_int_equal(v.bytes.n, VIEW_MAP_ABOVE);
    view_close(&v);
    view_close(&v);
    free(large);
    assert_int_equal(view_open(*state, &v, &e), PAWL_IO);
    assert_int_equal(view_open(tmpdir_path(*state, "none"), &v, &e), PAWL_IO);
    assert_string_equal(e.file, tmpdir_path(*state, "none"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMPDIR_TEST(lists_in_byte_order_with_kinds), TMPDIR_TEST(tells_a_missing_folder_from_others),
        TMPDIR_TEST(reads_files_in_pieces),          TMPDIR_TEST(files_may_grow_and_shrink_after_they_were_opened),
        TMPDIR_TEST(a_full_buffer_is_no_end),        TMPDIR_TEST(views_are_the_file),
    };
    return cmocka_run_group_tests_name("sys/folder", tests, NULL, NULL);
}
