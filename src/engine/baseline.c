#include "engine/baseline.h"

#include "engine/batch.h"
#include "engine/lock.h"
#include "engine/unanswered.h"

static int check(const struct run *r, int64_t version, struct pawl_error *e)
{
    if (r->history.n) {
        err_set(e, PAWL_REFUSED, "the ledger has %zu row%s already, so this database has a history", r->history.n,
                r->history.n == 1 ? "" : "s");
        err_hint(e, "`pawl status` shows it; baseline is for a database that no migration was ever recorded in");
        return PAWL_REFUSED;
    }
    if (migration_find(r->set, version) != SIZE_MAX)
        return PAWL_OK;
    err_set(e, PAWL_USAGE, "there is no migration %lld", (long long)version);
    err_hint(e, "give the last version whose changes the database already has; `pawl status` lists them");
    return PAWL_USAGE;
}

static int record(struct run *r, struct batch *b, size_t count, struct pawl_error *e)
{
    int code = batch_frame(b, r->db->driver->begin, 0, e);
    if (!code && !r->history.exists)
        code = lock_queue_create(r, b, 0, e);
    if (!code)
        code = lock_queue(r, b, 0, e);
    for (size_t i = 0; i < count && !code; i++) {
        const struct migration *m = &r->set->items[i];
        code = batch_add(b, ledger_insert(&b->arena, r->ledger, m, true),
                         (struct batch_origin){.role = BATCH_RECORD, .version = m->version}, e);
    }
    if (!code)
        code = batch_frame(b, r->db->driver->commit, 0, e);
    return code ? code : batch_flush(b, e);
}

/* The connection broke, perhaps behind the COMMIT. */
static void find_lost(struct run *r, int64_t version, struct pawl_error *why)
{
    bool known = unanswered_look(r, "the baseline", "status", why);
    bool done = known && unanswered_is_recorded(r, version);
    if (known)
        err_hint(why, "a new connection shows that the baseline was%s committed%s", done ? "" : " not",
                 done ? "" : "; run `pawl baseline` again");
}

int baseline_run(struct run *r, int64_t version, struct pawl_result *out, struct pawl_error *e)
{
    struct batch b;
    *out = (struct pawl_result){0};
    int code = lock_take(r, e);
    if (code)
        return code;
    code = run_look(r, e);
    if (!code)
        code = check(r, version, e);
    batch_init(&b, r->db);
    size_t count = code ? 0 : migration_find(r->set, version) + 1;
    if (!code)
        code = record(r, &b, count, e);
    if (code)
        db_rollback(r->db);
    else
        *out = (struct pawl_result){count, version};
    if (code && b.lost)
        find_lost(r, version, e);
    batch_clear(&b);
    lock_release(r);
    return code;
}
