/* The introspector of PostgreSQL: what is read in a scan, and what need not be. */
#include "schema/introspect.h"

#include <stdlib.h>

#include "base/mem.h"
#include "schema/postgres_groups.h"
#include "schema/postgres_read.h"

#define LIST_MAX (64u << 20)

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static int open_state(struct db *db, struct slice ledger, void **state, struct pawl_error *e)
{
    *state = NULL;
    struct pg_in *in = mem_alloc(sizeof *in + ledger.n);
    if (!in)
        return err_nomem(e);
    char *copy = (char *)(in + 1);
    if (ledger.n)
        memcpy(copy, ledger.p, ledger.n);
    size_t dot = slice_find_byte(ledger, '.');
    struct slice kept = {copy, ledger.n};
    in->db = db;
    in->ledger = dot == SIZE_MAX ? kept : slice_sub(kept, dot + 1, kept.n);
    in->ledger_schema = dot == SIZE_MAX ? (struct slice){NULL, 0} : slice_sub(kept, 0, dot);
    in->version = atoi(db->driver->version(db));
    fact_init(&in->fact);
    strbuf_init(&in->text, LIST_MAX);
    *state = in;
    return PAWL_OK;
}

/* Everything that belongs to one scan. */
static void end_scan(struct pg_in *in)
{
    arena_reset(&in->arena);
    arena_reset(&in->names);
    struct map *maps[] = {&in->schemas, &in->types, &in->classes, &in->collations, &in->methods, &in->values, &in->wanted,
                          &in->expressions, &in->young_by_oid};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        *maps[i] = (struct map){0};
    in->young = NULL;
    in->n_young = in->cap_young = in->n_tables = 0;
    for (size_t i = 0; i < in->n_rels; i++)
        in->rels[i]->fresh = in->rels[i]->wanted = false;
    for (size_t i = 0; i < PG_GROUPS; i++) {
        struct pg_group *g = &in->groups[i];
        *g = (struct pg_group){.digest = g->digest};
    }
}

static void close_state(void *state)
{
    struct pg_in *in = state;
    if (!in)
        return;
    end_scan(in);
    pg_forget_rels(in);
    mem_free(in->rels);
    mem_free(in->tables);
    arena_clear(&in->arena);
    arena_clear(&in->names);
    arena_clear(&in->names_arena);
    fact_clear(&in->fact);
    strbuf_clear(&in->text);
    mem_free(in);
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

/*
 * The texts that the server writes depend on settings. They are set for the time of the questions only: in a savepoint if a
 * transaction is open, which gives back what the transaction had set, or else in a transaction of our own. pg_temp stands last, so
 * that a temporary table cannot take a catalog's place.
 */
static const char settings_sql[] =
    "select set_config('search_path', 'pg_catalog, pg_temp', true), set_config('datestyle', 'ISO, YMD', true), "
    "set_config('intervalstyle', 'postgres', true), set_config('timezone', 'UTC', true), set_config('extra_float_digits', '1', "
    "true), set_config('quote_all_identifiers', 'off', true), set_config('bytea_output', 'hex', true), "
    "set_config('jit', 'off', true), set_config('max_parallel_workers_per_gather', '0', true), set_config('row_security', 'on', "
    "true)";

int pg_ask(struct pg_in *in, const struct db_request *requests, size_t n, struct pawl_error *e)
{
    bool inside = in->db->driver->in_transaction(in->db);
    struct db_request *r = arena_array(&in->arena, n + 4, sizeof *r);
    size_t m = 0;
    if (!r)
        return err_nomem(e);
    r[m++].sql = inside ? SLICE("savepoint pawl_facts") : SLICE("begin read only");
    r[m++].sql = slice_of(settings_sql);
    memcpy(r + m, requests, n * sizeof *r);
    m += n;
    if (inside)
        r[m++].sql = SLICE("rollback to savepoint pawl_facts");
    r[m++].sql = inside ? SLICE("release savepoint pawl_facts") : SLICE("commit");
    int code = db_run(in->db, r, m, NULL, e);
    if (code && inside) { /* the transaction is the caller's, and goes on */
        struct pawl_error ignored = {0};
        db_run(in->db, r + m - 2, 2, NULL, &ignored);
    } else if (code) {
        db_rollback(in->db);
    }
    return code;
}

/* ---- groups ------------------------------------------------------------------------------------------------------ */

static const struct pg_query *const group_queries[] = {pg_type_queries, pg_other_queries, pg_search_queries, pg_comment_queries,
                                                       pg_grant_queries};
#define READ_GROUPS (sizeof group_queries / sizeof *group_queries)
#define MAX_QUERIES 32

struct line_context {
    struct pg_in *in;
    struct pg_group *group;
    const struct pg_query *query;
};

static int on_line(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct line_context *c = context;
    pg_begin(&c->in->fact, c->query->spec, v, n);
    return pg_keep(c->in, &c->group->end, e);
}

static int read_group(struct pg_in *in, size_t i, struct pawl_error *e)
{
    struct pg_group *g = &in->groups[i];
    struct db_request r[MAX_QUERIES];
    struct line_context contexts[MAX_QUERIES];
    size_t n = 0;
    g->read = true;
    g->end = &g->lines;
    for (const struct pg_query *q = group_queries[i]; q->spec; q++) {
        if (in->version < q->since || (q->until && in->version > q->until))
            continue;
        contexts[n] = (struct line_context){in, g, q};
        r[n] = (struct db_request){.sql = pg_text(in, &in->arena, q->sql, true), .on_row = on_line, .context = &contexts[n]};
        if (!r[n].sql.p)
            return err_nomem(e);
        n++;
    }
    return pg_ask(in, r, n, e);
}

static int read_groups(struct pg_in *in, bool all, bool *renamed, struct pawl_error *e)
{
    int code = PAWL_OK;
    bool names = all || !in->known;
    for (size_t i = 0; i < READ_GROUPS && !code; i++) {
        if (in->groups[i].read || (!all && in->groups[i].digest == in->groups[i].next_digest))
            continue;
        names |= i < 2;
        code = read_group(in, i, e);
    }
    return code || !names ? code : pg_renamed(in, renamed, e);
}

/* ---- relations --------------------------------------------------------------------------------------------------- */

static bool rel_renamed(const struct pg_rel *old, const struct pg_table *t)
{
    if (old->schema != t->rel->schema || !slice_eq(old->name, t->rel->name) || old->hidden != t->rel->hidden)
        return true;
    for (const struct pg_column *c = t->columns; c && (size_t)c->number <= old->n_columns; c = c->next)
        if (old->columns[c->number - 1].p && !slice_eq(old->columns[c->number - 1], c->name))
            return true;
    return false;
}

/* A view may read differently when a relation below it has got a column. */
static int want_views(struct pg_in *in, struct pg_oids *grown, struct pg_oids *out, struct pawl_error *e);

/* Reads the list and puts it in its place. `renamed` becomes true if others have to be read for it. */
static int read_list(struct pg_in *in, struct pg_oids *list, struct pg_oids *grown, bool *renamed, struct pawl_error *e)
{
    struct slice text = pg_list(&in->arena, list);
    if (!list->n)
        return PAWL_OK;
    int code = text.p ? pg_read(in, false, text, e) : err_nomem(e);
    for (size_t i = 0; i < in->n_tables && !code; i++) {
        const struct pg_table *t = &in->tables[i];
        const struct pg_rel *old = pg_find_rel(in, t->rel->oid);
        if (!old || old == t->rel)
            continue;
        *renamed |= rel_renamed(old, t);
        size_t last = 0;
        for (const struct pg_column *c = t->columns; c; c = c->next)
            last = (size_t)c->number;
        if (last > old->n_columns) {
            if (!arena_grow(&in->arena, (void **)&grown->v, &grown->cap, grown->n, sizeof *grown->v))
                return err_nomem(e);
            grown->v[grown->n++] = t->rel->oid;
        }
    }
    list->n = 0;
    return code ? code : pg_merge(in, list, e);
}

struct want_context {
    struct pg_in *in;
    struct pg_oids *out;
};

static int on_view(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct want_context *c = context;
    (void)n;
    return pg_want(c->in, c->out, pg_oid(&v[0]), e);
}

static int want_views(struct pg_in *in, struct pg_oids *grown, struct pg_oids *out, struct pawl_error *e)
{
    struct slice list = pg_list(&in->arena, grown);
    struct db_value parameter = DB_V_TEXT(list);
    struct want_context c = {in, out};
    struct db_request r = {.sql = SLICE("select distinct r.ev_class from pg_depend d join pg_rewrite r on r.oid = d.objid where "
                                        "d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and "
                                        "d.refobjid = any ($1::oid[])"),
                           .params = &parameter, .n_params = 1, .on_row = on_view, .context = &c};
    if (!grown->n)
        return PAWL_OK;
    grown->n = 0;
    return list.p ? pg_ask(in, &r, 1, e) : err_nomem(e);
}

static int want_young(struct pg_in *in, struct pg_oids *out, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = 0; i < in->n_young && !code; i++) {
        const struct pg_young *y = in->young[i];
        const struct pg_rel *rel = pg_find_rel(in, y->oid);
        if (!rel || rel->stamp != y->stamp)
            code = pg_want(in, out, y->oid, e);
    }
    return code;
}

static int read_all(struct pg_in *in, struct pawl_error *e)
{
    bool ignored = false;
    in->n_tables = 0;
    pg_forget_rels(in);
    int code = pg_read(in, true, (struct slice){NULL, 0}, e);
    if (!code)
        code = pg_merge(in, NULL, e);
    return code ? code : read_groups(in, true, &ignored, e);
}

/* Reads what has changed; *all becomes true if that is not enough. */
static int read_changed(struct pg_in *in, bool *all, struct pawl_error *e)
{
    struct pg_oids list = {0}, grown = {0};
    int code = read_groups(in, false, all, e);
    *all |= in->groups[READ_GROUPS].digest != in->groups[READ_GROUPS].next_digest;
    if (!code && !*all)
        code = want_young(in, &list, e);
    if (!code && !*all)
        code = read_list(in, &list, &grown, all, e);
    if (!code && !*all)
        code = pg_vanished(in, &list, e);
    if (!code && !*all)
        code = want_views(in, &grown, &list, e);
    return code || *all ? code : read_list(in, &list, &grown, all, e);
}

/* What was not read stays, if the set agrees: after a rollback it does not. */
static int keep(struct pg_in *in, struct scan *s, bool *all, struct pawl_error *e)
{
    struct pg_oids list = {0}, grown = {0};
    int code = PAWL_OK;
    for (size_t i = 0; i < in->n_rels && !code; i++)
        if (!in->rels[i]->fresh && !scan_keep(s, in->rels[i]->oid, 1))
            code = pg_want(in, &list, in->rels[i]->oid, e);
    for (size_t i = 0; i < READ_GROUPS && !code; i++)
        if (!in->groups[i].read && !scan_keep(s, PG_GROUP_UNIT + i, 1))
            code = read_group(in, i, e);
    return code ? code : read_list(in, &list, &grown, all, e);
}

/* ---- the scan ---------------------------------------------------------------------------------------------------- */

static int put_all(struct pg_in *in, struct scan *s, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = 0; i < in->n_tables && !code; i++) {
        code = scan_unit(s, in->tables[i].rel->oid, 1, e);
        if (!code)
            code = pg_put_table(in, s, &in->tables[i], e);
    }
    for (size_t i = 0; i < READ_GROUPS && !code; i++) {
        if (!in->groups[i].read)
            continue;
        code = scan_unit(s, PG_GROUP_UNIT + i, 1, e);
        if (!code)
            code = pg_put_lines(s, in->groups[i].lines, e);
    }
    return code;
}

/* The next scan can build on this one. */
static void remember(struct pg_in *in)
{
    for (size_t i = 0; i < in->n_young; i++) {
        struct pg_rel *rel = pg_find_rel(in, in->young[i]->oid);
        if (rel)
            rel->stamp = in->young[i]->stamp;
    }
    for (size_t i = 0; i < PG_GROUPS; i++)
        in->groups[i].digest = in->groups[i].next_digest;
    in->horizon = in->next_horizon;
    in->known = true;
}

static int scan(void *state, struct scan *s, struct pawl_error *e)
{
    struct pg_in *in = state;
    bool all = !in->known;
    int code = pg_look(in, e);
    if (!code && !all)
        code = read_changed(in, &all, e);
    if (!code && !all)
        code = keep(in, s, &all, e);
    if (!code && all) {
        scan_again(s);
        code = read_all(in, e);
    }
    if (!code)
        code = pg_read_names(in, e);
    if (!code)
        code = put_all(in, s, e);
    if (!code)
        remember(in);
    else
        in->known = false;
    end_scan(in);
    return code;
}

const struct introspector introspect_postgres = {"postgres", open_state, close_state, scan};
