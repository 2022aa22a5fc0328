#include "schema/sqlite_account.h"

#include "schema/sqlite_spell.h"
#include "sql/quote.h"

#define SQL_MAX ((size_t)1 << 24)

struct making {
    struct arena *a;
    struct db *db;
    const struct outline *before;
    const struct edit *edit;
    struct slice old;
    struct account *out;
    bool failed;
};

static bool add(struct making *m, struct db_request **list, size_t *n, size_t *cap, const struct strbuf *s,
                db_row_fn *on_row, void *context)
{
    struct slice sql = strbuf_ok(s) ? arena_dup(m->a, strbuf_slice(s)) : (struct slice){NULL, 0};
    if (!sql.p || !context || !arena_grow(m->a, (void **)list, cap, *n, sizeof **list)) {
        m->failed = true;
        return false;
    }
    (*list)[(*n)++] = (struct db_request){.sql = sql, .on_row = on_row, .context = context};
    return true;
}

static void add_rows(struct making *m, const struct strbuf *s, db_row_fn *on_row, void *context)
{
    add(m, &m->out->rows, &m->out->n_rows, &m->out->cap_rows, s, on_row, context);
}

/* ---- rows and values --------------------------------------------------------------------------------------------- */

/* How many rows, and how many values in each column that is copied. */
struct tally {
    struct slice table;
    struct slice *columns;
    size_t n;
    int64_t *counts; /* [0] rows, then columns */
};

static int on_count(void *context, const struct db_value *c, size_t n, struct pawl_error *e)
{
    struct tally *t = context;
    (void)e;
    for (size_t i = 0; i <= t->n && i < n; i++)
        t->counts[i] = c[i].i;
    return PAWL_OK;
}

static int on_compare(void *context, const struct db_value *c, size_t n, struct pawl_error *e)
{
    const struct tally *t = context;
    for (size_t i = 0; i <= t->n && i < n; i++) {
        if (t->counts[i] == c[i].i)
            continue;
        if (i == 0)
            return err_set(e, PAWL_DATA, "the new table " SLICE_FMT " would have %lld rows, and the old one has %lld",
                           SLICE_ARG(t->table), (long long)c[0].i, (long long)t->counts[0]);
        return err_set(e, PAWL_DATA,
                       "column " SLICE_FMT " of the new table " SLICE_FMT
                       " would have %lld values, and the old one has %lld",
                       SLICE_ARG(t->columns[i - 1]), SLICE_ARG(t->table), (long long)c[i].i, (long long)t->counts[i]);
    }
    return PAWL_OK;
}

static void count_sql(struct making *m, const struct tally *t, struct slice table, db_row_fn *on_row, void *context)
{
    STRBUF(s, SQL_MAX);
    strbuf_addz(&s, "SELECT count(*)");
    for (size_t i = 0; i < t->n; i++) {
        strbuf_addz(&s, ", count(");
        quote_identifier(&s, &dialect_sqlite, t->columns[i]);
        strbuf_addz(&s, ")");
    }
    strbuf_addz(&s, " FROM ");
    quote_identifier(&s, &dialect_sqlite, table);
    add_rows(m, &s, on_row, context);
}

static const struct edit_using *using_of(const struct edit *edit, struct slice column)
{
    for (size_t i = edit->n_using; i-- > 0;)
        if (slice_ieq(edit->using[i].column, column))
            return &edit->using[i];
    return NULL;
}

/* SQLite has at most 32767 columns in a result; one for the rows. */
static void count_rows(struct making *m)
{
    const struct outline *after = &m->edit->outline;
    struct tally *t = arena_alloc(m->a, sizeof *t);
    if (!t) {
        m->failed = true;
        return;
    }
    t->table = after->name;
    t->columns = arena_array(m->a, after->n_columns, sizeof *t->columns);
    t->counts = arena_array(m->a, after->n_columns + 1, sizeof *t->counts);
    if (!t->columns || !t->counts) {
        m->failed = true;
        return;
    }
    for (size_t i = 0; i < after->n_columns; i++) {
        const struct edit_using *u = using_of(m->edit, after->columns[i].name);
        bool made = u && u->expression.n;
        if (!made && outline_column(m->before, after->columns[i].name) != SIZE_MAX && !after->columns[i].generated)
            t->columns[t->n++] = after->columns[i].name;
    }
    count_sql(m, t, m->old, on_count, t);
    count_sql(m, t, after->name, on_compare, t);
}

/* ---- what PostgreSQL would refuse, and SQLite takes ---------------------------------------------------------------- */

struct misfit {
    struct slice table, column, what;
};

static int on_misfit(void *context, const struct db_value *c, size_t n, struct pawl_error *e)
{
    const struct misfit *m = context;
    if (n < 2 || c[0].i == 0)
        return PAWL_OK;
    return err_set(e, PAWL_SQL, "%lld value%s of " SLICE_FMT "." SLICE_FMT " %s " SLICE_FMT ", the first is " SLICE_FMT,
                   (long long)c[0].i, c[0].i == 1 ? "" : "s", SLICE_ARG(m->table), SLICE_ARG(m->column),
                   c[0].i == 1 ? "is no" : "are no", SLICE_ARG(m->what), SLICE_ARG(c[1].s));
}

static void look_for(struct making *m, struct slice column, const char *what, const char *condition)
{
    struct misfit *misfit = arena_alloc(m->a, sizeof *misfit);
    STRBUF(s, SQL_MAX);
    if (misfit)
        *misfit = (struct misfit){m->edit->outline.name, column, slice_of(what)};
    strbuf_addz(&s, "SELECT count(*), substr(quote(min(");
    quote_identifier(&s, &dialect_sqlite, column);
    strbuf_addz(&s, ")), 1, 60) FROM ");
    quote_identifier(&s, &dialect_sqlite, m->edit->outline.name);
    strbuf_addz(&s, " WHERE ");
    for (const char *p = condition; *p; p++) {
        if (*p == '@')
            quote_identifier(&s, &dialect_sqlite, column);
        else
            strbuf_addc(&s, *p);
    }
    add_rows(m, &s, on_misfit, misfit);
}

static bool begins(struct slice type, const char *lower)
{
    return slice_ieq(slice_sub(type, 0, strlen(lower)), slice_of(lower));
}

static void look_at_values(struct making *m)
{
    for (size_t i = 0; i < m->edit->n_using; i++) {
        const struct edit_using *u = &m->edit->using[i];
        if (outline_column(&m->edit->outline, u->column) == SIZE_MAX)
            continue;
        enum affinity affinity = spell_affinity(u->type);
        if (begins(u->type, "bool"))
            look_for(m, u->column, "boolean", "@ NOT IN (0, 1)");
        else if (affinity == AFFINITY_INTEGER)
            look_for(m, u->column, "integer", "typeof(@) NOT IN ('integer', 'null')");
        else if (affinity == AFFINITY_REAL || begins(u->type, "numeric") || begins(u->type, "dec"))
            look_for(m, u->column, "number", "typeof(@) NOT IN ('integer', 'real', 'null')");
    }
}

static const struct outline_constraint *primary_key(const struct outline *o)
{
    for (size_t i = 0; i < o->n_constraints; i++)
        if (o->constraints[i].kind == OUTLINE_PRIMARY_KEY)
            return &o->constraints[i];
    return NULL;
}

static int on_null(void *context, const struct db_value *c, size_t n, struct pawl_error *e)
{
    const struct misfit *m = context;
    if (n < 1 || c[0].i == 0)
        return PAWL_OK;
    return err_set(e, PAWL_SQL,
                   "%lld row%s of " SLICE_FMT " %s no value in " SLICE_FMT ", and a primary key must have one",
                   (long long)c[0].i, c[0].i == 1 ? "" : "s", SLICE_ARG(m->table), c[0].i == 1 ? "has" : "have",
                   SLICE_ARG(m->column));
}

/* SQLite lets NULL be in a primary key that is not the rowid. */
static void look_at_key(struct making *m)
{
    const struct outline_constraint *key = primary_key(&m->edit->outline);
    for (size_t i = 0; key && !primary_key(m->before) && i < key->n_columns; i++) {
        struct misfit *misfit = arena_alloc(m->a, sizeof *misfit);
        STRBUF(s, SQL_MAX);
        if (misfit)
            *misfit = (struct misfit){m->edit->outline.name, key->columns[i], {NULL, 0}};
        strbuf_addz(&s, "SELECT count(*) FROM ");
        quote_identifier(&s, &dialect_sqlite, m->edit->outline.name);
        strbuf_addz(&s, " WHERE ");
        quote_identifier(&s, &dialect_sqlite, key->columns[i]);
        strbuf_addz(&s, " IS NULL");
        add_rows(m, &s, on_null, misfit);
    }
}

/* ---- foreign keys ------------------------------------------------------------------------------------------------ */

struct keys {
    struct slice table;
    int64_t broken; /* before; INT64_MAX: its keys could not be looked at even then */
};

static int on_table(void *context, const struct db_value *c, size_t n, struct pawl_error *e)
{
    struct making *m = context;
    struct keys *k = arena_alloc(m->a, sizeof *k);
    STRBUF(s, SQL_MAX);
    (void)n;
    if (!k)
        return err_nomem(e);
    k->table = arena_dup(m->a, c[0].s);
    strbuf_addz(&s, "SELECT count(*), min(parent) FROM pragma_foreign_key_check(");
    quote_literal(&s, &dialect_sqlite, k->table);
    strbuf_addz(&s, ")");
    if (!k->table.p || !add(m, &m->out->keys, &m->out->n_keys, &m->out->cap_keys, &s, NULL, k))
        return err_nomem(e);
    return PAWL_OK;
}

static int on_broken(void *context, const struct db_value *c, size_t n, struct pawl_error *e)
{
    (void)n, (void)e;
    ((struct keys *)context)->broken = c[0].i;
    return PAWL_OK;
}

static int on_check(void *context, const struct db_value *c, size_t n, struct pawl_error *e)
{
    const struct keys *k = context;
    (void)n;
    if (c[0].i <= k->broken)
        return PAWL_OK;
    err_set(e, PAWL_DATA, "%lld row%s of " SLICE_FMT " would refer to rows of " SLICE_FMT " that do not exist",
            (long long)(c[0].i - k->broken), c[0].i - k->broken == 1 ? "" : "s", SLICE_ARG(k->table),
            SLICE_ARG(c[1].s));
    err_hint(e, "insert the missing rows, or delete those that refer to them, in front of this statement");
    return PAWL_DATA;
}

/* The table itself, and all that refer to it. */
static int find_keys(struct making *m, struct pawl_error *e)
{
    struct db_value name = DB_V_TEXT(m->before->name);
    struct db_request tables = {
        .sql = SLICE("SELECT ?1 UNION ALL SELECT name FROM sqlite_schema AS s WHERE type = 'table'"
                     " AND name <> ?1 COLLATE NOCASE AND sql LIKE '%references%' AND instr(lower(sql), lower(?1))"
                     " AND EXISTS (SELECT 1 FROM pragma_foreign_key_list(s.name)"
                     " WHERE \"table\" = ?1 COLLATE NOCASE)"),
        .params = &name,
        .n_params = 1,
        .on_row = on_table,
        .context = m,
    };
    int code = db_run(m->db, &tables, 1, NULL, e);
    for (size_t i = 0; !code && i < m->out->n_keys; i++) {
        struct db_request *r = &m->out->keys[i];
        struct keys *k = r->context;
        r->on_row = on_broken;
        code = db_run(m->db, r, 1, NULL, e);
        if (code == PAWL_SQL) { /* "foreign key mismatch": then nobody can say more afterwards */
            k->broken = INT64_MAX;
            code = PAWL_OK;
        }
        r->on_row = on_check;
    }
    return code;
}

/* Those whose keys could not be looked at before are left out. */
static void leave_out(struct making *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->out->n_keys; i++)
        if (((struct keys *)m->out->keys[i].context)->broken != INT64_MAX)
            m->out->keys[n++] = m->out->keys[i];
    m->out->n_keys = n;
}

int account_begin(struct arena *a, struct db *db, const struct outline *before, const struct edit *after,
                  struct slice old, struct account *out, struct pawl_error *e)
{
    *out = (struct account){0};
    struct making m = {.a = a, .db = db, .before = before, .edit = after, .old = old, .out = out};
    count_rows(&m);
    look_at_values(&m);
    look_at_key(&m);
    if (m.failed)
        return err_nomem(e);
    int code = find_keys(&m, e);
    leave_out(&m);
    return code;
}
