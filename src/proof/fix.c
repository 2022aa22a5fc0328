#include "proof/fix.h"

#include "proof/columns.h"
#include "proof/search.h"
#include "proof/told.h"
#include "source/text.h"

#define ROUNDS 6

struct fixing {
    struct arena *a;
    const struct migration_set *set;
    const struct fix_request *request;
    struct told_set now;
    struct told after[TOLD_ENGINES];
    struct report *report;
    struct work *work;
    size_t n;
};

static bool fails(const struct told *t, size_t k, enum pawl_proof proof)
{
    return told_verdict(t, k, proof) == PAWL_VERDICT_FAIL;
}

/* ---- what is in work ----------------------------------------------------------------------------------------------- */

static bool up_wants(const struct fixing *f, size_t k)
{
    bool wants = false;
    for (size_t i = 0; i < f->now.n; i++)
        wants |= fails(&f->now.before[i], k, PAWL_PROOF_REPLAY) || fails(&f->now.before[i], k, PAWL_PROOF_HEAD);
    return wants;
}

static bool down_wants(const struct fixing *f, size_t k)
{
    bool wants = false, works = f->set->items[k].down.path.p != NULL;
    for (size_t i = 0; i < f->now.n; i++) {
        wants |= fails(&f->now.before[i], k, PAWL_PROOF_REDOWN);
        works &= !fails(&f->now.before[i], k, PAWL_PROOF_DOWN) || !fails(&f->now.before[i], k, PAWL_PROOF_REVERSE);
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
    struct columns_known tables = {.a = f->a, .told = &f->now, .k = k};
    return draft_read(f->a, m, file, slice_sub(raw, skipped, raw.n), f->now.engines, f->now.n,
                      &(struct rewrite_known){.columns = columns_known, .context = &tables}, &w->draft, e);
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
    struct slice said = f->after[engine].first[w->k];
    w->left = true;
    draft_drop(&w->draft);
    w->reason = arena_printf(f->a, "%s, proof of the whole set: %s" SLICE_FMT, f->now.engines[engine].driver->name,
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
    int was = rank(told_verdict(before, k, proof)), is = rank(told_verdict(after, k, proof));
    return is > was && is > 1;
}

/* Rewritten, and still not safe; or something of its version is worse than it was. */
static bool at_fault(const struct fixing *f, const struct work *w, size_t engine)
{
    const struct told *before = &f->now.before[engine], *after = &f->after[engine];
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
    const struct proof_trace *x = &f->now.before[engine].trace, *y = &f->after[engine].trace;
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
    const struct told *before = &f->now.before[engine], *after = &f->after[engine];
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
    for (size_t i = 0; !code && n && i < f->now.n; i++)
        code = told_prove(f->a, f->set, &f->now.engines[i], texts, f->report, &f->after[i], e);
    for (size_t i = 0; !code && n && i < f->now.n; i++)
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
            for (size_t i_engine = 0; i_engine < f->now.n && !t->reason.n; i_engine++)
                t->reason = f->now.before[i_engine].first[w->k];
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
    f.now = (struct told_set){.asked = request->engines,
                              .n_asked = request->n_engines,
                              .any = request->any,
                              .only = "made safe to run again"};
    int code = told_set(a, set, report, &f.now, e);
    if (!code)
        code = collect(&f, out, e);
    for (size_t i = 0; !code && f.n && i < f.now.n; i++)
        code = search_run(a, set, &f.now.engines[i], &f.now.before[i].trace, f.work, f.n, report, e);
    for (size_t i = 0; !code && f.n && dropped && i < ROUNDS; i++)
        code = prove_after(&f, &dropped, e);
    for (size_t i = 0; !code && dropped && i < f.n; i++) /* no end in sight */
        if (changed(&f.work[i]))
            draft_drop(&f.work[i].draft);
    return code ? code : conclude(&f, out, e);
}
