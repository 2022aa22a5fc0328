/* One down text for several engines. */
#include "base/strbuf.h"
#include "proof/undo.h"

#define TEXT_MAX ((size_t)64 << 20)

/* PostgreSQL's statement with the schema `public` left out, which stands first in its search path. */
static struct slice without_public(struct arena *a, struct slice sql)
{
    STRBUF(b, TEXT_MAX);
    const struct slice public = SLICE("public.");
    size_t from = 0;
    for (size_t at; (at = slice_find(slice_sub(sql, from, sql.n), public)) != SIZE_MAX; from += at + public.n) {
        char before = from + at ? sql.p[from + at - 1] : ' ';
        bool whole = before == ' ' || before == '(';
        strbuf_add(&b, slice_sub(sql, from, from + at));
        if (!whole)
            strbuf_add(&b, public);
    }
    strbuf_add(&b, slice_sub(sql, from, sql.n));
    struct slice out = strbuf_ok(&b) ? arena_dup(a, strbuf_slice(&b)) : sql;
    return out.p ? out : sql;
}

static bool same(struct arena *a, const struct rendered *x, const struct rendered *y)
{
    return slice_eq(x->sql, y->sql) || slice_eq(without_public(a, x->sql), without_public(a, y->sql));
}

static void remark(struct strbuf *b, struct slice text)
{
    while (text.n) {
        struct slice line = slice_sub(text, 0, slice_find_byte(text, '\n'));
        strbuf_addf(b, "-- " SLICE_FMT "\n", SLICE_ARG(line));
        text = slice_sub(text, line.n + 1, text.n);
    }
}

/* `only`: the engine, or NULL for all. */
static void add(struct strbuf *b, const struct rendered *r, struct slice sql, const char *only)
{
    remark(b, r->remark);
    if (only)
        strbuf_addf(b, "-- pawl: only %s\n", only);
    strbuf_add(b, sql);
    strbuf_addz(b, ";\n");
}

static void add_range(struct strbuf *b, const struct rendering *r, size_t from, size_t to, const char *only)
{
    for (size_t i = from; i < to; i++)
        add(b, &r->items[i], r->items[i].sql, only);
}

/* Two lists: what stands in both, in the same order, once. */
static void add_both(struct arena *a, struct strbuf *b, const char *const *engines, const struct rendering *r)
{
    size_t i = 0, j = 0;
    while (i < r[0].n) {
        size_t k = j;
        while (k < r[1].n && !same(a, &r[0].items[i], &r[1].items[k]))
            k++;
        if (k == r[1].n) {
            add_range(b, &r[0], i, i + 1, engines[0]);
        } else {
            add_range(b, &r[1], j, k, engines[1]);
            add(b, &r[0].items[i], without_public(a, r[0].items[i].sql), NULL);
            j = k + 1;
        }
        i++;
    }
    add_range(b, &r[1], j, r[1].n, engines[1]);
}

int undo_compose(struct arena *a, const char *const *engines, const struct rendering *r, size_t n, struct slice what,
                 struct slice *out, struct pawl_error *e)
{
    STRBUF(b, TEXT_MAX);
    bool pawl = false;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < r[i].n; k++)
            pawl |= r[i].items[k].pawl;
    strbuf_addf(&b, "-- Reverts " SLICE_FMT ". Written by pawl from what it does to the schema, and proved.\n",
                SLICE_ARG(what));
    if (pawl)
        strbuf_addz(&b, "-- It needs pawl as its runner: SQLite by itself does not know IF EXISTS for columns.\n");
    strbuf_addc(&b, '\n');
    if (n == 2)
        add_both(a, &b, engines, r);
    else
        add_range(&b, &r[0], 0, r[0].n, NULL);
    if (!strbuf_ok(&b))
        return err_nomem(e);
    *out = arena_dup(a, strbuf_slice(&b));
    return out->p ? PAWL_OK : err_nomem(e);
}
