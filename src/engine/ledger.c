#include "engine/ledger.h"

#include "sql/dialect.h"
#include "sql/quote.h"

static bool is_name(struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i && c >= '0' && c <= '9'))
            return false;
    }
    return s.n > 0;
}

/* Quoting an unquoted name changes nothing but its case, which the engine would have folded. */
static void add_folded(struct strbuf *b, const struct dialect *d, struct slice name)
{
    STRBUF(folded, 256);
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        strbuf_addc(&folded, d->fold == DIALECT_FOLD_LOWER && c >= 'A' && c <= 'Z' ? (char)(c + 32) : c);
    }
    b->failed |= folded.failed;
    quote_identifier(b, d, strbuf_slice(&folded));
}

static int quoted_name(struct strbuf *b, const struct dialect *d, struct slice name, struct pawl_error *e)
{
    size_t dot = slice_find_byte(name, '.');
    struct slice schema = dot == SIZE_MAX ? SLICE("") : slice_sub(name, 0, dot);
    struct slice table = dot == SIZE_MAX ? name : slice_sub(name, dot + 1, name.n);
    if (!is_name(table) || (dot != SIZE_MAX && !is_name(schema)) || name.n > 200) {
        err_set(e, PAWL_CONFIG, "the ledger's name must be table or schema.table, not \"" SLICE_FMT "\"",
                SLICE_ARG(name));
        err_hint(e, "use letters, digits and underscores; the default is _sqlx_migrations");
        return PAWL_CONFIG;
    }
    if (schema.n) {
        add_folded(b, d, schema);
        strbuf_addc(b, '.');
    }
    add_folded(b, d, table);
    return PAWL_OK;
}

/* The template with the name in place of {t}. */
static struct slice expand(struct arena *a, const char *template, struct slice name)
{
    STRBUF(b, 4096);
    struct slice rest = slice_of(template);
    size_t at;
    while ((at = slice_find(rest, SLICE("{t}"))) != SIZE_MAX) {
        strbuf_add(&b, slice_sub(rest, 0, at));
        strbuf_add(&b, name);
        rest = slice_sub(rest, at + 3, rest.n);
    }
    strbuf_add(&b, rest);
    return strbuf_ok(&b) ? arena_dup(a, strbuf_slice(&b)) : (struct slice){NULL, 0};
}

static int make_statements(struct arena *a, const struct db_driver *driver, struct slice t, struct ledger *out,
                           struct pawl_error *e)
{
    const struct db_ledger_sql *sql = driver->ledger;
    out->create = expand(a, sql->create, t);
    out->select = expand(a, sql->select, t);
    out->insert = expand(a, sql->insert, t);
    out->finish = expand(a, sql->finish, t);
    out->progress = expand(a, sql->progress, t);
    out->remove = expand(a, sql->remove, t);
    out->restamp = expand(a, sql->restamp, t);
    if (sql->lock)
        out->lock = expand(a, sql->lock, t);
    if (sql->measure)
        out->measure = expand(a, sql->measure, t);
    if (sql->index)
        out->index = expand(a, sql->index, t);
    bool ok = out->name.p && out->create.p && out->select.p && out->insert.p && out->finish.p && out->progress.p &&
              out->remove.p && out->restamp.p && (!sql->measure || out->measure.p) && (!sql->index || out->index.p) &&
              (!sql->lock || out->lock.p);
    return ok ? PAWL_OK : err_nomem(e);
}

int ledger_init(struct arena *a, const struct db_driver *driver, struct slice name, struct ledger *out,
                struct pawl_error *e)
{
    STRBUF(quoted, 512);
    int code = quoted_name(&quoted, driver->dialect, name, e);
    if (code)
        return code;
    if (!strbuf_ok(&quoted))
        return err_nomem(e);
    *out = (struct ledger){.name = arena_dup(a, name), .placed = slice_find_byte(name, '.') != SIZE_MAX};
    return make_statements(a, driver, strbuf_slice(&quoted), out, e);
}

static int set_schema(struct arena *a, struct ledger *l, const struct db_driver *driver, const struct strbuf *schema,
                      struct pawl_error *e)
{
    STRBUF(quoted, 512);
    if (l->placed || !schema->n)
        return PAWL_OK;
    quote_identifier(&quoted, driver->dialect, strbuf_slice(schema));
    strbuf_addc(&quoted, '.');
    add_folded(&quoted, driver->dialect, l->name);
    if (!strbuf_ok(&quoted))
        return err_nomem(e);
    l->placed = true;
    return make_statements(a, driver, strbuf_slice(&quoted), l, e);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

struct reading {
    struct arena *a;
    struct history *out;
    size_t cap;
};

static bool is_integer(const struct db_value *v)
{
    return v->type == DB_INT || v->type == DB_BOOL;
}

static int on_row(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct reading *r = context;
    struct history *h = r->out;
    void *rows = h->rows;
    /* SQLite keeps whatever was written into a column, so the types are looked at row by row. */
    bool fits = n == 6 && is_integer(&v[0]) && v[1].type == DB_TEXT && is_integer(&v[3]) &&
                (v[4].type == DB_BLOB || v[4].type == DB_TEXT) && is_integer(&v[5]);
    if (!fits)
        return err_set(e, PAWL_LEDGER, "the ledger has a row whose values are not of the ledger's types");
    if (!arena_grow(r->a, &rows, &r->cap, h->n, sizeof *h->rows))
        return err_nomem(e);
    h->rows = rows;
    struct ledger_row *row = &h->rows[h->n++];
    *row = (struct ledger_row){
        .version = v[0].i,
        .description = arena_dup(r->a, v[1].s),
        .installed_on = arena_dup(r->a, v[2].s),
        .success = v[3].i != 0,
        .checksum = arena_dup(r->a, v[4].s),
        .execution_time = v[5].i,
    };
    return row->description.p && row->installed_on.p && row->checksum.p ? PAWL_OK : err_nomem(e);
}

/* Says so around what the engine said; *e has that. */
static int wrong_shape(const struct ledger *l, struct pawl_error *e)
{
    struct pawl_error why = {0};
    if (e)
        why = *e;
    err_set(e, PAWL_LEDGER, "the table " SLICE_FMT " is not a ledger of sqlx's shape: %s", SLICE_ARG(l->name),
            why.message);
    err_hint(e, "it may belong to another tool; name another ledger with `table` in pawl.toml");
    return PAWL_LEDGER;
}

int ledger_read(struct arena *a, struct ledger *l, struct db *db, struct history *out, struct pawl_error *e)
{
    struct reading r = {.a = a, .out = out};
    struct db_request request = {.sql = l->select, .on_row = on_row, .context = &r};
    *out = (struct history){.exists = true};
    STRBUF(schema, 512);
    struct db_place place = {.exists = true, .schema = &schema};
    int code = db->driver->read_ledger ? db->driver->read_ledger(db, l->name, l->select, &place, on_row, &r, e)
                                       : db_run(db, &request, 1, NULL, e);
    out->exists = place.exists;
    out->alone = place.alone;
    if (!code)
        code = set_schema(a, l, db->driver, &schema, e);
    if (code == PAWL_LEDGER && e && e->sqlstate[0])
        return wrong_shape(l, e);
    if (code != PAWL_SQL || db->driver->read_ledger)
        return code;

    /* The table is looked for only now: it is nearly always there, and so a look costs one round trip. */
    struct pawl_error why = {0};
    bool exists = true;
    *out = (struct history){0};
    code = db->driver->table_exists(db, l->name, &exists, &why);
    if (code) {
        if (e)
            *e = why;
        return code;
    }
    if (exists)
        return wrong_shape(l, e);
    err_clear(e);
    return PAWL_OK;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static struct db_request request(struct arena *a, struct slice sql, const struct db_value *params, size_t n)
{
    struct db_value *copy = arena_array(a, n, sizeof *copy);
    if (!copy)
        return (struct db_request){0};
    memcpy(copy, params, n * sizeof *copy);
    return (struct db_request){.sql = sql, .params = copy, .n_params = n, .often = true};
}

static struct db_value checksum_value(const unsigned char *checksum)
{
    return DB_V_BLOB(((struct slice){(const char *)checksum, SHA384_BYTES}));
}

struct db_request ledger_insert(struct arena *a, const struct ledger *l, const struct migration *m, bool success)
{
    struct db_value params[] = {DB_V_INT(m->version), DB_V_TEXT(m->description), checksum_value(m->up.checksum),
                                DB_V_BOOL(success), DB_V_INT(-1)};
    return request(a, l->insert, params, 5);
}

struct db_request ledger_finish(struct arena *a, const struct ledger *l, int64_t version, int64_t nanoseconds)
{
    struct db_value params[] = {DB_V_INT(version), DB_V_INT(nanoseconds)};
    return request(a, l->finish, params, 2);
}

struct db_request ledger_progress(struct arena *a, const struct ledger *l, int64_t version, int64_t base, size_t done)
{
    struct db_value params[] = {DB_V_INT(version), DB_V_INT(base - (int64_t)done)};
    return request(a, l->progress, params, 2);
}

struct db_request ledger_measure(struct arena *a, const struct ledger *l, int64_t version)
{
    struct db_value params[] = {DB_V_INT(version)};
    return request(a, l->measure, params, 1);
}

struct db_request ledger_index(struct arena *a, const struct ledger *l, struct slice schema, struct slice table,
                               struct slice index, int64_t version)
{
    struct db_value params[] = {DB_V_TEXT(schema), DB_V_TEXT(table), DB_V_TEXT(index), DB_V_INT(version)};
    return request(a, l->index, params, 4);
}

struct db_request ledger_remove(struct arena *a, const struct ledger *l, int64_t version)
{
    struct db_value params[] = {DB_V_INT(version)};
    return request(a, l->remove, params, 1);
}

struct db_request ledger_restamp(struct arena *a, const struct ledger *l, int64_t version,
                                 const unsigned char checksum[SHA384_BYTES])
{
    struct db_value params[] = {DB_V_INT(version), checksum_value(checksum)};
    return request(a, l->restamp, params, 2);
}
