#include "engine/apply.h"

#include "engine/attest.h"
#include "engine/batch.h"
#include "engine/limits.h"
#include "engine/lock.h"
#include "engine/outside.h"
#include "sql/session.h"
#include "sys/clock.h"

struct applying {
    struct run *run;
    struct batch batch;
    const struct plan *plan;
    const struct script *scripts;
    bool single;          /* all in one transaction */
    bool pipeline;        /* what is queued may hold several migrations */
    bool clean;           /* nothing since the last `session` can have left anything in it */
    int64_t lock_ms;      /* while clean: the limit on waiting for locks that holds */
    bool keys_off;        /* while clean: foreign keys were said to be off for one migration */
    int64_t unmeasured;   /* version of the first one queued whose time the engine is still to measure; 0 = none */
    size_t queued;        /* steps before this one are queued or sent */
    size_t done;          /* steps before this one are committed */
    size_t alone;         /* this step has shown that it runs only outside a transaction */
    uint64_t *elapsed_ns; /* by step; 0 where the engine alone knows */
};

/* ---- queueing one migration in a transaction ---------------------------------------------------------------------- */

static int queue_limits(struct applying *x, int64_t version, int64_t lock_ms, struct pawl_error *e)
{
    return limits_queue(x->run, &x->batch, version, lock_ms, x->run->statement_timeout_ms, lock_in_transaction(x->run),
                        e);
}

/* The session and its limits as this migration is to find them, if they may be otherwise. */
static int queue_clean(struct applying *x, int64_t version, int64_t lock_ms, bool keys_off, struct pawl_error *e)
{
    if (lock_in_transaction(x->run))
        return PAWL_OK;
    if (x->clean && x->lock_ms == lock_ms && x->keys_off == keys_off)
        return batch_tidy(&x->batch, e);
    int code = batch_session(&x->batch, version, keys_off, e);
    if (!code)
        code = queue_limits(x, version, lock_ms, e);
    x->clean = true;
    x->lock_ms = lock_ms;
    x->keys_off = keys_off;
    return code;
}

static int queue_ledger(struct applying *x, int64_t version, struct pawl_error *e)
{
    if (x->run->history.exists)
        return PAWL_OK;
    x->run->history.exists =
        true; /* CREATE TABLE IF NOT EXISTS: saying it once a run is enough, and twice does no harm */
    return lock_queue_create(x->run, &x->batch, version, e);
}

/* The limits that end with the transaction, and the lock of one that has just begun. */
static int queue_lock(struct applying *x, int64_t version, int64_t lock_ms, bool opens, struct pawl_error *e)
{
    if (!lock_in_transaction(x->run))
        return PAWL_OK;
    int code = queue_limits(x, version, lock_ms, e);
    return code || !opens ? code : lock_queue(x->run, &x->batch, version, e);
}

/*
 * The session may be a pool's, and another client's next: what the text may have left in it is undone in the same flight.
 * Behind a COMMIT in a transaction of its own: without one it would belong to the next BEGIN, and be rolled back with it.
 */
static int queue_tidy(struct applying *x, int64_t version, struct pawl_error *e)
{
    const struct db_driver *driver = x->run->db->driver;
    if (!lock_in_transaction(x->run) || x->clean)
        return PAWL_OK;
    x->clean = true;
    int code = x->single ? PAWL_OK : batch_frame(&x->batch, driver->begin, version, e);
    if (!code)
        code = batch_session(&x->batch, version, false, e);
    return code || x->single ? code : batch_frame(&x->batch, driver->commit, version, e);
}

static int queue_record(struct applying *x, const struct migration *m, struct pawl_error *e)
{
    struct db_request insert = ledger_insert(&x->batch.arena, x->run->ledger, m, true);
    return batch_add(&x->batch, insert, (struct batch_origin){.role = BATCH_RECORD, .version = m->version}, e);
}

static int queue_text(struct applying *x, size_t i, struct pawl_error *e)
{
    const struct migration *m = x->plan->steps[i]->migration;
    const struct script *script = &x->scripts[i];
    struct text text;
    int code = script->skip ? PAWL_OK : script_text(script, &m->up, &text, e);
    if (code || script->skip)
        return code;
    x->clean &= !session_is_touched(x->run->db->driver->dialect, text.sql);
    code = batch_keep(&x->batch, &text, e);
    return code ? code : batch_script(&x->batch, script, &text, m, &m->up, plan_in_place(x->plan, i), e);
}

/* Foreign keys and the like can only be looked at once the statements have run. */
static int check(struct applying *x, const struct migration *m, struct pawl_error *e)
{
    struct db *db = x->run->db;
    if (!db->driver->check)
        return PAWL_OK;
    int code = batch_flush(&x->batch, e);
    if (!code)
        code = db->driver->check(db, e);
    if (code) {
        err_place(e, m->up.path, 0, 0);
        if (e && !e->version)
            e->version = m->version;
    }
    return code;
}

static void tell_done(struct applying *x, size_t from)
{
    for (size_t i = from; i < x->done; i++)
        run_step_end(x->run, x->plan->steps[i], false, false, x->elapsed_ns[i]);
}

/* Of a run in one transaction only the last state is compared: if it is another one, nothing is committed. */
static bool is_attested(const struct applying *x, size_t i)
{
    const struct attest *at = x->run->attest;
    if (!at || !attest_covers(at, x->plan->steps[i]->migration))
        return false;
    return !x->single || i + 1 == x->plan->n || !attest_covers(at, x->plan->steps[i + 1]->migration);
}

/* What the texts have done is looked at before it is committed; the COMMIT goes with whatever is sent next. */
static int attest_step(struct applying *x, size_t i, struct pawl_error *e)
{
    size_t from = x->done;
    uint64_t started_ns = clock_ns();
    if (!is_attested(x, i))
        return PAWL_OK;
    int code = batch_flush(&x->batch, e);
    if (code)
        return code;
    if (!x->single) {
        x->done = i; /* their COMMITs were in it */
        tell_done(x, from);
    }
    x->run->attest->together = x->single ? i + 1 : 1;
    code = attest_after(x->run->attest, x->plan->steps[i]->migration, e);
    x->elapsed_ns[i] += x->pipeline ? clock_ns() - started_ns : 0;
    return code;
}

static int queue_finish(struct applying *x, const struct migration *m, uint64_t started_ns, struct pawl_error *e)
{
    /* A driver that pipelines has not run the statements yet, and lets the engine measure, best for all of them at once. */
    if (x->pipeline && x->run->ledger->measure.p) {
        if (!x->unmeasured)
            x->unmeasured = m->version;
        return PAWL_OK;
    }
    int64_t elapsed = x->pipeline ? -1 : (int64_t)(clock_ns() - started_ns);
    struct db_request finish = ledger_finish(&x->batch.arena, x->run->ledger, m->version, elapsed);
    return batch_add(&x->batch, finish, (struct batch_origin){.role = BATCH_FRAME, .version = m->version}, e);
}

static int queue_step(struct applying *x, size_t i, struct pawl_error *e)
{
    const struct migration *m = x->plan->steps[i]->migration;
    const char *begin = x->run->db->driver->begin;
    bool opens = !x->single || i == 0;
    uint64_t started_ns = clock_ns();
    int64_t lock_ms = limits_lock_ms(x->run, &x->scripts[i]);
    bool keys_off = x->single ? run_keys_off(x->plan, x->scripts) : run_script_keys_off(&x->scripts[i]);
    int code = queue_clean(x, m->version, lock_ms, keys_off, e);
    if (!code && opens)
        code = batch_frame(&x->batch, begin, m->version, e);
    if (!code)
        code = queue_ledger(x, m->version, e);
    if (!code)
        code = queue_lock(x, m->version, lock_ms, opens, e);
    if (!code)
        code = queue_record(x, m, e);
    if (!code)
        code = queue_text(x, i, e);
    if (!code)
        code = check(x, m, e);
    if (!code)
        code = attest_step(x, i, e);
    if (!code)
        code = queue_finish(x, m, started_ns, e);
    if (!code && !x->single)
        code = batch_frame(&x->batch, x->run->db->driver->commit, m->version, e);
    if (!code)
        code = queue_tidy(x, m->version, e);
    if (!x->pipeline)
        x->elapsed_ns[i] = clock_ns() - started_ns;
    return code;
}

/* ---- sending ----------------------------------------------------------------------------------------------------- */

/* Steps up to the one that failed were committed: each ends with its own COMMIT, which came back. */
static void count_done(struct applying *x)
{
    const struct batch_origin *failed = &x->batch.failed;
    if (failed->version == 0 && failed->role != BATCH_AFTER)
        return; /* which one it was is not known */
    while (x->done < x->queued && x->plan->steps[x->done]->version != failed->version)
        x->done++;
}

/* Times of all that was queued since the last call; a role that was changed may not write to the ledger. */
static int queue_measure(struct applying *x, struct pawl_error *e)
{
    int64_t version = x->unmeasured;
    if (!version)
        return PAWL_OK;
    int code = x->clean ? PAWL_OK : batch_session(&x->batch, 0, false, e);
    return code ? code
                : batch_add(&x->batch, ledger_measure(&x->batch.arena, x->run->ledger, version),
                            (struct batch_origin){.role = BATCH_AFTER}, e);
}

static int flush(struct applying *x, struct pawl_error *e)
{
    size_t from = x->done;
    uint64_t started_ns = clock_ns();
    int code = queue_measure(x, e);
    if (!code)
        code = batch_flush(&x->batch, e);
    if (!code)
        x->unmeasured = 0;
    if (x->queued == from + 1) /* nothing else was in it, so the COMMIT counts too */
        x->elapsed_ns[from] += clock_ns() - started_ns;
    if (code && !x->single)
        count_done(x);
    else if (!code && !x->single)
        x->done = x->queued;
    tell_done(x, from);
    return code;
}

static int commit_single(struct applying *x, struct pawl_error *e)
{
    int code = queue_measure(x, e);
    if (!code)
        code = batch_frame(&x->batch, x->run->db->driver->commit, 0, e);
    if (!code)
        code = batch_flush(&x->batch, e);
    if (code)
        return code;
    x->done = x->plan->n;
    tell_done(x, 0);
    return PAWL_OK;
}

static int look(struct applying *x, struct pawl_error *e)
{
    const struct run_watch *watch = x->run->watch;
    return watch ? watch->on_step(watch->context, e) : PAWL_OK;
}

static int apply_inside(struct applying *x, size_t i, struct pawl_error *e)
{
    run_step_begin(x->run, x->plan->steps[i], false, false);
    int code = queue_step(x, i, e);
    x->queued = i + 1;
    if (code) { /* a long text is sent while it is queued, and what was in front of it with it */
        if (!x->single) {
            size_t from = x->done;
            count_done(x);
            tell_done(x, from);
        }
        return code;
    }
    if (x->pipeline && !batch_full(&x->batch))
        return PAWL_OK;
    code = x->single ? batch_flush(&x->batch, e) : flush(x, e);
    return code ? code : look(x, e);
}

static int apply_alone(struct applying *x, size_t i, struct pawl_error *e)
{
    const struct standing *s = x->plan->steps[i];
    int code = flush(x, e); /* what is queued comes first */
    if (code)
        return code;
    uint64_t started = clock_ns();
    struct script script = x->scripts[i];
    script.no_transaction = true;
    run_step_begin(x->run, s, false, false);
    x->queued = i + 1;
    x->clean = false;
    code = outside_run(x->run, s, &script, false, plan_in_place(x->plan, i), e);
    if (code)
        return code;
    x->done = i + 1;
    x->elapsed_ns[i] = clock_ns() - started;
    tell_done(x, i);
    return look(x, e);
}

static bool runs_outside(const struct applying *x, size_t i)
{
    return (x->scripts[i].no_transaction && !x->scripts[i].skip) || i == x->alone;
}

static int apply_from(struct applying *x, size_t from, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = from; i < x->plan->n && !code; i++) {
        code = run_interrupted(x->run, e);
        if (!code)
            code = runs_outside(x, i) ? apply_alone(x, i, e) : apply_inside(x, i, e);
    }
    if (code)
        return code;
    return x->single ? commit_single(x, e) : flush(x, e);
}

/* What was committed in front of a failure gets its times, too; if that fails, they stay unknown. */
static void measure_rest(struct applying *x)
{
    struct batch_origin failed = x->batch.failed;
    bool lost = x->batch.lost;
    batch_clear(&x->batch); /* what was queued and not sent belongs to the transaction that is rolled back */
    if (!x->done || lost)
        return;
    x->clean = false;
    if (queue_measure(x, NULL) == PAWL_OK)
        batch_flush(&x->batch, NULL);
    x->batch.failed = failed;
    x->batch.lost = lost;
}

/*
 * The step failed in its transaction, and the engine says that it would not fail without one. All of it has been rolled
 * back, so it can be run again that way, unless the user wants such files to be an error.
 */
static bool leave_transaction(struct applying *x, int code, const struct pawl_error *e)
{
    struct run *r = x->run;
    struct batch_origin failed = x->batch.failed;
    if (code != PAWL_SQL || x->single || lock_in_transaction(r) || x->done == x->alone ||
        failed.role != BATCH_STATEMENT || x->plan->steps[x->done]->version != failed.version ||
        r->db->driver->refusal(e->sqlstate) != DB_REFUSAL_INSIDE ||
        r->report->levels[PAWL_FINDING_NEEDS_NO_TRANSACTION] == PAWL_LEVEL_ERROR)
        return false;
    db_rollback(r->db);
    measure_rest(x);
    if (r->attest)
        attest_forget(r->attest);
    report_note(r->report, PAWL_LEVEL_WARNING,
                "migration %lld was rolled back and is run again without a transaction: %s; sqlx would not run it",
                (long long)failed.version, e->message);
    x->alone = x->queued = x->done;
    x->unmeasured = 0;
    x->clean = false;
    x->batch.failed = (struct batch_origin){0};
    if (r->watch)
        r->watch->on_undo(r->watch->context);
    return true;
}

/* The error is complete but for what has become of the rest, which is what one wants to know first at night. */
static void explain(const struct applying *x, int code, struct pawl_error *e)
{
    if (!e || e->hint[0] || (code != PAWL_SQL && code != PAWL_DRIFT))
        return;
    if (x->single)
        err_hint(e, "the whole run was rolled back; nothing was applied");
    else if (x->done)
        err_hint(e, "migration %lld was rolled back; everything up to %lld is applied", (long long)e->version,
                 (long long)x->plan->steps[x->done - 1]->version);
    else if (x->run->standings.version)
        err_hint(e, "migration %lld was rolled back; the database is still at version %lld", (long long)e->version,
                 (long long)x->run->standings.version);
    else
        err_hint(e, "migration %lld was rolled back; nothing was applied", (long long)e->version);
}

static int64_t unsure(const struct applying *x, const struct pawl_error *e)
{
    if (!x->single && e->version)
        return e->version;
    size_t i = x->single || x->done == x->plan->n ? x->plan->n - 1 : x->done;
    return x->plan->steps[i]->version;
}

int apply_plan(struct run *r, const struct plan *plan, const struct script *scripts, bool single, struct applied *out,
               struct pawl_error *e)
{
    struct pawl_error own;
    struct applying x = {.run = r,
                         .alone = SIZE_MAX,
                         .plan = plan,
                         .scripts = scripts,
                         .single = single,
                         .pipeline = !r->watch && (r->db->driver->caps & DB_CAP_PIPELINE) != 0,
                         .clean = lock_in_transaction(r),
                         .elapsed_ns = arena_array(r->arena, plan->n, sizeof *x.elapsed_ns)};
    bool ledger_existed = r->history.exists;
    batch_init(&x.batch, r->db);
    x.batch.watch = r->watch;
    x.batch.report = r->report;
    e = e ? e : &own;
    err_clear(e);
    int code = x.elapsed_ns ? PAWL_OK : err_nomem(e);
    if (!code)
        code = apply_from(&x, 0, e);
    while (leave_transaction(&x, code, e)) {
        r->history.exists = ledger_existed || x.done > 0;
        err_clear(e);
        code = apply_from(&x, x.done, e);
    }
    if (code) {
        db_rollback(r->db);
        if (r->attest)
            attest_forget(r->attest);
        measure_rest(&x);
        r->history.exists = ledger_existed || x.done > 0;
        explain(&x, code, e);
    }
    *out = (struct applied){
        .done = x.done,
        .lost = code && x.batch.lost,
        .unsure = code && x.batch.lost ? unsure(&x, e) : 0,
        .overtaken = code == PAWL_SQL && x.batch.failed.role == BATCH_RECORD,
    };
    batch_clear(&x.batch);
    return code;
}
