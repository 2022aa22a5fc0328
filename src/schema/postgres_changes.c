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
#include "schema/postgres_looks.h"
#include "schema/postgres_read.h"

/* ---- where something was written --------------------------------------------------------------------------------- */

_Static_assert(PG_N_LOOKS <= DB_WATCHED, "DB_WATCHED");
_Static_assert(PG_N_LOOKS <= PG_LOOKS, "PG_LOOKS");

/* The catalogs in the order of looks. */
int pg_watch_catalogs(struct db *db, struct pawl_error *e)
{
    STRBUF(list, 4096);
    for (size_t i = 0; i < PG_N_LOOKS; i++)
        strbuf_addf(&list, "%s%u", i ? "," : "", pg_looks[i].catalog);
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
    memcpy(out->made, w.made, PG_N_LOOKS * sizeof *w.made);
    memcpy(out->gone, w.gone, PG_N_LOOKS * sizeof *w.gone);
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
    for (size_t i = 0; i < PG_N_LOOKS && pg_number(&list, &count); i++) {
        m->made[i] = (uint64_t)count;
        m->counted = i + 1 == PG_N_LOOKS && m->transaction;
    }
    return PAWL_OK;
}

static void add_moment(struct pg_in *in, struct pg_batch *b, bool kept)
{
    STRBUF(list, 4096);
    for (size_t i = 0; i < PG_N_LOOKS; i++)
        strbuf_addf(&list, "%c%u", i ? ',' : '{', pg_looks[i].catalog);
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
    return pg_looks[i].group == PG_OF_RELATIONS && pg_looks[i].counted == PG_NOT_COUNTED;
}

/* Which looks are needed; false = none. */
static bool choose(struct pg_in *in)
{
    const struct pg_moment *was = &in->moment, *is = &in->next_moment;
    bool any = false;
    in->inside = same_epoch(in, is);
    for (size_t i = 0; i < PG_N_LOOKS; i++) {
        bool of_relations = pg_looks[i].group == PG_OF_RELATIONS;
        bool written = was->made[i] != is->made[i] || (was->gone[i] != is->gone[i] && !is_list(i));
        in->looked[i] = in->version >= pg_looks[i].since && (in->known || !of_relations) && (!in->inside || written);
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
    return v->i >= 0 && v->i < (int64_t)PG_N_LOOKS ? (size_t)v->i : 0;
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
    if (pg_looks[i].catalog == PG_CLASS)
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
    if (pg_looks[i].group != PG_OF_RELATIONS) {
        in->next_rows[i] = (uint64_t)v[2].i;
        return PAWL_OK;
    }
    if (pg_looks[i].catalog == PG_CLASS || pg_looks[i].catalog == PG_ATTRIBUTE) {
        in->next_digests[i] = pg_looks[i].catalog == PG_CLASS ? (uint64_t)v[4].i : 0;
        in->system_changed |= v[5].i != 0 || in->next_digests[i] != in->digests[i];
    }
    if (pg_looks[i].catalog == PG_CLASS)
        take_logged(in, v[6].i == 0);
    if (pg_looks[i].counted != PG_NOT_COUNTED) {
        in->counted[pg_looks[i].counted] = true;
        in->there[pg_looks[i].counted] = (uint64_t)sum;
    }
    if (pg_looks[i].counted == PG_RELATIONS) {
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
    add_look(&text, slice_of(pg_looks[i].sql), one);
    return strbuf_ok(&text) ? arena_strz(&in->arena, strbuf_slice(&text)) : NULL;
}

/* All looks as one query, which costs less than as many. */
static const char *all_text(struct pg_in *in, bool one)
{
    STRBUF(all, 1 << 20);
    for (size_t i = 0; i < PG_N_LOOKS; i++) {
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
    return pg_looks[i].group == PG_PRIVILEGES &&
           (pg_looks[i].catalog == PG_CLASS || pg_looks[i].catalog == PG_ATTRIBUTE);
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
    const char *const *sql = probe ? &pg_looks[i].probe : &pg_looks[i].sql;
    strbuf_addf(&text, "select %zu, ", i);
    add_look(&text, slice_of(*sql), false);
    const char *kept = strbuf_ok(&text) ? arena_strz(&in->arena, strbuf_slice(&text)) : NULL;
    if (!kept || !oldest.p)
        return err_nomem(e);
    db_row_fn *row = !probe ? on_look : pg_looks[i].group == PG_OF_RELATIONS ? on_young : on_probe;
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
    for (size_t i = 0; i < PG_N_LOOKS && !code; i++)
        if (in->looked[i] && (pg_looks[i].group == PG_OF_RELATIONS || !pg_looks[i].probe))
            code = add_one(in, &b, i, pg_looks[i].probe && in->moment.gone[i] == in->next_moment.gone[i], oldest, e);
    pg_few(in, &b);
    for (size_t i = 0; i < PG_N_LOOKS && !code; i++)
        if (in->looked[i] && pg_looks[i].probe && pg_looks[i].group != PG_OF_RELATIONS && !is_of_system(i))
            code = add_one(in, &b, i, true, oldest, e);
    if (!code)
        code = pg_ask(in, &b, e);
    pg_begin_asking(in, &b);
    for (size_t i = 0; i < PG_N_LOOKS && !code; i++) {
        if (is_of_system(i))
            in->looked[i] &= in->system_changed;
        if (!in->looked[i] || !pg_looks[i].probe || pg_looks[i].group == PG_OF_RELATIONS)
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
    return pg_looks[i].catalog == PG_TYPE;
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
    for (size_t i = 0; i < PG_N_LOOKS; i++)
        if (in->looked[i] && pg_looks[i].group != PG_OF_RELATIONS && !pg_looks[i].probe)
            return false;
    return true;
}

/* Who belongs to which extension: changed only by texts that say EXTENSION, for which locks do not tell, and with pg_extension. */
static bool is_of_members(size_t i)
{
    return pg_looks[i].catalog == PG_DEPEND;
}

int pg_add_probes(struct pg_in *in, struct pg_batch *b, struct pawl_error *e)
{
    struct slice oldest = arena_printf(&in->arena, "%llu", (unsigned long long)(in->since & UINT32_MAX));
    int code = PAWL_OK;
    for (size_t i = 0; i < PG_N_LOOKS && !code; i++) {
        if (pg_looks[i].group == PG_OF_RELATIONS || is_of_system(i) || is_of_types(i) || is_of_members(i))
            in->looked[i] = false;
        else if (in->looked[i])
            code = add_one(in, b, i, true, oldest, e);
    }
    return code;
}

bool pg_probed(const struct pg_in *in)
{
    for (size_t i = 0; i < PG_N_LOOKS; i++)
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
    for (size_t i = 0; i < PG_N_LOOKS; i++)
        in->looked[i] = in->version >= pg_looks[i].since && pg_looks[i].group != PG_OF_RELATIONS;
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
    for (size_t i = 0; i < PG_N_LOOKS; i++)
        if (pg_looks[i].group == (int)group && in->digests[i] != in->next_digests[i])
            return true;
    return false;
}

bool pg_young_changed(const struct pg_in *in, const struct pg_rel *rel, const struct pg_young *y)
{
    for (size_t i = 0; i < PG_N_LOOKS && i < PG_STAMPS; i++)
        if (in->looked[i] && y->stamps[i] && y->stamps[i] != rel->stamps[i])
            return true;
    return false;
}

void pg_young_seen(const struct pg_in *in, struct pg_rel *rel, const struct pg_young *y)
{
    for (size_t i = 0; i < PG_N_LOOKS && i < PG_STAMPS; i++)
        if (in->looked[i])
            rel->stamps[i] = y->stamps[i];
}
