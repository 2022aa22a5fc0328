/* One down text for several engines. */
#include "base/strbuf.h"
#include "proof/undo.h"
#include "sql/shorten.h"

#define TEXT_MAX ((size_t)64 << 20)

struct side {
    const char *engine;
    const struct rendered *items;
    size_t n;
    struct slice *brief; /* of each item */
};

static int shorten_all(struct arena *a, const struct proof_options *engine, const struct rendering *r, struct side *out,
                       struct pawl_error *e)
{
    *out = (struct side){engine->driver->name, r->items, r->n, arena_array(a, r->n + 1, sizeof *out->brief)};
    if (!out->brief)
        return err_nomem(e);
    for (size_t i = 0; i < r->n; i++)
        out->brief[i] = shorten(a, engine->driver->dialect, r->items[i].sql);
    return PAWL_OK;
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

static void add_range(struct strbuf *b, const struct side *s, size_t from, size_t to, bool only, bool full)
{
    for (size_t i = from; i < to; i++)
        add(b, &s->items[i], full ? s->items[i].sql : s->brief[i], only ? s->engine : NULL);
}

/* Two lists: what stands in both, in the same order, once. */
static void add_both(struct strbuf *b, const struct side *x, const struct side *y, bool full)
{
    size_t j = 0;
    for (size_t i = 0; i < x->n; i++) {
        size_t k = j;
        while (k < y->n && !slice_eq(x->brief[i], y->brief[k]))
            k++;
        if (k == y->n) {
            add_range(b, x, i, i + 1, true, full);
        } else {
            add_range(b, y, j, k, true, full);
            add(b, &x->items[i], x->brief[i], NULL);
            j = k + 1;
        }
    }
    add_range(b, y, j, y->n, true, full);
}

int undo_compose(struct arena *a, const struct proof_options *engines, const struct rendering *r, size_t n,
                 struct slice what, bool full, struct slice *out, struct pawl_error *e)
{
    STRBUF(b, TEXT_MAX);
    ARENA(tmp);
    struct side sides[2] = {{0}, {0}};
    bool pawl = false;
    int code = PAWL_OK;
    for (size_t i = 0; i < n && i < 2 && !code; i++) {
        code = shorten_all(&tmp, &engines[i], &r[i], &sides[i], e);
        for (size_t k = 0; k < r[i].n; k++)
            pawl |= r[i].items[k].pawl;
    }
    if (code)
        return code;
    strbuf_addf(&b, "-- Reverts " SLICE_FMT ". Written by pawl from what it does to the schema, and proved.\n",
                SLICE_ARG(what));
    if (pawl)
        strbuf_addz(&b, "-- It needs pawl as its runner: SQLite by itself does not know IF EXISTS for columns.\n");
    strbuf_addc(&b, '\n');
    if (n == 2)
        add_both(&b, &sides[0], &sides[1], full);
    else
        add_range(&b, &sides[0], 0, sides[0].n, false, full);
    if (!strbuf_ok(&b))
        return err_nomem(e);
    *out = arena_dup(a, strbuf_slice(&b));
    return out->p ? PAWL_OK : err_nomem(e);
}

int undo_nothing(struct arena *a, struct slice what, struct slice *out, struct pawl_error *e)
{
    *out =
        arena_printf(a,
                     "-- Reverts " SLICE_FMT ". Written by pawl: that changes neither the schema nor rows, so there is "
                     "nothing to take back.\n\nSELECT 1;\n",
                     SLICE_ARG(what));
    return out->p ? PAWL_OK : err_nomem(e);
}
