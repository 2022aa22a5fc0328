#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/err.h"

static void message_stays_one_line_and_whole(void **state)
{
    (void)state;
    struct pawl_error e;
    assert_int_equal(err_set(&e, PAWL_SQL, "one\ntwo\n"), PAWL_SQL);
    assert_string_equal(e.message, "one two");

    char long_text[600];
    memset(long_text, 'x', sizeof long_text);
    memcpy(long_text + 510, "\xc3\xa4", 2); /* the cut at 511 falls between the two bytes */
    long_text[599] = '\0';
    err_set(&e, PAWL_SQL, "%s", long_text);
    assert_int_equal(strlen(e.message), 510);
}

static void place_is_set_once(void **state)
{
    (void)state;
    struct pawl_error e;
    err_set(&e, PAWL_SQL, "boom");
    err_place(&e, SLICE("a.sql"), 3, 4);
    err_place(&e, SLICE("b.sql"), 9, 9);
    assert_string_equal(e.file, "a.sql");
    assert_int_equal(e.line, 3);
    err_set(NULL, PAWL_SQL, "nobody listens");
    err_hint(NULL, "nobody");
    err_place(NULL, SLICE("a"), 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_stays_one_line_and_whole),
        cmocka_unit_test(place_is_set_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
