#include "proof/forward.h"

#include "proof/cascade.h"
#include "proof/keep.h"
#include "proof/passed.h"
#include "proof/record.h"
#include "proof/reverse.h"
#include "proof/round_trip.h"

static void remember(struct known_failure *f, const struct outcome *o)
{
    f->line = o->error.line ? o->error.line : 1;
    f->message = hash_fast(slice_of(o->error.message));
}

/* ---- up ---------------------------------------------------------------------------------------------------------- */

/* Constraints that the engine did not enforce meanwhile. What is broken once stays broken, and is told once. */
static int check_keys(struct trial *tr, size_t k, const struct unit *up, struct pawl_error *e)
{
    struct outcome o = {.failed = true};
    if (tr->keys_broken || !tr->db->driver->check || !tr->db->driver->in_transaction(tr->db))
        return PAWL_OK;
    int code = tr->db->driver->check(tr->db, &o.error);
    if (!code)
        return PAWL_OK;
    if (!run_is_refusal(code)) {
        if (e)
            *e = o.error;
        return code;
    }
    tr->keys_broken = true;
    return tell(tr,
                &(struct tale){.id = PAWL_FINDING_FOREIGN_KEYS_BROKEN,
                               .proof = PAWL_PROOF_APPLY,
                               .k = k,
                               .unit = up,
                               .failed = &o,
                               .said = "the up text leaves a broken foreign key"},
                e);
}

/* Without a row changed, and with nothing but new objects, no row can have lost its parent. */
static bool can_break_keys(const struct step *s)
{
    bool can = s->wrote_data;
    for (size_t i = 0; i < s->change.n && !can; i++)
        can = s->change.items[i].before.p != NULL;
    return can;
}

/* A text that takes the ledger away leaves nothing to record it in. The walk goes on: it needs no ledger itself. */
static int record(struct trial *tr, size_t k, const struct unit *up, struct pawl_error *e)
{
    struct outcome o = {.failed = true};
    int code = record_add(tr, tr->steps[k].migration, &o.error);
    if (code && run_is_refusal(code))
        return tell(tr,
                    &(struct tale){.id = PAWL_FINDING_APPLY_FAILS,
                                   .proof = PAWL_PROOF_APPLY,
                                   .k = k,
                                   .unit = up,
                                   .failed = &o,
                                   .said = "the migration cannot be recorded in the ledger after its up text"},
                    e);
    if (code && e)
        *e = o.error;
    return code;
}

enum again { AGAIN_NOT, AGAIN_OUTSIDE, AGAIN_PAWL };

static int apply(struct trial *tr, size_t k, const struct texts *t, struct hold *pre, bool *stop, enum again *again,
                 struct pawl_error *e)
{
    struct step *s = &tr->steps[k];
    struct outcome o;
    int code = unit_run(tr, &t->up, &o, e);
    if (code)
        return code;
    *again = texts_want_outside(tr, &t->up, &o) ? AGAIN_OUTSIDE
             : texts_want_pawl(tr, &t->up, &o)  ? AGAIN_PAWL
                                                : AGAIN_NOT;
    if (*again)
        return hold_back(tr, pre, e);
    if (o.failed) {
        *stop = true;
        code = texts_settle(tr, pre, &o, e);
        return code ? code
                    : tell(tr,
                           &(struct tale){.id = PAWL_FINDING_APPLY_FAILS,
                                          .proof = PAWL_PROOF_APPLY,
                                          .k = k,
                                          .unit = &t->up,
                                          .failed = &o,
                                          .said = "the up text fails"},
                           e);
    }
    s->wrote_data = o.wrote_data;
    trial_verdict(tr, k, PAWL_PROOF_APPLY, PAWL_VERDICT_PASS);
    if (t->up.only_pawl)
        code = texts_tell_pawl(tr, k, &t->up, e);
    if (!code)
        code = trial_refresh(tr, tr->keep, &s->change, e);
    if (!code && can_break_keys(s))
        code = check_keys(tr, k, &t->up, e);
    return code ? code : record(tr, k, &t->up, e);
}

/* ---- up, again --------------------------------------------------------------------------------------------------- */

static int replay(struct trial *tr, size_t k, const struct texts *t, struct pawl_error *e)
{
    struct outcome o;
    struct texts_again again = {
        .tale = {.proof = PAWL_PROOF_REPLAY, .k = k, .unit = &t->up},
        .fails = PAWL_FINDING_REPLAY_FAILS,
        .schema = PAWL_FINDING_REPLAY_CHANGES_SCHEMA,
        .data = PAWL_FINDING_REPLAY_CHANGES_DATA,
        .fails_said = "the up text fails when it is run again at once",
        .schema_said = "running the up text again at once changes the schema",
        .data_said = "running the up text again at once changes data",
    };
    int code = texts_again(tr, t, k + 1, &again, &o, e);
    if (!code && o.failed)
        remember(&tr->steps[k].replay, &o);
    return code;
}

/* ---- a step ------------------------------------------------------------------------------------------------------ */

/* A text that the engine never saw, since it cannot be taken apart: its findings were told when it was looked at. */
static int unsendable(struct trial *tr, size_t k, const struct unit *u, struct pawl_error *e)
{
    trial_verdict(tr, k, PAWL_PROOF_APPLY, PAWL_VERDICT_FAIL);
    return tell_plain(tr, k, PAWL_FINDING_APPLY_FAILS, NULL, e, "the up text cannot be sent: %s", u->error.message);
}

/*
 * The down fails at S(k + 1), so the reverse walk from S(n) will never come by here. What lies below is reverted now, from
 * S(k): that is where this step began.
 */
static int reverse_below(struct trial *tr, size_t k, const struct texts *t, struct hold *pre, struct pawl_error *e)
{
    struct delta again;
    struct outcome o;
    size_t from = tr->reverse_from;
    tr->reverse_from = k + 1;
    if (from == k)
        return hold_drop(tr, pre, e);
    int code = hold_back(tr, pre, e);
    if (!code)
        code = reverse_walk(tr, from, k, true, e);
    if (!code)
        code = hold_open(tr, &tr->tmp, pre, t->outside, k, e);
    if (!code)
        code = unit_run(tr, &t->up, &o, e);
    if (!code && o.failed) {
        if (e)
            *e = o.error;
        code = err_set(e, PAWL_INTERNAL, "an up text that was applied cannot be applied again from the same state");
    }
    if (!code)
        code = record_add(tr, tr->steps[k].migration, e);
    if (!code)
        code = trial_refresh(tr, &tr->tmp, &again, e);
    return code ? code : hold_drop(tr, pre, e);
}

/*
 * Is there nothing to prove? S(k + 1) must be the state that it was when this step was proved; the steps in front of this one were
 * the same, or nothing would be trusted any more.
 */
static int is_known(struct trial *tr, size_t k, const struct texts *t, bool *known, struct pawl_error *e)
{
    struct step *s = &tr->steps[k];
    const struct proof_known_version *was = tr->known ? &tr->known->versions[k] : NULL;
    *known = false;
    if (!tr->options->fingerprints)
        return PAWL_OK;
    int code = facts_fingerprint(tr->facts, s->fingerprint, e);
    if (code || !was)
        return code;
    if (memcmp(s->fingerprint, was->fingerprint, sizeof s->fingerprint) != 0)
        tr->known = NULL;
    *known = s->known = tr->known && was->proved;
    if (!*known)
        return PAWL_OK;
    trial_verdict(tr, k, PAWL_PROOF_REPLAY, PAWL_VERDICT_PASS);
    if (!t->has_down)
        return PAWL_OK;
    s->down = DOWN_GOOD;
    trial_verdict(tr, k, PAWL_PROOF_DOWN, PAWL_VERDICT_PASS);
    trial_verdict(tr, k, PAWL_PROOF_REDOWN, PAWL_VERDICT_PASS);
    trial_verdict(tr, k, PAWL_PROOF_REUP, PAWL_VERDICT_PASS);
    return PAWL_OK;
}

/* Applies the step, as often as it takes to find the way in which its up text runs. */
static int apply_somehow(struct trial *tr, size_t k, struct texts *t, struct hold *pre, bool *stop,
                         struct pawl_error *e)
{
    struct step *s = &tr->steps[k];
    enum again again = AGAIN_NOT;
    int code;
    do {
        if (again == AGAIN_OUTSIDE)
            s->forced_outside = s->up_outside = t->outside = t->up.script.no_transaction = true;
        else if (again == AGAIN_PAWL)
            texts_send_as_pawl(tr, k, t);
        code = hold_open(tr, &tr->tmp, pre, t->outside, k, e);
        if (!code)
            code = apply(tr, k, t, pre, stop, &again, e);
    } while (!code && again);
    return code;
}

/* A down that runs only outside a transaction needs a step that was not applied inside one. */
static int round_trips(struct trial *tr, size_t k, struct texts *t, struct hold *pre, bool *stop, struct pawl_error *e)
{
    struct step *s = &tr->steps[k];
    bool again = false;
    int code = round_trip(tr, k, t, &again, e);
    if (code || !again)
        return code;
    code = hold_back(tr, pre, e);
    s->down_forced = s->down_outside = t->outside = t->down.script.no_transaction = true;
    if (!code)
        code = apply_somehow(tr, k, t, pre, stop, e);
    return code || *stop ? code : round_trip(tr, k, t, &again, e);
}

static int prove(struct trial *tr, size_t k, struct texts *t, bool *stop, struct pawl_error *e)
{
    struct hold pre;
    bool known;
    int code = cascade_look(tr, k, &t->up, e);
    if (!code)
        code = passed_look(tr, k, &t->up, e);
    if (!code)
        code = apply_somehow(tr, k, t, &pre, stop, e);
    if (code || *stop)
        return code;
    code = is_known(tr, k, t, &known, e);
    if (!code && known)
        return hold_drop(tr, &pre, e);
    if (!code)
        code = replay(tr, k, t, e);
    if (!code && t->has_down)
        code = round_trips(tr, k, t, &pre, stop, e);
    if (code || *stop)
        return code;
    return tr->steps[k].down == DOWN_BREAKS ? reverse_below(tr, k, t, &pre, e) : hold_drop(tr, &pre, e);
}

int forward_step(struct trial *tr, size_t k, bool *stop, struct pawl_error *e)
{
    struct texts t = {0};
    *stop = false;
    int code = texts_open(tr, k, &t, e);
    t.mark = keep_mark(tr);
    if (!code && t.up.code) {
        *stop = true;
        code = unsendable(tr, k, &t.up, e);
    } else if (!code && tr->steps[k].down == DOWN_MISSING) {
        /* the reverse walk cannot come by here: what lies below is reverted from S(k), before this step begins */
        if (tr->reverse_from < k)
            code = reverse_walk(tr, tr->reverse_from, k, true, e);
        tr->reverse_from = k + 1;
    }
    if (!code && !*stop)
        code = prove(tr, k, &t, stop, e);
    if (!code && !*stop)
        tr->applied = k + 1;
    unit_close(&t.up);
    unit_close(&t.down);
    arena_reset(&tr->tmp);
    return code;
}
