#include "source/name.h"

#include "base/utf8.h"

/* The smallest number taken as a date is an eight-digit one; nobody counts that far. */
#define TIMESTAMP_MIN INT64_C(10000000)

static const struct slice suffix_plain = {".sql", 4};
static const struct slice suffix_up = {".up.sql", 7};
static const struct slice suffix_down = {".down.sql", 9};

bool version_is_timestamp(int64_t version)
{
    return version >= TIMESTAMP_MIN;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* An optional sign and digits only? Sets how many digits. */
static bool is_number(struct slice s, int *digits)
{
    size_t i = s.n && (s.p[0] == '+' || s.p[0] == '-') ? 1 : 0;
    size_t first = i;
    while (i < s.n && is_digit(s.p[i]))
        i++;
    *digits = i - first < 100 ? (int)(i - first) : 100;
    return i == s.n && i > first;
}

/* "05_18_x" behind a year: month, underscore, day, and the end of a word. */
static bool is_date_tail(struct slice s)
{
    if (s.n < 5 || !is_digit(s.p[0]) || !is_digit(s.p[1]) || s.p[2] != '_' || !is_digit(s.p[3]) || !is_digit(s.p[4]))
        return false;
    int month = (s.p[0] - '0') * 10 + s.p[1] - '0';
    int day = (s.p[3] - '0') * 10 + s.p[4] - '0';
    return month >= 1 && month <= 12 && day >= 1 && day <= 31 && (s.n == 5 || !is_digit(s.p[5]));
}

static struct slice trim_suffix(struct slice s, struct slice suffix)
{
    while (slice_ends(s, suffix))
        s.n -= suffix.n;
    return s;
}

static bool is_sql_in_any_spelling(struct slice file)
{
    return file.n >= 4 && slice_ieq(slice_sub(file, file.n - 4, file.n), suffix_plain);
}

static void parse_rest(struct slice rest, struct name *out)
{
    struct slice suffix = suffix_plain;
    out->kind = NAME_UP;
    if (slice_ends(rest, suffix_up)) {
        suffix = suffix_up;
        out->split_suffix = true;
    } else if (slice_ends(rest, suffix_down)) {
        suffix = suffix_down;
        out->kind = NAME_DOWN;
    }
    out->description = trim_suffix(rest, suffix);
}

void name_parse(struct slice file, struct name *out)
{
    *out = (struct name){.kind = NAME_OTHER};
    if (!is_sql_in_any_spelling(file))
        return;
    size_t underscore = slice_find_byte(file, '_');
    if (underscore == SIZE_MAX || !slice_ends(slice_sub(file, underscore + 1, file.n), suffix_plain)) {
        out->kind = NAME_STRAY;
        return;
    }
    struct slice number = slice_sub(file, 0, underscore);
    struct slice rest = slice_sub(file, underscore + 1, file.n);
    if (!is_number(number, &out->digits) || utf8_fault(file) != SIZE_MAX) {
        out->kind = NAME_BAD;
        return;
    }
    if (!slice_i64(number, &out->version) || out->version <= 0) {
        out->kind = NAME_BAD_VERSION;
        return;
    }
    parse_rest(rest, out);
    out->has_sign = !is_digit(number.p[0]);
    out->dated =
        out->digits == 4 && !out->has_sign && out->version >= 1970 && out->version < 2100 && is_date_tail(rest);
}
