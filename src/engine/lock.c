#include "engine/lock.h"

#include "sys/clock.h"

#define FIRST_PAUSE_MS 20
#define LONGEST_PAUSE_MS 500

static bool needed(const struct run *r)
{
    return (r->db->driver->caps & DB_CAP_SESSION_LOCK) != 0 && r->lock != PAWL_LOCK_TABLE && !r->alone;
}

bool lock_in_transaction(const struct run *r)
{
    return r->ledger->lock.p && r->lock == PAWL_LOCK_TABLE;
}

int lock_queue_create(const struct run *r, struct batch *b, int64_t version, struct pawl_error *e)
{
    const char *alone = r->db->driver->ledger->alone;
    int code = alone && lock_in_transaction(r) ? batch_frame(b, alone, version, e) : PAWL_OK;
    if (code)
        return code;
    return batch_add(b, (struct db_request){.sql = r->ledger->create},
                     (struct batch_origin){.role = BATCH_FRAME, .version = version}, e);
}

int lock_queue(const struct run *r, struct batch *b, int64_t version, struct pawl_error *e)
{
    if (!lock_in_transaction(r))
        return PAWL_OK;
    return batch_add(b, (struct db_request){.sql = r->ledger->lock},
                     (struct batch_origin){.role = BATCH_FRAME, .version = version}, e);
}

int lock_allows(const struct run *r, const struct plan *plan, const struct script *scripts, struct pawl_error *e)
{
    for (size_t i = 0; lock_in_transaction(r) && i < plan->n; i++) {
        const struct standing *s = plan->steps[i];
        if ((!scripts[i].no_transaction || scripts[i].skip) && s->state != PAWL_STATE_DIRTY)
            continue;
        err_set(e, PAWL_REFUSED,
                "migration %lld runs without a transaction, and so without the table lock that keeps other runs away",
                (long long)s->version);
        err_hint(e, "leave out --lock table, and connect to the server directly or through a pool in session mode");
        err_place(e, plan->reverting ? s->migration->down.path : s->migration->up.path, 0, 0);
        return PAWL_REFUSED;
    }
    return PAWL_OK;
}

static int held(const struct run *r, struct slice holder, struct pawl_error *e)
{
    err_set(e, PAWL_LOCKED, "another run holds the migration lock%s" SLICE_FMT, holder.n ? ": " : "",
            SLICE_ARG(holder));
    err_hint(e, "waited %u.%u s; wait longer with --wait, or look whether that run is stuck", r->wait_ms / 1000,
             r->wait_ms % 1000 / 100);
    return PAWL_LOCKED;
}

int lock_take(struct run *r, struct pawl_error *e)
{
    if (!needed(r))
        return PAWL_OK;
    STRBUF(holder, 512);
    uint64_t deadline = clock_ms() + r->wait_ms;
    uint32_t pause = FIRST_PAUSE_MS;
    bool told = false;
    db_expect(r->db, r->ledger->name, r->ledger->select); /* whoever has the lock reads the ledger first */
    for (;;) {
        bool got = false;
        strbuf_reset(&holder);
        int code = run_interrupted(r, e);
        if (!code)
            code = r->db->driver->try_lock(r->db, r->ledger->name, &got, &holder, e);
        if (code || got)
            return code;
        uint64_t now = clock_ms();
        if (now >= deadline)
            return held(r, strbuf_slice(&holder), e);
        if (!told && pause >= LONGEST_PAUSE_MS) {
            report_note(r->report, PAWL_LEVEL_NOTE, "waiting for the migration lock: %s", strbuf_z(&holder));
            told = true;
        }
        clock_sleep_ms(deadline - now < pause ? (uint32_t)(deadline - now) : pause);
        pause = pause * 2 > LONGEST_PAUSE_MS ? LONGEST_PAUSE_MS : pause * 2;
    }
}

void lock_release(struct run *r)
{
    if (needed(r))
        r->db->driver->unlock(r->db, NULL);
}
