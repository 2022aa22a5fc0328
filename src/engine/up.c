#include "engine/up.h"

#include "engine/apply.h"
#include "engine/lock.h"
#include "sys/clock.h"

static int look_and_plan(struct run *r, const struct up_request *q, struct plan *plan, struct pawl_error *e)
{
    int code = run_look(r, e);
    return code ? code : plan_up(r->arena, &r->standings, &q->policy, q->to, q->steps, plan, e);
}

static int tell(struct run *r, const struct plan *plan, struct pawl_result *out)
{
    for (size_t i = 0; i < plan->n; i++)
        run_step_end(r, plan->steps[i], false, true, 0);
    out->steps = plan->n;
    return PAWL_OK;
}

/* Why one transaction for the whole run is not possible, as an error; PAWL_OK if it is. */
static int allows_single(const struct run *r, const struct plan *plan, const struct script *scripts,
                         struct pawl_error *e)
{
    if (!(r->db->driver->caps & DB_CAP_TRANSACTIONAL_DDL))
        return err_set(e, PAWL_REFUSED, "this engine commits at each DDL statement");
    for (size_t i = 0; i < plan->n; i++) {
        const struct migration *m = plan->steps[i]->migration;
        if (!scripts[i].no_transaction && plan->steps[i]->state != PAWL_STATE_DIRTY)
            continue;
        err_set(e, PAWL_REFUSED, "migration %lld runs without a transaction, so the run cannot be one",
                (long long)m->version);
        err_hint(e, "leave out --single-transaction");
        err_place(e, m->up.path, 0, 0);
        return PAWL_REFUSED;
    }
    return PAWL_OK;
}

static int choose_single(struct run *r, const struct up_request *q, const struct plan *plan,
                         const struct script *scripts, bool *single, struct pawl_error *e)
{
    *single = false;
    if (q->transactions == PAWL_TRANSACTIONS_PER_FILE)
        return PAWL_OK;
    int code = allows_single(r, plan, scripts, e);
    if (q->transactions == PAWL_TRANSACTIONS_SINGLE) {
        *single = !code;
        return code;
    }
    bool empty = false;
    if (code || r->history.n || plan->n < 2)
        return PAWL_OK;
    code = r->db->driver->is_empty(r->db, r->ledger->name, &empty, e);
    *single = !code && empty;
    return code;
}

/*
 * One transaction for an empty database is pawl's own idea. If it fails, the run is made again file by file: either that
 * works (PostgreSQL forbids some things within one transaction), or everything in front of the faulty file stays.
 */
static int apply_as_chosen(struct run *r, const struct up_request *q, const struct plan *plan,
                           const struct script *scripts, struct applied *done, struct pawl_error *e)
{
    bool single;
    int code = choose_single(r, q, plan, scripts, &single, e);
    if (code)
        return code;
    code = apply_plan(r, plan, scripts, single, done, e);
    if (code != PAWL_SQL || !single || q->transactions == PAWL_TRANSACTIONS_SINGLE || done->overtaken)
        return code;
    return apply_plan(r, plan, scripts, false, done, e);
}

/* One round: look, plan, apply. */
static int apply_round(struct run *r, const struct up_request *q, struct pawl_result *out, struct applied *applied,
                       struct pawl_error *e)
{
    struct plan plan;
    struct script *scripts = NULL;
    *applied = (struct applied){0};
    int code = look_and_plan(r, q, &plan, e);
    if (!code && plan.n)
        code = run_check(r, &plan, &scripts, e);
    if (!code && plan.n)
        code = lock_allows(r, &plan, scripts, e);
    if (!code && plan.n)
        code = apply_as_chosen(r, q, &plan, scripts, applied, e);
    out->steps += applied->done;
    out->version = r->standings.version;
    if (applied->done && plan.steps[applied->done - 1]->version > out->version)
        out->version = plan.steps[applied->done - 1]->version;
    return code;
}

/*
 * Another process, which needs no lock on this engine, was faster: begin again. Its row must show, though: a ledger that
 * refuses ours for another reason is an error, not a race.
 */
static int is_there(struct run *r, struct pawl_error *why)
{
    struct pawl_error e = {0};
    int code = run_look(r, &e);
    if (code)
        *why = e;
    return code ? code : history_find(&r->history, why->version) != SIZE_MAX ? PAWL_OK : PAWL_SQL;
}

#define LONGEST_PAUSE_MS 5000u

/* Twice as long each time, and by chance up to half as long again, so that two who disturb each other come apart. */
static int pause_and_retry(struct run *r, uint32_t tried, const struct pawl_error *why)
{
    uint32_t pause = 100u << (tried < 6 ? tried : 6);
    pause += (uint32_t)(clock_ns() / 1000 % (pause / 2 + 1));
    pause = pause < LONGEST_PAUSE_MS ? pause : LONGEST_PAUSE_MS;
    report_note(r->report, PAWL_LEVEL_NOTE, "migration %lld was rolled back: %s; trying again in %u.%u s (%u of %u)",
                (long long)why->version, why->message, pause / 1000, pause % 1000 / 100, tried + 1, r->lock_retries);
    clock_sleep_ms(pause);
    return PAWL_OK;
}

/* After a COMMIT without an answer only the ledger knows, so it is read on a new connection. */
static void find_lost(struct run *r, struct pawl_result *out, struct pawl_error *why)
{
    struct pawl_error e;
    bool known = run_reconnect(r, &e) == PAWL_OK && run_look(r, &e) == PAWL_OK;
    if (!known) {
        err_hint(why, "whether migration %lld was committed is not known; `pawl up` finds out once the server is back",
                 (long long)why->version);
        return;
    }
    bool there = history_find(&r->history, why->version) != SIZE_MAX;
    out->version = r->standings.version;
    err_hint(why, "a new connection shows that migration %lld was%s committed; run `pawl up` again to go on",
             (long long)why->version, there ? "" : " not");
}

static int apply_rounds(struct run *r, const struct up_request *q, struct pawl_result *out, struct pawl_error *e)
{
    struct applied applied;
    struct pawl_error why = {0};
    uint32_t tried = 0;
    for (;;) {
        int code = apply_round(r, q, out, &applied, &why);
        tried = applied.done ? 0 : tried;
        if (code == PAWL_SQL && applied.overtaken)
            code = is_there(r, &why);
        else if (code == PAWL_LOCKED && r->db->driver->limits && tried < r->lock_retries && !run_interrupted(r, NULL))
            code = pause_and_retry(r, tried++, &why);
        else if (code && applied.lost)
            find_lost(r, out, &why);
        else if (!code)
            return PAWL_OK;
        if (code) {
            if (e)
                *e = why;
            return code;
        }
    }
}

int up_run(struct run *r, const struct up_request *q, struct pawl_result *out, struct pawl_error *e)
{
    struct plan plan;
    struct script *scripts;
    *out = (struct pawl_result){0};
    int code = look_and_plan(r, q, &plan, e);
    out->version = r->standings.version;
    if (code || plan.n == 0)
        return code;
    if (q->dry_run) {
        code = run_check(r, &plan, &scripts, e);
        if (!code)
            code = lock_allows(r, &plan, scripts, e);
        return code ? code : tell(r, &plan, out);
    }
    code = lock_take(r, e);
    if (code)
        return code;
    code = apply_rounds(r, q, out, e);
    lock_release(r);
    return code;
}
