#include "sql/shorten.h"

#include "base/strbuf.h"
#include "sql/lexer.h"

#define TEXT_MAX ((size_t)64 << 20)

static void add(struct strbuf *b, const struct dialect *d, struct slice sql);

/* $tag$ code $tag$ */
static void add_block(struct strbuf *b, const struct dialect *d, struct slice block)
{
    size_t tag = slice_find_byte(slice_sub(block, 1, block.n), '$');
    tag = tag == SIZE_MAX ? block.n : tag + 2;
    if (block.n < 2 * tag) {
        strbuf_add(b, block);
        return;
    }
    strbuf_add(b, slice_sub(block, 0, tag));
    add(b, d, slice_sub(block, tag, block.n - tag));
    strbuf_add(b, slice_sub(block, block.n - tag, block.n));
}

/* 'public.users', which to_regclass reads as code would */
static bool is_name(const struct dialect *d, struct slice string)
{
    size_t n = slice_of(d->first_schema).n;
    return string.n > n + 2 && slice_starts(slice_sub(string, 1, string.n), slice_of(d->first_schema)) &&
           string.p[n + 1] == '.';
}

/* Only one level deep: a DO block inside of one is a string, and rare. */
static void add(struct strbuf *b, const struct dialect *d, struct slice sql)
{
    struct lexer lx;
    struct token t;
    bool dot = false, after_do = false;
    unsigned argument = 0; /* 1: to_regclass, 2: and its parenthesis */
    size_t done = 0;
    lexer_init(&lx, d, sql);
    while (lexer_next(&lx, &t)) {
        bool code = after_do && t.kind == TOKEN_STRING && t.c == '$';
        size_t end = t.offset + t.length;
        if (!dot && t.kind == TOKEN_WORD && slice_eq(lexer_slice(&lx, &t), slice_of(d->first_schema)) && end < sql.n &&
            sql.p[end] == '.') {
            strbuf_add(b, slice_sub(sql, done, t.offset));
            done = end + 1;
        } else if (code) {
            strbuf_add(b, slice_sub(sql, done, t.offset));
            add_block(b, d, lexer_slice(&lx, &t));
            done = end;
        }
        if (argument == 2 && t.kind == TOKEN_STRING && t.c == '\'' && is_name(d, lexer_slice(&lx, &t))) {
            strbuf_add(b, slice_sub(sql, done, t.offset + 1));
            done = t.offset + 2 + slice_of(d->first_schema).n;
        }
        argument = lexer_word(&lx, &t, "to_regclass") ? 1 : argument == 1 && t.c == '(' ? 2 : 0;
        dot = t.kind == TOKEN_PUNCTUATION && t.c == '.' && t.length == 1;
        after_do = lexer_word(&lx, &t, "do");
    }
    strbuf_add(b, slice_sub(sql, done, sql.n));
}

struct slice shorten(struct arena *a, const struct dialect *d, struct slice sql)
{
    STRBUF(b, TEXT_MAX);
    if (!d->first_schema || slice_find(sql, slice_of(d->first_schema)) == SIZE_MAX)
        return sql;
    add(&b, d, sql);
    struct slice out = strbuf_ok(&b) ? arena_dup(a, strbuf_slice(&b)) : sql;
    return out.p ? out : sql;
}
