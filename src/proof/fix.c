#include "proof/fix.h"

#include "proof/search.h"
#include "source/text.h"

#define ROUNDS 6
#define ENGINES 4

/* What one proof of the set has told. */
struct told {
    struct report *outer;
    const struct migration_set *set;
    struct arena *a;
    unsigned char *verdicts; /* by migration and proof */
    struct slice *messages;  /* by migration: the first of level error */
    struct proof_trace trace;
    bool nomem;
};

struct fixing {
    struct arena *a;
    const struct migration_set *set;
    const struct fix_request *request;
    struct proof_options engines[ENGINES];
    size_t n_engines;
    struct report *report;
    struct told before[ENGINES], after[ENGINES];
    struct work *work;
    size_t n;
};

/* ---- proofs -------------------------------------------------------------------------------------------------------- */

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
    if (event->kind == PAWL_EVENT_PROOF) {
        t->verdicts[k * PAWL_PROOF_COUNT + event->proof] = (unsigned char)event->verdict;
    } else if (event->kind == PAWL_EVENT_FINDING && event->finding->level == PAWL_LEVEL_ERROR && !t->messages[k].p) {
        t->messages[k] = arena_dup(t->a, slice_of(event->finding->message));
        t->nomem |= !t->messages[k].p;
    }
}

static int prove(struct fixing *f, size_t engine, const struct proof_texts *texts, struct told *out,
                 struct pawl_error *e)
{
    struct proof_options o = f->engines[engine];
    struct report r;
    size_t n = f->set->n ? f->set->n : 1;
    *out = (struct told){.outer = f->report, .set = f->set, .a = f->a};
    out->verdicts = arena_array(f->a, n, PAWL_PROOF_COUNT);
    out->messages = arena_array(f->a, n, sizeof *out->messages);
    if (!out->verdicts || !out->messages)
        return err_nomem(e);
    report_init_silent(&r, f->report);
    r.on_event = on_event;
    r.context = out;
    o.trace = &out->trace;
    o.texts = texts;
    o.repro_dir = NULL;
    int code = proof_run(f->a, f->set, &o, &r, e);
    if (out->nomem)
        return err_nomem(e);
    if (code != PAWL_CHECK)
        return code;
    if (e)
        err_clear(e);
    return PAWL_OK;
}

static enum pawl_verdict verdict(const struct told *t, size_t k, enum pawl_proof proof)
{
    return (enum pawl_verdict)t->verdicts[k * PAWL_PROOF_COUNT + proof];
}

static bool fails(const struct told *t, size_t k, enum pawl_proof proof)
{
    return verdict(t, k, proof) == PAWL_VERDICT_FAIL;
}

/* The set is not meant for this engine, or it is broken. */
static int does_not_apply(const struct fixing *f, size_t engine, struct pawl_error *e)
{
    size_t k = f->before[engine].trace.n;
    err_set(e, PAWL_CHECK, "this file does not apply on %s: " SLICE_FMT, f->engines[engine].driver->name,
            SLICE_ARG(f->before[engine].messages[k]));
    err_place(e, f->set->items[k].up.path, 0, 0);
    err_hint(e, "only what applies can be made safe to run again; see `pawl verify`");
    return PAWL_CHECK;
}

static int prove_before(struct fixing *f, struct pawl_error *e)
{
    int refused = PAWL_OK;
    struct pawl_error why = {0};
    for (size_t i = 0; i < f->request->n_engines; i++) {
        size_t at = f->n_engines;
        f->engines[at] = f->request->engines[i];
        int code = prove(f, at, NULL, &f->before[at], e);
        if (code)
            return code;
        if (f->before[at].trace.n == f->set->n)
            f->n_engines++;
        else if (!f->request->any)
            return does_not_apply(f, at, e);
        else
            refused = does_not_apply(f, at, &why);
    }
    if (refused && f->n_engines)
        report_note(f->report, PAWL_LEVEL_NOTE, "not looked at on every engine: %s", why.message);
    if (refused && !f->n_engines && e)
        *e = why;
    return f->n_engines ? PAWL_OK : refused;
}

/* ---- what is in work ----------------------------------------------------------------------------------------------- */

static bool up_wants(const struct fixing *f, size_t k)
{
    bool wants = false;
    for (size_t i = 0; i < f->n_engines; i++)
        wants |= fails(&f->before[i], k, PAWL_PROOF_REPLAY) || fails(&f->before[i], k, PAWL_PROOF_HEAD);
    return wants;
}

static bool down_wants(const struct fixing *f, size_t k)
{
    bool wants = false, works = f->set->items[k].down.path.p != NULL;
    for (size_t i = 0; i < f->n_engines; i++) {
        wants |= fails(&f->before[i], k, PAWL_PROOF_REDOWN);
        works &= !fails(&f->before[i], k, PAWL_PROOF_DOWN) || !fails(&f->before[i], k, PAWL_PROOF_REVERSE);
    }
    return wants && works;
}

static int add(struct fixing *f, size_t k, bool reverting, struct fix_result *out, struct pawl_error *e)
{
    const struct migration *m = &f->set->items[k];
    const struct migration_file *file = reverting ? &m->down : &m->up;
    struct text text;
    int code = text_open(file, &text, e);
    if (code)
        return code;
    struct slice raw = arena_dup(f->a, text.raw);
    size_t skipped = text.skipped;
    text_close(&text);
    if (!raw.p)
        return err_nomem(e);
    out->items[out->n++] =
        (struct fix_text){.file = file, .version = m->version, .reverting = reverting, .before = raw};
    if (f->request->asked && !f->request->asked[k])
        return PAWL_OK;
    struct work *w = &f->work[f->n++];
    *w = (struct work){.k = k, .reverting = reverting};
    return draft_read(f->a, m, file, slice_sub(raw, skipped, raw.n), f->engines, f->n_engines, &w->draft, e);
}

static int collect(struct fixing *f, struct fix_result *out, struct pawl_error *e)
{
    int code = PAWL_OK;
    f->work = arena_array(f->a, 2 * f->set->n + 1, sizeof *f->work);
    out->items = arena_array(f->a, 2 * f->set->n + 1, sizeof *out->items);
    if (!f->work || !out->items)
        return err_nomem(e);
    for (size_t k = 0; !code && k < f->set->n; k++) {
        if (up_wants(f, k))
            code = add(f, k, false, out, e);
        if (!code && down_wants(f, k))
            code = add(f, k, true, out, e);
    }
    return code;
}

/* ---- what stays ---------------------------------------------------------------------------------------------------- */

static int drop(struct fixing *f, struct work *w, size_t engine, const char *why, struct pawl_error *e)
{
    struct slice said = f->after[engine].messages[w->k];
    w->left = true;
    draft_drop(&w->draft);
    w->reason = arena_printf(f->a, "%s, proof of the whole set: %s" SLICE_FMT, f->engines[engine].driver->name,
                             said.n ? "" : why, SLICE_ARG(said));
    return w->reason.p ? PAWL_OK : err_nomem(e);
}

static bool changed(const struct work *w)
{
    return !w->left && draft_changed(&w->draft);
}

/* The worse of two verdicts is the higher. */
static int rank(enum pawl_verdict v)
{
    static const int ranks[] = {
        [PAWL_VERDICT_PASS] = 0, [PAWL_VERDICT_NOTE] = 1, [PAWL_VERDICT_NONE] = 2, [PAWL_VERDICT_FAIL] = 3};
    return ranks[v];
}

static bool worse(const struct told *before, const struct told *after, size_t k, enum pawl_proof proof)
{
    int was = rank(verdict(before, k, proof)), is = rank(verdict(after, k, proof));
    return is > was && is > 1;
}

/* Rewritten, and still not safe; or something of its version is worse than it was. */
static bool at_fault(const struct fixing *f, const struct work *w, size_t engine)
{
    const struct told *before = &f->before[engine], *after = &f->after[engine];
    bool bad = w->reverting ? fails(after, w->k, PAWL_PROOF_REDOWN)
                            : fails(after, w->k, PAWL_PROOF_REPLAY) || fails(after, w->k, PAWL_PROOF_HEAD);
    for (int p = 0; p < PAWL_PROOF_COUNT; p++)
        bad |= worse(before, after, w->k, (enum pawl_proof)p);
    return bad;
}

static bool same_delta(const struct delta *x, const struct delta *y)
{
    bool same = x->n == y->n;
    for (size_t i = 0; same && i < x->n; i++)
        same = slice_eq(x->items[i].key, y->items[i].key) && slice_eq(x->items[i].after, y->items[i].after) &&
               slice_eq(x->items[i].before, y->items[i].before);
    return same;
}

/* The first version whose change of the schema is another one now; SIZE_MAX = none. */
static size_t other_state(const struct fixing *f, size_t engine)
{
    const struct proof_trace *x = &f->before[engine].trace, *y = &f->after[engine].trace;
    for (size_t k = 0; k < f->set->n; k++)
        if (k >= y->n || !same_delta(&x->versions[k].change, &y->versions[k].change))
            return k;
    return SIZE_MAX;
}

/*
 * Versions that were not rewritten and came off worse: somebody else's draft is to blame. Where texts were refused at the head
 * before, the row of all texts was not judged, so what it says now for the first time is no news about drafts.
 */
static bool others_worse(const struct fixing *f, size_t engine, const bool *rewritten, bool *by_downs)
{
    const struct told *before = &f->before[engine], *after = &f->after[engine];
    bool masked = false, is_worse = false;
    *by_downs = true;
    for (size_t k = 0; k < f->set->n; k++)
        masked |= fails(before, k, PAWL_PROOF_HEAD);
    for (size_t k = 0; k < f->set->n; k++)
        for (int p = 0; p < PAWL_PROOF_COUNT; p++) {
            if (rewritten[k] || (p == PAWL_PROOF_HEAD && masked) || !worse(before, after, k, (enum pawl_proof)p))
                continue;
            is_worse = true;
            *by_downs &= p == PAWL_PROOF_REVERSE || p == PAWL_PROOF_DOWN;
        }
    return is_worse;
}

static int judge_engine(struct fixing *f, size_t engine, bool *rewritten, bool *dropped, struct pawl_error *e)
{
    bool by_downs;
    int code = PAWL_OK;
    size_t other = other_state(f, engine);
    for (size_t i = 0; !code && i < f->n; i++) {
        struct work *w = &f->work[i];
        bool differs = other != SIZE_MAX && w->k == other && !w->reverting;
        if (!changed(w) || (!differs && !at_fault(f, w, engine)))
            continue;
        *dropped = true;
        code = drop(f, w, engine, differs ? "it leads to another schema" : "something of its version is worse", e);
    }
    if (code || *dropped || !others_worse(f, engine, rewritten, &by_downs))
        return code;
    for (size_t i = 0; !code && i < f->n; i++)
        if (changed(&f->work[i]) && (!by_downs || f->work[i].reverting)) {
            *dropped = true;
            code = drop(f, &f->work[i], engine, "another version comes off worse", e);
        }
    return code;
}

static int prove_after(struct fixing *f, bool *dropped, struct pawl_error *e)
{
    size_t n = 0;
    int code = PAWL_OK;
    struct proof_texts *texts = arena_array(f->a, f->set->n + 1, sizeof *texts);
    bool *rewritten = arena_array(f->a, f->set->n + 1, sizeof *rewritten);
    *dropped = false;
    if (!texts || !rewritten)
        return err_nomem(e);
    for (size_t i = 0; i < f->n; i++) {
        struct work *w = &f->work[i];
        if (!changed(w))
            continue;
        n++;
        rewritten[w->k] = true;
        *(w->reverting ? &texts[w->k].down : &texts[w->k].up) = w->draft.text;
    }
    for (size_t i = 0; !code && n && i < f->n_engines; i++)
        code = prove(f, i, texts, &f->after[i], e);
    for (size_t i = 0; !code && n && i < f->n_engines; i++)
        code = judge_engine(f, i, rewritten, dropped, e);
    return code;
}

/* ---- the result ---------------------------------------------------------------------------------------------------- */

static int conclude(struct fixing *f, struct fix_result *out, struct pawl_error *e)
{
    for (size_t i = 0; i < f->n; i++) {
        struct work *w = &f->work[i];
        const struct migration *m = &f->set->items[w->k];
        for (size_t j = 0; j < out->n; j++) {
            struct fix_text *t = &out->items[j];
            if (t->version != m->version || t->reverting != w->reverting)
                continue;
            t->rewritten = changed(w);
            t->reason = w->reason;
            for (size_t i_engine = 0; i_engine < f->n_engines && !t->reason.n; i_engine++)
                t->reason = f->before[i_engine].messages[w->k];
            if (!t->rewritten)
                continue;
            size_t bom = t->before.n - w->draft.original.n;
            t->after = arena_printf(f->a, SLICE_FMT SLICE_FMT, SLICE_ARG(slice_sub(t->before, 0, bom)),
                                    SLICE_ARG(w->draft.text));
            if (!t->after.p)
                return err_nomem(e);
        }
    }
    return PAWL_OK;
}

int fix_run(struct arena *a, const struct migration_set *set, const struct fix_request *request, struct report *report,
            struct fix_result *out, struct pawl_error *e)
{
    struct fixing f = {.a = a, .set = set, .request = request, .report = report};
    bool dropped = true;
    *out = (struct fix_result){.n = 0};
    if (request->n_engines > ENGINES)
        return err_set(e, PAWL_INTERNAL, "more engines than there are");
    int code = prove_before(&f, e);
    if (!code)
        code = collect(&f, out, e);
    for (size_t i = 0; !code && f.n && i < f.n_engines; i++)
        code = search_run(a, set, &f.engines[i], &f.before[i].trace, f.work, f.n, report, e);
    for (size_t i = 0; !code && f.n && dropped && i < ROUNDS; i++)
        code = prove_after(&f, &dropped, e);
    for (size_t i = 0; !code && dropped && i < f.n; i++) /* no end in sight */
        if (changed(&f.work[i]))
            draft_drop(&f.work[i].draft);
    return code ? code : conclude(&f, out, e);
}
