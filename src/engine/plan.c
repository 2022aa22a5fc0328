#include "engine/plan.h"

#include "engine/ledger.h"

#include <stdio.h>

/* ---- up ---------------------------------------------------------------------------------------------------------- */

static const struct standing *first_in(const struct standings *s, enum pawl_state state)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->items[i].state == state)
            return &s->items[i];
    return NULL;
}

/*
 * A migration outside a transaction keeps its progress, so an unchanged file can go on where it stopped. The row tells
 * when a file runs so without asking for it.
 */
static bool resumable(const struct standing *s)
{
    return s->state == PAWL_STATE_DIRTY && s->migration &&
           (s->migration->up.no_transaction || ledger_outside(s->row)) && !ledger_reverting(s->row) &&
           plan_has_text(s->row, s->migration);
}

static int refuse_dirty(const struct standings *s, struct pawl_error *e)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct standing *x = &s->items[i];
        if (x->state != PAWL_STATE_DIRTY || resumable(x))
            continue;
        err_set(e, PAWL_DIRTY, "migration %lld was begun and not finished", (long long)x->version);
        err_hint(
            e,
            "look at the database, then run `pawl repair`, which clears the row if the schema shows how far it came");
        if (x->migration)
            err_place(e, x->migration->up.path, 0, 0);
        return PAWL_DIRTY;
    }
    return PAWL_OK;
}

int plan_refuse_partial(const struct standings *all, const struct standing *s, struct pawl_error *e)
{
    long long fault = (long long)s->at_fault, baseline = (long long)s->version;
    if (!s->row && all->version < s->version)
        err_set(e, PAWL_MISSING,
                "the database is at version %lld, below baseline %lld, into which the files up to there were squashed",
                (long long)all->version, baseline);
    else
        err_set(e, PAWL_MISSING, "migration %lld, which baseline %lld replaces, is not applied, and others of them are",
                fault, baseline);
    err_hint(e,
             "with the release that still has the files, or a checkout from before they were squashed, `pawl up --to "
             "%lld` brings the database there; then run this one again",
             baseline);
    err_place(e, s->migration->up.path, 0, 0);
    return PAWL_MISSING;
}

static int refuse_missing(const struct standings *s, const struct plan_policy *policy, struct pawl_error *e)
{
    const struct standing *x = first_in(s, PAWL_STATE_MISSING);
    const struct standing *ahead = first_in(s, PAWL_STATE_AHEAD);
    const struct standing *partial = first_in(s, PAWL_STATE_PARTIAL);
    if (partial) /* whatever the policy: what is in the baseline would be made a second time */
        return plan_refuse_partial(s, partial, e);
    if (policy->ignore_missing || (!x && !ahead))
        return PAWL_OK;
    if (x) {
        err_set(e, PAWL_MISSING, "migration %lld was applied, but its file is gone", (long long)x->version);
        err_hint(e, "bring the file back, or pass --ignore-missing if it was removed on purpose");
    } else {
        err_set(e, PAWL_MISSING, "the database is at version %lld, newer than the newest file, %lld",
                (long long)s->version, (long long)s->latest);
        err_hint(e, "this is an older copy of the folder; update it, or pass --ignore-missing if you mean it");
    }
    return PAWL_MISSING;
}

int plan_refuse_changed(const struct standing *s, struct pawl_error *e)
{
    if (plan_is_squashed(s)) {
        err_set(e, PAWL_CHANGED, "migration %lld was applied here with another text than baseline %lld replaces",
                (long long)s->at_fault, (long long)s->version);
        err_hint(e, "look at it with a checkout from before the files were squashed: `pawl status` there, and `pawl "
                    "repair` if only line endings differ");
    } else {
        err_set(e, PAWL_CHANGED, "migration %lld is not the text that was applied", (long long)s->version);
        err_hint(e, "restore the file and put the change into a new migration; `git log -p` shows who changed it");
    }
    err_place(e, s->migration->up.path, 0, 0);
    return PAWL_CHANGED;
}

static int refuse_changed(const struct standings *s, struct pawl_error *e)
{
    const struct standing *x = first_in(s, PAWL_STATE_CHANGED);
    const struct standing *eol = first_in(s, PAWL_STATE_LINE_ENDINGS);
    if (x && (!eol || x->version <= eol->version))
        return plan_refuse_changed(x, e);
    if (!eol)
        return PAWL_OK;
    err_set(e, PAWL_CHANGED,
            "migration %lld differs from what was applied, but only in line endings or byte order mark",
            (long long)eol->version);
    err_hint(e,
             "`pawl repair` records the new checksum; `*.sql -text` in .gitattributes keeps it from happening again");
    err_place(e, eol->migration->up.path, 0, 0);
    return PAWL_CHANGED;
}

static int refuse_out_of_order(const struct standings *s, const struct plan *plan, struct pawl_error *e)
{
    for (size_t i = 0; i < plan->n; i++) {
        const struct standing *x = plan->steps[i];
        if (x->state != PAWL_STATE_PENDING || x->version > s->version)
            continue;
        err_set(e, PAWL_REFUSED, "migration %lld is older than version %lld, which is applied already",
                (long long)x->version, (long long)s->version);
        err_hint(e, "give it a newer version if it was merged late, or pass --out-of-order to run it now");
        err_place(e, x->migration->up.path, 0, 0);
        return PAWL_REFUSED;
    }
    return PAWL_OK;
}

static bool has_file(const struct standings *s, int64_t version)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->items[i].version == version)
            return s->items[i].migration != NULL;
    return false;
}

static int refuse_target(const struct standings *s, int64_t to, struct pawl_error *e)
{
    err_set(e, PAWL_USAGE, "there is no migration %lld", (long long)to);
    err_hint(e, "`pawl status` lists the versions");
    for (size_t i = 0; i < s->n; i++) {
        const struct migration *m = s->items[i].migration;
        for (size_t k = 0; m && k < m->n_replaces; k++)
            if (m->replaces[k].version == to)
                err_hint(e, "baseline %lld replaces it and is one step; a checkout from before has the files",
                         (long long)m->version);
    }
    return PAWL_USAGE;
}

int plan_up(struct arena *a, const struct standings *s, const struct plan_policy *policy, int64_t to, uint32_t steps,
            struct plan *out, struct pawl_error *e)
{
    *out = (struct plan){.steps = arena_array(a, s->n, sizeof *out->steps)};
    if (!out->steps)
        return err_nomem(e);
    if (to && !has_file(s, to))
        return refuse_target(s, to, e);
    if (to && to < s->version) {
        err_set(e, PAWL_USAGE, "version %lld is older than the database, which is at %lld", (long long)to,
                (long long)s->version);
        err_hint(e, "`pawl up` only goes forward");
        return PAWL_USAGE;
    }
    for (size_t i = 0; i < s->n && !(steps && out->n == steps); i++) {
        const struct standing *x = &s->items[i];
        if (to && x->version > to)
            break;
        if (x->state == PAWL_STATE_PENDING || resumable(x))
            out->steps[out->n++] = x;
    }
    int code = refuse_dirty(s, e);
    if (!code)
        code = refuse_missing(s, policy, e);
    if (!code)
        code = refuse_changed(s, e);
    if (!code && !policy->out_of_order)
        code = refuse_out_of_order(s, out, e);
    return code;
}

/* ---- down -------------------------------------------------------------------------------------------------------- */

static int refuse_step(const struct standing *x, struct pawl_error *e)
{
    long long version = (long long)x->version;
    switch (x->state) {
    case PAWL_STATE_MISSING:
    case PAWL_STATE_AHEAD:
        err_set(e, PAWL_MISSING, "migration %lld is applied, but its files are gone", version);
        err_hint(e, "bring the files back: a migration is reverted by its own down file only");
        return PAWL_MISSING;
    case PAWL_STATE_DIRTY:
        if (x->migration && ledger_reverting(x->row))
            break;
        err_set(e, PAWL_DIRTY, "migration %lld was begun and not finished", version);
        err_hint(e, "finish it with `pawl up` or clear it with `pawl repair` first");
        return PAWL_DIRTY;
    case PAWL_STATE_PARTIAL: /* asked for before */
        return PAWL_INTERNAL;
    case PAWL_STATE_CHANGED:
        if (plan_is_squashed(x))
            return plan_refuse_changed(x, e);
        err_set(e, PAWL_CHANGED, "migration %lld is not the text that was applied, so its down file may not fit",
                version);
        err_hint(e, "restore the up file that was applied");
        err_place(e, x->migration->up.path, 0, 0);
        return PAWL_CHANGED;
    case PAWL_STATE_PENDING:
    case PAWL_STATE_APPLIED:
    case PAWL_STATE_LINE_ENDINGS:
        break;
    }
    if (x->migration->down.path.p)
        return PAWL_OK;
    err_set(e, PAWL_REFUSED, "migration %lld has no down file", version);
    err_hint(e, "write one, or stop at version %lld with --to; nothing was reverted", version);
    err_place(e, x->migration->up.path, 0, 0);
    return PAWL_REFUSED;
}

static int check_target(const struct standings *s, int64_t to, struct pawl_error *e)
{
    if (to > s->version) {
        err_set(e, PAWL_USAGE, "version %lld is newer than the database, which is at %lld", (long long)to,
                (long long)s->version);
        err_hint(e, "`pawl down --to V` keeps everything up to V");
        return PAWL_USAGE;
    }
    for (size_t i = 0; i < s->n; i++)
        if (s->items[i].version == to && s->items[i].row)
            return PAWL_OK;
    if (to == 0)
        return PAWL_OK;
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; s->items[i].row && k < s->items[i].n_covered; k++)
            if (s->items[i].covered[k]->version == to)
                return refuse_target(s, to, e);
    err_set(e, PAWL_USAGE, "version %lld is not applied", (long long)to);
    err_hint(e, "`pawl status` lists what is; 0 reverts everything");
    return PAWL_USAGE;
}

int plan_down(struct arena *a, const struct standings *s, int64_t to, uint32_t steps, struct plan *out,
              struct pawl_error *e)
{
    *out = (struct plan){.steps = arena_array(a, s->n, sizeof *out->steps), .reverting = true};
    if (!out->steps)
        return err_nomem(e);
    int code = to >= 0 ? check_target(s, to, e) : PAWL_OK;
    if (to < 0 && steps == 0)
        steps = 1;
    for (size_t i = s->n; i-- > 0 && !code;) {
        const struct standing *x = &s->items[i];
        if (!x->row && x->state != PAWL_STATE_PARTIAL)
            continue;
        if ((to >= 0 && x->version <= to) || (steps && out->n == steps))
            break;
        code = x->state == PAWL_STATE_PARTIAL ? plan_refuse_partial(s, x, e) : refuse_step(x, e);
        if (!code)
            out->steps[out->n++] = x;
    }
    return code;
}

/* ---- health ------------------------------------------------------------------------------------------------------ */

bool plan_holds(const struct standings *s, const struct plan_policy *policy)
{
    size_t fine = s->count[PAWL_STATE_APPLIED];
    if (policy->ignore_missing)
        fine += s->count[PAWL_STATE_MISSING] + s->count[PAWL_STATE_AHEAD];
    return fine == s->n;
}

void plan_health(const struct standings *s, const struct plan_policy *policy, struct pawl_health *out)
{
    const struct standing *dirty = first_in(s, PAWL_STATE_DIRTY);
    const struct standing *changed = first_in(s, PAWL_STATE_CHANGED);
    const struct standing *eol = first_in(s, PAWL_STATE_LINE_ENDINGS);
    const struct standing *missing = policy->ignore_missing ? NULL : first_in(s, PAWL_STATE_MISSING);
    const struct standing *partial = first_in(s, PAWL_STATE_PARTIAL);
    *out = (struct pawl_health){.version = s->version, .latest = s->latest, .pending = s->count[PAWL_STATE_PENDING]};
    if (dirty) {
        out->status = PAWL_HEALTH_DIRTY;
        snprintf(out->message, sizeof out->message, "migration %lld was begun and not finished",
                 (long long)dirty->version);
    } else if (changed) {
        out->status = PAWL_HEALTH_CHANGED;
        struct pawl_error why = {0};
        plan_refuse_changed(changed, &why);
        memcpy(out->message, why.message, sizeof out->message - 1);
    } else if (partial) {
        struct pawl_error why = {0};
        out->status = PAWL_HEALTH_MISSING;
        plan_refuse_partial(s, partial, &why);
        memcpy(out->message, why.message, sizeof out->message - 1);
    } else if (eol) {
        out->status = PAWL_HEALTH_CHANGED;
        snprintf(out->message, sizeof out->message,
                 "migration %lld differs from what was applied, but only in line endings or byte order mark",
                 (long long)eol->version);
    } else if (missing) {
        out->status = PAWL_HEALTH_MISSING;
        snprintf(out->message, sizeof out->message, "migration %lld was applied, but its file is gone",
                 (long long)missing->version);
    } else if (out->pending) {
        out->status = PAWL_HEALTH_PENDING;
        snprintf(out->message, sizeof out->message, "%zu migration%s pending", out->pending,
                 out->pending == 1 ? "" : "s");
    } else if (s->count[PAWL_STATE_AHEAD]) {
        out->status = PAWL_HEALTH_AHEAD;
        snprintf(out->message, sizeof out->message, "the database is at version %lld, the newest file is %lld",
                 (long long)s->version, (long long)s->latest);
    }
}
