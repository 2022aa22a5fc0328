#include "engine/unanswered.h"

#include "engine/limits.h"
#include "engine/lock.h"

/* Where each transaction locks the ledger, or what makes it: one of our own, which must wait for that lock too. */
static int look_in_transaction(struct run *r, struct batch *b, struct pawl_error *e)
{
    const char *alone = r->db->driver->ledger->alone;
    int64_t wait_ms = r->wait_ms ? r->wait_ms : 1;
    int code = batch_frame(b, r->db->driver->begin, 0, e);
    if (!code)
        code =
            limits_queue(r, b, 0, wait_ms, wait_ms, true, e); /* what the lost connection sent may be waiting itself */
    if (!code && alone)
        code = batch_frame(b, alone, 0, e);
    if (!code)
        code = batch_flush(b, e);
    if (!code)
        code = run_look(r, e);
    if (code || !r->history.exists)
        return code;
    code = lock_queue(r, b, 0, e);
    if (!code)
        code = batch_flush(b, e);
    return code ? code : run_look(r, e);
}

static int look(struct run *r, struct pawl_error *e)
{
    struct batch b;
    int code = run_reconnect(r, e);
    if (!code && !lock_in_transaction(r)) {
        code = lock_take(r, e);
        return code ? code : run_look(r, e);
    }
    if (code)
        return code;
    batch_init(&b, r->db);
    code = look_in_transaction(r, &b, e);
    batch_clear(&b);
    db_rollback(r->db);
    return code;
}

bool unanswered_look(struct run *r, const char *what, const char *command, struct pawl_error *why)
{
    struct pawl_error e;
    if (look(r, &e) == PAWL_OK)
        return true;
    err_hint(why, "whether %s was committed is not known; `pawl %s` finds out once the server is back", what, command);
    return false;
}

bool unanswered_is_recorded(const struct run *r, int64_t version)
{
    size_t i = history_find(&r->history, version);
    return i != SIZE_MAX && r->history.rows[i].success;
}
