#include "schema/phrase.h"

#include "schema/sqlite_text.h"
#include "sql/quote.h"

/* What PostgreSQL keeps for itself besides SQLite's keywords: gram.y, reserved and for functions and types (12 to 18). */
static const char *const reserved[] = {
    "analyse",        "any",
    "array",          "asymmetric",
    "authorization",  "binary",
    "both",           "collation",
    "column",         "concurrently",
    "constraint",     "current_catalog",
    "current_role",   "current_schema",
    "current_user",   "fetch",
    "freeze",         "grant",
    "ilike",          "lateral",
    "leading",        "localtime",
    "localtimestamp", "only",
    "overlaps",       "placing",
    "session_user",   "similar",
    "some",           "symmetric",
    "system_user",    "tablesample",
    "trailing",       "user",
    "variadic",       "verbose",
};

static bool is_plain(struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || c == '_' || (i && c >= '0' && c <= '9')))
            return false;
    }
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (slice_eq(s, slice_of(reserved[i])))
            return false;
    return s.n && !sqlite_keyword(s);
}

void phrase_name(struct strbuf *b, struct slice name)
{
    if (is_plain(name))
        strbuf_add(b, name);
    else
        quote_identifier(b, &dialect_postgres, name); /* SQLite takes the same quotes */
}

static void qualified(struct strbuf *b, struct slice schema, struct slice name)
{
    if (schema.n) {
        phrase_name(b, schema);
        strbuf_addc(b, '.');
    }
    phrase_name(b, name);
}

void phrase_add(struct strbuf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    for (const char *p = format; *p; p++) {
        size_t plain = strcspn(p, "%");
        strbuf_add(b, (struct slice){p, plain});
        p += plain;
        if (!*p)
            break;
        struct slice s = *++p == 'z' ? slice_of(va_arg(args, const char *)) : va_arg(args, struct slice);
        if (*p == 'n')
            phrase_name(b, s);
        else if (*p == 'q')
            qualified(b, s, va_arg(args, struct slice));
        else if (*p == 'l')
            quote_literal(b, &dialect_postgres, s);
        else
            strbuf_add(b, s);
    }
    va_end(args);
}

struct slice phrase_keep(struct arena *a, const struct strbuf *b)
{
    return strbuf_ok(b) ? arena_dup(a, strbuf_slice(b)) : (struct slice){NULL, 0};
}
