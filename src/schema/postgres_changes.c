/*
 * What has changed since the last scan, found without reading what has not.
 *
 * Each row of a catalog carries the number of the transaction that wrote it (xmin). Rows that are younger than the last scan's
 * horizon, the oldest transaction that was running then, are looked at; of those that were already seen the place (ctid) and
 * number are the same, which the stamp of their relation tells. A row that was deleted leaves no trace of its own: for most, a row
 * of the same relation is written at the same time; the others are counted.
 */
#include "schema/postgres_read.h"

/* ---- the queries ------------------------------------------------------------------------------------------------- */

#define HASH(alias) "hashtext(" alias ".ctid::text || ' ' || " alias ".xmin::text)"
#define YOUNG(alias) "age(" alias ".xmin) <= age($1::xid)"
#define LISTS(unit, alias, condition) \
    "array_agg(coalesce(" unit ", 0))" condition "::text, array_agg(" HASH(alias) ")" condition "::text"
/* All rows are counted; the young ones are listed. */
#define COUNTED(number, count, unit, alias, catalog, oid) \
    "select " number ", " count ", 0, " LISTS(unit, alias, " filter (where " YOUNG(alias) ")") " from " catalog " " alias \
    " where " oid " >= 16384"
#define LISTED(unit, alias, catalog, oid) \
    " union all select 0, 0, 0, " LISTS(unit, alias, "") " from " catalog " " alias " where " YOUNG(alias) " and " oid " >= 16384"

static const char changes_sql[] =
    "select 1, count(*) filter (where c.relkind in ('r', 'p', 'v', 'm', 'f', 'c', 'S')), count(*) filter (where c.relkind in "
    "('i', 'I') and c.relnamespace not in (select oid from pg_namespace where nspname ~ '^pg_toast')), "
    LISTS("case when c.relkind in ('i', 'I') then (select i.indrelid from pg_index i where i.indexrelid = c.oid) when "
    "c.relkind = 't' then substring(c.relname from '^pg_toast_([0-9]+)$')::oid else c.oid end", "c", " filter (where " YOUNG("c") ")")
    " from pg_class c where c.oid >= 16384 union all "
    COUNTED("2", "count(*) filter (where k.contype in ('p', 'u', 'f', 'c', 'x', 'n'))", "k.conrelid", "k", "pg_constraint",
            "k.conrelid") " union all "
    COUNTED("3", "count(*) filter (where not t.tgisinternal)", "t.tgrelid", "t", "pg_trigger", "t.tgrelid") " union all "
    COUNTED("4", "count(*) filter (where r.rulename <> '_RETURN')", "r.ev_class", "r", "pg_rewrite", "r.ev_class") " union all "
    COUNTED("5", "count(*)", "p.polrelid", "p", "pg_policy", "p.polrelid")
    LISTED("coalesce((select i.indrelid from pg_index i where i.indexrelid = a.attrelid), a.attrelid)", "a", "pg_attribute",
           "a.attrelid")
    LISTED("d.adrelid", "d", "pg_attrdef", "d.adrelid")
    LISTED("i.indrelid", "i", "pg_index", "i.indrelid")
    LISTED("h.inhrelid", "h", "pg_inherits", "h.inhrelid")
    LISTED("s.seqrelid", "s", "pg_sequence", "s.seqrelid")
    LISTED("f.ftrelid", "f", "pg_foreign_table", "f.ftrelid");

static const char horizon_sql[] = "select txid_snapshot_xmin(txid_current_snapshot())";

/* One number for all rows of a catalog; groups in the order of enum pg_group_number. */
#define SUM_ALL(alias) "count(*) * 4294967311 + coalesce(sum(" HASH(alias) "), 0)"
#define DIGEST(group, catalog, condition) \
    " union all select " group ", " SUM_ALL("x") " from " catalog " x where " condition
#define USERS(group, catalog) DIGEST(group, catalog, "x.oid >= 16384")

static const char digests_sql[] =
    "select 0, " SUM_ALL("x") " from pg_type x where x.oid >= 16384 and x.typrelid = 0 and x.typcategory <> 'A'"
    DIGEST("0", "pg_enum", "true") DIGEST("0", "pg_range", "x.rngtypid >= 16384")
    DIGEST("0", "pg_constraint", "x.contypid >= 16384") USERS("0", "pg_proc") DIGEST("0", "pg_aggregate", "x.aggfnoid >= 16384")
    USERS("0", "pg_operator") USERS("0", "pg_opclass") USERS("0", "pg_opfamily") USERS("0", "pg_amop") USERS("0", "pg_amproc")
    USERS("0", "pg_cast") USERS("0", "pg_transform")
    DIGEST("1", "pg_namespace", "true") USERS("1", "pg_extension") USERS("1", "pg_language") USERS("1", "pg_am")
    USERS("1", "pg_collation") USERS("1", "pg_conversion") USERS("1", "pg_foreign_data_wrapper") USERS("1", "pg_foreign_server")
    USERS("1", "pg_event_trigger") USERS("1", "pg_publication") USERS("1", "pg_publication_rel") USERS("1", "pg_statistic_ext")
    "{15?" DIGEST("1", "pg_publication_namespace", "true") "}"
    " union all select 1, count(*) + coalesce(sum(hashtext(m.umid || m.umoptions::text)), 0) from pg_user_mappings m"
    /* not everyone may ask for the other columns */
    " union all select 1, count(*) + coalesce(sum(hashtext(row (s.subname, s.subslotname, s.subpublications{15?, s.subbinary, "
    "s.substream, s.subtwophasestate, s.subdisableonerr, s.subsynccommit})::text)), 0) from pg_subscription s"
    USERS("2", "pg_ts_parser") USERS("2", "pg_ts_template") USERS("2", "pg_ts_dict") USERS("2", "pg_ts_config")
    DIGEST("2", "pg_ts_config_map", "x.mapcfg >= 16384")
    DIGEST("3", "pg_description", "x.objoid >= 16384 or x.classoid = 'pg_namespace'::regclass") DIGEST("3", "pg_seclabel", "true")
    DIGEST("4", "pg_namespace", "x.nspacl is not null") DIGEST("4", "pg_proc", "x.proacl is not null")
    DIGEST("4", "pg_type", "x.typacl is not null") DIGEST("4", "pg_language", "x.lanacl is not null")
    DIGEST("4", "pg_foreign_data_wrapper", "x.fdwacl is not null") DIGEST("4", "pg_foreign_server", "x.srvacl is not null")
    DIGEST("4", "pg_class", "x.oid < 16384 and x.relacl is not null") DIGEST("4", "pg_default_acl", "true")
    /* who belongs to which extension: nothing is as it was when that changes */
    " union all select 5, " SUM_ALL("x") " from pg_depend x where x.refclassid = 'pg_extension'::regclass";

/* Names that others mention: by catalog and oid. */
#define NAMED(number, catalog, name, schema, condition) \
    "select " number "::int8 << 32 | x.oid::int8, hashtext(x." name " || ' ' || " schema ") from " catalog " x where " condition
static const char names_sql[] =
    NAMED("1", "pg_namespace", "nspname", "''", "true") " union all "
    NAMED("2", "pg_type", "typname", "x.typnamespace", "x.oid >= 16384 and x.typrelid = 0 and x.typcategory <> 'A'") " union all "
    NAMED("3", "pg_proc", "proname", "x.pronamespace", "x.oid >= 16384") " union all "
    NAMED("4", "pg_collation", "collname", "x.collnamespace", "x.oid >= 16384") " union all "
    NAMED("5", "pg_opclass", "opcname", "x.opcnamespace", "x.oid >= 16384") " union all "
    NAMED("6", "pg_am", "amname", "''", "x.oid >= 16384") " union all "
    NAMED("7", "pg_foreign_server", "srvname", "''", "true") " union all "
    NAMED("8", "pg_operator", "oprname", "x.oprnamespace", "x.oid >= 16384");

/* ---- young rows -------------------------------------------------------------------------------------------------- */

static struct pg_young *young_of(struct pg_in *in, uint32_t oid)
{
    struct pg_young *y = pg_get(&in->young_by_oid, oid);
    if (y)
        return y;
    if (!arena_grow(&in->arena, (void **)&in->young, &in->cap_young, in->n_young, sizeof(struct pg_young *)))
        return NULL;
    y = arena_alloc(&in->arena, sizeof *y);
    if (!y || !pg_set(&in->arena, &in->young_by_oid, oid, y))
        return NULL;
    y->oid = oid;
    in->young[in->n_young++] = y;
    return y;
}

static int on_change(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    static const enum pg_counted counted[] = {0, PG_RELATIONS, PG_CONSTRAINTS, PG_TRIGGERS, PG_RULES, PG_POLICIES};
    struct pg_in *in = context;
    (void)n;
    if (v[0].i > 0 && v[0].i < 6)
        in->there[counted[v[0].i]] = (uint64_t)v[1].i;
    if (v[0].i == 1)
        in->there[PG_INDEXES] = (uint64_t)v[2].i;
    struct slice units = v[3].s, hashes = v[4].s;
    if (v[3].type != DB_TEXT || v[4].type != DB_TEXT)
        return PAWL_OK;
    for (int64_t unit, hash; pg_number(&units, &unit) && pg_number(&hashes, &hash);) {
        struct pg_young *y = young_of(in, (uint32_t)unit);
        if (!y)
            return err_nomem(e);
        y->stamp += (uint64_t)hash * 2654435761u + 1;
    }
    return PAWL_OK;
}

static int on_horizon(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct pg_in *in = context;
    (void)n;
    (void)e;
    in->next_horizon = (uint64_t)v[0].i;
    return PAWL_OK;
}

static int on_digest(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct pg_in *in = context;
    (void)n;
    (void)e;
    int64_t sum = v[1].i;
    if (v[1].type == DB_TEXT) /* numeric */
        slice_i64(v[1].s, &sum);
    if (v[0].i >= 0 && v[0].i < PG_GROUPS)
        in->groups[v[0].i].next_digest = in->groups[v[0].i].next_digest * 1000003 + (uint64_t)sum;
    return PAWL_OK;
}

int pg_look(struct pg_in *in, struct pawl_error *e)
{
    struct slice since = arena_printf(&in->arena, "%llu", (unsigned long long)(in->horizon & UINT32_MAX));
    struct db_value horizon = DB_V_TEXT(since);
    struct db_request r[] = {
        {.sql = slice_of(horizon_sql), .on_row = on_horizon, .context = in},
        {.sql = pg_text(in, &in->arena, digests_sql, true), .on_row = on_digest, .context = in},
        {.sql = slice_of(changes_sql), .params = &horizon, .n_params = 1, .on_row = on_change, .context = in},
    };
    if (!since.p || !r[1].sql.p)
        return err_nomem(e);
    for (size_t i = 0; i < PG_GROUPS; i++)
        in->groups[i].next_digest = 0;
    return pg_ask(in, r, in->known ? 3 : 2, e);
}

/* ---- renamed things ---------------------------------------------------------------------------------------------- */

struct pg_name {
    uint64_t id;
    int64_t hash;
};

struct names_context {
    struct pg_in *in;
    bool renamed;
};

static int on_name(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct names_context *c = context;
    struct pg_in *in = c->in;
    (void)n;
    uint64_t id = (uint64_t)v[0].i;
    struct slice key = {(const char *)&id, sizeof id};
    struct pg_name *known = map_get(&in->known_names, key);
    c->renamed |= known && known->hash != v[1].i;
    if (known) {
        known->hash = v[1].i;
        return PAWL_OK;
    }
    known = arena_alloc(&in->names_arena, sizeof *known);
    if (!known)
        return err_nomem(e);
    *known = (struct pg_name){id, v[1].i};
    key = arena_dup(&in->names_arena, key);
    return key.p && map_set(&in->names_arena, &in->known_names, key, known) ? PAWL_OK : err_nomem(e);
}

int pg_renamed(struct pg_in *in, bool *renamed, struct pawl_error *e)
{
    struct names_context c = {in, false};
    struct db_request r = {.sql = slice_of(names_sql), .on_row = on_name, .context = &c};
    int code = pg_ask(in, &r, 1, e);
    *renamed = c.renamed;
    return code;
}

/* ---- what disappeared -------------------------------------------------------------------------------------------- */

static int on_count(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    (void)n;
    (void)e;
    struct pg_rel *rel = pg_find_rel(context, pg_oid(&v[0]));
    if (rel)
        rel->now = (uint32_t)v[1].i;
    return PAWL_OK;
}

/* Relations whose rows of one kind are not as many as they were. */
static int compare_counts(struct pg_in *in, enum pg_counted what, struct pg_oids *out, struct pawl_error *e)
{
    static const char *const sql[PG_COUNTED] = {
        [PG_RELATIONS] = "select oid, 1 from pg_class where oid >= 16384 and relkind in ('r', 'p', 'v', 'm', 'f', 'c', 'S')",
        [PG_INDEXES] = "select indrelid, count(*) from pg_index where indrelid >= 16384 group by 1",
        [PG_CONSTRAINTS] = "select conrelid, count(*) from pg_constraint where conrelid >= 16384 and contype in ('p', 'u', 'f', "
                           "'c', 'x', 'n') group by 1",
        [PG_TRIGGERS] = "select tgrelid, count(*) from pg_trigger where tgrelid >= 16384 and not tgisinternal group by 1",
        [PG_RULES] = "select ev_class, count(*) from pg_rewrite where ev_class >= 16384 and rulename <> '_RETURN' group by 1",
        [PG_POLICIES] = "select polrelid, count(*) from pg_policy where polrelid >= 16384 group by 1",
    };
    struct db_request r = {.sql = slice_of(sql[what]), .on_row = on_count, .context = in};
    for (size_t i = 0; i < in->n_rels; i++)
        in->rels[i]->now = 0;
    int code = pg_ask(in, &r, 1, e);
    for (size_t i = 0; i < in->n_rels && !code; i++)
        if (in->rels[i]->now != in->rels[i]->counts[what])
            code = pg_want(in, out, in->rels[i]->oid, e);
    return code;
}

int pg_vanished(struct pg_in *in, struct pg_oids *out, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (int what = 0; what < PG_COUNTED && !code; what++) {
        uint64_t sum = 0;
        for (size_t i = 0; i < in->n_rels; i++)
            sum += in->rels[i]->counts[what];
        if (sum != in->there[what])
            code = compare_counts(in, (enum pg_counted)what, out, e);
    }
    return code;
}
