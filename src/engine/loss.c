#include "engine/loss.h"

#include "base/map.h"
#include "base/mem.h"
#include "schema/tables.h"
#include "sql/dialect.h"
#include "sql/quote.h"

/* A statement must stay below SQLite's limit of result columns (2000) and PostgreSQL's of target entries (1664). */
#define MOST_COLUMNS 1000

struct counted {
    const struct table *table;
    struct slice label; /* "users" or "public.users": as messages say it, and the key in the map */
    int64_t rows;
    int64_t *values; /* not null, by column; the one in front of them is that of the rows */
    const struct table *now;
    int64_t *now_values; /* as values, of `now`: the columns only if one is gone that had values */
};

struct lost {
    const char *object;
    int64_t count;
    const char *perhaps; /* NULL = nothing new could be it */
};

/* A table that is there only behind the revert. */
struct fresh {
    const struct table *table;
    struct slice label;
    int64_t rows;
};

struct loss {
    struct run *run;
    struct arena arena;
    struct facts *facts;
    struct counted *before;
    size_t n;
    struct fresh *fresh;
    size_t n_fresh;
    struct lost *lost;
    size_t n_lost, cap_lost;
};

static struct slice label_of(struct arena *a, const struct table *t)
{
    if (!t->schema.n)
        return t->name;
    return arena_printf(a, SLICE_FMT "." SLICE_FMT, SLICE_ARG(t->schema), SLICE_ARG(t->name));
}

struct numbers {
    int64_t *values; /* rows first, then columns */
    size_t n;
};

static int on_numbers(void *context, const struct db_value *columns, size_t n, struct pawl_error *e)
{
    struct numbers *x = context;
    (void)e;
    for (size_t i = 0; i < n && i < x->n; i++)
        x->values[i] = columns[i].i;
    return PAWL_OK;
}

/* Counts on their way: so many travel together. Not all of them, since each keeps a lock until the flight is over. */
#define FLIGHT 256

struct census {
    struct loss *loss;
    struct db_request requests[FLIGHT];
    struct numbers numbers[FLIGHT];
    size_t n;
};

static int census_take(struct census *x, struct pawl_error *e)
{
    size_t n = x->n;
    x->n = 0;
    return n ? db_run(x->loss->run->db, x->requests, n, NULL, e) : PAWL_OK;
}

/* SELECT count(*), count(a), count(b) FROM t: one pass over the table, whatever its width. */
static struct slice count_text(struct loss *l, const struct table *t, size_t n_columns)
{
    STRBUF(sql, (size_t)1 << 20);
    const struct dialect *d = l->run->db->driver->dialect;
    strbuf_addz(&sql, "SELECT count(*)");
    for (size_t i = 0; i < n_columns; i++) {
        strbuf_addz(&sql, ", count(");
        quote_identifier(&sql, d, t->columns[i]);
        strbuf_addc(&sql, ')');
    }
    strbuf_addz(&sql, " FROM ");
    quote_qualified(&sql, d, t->schema, t->name);
    return strbuf_ok(&sql) ? arena_dup(&l->arena, strbuf_slice(&sql)) : (struct slice){NULL, 0};
}

/* `values` are there after census_take. */
static int census_add(struct census *x, const struct table *t, size_t n_columns, int64_t *values, struct pawl_error *e)
{
    struct slice sql = count_text(x->loss, t, n_columns);
    if (!sql.p)
        return err_nomem(e);
    x->numbers[x->n] = (struct numbers){values, n_columns + 1};
    x->requests[x->n] = (struct db_request){.sql = sql, .on_row = on_numbers, .context = &x->numbers[x->n]};
    if (!t->is_virtual)
        return ++x->n < FLIGHT ? PAWL_OK : census_take(x, e);
    int code = db_run(x->loss->run->db, &x->requests[x->n], 1, NULL, e);
    if (code == PAWL_SQL) { /* a module that is not there must not stop a revert */
        err_clear(e);
        code = PAWL_OK;
    }
    return code;
}

static int count_tables(struct loss *l, const struct table *tables, struct pawl_error *e)
{
    struct census x = {.loss = l};
    int code = PAWL_OK;
    for (size_t i = 0; i < l->n && !code; i++) {
        struct counted *c = &l->before[i];
        size_t width = tables[i].n_columns < MOST_COLUMNS ? tables[i].n_columns : MOST_COLUMNS;
        int64_t *values = arena_array(&l->arena, tables[i].n_columns + 1, sizeof *values);
        c->table = &tables[i];
        c->label = label_of(&l->arena, &tables[i]);
        if (!values || !c->label.p)
            return err_nomem(e);
        c->values = values + 1;
        code = census_add(&x, &tables[i], width, values, e);
    }
    if (!code)
        code = census_take(&x, e);
    for (size_t i = 0; i < l->n && !code; i++)
        l->before[i].rows = l->before[i].values[-1];
    return code;
}

static int count_all(struct loss *l, struct pawl_error *e)
{
    struct table *tables;
    struct delta ignored;
    int code = facts_open(l->run->db, l->run->ledger->name, &l->facts, e);
    if (!code)
        code = facts_refresh(l->facts, &l->arena, &ignored, e);
    if (!code)
        code = tables_read(l->facts, &l->arena, &tables, &l->n, e);
    if (code)
        return code;
    l->before = arena_array(&l->arena, l->n, sizeof *l->before);
    return l->before ? count_tables(l, tables, e) : err_nomem(e);
}

int loss_count(struct run *r, struct loss **out, struct pawl_error *e)
{
    struct loss *l = mem_alloc(sizeof *l);
    *out = l;
    if (!l)
        return err_nomem(e);
    l->run = r;
    int code = count_all(l, e);
    if (code) {
        loss_free(l);
        *out = NULL;
    }
    return code;
}

void loss_free(struct loss *l)
{
    if (!l)
        return;
    facts_close(l->facts);
    arena_clear(&l->arena);
    mem_free(l);
}

/* ---- afterwards -------------------------------------------------------------------------------------------------- */

/* `perhaps`: n = 0: nothing. */
static int add(struct loss *l, const char *what, struct slice label, struct slice column, int64_t count,
               struct slice perhaps, struct pawl_error *e)
{
    if (count <= 0)
        return PAWL_OK;
    struct slice object = arena_printf(&l->arena, "%s" SLICE_FMT "%s" SLICE_FMT, what, SLICE_ARG(label),
                                       column.n ? "." : "", SLICE_ARG(column));
    if (!object.p || !perhaps.p || !arena_grow(&l->arena, (void **)&l->lost, &l->cap_lost, l->n_lost, sizeof *l->lost))
        return err_nomem(e);
    l->lost[l->n_lost++] = (struct lost){object.p, count, perhaps.n ? perhaps.p : NULL};
    return PAWL_OK;
}

static size_t find_column(const struct table *t, struct slice column)
{
    size_t i = 0;
    while (i < t->n_columns && !slice_eq(t->columns[i], column))
        i++;
    return i;
}

static bool has_column(const struct table *t, struct slice column)
{
    return find_column(t, column) < t->n_columns;
}

/* A new table with as many rows and a column of the same name: the old one may have got another name. */
static struct slice other_table(struct loss *l, const struct counted *was)
{
    for (size_t i = 0; i < l->n_fresh; i++) {
        const struct fresh *f = &l->fresh[i];
        for (size_t k = 0; k < was->table->n_columns && f->rows == was->rows; k++)
            if (has_column(f->table, was->table->columns[k]))
                return arena_printf(&l->arena, "table " SLICE_FMT, SLICE_ARG(f->label));
    }
    return SLICE("");
}

/* A new column of the table with as many values. */
static struct slice other_column(struct loss *l, const struct counted *was, size_t column)
{
    for (size_t i = 0; was->now_values && i < was->now->n_columns && i < MOST_COLUMNS; i++)
        if (was->now_values[i + 1] == was->values[column] && !has_column(was->table, was->now->columns[i]))
            return arena_printf(&l->arena, "column " SLICE_FMT "." SLICE_FMT, SLICE_ARG(was->label),
                                SLICE_ARG(was->now->columns[i]));
    return SLICE("");
}

static int compare(struct loss *l, const struct counted *was, struct pawl_error *e)
{
    int code = PAWL_OK;
    if (!was->now)
        return add(l, "table ", was->label, SLICE(""), was->rows, other_table(l, was), e);
    for (size_t i = 0; i < was->table->n_columns && !code; i++)
        if (!has_column(was->now, was->table->columns[i]))
            code = add(l, "column ", was->label, was->table->columns[i], was->values[i], other_column(l, was, i), e);
    return code ? code : add(l, "rows of ", was->label, SLICE(""), was->rows - was->now_values[0], SLICE(""), e);
}

static bool loses_values(const struct counted *c)
{
    bool loses = false;
    for (size_t i = 0; i < c->table->n_columns; i++)
        loses |= c->values[i] && !has_column(c->now, c->table->columns[i]);
    return loses;
}

/* Tables that are new, where another with rows is gone. */
static int count_fresh(struct loss *l, struct census *x, const struct table *now, size_t n, struct pawl_error *e)
{
    struct map before = {0};
    bool gone = false;
    int code = PAWL_OK;
    l->fresh = arena_array(&l->arena, n + 1, sizeof *l->fresh);
    if (!l->fresh)
        return err_nomem(e);
    for (size_t i = 0; i < l->n; i++) {
        gone |= l->before[i].rows && !l->before[i].now;
        if (!map_set(&l->arena, &before, l->before[i].label, &l->before[i]))
            return err_nomem(e);
    }
    for (size_t i = 0; i < n && gone && !code; i++) {
        struct slice label = label_of(&l->arena, &now[i]);
        if (!label.p)
            return err_nomem(e);
        if (map_get(&before, label))
            continue;
        struct fresh *f = &l->fresh[l->n_fresh++];
        *f = (struct fresh){.table = &now[i], .label = label};
        code = census_add(x, f->table, 0, &f->rows, e);
    }
    return code;
}

/* Of tables that had any, and are still there; and of what is new in the place of what is gone. */
static int count_again(struct loss *l, const struct map *tables, const struct table *now, size_t n,
                       struct pawl_error *e)
{
    struct census x = {.loss = l};
    int code = PAWL_OK;
    for (size_t i = 0; i < l->n && !code; i++) {
        struct counted *c = &l->before[i];
        c->now = c->rows ? map_get(tables, c->label) : NULL;
        if (!c->now)
            continue;
        size_t width = c->now->n_columns < MOST_COLUMNS ? c->now->n_columns : MOST_COLUMNS;
        c->now_values = arena_array(&l->arena, c->now->n_columns + 1, sizeof *c->now_values);
        code = c->now_values ? census_add(&x, c->now, loses_values(c) ? width : 0, c->now_values, e) : err_nomem(e);
    }
    if (!code)
        code = count_fresh(l, &x, now, n, e);
    return code ? code : census_take(&x, e);
}

int loss_tell(struct loss *l, size_t *losses, struct pawl_error *e)
{
    struct map tables = {0};
    struct table *now;
    struct delta ignored;
    size_t n = 0;
    *losses = 0;
    /* The session was reset in between, and with it what the engine keeps for a reader of facts: begin a new one. */
    facts_close(l->facts);
    l->facts = NULL;
    int code = facts_open(l->run->db, l->run->ledger->name, &l->facts, e);
    if (!code)
        code = facts_refresh(l->facts, &l->arena, &ignored, e);
    if (!code)
        code = tables_read(l->facts, &l->arena, &now, &n, e);
    for (size_t i = 0; i < n && !code; i++) {
        struct slice label = label_of(&l->arena, &now[i]);
        if (!label.p || !map_set(&l->arena, &tables, label, &now[i]))
            code = err_nomem(e);
    }
    if (!code)
        code = count_again(l, &tables, now, n, e);
    for (size_t i = 0; i < l->n && !code; i++)
        if (l->before[i].rows)
            code = compare(l, &l->before[i], e);
    if (code)
        return code;
    *losses = l->n_lost;
    for (size_t i = 0; i < l->n_lost; i++)
        report_event(l->run->report, &(struct pawl_event){.kind = PAWL_EVENT_LOSS,
                                                          .level = PAWL_LEVEL_WARNING,
                                                          .reverting = true,
                                                          .count = l->lost[i].count,
                                                          .total = (int64_t)l->n_lost,
                                                          .object = l->lost[i].object,
                                                          .message = l->lost[i].perhaps});
    return PAWL_OK;
}
