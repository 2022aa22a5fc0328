/*
 * What has changed since the last scan, found without reading what has not.
 *
 * Each row of a catalog carries the number of the transaction that wrote it (xmin). Of what belongs to relations, rows that are
 * younger than the last scan's horizon, the oldest transaction that was running then, are looked at; of those that were already
 * seen the place (ctid) and number are the same, which the stamps of their relation tell. A row that was deleted leaves no trace
 * of its own: for most, a row of the same relation is written at the same time; the others are counted. Of other catalogs, the
 * places and numbers of all rows are added up.
 *
 * Within one transaction the server counts how many rows of a catalog were written: only where that has moved anything is looked
 * at. What other sessions do meanwhile is seen when the transaction is over.
 */
#include "schema/postgres_read.h"

/* ---- the queries ------------------------------------------------------------------------------------------------- */

#define HASH(alias) "hashtext(" alias ".ctid::text || ' ' || " alias ".xmin::text)"
#define YOUNG(alias) "{young " alias "}"
/* What a row belongs to, and behind 32 bits its hash. */
#define LIST(unit, alias, condition) \
    "array_agg(coalesce(" unit ", 0)::int8 << 32 | (" HASH(alias) "::int8 & 4294967295))" condition "::text"
/* All rows are counted; the young ones are listed. */
#define COUNTED(count, unit, alias, catalog, oid) \
    count ", 0, " LIST(unit, alias, " filter (where " YOUNG(alias) ")") ", 0, 0, 0 from " catalog " " alias \
                                                                        " where " oid " >= 16384", \
        "0, 0, " LIST(unit, alias, "") ", 0, 0, 0 from " catalog " " alias " where " YOUNG(alias) " and " oid \
                                                                                                  " >= 16384"
#define LISTED(unit, alias, catalog, oid) \
    "0, 0, " LIST(unit, alias, "") ", 0, 0, 0 from " catalog " " alias " where " YOUNG(alias) " and " oid " >= 16384", \
        NULL
#define SUM(alias) "count(*) * 4294967311 + coalesce(sum(" HASH(alias) "), 0)"
#define ALL(catalog, condition) \
    SUM("x") \
    ", count(*), null, 0, 0, 0 from " catalog " x where " condition, \
        "count(*) filter (where " YOUNG("x") "), count(*), null from " catalog " x where " condition
#define USERS(catalog) ALL(catalog, "x.oid >= 16384")

/* The relation that a row of pg_class, c, belongs to; and what else is to be seen there. */
#define RELATION_OF \
    "case when c.relkind in ('i', 'I') then (select i.indrelid from pg_index i where i.indexrelid = c.oid) when " \
    "c.relkind = 't' then substring(c.relname from '^pg_toast_([0-9]+)$')::oid else c.oid end"
#define SYSTEM_OF \
    ", count(*) filter (where c.oid < 16384), count(*) filter (where " YOUNG( \
        "c") " and c.oid < 16384), count(*) filter (where c.relpersistence <> 'p') from "

#define NOT_COUNTED PG_COUNTED
#define PG_CLASS 1259
#define PG_TYPE 1247
#define PG_ATTRIBUTE 1249
#define PG_PRIVILEGES 4 /* the group */
#define OF_RELATIONS (-1)

/*
 * One look at one catalog: (a count or a sum, another count, oids with hashes). Those of pg_class and pg_attribute also tell of the system's own
 * rows: how many there are, how many young ones; and that of pg_class of relations that the log does not tell about.
 */
static const struct look {
    uint32_t catalog; /* its oid in pg_class */
    int group;
    enum pg_counted counted;
    const char *sql;
    /* Costs less. Of relations: the same of young rows only, for where none has gone. Of others: how many rows are young, and how many
     * there are, for on_probe. NULL = none. */
    const char *probe;
    int since;
} looks[] = {
    {1259, OF_RELATIONS, PG_RELATIONS,
     "count(*) filter (where c.oid >= 16384 and c.relkind not in ('i', 'I', 't')), count(*) filter (where c.oid >= 16384 and "
     "c.relkind in ('i', 'I') and c.relnamespace <> 99), " LIST(
         RELATION_OF, "c", " filter (where " YOUNG("c") " and c.oid >= 16384)") SYSTEM_OF "pg_class c",
     "0, 0, " LIST(RELATION_OF, "c", " filter (where c.oid >= 16384)") SYSTEM_OF "pg_class c where " YOUNG("c"), 0},
    {2606, OF_RELATIONS, PG_CONSTRAINTS,
     COUNTED("count(*) filter (where k.contype in ('p', 'u', 'f', 'c', 'x', 'n'))", "k.conrelid", "k", "pg_constraint",
             "k.conrelid"),
     0},
    {2620, OF_RELATIONS, PG_TRIGGERS,
     COUNTED("count(*) filter (where not t.tgisinternal)", "t.tgrelid", "t", "pg_trigger", "t.tgrelid"), 0},
    {2618, OF_RELATIONS, PG_RULES,
     COUNTED("count(*) filter (where r.rulename <> '_RETURN')", "r.ev_class", "r", "pg_rewrite", "r.ev_class"), 0},
    {3256, OF_RELATIONS, PG_POLICIES, COUNTED("count(*)", "p.polrelid", "p", "pg_policy", "p.polrelid"), 0},
    {1249, OF_RELATIONS, NOT_COUNTED,
     "0, 0, " LIST(
         "coalesce((select i.indrelid from pg_index i where i.indexrelid = a.attrelid), a.attrelid)", "a",
         " filter (where a.attrelid >= 16384)") ", 0, count(*) filter (where a.attrelid < 16384), 0 from pg_attribute a "
                                                "where " YOUNG("a"),
     NULL, 0},
    {2604, OF_RELATIONS, NOT_COUNTED, LISTED("d.adrelid", "d", "pg_attrdef", "d.adrelid"), 0},
    {2610, OF_RELATIONS, NOT_COUNTED, LISTED("i.indrelid", "i", "pg_index", "i.indrelid"), 0},
    {2611, OF_RELATIONS, NOT_COUNTED, LISTED("h.inhrelid", "h", "pg_inherits", "h.inhrelid"), 0},
    {2224, OF_RELATIONS, NOT_COUNTED, LISTED("s.seqrelid", "s", "pg_sequence", "s.seqrelid"), 0},
    {3118, OF_RELATIONS, NOT_COUNTED, LISTED("f.ftrelid", "f", "pg_foreign_table", "f.ftrelid"), 0},
    {1247, 0, NOT_COUNTED, ALL("pg_type", "x.oid >= 16384 and x.typrelid = 0 and x.typcategory <> 'A'"), 0},
    {3501, 0, NOT_COUNTED, ALL("pg_enum", "true"), 0},
    {3541, 0, NOT_COUNTED, ALL("pg_range", "x.rngtypid >= 16384"), 0},
    {2606, 0, NOT_COUNTED, ALL("pg_constraint", "x.contypid >= 16384"), 0},
    {1255, 0, NOT_COUNTED, USERS("pg_proc"), 0},
    {2600, 0, NOT_COUNTED, ALL("pg_aggregate", "x.aggfnoid >= 16384"), 0},
    {2617, 0, NOT_COUNTED, USERS("pg_operator"), 0},
    {2616, 0, NOT_COUNTED, USERS("pg_opclass"), 0},
    {2753, 0, NOT_COUNTED, USERS("pg_opfamily"), 0},
    {2602, 0, NOT_COUNTED, USERS("pg_amop"), 0},
    {2603, 0, NOT_COUNTED, USERS("pg_amproc"), 0},
    {2605, 0, NOT_COUNTED, USERS("pg_cast"), 0},
    {3576, 0, NOT_COUNTED, USERS("pg_transform"), 0},
    {2615, 1, NOT_COUNTED, ALL("pg_namespace", "true"), 0},
    {3079, 1, NOT_COUNTED, USERS("pg_extension"), 0},
    {2612, 1, NOT_COUNTED, USERS("pg_language"), 0},
    {2601, 1, NOT_COUNTED, USERS("pg_am"), 0},
    {3456, 1, NOT_COUNTED, USERS("pg_collation"), 0},
    {2607, 1, NOT_COUNTED, USERS("pg_conversion"), 0},
    {2328, 1, NOT_COUNTED, USERS("pg_foreign_data_wrapper"), 0},
    {1417, 1, NOT_COUNTED, USERS("pg_foreign_server"), 0},
    /* not everyone may ask for all of the next ones */
    {1418, 1, NOT_COUNTED,
     "count(*) + coalesce(sum(hashtext(x.umid || x.umoptions::text)), 0), 0, null, 0, 0, 0 from "
     "pg_user_mappings x",
     NULL, 0},
    {6100, 1, NOT_COUNTED,
     "count(*) + coalesce(sum(hashtext(row (s.subname, s.subslotname, s.subpublications{15?, s.subbinary, s.substream, "
     "s.subtwophasestate, s.subdisableonerr, s.subsynccommit})::text)), 0), 0, null, 0, 0, 0 from pg_subscription s",
     NULL, 0},
    {3466, 1, NOT_COUNTED, USERS("pg_event_trigger"), 0},
    {6104, 1, NOT_COUNTED, USERS("pg_publication"), 0},
    {6106, 1, NOT_COUNTED, USERS("pg_publication_rel"), 0},
    {6237, 1, NOT_COUNTED, ALL("pg_publication_namespace", "true"), 15},
    {3381, 1, NOT_COUNTED, USERS("pg_statistic_ext"), 0},
    {3601, 2, NOT_COUNTED, USERS("pg_ts_parser"), 0},
    {3764, 2, NOT_COUNTED, USERS("pg_ts_template"), 0},
    {3600, 2, NOT_COUNTED, USERS("pg_ts_dict"), 0},
    {3602, 2, NOT_COUNTED, USERS("pg_ts_config"), 0},
    {3603, 2, NOT_COUNTED, ALL("pg_ts_config_map", "x.mapcfg >= 16384"), 0},
    {2609, 3, NOT_COUNTED, ALL("pg_description", "x.objoid >= 16384 or x.objoid = 2200"), 0},
    {3596, 3, NOT_COUNTED, ALL("pg_seclabel", "true"), 0},
    {2615, 4, NOT_COUNTED, ALL("pg_namespace", "x.nspacl is not null"), 0},
    {1255, 4, NOT_COUNTED, ALL("pg_proc", "x.proacl is not null"), 0},
    {1247, 4, NOT_COUNTED, ALL("pg_type", "x.typacl is not null"), 0},
    {2612, 4, NOT_COUNTED, ALL("pg_language", "x.lanacl is not null"), 0},
    {2328, 4, NOT_COUNTED, ALL("pg_foreign_data_wrapper", "x.fdwacl is not null"), 0},
    {1417, 4, NOT_COUNTED, ALL("pg_foreign_server", "x.srvacl is not null"), 0},
    {1259, 4, NOT_COUNTED, ALL("pg_class", "x.relacl is not null and x.oid < 16384"),
     0}, /* extensions' own: read_members() */
    {1249, 4, NOT_COUNTED, ALL("pg_attribute", "x.attacl is not null and x.attrelid < 16384"), 0},
    {826, 4, NOT_COUNTED, ALL("pg_default_acl", "true"), 0},
    /* who belongs to which extension: nothing is as it was when that changes */
    {2608, 5, NOT_COUNTED, ALL("pg_depend", "x.refclassid = 'pg_extension'::regclass"), 0},
};
#define LOOKS (sizeof looks / sizeof *looks)
_Static_assert(LOOKS <= PG_LOOKS, "PG_LOOKS");

/* ---- where something was written --------------------------------------------------------------------------------- */

_Static_assert(LOOKS <= DB_WATCHED, "DB_WATCHED");

/* The catalogs in the order of looks. */
int pg_watch_catalogs(struct db *db, struct pawl_error *e)
{
    STRBUF(list, 4096);
    for (size_t i = 0; i < LOOKS; i++)
        strbuf_addf(&list, "%s%u", i ? "," : "", looks[i].catalog);
    return strbuf_ok(&list) ? db->driver->watch(db, strbuf_slice(&list), e) : err_nomem(e);
}

void pg_moment_of(const struct pg_in *in, struct pg_moment *out)
{
    struct db_written w;
    in->db->driver->written(in->db, &w);
    *out = (struct pg_moment){.horizon = w.oldest,
                              .transaction = w.transaction,
                              .end = w.end,
                              .epoch = w.epoch,
                              .began = w.began,
                              .counted = w.counted};
    memcpy(out->made, w.made, LOOKS * sizeof *w.made);
    memcpy(out->gone, w.gone, LOOKS * sizeof *w.gone);
}

/*
 * For who takes no stamps: the catalogs in the order of looks. Counts never become less while a transaction lasts, whatever it rolls
 * back.
 */
static const char moment_sql[] =
    "select txid_snapshot_xmin(s), coalesce(txid_current_if_assigned(), 0), "
    "array(select pg_stat_get_xact_tuples_inserted(o) + pg_stat_get_xact_tuples_updated(o) + "
    "pg_stat_get_xact_tuples_deleted(o) from unnest($1::oid[]) with ordinality x (o, i) where "
    "current_setting('track_counts')::bool order by i)::text, txid_snapshot_xmax(s) from txid_current_snapshot() s";

static int on_moment(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct pg_moment *m = context;
    struct slice list = v[2].s;
    int64_t count;
    (void)n;
    (void)e;
    *m = (struct pg_moment){.horizon = (uint64_t)v[0].i, .transaction = (uint64_t)v[1].i, .end = (uint64_t)v[3].i};
    m->epoch = m->transaction;
    for (size_t i = 0; i < LOOKS && pg_number(&list, &count); i++) {
        m->made[i] = (uint64_t)count;
        m->counted = i + 1 == LOOKS && m->transaction;
    }
    return PAWL_OK;
}

static void add_moment(struct pg_in *in, struct pg_batch *b, bool kept)
{
    STRBUF(list, 4096);
    for (size_t i = 0; i < LOOKS; i++)
        strbuf_addf(&list, "%c%u", i ? ',' : '{', looks[i].catalog);
    strbuf_addc(&list, '}');
    struct slice text = arena_dup(&in->arena, strbuf_slice(&list));
    b->failed |= !strbuf_ok(&list) || !text.p;
    if (kept)
        pg_add_kept(in, b, moment_sql, moment_sql, &text, 1, on_moment, &in->next_moment);
    else
        pg_add_once(in, b, moment_sql, text, on_moment, &in->next_moment);
}

static int read_moment(struct pg_in *in, struct pawl_error *e)
{
    struct pg_batch b = {.n = 0};
    if (!in->unstamped) {
        pg_moment_of(in, &in->next_moment);
        return PAWL_OK;
    }
    /* No savepoint guards it, so inside a transaction it must not fail: putting the session back lets go of what is kept. */
    add_moment(in, &b, !in->db->driver->in_transaction(in->db));
    if (b.failed)
        return err_nomem(e);
    return db_run(in->db, b.requests, b.n, NULL, e); /* no setting matters to it */
}

static bool same_epoch(const struct pg_in *in, const struct pg_moment *now)
{
    return in->known && in->moment.counted && now->counted && in->moment.epoch == now->epoch;
}

bool pg_is_current(const struct pg_in *in, const struct pg_moment *now)
{
    return same_epoch(in, now) && memcmp(in->moment.made, now->made, sizeof now->made) == 0 &&
           memcmp(in->moment.gone, now->gone, sizeof now->gone) == 0;
}

/* Of rows that are listed only young ones are seen: not that some are gone. */
static bool is_list(size_t i)
{
    return looks[i].group == OF_RELATIONS && looks[i].counted == NOT_COUNTED;
}

/* Which looks are needed; false = none. */
static bool choose(struct pg_in *in)
{
    const struct pg_moment *was = &in->moment, *is = &in->next_moment;
    bool any = false;
    in->inside = same_epoch(in, is);
    for (size_t i = 0; i < LOOKS; i++) {
        bool of_relations = looks[i].group == OF_RELATIONS;
        bool written = was->made[i] != is->made[i] || (was->gone[i] != is->gone[i] && !is_list(i));
        in->looked[i] = in->version >= looks[i].since && (in->known || !of_relations) && (!in->inside || written);
        any |= in->looked[i];
    }
    return any;
}

/* ---- looking ----------------------------------------------------------------------------------------------------- */

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

/* Relations that have young rows in the catalog, each with a hash of one. */
static int take_list(struct pg_in *in, size_t i, struct slice list, struct pawl_error *e)
{
    for (int64_t pair; pg_number(&list, &pair);) {
        struct pg_young *y = young_of(in, (uint32_t)((uint64_t)pair >> 32));
        if (!y)
            return err_nomem(e);
        y->stamps[i] += (uint32_t)pair * 2654435761u + 1;
    }
    return PAWL_OK;
}

static size_t look_of(const struct db_value *v)
{
    return v->i >= 0 && v->i < (int64_t)LOOKS ? (size_t)v->i : 0;
}

static void take_logged(struct pg_in *in, bool logged)
{
    in->next_logged = logged;
    if (logged)
        in->db->driver->all_logged(in->db);
}

/* Only of young rows: whatever else was there is still there. */
static int on_young(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct pg_in *in = context;
    size_t i = look_of(&v[0]);
    (void)n;
    in->system_changed |= v[5].i != 0;
    if (looks[i].catalog == PG_CLASS)
        take_logged(in, in->logged && v[6].i == 0);
    return take_list(in, i, v[3].s, e);
}

static int on_look(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct pg_in *in = context;
    size_t i = look_of(&v[0]);
    int64_t sum = v[1].i;
    (void)n;
    if (v[1].type == DB_TEXT) /* numeric */
        slice_i64(v[1].s, &sum);
    in->next_digests[i] = (uint64_t)sum;
    if (looks[i].group != OF_RELATIONS) {
        in->next_rows[i] = (uint64_t)v[2].i;
        return PAWL_OK;
    }
    if (looks[i].catalog == PG_CLASS || looks[i].catalog == PG_ATTRIBUTE) {
        in->next_digests[i] = looks[i].catalog == PG_CLASS ? (uint64_t)v[4].i : 0;
        in->system_changed |= v[5].i != 0 || in->next_digests[i] != in->digests[i];
    }
    if (looks[i].catalog == PG_CLASS)
        take_logged(in, v[6].i == 0);
    if (looks[i].counted != NOT_COUNTED) {
        in->counted[looks[i].counted] = true;
        in->there[looks[i].counted] = (uint64_t)sum;
    }
    if (looks[i].counted == PG_RELATIONS) {
        in->counted[PG_INDEXES] = true;
        in->there[PG_INDEXES] = (uint64_t)v[2].i;
    }
    return take_list(in, i, v[3].s, e);
}

/* Most often one transaction was all there has been since, and a comparison costs less than an age. */
static void add_look(struct strbuf *b, struct slice sql, bool one)
{
    static const struct slice mark = {"{young ", 7};
    for (size_t at; (at = slice_find(sql, mark)) != SIZE_MAX;) {
        strbuf_add(b, slice_sub(sql, 0, at));
        sql = slice_sub(sql, at + mark.n, sql.n);
        at = slice_find_byte(sql, '}');
        strbuf_addz(b, one ? "" : "age(");
        strbuf_add(b, slice_sub(sql, 0, at));
        /* the age of the other once, not for each row */
        strbuf_addz(b, one ? ".xmin = $1::xid" : ".xmin) <= (select age($1::xid))");
        sql = slice_sub(sql, at + 1, sql.n);
    }
    strbuf_add(b, sql);
}

static const char *look_text(struct pg_in *in, size_t i, bool one, const char *before)
{
    STRBUF(text, 1 << 16);
    strbuf_addf(&text, "%sselect %zu, ", before, i);
    add_look(&text, slice_of(looks[i].sql), one);
    return strbuf_ok(&text) ? arena_strz(&in->arena, strbuf_slice(&text)) : NULL;
}

/* All looks as one query, which costs less than as many. */
static const char *all_text(struct pg_in *in, bool one)
{
    STRBUF(all, 1 << 20);
    for (size_t i = 0; i < LOOKS; i++) {
        const char *text = in->looked[i] ? look_text(in, i, one, all.n ? " union all " : "") : "";
        if (!text)
            return NULL;
        strbuf_addz(&all, text);
    }
    return strbuf_ok(&all) ? arena_strz(&in->arena, strbuf_slice(&all)) : NULL;
}

static int look_at_all(struct pg_in *in, struct pg_batch *b, struct pawl_error *e)
{
    static const char keys[2];
    /* No transaction of our own is running, so what can be seen was written before the next number. */
    bool one = !in->next_moment.transaction && in->next_moment.end == in->horizon + 1;
    const char *text = all_text(in, one);
    struct slice oldest = arena_printf(&in->arena, "%llu", (unsigned long long)(in->horizon & UINT32_MAX));
    if (!text || !oldest.p)
        return err_nomem(e);
    if (in->known)
        pg_add_kept(in, b, &keys[one], text, &oldest, 1, on_look, in);
    else
        pg_add_once(in, b, text, oldest, on_look, in);
    return PAWL_OK;
}

/* Privileges of the system's own relations and their columns: looks at those rows are taken on the way. */
static bool is_of_system(size_t i)
{
    return looks[i].group == PG_PRIVILEGES && (looks[i].catalog == PG_CLASS || looks[i].catalog == PG_ATTRIBUTE);
}

/* Nothing is young and as many are there as were: then the look itself is not needed. */
static int on_probe(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct pg_in *in = context;
    size_t i = look_of(&v[0]);
    (void)n;
    (void)e;
    in->looked[i] = v[1].i != 0 || (uint64_t)v[2].i != in->rows[i];
    return PAWL_OK;
}

static int add_one(struct pg_in *in, struct pg_batch *b, size_t i, bool probe, struct slice oldest,
                   struct pawl_error *e)
{
    STRBUF(text, 1 << 16);
    const char *const *sql = probe ? &looks[i].probe : &looks[i].sql;
    strbuf_addf(&text, "select %zu, ", i);
    add_look(&text, slice_of(*sql), false);
    const char *kept = strbuf_ok(&text) ? arena_strz(&in->arena, strbuf_slice(&text)) : NULL;
    if (!kept || !oldest.p)
        return err_nomem(e);
    db_row_fn *row = !probe ? on_look : looks[i].group == OF_RELATIONS ? on_young : on_probe;
    pg_add_kept(in, b, sql, kept, &oldest, strstr(kept, "$1") != NULL, row, in);
    return PAWL_OK;
}

/*
 * The few where rows were written, each by itself: their texts are always the same. What can be probed is, and looked at only if
 * that finds anything.
 */
static int look_at_some(struct pg_in *in, struct pawl_error *e)
{
    struct slice oldest = arena_printf(&in->arena, "%llu", (unsigned long long)(in->since & UINT32_MAX));
    struct pg_batch b;
    int code = PAWL_OK;
    bool again = false;
    pg_begin_asking(in, &b);
    for (size_t i = 0; i < LOOKS && !code; i++)
        if (in->looked[i] && (looks[i].group == OF_RELATIONS || !looks[i].probe))
            code = add_one(in, &b, i, looks[i].probe && in->moment.gone[i] == in->next_moment.gone[i], oldest, e);
    pg_few(in, &b);
    for (size_t i = 0; i < LOOKS && !code; i++)
        if (in->looked[i] && looks[i].probe && looks[i].group != OF_RELATIONS && !is_of_system(i))
            code = add_one(in, &b, i, true, oldest, e);
    if (!code)
        code = pg_ask(in, &b, e);
    pg_begin_asking(in, &b);
    for (size_t i = 0; i < LOOKS && !code; i++) {
        if (is_of_system(i))
            in->looked[i] &= in->system_changed;
        if (!in->looked[i] || !looks[i].probe || looks[i].group == OF_RELATIONS)
            continue;
        again = true;
        code = add_one(in, &b, i, false, oldest, e);
    }
    return code || !again ? code : pg_ask(in, &b, e);
}

/* ---- by locks ---------------------------------------------------------------------------------------------------- */

/* The catalogs of types, of which two rows go with each relation that has columns; looks that pg_types_since decides. */
static bool is_of_types(size_t i)
{
    return looks[i].catalog == PG_TYPE;
}

/* Does what is locked tell what was written to catalogs of relations since the last scan? */
static bool locks_tell(const struct pg_in *in)
{
    struct db_written w;
    in->db->driver->written(in->db, &w);
    bool all = in->moment.began == w.began || (memcmp(in->moment.made, w.first_made, sizeof in->moment.made) == 0 &&
                                               memcmp(in->moment.gone, w.first_gone, sizeof in->moment.gone) == 0);
    if (!in->inside || !all || !in->db->locks_tell || !w.locked.p)
        return false;
    for (size_t i = 0; i < LOOKS; i++)
        if (in->looked[i] && looks[i].group != OF_RELATIONS && !looks[i].probe)
            return false;
    return true;
}

int pg_add_probes(struct pg_in *in, struct pg_batch *b, struct pawl_error *e)
{
    struct slice oldest = arena_printf(&in->arena, "%llu", (unsigned long long)(in->since & UINT32_MAX));
    int code = PAWL_OK;
    for (size_t i = 0; i < LOOKS && !code; i++) {
        if (looks[i].group == OF_RELATIONS || is_of_system(i) || is_of_types(i))
            in->looked[i] = false;
        else if (in->looked[i])
            code = add_one(in, b, i, true, oldest, e);
    }
    return code;
}

bool pg_probed(const struct pg_in *in)
{
    for (size_t i = 0; i < LOOKS; i++)
        if (in->looked[i])
            return true;
    return false;
}

void pg_types_since(const struct pg_in *in, uint64_t *made, uint64_t *gone)
{
    size_t i = 0;
    while (!is_of_types(i))
        i++;
    *made = in->next_moment.made[i] - in->moment.made[i];
    *gone = in->next_moment.gone[i] - in->moment.gone[i];
}

int pg_look_again(struct pg_in *in, struct pawl_error *e)
{
    in->by_locks = false;
    choose(in);
    return look_at_some(in, e);
}

int pg_look(struct pg_in *in, struct pawl_error *e)
{
    struct pg_batch b;
    int code = read_moment(in, e);
    in->by_locks = false;
    memcpy(in->next_digests, in->digests, sizeof in->next_digests);
    memcpy(in->next_rows, in->rows, sizeof in->next_rows);
    in->system_changed = false;
    in->next_logged = in->logged;
    if (code || !choose(in))
        return code;
    in->by_locks = !in->unstamped && locks_tell(in);
    if (in->by_locks)
        return PAWL_OK;
    if (in->inside)
        return look_at_some(in, e);
    pg_begin_asking(in, &b);
    code = look_at_all(in, &b, e);
    return code ? code : pg_ask(in, &b, e);
}

void pg_add_look(struct pg_in *in, struct pg_batch *b)
{
    memcpy(in->next_digests, in->digests, sizeof in->digests);
    memcpy(in->next_rows, in->rows, sizeof in->next_rows);
    in->inside = in->system_changed = in->next_logged = false;
    for (size_t i = 0; i < LOOKS; i++)
        in->looked[i] = in->version >= looks[i].since && looks[i].group != OF_RELATIONS;
    const char *text = all_text(in, false);
    if (in->unstamped)
        add_moment(in, b, true);
    else
        pg_moment_of(in, &in->next_moment);
    b->failed |= !text;
    if (text)
        pg_add_once(in, b, text, (struct slice){NULL, 0}, on_look, in);
}

static void build_on(struct pg_in *in, const struct pg_moment *now)
{
    in->moment = *now;
    in->since = now->transaction ? now->transaction : now->end;
}

void pg_unchanged(struct pg_in *in)
{
    struct pg_moment now;
    pg_moment_of(in, &now);
    if (in->known && !in->rolled_back)
        build_on(in, &now);
}

void pg_looked(struct pg_in *in)
{
    memcpy(in->digests, in->next_digests, sizeof in->digests);
    memcpy(in->rows, in->next_rows, sizeof in->rows);
    in->logged = in->next_logged;
    build_on(in, &in->next_moment);
    if (!in->inside)
        in->horizon = in->next_moment.horizon;
}

bool pg_group_changed(const struct pg_in *in, size_t group)
{
    for (size_t i = 0; i < LOOKS; i++)
        if (looks[i].group == (int)group && in->digests[i] != in->next_digests[i])
            return true;
    return false;
}

bool pg_young_changed(const struct pg_in *in, const struct pg_rel *rel, const struct pg_young *y)
{
    for (size_t i = 0; i < LOOKS && i < PG_STAMPS; i++)
        if (in->looked[i] && y->stamps[i] && y->stamps[i] != rel->stamps[i])
            return true;
    return false;
}

void pg_young_seen(const struct pg_in *in, struct pg_rel *rel, const struct pg_young *y)
{
    for (size_t i = 0; i < LOOKS && i < PG_STAMPS; i++)
        if (in->looked[i])
            rel->stamps[i] = y->stamps[i];
}

/* ---- renamed things ---------------------------------------------------------------------------------------------- */

/* Names that others mention: by catalog and oid. */
#define NAMED(number, catalog, name, schema, condition) \
    "select " number "::int8 << 32 | x.oid::int8, hashtext(x." name " || ' ' || " schema ") from " catalog \
    " x where " condition
static const char names_sql[] =
    NAMED("1", "pg_namespace", "nspname", "''", "true") " union all " NAMED("2", "pg_type", "typname", "x.typnamespace", "x.oid >= 16384 and x.typrelid = 0 and x.typcategory <> 'A'") " union all " NAMED(
        "3", "pg_proc", "proname", "x.pronamespace",
        "x.oid >= 16384") " union all " NAMED("4", "pg_collation", "collname", "x.collnamespace",
                                              "x.oid >= 16384") " union all " NAMED("5", "pg_opclass", "opcname",
                                                                                    "x.opcnamespace",
                                                                                    "x.oid >= 16384") " union all " NAMED("6",
                                                                                                                          "pg_am",
                                                                                                                          "amname",
                                                                                                                          "''",
                                                                                                                          "x.oid >= 16384") " union all " NAMED("7",
                                                                                                                                                                "pg_foreign_server",
                                                                                                                                                                "srvname",
                                                                                                                                                                "''",
                                                                                                                                                                "true") " union all " NAMED("8",
                                                                                                                                                                                            "pg_operator",
                                                                                                                                                                                            "oprname",
                                                                                                                                                                                            "x.oprnamespace",
                                                                                                                                                                                            "x.oid >= 16384");

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

/* ---- what disappeared -------------------------------------------------------------------------------------------- */

struct count_context {
    struct pg_in *in;
    struct pg_oids *out;
    enum pg_counted what;
};

/* A relation that is not known was dropped, and that was rolled back. */
static int on_count(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct count_context *c = context;
    struct pg_rel *rel = pg_find_rel(c->in, pg_oid(&v[0]));
    (void)n;
    if (rel)
        rel->now[c->what] = (uint32_t)v[1].i;
    return rel || c->what != PG_RELATIONS ? PAWL_OK : pg_want(c->in, c->out, pg_oid(&v[0]), e);
}

static const char *const count_sql[PG_COUNTED] = {
    [PG_RELATIONS] =
        "select oid, 1 from pg_class where oid >= 16384 and relkind in ('r', 'p', 'v', 'm', 'f', 'c', 'S')",
    [PG_INDEXES] = "select indrelid, count(*) from pg_index where indrelid >= 16384 group by 1",
    [PG_CONSTRAINTS] =
        ("select conrelid, count(*) from pg_constraint where conrelid >= 16384 and contype in ('p', 'u', 'f', "
         "'c', 'x', 'n') group by 1"),
    [PG_TRIGGERS] = "select tgrelid, count(*) from pg_trigger where tgrelid >= 16384 and not tgisinternal group by 1",
    [PG_RULES] =
        "select ev_class, count(*) from pg_rewrite where ev_class >= 16384 and rulename <> '_RETURN' group by 1",
    [PG_POLICIES] = "select polrelid, count(*) from pg_policy where polrelid >= 16384 group by 1",
};

/* Relations whose rows of the chosen kinds are not as many as they were. */
static int compare_counts(struct pg_in *in, const bool chosen[PG_COUNTED], struct pg_oids *out, struct pawl_error *e)
{
    struct pg_batch b;
    struct count_context c[PG_COUNTED];
    pg_begin_asking(in, &b);
    for (int what = 0; what < PG_COUNTED; what++) {
        c[what] = (struct count_context){in, out, (enum pg_counted)what};
        if (chosen[what])
            pg_add_kept(in, &b, count_sql[what], count_sql[what], NULL, 0, on_count, &c[what]);
    }
    for (size_t i = 0; i < in->n_rels; i++)
        memset(in->rels[i]->now, 0, sizeof in->rels[i]->now);
    int code = pg_ask(in, &b, e);
    for (size_t i = 0; i < in->n_rels; i++)
        for (int what = 0; what < PG_COUNTED && !code; what++)
            if (chosen[what] && in->rels[i]->now[what] != in->rels[i]->counts[what])
                code = pg_want(in, out, in->rels[i]->oid, e);
    return code;
}

static uint64_t known_rows(const struct pg_in *in, int what)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < in->n_rels; i++)
        sum += in->rels[i]->counts[what];
    return sum;
}

/*
 * The server's count is of all relations, ours of those that no extension owns. Were the two only compared, one relation that
 * was dropped would hide behind one of an extension's.
 */
int pg_vanished(struct pg_in *in, struct pg_oids *out, struct pawl_error *e)
{
    bool chosen[PG_COUNTED], any = false;
    for (int what = 0; what < PG_COUNTED; what++) {
        chosen[what] = in->counted[what] &&
                       (!in->foreign_known[what] || in->there[what] - known_rows(in, what) != in->foreign[what]);
        any |= chosen[what];
    }
    return any ? compare_counts(in, chosen, out, e) : PAWL_OK;
}

void pg_counted_all(struct pg_in *in)
{
    for (int what = 0; what < PG_COUNTED; what++) {
        if (!in->counted[what])
            continue;
        in->foreign[what] = in->there[what] - known_rows(in, what);
        in->foreign_known[what] = true;
    }
}
