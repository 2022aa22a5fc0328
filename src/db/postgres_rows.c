/* Rows as the server writes them, in text, and what they are. */
#include <stdlib.h>

#include "base/mem.h"
#include "db/postgres.h"

#define SMALL_ROW 32 /* columns that need none */

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Both forms of bytea as text, turned into bytes in place: "\x0aff", and the old one with "\\" and "\012". */
static struct slice unescape_bytea(char *p, size_t n)
{
    size_t out = 0;
    if (n >= 2 && p[0] == '\\' && p[1] == 'x') {
        for (size_t i = 2; i + 1 < n; i += 2)
            p[out++] = (char)((unsigned)hex_digit(p[i]) << 4 | (unsigned)hex_digit(p[i + 1]));
        return (struct slice){p, out};
    }
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\\' && i + 3 < n && p[i + 1] >= '0' && p[i + 1] <= '3') {
            p[out++] = (char)((p[i + 1] - '0') << 6 | (p[i + 2] - '0') << 3 | (p[i + 3] - '0'));
            i += 3;
        } else {
            if (p[i] == '\\' && i + 1 < n)
                i++;
            p[out++] = p[i];
        }
    }
    return (struct slice){p, out};
}

/* Integers as the server writes them. */
static int64_t integer(const char *p, size_t n)
{
    size_t i = n && *p == '-';
    uint64_t value = 0;
    for (; i < n; i++)
        value = value * 10 + (uint64_t)(p[i] - '0');
    return (int64_t)(n && *p == '-' ? 0 - value : value);
}

static struct db_value column(struct pg_db *db, const PGresult *result, int row, int i, Oid type)
{
    size_t n = (size_t)db->pq.getlength(result, row, i);
    if (n == 0 && db->pq.getisnull(result, row, i))
        return (struct db_value){.type = DB_NULL};
    char *text = db->pq.getvalue(result, row, i);
    switch (type) {
    case OID_BOOL:
        return (struct db_value){.type = DB_BOOL, .i = text[0] == 't'};
    case OID_INT2:
    case OID_INT4:
    case OID_INT8:
    case OID_OID:
        return (struct db_value){.type = DB_INT, .i = integer(text, n)};
    case OID_FLOAT4:
    case OID_FLOAT8:
        return (struct db_value){.type = DB_REAL, .r = strtod(text, NULL)};
    case OID_BYTEA:
        return DB_V_BLOB(unescape_bytea(text, n));
    default:
        return DB_V_TEXT(((struct slice){text, n}));
    }
}

int pg_rows(struct pg_db *db, const PGresult *result, const struct db_request *r, struct pawl_error *e)
{
    int n = db->pq.nfields(result);
    int count = db->pq.ntuples(result);
    struct db_value small[SMALL_ROW];
    Oid small_types[SMALL_ROW];
    struct db_value *row = n <= SMALL_ROW ? small : mem_alloc((size_t)n * (sizeof *row + sizeof(Oid)));
    Oid *types = row && row != small ? (Oid *)(void *)(row + n) : small_types;
    int code = row ? PAWL_OK : err_nomem(e);
    for (int x = 0; x < n && !code; x++)
        types[x] = db->pq.ftype(result, x);
    for (int y = 0; y < count && !code; y++) {
        for (int x = 0; x < n; x++)
            row[x] = column(db, result, y, x, types[x]);
        code = r->on_row(r->context, row, (size_t)n, e);
    }
    if (row != small)
        mem_free(row);
    return code;
}
