#include "proof/cascade.h"

#include "proof/tell.h"
#include "sql/head.h"
#include "sql/quote.h"

#define SQL_MAX ((size_t)1 << 20)
#define NAMED 3 /* tables that the message names */

/* A foreign key that does something to its table when the row it refers to goes. */
struct key {
    struct slice child, column, parent, to;
    bool deletes;               /* CASCADE, and not SET NULL or SET DEFAULT */
    int64_t rows[2], values[2]; /* of the child without and with enforcement; -1: the table is gone */
    bool parent_left;           /* after the text there is a table of the parent's name */
};

struct looking {
    struct trial *tr;
    const struct unit *up;
    struct arena arena;
    struct db *copy;
    struct db_snapshot *state;
    struct key *keys;
    size_t n, cap;
    bool failed; /* the text does not run there, so that nothing can be said */
};

/* ---- suspicion --------------------------------------------------------------------------------------------------- */

static int on_key(void *context, const struct db_value *c, size_t n, struct pawl_error *e)
{
    struct looking *x = context;
    (void)n;
    if (!arena_grow(&x->arena, (void **)&x->keys, &x->cap, x->n, sizeof *x->keys))
        return err_nomem(e);
    struct key *k = &x->keys[x->n++];
    *k = (struct key){
        .child = arena_dup(&x->arena, c[0].s),
        .column = arena_dup(&x->arena, c[1].s),
        .parent = arena_dup(&x->arena, c[2].s),
        .to = arena_dup(&x->arena, c[3].s),
        .deletes = slice_eq(c[4].s, SLICE("CASCADE")),
    };
    return k->child.p && k->column.p && k->parent.p && k->to.p ? PAWL_OK : err_nomem(e);
}

static int read_keys(struct looking *x, struct pawl_error *e)
{
    struct db_request r = {
        .sql = SLICE(
            "SELECT s.name, k.\"from\", k.\"table\", coalesce(k.\"to\", (SELECT name FROM pragma_table_info(k.\"table\")"
            " WHERE pk = k.seq + 1), 'rowid'), k.on_delete FROM sqlite_schema AS s, pragma_foreign_key_list(s.name) AS k"
            " WHERE s.type = 'table' AND k.on_delete IN ('CASCADE', 'SET NULL', 'SET DEFAULT')"),
        .on_row = on_key,
        .context = x,
    };
    return db_run(x->tr->db, &r, 1, NULL, e);
}

/* Is the written name one that a row can refer to, other than from the table itself? */
static bool is_parent(struct looking *x, struct slice written)
{
    STRBUF(name, SQL_MAX);
    quote_strip(&name, x->tr->db->driver->dialect, written);
    for (size_t i = 0; i < x->n; i++)
        if (slice_ieq(x->keys[i].parent, strbuf_slice(&name)) && !slice_ieq(x->keys[i].child, strbuf_slice(&name)))
            return true;
    return false;
}

/* Does the text drop such a table, under its name or under one that it gives it first? */
static bool is_suspicious(struct looking *x)
{
    const struct dialect *d = x->tr->db->driver->dialect;
    struct script_cursor c;
    struct script_statement st;
    struct head h;
    bool renamed = false, suspicious = false;
    script_start(&c, &x->up->script, &x->up->text, x->tr->db->driver->name, d);
    while (!suspicious && script_next(&c, &st)) {
        head_read(&h, d, st.sql);
        if (h.object != HEAD_TABLE)
            continue;
        renamed |= h.action == HEAD_RENAME && is_parent(x, h.name.name);
        suspicious = h.action == HEAD_DROP && (renamed || is_parent(x, h.name.name));
    }
    return suspicious;
}

static bool drops_tables(const struct looking *x)
{
    const struct dialect *d = x->tr->db->driver->dialect;
    struct script_cursor c;
    struct script_statement st;
    struct head h;
    script_start(&c, &x->up->script, &x->up->text, x->tr->db->driver->name, d);
    while (script_next(&c, &st)) {
        head_read(&h, d, st.sql);
        if (h.object == HEAD_TABLE && h.action == HEAD_DROP)
            return true;
    }
    return false;
}

/* ---- rows to lose ------------------------------------------------------------------------------------------------ */

struct names {
    struct arena *a;
    struct slice *items;
    size_t n, cap;
};

static int on_name(void *context, const struct db_value *c, size_t n, struct pawl_error *e)
{
    struct names *t = context;
    (void)n;
    if (!arena_grow(t->a, (void **)&t->items, &t->cap, t->n, sizeof *t->items))
        return err_nomem(e);
    t->items[t->n] = arena_dup(t->a, c[0].s);
    return t->items[t->n++].p ? PAWL_OK : err_nomem(e);
}

static int ask(struct db *db, const char *sql, struct slice first, db_row_fn *on_row, void *context,
               struct pawl_error *e)
{
    const struct db_value params[] = {DB_V_TEXT(first)};
    return db_run(
        db,
        &(struct db_request){
            .sql = slice_of(sql), .params = params, .n_params = first.p ? 1 : 0, .on_row = on_row, .context = context},
        1, NULL, e);
}

static int on_count(void *context, const struct db_value *c, size_t n, struct pawl_error *e)
{
    (void)e;
    for (size_t i = 0; i < n && i < 2; i++)
        ((int64_t *)context)[i] = c[i].i;
    return PAWL_OK;
}

/* The value by which a seeded row refers to a row that the set itself has made; n = 0: a seeded one. */
static const struct key *key_of(const struct looking *x, struct slice table, struct slice column)
{
    for (size_t i = 0; i < x->n; i++)
        if (slice_ieq(x->keys[i].child, table) && slice_ieq(x->keys[i].column, column))
            return &x->keys[i];
    return NULL;
}

/*
 * One row with 1 in every column, so that each refers to the others as far as it can; where the parent has rows, to one of those.
 * What the table refuses even so stays empty.
 */
static int seed(struct looking *x, struct arena *a, struct slice table, struct pawl_error *e)
{
    struct names columns = {.a = a};
    int64_t rows[2] = {0};
    STRBUF(s, SQL_MAX);
    STRBUF(values, SQL_MAX);
    const struct dialect *d = x->copy->driver->dialect;
    strbuf_addz(&s, "SELECT count(*) FROM ");
    quote_identifier(&s, d, table);
    int code = ask(x->copy, strbuf_z(&s), (struct slice){NULL, 0}, on_count, rows, e);
    if (code || rows[0])
        return code == PAWL_SQL ? PAWL_OK : code;
    code = ask(x->copy, "SELECT name FROM pragma_table_xinfo(?1) WHERE hidden = 0", table, on_name, &columns, e);
    strbuf_reset(&s);
    strbuf_addz(&s, "INSERT OR IGNORE INTO ");
    quote_identifier(&s, d, table);
    for (size_t i = 0; i < columns.n; i++) {
        const struct key *k = key_of(x, table, columns.items[i]);
        strbuf_addz(&s, i ? ", " : " (");
        quote_identifier(&s, d, columns.items[i]);
        strbuf_addz(&values, i ? ", " : "");
        if (k) {
            strbuf_addz(&values, "coalesce((SELECT ");
            quote_identifier(&values, d, k->to);
            strbuf_addz(&values, " FROM ");
            quote_identifier(&values, d, k->parent);
            strbuf_addz(&values, " LIMIT 1), 1)");
        } else {
            strbuf_addz(&values, "1");
        }
    }
    strbuf_addf(&s, ") VALUES (%s)", strbuf_z(&values));
    if (code || !strbuf_ok(&s) || !strbuf_ok(&values))
        return code ? code : err_nomem(e);
    code = db_exec(x->copy, strbuf_z(&s), NULL);
    if (code == PAWL_NOMEM)
        return err_nomem(e);
    return code == PAWL_INTERRUPTED ? err_set(e, PAWL_INTERRUPTED, "interrupted") : PAWL_OK;
}

/* Triggers of the schema are not to fire: they are none of the matter. */
static int seed_all(struct looking *x, struct pawl_error *e)
{
    ARENA(a);
    struct names tables = {.a = &a};
    int code = db_exec(x->copy, "PRAGMA foreign_keys = OFF", e);
    if (!code)
        code = db_exec(x->copy, "PRAGMA ignore_check_constraints = ON", e);
    if (!code)
        code = ask(x->copy,
                   "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
                   " AND sql NOT LIKE 'create virtual%' ORDER BY rowid",
                   (struct slice){NULL, 0}, on_name, &tables, e);
    for (size_t i = 0; i < tables.n && !code; i++)
        if (!slice_ieq(tables.items[i], x->tr->options->ledger))
            code = seed(x, &a, tables.items[i], e);
    return code;
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

static int count(struct looking *x, int which, struct pawl_error *e)
{
    for (size_t i = 0; i < x->n; i++) {
        struct key *k = &x->keys[i];
        int64_t there[2] = {0}, counts[2] = {-1, -1};
        STRBUF(s, SQL_MAX);
        strbuf_addz(&s, "SELECT count(*), count(");
        quote_identifier(&s, x->copy->driver->dialect, k->column);
        strbuf_addz(&s, ") FROM ");
        quote_identifier(&s, x->copy->driver->dialect, k->child);
        int code = ask(x->copy, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE",
                       k->parent, on_count, there, e);
        k->parent_left = there[0] != 0;
        if (!code)
            code =
                strbuf_ok(&s) ? ask(x->copy, strbuf_z(&s), (struct slice){NULL, 0}, on_count, counts, e) : err_nomem(e);
        if (code && code != PAWL_SQL)
            return code;
        k->rows[which] = counts[0];
        k->values[which] = counts[1];
    }
    return PAWL_OK;
}

/*
 * In a transaction, as runners have it. A text that brings its own can be run only by one that has none: what stands in front of its
 * BEGIN is outside.
 */
static int send(struct looking *x, struct pawl_error *e)
{
    const struct db_driver *driver = x->copy->driver;
    const struct script *script = &x->up->script;
    struct script_cursor c;
    struct script_statement st;
    bool outside = unit_outside(x->up), begun = false, ended = false;
    int code = PAWL_OK;
    script_start(&c, script, &x->up->text, driver->name, driver->dialect);
    while (!code && script_next(&c, &st)) {
        if (!outside && !begun && !(script->own_transaction && st.offset < script->begin)) {
            code = db_exec(x->copy, driver->begin, e);
            begun = true;
        }
        if (!code && begun && !ended && script->own_transaction && st.offset > script->commit) {
            code = db_exec(x->copy, driver->commit, e);
            ended = true;
        }
        if (!code)
            code = db_run(x->copy, &(struct db_request){.sql = st.sql}, 1, NULL, e);
    }
    if (!code && begun && !ended)
        code = db_exec(x->copy, driver->commit, e);
    if (code)
        db_rollback(x->copy);
    return code;
}

/* From the state before the text, once without and once with enforcement. */
static int run(struct looking *x, int enforced, struct pawl_error *e)
{
    int code = x->copy->driver->restore(x->copy, x->state, e);
    if (!code)
        code = seed_all(x, e);
    if (!code && enforced)
        code = db_exec(x->copy, "PRAGMA foreign_keys = ON", e);
    if (code)
        return code;
    code = send(x, e);
    if (code && run_is_refusal(code)) {
        x->failed = true;
        return PAWL_OK;
    }
    return code ? code : count(x, enforced, e);
}

static int copy_state(struct looking *x, struct pawl_error *e)
{
    const struct proof_options *o = x->tr->options;
    struct db_options options = o->db;
    options.scratch = true;
    int code = o->driver->scratch(o->server, &options, &x->copy, e);
    return code ? code : o->driver->snapshot(x->tr->db, &x->state, e);
}

/* ---- telling ----------------------------------------------------------------------------------------------------- */

static bool loses(const struct key *k)
{
    return k->parent_left && k->rows[0] >= 0 && k->rows[1] >= 0 &&
           (k->rows[1] < k->rows[0] || (k->rows[1] == k->rows[0] && k->values[1] < k->values[0]));
}

/* Of a child with several such keys one is told. */
static bool is_told(const struct looking *x, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (loses(&x->keys[j]) && slice_ieq(x->keys[j].child, x->keys[i].child) &&
            x->keys[j].rows[1] < x->keys[j].rows[0])
            return true;
    return false;
}

static int tell_losses(struct looking *x, size_t k, struct pawl_error *e)
{
    STRBUF(s, SQL_MAX);
    size_t n = 0;
    for (size_t i = 0; i < x->n; i++) {
        const struct key *key = &x->keys[i];
        if (!loses(key) || is_told(x, i) || n++ >= NAMED)
            continue;
        strbuf_addz(&s, n > 1 ? "; " : "");
        if (key->rows[1] < key->rows[0])
            strbuf_addf(&s, "%lld of %lld row%s of " SLICE_FMT " would be deleted",
                        (long long)(key->rows[0] - key->rows[1]), (long long)key->rows[0], key->rows[0] == 1 ? "" : "s",
                        SLICE_ARG(key->child));
        else
            strbuf_addf(&s, SLICE_FMT "." SLICE_FMT " would lose its value in %lld of %lld row%s",
                        SLICE_ARG(key->child), SLICE_ARG(key->column), (long long)(key->values[0] - key->values[1]),
                        (long long)key->rows[0], key->rows[0] == 1 ? "" : "s");
    }
    if (n > NAMED)
        strbuf_addf(&s, "; and so on for %zu more", n - NAMED);
    if (!n)
        return PAWL_OK;
    return tell_plain(
        x->tr, k, PAWL_FINDING_CASCADE_DELETES,
        "let pawl run it, with foreign keys off around each file; or let it begin with `-- no-transaction` and "
        "PRAGMA foreign_keys = OFF; or say ALTER TABLE and let pawl make the table anew",
        e, "dropping a table that others refer to, under a runner that enforces foreign keys as sqlx does: %s",
        strbuf_z(&s));
}

static int look(struct looking *x, size_t k, struct pawl_error *e)
{
    int code = read_keys(x, e);
    if (code || !is_suspicious(x))
        return code;
    code = copy_state(x, e);
    if (!code)
        code = run(x, 0, e);
    if (!code && !x->failed)
        code = run(x, 1, e);
    return code || x->failed ? code : tell_losses(x, k, e);
}

int cascade_look(struct trial *tr, size_t k, const struct unit *up, struct pawl_error *e)
{
    const struct db_driver *driver = tr->db->driver;
    struct looking x = {.tr = tr, .up = up};
    /* A text that leaves the runner's transaction for it, or has several, switches foreign keys off where that works. */
    if (!dialect_has(driver->dialect, DIALECT_PRAGMA) || !driver->snapshot || up->code || up->script.inside_out ||
        up->only_pawl || ((unit_outside(up) || up->script.several) && up->script.foreign_keys_off) ||
        driver->in_transaction(tr->db) || !drops_tables(&x))
        return PAWL_OK;
    int code = look(&x, k, e);
    driver->forget(x.state);
    db_close(x.copy);
    arena_clear(&x.arena);
    return code;
}
