#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "source/name.h"

struct sample {
    const char *file;
    enum name_kind kind;
    int64_t version;
    const char *description;
};

/* What sqlx 0.8 reads out of these names. */
static const struct sample samples[] = {
    {"1_a.sql", NAME_UP, 1, "a"},
    {"0001_create_users.sql", NAME_UP, 1, "create_users"},
    {"007_x.up.sql", NAME_UP, 7, "x"},
    {"007_x.down.sql", NAME_DOWN, 7, "x"},
    {"+5_x.sql", NAME_UP, 5, "x"},
    {"1_up.sql", NAME_UP, 1, "up"},
    {"1_down.sql", NAME_UP, 1, "down"},
    {"1_.sql", NAME_UP, 1, ""},
    {"1_.up.sql", NAME_UP, 1, ""},
    {"1_x.up.sql.up.sql", NAME_UP, 1, "x"},
    {"1_x.sql.sql", NAME_UP, 1, "x"},
    {"1_x.sql.up.sql", NAME_UP, 1, "x.sql"},
    {"1_x.up.down.sql", NAME_DOWN, 1, "x.up"},
    {"1_x.UP.sql", NAME_UP, 1, "x.UP"},
    {"2026_05_18_x.sql", NAME_UP, 2026, "05_18_x"},
    {"20260518120000_x.sql", NAME_UP, INT64_C(20260518120000), "x"},
    {"9223372036854775807_x.sql", NAME_UP, INT64_MAX, "x"},
    {"1_\xc3\xa9.sql", NAME_UP, 1, "\xc3\xa9"},
    {"9223372036854775808_x.sql", NAME_BAD_VERSION, 0, ""},
    {"99999999999999999999999_x.sql", NAME_BAD_VERSION, 0, ""},
    {"0_x.sql", NAME_BAD_VERSION, 0, ""},
    {"-1_x.sql", NAME_BAD_VERSION, -1, ""},
    {"seed_data.sql", NAME_BAD, 0, ""},
    {"_x.sql", NAME_BAD, 0, ""},
    {"+_x.sql", NAME_BAD, 0, ""},
    {"1 _x.sql", NAME_BAD, 0, ""},
    {"0x1_x.sql", NAME_BAD, 0, ""},
    {"2026-05-18_x.sql", NAME_BAD, 0, ""},
    {"1_\xff.sql", NAME_BAD, 0, ""},
    {"schema.sql", NAME_STRAY, 0, ""},
    {"0005-x.sql", NAME_STRAY, 0, ""},
    {"0005_x.SQL", NAME_STRAY, 0, ""},
    {"1.sql", NAME_STRAY, 0, ""},
    {".sql", NAME_STRAY, 0, ""},
    {"README.md", NAME_OTHER, 0, ""},
    {"1_x.sql.bak", NAME_OTHER, 0, ""},
    {"1_x", NAME_OTHER, 0, ""},
    {"sql", NAME_OTHER, 0, ""},
    {"", NAME_OTHER, 0, ""},
};

static void reads_names_as_sqlx_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const struct sample *s = &samples[i];
        struct name n;
        name_parse(slice_of(s->file), &n);
        if (n.kind != s->kind || n.version != s->version || !slice_eq(n.description, slice_of(s->description)))
            fail_msg("%s: kind %d, version %lld, description \"" SLICE_FMT "\"", s->file, (int)n.kind,
                     (long long)n.version, SLICE_ARG(n.description));
    }
}

static void tells_dates_from_numbers(void **state)
{
    (void)state;
    struct name n;
    name_parse(SLICE("2026_05_18_x.sql"), &n);
    assert_true(n.dated);
    name_parse(SLICE("2026_05_18.sql"), &n);
    assert_true(n.dated);
    name_parse(SLICE("2026_13_18_x.sql"), &n);
    assert_false(n.dated);
    name_parse(SLICE("0042_05_18_x.sql"), &n);
    assert_false(n.dated);
    name_parse(SLICE("2026_0518_x.sql"), &n);
    assert_false(n.dated);
    assert_false(version_is_timestamp(9999999));
    assert_true(version_is_timestamp(20260518));
    assert_true(version_is_timestamp(1510262030));
}

static void counts_digits_and_signs(void **state)
{
    (void)state;
    struct name n;
    name_parse(SLICE("0042_x.up.sql"), &n);
    assert_int_equal(n.digits, 4);
    assert_true(n.split_suffix);
    assert_false(n.has_sign);
    name_parse(SLICE("+42_x.sql"), &n);
    assert_int_equal(n.digits, 2);
    assert_true(n.has_sign);
    assert_false(n.split_suffix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_names_as_sqlx_does),
        cmocka_unit_test(tells_dates_from_numbers),
        cmocka_unit_test(counts_digits_and_signs),
    };
    return cmocka_run_group_tests_name("source/name", tests, NULL, NULL);
}
