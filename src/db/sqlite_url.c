#include "db/sqlite.h"

/*
 * sqlx's forms (sqlx-sqlite/src/options/parse.rs): sqlite::memory:, sqlite:path, sqlite://path, each with ?mode=ro|rw|rwc|memory;
 * percent escapes are decoded. A plain path is taken as it is, with no escapes and no parameters.
 */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes %XX in place; false at a broken escape or one that hides a NUL. */
static bool percent_decode(char *text, size_t *n)
{
    size_t to = 0;
    for (size_t i = 0; i < *n; i++) {
        int high = text[i] == '%' && i + 2 < *n ? hex_digit(text[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
        if (text[i] == '%' && (low < 0 || high * 16 + low == 0))
            return false;
        text[to++] = low >= 0 ? (char)(high * 16 + low) : text[i];
        i += low >= 0 ? 2 : 0;
    }
    text[to] = '\0';
    *n = to;
    return true;
}

static int parameter(struct db_target *target, struct slice name, struct slice value, struct pawl_error *e)
{
    if (slice_eq(name, SLICE("mode"))) {
        if (slice_eq(value, SLICE("ro")))
            target->read_only = target->must_exist = true;
        else if (slice_eq(value, SLICE("rw")))
            target->must_exist = true;
        else if (slice_eq(value, SLICE("memory")))
            target->location = SLICE(":memory:");
        else if (!slice_eq(value, SLICE("rwc"))) {
            err_set(e, PAWL_USAGE, "unknown mode " SLICE_FMT " in the URL of the database", SLICE_ARG(value));
            err_hint(e, "a SQLite URL takes mode=ro, mode=rw, mode=rwc or mode=memory");
            return PAWL_USAGE;
        }
        return PAWL_OK;
    }
    if (slice_eq(name, SLICE("cache")))
        return PAWL_OK; /* sqlx's shared cache concerns connections of one process; pawl has one */
    err_set(e, PAWL_USAGE, "unknown parameter " SLICE_FMT " in the URL of the database", SLICE_ARG(name));
    err_hint(e, "a SQLite URL takes mode=ro, mode=rw, mode=rwc or mode=memory");
    return PAWL_USAGE;
}

int sqlite_parse(struct arena *a, struct db_target *target, struct pawl_error *e)
{
    struct slice rest = target->url;
    bool is_url = slice_ieq(slice_sub(rest, 0, 7), SLICE("sqlite:"));
    target->shown = target->url;
    if (!is_url) {
        target->location = rest;
        return PAWL_OK;
    }
    rest = slice_sub(rest, 7, rest.n);
    if (slice_starts(rest, SLICE("//")))
        rest = slice_sub(rest, 2, rest.n);

    size_t question = slice_find_byte(rest, '?');
    struct slice query = question == SIZE_MAX ? SLICE("") : slice_sub(rest, question + 1, rest.n);
    struct slice path = slice_sub(rest, 0, question);
    char *decoded = arena_strz(a, path);
    if (!decoded)
        return err_nomem(e);
    size_t n = path.n;
    if (!percent_decode(decoded, &n)) {
        err_set(e, PAWL_USAGE, "broken percent escape in the URL of the database");
        err_hint(e, "write %%25 for a percent sign, or give a plain path");
        return PAWL_USAGE;
    }
    target->location = (struct slice){decoded, n};
    while (query.n) {
        size_t end = slice_find_byte(query, '&');
        struct slice pair = slice_sub(query, 0, end);
        query = end == SIZE_MAX ? SLICE("") : slice_sub(query, end + 1, query.n);
        size_t equals = slice_find_byte(pair, '=');
        struct slice value = equals == SIZE_MAX ? SLICE("") : slice_sub(pair, equals + 1, pair.n);
        int code = pair.n ? parameter(target, slice_sub(pair, 0, equals), value, e) : PAWL_OK;
        if (code)
            return code;
    }
    if (target->location.n == 0)
        target->location = SLICE(":memory:");
    return PAWL_OK;
}
