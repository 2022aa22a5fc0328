#include "engine/limits.h"

#include "sys/clock.h"

#define LONGEST_PAUSE_MS 5000u

static struct db_value milliseconds(struct arena *a, int64_t ms)
{
    return DB_V_TEXT(arena_printf(a, "%lld", (long long)ms));
}

int limits_queue(const struct run *r, struct batch *b, int64_t version, int64_t lock_ms, int64_t statement_ms,
                 bool local, struct pawl_error *e)
{
    const char *sql = r->db->driver->limits;
    if (!sql)
        return PAWL_OK;
    struct db_value *params = arena_array(&b->arena, 3, sizeof *params);
    if (!params)
        return err_nomem(e);
    params[0] = milliseconds(&b->arena, lock_ms);
    params[1] = milliseconds(&b->arena, statement_ms);
    params[2] = DB_V_BOOL(local);
    if (!params[0].s.p || !params[1].s.p)
        return err_nomem(e);
    return batch_add(b, (struct db_request){.sql = slice_of(sql), .params = params, .n_params = 3},
                     (struct batch_origin){.role = BATCH_FRAME, .version = version}, e);
}

int64_t limits_lock_ms(const struct run *r, const struct script *script)
{
    return script->lock_timeout_ms >= 0 ? script->lock_timeout_ms : r->lock_timeout_ms;
}

bool limits_allow(const struct run *r, int code, uint32_t tried)
{
    return code == PAWL_LOCKED && r->db->driver->limits && tried < r->lock_retries && !run_interrupted(r, NULL);
}

void limits_pause(struct run *r, uint32_t tried, const char *what, int64_t version, const struct pawl_error *why)
{
    uint32_t pause = 100u << (tried < 6 ? tried : 6);
    pause += (uint32_t)(clock_ns() / 1000 % (pause / 2 + 1));
    pause = pause < LONGEST_PAUSE_MS ? pause : LONGEST_PAUSE_MS;
    report_note(r->report, PAWL_LEVEL_NOTE, "%s %lld was rolled back: %s; trying again in %u.%u s (%u of %u)", what,
                (long long)version, why->message, pause / 1000, pause % 1000 / 100, tried + 1, r->lock_retries);
    clock_sleep_ms(pause);
}
