#include "proof/record.h"

#include "sql/quote.h"

#define MAX_SQL 1024

static int run(struct trial *tr, const struct db_request *r, struct pawl_error *e)
{
    return r->sql.p ? db_run(tr->db, r, 1, NULL, e) : err_nomem(e);
}

int record_create(struct trial *tr, struct pawl_error *e)
{
    return run(tr, &(struct db_request){.sql = tr->ledger.create}, e);
}

int record_add(struct trial *tr, const struct migration *m, struct pawl_error *e)
{
    ARENA(a);
    struct db_request r = ledger_insert(&a, &tr->ledger, m, true);
    r.rows_only = !tr->mentions_ledger;
    tr->db->stamp_behind = true;
    int code = run(tr, &r, e);
    tr->db->stamp_behind = false;
    return code;
}

int record_remove(struct trial *tr, const struct migration *m, struct pawl_error *e)
{
    ARENA(a);
    struct db_request r = ledger_remove(&a, &tr->ledger, m->version);
    r.rows_only = !tr->mentions_ledger;
    return run(tr, &r, e);
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
    return run(tr, &(struct db_request){.sql = tr->ledger.select, .on_row = on_row, .context = out}, e);
}

/* `verb` and the ledger's name. */
static int run_on_table(struct trial *tr, const char *verb, struct pawl_error *e)
{
    STRBUF(b, MAX_SQL);
    struct slice name = tr->ledger.name, schema = {NULL, 0};
    size_t dot = slice_find_byte(name, '.');
    if (dot != SIZE_MAX) {
        schema = slice_sub(name, 0, dot);
        name = slice_sub(name, dot + 1, name.n);
    }
    strbuf_addz(&b, verb);
    quote_qualified(&b, tr->db->driver->dialect, schema, name);
    return strbuf_ok(&b) ? run(tr, &(struct db_request){.sql = strbuf_slice(&b)}, e) : err_nomem(e);
}

int record_drop(struct trial *tr, struct pawl_error *e)
{
    return run_on_table(tr, "DROP TABLE IF EXISTS ", e);
}

int record_spoil(struct trial *tr, struct pawl_error *e)
{
    static const struct migration other = {.version = INT64_MAX, .description = {"not of this set", 15}};
    int code = run_on_table(tr, "DELETE FROM ", e);
    return code ? code : record_add(tr, &other, e);
}
