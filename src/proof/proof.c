#include "proof/proof.h"

#include <stdlib.h>

#include "proof/forward.h"
#include "proof/guarded.h"
#include "proof/head.h"
#include "proof/hold.h"
#include "proof/reverse.h"
#include "proof/tell.h"

static void tell_engine(const struct trial *tr)
{
    report_event(tr->report, &(struct pawl_event){
                                 .kind = PAWL_EVENT_ENGINE,
                                 .engine = tr->options->driver->name,
                                 .engine_version = tr->options->driver->version(tr->db),
                             });
}

/* By version, in the order of PAWL_PROOFS, once everything is known: the reverse walk still settles verdicts of `down`. */
static void tell_verdicts(const struct trial *tr)
{
    for (size_t k = 0; k < tr->set->n; k++)
        for (int proof = 0; proof < PAWL_PROOF_COUNT; proof++) {
            const struct migration *m = tr->steps[k].migration;
            report_event(tr->report, &(struct pawl_event){
                                         .kind = PAWL_EVENT_PROOF,
                                         .engine = tr->options->driver->name,
                                         .version = m->version,
                                         .file = m->up.path.p,
                                         .description = m->description.p,
                                         .proof = (enum pawl_proof)proof,
                                         .verdict = (enum pawl_verdict)tr->steps[k].verdicts[proof],
                                     });
        }
}

/* Who may run the up text again without harm, whatever levels the findings have. */
static enum pawl_runner runner_of(const struct trial *tr, size_t k)
{
    const struct step *s = &tr->steps[k];
    if (k >= tr->applied)
        return PAWL_RUNNER_UNKNOWN;
    if (step_is_plain(s))
        return PAWL_RUNNER_PLAIN;
    return s->guarded ? PAWL_RUNNER_PAWL : PAWL_RUNNER_NEITHER;
}

static void tell_runners(const struct trial *tr)
{
    for (size_t k = 0; k < tr->set->n && !tr->options->texts; k++)
        report_event(tr->report, &(struct pawl_event){
                                     .kind = PAWL_EVENT_RUNNER,
                                     .engine = tr->options->driver->name,
                                     .version = tr->steps[k].migration->version,
                                     .file = tr->steps[k].migration->up.path.p,
                                     .runner = runner_of(tr, k),
                                 });
}

static int forward(struct trial *tr, struct pawl_error *e)
{
    bool stop = false;
    int code = PAWL_OK;
    for (size_t k = 0; !code && !stop && k < tr->set->n; k++) {
        trial_progress(tr, "forward", k + 1, tr->set->n);
        code = forward_step(tr, k, &stop, e);
    }
    return code;
}

/* The differences stay where they are, in the steps' own arena. */
static int leave_trace(const struct trial *tr, struct pawl_error *e)
{
    struct proof_trace *trace = tr->options->trace;
    if (!trace)
        return PAWL_OK;
    trace->engine = tr->options->driver->name;
    trace->major = atoi(tr->options->driver->version(tr->db));
    memcpy(trace->baseline_fingerprint, tr->baseline, sizeof tr->baseline);
    trace->versions = arena_array(tr->keep, tr->applied + 1, sizeof *trace->versions);
    if (!trace->versions)
        return err_nomem(e);
    for (size_t k = 0; k < tr->applied; k++) {
        const struct step *s = &tr->steps[k];
        struct proof_version *v = &trace->versions[k];
        *v = (struct proof_version){.change = s->change,
                                    .left_out = s->left_out,
                                    .known = s->known,
                                    .outside = s->up_outside || s->down_outside,
                                    .only_pawl = s->only_pawl};
        memcpy(v->fingerprint, s->fingerprint, sizeof v->fingerprint);
    }
    trace->n = tr->applied;
    return PAWL_OK;
}

/* Once the reverse walk has settled them. */
static void leave_proofs(const struct trial *tr)
{
    struct proof_trace *trace = tr->options->trace;
    for (size_t k = 0; trace && k < trace->n; k++) {
        const struct step *s = &tr->steps[k];
        for (int proof = 0; proof < PAWL_PROOF_COUNT; proof++)
            if (step_holds(s, (enum pawl_proof)proof))
                trace->versions[k].proofs |= 1u << proof;
    }
}

/* Behind a version that does not apply nothing can be looked at. */
static int tell_rest(struct trial *tr, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t k = tr->applied + 1; !code && k < tr->set->n; k++)
        code = tell_plain(tr, k, PAWL_FINDING_NOT_PROVED, "correct that version first", e,
                          "not looked at, because " SLICE_FMT " does not apply", SLICE_ARG(step_name(tr, tr->applied)));
    return code;
}

static int prove(struct trial *tr, struct pawl_error *e)
{
    int code = trial_open(tr, e);
    if (code)
        return code;
    tell_engine(tr);
    code = forward(tr, e);
    if (!code)
        code = leave_trace(tr, e);
    if (!code && tr->applied == tr->set->n)
        code = head_prove(tr, e);
    if (!code && tr->reverse_from < tr->applied)
        code = reverse_walk(tr, tr->reverse_from, tr->applied, false, e);
    if (!code)
        code = guarded_prove(tr, e);
    if (!code)
        code = tell_rest(tr, e);
    if (!code) {
        tell_verdicts(tr);
        tell_runners(tr);
        leave_proofs(tr);
    }
    return code;
}

int proof_run(struct arena *a, const struct migration_set *set, const struct proof_options *options,
              struct report *report, struct pawl_error *e)
{
    struct trial tr = {.set = set, .options = options, .report = report, .keep = a};
    size_t errors = report->errors;
    report_init_silent(&tr.quiet, report);
    tr.steps = arena_array(a, set->n ? set->n : 1, sizeof *tr.steps);
    if (!tr.steps)
        return err_nomem(e);
    for (size_t k = 0; k < set->n; k++)
        tr.steps[k].migration = &set->items[k];
    int code = prove(&tr, e);
    trial_close(&tr);
    arena_clear(&tr.tmp);
    if (code || report->errors == errors)
        return code;
    err_set(e, PAWL_CHECK, "%zu finding%s of level error", report->errors - errors,
            report->errors - errors == 1 ? "" : "s");
    return PAWL_CHECK;
}
