#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/slice.h"

static void reads_whole_numbers_only(void **state)
{
    (void)state;
    int64_t v = 7;
    assert_true(slice_i64(SLICE("9223372036854775807"), &v));
    assert_true(v == INT64_MAX);
    assert_true(slice_i64(SLICE("-9223372036854775808"), &v));
    assert_true(v == INT64_MIN);
    assert_true(slice_i64(SLICE("+007"), &v));
    assert_true(v == 7);
    assert_false(slice_i64(SLICE("9223372036854775808"), &v));
    assert_false(slice_i64(SLICE("-9223372036854775809"), &v));
    assert_false(slice_i64(SLICE(""), &v));
    assert_false(slice_i64(SLICE("-"), &v));
    assert_false(slice_i64(SLICE("1 "), &v));
    assert_true(v == 7);
}

static void compares_in_byte_order(void **state)
{
    (void)state;
    assert_true(slice_cmp(SLICE("a"), SLICE("ab")) < 0);
    assert_true(slice_cmp(SLICE("\xc3"), SLICE("z")) > 0);
    assert_int_equal(slice_cmp(SLICE("x"), SLICE("x")), 0);
    assert_true(slice_ieq(SLICE("Begin"), SLICE("bEGIN")));
    assert_int_equal(slice_find(SLICE("abcabd"), SLICE("abd")), 3);
    assert_true(slice_find(SLICE("ab"), SLICE("abc")) == SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_whole_numbers_only),
        cmocka_unit_test(compares_in_byte_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
