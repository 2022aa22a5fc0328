#include "engine/replay.h"

#include "engine/ask.h"
#include "engine/batch.h"
#include "engine/lock.h"
#include "engine/mention.h"
#include "engine/nearest.h"
#include "engine/recall.h"
#include "schema/fact.h"
#include "schema/shape.h"
#include "sql/locate.h"

struct replaying {
    struct run *run;
    const struct replay_request *request;
    struct replay *out;
    struct facts *facts;
    struct slice *lines; /* the live schema */
    size_t n;
    struct course course;
    bool recalled; /* it comes from the certificate */
    struct batch batch;
    size_t added, removed;
};

/* ---- looking and deciding ------------------------------------------------------------------------------------------ */

static int look(struct replaying *x, struct pawl_error *e)
{
    struct delta all;
    struct run *r = x->run;
    x->facts = x->request->facts;
    int code = x->facts ? PAWL_OK : facts_open(r->db, r->ledger->name, &x->facts, e);
    if (!code)
        code = facts_refresh(x->facts, r->arena, &all, e);
    return code ? code : facts_lines(x->facts, r->arena, &x->lines, &x->n, e);
}

/* So many migrations are of interest. */
static size_t wanted(const struct replaying *x)
{
    size_t last = migration_find(x->run->set, x->request->to);
    return last == SIZE_MAX ? x->run->set->n : last + 1;
}

static bool is_fatal(int code)
{
    return code == PAWL_NOMEM || code == PAWL_INTERRUPTED || code == PAWL_INTERNAL;
}

/* The course that was given, or what the certificate says, which is as good as a rehearsal and there at once. */
static int remember(struct replaying *x, bool *known, struct pawl_error *e)
{
    *known = x->request->course != NULL;
    if (*known) {
        x->course = *x->request->course;
        return PAWL_OK;
    }
    int code = recall(x->run, wanted(x), false, &x->course, known, e);
    x->recalled = *known;
    return code;
}

/* A certificate of another major version is better than nothing, where there is no place for a rehearsal. */
static int remember_shapes(struct replaying *x, int why, struct pawl_error *e)
{
    bool found;
    struct pawl_error own;
    int code = recall(x->run, wanted(x), true, &x->course, &found, &own);
    if (code || !found)
        return why;
    x->recalled = true;
    report_note(
        x->run->report, PAWL_LEVEL_NOTE,
        "compared by shape, since the certificate is of another major version, and there is no place for a scratch database");
    return shape_lines(x->run->arena, x->run->db->driver->name, x->lines, &x->n, e);
}

static int rehearse(struct replaying *x, const bool *detail, struct pawl_error *e)
{
    struct course made;
    struct course_request q = course_of_run(x->run);
    q.detail = detail;
    int code = course_make(x->run->arena, &q, &made, e);
    if (code && !is_fatal(code) && !detail && recall_shapes(x->run))
        return remember_shapes(x, code, e);
    if (code)
        return code;
    x->course = made;
    x->recalled = false;
    return PAWL_OK;
}

static bool changes_nothing(void *context, const struct migration *m, const struct course_statement *s)
{
    struct replaying *x = context;
    return !x->request->dry_run && ask_changes_nothing(x->run, m, s->offset);
}

static bool rows_are_there(void *context, const struct migration *m)
{
    struct replaying *x = context;
    return !x->request->dry_run && ask_rows_are_there(x->run, m);
}

/* Why a rehearsal is needed although there is a certificate. */
static int explain_rehearsal(const struct replaying *x, const bool *wanted_now, int code, struct pawl_error *e)
{
    struct pawl_error why = e ? *e : (struct pawl_error){0};
    size_t k = 0;
    while (k + 1 < x->run->set->n && !wanted_now[k])
        k++;
    if (!e || is_fatal(code))
        return code;
    err_set(e, (enum pawl_code)code,
            "which statements of migration %lld ran is known only after a rehearsal, which is not possible: %s",
            (long long)x->run->set->items[k].version, why.message);
    err_hint(e, "%s", why.hint);
    err_place(e, slice_of(why.file), why.line, why.column);
    return code;
}

/* Twice if statements must be known one by one: most of the time they need not. */
static int decide_all(struct replaying *x, struct pawl_error *e)
{
    struct run *r = x->run;
    struct decisions *d = &x->out->decisions;
    /* A proof has few rows or none, so it proves nothing that a statement leaves them as they are. */
    const struct decide_trial trial = {x->request->course ? NULL : changes_nothing, rows_are_there, x};
    bool *now = arena_array(r->arena, r->set->n + 1, sizeof *now);
    bool *ever = arena_array(r->arena, r->set->n + 1, sizeof *ever);
    if (!now || !ever)
        return err_nomem(e);
    int code = decide(r, &x->course, x->lines, x->n, wanted(x), &trial, d, e);
    for (size_t tries = 0; !code && d->wants_detail && tries < 2 * r->set->n + 2; tries++) {
        bool known = false;
        for (size_t k = 0; k < d->n; k++) {
            now[k] = d->steps[k].wants_detail;
            ever[k] |= now[k];
        }
        code = x->recalled ? recall_detail(r, &x->course, now, &known, e) : PAWL_OK;
        if (!code && !known) {
            bool recalled = x->recalled;
            code = rehearse(x, ever, e);
            if (code && recalled)
                code = explain_rehearsal(x, now, code, e);
        }
        if (!code)
            code = decide(r, &x->course, x->lines, x->n, wanted(x), &trial, d, e);
    }
    return code;
}

/*
 * Is there nothing of what the set makes? What was there before its first migration does not count. A course that ended
 * before it made anything cannot tell.
 */
static bool nothing_there(const struct replaying *x)
{
    if (!course_shows(&x->course))
        return false;
    for (size_t i = 0; i < x->n; i++) {
        struct slice key = slice_sub(x->lines[i], 0, fact_key_of(x->lines[i]));
        const struct course_key *k = course_key(&x->course, key);
        if (k && k->managed && !course_key_line(k, 0).p)
            return false;
    }
    return true;
}

/* ---- the ledger as it is ------------------------------------------------------------------------------------------- */

static int refuse_row(const struct standing *s, const struct plan_policy *policy, bool in_place, struct pawl_error *e)
{
    long long version = (long long)s->version;
    if (s->state == PAWL_STATE_CHANGED && plan_is_squashed(s))
        return plan_refuse_changed(s, e);
    if (!s->migration && !policy->ignore_missing) {
        err_set(e, PAWL_MISSING, "migration %lld is in the ledger, but its file is gone", version);
        err_hint(e, "bring the file back, or pass --ignore-missing if it was removed on purpose");
        return PAWL_MISSING;
    }
    if (s->migration && s->state == PAWL_STATE_CHANGED && in_place) {
        err_set(e, PAWL_CHANGED, "migration %lld is not the text that was applied", version);
        err_hint(e, "restore the file; the schema alone cannot show that both texts did the same");
        err_place(e, s->migration->up.path, 0, 0);
        return PAWL_CHANGED;
    }
    return PAWL_OK;
}

static const struct decided *decided_of(const struct replaying *x, const struct standing *s)
{
    return s->migration ? &x->out->decisions.steps[s->migration - x->run->set->items] : NULL;
}

static bool is_in_place(const struct replaying *x, const struct standing *s)
{
    const struct decided *d = decided_of(x, s);
    return d && d->what == PAWL_DECISION_IN_PLACE;
}

static int refuse_ledger(const struct replaying *x, struct pawl_error *e)
{
    const struct standings *all = &x->run->standings;
    int code = PAWL_OK;
    for (size_t i = 0; i < all->n && !code; i++)
        if (all->items[i].state == PAWL_STATE_PARTIAL)
            code = plan_refuse_partial(all, &all->items[i], e);
        else if (all->items[i].row)
            code = refuse_row(&all->items[i], &x->request->policy, is_in_place(x, &all->items[i]), e);
    return code;
}

/* ---- putting it right ---------------------------------------------------------------------------------------------- */

static int queue_row(struct replaying *x, const struct standing *s, struct pawl_error *e)
{
    struct arena *a = &x->batch.arena;
    const struct ledger *ledger = x->run->ledger;
    bool in_place = is_in_place(x, s), row = s->row != NULL;
    struct batch_origin origin = {.role = BATCH_RECORD, .version = s->version};
    if (!s->migration || in_place == (row && s->row->success))
        return PAWL_OK;
    x->added += in_place;
    x->removed += !in_place && row;
    if (!in_place && !row)
        return PAWL_OK;
    for (size_t i = 0; i < s->n_covered && !in_place; i++) {
        int code = batch_add(&x->batch, ledger_remove(a, ledger, s->covered[i]->version), origin, e);
        if (code)
            return code;
    }
    struct db_request request = !in_place ? ledger_remove(a, ledger, s->version)
                                : row     ? ledger_finish(a, ledger, s->version, -1)
                                          : ledger_insert(a, ledger, s->migration, true);
    return batch_add(&x->batch, request, origin, e);
}

static int queue_rows(struct replaying *x, struct pawl_error *e)
{
    const struct standings *all = &x->run->standings;
    int code = PAWL_OK;
    for (size_t i = 0; i < all->n && !code; i++)
        code = queue_row(x, &all->items[i], e);
    return code;
}

/* Inside the transaction: what was decided was decided about this schema. */
static int check_unmoved(struct replaying *x, struct pawl_error *e)
{
    struct delta moved;
    int code = facts_refresh(x->facts, x->run->arena, &moved, e);
    if (code || moved.n == 0)
        return code;
    err_set(e, PAWL_LOCKED, "somebody else changed the schema meanwhile: " SLICE_FMT, SLICE_ARG(moved.items[0].key));
    err_hint(e, "run again once nothing else works on this database");
    return PAWL_LOCKED;
}

static int write_ledger(struct replaying *x, struct pawl_error *e)
{
    struct run *r = x->run;
    int code = batch_frame(&x->batch, r->db->driver->begin, 0, e);
    if (!code && !r->history.exists)
        code = lock_queue_create(r, &x->batch, 0, e);
    if (!code)
        code = lock_queue(r, &x->batch, 0, e);
    if (!code)
        code = batch_flush(&x->batch, e);
    if (!code)
        code = check_unmoved(x, e);
    if (!code)
        code = queue_rows(x, e);
    if (!code)
        code = batch_frame(&x->batch, r->db->driver->commit, 0, e);
    return code ? code : batch_flush(&x->batch, e);
}

static int put_right(struct replaying *x, struct pawl_error *e)
{
    int code = queue_rows(x, e); /* once to count */
    x->out->changes = x->added + x->removed;
    batch_clear(&x->batch);
    batch_init(&x->batch, x->run->db);
    if (code || x->request->dry_run || !x->out->changes)
        return code;
    x->added = x->removed = 0;
    code = write_ledger(x, e);
    if (code)
        db_rollback(x->run->db);
    return code ? code : run_look(x->run, e);
}

/* ---- telling ------------------------------------------------------------------------------------------------------- */

static void tell_statements(struct replaying *x, size_t k)
{
    struct text text;
    struct locator at;
    const struct course_step *s = &x->course.steps[k];
    const struct migration *m = s->migration;
    if (text_open(&m->up, &text, NULL))
        return;
    locator_init(&at, text.sql);
    for (size_t i = 0; i < s->n_statements; i++) {
        struct place p = locate(&at, s->statements[i].offset);
        bool skip = x->out->decisions.steps[k].in_place[i];
        report_event(x->run->report, &(struct pawl_event){
                                         .kind = PAWL_EVENT_DECISION,
                                         .decision = skip ? PAWL_DECISION_SKIP : PAWL_DECISION_RUN,
                                         .version = m->version,
                                         .file = m->up.path.p,
                                         .line = p.line,
                                         .column = p.column,
                                         .dry_run = x->request->dry_run,
                                         .message = x->out->decisions.steps[k].whys[i],
                                     });
    }
    text_close(&text);
}

static void tell_summary(const struct replaying *x)
{
    const struct decisions *d = &x->out->decisions;
    struct report *report = x->run->report;
    long long version = d->version ? (long long)x->run->set->items[d->version - 1].version : 0;
    report_note(
        report, PAWL_LEVEL_NOTE,
        "by its schema the database is at version %lld: %zu migration%s in place, %zu to run; rows of the ledger "
        "%s: %zu added, %zu removed",
        version, d->in_place, d->in_place == 1 ? "" : "s", d->to_run,
        x->request->dry_run ? "that would change" : "changed", x->added, x->removed);
    if (d->note_order)
        report_note(
            report, PAWL_LEVEL_NOTE,
            "the schema differs from the declared one in the order of columns, in spelling or in names that the "
            "engine makes up");
    if (d->added)
        report_note(report, PAWL_LEVEL_WARNING,
                    "%zu fact%s of what the files make %s added by hand, first \"" SLICE_FMT
                    "\": left alone, and drift where there is a certificate",
                    d->added, d->added == 1 ? "" : "s", d->added == 1 ? "was" : "were", SLICE_ARG(d->first_added));
    if (d->unmanaged)
        report_note(report, PAWL_LEVEL_NOTE, "%zu fact%s of the schema %s not made by the files, and left alone",
                    d->unmanaged, d->unmanaged == 1 ? "" : "s", d->unmanaged == 1 ? "is" : "are");
}

static void tell(struct replaying *x)
{
    const struct decisions *d = &x->out->decisions;
    for (size_t k = 0; k < d->n; k++) {
        const struct migration *m = &x->run->set->items[k];
        report_event(x->run->report, &(struct pawl_event){
                                         .kind = PAWL_EVENT_DECISION,
                                         .decision = d->steps[k].what,
                                         .version = m->version,
                                         .file = m->up.path.p,
                                         .description = m->description.p,
                                         .dry_run = x->request->dry_run,
                                         .message = d->steps[k].why.p,
                                     });
        if (d->steps[k].what == PAWL_DECISION_PARTLY)
            tell_statements(x, k);
    }
    tell_summary(x);
}

/* ---- the whole ------------------------------------------------------------------------------------------------------- */

static int hand_over(struct replaying *x, struct pawl_error *e)
{
    const struct decisions *d = &x->out->decisions;
    const bool **in_place = arena_array(x->run->arena, d->n + 1, sizeof *in_place);
    if (!in_place)
        return err_nomem(e);
    for (size_t k = 0; k < d->n; k++)
        in_place[k] = d->steps[k].in_place;
    x->out->in_place = in_place;
    return PAWL_OK;
}

/* A failed step was not just late: the schema must show more than the ledger. */
static bool shows_more(const struct replaying *x)
{
    const struct standings *all = &x->run->standings;
    for (size_t i = 0; i < all->n; i++)
        if (is_in_place(x, &all->items[i]) && !all->items[i].row)
            return true;
    return false;
}

static int prepare(struct replaying *x, struct pawl_error *e)
{
    enum replay_why why = x->request->why;
    bool ours = true, known = false;
    int code = look(x, e);
    if (!code)
        code = remember(x, &known, e);
    if (!code && why == REPLAY_EMPTY &&
        !known) /* most often it is other programs' tables: that can be seen without a rehearsal */
        code = mention_any(x->run, x->lines, x->n, &ours, e);
    if (code || !ours || (why == REPLAY_DRIFT && !known))
        return code;
    if (!known)
        code = rehearse(x, NULL, e);
    if (code && why == REPLAY_BEHIND && !is_fatal(code))
        return PAWL_OK; /* it cannot be found out, and the files are run as the ledger says */
    if (code || (why == REPLAY_EMPTY && nothing_there(x)))
        return code;
    if (why == REPLAY_BEHIND)
        code = behind_shows(x->run, &x->course, x->lines, x->n, x->request->signs, &ours, e);
    if (code || !ours)
        return code;
    code = decide_all(x, e);
    if (why == REPLAY_BEHIND && !x->request->signs->fails &&
        (code == PAWL_REFUSED || behind_is_ahead(x->run, &x->out->decisions, x->request->signs)))
        return PAWL_OK;
    if (why != REPLAY_ASKED && (code == PAWL_REFUSED || (!code && !x->out->decisions.orderly)))
        code = nearest_refuse(x->run, &x->course, x->lines, x->n, code ? code : PAWL_REFUSED, e);
    if (!code)
        code = refuse_ledger(x, e);
    x->out->decided = !code;
    if (code || (why != REPLAY_ASKED && why != REPLAY_EMPTY && !shows_more(x)))
        return code;
    x->out->found = true;
    code = hand_over(x, e);
    if (!code)
        code = put_right(x, e);
    if (!code)
        tell(x);
    return code;
}

int replay_prepare(struct run *r, const struct replay_request *q, struct replay *out, struct pawl_error *e)
{
    struct replaying x = {.run = r, .request = q, .out = out};
    *out = (struct replay){0};
    batch_init(&x.batch, r->db);
    int code = prepare(&x, e);
    batch_clear(&x.batch);
    if (!q->facts)
        facts_close(x.facts);
    return code;
}

static int detect(struct run *r, struct pawl_result *out, struct pawl_error *e)
{
    struct replay_request q = {.why = REPLAY_EMPTY};
    struct replay replay;
    int code = run_look(r, e);
    if (code)
        return code;
    if (r->history.n) {
        err_set(e, PAWL_REFUSED, "the ledger has %zu row%s already, so this database has a history", r->history.n,
                r->history.n == 1 ? "" : "s");
        err_hint(e, "`pawl status` shows it; `pawl replay` compares it with the schema");
        return PAWL_REFUSED;
    }
    code = replay_prepare(r, &q, &replay, e);
    if (!code && !replay.found) {
        err_set(e, PAWL_REFUSED, "nothing that the files make is in this database");
        err_hint(e, "`pawl up` applies them");
        return PAWL_REFUSED;
    }
    if (!code)
        *out = (struct pawl_result){replay.decisions.in_place, r->standings.version};
    return code;
}

int replay_detect(struct run *r, struct pawl_result *out, struct pawl_error *e)
{
    *out = (struct pawl_result){0};
    int code = lock_take(r, e);
    if (code)
        return code;
    code = detect(r, out, e);
    lock_release(r);
    return code;
}
