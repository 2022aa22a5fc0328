#include "proof/rows.h"

#include "schema/fact.h"
#include "sql/quote.h"

#define MAX_SQL 8192

static bool is_table(struct slice key)
{
    return slice_starts(key, SLICE("table ")) || slice_starts(key, SLICE("virtual-table ")) ||
           slice_starts(key, SLICE("matview "));
}

static struct slice name_of(struct slice key)
{
    size_t space = slice_find_byte(key, ' ');
    return space == SIZE_MAX ? key : slice_sub(key, space + 1, key.n);
}

int rows_tables(struct trial *tr, struct arena *a, struct slice **keys, size_t *n, struct pawl_error *e)
{
    struct slice *lines;
    size_t n_lines, to = 0;
    int code = facts_lines(tr->facts, a, &lines, &n_lines, e);
    if (code)
        return code;
    for (size_t i = 0; i < n_lines; i++)
        if (is_table(lines[i]))
            lines[to++] = slice_sub(lines[i], 0, fact_key_of(lines[i]));
    *keys = lines;
    *n = to;
    return PAWL_OK;
}

/* ---- the name, as SQL writes it ---------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : 0;
}

/* Takes off what schema/fact puts around names that are not plain. */
static void plain(struct strbuf *b, struct slice part)
{
    if (part.n < 2 || part.p[0] != '"') {
        strbuf_add(b, part);
        return;
    }
    for (size_t i = 1; i + 1 < part.n; i++) {
        char c = part.p[i];
        if (c == '\\' && i + 2 < part.n) {
            c = part.p[++i];
            if (c == 'x' && i + 2 < part.n - 1) {
                c = (char)(hex_digit(part.p[i + 1]) * 16 + hex_digit(part.p[i + 2]));
                i += 2;
            } else {
                c = (char)(c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c);
            }
        }
        strbuf_addc(b, c);
    }
}

/* Where the part of a dotted name ends that begins at `from`. */
static size_t part_end(struct slice name, size_t from)
{
    bool quoted = false;
    size_t i = from;
    for (; i < name.n; i++) {
        if (name.p[i] == '\\')
            i++;
        else if (name.p[i] == '"')
            quoted = !quoted;
        else if (name.p[i] == '.' && !quoted)
            break;
    }
    return i < name.n ? i : name.n;
}

static bool select_all(struct strbuf *sql, const struct dialect *dialect, struct slice name)
{
    strbuf_addz(sql, "SELECT * FROM ");
    for (size_t i = 0; i < name.n;) {
        STRBUF(part, MAX_SQL);
        size_t end = part_end(name, i);
        plain(&part, slice_sub(name, i, end));
        if (i)
            strbuf_addc(sql, '.');
        quote_identifier(sql, dialect, strbuf_slice(&part));
        if (!strbuf_ok(&part))
            return false;
        i = end + 1;
    }
    return strbuf_ok(sql);
}

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

int rows_read(struct trial *tr, struct arena *a, const struct slice *keys, size_t n, struct contents *out,
              struct pawl_error *e)
{
    *out = (struct contents){.items = arena_array(a, n ? n : 1, sizeof *out->items)};
    if (!out->items)
        return err_nomem(e);
    for (size_t i = 0; i < n; i++) {
        struct content *c = &out->items[out->n];
        STRBUF(sql, MAX_SQL);
        if (!facts_get(tr->facts, keys[i]).p)
            continue;
        if (!select_all(&sql, tr->db->driver->dialect, name_of(keys[i])))
            return err_nomem(e);
        *c = (struct content){.key = keys[i]};
        struct db_request r = {.sql = strbuf_slice(&sql), .on_row = on_row, .context = c};
        int code = db_run(tr->db, &r, 1, NULL, e);
        if (code)
            return code;
        out->n++;
    }
    return PAWL_OK;
}

int rows_compare(struct arena *a, const struct contents *before, const struct contents *after, struct slice **tables,
                 size_t *n, struct pawl_error *e)
{
    *n = 0;
    *tables = arena_array(a, before->n ? before->n : 1, sizeof **tables);
    if (!*tables)
        return err_nomem(e);
    for (size_t i = 0, j = 0; i < before->n && j < after->n;) {
        const struct content *x = &before->items[i], *y = &after->items[j];
        int order = slice_cmp(x->key, y->key);
        if (order == 0 && (x->rows != y->rows || x->sum[0] != y->sum[0] || x->sum[1] != y->sum[1])) {
            (*tables)[*n] = arena_printf(a, SLICE_FMT " (%lld rows, then %lld)", SLICE_ARG(name_of(x->key)),
                                         (long long)x->rows, (long long)y->rows);
            if (!(*tables)[(*n)++].p)
                return err_nomem(e);
        }
        i += order <= 0;
        j += order >= 0;
    }
    return PAWL_OK;
}
