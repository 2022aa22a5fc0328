#include "proof/guarded.h"

#include <stdlib.h>

#include "engine/apply.h"
#include "engine/up.h"
#include "proof/record.h"
#include "proof/rows.h"
#include "proof/run.h"
#include "proof/tell.h"

/*
 * A replay looks at all versions, so one behind each of them would cost the square of their number. It is run behind the first ones,
 * behind some of the others, and wherever its outcome is not certain beforehand (see is_certain).
 */
#define WHOLE_UP_TO 64     /* behind each of so many versions the whole ledger is taken away, */
#define WHOLE_OF_OTHERS 32 /* and behind about so many of the others */
#define MOST_BOUNDARIES 32 /* at which one version is interrupted */

struct guarding {
    struct trial *outer; /* whose steps are settled */
    struct trial side;   /* the second scratch database */
    struct proof_options options;
    struct scratch_config config;
    struct pawl_scratch scratch;
    struct course course;
    uint64_t *states; /* hashes of the course's states: where they differ, the states do */
    uint64_t *sorted;
    struct arena arena; /* of one version */
    struct run run;
    struct pawl_error why; /* a refusal */
};

/* ---- preparing ----------------------------------------------------------------------------------------------------- */

static int make_course(struct guarding *g, struct pawl_error *e)
{
    struct trial *tr = g->outer;
    bool *detail = arena_array(tr->keep, tr->set->n + 1, sizeof *detail);
    struct course_request q = course_of_run(&g->run);
    if (!detail)
        return err_nomem(e);
    for (size_t k = 0; k < tr->applied; k++)
        detail[k] = tr->steps[k].change.n == 0 || tr->steps[k].up_outside || tr->steps[k].forced_outside;
    q.near = tr->options->server;
    q.scratch = &g->config;
    q.detail = detail;
    q.to = tr->applied;
    return course_make(tr->keep, &q, &g->course, e);
}

static int open_side(struct guarding *g, struct pawl_error *e)
{
    struct trial *tr = g->outer;
    const struct proof_options *o = tr->options;
    g->options = *o;
    g->options.trace = NULL;
    g->options.know = NULL;
    g->options.fingerprints = false;
    g->scratch = (struct pawl_scratch){.engine = o->driver->name,
                                       .setup = o->setup,
                                       .n_setup = o->n_setup,
                                       .stubs = o->db.stubs,
                                       .n_stubs = o->db.n_stubs,
                                       .extensions = o->db.extensions,
                                       .n_extensions = o->db.n_extensions};
    g->config = (struct scratch_config){.engines = &g->scratch, .n_engines = 1};
    g->side = (struct trial){.set = tr->set, .options = &g->options, .report = &tr->quiet, .keep = tr->keep};
    report_init_silent(&g->side.quiet, tr->report);
    int code = trial_open(&g->side, e);
    g->run = (struct run){.arena = &g->arena,
                          .db = g->side.db,
                          .target = o->server,
                          .scratch = &g->config,
                          .options = &o->db,
                          .ledger = &g->side.ledger,
                          .set = tr->set,
                          .report = &tr->quiet,
                          .interrupt = o->db.interrupt,
                          .wait_ms = o->db.wait_ms,
                          .alone = true};
    g->run.arena = tr->keep; /* the ledger's statements are made anew at the first look, and live on */
    if (!code)
        code = run_look(&g->run, e);
    g->run.arena = &g->arena;
    return code;
}

/* ---- one version ----------------------------------------------------------------------------------------------------- */

static int apply_step(struct guarding *g, size_t k, struct pawl_error *e)
{
    struct run *r = &g->run;
    const struct migration *m = &r->set->items[k];
    struct standing pending = {.version = m->version, .state = PAWL_STATE_PENDING, .migration = m};
    const struct standing *steps[] = {&pending};
    struct plan plan = {.steps = steps, .n = 1};
    struct script *scripts;
    struct applied done;
    int code = run_check(r, &plan, &scripts, e);
    if (code)
        return code;
    g->side.beside.sends = false; /* the first database has made the roles */
    code = apply_plan(r, &plan, scripts, false, &done, e);
    g->side.beside.sends = true;
    return code;
}

/* Really runs the replay up to the version. A refusal is no error here, but *held = false. */
static int replay(struct guarding *g, size_t k, bool *held, struct pawl_result *did, struct pawl_error *e)
{
    struct up_request q = {
        .replay = true, .to = g->outer->steps[k].migration->version, .course = &g->course, .facts = g->side.facts};
    int code = up_run(&g->run, &q, did, &g->why);
    *held = code == PAWL_OK;
    if (!code || run_is_refusal(code) || code == PAWL_SOURCE || code == PAWL_DIRTY)
        return PAWL_OK;
    if (e)
        *e = g->why;
    return code;
}

static void fails(struct guarding *g, size_t k, const char *why, const char *hint)
{
    g->outer->steps[k].guarded = false;
    err_set(&g->why, PAWL_CHECK, "%s", why);
    err_hint(&g->why, "%s", hint);
}

/* Schema and ledger are what they were in front of the replay. */
static int look_behind(struct guarding *g, size_t k, struct pawl_error *e)
{
    struct delta now;
    int64_t rows;
    int code = facts_refresh(g->side.facts, &g->arena, &now, e);
    if (!code)
        code = record_count(&g->side, &rows, e);
    if (!code && delta_grade(&now) == DIFFERENCE_REAL)
        fails(g, k, "the replay changes the schema", "");
    else if (!code && rows != (int64_t)k + 1)
        fails(g, k, "the replay does not bring the ledger back", "");
    return code;
}

static int same_rows(struct guarding *g, size_t k, const struct contents *before, struct pawl_error *e)
{
    struct contents after;
    struct row_change *changed;
    size_t n;
    int code = rows_read_all(&g->side, &g->arena, &after, e);
    if (!code)
        code = rows_compare(&g->arena, before, &after, &changed, &n, e);
    if (!code && n)
        fails(g, k, "the replay changes rows", "make the statements such that a second run changes nothing");
    return code;
}

static bool takes_whole(const struct trial *tr, size_t k)
{
    size_t every = tr->applied / WHOLE_OF_OTHERS + 1;
    return k < WHOLE_UP_TO || k % every == 0 || k + 1 == tr->applied;
}

static int tell_unguarded(struct guarding *g, size_t k, struct pawl_error *e)
{
    return tell_refused(g->outer, k, PAWL_FINDING_GUARDED_FAILS, "under pawl's runner", &g->why, e);
}

/* A refusal behind this version may be about an earlier one, which then is the one that is not safe. */
static int blame(struct guarding *g, size_t k, struct pawl_error *e)
{
    struct trial *tr = g->outer;
    size_t about = g->why.version ? migration_find(tr->set, g->why.version) : SIZE_MAX;
    bool earlier = about < k, known = earlier && !tr->steps[about].guarded;
    tr->steps[earlier ? about : k].guarded = false;
    return earlier && !known ? tell_unguarded(g, about, e) : PAWL_OK;
}

static int replay_behind(struct guarding *g, size_t k, bool whole, struct pawl_error *e)
{
    struct trial *tr = g->outer;
    struct contents before;
    struct pawl_result did = {0};
    struct delta now;
    bool held = true, silent = tr->steps[k].change.n == 0;
    int code = whole ? record_drop(&g->side, e) : record_remove(&g->side, tr->steps[k].migration, e);
    if (!code)
        code = facts_refresh(g->side.facts, &g->arena, &now, e);
    if (!code && silent) /* statements may run again */
        code = rows_read_all(&g->side, &g->arena, &before, e);
    if (!code)
        code = replay(g, k, &held, &did, e);
    if (!code && !held)
        code = blame(g, k, e);
    if (!code && held)
        code = look_behind(g, k, e);
    if (!code && held && silent && did.steps)
        code = same_rows(g, k, &before, e);
    return code;
}

/* After a refusal the ledger is still gone. */
static int record_all(struct guarding *g, size_t k, struct pawl_error *e)
{
    int64_t rows;
    int code = record_create(&g->side, e);
    if (!code)
        code = record_count(&g->side, &rows, e);
    if (!code && rows != (int64_t)k + 1) {
        for (size_t i = 0; !code && i <= k; i++)
            code = record_remove(&g->side, g->outer->steps[i].migration, e);
        for (size_t i = 0; !code && i <= k; i++)
            code = record_add(&g->side, g->outer->steps[i].migration, e);
    }
    return code;
}

/* ---- interrupted --------------------------------------------------------------------------------------------------- */

/* Runs the first `count` statements of the text as pawl sends them. */
static int run_some(struct guarding *g, size_t k, const struct unit *u, size_t count, bool *between,
                    struct pawl_error *e)
{
    struct db *db = g->side.db;
    g->side.keys_off = g->outer->steps[k].keys_off;
    g->side.beside.sends = false;
    int code = unit_run_some(&g->side, u, count, e);
    g->side.beside.sends = true;
    *between = !code && !db->driver->in_transaction(db);
    if (!*between)
        db_rollback(db);
    return code;
}

/* What a version leads to when nothing interrupts it. */
struct straight {
    struct contents rows;
    struct slice *lines;
    size_t n;
    bool moving; /* its rows are others each time: they hold the time of day, say */
};

static int see(struct guarding *g, struct straight *out, struct pawl_error *e)
{
    struct delta all;
    facts_close(g->side.facts);
    g->side.facts = NULL;
    int code = facts_open(g->side.db, g->options.ledger, &g->side.facts, e);
    if (!code)
        code = facts_refresh(g->side.facts, &g->arena, &all, e);
    if (!code)
        code = facts_lines(g->side.facts, &g->arena, &out->lines, &out->n, e);
    return code ? code : rows_read_all(&g->side, &g->arena, &out->rows, e);
}

static int compare_straight(struct guarding *g, size_t k, const struct straight *expected, struct pawl_error *e)
{
    struct straight now;
    struct delta d;
    int code = see(g, &now, e);
    if (!code)
        code = delta_between(&g->arena, expected->lines, expected->n, now.lines, now.n, &d, e);
    if (!code && delta_grade(&d) == DIFFERENCE_REAL)
        fails(g, k, "interrupted between two statements and replayed, it leads to another schema", "");
    return code || expected->moving ? code : same_rows(g, k, &expected->rows, e);
}

static int interrupt_at(struct guarding *g, size_t k, struct db_snapshot *before, const struct unit *u, size_t count,
                        const struct straight *expected, struct pawl_error *e)
{
    struct straight ignored;
    struct pawl_result did;
    bool between = false, held = true;
    int code = g->side.db->driver->restore(g->side.db, before, e);
    if (!code)
        code = run_some(g, k, u, count, &between, e);
    if (!code && between)
        code = see(g, &ignored, e);
    if (!code && between)
        code = replay(g, k, &held, &did, e);
    if (!code && !held)
        g->outer->steps[k].guarded = false;
    if (code || !between || !held)
        return code;
    return compare_straight(g, k, expected, e);
}

static int apply_once_more(struct guarding *g, size_t k, struct db_snapshot *before, struct pawl_error *e)
{
    int code = g->side.db->driver->restore(g->side.db, before, e);
    return code ? code : apply_step(g, k, e);
}

static int see_whether_moving(struct guarding *g, struct straight *first, struct pawl_error *e)
{
    struct straight second;
    struct row_change *changed;
    size_t n = 0;
    int code = see(g, &second, e);
    if (!code)
        code = rows_compare(&g->arena, &first->rows, &second.rows, &changed, &n, e);
    first->moving = n > 0;
    return code;
}

/* From in front of the version, once straight and then with each interruption; at the end it is applied straight again. */
static int interrupt(struct guarding *g, size_t k, struct db_snapshot *before, struct pawl_error *e)
{
    struct trial *tr = g->outer;
    struct straight straight = {0}, ignored;
    UNIT(up);
    size_t n = g->course.steps[k].n_statements;
    int code = see(g, &straight, e);
    if (!code)
        code = apply_once_more(g, k, before, e);
    if (!code)
        code = see_whether_moving(g, &straight, e);
    if (!code)
        code = unit_open(&g->side, tr->steps[k].migration, false, false, &up, e);
    up.only_pawl = tr->steps[k].only_pawl;
    for (size_t i = 1; !code && !up.code && i < n && i < MOST_BOUNDARIES && tr->steps[k].guarded; i++)
        code = interrupt_at(g, k, before, &up, i, &straight, e);
    if (!code)
        code = apply_once_more(g, k, before, e);
    return code ? code : see(g, &ignored, e);
}

static int guard_outside(struct guarding *g, size_t k, struct pawl_error *e)
{
    const struct db_driver *driver = g->side.db->driver;
    struct db_snapshot *before = NULL;
    bool can = driver->snapshot && g->outer->steps[k].up_outside && k < g->course.n &&
               g->course.steps[k].n_statements > 1; /* one statement is done or not */
    int code = can ? driver->snapshot(g->side.db, &before, e) : PAWL_OK;
    if (!code)
        code = apply_step(g, k, e);
    if (!code && can)
        code = interrupt(g, k, before, e);
    if (before)
        driver->forget(before);
    return code;
}

/*
 * What any runner may run again needs no guard. A text outside of transactions can stop half-way all the same.
 */
static bool wants_guard(const struct step *s)
{
    return !step_is_plain(s) || s->up_outside || s->forced_outside;
}

static bool any_wants_guard(const struct trial *tr)
{
    bool any = false;
    for (size_t k = 0; k < tr->applied; k++)
        any |= wants_guard(&tr->steps[k]);
    return any;
}

/* ---- what is certain beforehand ------------------------------------------------------------------------------------ */

static int by_number(const void *x, const void *y)
{
    uint64_t p = *(const uint64_t *)x, q = *(const uint64_t *)y;
    return p < q ? -1 : p > q;
}

static uint64_t hash_of(struct slice line)
{
    return line.p ? hash_fast(line) : 0;
}

/* A sum over the lines of each state. */
static int hash_states(struct guarding *g, struct pawl_error *e)
{
    const struct course *c = &g->course;
    struct arena *a = g->outer->keep;
    g->states = arena_array(a, c->n + 1, sizeof *g->states);
    g->sorted = arena_array(a, c->n + 1, sizeof *g->sorted);
    if (!g->states || !g->sorted)
        return err_nomem(e);
    for (size_t k = 0; k < c->n; k++) {
        const struct delta *d = &c->steps[k].change;
        g->states[k + 1] = g->states[k];
        for (size_t i = 0; i < d->n; i++)
            g->states[k + 1] += hash_of(d->items[i].after) - hash_of(d->items[i].before);
    }
    memcpy(g->sorted, g->states, (c->n + 1) * sizeof *g->sorted);
    qsort(g->sorted, c->n + 1, sizeof *g->sorted, by_number);
    return PAWL_OK;
}

/* Has no other state the schema of this one? */
static bool is_unique(const struct guarding *g, size_t state)
{
    uint64_t *end = g->sorted + g->course.n;
    uint64_t *at = bsearch(&g->states[state], g->sorted, g->course.n + 1, sizeof *at, by_number);
    return at && !(at > g->sorted && at[-1] == *at) && !(at < end && at[1] == *at);
}

static bool same_line(struct slice x, struct slice y)
{
    return (x.p == NULL) == (y.p == NULL) && slice_eq(x, y);
}

static bool same_delta(const struct delta *x, const struct delta *y)
{
    bool same = x->n == y->n;
    for (size_t i = 0; i < x->n && same; i++)
        same = slice_eq(x->items[i].key, y->items[i].key) && same_line(x->items[i].before, y->items[i].before) &&
               same_line(x->items[i].after, y->items[i].after);
    return same;
}

/*
 * The schema is that of the state behind the version, and of no other: whatever the ledger says, all up to it is in place then,
 * nothing runs and the row comes back (engine/decide). A text without a transaction may have been cut off, so it is not meant.
 */
static bool is_certain(const struct guarding *g, size_t k, const struct delta *seen)
{
    const struct step *s = &g->outer->steps[k];
    return s->change.n && !s->up_outside && !s->forced_outside && !g->course.steps[k].outside && is_unique(g, k + 1) &&
           same_delta(seen, &g->course.steps[k].change);
}

/* ---- all ------------------------------------------------------------------------------------------------------------- */

static int replay_step(struct guarding *g, size_t k, struct pawl_error *e)
{
    struct trial *tr = g->outer;
    struct delta seen;
    bool whole = takes_whole(tr, k);
    int code = facts_refresh(g->side.facts, &g->arena, &seen, e);
    if (code || !wants_guard(&tr->steps[k]) || (!whole && is_certain(g, k, &seen)))
        return code;
    if (tr->steps[k].guarded)
        code = replay_behind(g, k, whole, e);
    return code ? code : record_all(g, k, e);
}

static int guard_step(struct guarding *g, size_t k, struct pawl_error *e)
{
    struct trial *tr = g->outer;
    tr->steps[k].guarded = true;
    int code = guard_outside(g, k, e);
    if (!code)
        code = replay_step(g, k, e);
    if (!code && !tr->steps[k].guarded)
        code = tell_unguarded(g, k, e);
    arena_reset(&g->arena);
    return code;
}

/*
 * The set did not run a second time beside the first one: it makes something that belongs to the whole server. What cannot be
 * rehearsed cannot be decided.
 */
static int tell_unrehearsed(struct guarding *g, struct pawl_error *e)
{
    struct trial *tr = g->outer;
    size_t k = g->course.n;
    if (k >= tr->applied || !g->course.failed)
        return PAWL_OK;
    g->why = g->course.error;
    err_hint(
        &g->why,
        "it ran in one database and not in a second one of the same server: what belongs to the whole server, like a role, "
        "needs a guard in the file; for `pawl replay` a --scratch-url elsewhere will do, too");
    return tell_unguarded(g, k, e);
}

int guarded_prove(struct trial *tr, struct pawl_error *e)
{
    struct guarding g = {.outer = tr};
    for (size_t k = 0; k < tr->applied; k++)
        tr->steps[k].guarded = !wants_guard(&tr->steps[k]);
    if (tr->options->plain || tr->options->texts || !any_wants_guard(tr))
        return PAWL_OK;
    int code = open_side(&g, e);
    if (!code)
        code = make_course(&g, e);
    if (!code)
        code = hash_states(&g, e);
    for (size_t k = 0; !code && k < tr->applied && k < g.course.n; k++) {
        code = trial_interrupted(tr, e);
        trial_progress(tr, "pawl", k + 1, tr->applied);
        if (!code)
            code = guard_step(&g, k, e);
    }
    if (!code)
        code = tell_unrehearsed(&g, e);
    trial_close(&g.side);
    arena_clear(&g.side.tmp);
    arena_clear(&g.arena);
    return code;
}
