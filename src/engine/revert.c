#include "engine/revert.h"

#include <stdio.h>

#include "engine/batch.h"
#include "engine/limits.h"
#include "engine/lock.h"
#include "engine/loss.h"
#include "engine/outside.h"
#include "engine/unanswered.h"
#include "sys/calendar.h"
#include "sys/clock.h"
#include "sys/file.h"

struct reverting {
    struct run *run;
    struct batch batch;
    uint64_t *elapsed_ns; /* by step of the plan that runs */
    bool removed;         /* the ledger row was really there */
    int64_t version;      /* of the step that is made, or of the first one where all are made together */
};

static int on_removed(void *context, const struct db_value *columns, size_t n, struct pawl_error *e)
{
    (void)columns;
    (void)n;
    (void)e;
    *(bool *)context = true;
    return PAWL_OK;
}

static int overtaken(int64_t version, struct pawl_error *e)
{
    err_set(e, PAWL_REFUSED, "migration %lld is not in the ledger any more: another process reverted it meanwhile",
            (long long)version);
    err_hint(e, "look with `pawl status` and run again");
    return PAWL_REFUSED;
}

/* The row goes first, so that of two processes one waits and then finds it gone, before any statement ran twice. */
static int remove_row(struct reverting *x, int64_t version, struct pawl_error *e)
{
    struct db_request remove = ledger_remove(&x->batch.arena, x->run->ledger, version);
    x->removed = false;
    remove.on_row = on_removed;
    remove.context = &x->removed;
    int code = batch_add(&x->batch, remove, (struct batch_origin){.role = BATCH_RECORD, .version = version}, e);
    if (!code)
        code = batch_flush(&x->batch, e);
    return !code && !x->removed ? overtaken(version, e) : code;
}

/* The rows of what a baseline stands for go with its own. */
static int remove_covered(struct reverting *x, const struct standing *step, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = 0; i < step->n_covered && !code; i++)
        code = batch_add(&x->batch, ledger_remove(&x->batch.arena, x->run->ledger, step->covered[i]->version),
                         (struct batch_origin){.role = BATCH_RECORD, .version = step->version}, e);
    return code;
}

static int run_text(struct reverting *x, const struct migration *m, const struct script *script, struct pawl_error *e)
{
    struct text text;
    int code = script->skip ? PAWL_OK : text_open(&m->down, &text, e);
    if (code || script->skip)
        return code;
    code = batch_keep(&x->batch, &text, e);
    if (!code)
        code = batch_script(&x->batch, script, &text, m, &m->down, NULL, e);
    return code ? code : batch_flush(&x->batch, e);
}

/* One down inside the transaction that is open. */
static int revert_step(struct reverting *x, const struct standing *step, const struct script *script,
                       struct pawl_error *e)
{
    struct db *db = x->run->db;
    const struct run *r = x->run;
    int code = batch_session(&x->batch, step->version, run_script_keys_off(script), e);
    if (!code)
        code = limits_queue(r, &x->batch, step->version, limits_lock_ms(r, script), r->statement_timeout_ms, true, e);
    if (!code)
        code = remove_row(x, step->version, e);
    if (!code)
        code = remove_covered(x, step, e);
    if (!code)
        code = run_text(x, step->migration, script, e);
    if (!code && db->driver->check)
        code = db->driver->check(db, e);
    if (code)
        err_place(e, step->migration->down.path, 0, 0);
    return code;
}

/* All steps in one transaction, which is left open: the caller commits or rolls back. */
static int revert_all(struct reverting *x, const struct plan *plan, const struct script *scripts, bool tell,
                      struct pawl_error *e)
{
    struct run *r = x->run;
    x->version = plan->steps[0]->version;
    int code = batch_session(&x->batch, 0, run_keys_off(plan, scripts), e);
    if (!code)
        code = batch_frame(&x->batch, r->db->driver->begin, 0, e);
    if (!code && lock_in_transaction(r))
        code = limits_queue(r, &x->batch, 0, r->lock_timeout_ms, 0, true, e);
    if (!code)
        code = lock_queue(r, &x->batch, 0, e);
    for (size_t i = 0; i < plan->n && !code; i++) {
        code = run_interrupted(x->run, e);
        if (code)
            break;
        uint64_t started = clock_ns();
        if (tell)
            run_step_begin(x->run, plan->steps[i], true, false);
        code = revert_step(x, plan->steps[i], &scripts[i], e);
        x->elapsed_ns[i] = clock_ns() - started;
    }
    if (code == PAWL_SQL && e && !e->hint[0])
        err_hint(e, "everything was rolled back; nothing was reverted");
    return code;
}

/* Again where it waited too long for a lock: nobody is to be kept waiting behind a down either. */
static int revert_patiently(struct reverting *x, const struct plan *plan, const struct script *scripts, bool tell,
                            struct pawl_error *e)
{
    for (uint32_t tried = 0;; tried++) {
        int code = revert_all(x, plan, scripts, tell, e);
        if (!limits_allow(x->run, code, tried))
            return code;
        db_rollback(x->run->db);
        limits_pause(x->run, tried, "the down of migration", e->version ? e->version : x->version, e);
        err_clear(e);
    }
}

static int commit_all(struct reverting *x, const struct plan *plan, struct pawl_result *out, struct pawl_error *e)
{
    int code = batch_frame(&x->batch, x->run->db->driver->commit, 0, e);
    if (!code && lock_in_transaction(x->run)) /* the session may be a pool's, and somebody else's next */
        code = batch_session(&x->batch, 0, false, e);
    if (!code)
        code = batch_flush(&x->batch, e);
    if (code)
        return code;
    out->steps = plan->n;
    for (size_t i = 0; i < plan->n; i++)
        run_step_end(x->run, plan->steps[i], true, false, x->elapsed_ns[i]);
    return PAWL_OK;
}

/* ---- steps that cannot share a transaction ------------------------------------------------------------------------ */

static bool runs_outside(const struct standing *step, const struct script *script)
{
    return (script->no_transaction && !script->skip) || step->state == PAWL_STATE_DIRTY;
}

static bool all_inside(const struct run *r, const struct plan *plan, const struct script *scripts)
{
    bool inside = (r->db->driver->caps & DB_CAP_TRANSACTIONAL_DDL) != 0;
    for (size_t i = 0; inside && i < plan->n; i++)
        inside = !runs_outside(plan->steps[i], &scripts[i]);
    return inside;
}

/*
 * A statement failed in its transaction, and the engine says that it would not without one. All of it is rolled back, and its
 * step counts as one that runs outside from now on, unless the user wants such files to be an error.
 */
static bool leave_transaction(struct reverting *x, int code, const struct plan *plan, struct script *scripts,
                              struct pawl_error *e)
{
    const struct run *r = x->run;
    struct batch_origin failed = x->batch.failed;
    if (code != PAWL_SQL || lock_in_transaction(r) || failed.role != BATCH_STATEMENT ||
        r->db->driver->refusal(e->sqlstate) != DB_REFUSAL_INSIDE ||
        r->report->levels[PAWL_FINDING_NEEDS_NO_TRANSACTION] == PAWL_LEVEL_ERROR)
        return false;
    for (size_t i = 0; i < plan->n; i++) {
        if (plan->steps[i]->version != failed.version || scripts[i].no_transaction)
            continue;
        db_rollback(r->db);
        report_note(r->report, PAWL_LEVEL_WARNING,
                    "the down of migration %lld runs without a transaction, which only showed when it was tried: %s",
                    (long long)failed.version, e->message);
        scripts[i].no_transaction = true;
        x->batch.failed = (struct batch_origin){0};
        err_clear(e);
        return true;
    }
    return false;
}

static int revert_one(struct reverting *x, const struct standing *step, struct script *script, struct pawl_result *out,
                      struct pawl_error *e)
{
    struct plan one = {.steps = &step, .n = 1, .reverting = true};
    struct pawl_result done = {0};
    int code;
    if (!runs_outside(step, script)) {
        code = revert_patiently(x, &one, script, true, e);
        if (!code)
            code = commit_all(x, &one, &done, e);
        out->steps += done.steps;
        if (!leave_transaction(x, code, &one, script, e))
            return code;
    }
    uint64_t started = clock_ns();
    x->version = step->version;
    run_step_begin(x->run, step, true, false);
    code = outside_run(x->run, step, script, true, NULL, e);
    if (!code) {
        out->steps++;
        run_step_end(x->run, step, true, false, clock_ns() - started);
    }
    return code;
}

static int revert_one_by_one(struct reverting *x, const struct plan *plan, struct script *scripts,
                             struct pawl_result *out, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = 0; i < plan->n && !code; i++) {
        code = run_interrupted(x->run, e);
        if (!code)
            code = revert_one(x, plan->steps[i], &scripts[i], out, e);
    }
    return code;
}

/* ---- before anything is done ------------------------------------------------------------------------------------- */

/* app.db -> app.db.version-42.20260518093000.bak, beside it; the second one within a second gets -2 behind the time. */
static struct slice copy_name(struct run *r)
{
    char stamp[CALENDAR_STAMP], again[16] = "";
    struct slice path;
    calendar_stamp(stamp);
    for (int i = 2; i < 1000; i++) {
        path = arena_printf(r->arena, SLICE_FMT ".version-%lld.%s%s.bak", SLICE_ARG(r->target->location),
                            (long long)r->standings.version, stamp, again);
        if (!path.p || !file_exists(path.p))
            break;
        snprintf(again, sizeof again, "-%d", i);
    }
    return path;
}

static int copy_file(struct run *r, struct pawl_error *e)
{
    if (!(r->db->driver->caps & DB_CAP_FILE) || slice_eq(r->target->location, SLICE(":memory:")))
        return PAWL_OK;
    struct slice path = copy_name(r);
    if (!path.p)
        return err_nomem(e);
    int code = r->db->driver->backup(r->db, path, e);
    if (code)
        err_hint(e, "nothing was reverted; --no-backup reverts without a copy");
    else
        report_note(r->report, PAWL_LEVEL_NOTE, "copied the database to %s", path.p);
    return code;
}

static int tell(struct run *r, const struct plan *plan, struct pawl_result *out)
{
    for (size_t i = 0; i < plan->n; i++)
        run_step_end(r, plan->steps[i], true, true, 0);
    out->steps = plan->n;
    return PAWL_OK;
}

/* Asks if somebody is to be asked, and copies the file when the answer is yes: whoever says no is left with no copy. */
static int ask(struct run *r, const struct pawl_down_options *o, const struct plan *plan, size_t losses,
               struct pawl_error *e)
{
    if (!o->confirm)
        return PAWL_OK;
    if (o->confirm(o->confirm_context, plan->n, losses))
        return o->no_backup ? PAWL_OK : copy_file(r, e);
    err_set(e, PAWL_REFUSED, "not confirmed; nothing was reverted");
    err_hint(e, "answer yes, or pass --yes where nobody can answer");
    return PAWL_REFUSED;
}

/*
 * All steps run in one transaction, and what they destroyed is counted and told before anything is committed. If somebody
 * has to be asked, the transaction is rolled back first, so that no lock is held while they think, and run again after
 * the answer.
 */
static int revert_together(struct reverting *x, const struct pawl_down_options *o, const struct plan *plan,
                           const struct script *scripts, struct pawl_result *out, struct pawl_error *e)
{
    struct loss *census = NULL;
    size_t losses = 0;
    bool rehearsal = o->dry_run || o->confirm;
    int code = loss_count(x->run, &census, e);
    if (!code)
        code = revert_patiently(x, plan, scripts, !rehearsal, e);
    if (!code)
        code = loss_tell(census, &losses, e);
    loss_free(census);
    if (!code && rehearsal) {
        db_rollback(x->run->db);
        if (o->dry_run)
            return tell(x->run, plan, out);
        code = ask(x->run, o, plan, losses, e);
        if (!code)
            code = revert_patiently(x, plan, scripts, true, e);
    }
    return code ? code : commit_all(x, plan, out, e);
}

static int revert_apart(struct reverting *x, const struct pawl_down_options *o, const struct plan *plan,
                        struct script *scripts, struct pawl_result *out, struct pawl_error *e)
{
    report_note(x->run->report, PAWL_LEVEL_WARNING,
                "a down runs without a transaction, so what it destroys cannot be counted beforehand");
    if (o->dry_run)
        return tell(x->run, plan, out);
    int code = ask(x->run, o, plan, 1, e);
    return code ? code : revert_one_by_one(x, plan, scripts, out, e);
}

/* The newest applied version below the last one that was reverted. */
static int64_t version_after(const struct standings *s, int64_t reverted)
{
    int64_t version = 0;
    for (size_t i = 0; i < s->n && s->items[i].version < reverted; i++)
        if (s->items[i].row)
            version = s->items[i].version;
    return version;
}

/* The connection broke, perhaps behind a COMMIT; whoever simply ran the command again might revert one more. */
static void find_lost(const struct reverting *x, struct pawl_result *out, struct pawl_error *why)
{
    struct run *r = x->run;
    if (!unanswered_look(r, "it", "status", why))
        return;
    long long now = out->version = r->standings.version;
    if (history_find(&r->history, x->version) == SIZE_MAX)
        err_hint(why, "a new connection shows that it was committed: the database is at version %lld", now);
    else if (unanswered_is_recorded(r, x->version))
        err_hint(why, "a new connection shows that it was not committed: the database is still at version %lld", now);
    else
        err_hint(why, "a new connection shows that migration %lld is half reverted; run `pawl down` again to go on",
                 (long long)x->version);
}

static int revert_locked(struct run *r, const struct pawl_down_options *o, struct pawl_result *out,
                         struct pawl_error *e)
{
    struct reverting x = {.run = r};
    struct plan plan;
    struct script *scripts;
    int code = run_look(r, e);
    if (!code)
        code = plan_down(r->arena, &r->standings, o->to, o->steps, &plan, e);
    out->version = r->standings.version;
    if (code || plan.n == 0)
        return code;
    code = run_check(r, &plan, &scripts, e);
    if (!code)
        code = lock_allows(r, &plan, scripts, e);
    if (!code && !o->no_backup && !o->dry_run && !o->confirm)
        code = copy_file(r, e);
    if (code)
        return code;
    x.elapsed_ns = arena_array(r->arena, plan.n, sizeof *x.elapsed_ns);
    if (!x.elapsed_ns)
        return err_nomem(e);
    batch_init(&x.batch, r->db);
    x.batch.report = r->report;
    bool inside = all_inside(r, &plan, scripts);
    if (inside)
        code = revert_together(&x, o, &plan, scripts, out, e);
    if (!inside || leave_transaction(&x, code, &plan, scripts, e))
        code = revert_apart(&x, o, &plan, scripts, out, e);
    if (code)
        db_rollback(r->db);
    batch_clear(&x.batch);
    if (out->steps)
        out->version = version_after(&r->standings, plan.steps[out->steps - 1]->version);
    if (code == PAWL_UNREACHABLE && x.version && !o->dry_run)
        find_lost(&x, out, e);
    return code;
}

int revert_run(struct run *r, const struct pawl_down_options *o, struct pawl_result *out, struct pawl_error *e)
{
    struct pawl_error own;
    *out = (struct pawl_result){0};
    e = e ? e : &own;
    err_clear(e);
    int code = lock_take(r, e);
    if (code)
        return code;
    code = revert_locked(r, o, out, e);
    lock_release(r);
    return code;
}
