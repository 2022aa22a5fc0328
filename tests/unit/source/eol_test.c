#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hash.h"
#include "base/mem.h"
#include "source/eol.h"
#include "tmpdir.h"

static void sum_of(const char *text, unsigned char *out)
{
    struct hasher h;
    assert_true(hasher_init_sha384(&h));
    assert_true(hasher_sum(&h, slice_of(text), out));
    hasher_clear(&h);
}

static struct eol_difference compare(const char *dir, const char *now, const char *recorded)
{
    static char path[4096];
    unsigned char sum[SHA384_BYTES];
    struct eol_difference d;
    struct migration_file file = {.size = strlen(now)};
    snprintf(path, sizeof path, "%s/1_a.sql", dir);
    file.path = slice_of(path);
    tmpdir_put(dir, "1_a.sql", now);
    sum_of(now, file.checksum);
    sum_of(recorded, sum);
    assert_int_equal(eol_compare(&file, (struct slice){(char *)sum, sizeof sum}, &d, NULL), PAWL_OK);
    return d;
}

static void assert_flags(const char *dir, const char *now, const char *recorded, unsigned flags)
{
    struct eol_difference d = compare(dir, now, recorded);
    assert_false(d.equal);
    assert_int_equal(d.flags, flags);
}

#define BOM "\xef\xbb\xbf"

static void equal_is_equal(void **state)
{
    assert_true(compare(*state, "a\n", "a\n").equal);
    assert_int_equal(compare(*state, "a\n", "a\n").flags, 0);
}

static void line_endings(void **state)
{
    assert_flags(*state, "a\nb\n", "a\r\nb\r\n", EOL_ENDINGS);
    assert_flags(*state, "a\r\nb\r\n", "a\nb\n", EOL_ENDINGS);
    assert_flags(*state, "a\r\nb\n", "a\nb\n", EOL_ENDINGS);
    assert_flags(*state, "a\r\nb\n", "a\r\nb\r\n", EOL_ENDINGS);
    assert_flags(*state, "\n\n", "\r\n\r\n", EOL_ENDINGS);
    assert_flags(*state, "a\nb", "a\r\nb", EOL_ENDINGS);
}

static void byte_order_mark(void **state)
{
    assert_flags(*state, "a\n", BOM "a\n", EOL_BOM);
    assert_flags(*state, BOM "a\n", "a\n", EOL_BOM);
    assert_flags(*state, BOM "a\n", "a\r\n", EOL_BOM | EOL_ENDINGS);
    assert_flags(*state, "a\r\nb\r\n", BOM "a\nb\n", EOL_BOM | EOL_ENDINGS);
}

static void final_line_end(void **state)
{
    assert_flags(*state, "a\nb\n", "a\nb", EOL_FINAL);
    assert_flags(*state, "a\nb", "a\nb\n", EOL_FINAL);
    assert_flags(*state, "a\r\nb", "a\r\nb\r\n", EOL_FINAL);
    assert_flags(*state, "a\r\nb\r\n", BOM "a\nb", EOL_ENDINGS | EOL_BOM | EOL_FINAL);
    assert_string_equal(eol_words(EOL_ENDINGS | EOL_BOM), "line endings and byte order mark");
}

static void everything_else_is_another_text(void **state)
{
    assert_flags(*state, "a\n", "b\n", 0);
    assert_flags(*state, "a\n", "a \n", 0);
    assert_flags(*state, "a\nb\n", "a\rb\r", 0);
    assert_flags(*state, "a\n", "a\n\n\n", 0);
    assert_flags(*state, "", "a", 0);
}

static void a_checksum_of_another_length_is_another_text(void **state)
{
    struct eol_difference d;
    struct migration_file file = {.path = SLICE("/nonexistent/1_a.sql")};
    (void)state;
    assert_int_equal(eol_compare(&file, SLICE("short"), &d, NULL), PAWL_OK);
    assert_false(d.equal);
    assert_int_equal(d.flags, 0);
}

static void a_file_that_is_gone_is_an_error(void **state)
{
    struct eol_difference d;
    struct pawl_error e;
    unsigned char sum[SHA384_BYTES] = {1};
    struct migration_file file = {.path = SLICE("/nonexistent/1_a.sql")};
    (void)state;
    assert_int_equal(eol_compare(&file, (struct slice){(char *)sum, sizeof sum}, &d, &e), PAWL_IO);
    assert_string_equal(e.file, "/nonexistent/1_a.sql");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMPDIR_TEST(equal_is_equal),
        TMPDIR_TEST(line_endings),
        TMPDIR_TEST(byte_order_mark),
        TMPDIR_TEST(final_line_end),
        TMPDIR_TEST(everything_else_is_another_text),
        cmocka_unit_test(a_checksum_of_another_length_is_another_text),
        cmocka_unit_test(a_file_that_is_gone_is_an_error),
    };
    return cmocka_run_group_tests_name("source/eol", tests, NULL, NULL);
}
