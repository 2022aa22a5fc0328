#include "proof/forward.h"

#include "proof/cascade.h"
#include "proof/judge.h"
#include "proof/keep.h"
#include "proof/passed.h"
#include "proof/record.h"
#include "proof/reverse.h"
#include "proof/tell.h"

/* The two texts of a step while it is worked on. */
struct texts {
    struct unit up, down;
    bool has_down;     /* there is one that can be sent */
    bool down_by_pawl; /* the down text failed as it stands, and did not as pawl sends it */
    uint64_t mark;     /* when the step began */
    bool outside;      /* one of them must run outside any transaction */
};

static int open_texts(struct trial *tr, size_t k, struct texts *t, struct pawl_error *e)
{
    struct step *s = &tr->steps[k];
    const struct migration *m = s->migration;
    int code = unit_open(tr, m, false, true, &t->up, e);
    if (!code && m->down.path.p) {
        code = unit_open(tr, m, true, true, &t->down, e);
        t->has_down = !code && !t->down.code;
    }
    if (code)
        return code;
    /* A new enum value is used by what follows only behind a COMMIT, so it cannot be tried inside a transaction either. */
    s->up_outside = unit_outside(&t->up) || t->up.script.new_enum_value;
    s->down_outside = t->has_down && (unit_outside(&t->down) || t->down.script.new_enum_value);
    s->mentions_ledger = t->up.script.mentions_ledger;
    s->left_out = t->up.script.left_out;
    t->outside = s->up_outside || s->down_outside;
    s->keys_off = t->up.script.foreign_keys_off || (t->has_down && t->down.script.foreign_keys_off);
    tr->keys_off = s->keys_off;
    if (!t->has_down)
        s->down = DOWN_MISSING;
    return PAWL_OK;
}

/* Takes back what a refused text wrote, and spares it where it wrote nothing. */
static int settle(struct trial *tr, struct hold *h, const struct outcome *o, struct pawl_error *e)
{
    bool lost = (h->kind == HOLD_TRANSACTION || h->kind == HOLD_SAVEPOINT) && !tr->db->driver->in_transaction(tr->db);
    return o->wrote || lost ? hold_back(tr, h, e) : hold_drop(tr, h, e);
}

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

/* The engine runs a text that is refused so once more, outside any transaction. */
static bool wants_outside(const struct trial *tr, const struct unit *u, const struct outcome *o)
{
    const struct db_driver *driver = tr->db->driver;
    return o->failed && !unit_outside(u) && driver->wants_outside && driver->wants_outside(o->error.sqlstate);
}

/* It failed as it stands, and has statements which the engine lacks and pawl carries out. */
static bool wants_pawl(const struct trial *tr, const struct unit *u, const struct outcome *o)
{
    return o->failed && u->script.lacks && !u->only_pawl && !tr->pawl;
}

/* From now on the texts of this step are sent as pawl sends them. */
static void send_as_pawl(struct trial *tr, size_t k, struct texts *t)
{
    struct step *s = &tr->steps[k];
    s->only_pawl = t->up.only_pawl = t->down.only_pawl = true;
    s->keys_off |= t->up.script.rebuilds || (t->has_down && t->down.script.rebuilds);
    tr->keys_off = s->keys_off;
}

static int tell_pawl(struct trial *tr, size_t k, const struct unit *u, struct pawl_error *e)
{
    return tell_plain(tr, k, PAWL_FINDING_ONLY_PAWL, "apply it with pawl, or write it in the engine's own words", e,
                      "the %s text runs only under pawl: %s has no words for a statement in it",
                      u->reverting ? "down" : "up", tr->db->driver->name);
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
    *again = wants_outside(tr, &t->up, &o) ? AGAIN_OUTSIDE : wants_pawl(tr, &t->up, &o) ? AGAIN_PAWL : AGAIN_NOT;
    if (*again)
        return hold_back(tr, pre, e);
    if (o.failed) {
        *stop = true;
        code = settle(tr, pre, &o, e);
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
        code = tell_pawl(tr, k, &t->up, e);
    if (!code)
        code = trial_refresh(tr, tr->keep, &s->change, e);
    if (!code && can_break_keys(s))
        code = check_keys(tr, k, &t->up, e);
    return code ? code : record(tr, k, &t->up, e);
}

/* ---- up, again --------------------------------------------------------------------------------------------------- */

/* Tells what judge_unchanged found, or that all is well. */
static int tell_judged(struct trial *tr, struct tale *t, const struct judged *j, enum pawl_finding_id schema,
                       const char *schema_said, enum pawl_finding_id data, const char *data_said, struct pawl_error *e)
{
    int code = PAWL_OK;
    trial_verdict(tr, t->k, t->proof, PAWL_VERDICT_PASS);
    if (j->grade != DIFFERENCE_NONE) {
        t->id = j->grade == DIFFERENCE_REAL ? schema : judge_note(j->grade);
        t->delta = &j->delta;
        t->said = schema_said;
        code = tell(tr, t, e);
    }
    t->delta = NULL;
    if (!code && j->n_rows) {
        enum pawl_verdict before = (enum pawl_verdict)tr->steps[t->k].verdicts[t->proof];
        t->id = data;
        t->rows = j->rows;
        t->n_rows = j->n_rows;
        t->said = data_said;
        code = tell(tr, t, e);
        if (!code && before == PAWL_VERDICT_FAIL)
            trial_verdict(tr, t->k, t->proof, before);
    }
    return code;
}

static int replay(struct trial *tr, size_t k, const struct texts *t, struct pawl_error *e)
{
    struct hold h;
    struct outcome o;
    struct judged j;
    struct tale tale = {.proof = PAWL_PROOF_REPLAY, .k = k, .unit = &t->up};
    int code = hold_open(tr, &tr->tmp, &h, t->outside, k + 1, e);
    if (!code)
        code = unit_run(tr, &t->up, &o, e);
    if (code)
        return code;
    if (o.failed) {
        remember(&tr->steps[k].replay, &o);
        tale.id = PAWL_FINDING_REPLAY_FAILS;
        tale.failed = &o;
        tale.said = "the up text fails when it is run again at once";
        code = settle(tr, &h, &o, e);
        return code ? code : tell(tr, &tale, e);
    }
    code = judge_unchanged(tr, &h, &o, &j, e);
    return code ? code
                : tell_judged(tr, &tale, &j, PAWL_FINDING_REPLAY_CHANGES_SCHEMA,
                              "running the up text again at once changes the schema", PAWL_FINDING_REPLAY_CHANGES_DATA,
                              "running the up text again at once changes data", e);
}

/* ---- down, down again, up after down ----------------------------------------------------------------------------- */

/* What is wrong with a down that leaves a real difference is told when the reverse walk knows whether it ever vanishes. */
static int put_off(struct trial *tr, size_t k, const struct delta *left, bool vacuous, struct pawl_error *e)
{
    struct step *s = &tr->steps[k];
    s->partial = arena_alloc(tr->keep, sizeof *s->partial);
    if (!s->partial)
        return err_nomem(e);
    s->partial->vacuous = vacuous;
    s->down = DOWN_PARTIAL;
    return delta_copy(tr->keep, left, &s->partial->left, e);
}

/*
 * Stamps differ for less than a row, be it a lock. Before that is held against a text, the step is gone back over, with nothing to lose
 * since the down has changed nothing, and what its up text writes is counted.
 */
static int count_rows(struct trial *tr, size_t k, const struct texts *t, struct pawl_error *e)
{
    const struct db_driver *driver = tr->db->driver;
    struct hold *h = tr->hold, *pre = h ? h->outer : NULL;
    struct delta again;
    struct outcome o = {0};
    int64_t before = -1, after = -1;
    if (!driver->rows_written || !pre || h->kind != HOLD_SAVEPOINT || pre->kind != HOLD_TRANSACTION)
        return PAWL_OK;
    int code = hold_back(tr, h, e);
    if (!code)
        code = hold_back(tr, pre, e);
    if (!code)
        code = hold_open(tr, &tr->tmp, pre, false, k, e);
    if (!code)
        code = driver->rows_written(tr->db, &before, e);
    if (!code)
        code = unit_run(tr, &t->up, &o, e);
    if (!code && !o.failed)
        code = driver->rows_written(tr->db, &after, e);
    if (!code && o.failed)
        code = err_set(e, PAWL_INTERNAL, "an up text that was applied cannot be applied again from the same state");
    if (!code)
        code = trial_refresh(tr, &tr->tmp, &again, e);
    if (!code)
        code = record_add(tr, tr->steps[k].migration, e);
    tr->steps[k].wrote_data = before < 0 || before != after;
    return code ? code : hold_open(tr, &tr->tmp, h, false, k + 1, e);
}

static int judge_down(struct trial *tr, size_t k, const struct texts *t, const struct outcome *o, struct delta *did,
                      struct pawl_error *e)
{
    struct step *s = &tr->steps[k];
    struct delta left;
    int code = trial_refresh(tr, &tr->tmp, did, e);
    if (!code)
        code = delta_join(&tr->tmp, &s->change, did, &left, e);
    if (code)
        return code;
    enum difference grade = delta_grade(&left);
    bool nothing = did->n == 0 && !o->wrote_data;
    s->down = DOWN_GOOD;
    if (grade == DIFFERENCE_REAL)
        return put_off(tr, k, &left, nothing, e);
    struct tale tale = {.proof = PAWL_PROOF_DOWN, .k = k, .kind = TALE_LEFT, .unit = &t->down};
    if (grade != DIFFERENCE_NONE) {
        tale.id = judge_note(grade);
        tale.delta = &left;
        tale.said = "the down text restores the schema but for spelling";
        if (grade == DIFFERENCE_COLUMN_ORDER)
            tale.said = "the down text restores the schema but for the order of columns";
        if (grade == DIFFERENCE_GENERATED_NAMES)
            tale.said = "the down text restores the schema but for names that the engine makes up";
        return tell(tr, &tale, e);
    }
    if (nothing && s->wrote_data)
        code = count_rows(tr, k, t, e);
    if (code)
        return code;
    if (nothing && s->wrote_data) {
        tale.id = PAWL_FINDING_DOWN_VACUOUS;
        tale.said = "the down text changes nothing although the up text changed rows";
        tale.hint = "undo in the down text what the up text did to the rows";
        return tell(tr, &tale, e);
    }
    trial_verdict(tr, k, PAWL_PROOF_DOWN, PAWL_VERDICT_PASS);
    return PAWL_OK;
}

static int redown(struct trial *tr, size_t k, const struct texts *t, struct pawl_error *e)
{
    struct hold h;
    struct outcome o;
    struct judged j;
    struct tale tale = {.proof = PAWL_PROOF_REDOWN, .k = k, .unit = &t->down};
    int code = hold_open(tr, &tr->tmp, &h, t->outside, k, e);
    if (!code)
        code = unit_run(tr, &t->down, &o, e);
    if (code)
        return code;
    if (o.failed) {
        tale.id = PAWL_FINDING_REDOWN_FAILS;
        tale.failed = &o;
        tale.said = "the down text fails when it is run again at once";
        code = settle(tr, &h, &o, e);
        return code ? code : tell(tr, &tale, e);
    }
    code = judge_unchanged(tr, &h, &o, &j, e);
    return code ? code
                : tell_judged(tr, &tale, &j, PAWL_FINDING_REDOWN_CHANGES,
                              "running the down text again at once changes the schema", PAWL_FINDING_REDOWN_CHANGES,
                              "running the down text again at once changes data", e);
}

/* `did` is what the first down did; a note about it is no fault of the up text, so both are looked at together. */
static int reup(struct trial *tr, size_t k, const struct texts *t, const struct delta *did, bool *well,
                struct outcome *all, struct pawl_error *e)
{
    struct outcome o;
    struct delta now, off;
    struct tale tale = {.proof = PAWL_PROOF_REUP, .k = k, .unit = &t->up};
    int code = unit_run(tr, &t->up, &o, e);
    if (code)
        return code;
    all->wrote |= o.wrote;
    all->wrote_data |= o.wrote_data;
    if (o.failed) {
        *well = false;
        tale.id = PAWL_FINDING_REUP_FAILS;
        tale.failed = &o;
        tale.said = "the up text fails after its own down text";
        return tell(tr, &tale, e);
    }
    code = trial_refresh(tr, &tr->tmp, &now, e);
    if (!code)
        code = delta_join(&tr->tmp, did, &now, &off, e);
    if (code)
        return code;
    enum difference grade = delta_grade(&off);
    trial_verdict(tr, k, PAWL_PROOF_REUP, PAWL_VERDICT_PASS);
    if (grade == DIFFERENCE_NONE)
        return PAWL_OK;
    *well = false;
    tale.id = grade == DIFFERENCE_REAL ? PAWL_FINDING_REUP_DIFFERS : judge_note(grade);
    tale.delta = &off;
    tale.said = "up after down gives another schema than up alone";
    return tell(tr, &tale, e);
}

/* *again: the down runs only outside a transaction, and nothing of it is left; what was told before is told. */
static int round_trip(struct trial *tr, size_t k, struct texts *t, bool *again, struct pawl_error *e)
{
    struct step *s = &tr->steps[k];
    struct hold h;
    struct outcome o;
    struct keep keep;
    struct delta did;
    bool well = true;
    int code = keep_begin(tr, &tr->tmp, t->mark, &keep, e);
    if (!code)
        code = hold_open(tr, &tr->tmp, &h, t->outside, k + 1, e);
    if (!code)
        code = unit_run(tr, &t->down, &o, e);
    *again = !code && wants_outside(tr, &t->down, &o);
    if (code)
        return code;
    if (*again)
        return settle(tr, &h, &o, e);
    if (wants_pawl(tr, &t->down, &o)) {
        send_as_pawl(tr, k, t);
        t->down_by_pawl = true;
        code = hold_back(tr, &h, e);
        return code ? code : round_trip(tr, k, t, again, e);
    }
    if (o.failed) {
        s->down = DOWN_BREAKS;
        trial_verdict(tr, k, PAWL_PROOF_REVERSE, PAWL_VERDICT_FAIL);
        code = settle(tr, &h, &o, e);
        return code ? code
                    : tell(tr,
                           &(struct tale){.id = PAWL_FINDING_DOWN_FAILS,
                                          .proof = PAWL_PROOF_DOWN,
                                          .k = k,
                                          .unit = &t->down,
                                          .failed = &o,
                                          .said = "the down text fails"},
                           e);
    }
    if (t->down_by_pawl)
        code = tell_pawl(tr, k, &t->down, e);
    if (!code)
        code = judge_down(tr, k, t, &o, &did, e);
    if (!code)
        code = redown(tr, k, t, e);
    if (!code && s->down == DOWN_GOOD)
        code = reup(tr, k, t, &did, &well, &o, e);
    if (code)
        return code;
    bool go_on = !o.wrote;
    if (o.wrote && well && s->down == DOWN_GOOD)
        code = keep_look(tr, &tr->tmp, &keep, o.wrote_data, &go_on, e);
    if (code)
        return code;
    return go_on ? hold_drop(tr, &h, e) : hold_back(tr, &h, e);
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
            send_as_pawl(tr, k, t);
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
    int code = open_texts(tr, k, &t, e);
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
