#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/file.h"
#include "tmpdir.h"

static void reads_what_was_written(void **state)
{
    ARENA(a);
    struct slice got;
    const char *path = tmpdir_path(*state, "x");
    assert_int_equal(file_create(path, SLICE("one\0two"), NULL), PAWL_OK);
    assert_int_equal(file_read(&a, path, 100, &got, NULL), PAWL_OK);
    assert_true(slice_eq(got, SLICE("one\0two")));
    assert_int_equal(got.p[got.n], 0);
    assert_int_equal(file_read(&a, path, 7, &got, NULL), PAWL_OK);
}

static void refuses_longer_files_folders_and_nothing(void **state)
{
    ARENA(a);
    struct slice got;
    struct pawl_error e;
    const char *path = tmpdir_path(*state, "x");
    assert_int_equal(file_create(path, SLICE("0123456"), &e), PAWL_OK);
    assert_int_equal(file_read(&a, path, 6, &got, &e), PAWL_IO);
    assert_non_null(strstr(e.message, "longer than 6 bytes"));
    assert_int_equal(file_read(&a, *state, 100, &got, &e), PAWL_IO);
    assert_non_null(strstr(e.message, "directory"));
    assert_int_equal(file_read(&a, tmpdir_path(*state, "none"), 100, &got, &e), PAWL_IO);
    assert_string_equal(e.file, tmpdir_path(*state, "none"));
    assert_int_equal(mkfifo(tmpdir_path(*state, "pipe"), 0600), 0);
    assert_int_equal(file_read(&a, tmpdir_path(*state, "pipe"), 100, &got, &e), PAWL_IO);
}

static void reads_a_file_without_a_size(void **state)
{
    (void)state;
    ARENA(a);
    struct slice got;
    assert_int_equal(file_read(&a, "/proc/self/status", 1 << 20, &got, NULL), PAWL_OK);
    assert_true(slice_starts(got, SLICE("Name:")));
}

static void create_never_overwrites(void **state)
{
    ARENA(a);
    struct slice got;
    struct pawl_error e;
    const char *path = tmpdir_path(*state, "x");
    assert_int_equal(file_create(path, SLICE("first"), &e), PAWL_OK);
    assert_int_equal(file_create(path, SLICE("second"), &e), PAWL_REFUSED);
    assert_string_equal(e.file, path);
    assert_int_equal(file_read(&a, path, 100, &got, &e), PAWL_OK);
    assert_true(slice_eq(got, SLICE("first")));
}

static void replace_keeps_mode_and_link_and_leaves_nothing_behind(void **state)
{
    ARENA(a);
    struct slice got;
    struct stat st;
    const char *path = tmpdir_path(*state, "x");
    const char *link = tmpdir_path(*state, "link");
    assert_int_equal(file_replace(path, SLICE("first"), NULL), PAWL_OK);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(symlink("x", link), 0);
    assert_int_equal(file_replace(link, SLICE("second"), NULL), PAWL_OK);
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(file_read(&a, path, 100, &got, NULL), PAWL_OK);
    assert_true(slice_eq(got, SLICE("second")));
    assert_int_equal(tmpdir_count(*state), 2);
}

static void replace_that_fails_changes_nothing(void **state)
{
    struct pawl_error e;
    const char *folder = tmpdir_path(*state, "folder");
    assert_int_equal(folder_make(folder, &e), PAWL_OK);
    assert_int_equal(file_replace(folder, SLICE("x"), &e), PAWL_IO);
    assert_int_equal(file_replace(tmpdir_path(*state, "none/x"), SLICE("x"), &e), PAWL_IO);
    assert_int_equal(tmpdir_count(*state), 1);
}

static void looks_through_links(void **state)
{
    struct pawl_error e;
    struct file_info one, two;
    const char *path = tmpdir_path(*state, "x");
    assert_int_equal(file_create(path, SLICE("abc"), &e), PAWL_OK);
    assert_int_equal(symlink("x", tmpdir_path(*state, "link")), 0);
    assert_int_equal(symlink("loop", tmpdir_path(*state, "loop")), 0);
    assert_int_equal(symlink("gone", tmpdir_path(*state, "dangling")), 0);
    assert_int_equal(file_look(path, &one, &e), PAWL_OK);
    assert_int_equal(file_look(tmpdir_path(*state, "link"), &two, &e), PAWL_OK);
    assert_true(file_same(&one, &two));
    assert_int_equal(two.kind, FILE_REGULAR);
    assert_true(two.size == 3);
    assert_int_equal(file_look(tmpdir_path(*state, "dangling"), &two, &e), PAWL_OK);
    assert_int_equal(two.kind, FILE_NONE);
    assert_false(file_same(&two, &two));
    assert_int_equal(file_look(tmpdir_path(*state, "loop"), &two, &e), PAWL_IO);
    assert_false(file_exists(tmpdir_path(*state, "loop")));
    assert_int_equal(file_look(tmpdir_path(*state, "x/below"), &two, &e), PAWL_OK);
    assert_int_equal(two.kind, FILE_NONE);
}

static void makes_folders_on_the_way(void **state)
{
    struct pawl_error e;
    assert_int_equal(folder_make(tmpdir_path(*state, "a/b//c/"), &e), PAWL_OK);
    assert_true(file_is_folder(tmpdir_path(*state, "a/b/c")));
    assert_int_equal(folder_make(tmpdir_path(*state, "a/b/c"), &e), PAWL_OK);
    assert_int_equal(folder_make("/", &e), PAWL_OK);
    assert_int_equal(file_create(tmpdir_path(*state, "x"), SLICE(""), &e), PAWL_OK);
    assert_int_equal(folder_make(tmpdir_path(*state, "x/y"), &e), PAWL_IO);
    assert_int_equal(folder_make("", &e), PAWL_IO);
}

static void removes_files_only(void **state)
{
    struct pawl_error e;
    const char *path = tmpdir_path(*state, "x");
    assert_int_equal(file_create(path, SLICE(""), &e), PAWL_OK);
    assert_int_equal(file_remove(path, &e), PAWL_OK);
    assert_false(file_exists(path));
    assert_int_equal(file_remove(path, &e), PAWL_OK);
    assert_int_equal(file_remove(*state, &e), PAWL_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMPDIR_TEST(reads_what_was_written),
        TMPDIR_TEST(refuses_longer_files_folders_and_nothing),
        TMPDIR_TEST(reads_a_file_without_a_size),
        TMPDIR_TEST(create_never_overwrites),
        TMPDIR_TEST(replace_keeps_mode_and_link_and_leaves_nothing_behind),
        TMPDIR_TEST(replace_that_fails_changes_nothing),
        TMPDIR_TEST(looks_through_links),
        TMPDIR_TEST(makes_folders_on_the_way),
        TMPDIR_TEST(removes_files_only),
    };
    return cmocka_run_group_tests_name("sys/file", tests, NULL, NULL);
}
