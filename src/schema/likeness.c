#include "schema/likeness.h"

#include <stdlib.h>

static bool is_among(struct slice word, const char *const *list)
{
    for (; *list; list++)
        if (slice_eq(word, slice_of(*list)))
            return true;
    return false;
}

/* ---- types ------------------------------------------------------------------------------------------------------- */

/* As format_type() writes them, up to a parenthesis: "character varying(20)", "timestamp(3) with time zone". */
static struct slice postgres_class(struct slice type)
{
    static const char *const classes[][2] = {
        {"smallint", "integer"},
        {"integer", "integer"},
        {"bigint", "integer"},
        {"real", "real"},
        {"double precision", "real"},
        {"numeric", "numeric"},
        {"boolean", "boolean"},
        {"text", "text"},
        {"character varying", "text"},
        {"character", "text"},
        {"bytea", "blob"},
        {"timestamp", "timestamp"},
        {"timestamp without time zone", "timestamp"},
        {"timestamp with time zone", "timestamp"},
        {"date", "date"},
        {"time", "time"},
        {"time without time zone", "time"},
        {"time with time zone", "time"},
        {"interval", "interval"},
        {"uuid", "uuid"},
        {"json", "json"},
        {"jsonb", "json"},
    };
    struct slice name = slice_sub(type, 0, slice_find_byte(type, '('));
    for (size_t i = 0; i < sizeof classes / sizeof *classes && !slice_ends(type, SLICE("[]")); i++)
        if (slice_eq(name, slice_of(classes[i][0])))
            return slice_of(classes[i][1]);
    return slice_starts(type, SLICE("public.")) ? slice_sub(type, 7, type.n) : type;
}

/* What the name of a type has in it decides, in this order; SQLite's own rules are the last ones. */
static struct slice sqlite_class(struct slice type)
{
    static const char *const classes[][2] = {
        {"interval", "interval"}, {"bool", "boolean"},    {"timestamp", "timestamp"}, {"datetime", "timestamp"},
        {"date", "date"},         {"json", "json"},       {"uuid", "uuid"},           {"bytea", "blob"},
        {"binary", "blob"},       {"numeric", "numeric"}, {"number", "numeric"},      {"dec", "numeric"},
        {"serial", "integer"},    {"int", "integer"},     {"char", "text"},           {"clob", "text"},
        {"text", "text"},         {"blob", "blob"},       {"real", "real"},           {"floa", "real"},
        {"doub", "real"},         {"time", "time"},
    };
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (slice_find(type, slice_of(classes[i][0])) != SIZE_MAX)
            return slice_of(classes[i][1]);
    return type;
}

struct slice likeness_class(struct arena *a, struct slice type, bool postgres)
{
    struct slice name = arena_lower(a, type);
    if (!name.p || slice_eq(name, SLICE("none")))
        return name.p ? SLICE("any") : name;
    return postgres ? postgres_class(name) : sqlite_class(name);
}

/* Neither what SQLite can store as such, nor a word of ours: an enum, a domain, a range, an array, an address. */
static bool is_other(struct slice class)
{
    static const char *const known[] = {"integer", "real", "numeric",  "text", "blob", "boolean", "timestamp",
                                        "date",    "time", "interval", "uuid", "json", "any",     NULL};
    return !is_among(class, known);
}

bool likeness_foreign(struct slice class)
{
    static const char *const own[] = {"integer", "real", "numeric", "text", "blob", "any", NULL};
    return !is_among(class, own);
}

bool likeness_classes(struct slice sqlite, struct slice postgres)
{
    static const char *const as_text[] = {"uuid", "json", "timestamp", "date", "time", "interval", NULL};
    static const char *const as_blob[] = {"uuid", "json", NULL};
    if (slice_eq(sqlite, postgres) || is_other(postgres))
        return true;
    if (slice_eq(sqlite, SLICE("text")))
        return is_among(postgres, as_text);
    if (slice_eq(sqlite, SLICE("blob")))
        return is_among(postgres, as_blob);
    return slice_eq(sqlite, SLICE("integer")) && slice_eq(postgres, SLICE("boolean"));
}

/* ---- defaults ---------------------------------------------------------------------------------------------------- */

static bool is_string(struct slice v)
{
    return v.n >= 2 && v.p[0] == '\'' && v.p[v.n - 1] == '\'';
}

/* No literal: the names that parity gives to clocks, or something with a function or a cast in it. */
static bool is_expression(struct slice v)
{
    static const char *const clocks[] = {"now", "current_date", "current_time", "localtime", "localtimestamp", NULL};
    bool string = false;
    if (is_among(v, clocks))
        return true;
    for (size_t i = 0; i < v.n; i++) {
        string ^= v.p[i] == '\'';
        if (!string && v.p[i] == '(')
            return true;
    }
    return false;
}

/* 1.50, +5, 0x10, 1e3; parsed as C does. */
static bool to_number(struct slice v, double *out)
{
    char text[64], *end;
    if (!v.n || v.n >= sizeof text || !strchr("+-.0123456789", v.p[0]))
        return false;
    memcpy(text, v.p, v.n);
    text[v.n] = '\0';
    *out = strtod(text, &end);
    return end == text + v.n;
}

/* x'00ff' and '\x00ff', in any case of letters. */
static bool same_bytes(struct slice sqlite, struct slice postgres)
{
    if (!slice_starts(sqlite, SLICE("x'")) || !slice_starts(postgres, SLICE("'\\x")))
        return false;
    return slice_ieq(slice_sub(sqlite, 2, sqlite.n), slice_sub(postgres, 3, postgres.n));
}

bool likeness_defaults(struct slice sqlite, struct slice postgres)
{
    double x, y;
    if (slice_eq(postgres, SLICE("true")) || slice_eq(postgres, SLICE("false")))
        return slice_eq(sqlite, postgres) || slice_eq(sqlite, postgres.n == 4 ? SLICE("1") : SLICE("0"));
    if (is_expression(sqlite) || is_expression(postgres))
        return is_expression(sqlite) && is_expression(postgres);
    if (to_number(sqlite, &x) && to_number(postgres, &y))
        return x >= y && x <= y;
    /* SQLite takes DEFAULT "a" for a string, and DEFAULT 5 at a TEXT as one */
    struct slice s = is_string(sqlite) ? slice_sub(sqlite, 1, sqlite.n - 1) : sqlite;
    struct slice p = is_string(postgres) ? slice_sub(postgres, 1, postgres.n - 1) : postgres;
    return slice_eq(s, p) || same_bytes(sqlite, postgres);
}
