#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "source/replaces.h"

#define DIGITS "000102030405060708090a0b0c0d0e0f"

static const struct {
    const char *text;
    size_t n;
    uint32_t line;
} cases[] = {
    {"", 0, 0},
    {"SELECT 1;\n-- pawl: replaces 1 " DIGITS "\n", 0, 0}, /* too late */
    {"-- pawl: replaces 3 " DIGITS " init\n", 1, 0},
    {"\xef\xbb\xbf-- words\r\n\r\n--pawl:  replaces  1  " DIGITS "\r\n  -- pawl: replaces 3 " DIGITS "\nSELECT 1;", 2,
     0},
    {"-- pawl: replaces 1 " DIGITS "\n-- pawl: replaces 1 " DIGITS "\n-- pawl: replaces 3 " DIGITS "\n", 3, 0},
    {"-- pawl: replaces\n", 0, 1},
    {"-- pawl: replaces x " DIGITS "\n", 0, 1},
    {"-- pawl: replaces 0 " DIGITS "\n", 0, 1},
    {"--\n-- pawl: replaces 3 0001\n", 0, 2},
    {"-- pawl: replaces 3 " DIGITS "0\n", 0, 1},
    {"-- pawl: replaces 3 A00102030405060708090a0b0c0d0e0f\n", 0, 1},
    {"-- pawl: replaces 2 " DIGITS "\n-- pawl: replaces 1 " DIGITS "\n", 0, 2},
    {"-- pawl: replaces 4 " DIGITS "\n", 0, 1},
    {"-- pawl: replaces 1 " DIGITS "\n", 0, 1}, /* not its own */
};

static void lists_are_read_whole_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena a = {0};
        const struct replaced *list;
        struct replaces_fault fault;
        size_t n;
        assert_int_equal(replaces_read(&a, slice_of(cases[i].text), 3, &list, &n, &fault, NULL), PAWL_OK);
        if (n != cases[i].n || fault.line != cases[i].line)
            fail_msg("case %zu: %zu, line %u", i, n, fault.line);
        assert_int_equal(fault.why != NULL, fault.line != 0);
        assert_int_equal(replaces_any(slice_of(cases[i].text)), n || fault.line);
        if (n)
            assert_int_equal(list[n - 1].digest[15], 15);
        arena_clear(&a);
    }
}

/* A second squash keeps what the first one stood for, and takes its baseline as another text of its version. */
static void what_is_written_is_read_again(void **state)
{
    (void)state;
    struct arena a = {0};
    const struct replaced first[] = {{1, {0xab, 1}, false}, {2, {0xcd}, false}}, *list;
    const struct migration items[] = {
        {.version = 2, .description = SLICE("baseline"), .up.checksum = {7}, .replaces = first, .n_replaces = 2},
        {.version = 5, .description = SLICE("b c"), .up.checksum = {9}},
    };
    struct replaces_fault fault;
    size_t n;
    STRBUF(b, 4096);
    replaces_write(&b, items, 2);
    assert_non_null(strstr(strbuf_z(&b), "-- pawl: replaces 5 09000000000000000000000000000000 b c\n"));
    assert_int_equal(replaces_read(&a, strbuf_slice(&b), 5, &list, &n, &fault, NULL), PAWL_OK);
    assert_int_equal(n, 4);
    assert_int_equal(list[1].version, 2);
    assert_false(list[1].baseline);
    assert_int_equal(list[2].version, 2);
    assert_true(list[2].baseline);
    assert_int_equal(list[0].digest[0], 0xab);
    unsigned char sum[SHA384_BYTES] = {7};
    assert_true(replaced_is(&list[2], (struct slice){(char *)sum, sizeof sum}));
    assert_false(replaced_is(&list[2], (struct slice){(char *)sum, 47}));
    arena_clear(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_read_whole_or_refused),
        cmocka_unit_test(what_is_written_is_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
