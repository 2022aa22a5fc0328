/*
 * Facts of a SQLite database, from the texts in sqlite_schema alone. A row of it is a unit; its stamp is the hash of its
 * text. Rows without text are the indexes that SQLite makes for constraints: the constraint is the fact.
 *
 * The tables in which a virtual table keeps its data belong to it and are no facts. Which tables those are depends on
 * another row, so the set of virtual tables is part of every stamp.
 *
 * Where the driver tells what statements touched, only those rows and new ones are read (schema/sqlite_known).
 */
#include "schema/introspect.h"

#include "base/hash.h"
#include "base/mem.h"
#include "schema/sqlite_facts.h"
#include "schema/sqlite_known.h"

struct virtual_table {
    uint64_t id; /* rowid in sqlite_schema */
    struct slice name, module;
    bool seen; /* in the scan that runs */
};

struct state {
    struct db *db;
    struct slice ledger;
    struct arena arena;   /* of this structure */
    struct arena scratch; /* of one object */
    struct fact fact, list;
    /* The virtual tables as the last scan found them. */
    struct arena virtual_arena;
    struct virtual_table *virtuals;
    size_t n_virtuals, cap_virtuals;
    uint64_t salt; /* of stamps: their hash */
    bool changed;  /* this scan found others */
    struct scan *scan;
    struct known known, next; /* rows as the last scan saw them, and as this one does */
    uint64_t mark;            /* of the touches that the last scan took in */
    bool settled;             /* known is good */
};

static void close_state(void *context)
{
    struct state *s = context;
    fact_clear(&s->fact);
    fact_clear(&s->list);
    known_clear(&s->known);
    known_clear(&s->next);
    arena_clear(&s->scratch);
    arena_clear(&s->virtual_arena);
    arena_clear(&s->arena);
    mem_free(s);
}

static int open_state(struct db *db, struct slice ledger, void **out, struct pawl_error *e)
{
    struct state *s = mem_alloc(sizeof *s);
    if (!s)
        return err_nomem(e);
    s->db = db;
    size_t dot = slice_find_byte(ledger, '.'); /* main.x is x */
    s->ledger = arena_dup(&s->arena, dot == SIZE_MAX ? ledger : slice_sub(ledger, dot + 1, ledger.n));
    fact_init(&s->fact);
    fact_init(&s->list);
    if (!s->ledger.p) {
        close_state(s);
        return err_nomem(e);
    }
    *out = s;
    return PAWL_OK;
}

/* ---- virtual tables ---------------------------------------------------------------------------------------------- */

static int note_virtual(struct state *s, uint64_t id, const struct sqlite_object *o, struct pawl_error *e)
{
    struct slice module = tokens_name(o->t, o->at + 1);
    for (size_t i = 0; i < s->n_virtuals; i++) {
        struct virtual_table *v = &s->virtuals[i];
        if (v->id == id && slice_eq(v->name, o->name) && slice_eq(v->module, module)) {
            v->seen = true;
            return PAWL_OK;
        }
    }
    s->changed = true;
    struct virtual_table v = {id, arena_dup(&s->virtual_arena, o->name), arena_dup(&s->virtual_arena, module), true};
    if (!v.name.p || !v.module.p ||
        !arena_grow(&s->virtual_arena, (void **)&s->virtuals, &s->cap_virtuals, s->n_virtuals, sizeof v))
        return err_nomem(e);
    s->virtuals[s->n_virtuals++] = v;
    return PAWL_OK;
}

static void see_virtual(struct state *s, uint64_t id)
{
    for (size_t i = 0; i < s->n_virtuals; i++)
        if (s->virtuals[i].id == id)
            s->virtuals[i].seen = true;
}

/* At the end of a pass: those that were not seen are gone. */
static void settle_virtuals(struct state *s)
{
    size_t n = 0;
    uint64_t salt = 0;
    for (size_t i = 0; i < s->n_virtuals; i++) {
        struct virtual_table v = s->virtuals[i];
        if (!v.seen) {
            s->changed = true;
            continue;
        }
        salt += hash_fast(v.name) * 3 + hash_fast(v.module);
        v.seen = false;
        s->virtuals[n++] = v;
    }
    s->n_virtuals = n;
    s->salt = salt;
}

struct module_tables {
    const char *module;
    const char *suffixes; /* each ended by a space */
};

/* From the modules' sources in SQLite's ext/ (xShadowName). */
static const struct module_tables known_modules[] = {
    {"fts3", "content segments segdir docsize stat "},
    {"fts4", "content segments segdir docsize stat "},
    {"fts5", "data idx content docsize config "},
    {"rtree", "node parent rowid "},
    {"rtree_i32", "node parent rowid "},
    {"geopoly", "node parent rowid "},
};

static bool has_suffix(const char *suffixes, struct slice suffix)
{
    for (const char *p = suffixes; *p; p = strchr(p, ' ') + 1)
        if (slice_ieq(suffix, (struct slice){p, (size_t)(strchr(p, ' ') - p)}))
            return true;
    return false;
}

static int on_shadow(void *context, const struct db_value *columns, size_t n, struct pawl_error *e)
{
    (void)e;
    *(bool *)context = n && columns[0].i != 0;
    return PAWL_OK;
}

/* For modules that are not known here SQLite itself is asked, which knows as long as the module is loaded. */
static int ask_shadow(struct state *s, struct slice name, bool *out, struct pawl_error *e)
{
    struct db_value params[] = {DB_V_TEXT(name)};
    return db_run(s->db,
                  &(struct db_request){.sql = SLICE("SELECT count(*) FROM pragma_table_list(?1)"
                                                    " WHERE schema = 'main' AND type = 'shadow'"),
                                       .params = params,
                                       .n_params = 1,
                                       .on_row = on_shadow,
                                       .context = out},
                  1, NULL, e);
}

static const struct module_tables *known_module(struct slice module)
{
    for (size_t i = 0; i < sizeof known_modules / sizeof *known_modules; i++)
        if (slice_ieq(module, slice_of(known_modules[i].module)))
            return &known_modules[i];
    return NULL;
}

static int is_shadow(struct state *s, struct slice name, bool *out, struct pawl_error *e)
{
    int code = PAWL_OK;
    *out = false;
    for (size_t i = 0; i < s->n_virtuals && !*out && !code; i++) {
        const struct virtual_table *v = &s->virtuals[i];
        if (name.n <= v->name.n + 1 || name.p[v->name.n] != '_' || !slice_ieq(slice_sub(name, 0, v->name.n), v->name))
            continue;
        const struct module_tables *known = known_module(v->module);
        if (known)
            *out = has_suffix(known->suffixes, slice_sub(name, v->name.n + 1, name.n));
        else
            code = ask_shadow(s, name, out, e);
    }
    return code;
}

/* ---- the scan ---------------------------------------------------------------------------------------------------- */

static int put_unread(struct state *s, struct slice sql, struct pawl_error *e)
{
    fact_begin(&s->fact, "object");
    fact_content(&s->fact, sql);
    return scan_put(s->scan, &s->fact, e);
}

/* Is the object none of the user's: SQLite's own, the ledger, or part of a virtual table? */
static int left_out(struct state *s, const struct sqlite_object *o, bool *out, struct pawl_error *e)
{
    *out = slice_ieq(slice_sub(o->name, 0, 7), SLICE("sqlite_"));
    if (*out || o->kind != SQLITE_KIND_TABLE)
        return PAWL_OK;
    *out = slice_ieq(o->name, s->ledger);
    return *out ? PAWL_OK : is_shadow(s, o->name, out, e);
}

static int read_object(struct state *s, uint64_t id, struct slice sql, struct pawl_error *e)
{
    struct tokens t;
    bool skip;
    struct sqlite_object o = {.scan = s->scan, .fact = &s->fact, .list = &s->list, .t = &t};
    arena_reset(&s->scratch);
    if (!tokens_read(&t, &s->scratch, sql))
        return err_nomem(e);
    if (!sqlite_object_head(&o))
        return t.failed ? err_nomem(e) : put_unread(s, sql, e);
    int code = o.kind == SQLITE_KIND_VIRTUAL ? note_virtual(s, id, &o, e) : PAWL_OK;
    if (!code)
        code = left_out(s, &o, &skip, e);
    return code || skip ? code : sqlite_object_facts(&o, e);
}

static int on_row(void *context, const struct db_value *columns, size_t n, struct pawl_error *e)
{
    struct state *s = context;
    (void)n;
    if (columns[1].type != DB_TEXT) /* the index that a constraint brings along */
        return PAWL_OK;
    struct known_row row = {.id = (uint64_t)columns[0].i,
                            .stamp = hash_fast(columns[1].s) ^ s->salt,
                            .name = known_hash(columns[2].s),
                            .table = known_hash(columns[3].s)};
    if (!known_add(&s->next, &row))
        return err_nomem(e);
    if (scan_keep(s->scan, row.id, row.stamp)) {
        if (s->n_virtuals)
            see_virtual(s, row.id);
        return PAWL_OK;
    }
    int code = scan_unit(s->scan, row.id, row.stamp, e);
    return code ? code : read_object(s, row.id, columns[1].s, e);
}

#define ROWS "SELECT rowid, sql, name, tbl_name FROM main.sqlite_schema WHERE rowid"

static int read_rows(struct state *s, struct slice sql, uint64_t id, struct pawl_error *e)
{
    struct db_value params[] = {DB_V_INT((int64_t)id)};
    return db_run(s->db,
                  &(struct db_request){.sql = sql, .params = params, .n_params = 1, .on_row = on_row, .context = s}, 1,
                  NULL, e);
}

static int pass(struct state *s, struct pawl_error *e)
{
    s->changed = false;
    for (size_t i = 0; i < s->n_virtuals; i++)
        s->virtuals[i].seen = false;
    s->next.n = 0;
    int code = read_rows(s, SLICE(ROWS " > ?1"), 0, e);
    if (!code)
        settle_virtuals(s);
    return code;
}

/* A row that was touched is read again: it is another one, the same, or gone. */
static int read_again(struct state *s, size_t *i, struct pawl_error *e)
{
    struct known_row *row = &s->known.rows[*i];
    s->next.n = 0;
    scan_gone(s->scan, row->id);
    int code = read_rows(s, SLICE(ROWS " = ?1"), row->id, e);
    if (!code && s->next.n)
        s->known.rows[(*i)++] = s->next.rows[0];
    else if (!code)
        known_remove(&s->known, *i);
    return code;
}

/* What is known of rows that were not touched stays where it is, so that a large schema costs little. */
static int pass_touched(struct state *s, const struct touched_names *t, struct pawl_error *e)
{
    struct known *known = &s->known;
    int code = PAWL_OK;
    s->changed = false;
    scan_rest_stays(s->scan);
    while (known->n && touched_has(t, &known->rows[known->n - 1]))
        scan_gone(s->scan, known->rows[--known->n].id);
    uint64_t high = known->n ? known->rows[known->n - 1].id : 0; /* below it nothing is new */
    for (size_t i = touched_next(t, known, 0); !code && i < known->n; i = touched_next(t, known, i))
        code = read_again(s, &i, e);
    s->next.n = 0;
    if (!code)
        code = read_rows(s, SLICE(ROWS " > ?1"), high, e);
    for (size_t i = 0; !code && i < s->next.n; i++)
        code = known_add(known, &s->next.rows[i]) ? PAWL_OK : err_nomem(e);
    return code;
}

/* Virtual tables are part of every stamp, so with them (or with the first one) everything is looked at. */
static int scan(void *context, struct scan *scan, struct pawl_error *e)
{
    struct state *s = context;
    struct touched_names t = {.all = true};
    uint64_t mark = s->db->driver->touch_mark ? s->db->driver->touch_mark(s->db) : 0;
    s->scan = scan;
    if (s->settled && !s->n_virtuals && scan_steady(scan))
        touched_read(s->db, s->mark, &t);
    int code = t.all ? pass(s, e) : pass_touched(s, &t, e);
    if (!code && (s->changed || (!t.all && s->n_virtuals))) {
        scan_again(scan);
        t.all = true;
        code = pass(s, e);
    }
    s->settled = !code;
    if (code)
        return code;
    if (t.all) {
        struct known old = s->known;
        s->known = s->next;
        s->next = old;
    }
    s->mark = mark;
    return PAWL_OK;
}

const struct introspector introspect_sqlite = {
    .driver = "sqlite", .open = open_state, .close = close_state, .scan = scan};
