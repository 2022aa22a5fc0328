#include "engine/repair.h"

#include "engine/batch.h"
#include "engine/evidence.h"
#include "engine/lock.h"
#include "engine/unanswered.h"

struct repairing {
    struct run *run;
    struct batch batch;
    bool dry_run, fold;
    size_t changes;
    int64_t version;   /* of the first of them */
    struct arena said; /* what was done, to be told when it is committed */
    struct slice *notes;
    size_t n_notes, notes_cap;
};

static int note(struct repairing *x, struct slice text, struct pawl_error *e)
{
    if (!text.p || !arena_grow(&x->said, (void **)&x->notes, &x->notes_cap, x->n_notes, sizeof *x->notes))
        return err_nomem(e);
    x->notes[x->n_notes++] = text;
    return PAWL_OK;
}

static void tell(const struct repairing *x)
{
    for (size_t i = 0; i < x->n_notes; i++)
        report_note(x->run->report, PAWL_LEVEL_NOTE, "%s", x->notes[i].p);
}

static int queue(struct repairing *x, struct db_request request, int64_t version, struct pawl_error *e)
{
    if (!x->changes++)
        x->version = version;
    if (x->dry_run)
        return request.sql.p ? PAWL_OK : err_nomem(e);
    return batch_add(&x->batch, request, (struct batch_origin){.role = BATCH_FRAME, .version = version}, e);
}

static int restamp(struct repairing *x, const struct standing *s, struct pawl_error *e)
{
    int code =
        note(x,
             arena_printf(&x->said,
                          "migration %lld differs from what was applied only in line endings or byte order mark: %s",
                          (long long)s->version,
                          x->dry_run ? "its checksum would be recorded anew" : "recorded its checksum anew"),
             e);
    return code ? code
                : queue(x, ledger_restamp(&x->batch.arena, x->run->ledger, s->version, s->migration->up.checksum),
                        s->version, e);
}

static bool is_to_fold(const struct standing *s)
{
    return s->state == PAWL_STATE_APPLIED && s->migration && s->migration->n_replaces &&
           (s->n_covered || !plan_has_text(s->row, s->migration));
}

/* One row for the baseline instead of those of all that it stands for, as in a database that began with it. */
static int fold(struct repairing *x, const struct standing *s, struct pawl_error *e)
{
    struct arena *a = &x->batch.arena;
    const struct ledger *ledger = x->run->ledger;
    int code = note(x,
                    arena_printf(&x->said, "baseline %lld %s in place of the %zu row%s of what it replaces",
                                 (long long)s->version, x->dry_run ? "would be recorded" : "was recorded",
                                 s->n_covered + 1, s->n_covered ? "s" : ""),
                    e);
    if (!code)
        code = queue(x, ledger_restamp(a, ledger, s->version, s->migration->up.checksum), s->version, e);
    for (size_t i = 0; i < s->n_covered && !code; i++)
        code = queue(x, ledger_remove(a, ledger, s->covered[i]->version), s->version, e);
    return code;
}

/* The first lines of a difference: enough to see what is meant. */
static int unclear(const struct standing *s, const struct delta *difference, struct pawl_error *e)
{
    const struct change *c = difference->n ? &difference->items[0] : NULL;
    struct slice key = c ? c->key : SLICE("");
    err_set(e, PAWL_DIRTY,
            "the schema is neither the one before migration %lld nor the one after it: %zu fact%s, first \"" SLICE_FMT
            "\"",
            (long long)s->version, difference->n, difference->n == 1 ? " differs" : "s differ", SLICE_ARG(key));
    err_hint(e, "bring the schema to one of the two by hand, then run `pawl repair` again");
    err_place(e, s->migration->up.path, 0, 0);
    return PAWL_DIRTY;
}

static int clear_dirty(struct repairing *x, const struct standing *s, struct pawl_error *e)
{
    enum evidence evidence;
    struct delta difference;
    struct arena *a = &x->batch.arena;
    const struct ledger *ledger = x->run->ledger;
    if (!s->migration) {
        err_set(e, PAWL_DIRTY, "migration %lld was begun and not finished, and its file is gone",
                (long long)s->version);
        err_hint(e, "bring the file back: without it nothing can be shown");
        return PAWL_DIRTY;
    }
    int code = evidence_of(x->run, migration_find(x->run->set, s->version), &evidence, &difference, e);
    if (code)
        return code;
    if (evidence == EVIDENCE_NEITHER)
        return unclear(s, &difference, e);
    bool after = evidence == EVIDENCE_AFTER;
    code = note(x,
                arena_printf(&x->said, "the schema shows that migration %lld %s: its row %s %s", (long long)s->version,
                             after ? "is in place" : "is not in place", x->dry_run ? "would be" : "was",
                             after ? "marked done" : "removed"),
                e);
    return code ? code
                : queue(x, after ? ledger_finish(a, ledger, s->version, -1) : ledger_remove(a, ledger, s->version),
                        s->version, e);
}

static int repair_all(struct repairing *x, struct pawl_error *e)
{
    const struct standings *all = &x->run->standings;
    int code = batch_frame(&x->batch, x->run->db->driver->begin, 0, e);
    if (!code)
        code = lock_queue(x->run, &x->batch, 0, e);
    for (size_t i = 0; i < all->n && !code; i++) {
        const struct standing *s = &all->items[i];
        if (s->state == PAWL_STATE_LINE_ENDINGS)
            code = restamp(x, s, e);
        else if (s->state == PAWL_STATE_DIRTY)
            code = clear_dirty(x, s, e);
        else if (x->fold && is_to_fold(s))
            code = fold(x, s, e);
    }
    if (!code)
        code = batch_frame(&x->batch, x->run->db->driver->commit, 0, e);
    if (!code && x->changes && !x->dry_run)
        code = batch_flush(&x->batch, e);
    return code;
}

/* What differs in more than line endings is not for repair, and nobody should think that it was. */
static int refuse_changed(const struct standings *all, struct pawl_error *e)
{
    for (size_t i = 0; i < all->n; i++) {
        const struct standing *s = &all->items[i];
        if (s->state == PAWL_STATE_PARTIAL)
            return plan_refuse_partial(all, s, e);
        if (s->state != PAWL_STATE_CHANGED)
            continue;
        if (s->at_fault && s->at_fault != s->version)
            return plan_refuse_changed(s, e);
        err_set(e, PAWL_CHANGED, "migration %lld is not the text that was applied, and not only by its line endings",
                (long long)s->version);
        err_hint(e, "restore the file and put the change into a new migration; `git log -p` shows who changed it");
        err_place(e, s->migration->up.path, 0, 0);
        return PAWL_CHANGED;
    }
    return PAWL_OK;
}

static bool is_to_repair(const struct repairing *x, const struct standing *s)
{
    return s->state == PAWL_STATE_LINE_ENDINGS || s->state == PAWL_STATE_DIRTY || (x->fold && is_to_fold(s));
}

/* The connection broke, perhaps behind the COMMIT: all was changed, or nothing. */
static void find_lost(const struct repairing *x, struct pawl_error *why)
{
    struct run *r = x->run;
    bool left = false;
    if (!unanswered_look(r, "the repair", "status", why))
        return;
    for (size_t i = 0; i < r->standings.n; i++)
        left |= r->standings.items[i].version == x->version && is_to_repair(x, &r->standings.items[i]);
    err_hint(why, "a new connection shows that the repair was%s committed%s", left ? " not" : "",
             left ? "; run `pawl repair` again" : "");
}

int repair_run(struct run *r, bool dry_run, bool fold, struct pawl_result *out, struct pawl_error *e)
{
    struct repairing x = {.run = r, .dry_run = dry_run, .fold = fold};
    *out = (struct pawl_result){0};
    int code = dry_run ? PAWL_OK : lock_take(r, e);
    if (code)
        return code;
    batch_init(&x.batch, r->db);
    code = run_look(r, e);
    if (!code)
        code = repair_all(&x, e);
    if (code)
        db_rollback(r->db);
    else
        tell(&x);
    if (code && x.batch.lost)
        find_lost(&x, e);
    batch_clear(&x.batch);
    if (!code && x.changes && !dry_run) /* a row may be gone now */
        code = run_look(r, e);
    if (!dry_run)
        lock_release(r);
    arena_clear(&x.said);
    out->steps = code ? 0 : x.changes;
    out->version = r->standings.version;
    return code ? code : refuse_changed(&r->standings, e);
}
