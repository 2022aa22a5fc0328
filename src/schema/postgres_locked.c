/*
 * What a transaction has changed about relations, found by what it has locked: nothing is written about a relation that is not
 * locked more than readers and writers of rows do, but for privileges. So where the driver knows what is locked, the catalogs need not be
 * searched for young rows, which takes the longer the more relations there are.
 *
 * Each relation with columns has two rows in pg_type, itself and its array. If no more rows came and went there than belong to the
 * relations that did, no type has changed.
 */
#include "schema/postgres_read.h"

/* The table that an index belongs to, as far as it is known. */
static const struct pg_rel *rel_of_index(const struct pg_in *in, uint32_t oid)
{
    for (size_t i = 0; i < in->n_rels; i++)
        for (size_t k = 0; k < in->rels[i]->n_indexes; k++)
            if (in->rels[i]->indexes[k] == oid)
                return in->rels[i];
    return NULL;
}

/* *own: none of the system's relations is among them. */
static int want_locked(struct pg_in *in, struct pg_oids *list, bool *own, struct pawl_error *e)
{
    struct db_written w;
    int code = PAWL_OK;
    in->db->driver->written(in->db, &w);
    *own = true;
    for (int64_t oid; !code && pg_number(&w.locked, &oid);) {
        const struct pg_rel *rel = pg_find_rel(in, (uint32_t)oid);
        if (!rel)
            rel = rel_of_index(in, (uint32_t)oid);
        *own &= oid >= PG_FIRST_USER_OID;
        code = pg_want(in, list, rel ? rel->oid : (uint32_t)oid, e);
    }
    return code;
}

static bool has_types(const struct pg_rel *rel)
{
    return rel->kind != 'S';
}

/* Are the rows of pg_type that came and went those of the relations that did? */
static bool types_add_up(const struct pg_in *in, const struct pg_oids *list)
{
    uint64_t made, gone, fresh = 0, old = 0;
    pg_types_since(in, &made, &gone);
    for (size_t i = 0; i < in->n_tables; i++) {
        const struct pg_rel *was = pg_find_rel(in, in->tables[i].rel->oid);
        fresh += !was && has_types(in->tables[i].rel);
        old -= was && has_types(was);
    }
    for (size_t i = 0; i < list->n; i++) {
        const struct pg_rel *was = pg_find_rel(in, list->v[i]);
        old += was && has_types(was);
    }
    return made == 2 * fresh && gone == 2 * old;
}

void pg_take_logged(struct pg_in *in, bool before)
{
    in->next_logged = before;
    for (size_t i = 0; i < in->n_tables; i++)
        in->next_logged &= in->tables[i].logged;
    if (in->next_logged)
        in->db->driver->all_logged(in->db);
}

static void forget_wanted(struct pg_in *in)
{
    in->n_tables = 0;
    for (size_t i = 0; i < in->n_rels; i++)
        in->rels[i]->wanted = false;
}

int pg_read_locked(struct pg_in *in, struct pg_oids *list, bool *enough, struct pawl_error *e)
{
    struct pg_batch b;
    int code = want_locked(in, list, enough, e);
    struct slice text = pg_list(&in->arena, list);
    if (code || !text.p)
        return code ? code : err_nomem(e);
    if (*enough) {
        pg_begin_asking_few(in, &b);
        code = pg_add_probes(in, &b, e);
    }
    for (size_t i = 0; i < PG_STAMPS && *enough; i++)
        in->spare[i] = in->none[i] && in->moment.made[i] == in->next_moment.made[i];
    if (!code && *enough)
        code = pg_read_with(in, &b, false, text, e);
    memset(in->spare, 0, sizeof in->spare);
    if (code)
        return code;
    *enough = *enough && !pg_probed(in) && types_add_up(in, list);
    if (*enough) {
        pg_take_logged(in, in->logged);
    } else {
        forget_wanted(in);
        list->n = 0;
    }
    return PAWL_OK;
}
