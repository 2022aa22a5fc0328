/* What is remembered of relations from scan to scan. */
#include "schema/postgres_read.h"

#include "base/mem.h"

static void drop_rel(struct pg_in *in, struct pg_rel *rel)
{
    if (!in->n_kept) {
        mem_free(rel);
        return;
    }
    rel->gone = true;
    rel->next_gone = in->gone;
    in->gone = rel;
}

void pg_forget_rels(struct pg_in *in)
{
    for (size_t i = 0; i < in->n_rels; i++)
        drop_rel(in, in->rels[i]);
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

/* One block: the structure, the slices of the columns, the oids of indexes, the bytes. */
static struct pg_rel *remember(const struct pg_table *t)
{
    size_t n = 0, indexes = 0, bytes = t->rel->name.n;
    for (const struct pg_column *c = t->columns; c; c = c->next) {
        n = (size_t)c->number; /* they are in order */
        bytes += c->name.n;
    }
    for (const struct pg_index *x = t->indexes; x; x = x->next)
        indexes++;
    struct pg_rel *rel = mem_alloc(sizeof *rel + n * sizeof *rel->columns + indexes * sizeof *rel->indexes + bytes);
    if (!rel)
        return NULL;
    *rel = *t->rel;
    rel->columns = (struct slice *)(void *)(rel + 1);
    rel->n_columns = n;
    rel->indexes = (uint32_t *)(void *)(rel->columns + n);
    for (const struct pg_index *x = t->indexes; x; x = x->next)
        rel->indexes[rel->n_indexes++] = x->oid;
    char *to = (char *)(rel->indexes + indexes);
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
                    drop_rel(in, old);
            }
            i += same;
            k++;
        } else {
            if (was_asked(old, asked))
                drop_rel(in, old); /* it is gone */
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

/* ---- the way back ------------------------------------------------------------------------------------------------ */

bool pg_note_name(struct pg_in *in, int64_t *known)
{
    if (in->n_names == in->cap_names) {
        size_t cap = in->cap_names ? in->cap_names * 2 : 16;
        struct pg_name *names = mem_realloc(in->names_were, cap * sizeof *names);
        if (!names)
            return false;
        in->names_were = names;
        in->cap_names = cap;
    }
    in->names_were[in->n_names++] = (struct pg_name){known, *known};
    return true;
}

int pg_save(struct pg_in *in, struct pg_kept **out, struct pawl_error *e)
{
    struct pg_moment now;
    struct db_stamp ignored;
    *out = NULL;
    int code = in->db->driver->stamp(in->db, &ignored, e);
    if (code)
        return code;
    pg_moment_of(in, &now);
    if (!pg_is_current(in, &now))
        return PAWL_OK;
    struct pg_kept *k = mem_alloc(sizeof *k);
    struct pg_rel **rels = k ? mem_alloc((in->n_rels + 1) * sizeof *rels) : NULL;
    if (!rels) {
        mem_free(k);
        return err_nomem(e);
    }
    if (in->n_rels)
        memcpy(rels, in->rels, in->n_rels * sizeof *rels);
    *k = (struct pg_kept){.rels = rels,
                          .n_rels = in->n_rels,
                          .n_names = in->n_names,
                          .moment = in->moment,
                          .horizon = in->horizon,
                          .since = in->since,
                          .rolled_back = in->rolled_back,
                          .logged = in->logged};
    memcpy(k->none, in->none, sizeof k->none);
    memcpy(k->digests, in->digests, sizeof k->digests);
    memcpy(k->rows, in->rows, sizeof k->rows);
    memcpy(k->foreign, in->foreign, sizeof k->foreign);
    memcpy(k->foreign_known, in->foreign_known, sizeof k->foreign_known);
    in->n_kept++;
    *out = k;
    return PAWL_OK;
}

/* What was read since then is of no use; what is put back is not gone any more. */
static void exchange_rels(struct pg_in *in, struct pg_kept *k)
{
    size_t i = 0;
    for (size_t n = 0; n < in->n_rels; n++) {
        struct pg_rel *rel = in->rels[n];
        while (i < k->n_rels && k->rels[i]->oid < rel->oid)
            i++;
        if (i == k->n_rels || k->rels[i] != rel)
            mem_free(rel);
    }
    for (i = 0; i < k->n_rels; i++)
        k->rels[i]->gone = k->rels[i]->fresh = k->rels[i]->wanted = false;
    for (struct pg_rel **at = &in->gone; *at;) {
        if ((*at)->gone)
            at = &(*at)->next_gone;
        else
            *at = (*at)->next_gone;
    }
    mem_free(in->rels);
    in->rels = k->rels;
    in->n_rels = k->n_rels;
    k->rels = NULL;
}

void pg_put_back(struct pg_in *in, struct pg_kept *k)
{
    struct pg_moment now;
    exchange_rels(in, k);
    for (; in->n_names > k->n_names; in->n_names--)
        *in->names_were[in->n_names - 1].at = in->names_were[in->n_names - 1].was;
    pg_moment_of(in, &now);
    in->moment = k->moment;
    in->moment.epoch = now.epoch;
    in->moment.began = now.began;
    memcpy(in->moment.made, now.made, sizeof now.made);
    memcpy(in->moment.gone, now.gone, sizeof now.gone);
    in->horizon = k->horizon;
    in->since = k->since;
    in->rolled_back = k->rolled_back;
    in->logged = k->logged;
    memcpy(in->none, k->none, sizeof in->none);
    memcpy(in->digests, k->digests, sizeof in->digests);
    memcpy(in->rows, k->rows, sizeof in->rows);
    memcpy(in->foreign, k->foreign, sizeof in->foreign);
    memcpy(in->foreign_known, k->foreign_known, sizeof in->foreign_known);
    in->known = true;
    pg_give_up(in, k);
}

void pg_give_up(struct pg_in *in, struct pg_kept *k)
{
    mem_free(k->rels);
    mem_free(k);
    if (--in->n_kept)
        return;
    in->n_names = 0;
    for (struct pg_rel *rel = in->gone, *next; rel; rel = next) {
        next = rel->next_gone;
        mem_free(rel);
    }
    in->gone = NULL;
}

/* ---- lists ------------------------------------------------------------------------------------------------------- */

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
