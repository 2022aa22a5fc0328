/* Things besides relations and columns whose names others mention, and which have been renamed. */
#include "schema/postgres_read.h"

/* Names that others mention: by catalog and oid. */
#define NAMED(number, catalog, name, schema, condition) \
    "select " number "::int8 << 32 | x.oid::int8, hashtext(x." name " || ' ' || " schema ") from " catalog \
    " x where " condition
#define AND_NAMED(number, catalog, name, schema, condition) \
    " union all " NAMED(number, catalog, name, schema, condition)
#define MADE "x.oid >= 16384"
#define OTHERS(X) \
    X("2", "pg_type", "typname", "x.typnamespace", MADE " and x.typrelid = 0 and x.typcategory <> 'A'") \
    X("3", "pg_proc", "proname", "x.pronamespace", MADE) \
    X("4", "pg_collation", "collname", "x.collnamespace", MADE) \
    X("5", "pg_opclass", "opcname", "x.opcnamespace", MADE) \
    X("6", "pg_am", "amname", "''", MADE) \
    X("7", "pg_foreign_server", "srvname", "''", "true") \
    X("8", "pg_operator", "oprname", "x.oprnamespace", MADE)

static const char names_sql[] = NAMED("1", "pg_namespace", "nspname", "''", "true") OTHERS(AND_NAMED);

struct names_context {
    struct pg_in *in;
    bool *renamed;
};

static int on_name(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct names_context *c = context;
    struct pg_in *in = c->in;
    uint64_t id = (uint64_t)v[0].i;
    struct slice key = {(const char *)&id, sizeof id};
    int64_t *known = map_get(&in->known_names, key);
    (void)n;
    *c->renamed |= known && *known != v[1].i;
    if (known && *known != v[1].i && in->n_kept && !pg_note_name(in, known))
        return err_nomem(e);
    if (!known) {
        known = arena_alloc(&in->names_arena, sizeof *known);
        key = known ? arena_dup(&in->names_arena, key) : (struct slice){NULL, 0};
        if (!key.p || !map_set(&in->names_arena, &in->known_names, key, known))
            return err_nomem(e);
    }
    *known = v[1].i;
    return PAWL_OK;
}

void pg_add_renamed(struct pg_in *in, struct pg_batch *b, bool *renamed)
{
    struct names_context *c = arena_alloc(&in->arena, sizeof *c);
    b->failed |= !c;
    if (c)
        *c = (struct names_context){in, renamed};
    pg_add_kept(in, b, names_sql, names_sql, NULL, 0, on_name, c);
}

int pg_renamed(struct pg_in *in, bool *renamed, struct pawl_error *e)
{
    struct pg_batch b;
    pg_begin_asking(in, &b);
    pg_add_renamed(in, &b, renamed);
    return pg_ask(in, &b, e);
}
