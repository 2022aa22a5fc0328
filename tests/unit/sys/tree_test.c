#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>

#include "sys/file.h"
#include "sys/tree.h"
#include "tmpdir.h"

static struct slice path(struct arena *a, void **state, const char *name)
{
    return arena_printf(a, "%s/%s", (const char *)*state, name);
}

static void make(struct arena *a, void **state)
{
    static char big[200000];
    memset(big, 'b', sizeof big);
    assert_int_equal(folder_make(path(a, state, "from/one/two").p, NULL), PAWL_OK);
    assert_int_equal(file_create(path(a, state, "from/empty").p, SLICE(""), NULL), PAWL_OK);
    assert_int_equal(file_create(path(a, state, "from/one/two/big").p, (struct slice){big, sizeof big}, NULL), PAWL_OK);
    assert_int_equal(symlink("/etc", path(a, state, "from/link").p), 0);
}

static void a_copy_has_it_all_but_links(void **state)
{
    ARENA(a);
    struct slice text;
    struct stat info;
    struct pawl_error e = {0};
    make(&a, state);
    assert_int_equal(tree_copy(path(&a, state, "from").p, path(&a, state, "to").p, NULL, &e), PAWL_OK);
    assert_int_equal(file_read(&a, path(&a, state, "to/one/two/big").p, 1 << 20, &text, &e), PAWL_OK);
    assert_int_equal(text.n, 200000);
    assert_int_equal(text.p[199999], 'b');
    assert_true(file_exists(path(&a, state, "to/empty").p));
    assert_false(file_exists(path(&a, state, "to/link").p));
    assert_int_equal(stat(path(&a, state, "to").p, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    assert_int_equal(tree_copy(path(&a, state, "from").p, path(&a, state, "to").p, NULL, &e), PAWL_IO);
    assert_int_equal(tree_copy(path(&a, state, "nothing").p, path(&a, state, "to2").p, NULL, &e), PAWL_IO);
}

static void removing_follows_no_links(void **state)
{
    ARENA(a);
    struct pawl_error e = {0};
    make(&a, state);
    assert_int_equal(folder_make(path(&a, state, "outside").p, NULL), PAWL_OK);
    assert_int_equal(file_create(path(&a, state, "outside/precious").p, SLICE("x"), NULL), PAWL_OK);
    assert_int_equal(symlink("../outside", path(&a, state, "from/out").p), 0);
    assert_int_equal(tree_remove(path(&a, state, "from").p, &e), PAWL_OK);
    assert_false(file_exists(path(&a, state, "from").p));
    assert_true(file_exists(path(&a, state, "outside/precious").p));
    assert_int_equal(tree_remove(path(&a, state, "from").p, &e), PAWL_OK);
}

static void moving_does_not_replace(void **state)
{
    ARENA(a);
    make(&a, state);
    assert_true(tree_move(path(&a, state, "from").p, path(&a, state, "moved").p));
    make(&a, state);
    assert_false(tree_move(path(&a, state, "from").p, path(&a, state, "moved").p));
    assert_true(file_exists(path(&a, state, "from/empty").p));
}

static void there_is_a_place_for_what_is_temporary(void **state)
{
    struct stat info;
    const uint64_t sizes[] = {0, 1, UINT64_MAX};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(stat(tree_place(sizes[i]), &info), 0);
        assert_true(S_ISDIR(info.st_mode));
        assert_true(tree_changed_ns(tree_place(sizes[i])) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMPDIR_TEST(a_copy_has_it_all_but_links),
        TMPDIR_TEST(removing_follows_no_links),
        TMPDIR_TEST(moving_does_not_replace),
        cmocka_unit_test(there_is_a_place_for_what_is_temporary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
