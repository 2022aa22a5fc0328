#include "proof/told.h"

static bool about_down(enum pawl_finding_id id)
{
    return (id >= PAWL_FINDING_DOWN_FAILS && id <= PAWL_FINDING_REUP_DIFFERS) || id == PAWL_FINDING_REVERSE_FAILS ||
           id == PAWL_FINDING_REVERSE_DIFFERS;
}

static void keep(struct told *t, struct slice *place, const char *message)
{
    if (place->p)
        return;
    *place = arena_dup(t->a, slice_of(message));
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
    if (event->kind != PAWL_EVENT_FINDING || event->finding->level != PAWL_LEVEL_ERROR)
        return;
    keep(t, &t->first[k], event->finding->message);
    if (about_down(event->finding->id))
        keep(t, &t->of_down[k], event->finding->message);
}

int told_prove(struct arena *a, const struct migration_set *set, const struct proof_options *o,
               const struct proof_texts *texts, struct report *outer, struct told *out, struct pawl_error *e)
{
    struct proof_options options = *o;
    struct report r;
    *out = (struct told){.outer = outer, .set = set, .a = a};
    out->verdicts = arena_array(a, set->n + 1, PAWL_PROOF_COUNT);
    out->first = arena_array(a, set->n + 1, sizeof *out->first);
    out->of_down = arena_array(a, set->n + 1, sizeof *out->of_down);
    if (!out->verdicts || !out->first || !out->of_down)
        return err_nomem(e);
    report_init_silent(&r, outer);
    r.on_event = on_event;
    r.context = out;
    options.trace = &out->trace;
    options.texts = texts;
    options.repro_dir = NULL;
    options.plain = true; /* replay, head and the downs are what texts are written for */
    int code = proof_run(a, set, &options, &r, e);
    if (out->nomem)
        return err_nomem(e);
    if (code == PAWL_CHECK && e)
        err_clear(e);
    return code == PAWL_CHECK ? PAWL_OK : code;
}

enum pawl_verdict told_verdict(const struct told *t, size_t k, enum pawl_proof proof)
{
    return (enum pawl_verdict)t->verdicts[k * PAWL_PROOF_COUNT + proof];
}

/* The set is not meant for this engine, or it is broken. */
static int does_not_apply(const struct told_set *all, size_t engine, struct pawl_error *e)
{
    const struct told *t = &all->before[engine];
    size_t k = t->trace.n;
    err_set(e, PAWL_CHECK, "this file does not apply on %s: " SLICE_FMT, all->engines[engine].driver->name,
            SLICE_ARG(t->first[k]));
    err_place(e, t->set->items[k].up.path, 0, 0);
    err_hint(e, "only what applies can be %s; see `pawl verify`", all->only);
    return PAWL_CHECK;
}

int told_set(struct arena *a, const struct migration_set *set, struct report *report, struct told_set *all,
             struct pawl_error *e)
{
    int refused = PAWL_OK;
    struct pawl_error why = {0};
    if (all->n_asked > TOLD_ENGINES)
        return err_set(e, PAWL_INTERNAL, "more engines than there are");
    for (size_t i = 0; i < all->n_asked; i++) {
        size_t at = all->n;
        all->engines[at] = all->asked[i];
        int code = told_prove(a, set, &all->engines[at], NULL, report, &all->before[at], e);
        if (code)
            return code;
        if (all->before[at].trace.n == set->n)
            all->n++;
        else if (!all->any)
            return does_not_apply(all, at, e);
        else
            refused = does_not_apply(all, at, &why);
    }
    if (refused && all->n)
        report_note(report, PAWL_LEVEL_NOTE, "not looked at on every engine: %s", why.message);
    if (refused && !all->n && e)
        *e = why;
    return all->n ? PAWL_OK : refused;
}
