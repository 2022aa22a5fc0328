/* What is remembered of relations from scan to scan. */
#include "schema/postgres_read.h"

#include "base/mem.h"

void pg_forget_rels(struct pg_in *in)
{
    for (size_t i = 0; i < in->n_rels; i++)
        mem_free(in->rels[i]);
    in->n_rels = 0;
    memset(in->foreign_known, 0, sizeof in->foreign_known);
}

/* Copies p into the block, behind what is there. */
static struct slice placed(char **to, struct slice s)
{
    if (!s.p)
        return s;
    char *p = *to;
    memcpy(p, s.p, s.n);
    *to += s.n;
    return (struct slice){p, s.n};
}

/* One block: the structure, the slices of the columns, the bytes. */
static struct pg_rel *remember(const struct pg_table *t)
{
    size_t n = 0, bytes = t->rel->name.n;
    for (const struct pg_column *c = t->columns; c; c = c->next) {
        n = (size_t)c->number; /* they are in order */
        bytes += c->name.n;
    }
    struct pg_rel *rel = mem_alloc(sizeof *rel + n * sizeof *rel->columns + bytes);
    if (!rel)
        return NULL;
    *rel = *t->rel;
    rel->columns = (struct slice *)(void *)(rel + 1);
    rel->n_columns = n;
    char *to = (char *)(rel->columns + n);
    rel->name = placed(&to, t->rel->name);
    for (const struct pg_column *c = t->columns; c; c = c->next)
        rel->columns[c->number - 1] = placed(&to, c->name);
    rel->fresh = true;
    return rel;
}

static bool was_asked(const struct pg_rel *rel, const struct pg_oids *asked)
{
    return rel->wanted && asked; /* NOLINT(clang-analyzer-core.NullDereference): without a table there is an old one */
}

int pg_merge(struct pg_in *in, const struct pg_oids *asked, struct pawl_error *e)
{
    struct pg_rel **to = mem_alloc((in->n_rels + in->n_tables + 1) * sizeof *to);
    size_t n = 0, i = 0, k = 0;
    int code = to ? PAWL_OK : err_nomem(e);
    while (!code && (i < in->n_rels || k < in->n_tables)) {
        struct pg_rel *old = i < in->n_rels ? in->rels[i] : NULL;
        struct pg_table *t = k < in->n_tables ? &in->tables[k] : NULL;
        if (t && (!old || t->rel->oid <= old->oid)) {
            bool same = old && old->oid == t->rel->oid;
            if (same && old == t->rel) { /* read and remembered earlier in this scan */
                to[n++] = old;
            } else {
                to[n] = remember(t);
                code = to[n] ? PAWL_OK : err_nomem(e);
                t->rel = to[n] ? to[n] : t->rel;
                n += to[n] != NULL;
                if (same)
                    mem_free(old);
            }
            i += same;
            k++;
        } else {
            if (was_asked(old, asked))
                mem_free(old); /* it is gone */
            else
                to[n++] = old;
            i++;
        }
    }
    while (code && i < in->n_rels && to)
        to[n++] = in->rels[i++];
    if (!to)
        return code;
    mem_free(in->rels);
    in->rels = to;
    in->n_rels = n;
    return code;
}

int pg_want(struct pg_in *in, struct pg_oids *list, uint32_t oid, struct pawl_error *e)
{
    struct pg_rel *rel = pg_find_rel(in, oid);
    if (rel && (rel->fresh || rel->wanted))
        return PAWL_OK;
    if (!arena_grow(&in->arena, (void **)&list->v, &list->cap, list->n, sizeof *list->v))
        return err_nomem(e);
    list->v[list->n++] = oid;
    if (rel)
        rel->wanted = true;
    return PAWL_OK;
}

struct slice pg_list(struct arena *a, const struct pg_oids *list)
{
    STRBUF(text, 64 << 20);
    for (size_t i = 0; i < list->n; i++)
        strbuf_addf(&text, "%c%u", i ? ',' : '{', list->v[i]);
    strbuf_addz(&text, list->n ? "}" : "{}");
    return strbuf_ok(&text) ? arena_dup(a, strbuf_slice(&text)) : (struct slice){NULL, 0};
}
