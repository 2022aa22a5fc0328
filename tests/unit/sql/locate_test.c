#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sql/locate.h"

static void at(struct locator *l, size_t offset, uint32_t line, uint32_t column)
{
    struct place p = locate(l, offset);
    assert_int_equal(p.line, line);
    assert_int_equal(p.column, column);
    p = locate_once(l->text, offset);
    assert_int_equal(p.line, line);
    assert_int_equal(p.column, column);
}

static void counts_all_line_ends(void **state)
{
    (void)state;
    struct locator l;
    /*                           0 1   2   3 4 5   6   7 8   9   10 */
    locator_init(&l, SLICE("ab\r\ncd\ne\rf\n\ng"));
    at(&l, 0, 1, 1);
    at(&l, 2, 1, 3);
    at(&l, 3, 1, 4);
    at(&l, 4, 2, 1);
    at(&l, 7, 3, 1);
    at(&l, 9, 4, 1);
    at(&l, 11, 5, 1);
    at(&l, 12, 6, 1);
    at(&l, 99, 6, 2);
    at(&l, 5, 2, 2); /* back */
    locator_init(&l, SLICE("\r\r\n"));
    at(&l, 1, 2, 1);
    at(&l, 2, 2, 2);
    at(&l, 3, 3, 1);
}

static void counts_characters(void **state)
{
    (void)state;
    struct locator l;
    struct slice text = SLICE("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80x\n\xc3\xb6y");
    locator_init(&l, text);
    at(&l, 2, 1, 2);
    at(&l, 5, 1, 3);
    at(&l, 9, 1, 4);
    at(&l, 13, 2, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_all_line_ends),
        cmocka_unit_test(counts_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
