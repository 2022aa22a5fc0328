#include "proof/rows.h"

#include <stdlib.h>

#include "sql/quote.h"

#define MAX_SQL 8192

/* ---- hashing ----------------------------------------------------------------------------------------------------- */

/* The finishing step of splitmix64: every bit of x reaches every bit of the result. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static uint64_t value_hash(const struct db_value *v)
{
    uint64_t bits = 0;
    switch (v->type) {
    case DB_NULL:
        break;
    case DB_INT:
    case DB_BOOL:
        bits = mix((uint64_t)v->i);
        break;
    case DB_REAL:
        memcpy(&bits, &v->r, sizeof bits);
        bits = mix(bits);
        break;
    case DB_TEXT:
    case DB_BLOB:
        bits = hash_fast(v->s) + v->s.n;
        break;
    }
    return mix(bits + (uint64_t)v->type);
}

static int on_row(void *context, const struct db_value *columns, size_t n, struct pawl_error *e)
{
    struct content *c = context;
    uint64_t x = 0x9e3779b97f4a7c15u, y = 0xd1b54a32d192ed03u;
    (void)e;
    for (size_t i = 0; i < n; i++) {
        uint64_t h = value_hash(&columns[i]);
        x = mix(x ^ h) + 0x9e3779b97f4a7c15u;
        y = mix(y + h) ^ 0xd1b54a32d192ed03u;
    }
    c->sum[0] += x;
    c->sum[1] += y;
    c->rows++;
    return PAWL_OK;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static int read_one(struct trial *tr, struct content *c, struct pawl_error *e)
{
    STRBUF(sql, MAX_SQL);
    strbuf_addz(&sql, "SELECT * FROM ");
    quote_qualified(&sql, tr->db->driver->dialect, c->table->schema, c->table->name);
    if (!strbuf_ok(&sql))
        return err_nomem(e);
    struct db_request r = {.sql = strbuf_slice(&sql), .on_row = on_row, .context = c};
    int code = db_run(tr->db, &r, 1, NULL, e);
    if (code == PAWL_SQL && c->table->is_virtual) { /* its module may refuse to be read as a whole */
        *c = (struct content){.table = c->table};
        err_clear(e);
        code = PAWL_OK;
    }
    return code;
}

int rows_read(struct trial *tr, struct arena *a, const struct table *tables, size_t n, struct contents *out,
              struct pawl_error *e)
{
    *out = (struct contents){.items = arena_array(a, n ? n : 1, sizeof *out->items)};
    if (!out->items)
        return err_nomem(e);
    for (size_t i = 0; i < n; i++) {
        out->items[i].table = &tables[i];
        int code = read_one(tr, &out->items[i], e);
        if (code)
            return code;
    }
    out->n = n;
    return PAWL_OK;
}

int rows_read_all(struct trial *tr, struct arena *a, struct contents *out, struct pawl_error *e)
{
    struct table *tables;
    size_t n;
    int code = tables_read(tr->facts, a, &tables, &n, e);
    return code ? code : rows_read(tr, a, tables, n, out, e);
}

/* ---- comparing --------------------------------------------------------------------------------------------------- */

static int table_order(const struct table *x, const struct table *y)
{
    int order = slice_cmp(x->schema, y->schema);
    return order ? order : slice_cmp(x->name, y->name);
}

static bool same_columns(const struct table *x, const struct table *y)
{
    if (x->n_columns != y->n_columns)
        return false;
    for (size_t i = 0; i < x->n_columns; i++)
        if (!slice_eq(x->columns[i], y->columns[i]))
            return false;
    return true;
}

bool rows_same(const struct content *x, const struct content *y)
{
    return x->rows == y->rows && x->sum[0] == y->sum[0] && x->sum[1] == y->sum[1];
}

static int by_table(const void *x, const void *y)
{
    return table_order(((const struct content *)x)->table, ((const struct content *)y)->table);
}

int rows_compare(struct arena *a, const struct contents *before, const struct contents *after, struct row_change **out,
                 size_t *n, struct pawl_error *e)
{
    *n = 0;
    *out = arena_array(a, before->n ? before->n : 1, sizeof **out);
    if (!*out)
        return err_nomem(e);
    qsort(before->items, before->n, sizeof *before->items, by_table);
    qsort(after->items, after->n, sizeof *after->items, by_table);
    for (size_t i = 0, j = 0; i < before->n && j < after->n;) {
        const struct content *x = &before->items[i], *y = &after->items[j];
        int order = table_order(x->table, y->table);
        if (order == 0 && same_columns(x->table, y->table) && !rows_same(x, y))
            (*out)[(*n)++] = (struct row_change){x->table->name, x->rows, y->rows};
        i += order <= 0;
        j += order >= 0;
    }
    return PAWL_OK;
}
