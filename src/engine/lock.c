#include "engine/lock.h"

#include "sys/clock.h"

#define FIRST_PAUSE_MS 20
#define LONGEST_PAUSE_MS 500

static bool needed(const struct run *r)
{
    return (r->db->driver->caps & DB_CAP_SESSION_LOCK) != 0;
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
