#include "sql/quote.h"

static void doubled(struct strbuf *b, struct slice s, char quote, bool backslash)
{
    strbuf_addc(b, quote);
    for (size_t from = 0; from < s.n;) {
        size_t to = from;
        while (to < s.n && s.p[to] != quote && !(backslash && s.p[to] == '\\'))
            to++;
        strbuf_add(b, slice_sub(s, from, to));
        if (to < s.n) {
            strbuf_addc(b, s.p[to]);
            strbuf_addc(b, s.p[to]);
        }
        from = to + 1;
    }
    strbuf_addc(b, quote);
}

void quote_identifier(struct strbuf *b, const struct dialect *d, struct slice name)
{
    doubled(b, name, d->quote, false);
}

void quote_qualified(struct strbuf *b, const struct dialect *d, struct slice schema, struct slice name)
{
    if (schema.n) {
        quote_identifier(b, d, schema);
        strbuf_addc(b, '.');
    }
    quote_identifier(b, d, name);
}

void quote_literal(struct strbuf *b, const struct dialect *d, struct slice value)
{
    doubled(b, value, '\'', dialect_has(d, DIALECT_BACKSLASH));
}

static void fold(struct strbuf *b, const struct dialect *d, struct slice s)
{
    if (d->fold == DIALECT_FOLD_NONE) {
        strbuf_add(b, s);
        return;
    }
    for (size_t i = 0; i < s.n; i++)
        strbuf_addc(b, s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] + 32) : s.p[i]);
}

static void halved(struct strbuf *b, struct slice inner, char quote)
{
    for (size_t from = 0; from < inner.n;) {
        size_t to = from;
        while (to < inner.n && inner.p[to] != quote)
            to++;
        /* one quote of the pair goes out with the piece before it */
        strbuf_add(b, slice_sub(inner, from, to + 1));
        from = to + 2;
    }
}

/* What the engine does to a name that is too long, silently: it keeps the characters that fit. */
static void clip(struct strbuf *b, const struct dialect *d, size_t from)
{
    if (d->name_max == 0 || b->failed || b->n - from <= d->name_max)
        return;
    b->n = from + d->name_max;
    while (b->n > from && ((unsigned char)b->p[b->n] & 0xc0) == 0x80)
        b->n--;
    b->p[b->n] = '\0';
}

bool quote_strip(struct strbuf *b, const struct dialect *d, struct slice written)
{
    size_t from = b->n;
    if (written.n == 0)
        return false;
    char c = written.p[0];
    if (c == '"' || c == '`' || c == '[' || c == '\'') {
        char close = c == '[' ? ']' : c;
        if (written.n < 2 || written.p[written.n - 1] != close)
            return false;
        halved(b, slice_sub(written, 1, written.n - 1), close);
        clip(b, d, from);
        return true;
    }
    if (written.n > 1 && (c | 0x20) == 'u' && written.p[1] == '&')
        return false;
    fold(b, d, written);
    clip(b, d, from);
    return true;
}

struct slice quote_name(struct arena *a, const struct dialect *d, struct slice written)
{
    STRBUF(b, written.n + 1);
    quote_strip(&b, d, written);
    return strbuf_ok(&b) ? arena_dup(a, strbuf_slice(&b)) : (struct slice){NULL, 0};
}
