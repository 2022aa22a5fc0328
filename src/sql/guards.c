#include "sql/guards.h"

/* Does the text have the word EXISTS anywhere? It spares taking apart what cannot have a guard. */
static bool says_exists(struct slice sql)
{
    for (size_t i = 0; i + 6 <= sql.n; i++)
        if ((sql.p[i] | 0x20) == 'e' && (sql.p[i + 1] | 0x20) == 'x' &&
            slice_ieq(slice_sub(sql, i, i + 6), SLICE("exists")))
            return true;
    return false;
}

static bool declares(const struct head *h)
{
    if (h->action != HEAD_CREATE || !head_has(h, HEAD_IF_NOT_EXISTS) || head_has(h, HEAD_TEMP))
        return false;
    return h->object == HEAD_TABLE || h->object == HEAD_INDEX || h->object == HEAD_VIEW || h->object == HEAD_MATVIEW ||
           h->object == HEAD_SEQUENCE || h->object == HEAD_TYPE || h->object == HEAD_DOMAIN ||
           h->object == HEAD_TRIGGER || h->object == HEAD_POLICY ||
           (h->object == HEAD_EXTENSION && slice_trim(h->rest).n > 0);
}

void guards_init(struct guards *g, const struct head *h, const struct dialect *d, struct slice sql)
{
    bool alters = h->class == HEAD_DDL && h->object == HEAD_TABLE && h->action == HEAD_ALTER && says_exists(sql);
    *g = (struct guards){.head = h, .done = !alters && !declares(h)};
    if (alters)
        head_parts_init(&g->parts, h, d, sql);
}

static bool next_part(struct guards *g, struct guard *out)
{
    struct head_part p;
    while (head_parts_next(&g->parts, &p)) {
        if (p.action != HEAD_CREATE || !(p.flags & HEAD_IF_NOT_EXISTS) ||
            (p.object != HEAD_COLUMN && p.object != HEAD_CONSTRAINT) || !p.name.name.n)
            continue;
        *out = (struct guard){.object = p.object, .name = p.name, .on = g->head->name};
        return true;
    }
    return false;
}

bool guards_next(struct guards *g, struct guard *out)
{
    const struct head *h = g->head;
    if (g->done)
        return false;
    if (h->action == HEAD_ALTER) {
        g->done = !next_part(g, out);
        return !g->done;
    }
    g->done = true;
    *out = (struct guard){.object = h->object == HEAD_MATVIEW ? HEAD_VIEW : h->object, .name = h->name};
    if (h->object == HEAD_TRIGGER || h->object == HEAD_POLICY)
        out->on = h->on;
    return h->name.name.n > 0;
}

bool guards_any(const struct head *h, const struct dialect *d, struct slice sql)
{
    struct guards g;
    struct guard ignored;
    guards_init(&g, h, d, sql);
    return guards_next(&g, &ignored);
}
