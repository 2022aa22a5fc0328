#include "proof/record.h"

#include "sql/quote.h"

#define MAX_SQL 4096

/* "schema.name" as in the configuration, each part in quotes. */
static void add_table(struct strbuf *b, const struct trial *tr)
{
    struct slice name = tr->options->ledger;
    size_t dot = slice_find_byte(name, '.');
    struct slice schema = {NULL, 0};
    if (dot != SIZE_MAX) {
        schema = slice_sub(name, 0, dot);
        name = slice_sub(name, dot + 1, name.n);
    }
    quote_qualified(b, tr->db->driver->dialect, schema, name);
}

static int run(struct trial *tr, const char *template, const struct db_value *params, size_t n, db_row_fn *on_row,
               void *context, struct pawl_error *e)
{
    STRBUF(b, MAX_SQL);
    for (const char *p = template; *p;) {
        if (strncmp(p, "{t}", 3) == 0) {
            add_table(&b, tr);
            p += 3;
        } else {
            strbuf_addc(&b, *p++);
        }
    }
    if (!strbuf_ok(&b))
        return err_nomem(e);
    struct db_request r = {.sql = strbuf_slice(&b), .params = params, .n_params = n, .on_row = on_row, .context = context};
    return db_run(tr->db, &r, 1, NULL, e);
}

int record_create(struct trial *tr, struct pawl_error *e)
{
    return run(tr, tr->db->driver->ledger->create, NULL, 0, NULL, NULL, e);
}

static int insert(struct trial *tr, int64_t version, struct slice description, const unsigned char *checksum,
                  struct pawl_error *e)
{
    struct db_value params[] = {
        DB_V_INT(version),
        DB_V_TEXT(description),
        DB_V_BLOB(((struct slice){(const char *)checksum, SHA384_BYTES})),
        DB_V_BOOL(true),
        DB_V_INT(0),
    };
    return run(tr, tr->db->driver->ledger->insert, params, 5, NULL, NULL, e);
}

int record_add(struct trial *tr, const struct migration *m, struct pawl_error *e)
{
    return insert(tr, m->version, m->description, m->up.checksum, e);
}

int record_remove(struct trial *tr, const struct migration *m, struct pawl_error *e)
{
    struct db_value params[] = {DB_V_INT(m->version)};
    return run(tr, tr->db->driver->ledger->remove, params, 1, NULL, NULL, e);
}

static int on_row(void *context, const struct db_value *columns, size_t n, struct pawl_error *e)
{
    (void)columns;
    (void)n;
    (void)e;
    ++*(int64_t *)context;
    return PAWL_OK;
}

int record_count(struct trial *tr, int64_t *out, struct pawl_error *e)
{
    *out = 0;
    return run(tr, tr->db->driver->ledger->select, NULL, 0, on_row, out, e);
}

int record_drop(struct trial *tr, struct pawl_error *e)
{
    return run(tr, "DROP TABLE IF EXISTS {t}", NULL, 0, NULL, NULL, e);
}

int record_spoil(struct trial *tr, struct pawl_error *e)
{
    static const unsigned char checksum[SHA384_BYTES];
    int code = run(tr, "DELETE FROM {t}", NULL, 0, NULL, NULL, e);
    return code ? code : insert(tr, INT64_MAX, SLICE("not of this set"), checksum, e);
}
