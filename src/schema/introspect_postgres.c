/* The introspector of PostgreSQL: what is read in a scan, and what need not be. */
#include "schema/introspect.h"

#include <stdlib.h>

#include "base/mem.h"
#include "schema/postgres_groups.h"
#include "schema/postgres_read.h"
#include "schema/shape.h"

#define LIST_MAX (64u << 20)

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static int open_state(struct db *db, struct slice ledger, void **state, struct pawl_error *e)
{
    *state = NULL;
    int code = pg_watch_catalogs(db, e);
    struct pg_in *in = code ? NULL : mem_alloc(sizeof *in + ledger.n);
    if (!in)
        return code ? code : err_nomem(e);
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
    strbuf_init(&in->place, LIST_MAX);
    *state = in;
    return PAWL_OK;
}

/* Names that were looked up; to be looked up again. */
static void forget_names(struct pg_in *in)
{
    struct map *maps[] = {&in->schemas, &in->types, &in->classes, &in->collations, &in->methods, &in->values};
    arena_reset(&in->names);
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        *maps[i] = (struct map){0};
}

/* Everything that belongs to one scan. */
static void end_scan(struct pg_in *in)
{
    arena_reset(&in->arena);
    in->wanted = in->checks = in->expressions = in->young_by_oid = (struct map){0};
    in->young = NULL;
    in->again = (struct pg_oids){0};
    in->n_young = in->cap_young = in->n_tables = 0;
    memset(in->counted, 0, sizeof in->counted);
    memset(in->seen, 0, sizeof in->seen);
    for (size_t i = 0; i < in->n_rels; i++)
        in->rels[i]->fresh = in->rels[i]->wanted = false;
    for (size_t i = 0; i < PG_GROUPS; i++)
        in->groups[i] = (struct pg_group){0};
}

static void close_state(void *state)
{
    struct pg_in *in = state;
    if (!in)
        return;
    pg_forget_rels(in);
    mem_free(in->rels);
    mem_free(in->tables);
    mem_free(in->names_were);
    arena_clear(&in->arena);
    arena_clear(&in->names);
    arena_clear(&in->names_arena);
    fact_clear(&in->fact);
    strbuf_clear(&in->text);
    strbuf_clear(&in->place);
    mem_free(in);
}

/* ---- groups ------------------------------------------------------------------------------------------------------ */

static const struct pg_query *const group_queries[] = {pg_type_queries, pg_other_queries, pg_search_queries,
                                                       pg_comment_queries, pg_grant_queries};
#define PG_GRANTS 4
#define READ_GROUPS (sizeof group_queries / sizeof *group_queries)

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

/* The questions about a group, into a batch. */
static void add_group(struct pg_in *in, size_t i, struct pg_batch *b)
{
    struct pg_group *g = &in->groups[i];
    g->read = true;
    g->end = &g->lines;
    for (const struct pg_query *q = group_queries[i]; q->spec; q++) {
        if (in->version < q->since || (q->until && in->version > q->until))
            continue;
        struct line_context *c = arena_alloc(&in->arena, sizeof *c);
        b->failed |= !c;
        if (c)
            *c = (struct line_context){in, g, q};
        pg_add_kept(in, b, q, q->sql, NULL, 0, on_line, c);
    }
}

static int read_group(struct pg_in *in, size_t i, struct pawl_error *e)
{
    struct pg_batch b;
    pg_begin_asking(in, &b);
    add_group(in, i, &b);
    return pg_ask(in, &b, e);
}

/* `renamed` becomes true if what others mention has another name now. */
static int read_groups(struct pg_in *in, bool *renamed, struct pawl_error *e)
{
    int code = PAWL_OK;
    bool names = false;
    for (size_t i = 0; i < READ_GROUPS && !code; i++) {
        if (in->groups[i].read || !pg_group_changed(in, i))
            continue;
        names |= i < 2;
        code = read_group(in, i, e);
    }
    if (code || !names)
        return code;
    forget_names(in);
    return pg_renamed(in, renamed, e);
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

/* Puts the relations of the list, which were read, in their place. `renamed` becomes true if others have to be read for it. */
static int place_list(struct pg_in *in, struct pg_oids *list, struct pg_oids *grown, bool *renamed,
                      struct pawl_error *e)
{
    int code = PAWL_OK;
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

static int read_list(struct pg_in *in, struct pg_oids *list, struct pg_oids *grown, bool *renamed, struct pawl_error *e)
{
    struct slice text = pg_list(&in->arena, list);
    if (!list->n)
        return PAWL_OK;
    int code = text.p ? pg_read(in, false, text, e) : err_nomem(e);
    return code ? code : place_list(in, list, grown, renamed, e);
}

static const char views_sql[] =
    "select distinct r.ev_class from pg_depend d join pg_rewrite r on r.oid = d.objid where d.classid = 'pg_rewrite'::regclass and "
    "d.refclassid = 'pg_class'::regclass and d.refobjid = any ($1::oid[])";

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
    struct want_context c = {in, out};
    struct pg_batch b;
    if (!grown->n)
        return PAWL_OK;
    if (!list.p)
        return err_nomem(e);
    grown->n = 0;
    pg_begin_asking(in, &b);
    pg_add_kept(in, &b, views_sql, views_sql, &list, 1, on_view, &c);
    return pg_ask(in, &b, e);
}

static int want_young(struct pg_in *in, struct pg_oids *out, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = 0; i < in->n_young && !code; i++) {
        const struct pg_young *y = in->young[i];
        const struct pg_rel *rel = pg_find_rel(in, y->oid);
        if (!rel || pg_young_changed(in, rel, y))
            code = pg_want(in, out, y->oid, e);
    }
    return code;
}

/* All there is, in one flight. `look`: nobody has looked yet, so what the next scan compares with is asked for in front of it. */
static int read_all(struct pg_in *in, bool look, struct pawl_error *e)
{
    struct pg_batch b;
    bool ignored = false;
    in->n_tables = 0;
    pg_forget_rels(in);
    forget_names(in);
    pg_begin_asking(in, &b);
    if (look)
        pg_add_look(in, &b);
    for (size_t i = 0; i < READ_GROUPS; i++)
        if (!in->groups[i].read)
            add_group(in, i, &b);
    pg_add_renamed(in, &b, &ignored);
    int code = pg_read_with(in, &b, true, (struct slice){NULL, 0}, e);
    if (!code && in->db->alone && !in->unstamped)
        pg_take_logged(in, true);
    return code ? code : pg_merge(in, NULL, e);
}

/*
 * See rolled_back(). When that transaction is over, those that are only read for it hold nothing that the present one has written,
 * and need not be read again when that is rolled back, too.
 */
static int want_rolled_back(struct pg_in *in, struct pg_oids *out, struct pawl_error *e)
{
    bool over = in->rolled_back != in->next_moment.transaction;
    int code = PAWL_OK;
    for (size_t i = 0; i < in->n_rels && in->rolled_back && !code; i++) {
        const struct pg_rel *rel = in->rels[i];
        if (rel->transaction != in->rolled_back || rel->wanted)
            continue;
        if (over && !arena_grow(&in->arena, (void **)&in->again.v, &in->again.cap, in->again.n, sizeof *in->again.v))
            return err_nomem(e);
        if (over)
            in->again.v[in->again.n++] = rel->oid;
        code = pg_want(in, out, rel->oid, e);
    }
    return code;
}

/* What relations of extensions have is not theirs, but for privileges, which are in a group. */
static int read_members(struct pg_in *in, struct pawl_error *e)
{
    bool any = false;
    for (size_t i = 0; i < in->n_tables; i++)
        any |= in->tables[i].rel->member;
    return any && !in->groups[PG_GRANTS].read ? read_group(in, PG_GRANTS, e) : PAWL_OK;
}

/* Reads what has changed; *all becomes true if that is not enough. */
static int read_changed(struct pg_in *in, bool *all, struct pawl_error *e)
{
    struct pg_oids list = {0}, grown = {0};
    bool read = false;
    int code = in->by_locks ? pg_read_locked(in, &list, &read, e) : PAWL_OK;
    if (!code && read)
        code = place_list(in, &list, &grown, all, e);
    else if (!code && in->by_locks)
        code = pg_look_again(in, e);
    if (!code && !*all)
        code = read_groups(in, all, e);
    *all |= pg_group_changed(in, READ_GROUPS); /* members of extensions */
    if (!code && !*all)
        code = want_young(in, &list, e);
    if (!code && !*all)
        code = want_rolled_back(in, &list, e);
    if (!code && !*all)
        code = read_list(in, &list, &grown, all, e);
    if (!code && !*all)
        code = pg_vanished(in, &list, e);
    if (!code && !*all)
        code = want_views(in, &grown, &list, e);
    if (!code && !*all)
        code = read_list(in, &list, &grown, all, e);
    return code || *all ? code : read_members(in, e);
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

/* The next scan can build on this one, which has read `all` there is. */
static void remember(struct pg_in *in, bool all)
{
    for (size_t i = 0; i < in->n_young; i++) {
        struct pg_rel *rel = pg_find_rel(in, in->young[i]->oid);
        if (rel)
            pg_young_seen(in, rel, in->young[i]);
    }
    for (size_t i = 0; i < in->n_rels; i++)
        if (in->rels[i]->fresh)
            in->rels[i]->transaction = in->next_moment.transaction;
    for (size_t i = 0; i < in->again.n; i++) {
        struct pg_rel *rel = pg_find_rel(in, in->again.v[i]);
        if (rel)
            rel->transaction = 0;
    }
    for (size_t i = 0; i < PG_STAMPS; i++)
        in->none[i] = (in->none[i] || all) && !in->seen[i];
    pg_looked(in);
    pg_counted_all(in);
    in->rolled_back = 0;
    in->known = true;
}

static int scan_once(struct pg_in *in, struct scan *s, struct pawl_error *e)
{
    bool all = !in->known, looked = in->known;
    int code = looked ? pg_look(in, e) : PAWL_OK;
    if (!code && !all)
        code = read_changed(in, &all, e);
    if (!code && !all)
        code = keep(in, s, &all, e);
    if (!code && all) {
        scan_again(s);
        code = read_all(in, !looked, e);
    }
    if (!code)
        code = pg_read_names(in, e);
    if (!code)
        code = put_all(in, s, e);
    if (!code)
        remember(in, all);
    else
        in->known = false;
    end_scan(in);
    return code;
}

static int scan(void *state, struct scan *s, struct pawl_error *e)
{
    struct pg_in *in = state;
    bool kept = in->n_statements > 0;
    int code = scan_once(in, s, e);
    if (code != PAWL_SQL || !kept)
        return code;
    /* The session has lost what the server kept for us (DISCARD ALL, a pooler): do without. */
    in->n_statements = 0;
    in->unprepared = true;
    *e = (struct pawl_error){0};
    forget_names(in);
    scan_again(s);
    return scan_once(in, s, e);
}

/*
 * The counts of the transaction do not go back, and rows that are old again look like rows that were never touched. So all is
 * looked at, and what was read in this transaction is read again. Relations came back that nobody will find young: sums over all
 * of them are no measure any more, since others may be gone by then.
 */
static void rolled_back(void *state)
{
    struct pg_in *in = state;
    in->moment.counted = false;
    memset(in->none, 0, sizeof in->none);
    in->rolled_back = in->moment.transaction ? in->moment.transaction : in->rolled_back;
    memset(in->foreign_known, 0, sizeof in->foreign_known);
}

static void forget(void *state)
{
    struct pg_in *in = state;
    in->known = false;
}

static void unstamped(void *state)
{
    ((struct pg_in *)state)->unstamped = true;
}

static void unchanged(void *state)
{
    pg_unchanged(state);
}

static int save(void *state, void **out, struct pawl_error *e)
{
    struct pg_kept *kept = NULL;
    int code = pg_save(state, &kept, e);
    *out = kept;
    return code;
}

static bool other_names(const struct pg_in *in, const struct pg_kept *kept)
{
    return memcmp(in->digests, kept->digests, sizeof in->digests) != 0;
}

static void put_back(void *state, void *kept)
{
    struct pg_in *in = state;
    if (other_names(in, kept))
        forget_names(in);
    pg_put_back(in, kept);
}

static void give_up(void *state, void *kept)
{
    pg_give_up(state, kept);
}

const struct introspector introspect_postgres = {.driver = "postgres",
                                                 .open = open_state,
                                                 .close = close_state,
                                                 .scan = scan,
                                                 .rolled_back = rolled_back,
                                                 .unstamped = unstamped,
                                                 .unchanged = unchanged,
                                                 .save = save,
                                                 .put_back = put_back,
                                                 .give_up = give_up,
                                                 .forget = forget,
                                                 .shape = postgres_shape};
