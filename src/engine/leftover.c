#include "engine/leftover.h"

#include "sql/head.h"
#include "sql/quote.h"

struct seen {
    struct arena *a;
    bool there, complete, newer;
    struct slice drop;
};

static int on_index(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct seen *s = context;
    (void)n;
    s->there = true;
    s->complete = v[0].i != 0;
    s->newer = v[1].i != 0;
    s->drop = arena_dup(s->a, v[2].s);
    return s->drop.p ? PAWL_OK : err_nomem(e);
}

static bool strip(struct arena *a, const struct dialect *d, struct slice written, struct slice *out)
{
    STRBUF(b, 512);
    *out = SLICE("");
    if (written.n && quote_strip(&b, d, written))
        *out = arena_dup(a, strbuf_slice(&b));
    return out->p != NULL;
}

static int look(struct run *r, const struct head *h, int64_t version, struct seen *seen, struct pawl_error *e)
{
    const struct dialect *d = r->db->driver->dialect;
    struct slice schema, table, index;
    if (!strip(seen->a, d, h->on.schema, &schema) || !strip(seen->a, d, h->on.name, &table) ||
        !strip(seen->a, d, h->name.name, &index))
        return err_nomem(e);
    if (!table.n || !index.n)
        return PAWL_OK;
    struct db_request q = ledger_index(seen->a, r->ledger, schema, table, index, version);
    if (!q.sql.p)
        return err_nomem(e);
    q.on_row = on_index;
    q.context = seen;
    return db_run(r->db, &q, 1, NULL, e);
}

static int incomplete(const struct head *h, const struct seen *s, struct pawl_error *e)
{
    err_set(e, PAWL_SQL, "the index " SLICE_FMT " is there, but incomplete: its building was interrupted, or goes on",
            SLICE_ARG(h->name.name));
    err_hint(e, "if nobody is building it now, run `" SLICE_FMT "` and try again", SLICE_ARG(s->drop));
    return PAWL_SQL;
}

static int clear_index(struct run *r, const struct head *h, int64_t version, bool resumed, bool *done,
                       struct pawl_error *e)
{
    ARENA(tmp);
    struct seen seen = {.a = &tmp};
    int code = look(r, h, version, &seen, e);
    if (code || !seen.there)
        return code;
    if (seen.complete) {
        *done = resumed && seen.newer;
        return PAWL_OK;
    }
    if (!resumed)
        return incomplete(h, &seen, e);
    report_note(r->report, PAWL_LEVEL_NOTE,
                "the index " SLICE_FMT " was left incomplete; it is dropped and built again", SLICE_ARG(h->name.name));
    return db_run(r->db, &(struct db_request){.sql = seen.drop}, 1, NULL, e);
}

static int dropped_already(struct run *r, const struct head *h, bool *done, struct pawl_error *e)
{
    struct db *db = r->db;
    STRBUF(name, 512);
    bool there = true;
    if (h->name.schema.n) {
        strbuf_add(&name, h->name.schema);
        strbuf_addc(&name, '.');
    }
    strbuf_add(&name, h->name.name);
    if (!strbuf_ok(&name))
        return err_nomem(e);
    int code = db->driver->table_exists(db, strbuf_slice(&name), &there, e);
    *done = !code && !there;
    return code;
}

int leftover_clear(struct run *r, struct slice sql, int64_t version, bool resumed, bool *done, struct pawl_error *e)
{
    struct head h;
    *done = false;
    if (!r->ledger->index.p)
        return PAWL_OK;
    head_read(&h, r->db->driver->dialect, sql);
    if (h.object != HEAD_INDEX || !head_has(&h, HEAD_CONCURRENTLY) || head_has(&h, HEAD_UNNAMED))
        return PAWL_OK;
    if (h.action == HEAD_CREATE)
        return clear_index(r, &h, version, resumed, done, e);
    if (h.action == HEAD_DROP && resumed && !head_has(&h, HEAD_MANY))
        return dropped_already(r, &h, done, e);
    return PAWL_OK;
}
