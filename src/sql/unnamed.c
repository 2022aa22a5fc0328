#include "sql/unnamed.h"

#include "sql/cursor.h"
#include "sql/quote.h"

/* ---- indexes ------------------------------------------------------------------------------------------------------ */

/* An element of an index: what PostgreSQL puts into the name it makes up. */
static bool add_element(const struct dialect *d, struct strbuf *b, struct cursor *c)
{
    struct slice name;
    strbuf_addc(b, '_');
    if (cursor_mark(c, '(')) {
        strbuf_addz(b, "expr");
    } else if (!cursor_identifier(c, &name) || !quote_strip(b, d, name)) {
        return false;
    }
    while (!cursor_done(c) && !cursor_mark(c, ',') && !cursor_mark(c, ')'))
        cursor_skip(c);
    return cursor_eat_mark(c, ',') || cursor_mark(c, ')');
}

bool unnamed_index(const struct dialect *d, const struct head *h, struct slice sql, struct strbuf *b)
{
    struct cursor c;
    cursor_init(&c, d, sql);
    c.lx.at = (size_t)(h->on.name.p + h->on.name.n - sql.p);
    cursor_step(&c);
    if (!quote_strip(b, d, h->on.name))
        return false;
    while (!cursor_done(&c) && !cursor_mark(&c, '('))
        cursor_step(&c);
    if (!cursor_eat_mark(&c, '('))
        return false;
    while (!cursor_done(&c) && !cursor_mark(&c, ')'))
        if (!add_element(d, b, &c))
            return false;
    strbuf_addz(b, "_idx");
    return strbuf_ok(b) && (d->name_max == 0 || b->n <= d->name_max);
}

/* ---- constraints -------------------------------------------------------------------------------------------------- */

static bool grammar(const struct cursor *c)
{
    static const char *const words[] = {"and",  "or",      "not",  "in",   "is",    "null",  "between", "like",
                                        "true", "false",   "any",  "all",  "array", "case",  "when",    "then",
                                        "else", "end",     "text", "date", "ilike", "from",  "int",     "jsonb",
                                        "cast", "similar", "to",   "as",   "some",  "using", "escape",  "distinct"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (cursor_is(c, words[i]))
            return true;
    return false;
}

/* The one column that a CHECK speaks of; n = 0: none or several. */
static struct slice only_column(struct cursor c)
{
    struct slice one = {0};
    for (; !cursor_done(&c); cursor_step(&c)) {
        struct cursor ahead = c;
        struct slice name;
        if (grammar(&c) || c.t.kind == TOKEN_STRING || !cursor_identifier(&ahead, &name) || cursor_mark(&ahead, '('))
            continue;
        if (one.n && !slice_ieq(one, name))
            return (struct slice){0};
        one = name;
    }
    return one;
}

static bool add_columns(const struct dialect *d, struct strbuf *b, struct cursor *c)
{
    if (!cursor_eat_mark(c, '('))
        return false;
    do {
        struct slice name;
        strbuf_addc(b, '_');
        if (!cursor_identifier(c, &name) || !quote_strip(b, d, name))
            return false;
    } while (cursor_eat_mark(c, ','));
    return cursor_mark(c, ')');
}

bool unnamed_constraint(const struct dialect *d, struct slice table, const struct head_part *p, struct strbuf *b)
{
    struct cursor c;
    cursor_init(&c, d, p->rest);
    if (!quote_strip(b, d, table))
        return false;
    if (cursor_eat(&c, "unique")) {
        if (!add_columns(d, b, &c))
            return false;
        strbuf_addz(b, "_key");
    } else if (cursor_phrase(&c, "foreign key")) {
        if (!add_columns(d, b, &c))
            return false;
        strbuf_addz(b, "_fkey");
    } else if (cursor_eat(&c, "check")) {
        struct slice column = only_column(c);
        strbuf_addz(b, column.n ? "_" : "");
        if (column.n && !quote_strip(b, d, column))
            return false;
        strbuf_addz(b, "_check");
    } else {
        return false;
    }
    return strbuf_ok(b) && (d->name_max == 0 || b->n <= d->name_max);
}
