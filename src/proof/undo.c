#include "proof/undo.h"

#include "source/text.h"

#define ROUNDS 8
#define ENGINES 2

/* What one proof of the set has told. */
struct told {
    struct report *outer;
    const struct migration_set *set;
    struct arena *a;
    unsigned char *verdicts; /* by migration and proof */
    struct slice *messages;  /* by migration: the first of level error that is about a down */
    struct slice *ups;       /* the same about an up */
    struct proof_trace trace;
    bool nomem;
};

/* A walk along the states of one engine. */
struct at {
    size_t k;
    struct delta sum;
    struct arena pages[2]; /* by turns */
};

struct undoing {
    struct arena *a;
    struct at at[ENGINES];
    const struct undo_request *request;
    struct migration_set set; /* a copy, in which every migration has a down path */
    const struct migration_set *original;
    struct proof_options engines[ENGINES];
    size_t n_engines;
    struct report *report;
    struct told before[ENGINES], after[ENGINES];
    struct undo_result *out;
};

/* ---- proofs -------------------------------------------------------------------------------------------------------- */

static bool about_down(enum pawl_finding_id id)
{
    return (id >= PAWL_FINDING_DOWN_FAILS && id <= PAWL_FINDING_REUP_DIFFERS) || id == PAWL_FINDING_REVERSE_FAILS ||
           id == PAWL_FINDING_REVERSE_DIFFERS;
}

static void keep_message(struct told *t, size_t k, const struct pawl_finding *f)
{
    struct slice *place = about_down(f->id) ? &t->messages[k] : &t->ups[k];
    if (f->level != PAWL_LEVEL_ERROR || place->p)
        return;
    *place = arena_dup(t->a, slice_of(f->message));
    t->nomem |= !place->p;
}

static void on_event(void *context, const struct pawl_event *event)
{
    struct told *t = context;
    if (event->kind == PAWL_EVENT_PROGRESS || event->kind == PAWL_EVENT_ENGINE) {
        report_event(t->outer, event);
        return;
    }
    size_t k = event->version ? migration_find(t->set, event->version) : SIZE_MAX;
    if (k == SIZE_MAX)
        return;
    if (event->kind == PAWL_EVENT_PROOF)
        t->verdicts[k * PAWL_PROOF_COUNT + event->proof] = (unsigned char)event->verdict;
    else if (event->kind == PAWL_EVENT_FINDING)
        keep_message(t, k, event->finding);
}

static int prove(struct undoing *u, const struct migration_set *set, size_t engine, const struct proof_texts *texts,
                 struct told *out, struct pawl_error *e)
{
    struct proof_options o = u->engines[engine];
    struct report r;
    *out = (struct told){.outer = u->report, .set = set, .a = u->a};
    out->verdicts = arena_array(u->a, set->n + 1, PAWL_PROOF_COUNT);
    out->messages = arena_array(u->a, set->n + 1, sizeof *out->messages);
    out->ups = arena_array(u->a, set->n + 1, sizeof *out->ups);
    if (!out->verdicts || !out->messages || !out->ups)
        return err_nomem(e);
    report_init_silent(&r, u->report);
    r.on_event = on_event;
    r.context = out;
    o.trace = &out->trace;
    o.texts = texts;
    o.repro_dir = NULL;
    int code = proof_run(u->a, set, &o, &r, e);
    if (out->nomem)
        return err_nomem(e);
    if (code == PAWL_CHECK && e)
        err_clear(e);
    return code == PAWL_CHECK ? PAWL_OK : code;
}

static enum pawl_verdict verdict(const struct told *t, size_t k, enum pawl_proof proof)
{
    return (enum pawl_verdict)t->verdicts[k * PAWL_PROOF_COUNT + proof];
}

static bool passes(const struct told *t, size_t k, enum pawl_proof proof)
{
    enum pawl_verdict v = verdict(t, k, proof);
    return v == PAWL_VERDICT_PASS || v == PAWL_VERDICT_NOTE;
}

static bool round_trip_holds(const struct told *t, size_t k)
{
    return passes(t, k, PAWL_PROOF_DOWN) && passes(t, k, PAWL_PROOF_REDOWN) && passes(t, k, PAWL_PROOF_REUP);
}

static int does_not_apply(const struct undoing *u, size_t engine, struct pawl_error *e)
{
    const struct told *t = &u->before[engine];
    size_t k = t->trace.n;
    err_set(e, PAWL_CHECK, "this file does not apply on %s: " SLICE_FMT, u->engines[engine].driver->name,
            SLICE_ARG(t->ups[k]));
    err_place(e, u->original->items[k].up.path, 0, 0);
    err_hint(e, "only what applies can be reverted; see `pawl verify`");
    return PAWL_CHECK;
}

static int prove_before(struct undoing *u, struct pawl_error *e)
{
    int refused = PAWL_OK;
    struct pawl_error why = {0};
    for (size_t i = 0; i < u->request->n_engines; i++) {
        size_t at = u->n_engines;
        u->engines[at] = u->request->engines[i];
        int code = prove(u, u->original, at, NULL, &u->before[at], e);
        if (code)
            return code;
        if (u->before[at].trace.n == u->original->n)
            u->n_engines++;
        else if (!u->request->any)
            return does_not_apply(u, at, e);
        else
            refused = does_not_apply(u, at, &why);
    }
    if (refused && u->n_engines)
        report_note(u->report, PAWL_LEVEL_NOTE, "not looked at on every engine: %s", why.message);
    if (refused && !u->n_engines && e)
        *e = why;
    return u->n_engines ? PAWL_OK : refused;
}

/* ---- which ones, and where to ---------------------------------------------------------------------------------------- */

static struct slice down_path(struct arena *a, const struct migration *m)
{
    struct slice stem = m->up.path;
    if (m->down.path.p)
        return m->down.path;
    if (slice_ends(stem, SLICE(".up.sql")))
        stem.n -= 7;
    else if (slice_ends(stem, SLICE(".sql")))
        stem.n -= 4;
    return arena_printf(a, SLICE_FMT ".down.sql", SLICE_ARG(stem));
}

static int copy_set(struct undoing *u, struct pawl_error *e)
{
    u->set = *u->original;
    u->set.items = arena_array(u->a, u->set.n + 1, sizeof *u->set.items);
    if (!u->set.items)
        return err_nomem(e);
    for (size_t k = 0; k < u->set.n; k++)
        u->set.items[k] = u->original->items[k];
    return PAWL_OK;
}

static int read_file(struct undoing *u, const struct migration_file *file, struct slice *out, struct pawl_error *e)
{
    struct text text;
    int code = text_open(file, &text, e);
    if (code)
        return code;
    *out = arena_dup(u->a, text.raw);
    text_close(&text);
    return out->p ? PAWL_OK : err_nomem(e);
}

static int choose(struct undoing *u, struct pawl_error *e)
{
    const bool *asked = u->request->asked;
    u->out->items = arena_array(u->a, u->set.n + 1, sizeof *u->out->items);
    if (!u->out->items)
        return err_nomem(e);
    for (size_t k = 0; k < u->set.n; k++) {
        const struct migration *m = &u->original->items[k];
        if (asked ? !asked[k] : m->down.path.p != NULL)
            continue;
        struct undo_text *t = &u->out->items[u->out->n++];
        *t = (struct undo_text){.k = k, .replaces = m->down.path.p != NULL, .path = down_path(u->a, m), .holds = true};
        if (!t->path.p)
            return err_nomem(e);
        int code = m->down.path.p ? read_file(u, &m->down, &t->before, e) : PAWL_OK;
        if (code)
            return code;
        for (size_t i = 0; i < u->n_engines; i++)
            t->holds &= round_trip_holds(&u->before[i], k);
        u->set.items[k].down.path = t->path;
    }
    return PAWL_OK;
}

/* ---- texts --------------------------------------------------------------------------------------------------------- */

struct state {
    struct slice *lines;
    size_t n;
};

/* S(k) in `before`, S(k + 1) in `after`; asked for k in ascending order. */
static int states(struct undoing *u, size_t engine, size_t k, struct state *before, struct state *after,
                  struct pawl_error *e)
{
    const struct proof_trace *t = &u->before[engine].trace;
    struct at *at = &u->at[engine];
    int code = PAWL_OK;
    if (!at->sum.items)
        at->sum = t->baseline;
    for (; at->k <= k && !code; at->k++) {
        struct arena *page = &at->pages[at->k % 2];
        arena_reset(page);
        if (at->k == k)
            code = delta_lines(u->a, &at->sum, &before->lines, &before->n, e);
        struct delta next = {.n = 0};
        if (!code)
            code = delta_join(page, &at->sum, &t->versions[at->k].change, &next, e);
        at->sum = next;
    }
    return code ? code : delta_lines(u->a, &at->sum, &after->lines, &after->n, e);
}

static int cannot(struct undoing *u, struct undo_text *t, const struct rendering *r, const char *engine,
                  struct pawl_error *e)
{
    t->reason = arena_printf(u->a, "this cannot be written for %s: " SLICE_FMT, engine, SLICE_ARG(r->missing[0]));
    return t->reason.p ? PAWL_OK : err_nomem(e);
}

static int write_one(struct undoing *u, struct undo_text *t, struct pawl_error *e)
{
    ARENA(tmp);
    struct rendering r[ENGINES];
    const char *names[ENGINES];
    struct render_options o = {.runner = u->request->runner, .guarded = true};
    size_t statements = 0;
    for (size_t i = 0; i < u->n_engines; i++) {
        struct state before, after;
        int code = states(u, i, t->k, &before, &after, e);
        names[i] = u->engines[i].driver->name;
        if (!code)
            code = render(&tmp, names[i], after.lines, after.n, before.lines, before.n, &o, &r[i], e);
        if (code)
            return code;
        if (r[i].n_missing)
            return cannot(u, t, &r[i], names[i], e);
        statements += r[i].n;
    }
    if (!statements) {
        t->reason = SLICE("it does not change the schema: what its rows were before cannot be told");
        return PAWL_OK;
    }
    t->written = true;
    return undo_compose(u->a, names, r, u->n_engines, slice_file_name(u->original->items[t->k].up.path), &t->text, e);
}

/* ---- what stays ---------------------------------------------------------------------------------------------------- */

static int drop(struct undoing *u, struct undo_text *t, size_t engine, struct pawl_error *e)
{
    struct slice said = u->after[engine].messages[t->k];
    if (!said.p)
        said = u->after[engine].ups[t->k];
    t->written = false;
    t->reason = arena_printf(u->a, "%s: " SLICE_FMT, u->engines[engine].driver->name,
                             SLICE_ARG(said.n ? said : SLICE("what was written does not hold")));
    return t->reason.p ? PAWL_OK : err_nomem(e);
}

static int prove_after(struct undoing *u, bool *dropped, struct pawl_error *e)
{
    struct proof_texts *texts = arena_array(u->a, u->set.n + 1, sizeof *texts);
    size_t n = 0;
    int code = PAWL_OK;
    *dropped = false;
    if (!texts)
        return err_nomem(e);
    for (size_t i = 0; i < u->out->n; i++) {
        const struct undo_text *t = &u->out->items[i];
        u->set.items[t->k].down.path = t->written || t->replaces ? t->path : (struct slice){NULL, 0};
        if (t->written)
            texts[t->k].down = t->text;
        n += t->written;
    }
    for (size_t i = 0; i < u->n_engines && n && !code; i++)
        code = prove(u, &u->set, i, texts, &u->after[i], e);
    for (size_t i = 0; i < u->out->n && !code; i++) {
        struct undo_text *t = &u->out->items[i];
        for (size_t k = 0; k < u->n_engines && t->written && !code; k++) {
            bool worse =
                passes(&u->before[k], t->k, PAWL_PROOF_REPLAY) && !passes(&u->after[k], t->k, PAWL_PROOF_REPLAY);
            if (!worse && round_trip_holds(&u->after[k], t->k))
                continue;
            *dropped = true;
            code = drop(u, t, k, e);
        }
    }
    return code;
}

int undo_run(struct arena *a, const struct migration_set *set, const struct undo_request *request,
             struct report *report, struct undo_result *out, struct pawl_error *e)
{
    struct undoing u = {.a = a, .request = request, .original = set, .report = report, .out = out};
    bool dropped = true;
    *out = (struct undo_result){.n = 0};
    if (request->n_engines > ENGINES)
        return err_set(e, PAWL_INTERNAL, "more engines than there are");
    int code = prove_before(&u, e);
    if (!code)
        code = copy_set(&u, e);
    if (!code)
        code = choose(&u, e);
    for (size_t i = 0; i < out->n && !code; i++)
        if (!out->items[i].holds)
            code = write_one(&u, &out->items[i], e);
    for (size_t i = 0; i < ENGINES; i++) {
        arena_clear(&u.at[i].pages[0]);
        arena_clear(&u.at[i].pages[1]);
    }
    for (size_t i = 0; i < ROUNDS && dropped && !code; i++)
        code = prove_after(&u, &dropped, e);
    return code;
}
