#include "proof/seed.h"

#include <stdlib.h>

#include "schema/fact.h"
#include "schema/phrase.h"
#include "schema/tables.h"

#define SQL_MAX ((size_t)1 << 20)

/* ---- what facts say about a table -------------------------------------------------------------------------------- */

static struct slice fact_about(const struct facts *f, const char *kind, const struct table *t, struct slice column)
{
    struct fact key;
    fact_init(&key);
    fact_begin(&key, kind);
    if (t->schema.n)
        fact_name(&key, t->schema);
    fact_name(&key, t->name);
    if (column.n)
        fact_name(&key, column);
    struct slice line = fact_ok(&key) ? facts_get(f, fact_line(&key)) : (struct slice){NULL, 0};
    fact_clear(&key);
    return line;
}

/* Is there a fact of this kind about the table, or about a part of it? */
static bool has_part(struct facts *f, const char *kind, const struct table *t)
{
    struct fact key;
    size_t from, to;
    bool has = false;
    fact_init(&key);
    fact_begin(&key, kind);
    if (t->schema.n)
        fact_name(&key, t->schema);
    fact_name(&key, t->name);
    if (fact_ok(&key)) {
        struct slice prefix = fact_line(&key);
        facts_range(f, prefix, &from, &to);
        for (size_t i = from; i < to && !has; i++) {
            struct slice line = facts_at(f, i);
            has = line.n > prefix.n && strchr(" .:", line.p[prefix.n]) != NULL;
        }
    }
    fact_clear(&key);
    return has;
}

static bool is_literal(struct slice value)
{
    return !value.p || slice_find_byte(value, '(') == SIZE_MAX;
}

/* A word like CURRENT_TIMESTAMP makes a value of its own, too. */
static bool makes_values(struct slice value)
{
    return value.p && !slice_eq(value, SLICE("none")) &&
           (!is_literal(value) || slice_starts(value, SLICE("CURRENT")) || slice_starts(value, SLICE("current")));
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

struct reading {
    struct build *b;
    struct seeds *out;
    struct seed_table *t;
    size_t cap, cap_tables, cap_counters;
};

/* PostgreSQL: an expression whose text is the literal of the column. */
static void add_literal(struct strbuf *sql, struct slice column, struct slice type)
{
    static const char *const bare[] = {"smallint", "integer", "bigint"};
    static const char *const numbers[] = {"numeric", "real", "\"double"};
    for (size_t i = 0; i < sizeof bare / sizeof *bare; i++)
        if (slice_eq(type, slice_of(bare[i]))) {
            phrase_add(sql, "coalesce(%n::text, 'NULL')", column);
            return;
        }
    if (slice_eq(type, SLICE("boolean"))) {
        phrase_add(sql, "CASE WHEN %n THEN 'TRUE' WHEN NOT %n THEN 'FALSE' ELSE 'NULL' END", column, column);
        return;
    }
    phrase_add(sql, "CASE WHEN %n IS NULL THEN 'NULL'", column);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (slice_starts(type, slice_of(numbers[i])) && type.p[type.n - 1] != ']')
            phrase_add(sql, " WHEN %n::text NOT IN ('NaN', 'Infinity', '-Infinity') THEN %n::text", column, column);
    phrase_add(sql, " ELSE '''' || replace(%n::text, '''', '''''') || '''' END", column);
}

static int on_row(void *context, const struct db_value *values, size_t n, struct pawl_error *e)
{
    struct reading *r = context;
    struct seed_table *t = r->t;
    void *grown = t->values;
    for (size_t i = 0; i < n; i++) {
        if (!arena_grow(r->b->arena, &grown, &r->cap, t->n * n + i, sizeof *t->values))
            return err_nomem(e);
        t->values = grown;
        t->values[t->n * n + i] = arena_dup(r->b->arena, values[i].s);
        if (!t->values[t->n * n + i].p)
            return err_nomem(e);
    }
    t->n++;
    return PAWL_OK;
}

static int read_columns(struct reading *r, const struct table *from, struct strbuf *sql, struct pawl_error *e)
{
    struct seed_table *t = r->t;
    bool schemas = from->schema.n != 0;
    t->columns = arena_array(r->b->arena, from->n_columns + 1, sizeof *t->columns);
    if (!t->columns)
        return err_nomem(e);
    for (size_t i = 0; i < from->n_columns; i++) {
        struct slice line = fact_about(r->b->facts, "column", from, from->columns[i]);
        struct slice identity = fact_value(line, "identity"), dflt = fact_value(line, "default");
        if (fact_value(line, "generated").p)
            continue;
        t->overriding |= slice_eq(identity, SLICE("always"));
        strbuf_addz(sql, t->n_columns ? ", " : "");
        if (schemas)
            add_literal(sql, from->columns[i], fact_value(line, "type"));
        else
            phrase_add(sql, "quote(%n)", from->columns[i]);
        t->columns[t->n_columns++] =
            (struct seed_column){.name = from->columns[i], .defaults = makes_values(dflt) || identity.p};
    }
    return PAWL_OK;
}

/* Numbers by value, everything else by its bytes, so that engines agree. */
static int compare_values(struct slice x, struct slice y)
{
    bool numbers = x.n && y.n && x.p[0] != '\'' && y.p[0] != '\'' && strchr("-0123456789", x.p[0]) &&
                   strchr("-0123456789", y.p[0]);
    if (numbers) { /* NUL-terminated, as all that arenas copy */
        double a = strtod(x.p, NULL), b = strtod(y.p, NULL);
        if (a < b || a > b)
            return a < b ? -1 : 1;
    }
    return slice_cmp(x, y);
}

static void swap_rows(struct seed_table *t, size_t i, size_t j)
{
    for (size_t c = 0; c < t->n_columns; c++) {
        struct slice x = t->values[i * t->n_columns + c];
        t->values[i * t->n_columns + c] = t->values[j * t->n_columns + c];
        t->values[j * t->n_columns + c] = x;
    }
}

static int compare_rows(const struct seed_table *x, size_t i, const struct seed_table *y, size_t j)
{
    int order = 0;
    for (size_t c = 0; c < x->n_columns && !order; c++)
        if (!x->columns[c].left_out)
            order = compare_values(x->values[i * x->n_columns + c], y->values[j * x->n_columns + c]);
    return order;
}

/* A heap: no extra memory, and n log n for whatever order the engine gave. */
static void sift(struct seed_table *t, size_t root, size_t n)
{
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        child += child + 1 < n && compare_rows(t, child, t, child + 1) < 0;
        if (compare_rows(t, root, t, child) >= 0)
            return;
        swap_rows(t, root, child);
    }
}

static void sort_rows(struct seed_table *t)
{
    for (size_t i = t->n / 2; i-- > 0;)
        sift(t, i, t->n);
    for (size_t n = t->n; n-- > 1;) {
        swap_rows(t, 0, n);
        sift(t, 0, n);
    }
}

static int cannot(struct reading *r, const char *what, struct slice name, struct pawl_error *e)
{
    if (!r->out->cannot.p)
        r->out->cannot = arena_printf(r->b->arena, "%s" SLICE_FMT, what, SLICE_ARG(name));
    return r->out->cannot.p ? PAWL_OK : err_nomem(e);
}

static int on_any(void *context, const struct db_value *values, size_t n, struct pawl_error *e)
{
    (void)values;
    (void)n;
    (void)e;
    *(bool *)context = true;
    return PAWL_OK;
}

/* The module that makes its rows takes them its own way, if it has any. */
static int look_at_virtual(struct reading *r, const struct table *t, struct pawl_error *e)
{
    PHRASE(sql);
    bool any = false;
    struct pawl_error unreadable;
    phrase_add(&sql, "SELECT 1 FROM %n LIMIT 1", t->name);
    struct db_request q = {.sql = strbuf_slice(&sql), .on_row = on_any, .context = &any};
    int code = db_run(r->b->db, &q, 1, NULL, &unreadable);
    if (code == PAWL_NOMEM)
        return err_nomem(e);
    return any ? cannot(r, "there are rows in virtual table ", t->name, e) : PAWL_OK;
}

static int read_table(struct reading *r, const struct table *from, struct pawl_error *e)
{
    struct facts *f = r->b->facts;
    struct seed_table t = {.schema = from->schema, .name = from->name};
    bool schemas = from->schema.n != 0;
    PHRASE(sql);
    if (from->is_virtual)
        return look_at_virtual(r, from, e);
    if (!fact_about(f, "table", from, SLICE("")).p) /* a materialized view, say */
        return PAWL_OK;
    r->t = &t;
    r->cap = 0;
    strbuf_addz(&sql, "SELECT ");
    int code = read_columns(r, from, &sql, e);
    phrase_add(&sql, schemas ? " FROM ONLY %q" : " FROM %q", from->schema, from->name);
    if (!code && !strbuf_ok(&sql))
        code = err_nomem(e);
    struct db_request q = {.sql = strbuf_slice(&sql), .on_row = on_row, .context = r};
    if (!code && t.n_columns)
        code = db_run(r->b->db, &q, 1, NULL, e);
    r->t = NULL;
    if (code || !t.n)
        return code;
    t.keyed = has_part(f, "primary-key", from) || has_part(f, "unique", from);
    sort_rows(&t);
    void *grown = r->out->tables;
    if (!arena_grow(r->b->arena, &grown, &r->cap_tables, r->out->n, sizeof t))
        return err_nomem(e);
    r->out->tables = grown;
    r->out->tables[r->out->n++] = t;
    return PAWL_OK;
}

/* ---- counters ---------------------------------------------------------------------------------------------------- */

static int add_counter(struct reading *r, struct strbuf *sql, struct pawl_error *e)
{
    struct seeds *s = r->out;
    void *grown = s->counters;
    struct slice text = phrase_keep(r->b->arena, sql);
    if (!text.p || !arena_grow(r->b->arena, &grown, &r->cap_counters, s->n_counters, sizeof *s->counters))
        return err_nomem(e);
    s->counters = grown;
    s->counters[s->n_counters++] = text;
    return PAWL_OK;
}

/* A sequence that was used: forward to where it is, and never back. */
static int on_sequence(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct reading *r = context;
    PHRASE(sql);
    PHRASE(quoted);
    (void)n;
    phrase_add(&quoted, "%q", v[0].s, v[1].s);
    phrase_add(&sql, "SELECT setval(%l, %s) FROM %q WHERE last_value < %s OR NOT is_called", strbuf_slice(&quoted),
               v[2].s, v[0].s, v[1].s, v[2].s);
    return strbuf_ok(&quoted) ? add_counter(r, &sql, e) : err_nomem(e);
}

/* Where AUTOINCREMENT has come further than the rows that are left show. */
static int on_autoincrement(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct reading *r = context;
    PHRASE(sql);
    (void)n;
    phrase_add(&sql, "UPDATE sqlite_sequence SET seq = %s WHERE name = %l AND seq < %s", v[1].s, v[0].s, v[1].s);
    int code = add_counter(r, &sql, e);
    strbuf_reset(&sql);
    phrase_add(&sql,
               "INSERT INTO sqlite_sequence (name, seq) SELECT %l, %s WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence "
               "WHERE name = %l)",
               v[0].s, v[1].s, v[0].s);
    return code ? code : add_counter(r, &sql, e);
}

static int read_counters(struct reading *r, bool schemas, struct pawl_error *e)
{
    static const char postgres[] =
        "SELECT schemaname, sequencename, last_value::text FROM pg_catalog.pg_sequences WHERE last_value IS NOT NULL "
        "ORDER BY 1, 2";
    static const char sqlite[] =
        "SELECT name, CAST(seq AS TEXT) FROM sqlite_sequence WHERE seq > 0 AND name NOT LIKE 'sqlite_%' ORDER BY 1";
    struct pawl_error none;
    struct db_request q = {
        .sql = slice_of(schemas ? postgres : sqlite), .on_row = schemas ? on_sequence : on_autoincrement, .context = r};
    if (schemas)
        return db_run(r->b->db, &q, 1, NULL, e);
    int code = db_run(r->b->db, &q, 1, NULL, &none); /* without AUTOINCREMENT there is no such table */
    return code == PAWL_NOMEM ? err_nomem(e) : PAWL_OK;
}

static int on_count(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    (void)n;
    (void)e;
    *(bool *)context = v[0].type == DB_INT && v[0].i != 0;
    return PAWL_OK;
}

static int look_at_objects(struct reading *r, struct pawl_error *e)
{
    bool any = false;
    struct db_request q = {
        .sql = SLICE("SELECT count(*) FROM pg_catalog.pg_largeobject_metadata"), .on_row = on_count, .context = &any};
    int code = db_run(r->b->db, &q, 1, NULL, e);
    return code || !any ? code : cannot(r, "there are large objects", SLICE(""), e);
}

int seed_read(struct build *b, struct seeds *out, struct pawl_error *e)
{
    struct table *tables;
    size_t n;
    struct reading r = {.b = b, .out = out};
    bool schemas = strcmp(b->options->driver->name, "sqlite") != 0;
    *out = (struct seeds){0};
    int code = tables_read(b->facts, b->arena, &tables, &n, e);
    for (size_t i = 0; i < n && !code; i++)
        code = read_table(&r, &tables[i], e);
    if (!code)
        code = read_counters(&r, schemas, e);
    return code || !schemas ? code : look_at_objects(&r, e);
}

/* ---- comparing --------------------------------------------------------------------------------------------------- */

static struct seed_table *find(const struct seeds *s, const struct seed_table *t)
{
    for (size_t i = 0; i < s->n; i++)
        if (slice_eq(s->tables[i].schema, t->schema) && slice_eq(s->tables[i].name, t->name))
            return &s->tables[i];
    return NULL;
}

static bool same_rows(const struct seed_table *x, const struct seed_table *y)
{
    bool same = x->n == y->n && x->n_columns == y->n_columns;
    for (size_t i = 0; same && i < x->n; i++)
        same = compare_rows(x, i, y, i) == 0;
    return same;
}

static int by_value(const void *x, const void *y)
{
    return compare_values(*(const struct slice *)x, *(const struct slice *)y);
}

/* Do the values of a column, in whatever rows, differ between two tables with as many rows? */
static int column_differs(const struct seed_table *x, const struct seed_table *y, size_t c, bool *out,
                          struct pawl_error *e)
{
    ARENA(tmp);
    struct slice *a = arena_array(&tmp, x->n, sizeof *a), *b = arena_array(&tmp, x->n, sizeof *b);
    if (!a || !b)
        return err_nomem(e);
    for (size_t i = 0; i < x->n; i++) {
        a[i] = x->values[i * x->n_columns + c];
        b[i] = y->values[i * x->n_columns + c];
    }
    qsort(a, x->n, sizeof *a, by_value);
    qsort(b, x->n, sizeof *b, by_value);
    *out = false;
    for (size_t i = 0; i < x->n && !*out; i++)
        *out = !slice_eq(a[i], b[i]);
    return PAWL_OK;
}

static int settle_table(struct arena *a, struct seed_table *x, struct seed_table *y, struct slice *cannot,
                        struct pawl_error *e)
{
    for (size_t c = 0; c < x->n_columns; c++) {
        bool differs = false;
        int code = column_differs(x, y, c, &differs, e);
        if (code)
            return code;
        if (differs && !x->columns[c].defaults) {
            *cannot = arena_printf(a, "column " SLICE_FMT "." SLICE_FMT " has other values each time the files run",
                                   SLICE_ARG(x->name), SLICE_ARG(x->columns[c].name));
            return cannot->p ? PAWL_OK : err_nomem(e);
        }
        x->columns[c].left_out = y->columns[c].left_out = differs;
    }
    sort_rows(x);
    sort_rows(y);
    if (same_rows(x, y))
        return PAWL_OK;
    *cannot = arena_printf(a, "table " SLICE_FMT " has other rows each time the files run", SLICE_ARG(x->name));
    return cannot->p ? PAWL_OK : err_nomem(e);
}

int seed_settle(struct arena *a, struct seeds *x, struct seeds *y, struct slice *cannot, struct pawl_error *e)
{
    *cannot = (struct slice){NULL, 0};
    int code = PAWL_OK;
    for (size_t i = 0; x->tables && i < x->n && !code && !cannot->p; i++) {
        struct seed_table *other = find(y, &x->tables[i]);
        if (other && other->n == x->tables[i].n && other->n_columns == x->tables[i].n_columns &&
            !same_rows(&x->tables[i], other))
            code = settle_table(a, &x->tables[i], other, cannot, e);
    }
    return code || cannot->p ? code : seed_compare(a, x, y, cannot, e);
}

void seed_follow(struct seeds *s, const struct seeds *settled)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct seed_table *t = find(settled, &s->tables[i]);
        for (size_t c = 0; t && c < t->n_columns && c < s->tables[i].n_columns; c++)
            s->tables[i].columns[c].left_out = t->columns[c].left_out;
        sort_rows(&s->tables[i]);
    }
}

int seed_compare(struct arena *a, const struct seeds *x, const struct seeds *y, struct slice *differs,
                 struct pawl_error *e)
{
    *differs = (struct slice){NULL, 0};
    const struct seed_table *bad = NULL;
    for (size_t i = 0; x->tables && i < x->n && !bad; i++) {
        const struct seed_table *other = find(y, &x->tables[i]);
        if (!other || !same_rows(&x->tables[i], other))
            bad = &x->tables[i];
    }
    for (size_t i = 0; i < y->n && !bad; i++)
        if (!find(x, &y->tables[i]))
            bad = &y->tables[i];
    if (bad)
        *differs = arena_printf(a, "the rows of table " SLICE_FMT " differ", SLICE_ARG(bad->name));
    bool counters = x->n_counters == y->n_counters;
    for (size_t i = 0; i < x->n_counters && counters; i++)
        counters = slice_eq(x->counters[i], y->counters[i]);
    if (!bad && !counters)
        *differs = arena_printf(a, "sequences stand elsewhere");
    return (bad || !counters) && !differs->p ? err_nomem(e) : PAWL_OK;
}

/* Is SQLite's 1 the other's TRUE, 1.5 its 1.50? */
static bool means_same(struct slice x, struct slice y)
{
    if (slice_eq(x, y))
        return true;
    if (slice_eq(y, SLICE("TRUE")) || slice_eq(y, SLICE("FALSE")))
        return slice_eq(x, y.n == 4 ? SLICE("1") : SLICE("0"));
    bool numbers = x.n && y.n && strchr("-0123456789", x.p[0]) && strchr("-0123456789", y.p[0]);
    if (!numbers)
        return false;
    double a = strtod(x.p, NULL), b = strtod(y.p, NULL);
    return !(a < b) && !(a > b);
}

bool seed_alike(const struct seed_table *x, const struct seed_table *y)
{
    bool same = x->n == y->n && x->n_columns == y->n_columns && x->keyed == y->keyed && !x->overriding &&
                !y->overriding && slice_eq(x->name, y->name);
    for (size_t c = 0; c < x->n_columns && same; c++)
        same = slice_eq(x->columns[c].name, y->columns[c].name) && x->columns[c].left_out == y->columns[c].left_out;
    for (size_t i = 0; i < x->n * x->n_columns && same; i++)
        same = x->columns[i % x->n_columns].left_out || means_same(x->values[i], y->values[i]);
    return same;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static void add_columns(struct strbuf *b, const struct seed_table *t)
{
    const char *comma = "";
    for (size_t c = 0; c < t->n_columns; c++) {
        if (t->columns[c].left_out)
            continue;
        phrase_add(b, "%z%n", comma, t->columns[c].name);
        comma = ", ";
    }
}

static void add_row(struct strbuf *b, const struct seed_table *t, size_t i)
{
    const char *comma = "";
    for (size_t c = 0; c < t->n_columns; c++) {
        if (t->columns[c].left_out)
            continue;
        phrase_add(b, "%z%s", comma, t->values[i * t->n_columns + c]);
        comma = ", ";
    }
}

static void add_condition(struct strbuf *b, const struct seed_table *t, size_t i)
{
    const char *and = "";
    for (size_t c = 0; c < t->n_columns; c++) {
        struct slice value = t->values[i * t->n_columns + c];
        if (t->columns[c].left_out)
            continue;
        if (slice_eq(value, SLICE("NULL")))
            phrase_add(b, "%z%n IS NULL", and, t->columns[c].name);
        else
            phrase_add(b, "%z%n = %s", and, t->columns[c].name, value);
        and = " AND ";
    }
}

static void add_rows(struct strbuf *b, const struct seed_table *t)
{
    for (size_t i = 0; i < t->n; i++) {
        strbuf_addz(b, i ? ",\n    (" : " VALUES\n    (");
        add_row(b, t, i);
        strbuf_addz(b, ")");
    }
    strbuf_addz(b, "\nON CONFLICT DO NOTHING");
}

size_t seed_statements(const struct seed_table *t)
{
    return t->keyed ? 1 : t->n;
}

void seed_statement(struct strbuf *b, const struct seed_table *t, size_t i, bool qualified)
{
    struct slice schema = qualified ? t->schema : SLICE("");
    phrase_add(b, "INSERT INTO %q (", schema, t->name);
    add_columns(b, t);
    phrase_add(b, ")%z", t->overriding ? " OVERRIDING SYSTEM VALUE" : "");
    if (t->keyed) {
        add_rows(b, t);
        return;
    }
    strbuf_addz(b, "\nSELECT ");
    add_row(b, t, i);
    phrase_add(b, "\nWHERE NOT EXISTS (SELECT 1 FROM %q WHERE ", schema, t->name);
    add_condition(b, t, i);
    strbuf_addz(b, ")");
}
