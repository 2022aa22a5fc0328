#include "proof/round_trip.h"

#include "proof/keep.h"
#include "proof/record.h"
#include "proof/rows.h"

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

/* Are rows others now than they were `before`? Those of temporary tables, which are counted, are not read. */
static int compare_rows(struct trial *tr, size_t k, struct contents *before, struct pawl_error *e)
{
    struct contents after;
    struct row_change *changes;
    size_t n = 0;
    int code = rows_read_all(tr, &tr->tmp, &after, e);
    if (!code)
        code = rows_compare(&tr->tmp, before, &after, &changes, &n, e);
    tr->steps[k].wrote_data = n > 0;
    return code;
}

/*
 * Stamps differ for less than a row, be it a lock, and for rows of temporary tables. Before that is held against a text, the step is gone
 * back over, with nothing to lose since the down has changed nothing, and what its up text writes is counted, or read.
 */
static int count_rows(struct trial *tr, size_t k, const struct texts *t, struct pawl_error *e)
{
    const struct db_driver *driver = tr->db->driver;
    struct hold *h = tr->hold, *pre = h ? h->outer : NULL;
    struct delta again;
    struct outcome o = {0};
    struct contents rows;
    int64_t before = -1, after = -1;
    bool reads = unit_makes_temporary(driver, &t->up);
    if (!(driver->rows_written || reads) || !pre || h->kind != HOLD_SAVEPOINT || pre->kind != HOLD_TRANSACTION)
        return PAWL_OK;
    int code = hold_back(tr, h, e);
    if (!code)
        code = hold_back(tr, pre, e);
    if (!code)
        code = hold_open(tr, &tr->tmp, pre, false, k, e);
    if (!code)
        code = reads ? rows_read_all(tr, &tr->tmp, &rows, e) : driver->rows_written(tr->db, &before, e);
    if (!code)
        code = unit_run(tr, &t->up, &o, e);
    if (!code && !o.failed && !reads)
        code = driver->rows_written(tr->db, &after, e);
    if (!code && o.failed)
        code = err_set(e, PAWL_INTERNAL, "an up text that was applied cannot be applied again from the same state");
    if (!code)
        code = trial_refresh(tr, &tr->tmp, &again, e);
    tr->steps[k].wrote_data = before < 0 || before != after;
    if (!code && reads)
        code = compare_rows(tr, k, &rows, e);
    if (!code)
        code = record_add(tr, tr->steps[k].migration, e);
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
    struct outcome o;
    struct texts_again again = {
        .tale = {.proof = PAWL_PROOF_REDOWN, .k = k, .unit = &t->down},
        .fails = PAWL_FINDING_REDOWN_FAILS,
        .schema = PAWL_FINDING_REDOWN_CHANGES,
        .data = PAWL_FINDING_REDOWN_CHANGES,
        .fails_said = "the down text fails when it is run again at once",
        .schema_said = "running the down text again at once changes the schema",
        .data_said = "running the down text again at once changes data",
    };
    return texts_again(tr, t, k, &again, &o, e);
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

int round_trip(struct trial *tr, size_t k, struct texts *t, bool *again, struct pawl_error *e)
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
    *again = !code && texts_want_outside(tr, &t->down, &o);
    if (code)
        return code;
    if (*again)
        return texts_settle(tr, &h, &o, e);
    if (texts_want_pawl(tr, &t->down, &o)) {
        texts_send_as_pawl(tr, k, t);
        t->down_by_pawl = true;
        code = hold_back(tr, &h, e);
        return code ? code : round_trip(tr, k, t, again, e);
    }
    if (o.failed) {
        s->down = DOWN_BREAKS;
        trial_verdict(tr, k, PAWL_PROOF_REVERSE, PAWL_VERDICT_FAIL);
        code = texts_settle(tr, &h, &o, e);
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
        code = texts_tell_pawl(tr, k, &t->down, e);
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
