#include "proof/reverse.h"

#include "proof/hold.h"
#include "proof/origin.h"
#include "proof/record.h"
#include "proof/run.h"
#include "proof/tell.h"

/* One piece of the reverse walk. */
struct chain {
    size_t from, to;
    struct arena notes;    /* what the downs did: as long as the piece */
    struct arena pages[2]; /* the arrays of `left`, by turns */
    int page;
    struct delta left; /* from S(k) to what is there when step k is next to be reverted */
    size_t before;     /* facts that were left when the last down began */
    bool lost;         /* nothing below can be looked at */
};

/* ---- what is left ------------------------------------------------------------------------------------------------ */

static bool share_a_key(const struct delta *x, const struct delta *y)
{
    for (size_t i = 0; i < x->n; i++)
        if (delta_find(y, x->items[i].key))
            return true;
    return false;
}

/* A key of `left` that is not there any more in `next`: the partial downs that left it come closer to being whole. */
static void vanished(struct trial *tr, const struct chain *c, size_t k, struct slice key, const struct delta *next)
{
    for (size_t p = k; p < c->to; p++) {
        struct partial *partial = tr->steps[p].partial;
        if (!partial || partial->together || partial->spoiled || !delta_find(&partial->left, key))
            continue;
        /* A down that restores its own schema and takes the rest along (it drops the whole table) is no neighbour. */
        if (p != k && tr->steps[k].down != DOWN_PARTIAL)
            partial->spoiled = true;
        else if (!share_a_key(&partial->left, next))
            partial->together = k + 1;
    }
}

/*
 * Compares what was left before and after the down of step k. *fresh: what this down left in addition (in c->notes). A key
 * that was there before does not count, also if its text is another one now: it is somebody else's doing.
 */
static int compare(struct trial *tr, struct chain *c, size_t k, const struct delta *next, struct delta *fresh,
                   struct pawl_error *e)
{
    const struct delta *left = &c->left;
    size_t room = 0;
    *fresh = (struct delta){0};
    for (size_t i = 0, j = 0; i < left->n || j < next->n;) {
        int order = i == left->n ? 1 : j == next->n ? -1 : slice_cmp(left->items[i].key, next->items[j].key);
        if (order < 0)
            vanished(tr, c, k, left->items[i++].key, next);
        else if (order == 0)
            i++, j++;
        else if (arena_grow(&c->notes, (void **)&fresh->items, &room, fresh->n, sizeof *fresh->items))
            fresh->items[fresh->n++] = next->items[j++];
        else
            return err_nomem(e);
    }
    /* What a partial down would leave alone and does not leave here has vanished at once. */
    struct partial *own = tr->steps[k].partial;
    for (size_t i = 0; own && i < own->left.n; i++)
        if (!delta_find(next, own->left.items[i].key) && !delta_find(left, own->left.items[i].key))
            vanished(tr, c, k, own->left.items[i].key, next);
    return PAWL_OK;
}

/* left := step's change, left, what the down did; in the other page. */
static int follow(struct trial *tr, struct chain *c, size_t k, const struct delta *did, struct delta *fresh,
                  struct pawl_error *e)
{
    ARENA(tmp);
    struct arena *page = &c->pages[!c->page];
    struct delta sum, next;
    arena_reset(page);
    int code = delta_join(&tmp, &tr->steps[k].change, &c->left, &sum, e);
    if (!code)
        code = delta_join(page, &sum, did, &next, e);
    if (!code)
        code = compare(tr, c, k, &next, fresh, e);
    if (code)
        return code;
    c->before = c->left.n;
    c->left = next;
    c->page = !c->page;
    return PAWL_OK;
}

/* ---- one down ---------------------------------------------------------------------------------------------------- */

static int judge(struct trial *tr, const struct chain *c, size_t k, const struct unit *down, const struct delta *fresh,
                 struct pawl_error *e)
{
    struct step *s = &tr->steps[k];
    enum difference grade = delta_grade(fresh);
    bool alone = c->before == 0; /* nothing was left behind when it began */
    trial_verdict(tr, k, PAWL_PROOF_REVERSE, PAWL_VERDICT_PASS);
    if (s->down == DOWN_PARTIAL || grade == DIFFERENCE_NONE) /* a partial one is judged when the piece is done */
        return PAWL_OK;
    if (grade != DIFFERENCE_REAL) { /* the down proof has told it */
        trial_verdict(tr, k, PAWL_PROOF_REVERSE, PAWL_VERDICT_NOTE);
        return PAWL_OK;
    }
    return tell(
        tr,
        &(struct tale){.id = PAWL_FINDING_REVERSE_DIFFERS,
                       .proof = PAWL_PROOF_REVERSE,
                       .k = k,
                       .kind = TALE_LEFT,
                       .unit = down,
                       .delta = fresh,
                       .said = "in strict reverse order the down text does not restore the schema",
                       .hint = alone ? "alone, at its own version, it does: look for what it takes for granted"
                                     : "it may stumble over what later down texts left behind: correct those first"},
        e);
}

/* What cannot be looked at any more, and why. */
static int give_up(struct trial *tr, struct chain *c, size_t k, struct pawl_error *e)
{
    int code = PAWL_OK;
    c->lost = true;
    while (!code && k-- > c->from)
        code = tell_plain(tr, k, PAWL_FINDING_NOT_PROVED, "correct the failing down texts above it first", e,
                          "the reverse walk did not come down to this version");
    return code;
}

/* The down fails here though alone, at S(k + 1), it did not. The walk goes on below it from the exact S(k), built anew. */
static int failed(struct trial *tr, struct chain *c, size_t k, const struct unit *down, const struct outcome *o,
                  struct pawl_error *e)
{
    ARENA(tmp);
    struct delta here, jump;
    struct tale tale = {.id = PAWL_FINDING_REVERSE_FAILS,
                        .proof = PAWL_PROOF_REVERSE,
                        .k = k,
                        .kind = TALE_LEFT,
                        .unit = down,
                        .failed = o,
                        .delta = c->left.n ? &c->left : NULL,
                        .said = "in strict reverse order the down text fails"};
    if (c->left.n)
        tale.hint = "it stumbles over what later down texts left behind (listed below)";
    int code = tell(tr, &tale, e);
    if (!code)
        code = delta_join(&tmp, &tr->steps[k].change, &c->left, &here, e);
    if (!code)
        code = delta_invert(&c->notes, &here, &jump, e);
    if (code)
        return code;
    code = k ? trial_rebuild(tr, k, e) : PAWL_CHECK;
    if (code == PAWL_CHECK)
        return give_up(tr, c, k, e);
    c->left = (struct delta){0};
    return code ? code : hold_note(tr, &jump, e);
}

static int unrecord(struct trial *tr, size_t k, const struct unit *down, struct pawl_error *e)
{
    struct outcome o = {.failed = true};
    int code = record_remove(tr, tr->steps[k].migration, &o.error);
    if (code && run_is_refusal(code))
        return tell(tr,
                    &(struct tale){.id = PAWL_FINDING_REVERSE_FAILS,
                                   .proof = PAWL_PROOF_REVERSE,
                                   .k = k,
                                   .unit = down,
                                   .failed = &o,
                                   .said = "the ledger row of a reverted migration cannot be removed"},
                    e);
    if (code && e)
        *e = o.error;
    return code;
}

static int revert(struct trial *tr, struct chain *c, size_t k, struct pawl_error *e)
{
    UNIT(down);
    struct hold h;
    struct outcome o;
    struct delta did, fresh;
    int code = unit_open(tr, tr->steps[k].migration, true, false, &down, e);
    if (!tr->hold)
        tr->keys_off = tr->steps[k].keys_off;
    if (!code)
        code = hold_open(tr, &c->notes, &h, tr->steps[k].down_outside, k + 1, e);
    if (!code)
        code = unit_run(tr, &down, &o, e);
    if (code)
        return code;
    if (o.failed) {
        code = o.wrote ? hold_back(tr, &h, e) : hold_drop(tr, &h, e);
        return code ? code : failed(tr, c, k, &down, &o, e);
    }
    code = trial_refresh(tr, &c->notes, &did, e);
    if (!code)
        code = follow(tr, c, k, &did, &fresh, e);
    if (!code)
        code = judge(tr, c, k, &down, &fresh, e);
    if (!code)
        code = unrecord(tr, k, &down, e);
    return code ? code : hold_drop(tr, &h, e);
}

/* ---- at the end of a piece --------------------------------------------------------------------------------------- */

/* The last partial step that left some of the same: the range of files over which one step is spread ends there. */
static size_t last_neighbour(const struct trial *tr, const struct chain *c, size_t k)
{
    for (size_t p = c->to; p-- > k + 1;)
        if (tr->steps[p].partial && share_a_key(&tr->steps[k].partial->left, &tr->steps[p].partial->left))
            return p;
    return k;
}

static int tell_together(struct trial *tr, const struct chain *c, size_t k, struct pawl_error *e)
{
    size_t low = tr->steps[k].partial->together - 1, high = last_neighbour(tr, c, k);
    trial_verdict(tr, k, PAWL_PROOF_DOWN, PAWL_VERDICT_NOTE);
    trial_verdict(tr, k, PAWL_PROOF_REVERSE, PAWL_VERDICT_NOTE);
    tr->steps[k].broken |= 1u << PAWL_PROOF_DOWN | 1u << PAWL_PROOF_REVERSE;
    return tell_plain(tr, k, PAWL_FINDING_DOWN_TOGETHER,
                      "revert these versions together, or let each down undo its own up", e,
                      "the schema is restored only by the down texts of " SLICE_FMT " to " SLICE_FMT " together",
                      SLICE_ARG(step_name(tr, low)), SLICE_ARG(step_name(tr, high)));
}

static int tell_partial(struct trial *tr, const struct chain *c, size_t k, struct pawl_error *e)
{
    UNIT(down);
    const struct partial *p = tr->steps[k].partial;
    if (p->together && !p->spoiled)
        return tell_together(tr, c, k, e);
    struct tale t = {.id = PAWL_FINDING_DOWN_INCOMPLETE,
                     .proof = PAWL_PROOF_DOWN,
                     .k = k,
                     .kind = TALE_LEFT,
                     .unit = &down,
                     .delta = &p->left,
                     .said = "the down text does not restore the schema from before the up text",
                     .hint = "undo in the down text what the lines with + and - show; reup is not tried before that"};
    if (p->vacuous) {
        t.id = PAWL_FINDING_DOWN_VACUOUS;
        t.said = "the down text changes nothing although the up text did";
        t.hint = "write a down text that undoes the up text; reup is not tried before that";
    }
    int code = unit_open(tr, tr->steps[k].migration, true, false, &down, e);
    if (!code)
        code = tell(tr, &t, e);
    trial_verdict(tr, k, PAWL_PROOF_REVERSE, (enum pawl_verdict)tr->steps[k].verdicts[PAWL_PROOF_DOWN]);
    tr->steps[k].broken |= 1u << PAWL_PROOF_REVERSE;
    return code;
}

/* All the way down: the ledger must be empty, and there. */
static int check_ledger(struct trial *tr, struct pawl_error *e)
{
    int64_t rows = 0;
    struct pawl_error refusal;
    int code = record_count(tr, &rows, &refusal);
    if (code && !run_is_refusal(code)) {
        if (e)
            *e = refusal;
        return code;
    }
    if (!code && rows == 0)
        return PAWL_OK;
    trial_verdict(tr, 0, PAWL_PROOF_REVERSE, PAWL_VERDICT_FAIL);
    if (code)
        return tell_plain(tr, 0, PAWL_FINDING_REVERSE_DIFFERS, "leave the ledger table to the runner", e,
                          "after all down texts the ledger cannot be read: %s", refusal.message);
    return tell_plain(tr, 0, PAWL_FINDING_REVERSE_DIFFERS, "leave the ledger table to the runner", e,
                      "after all down texts the ledger still has %lld rows", (long long)rows);
}

static int whole_piece(struct trial *tr, struct chain *c, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t k = c->to; !code && !c->lost && k-- > c->from;) {
        trial_progress(tr, "reverse", tr->applied - k, tr->applied);
        code = revert(tr, c, k, e);
    }
    for (size_t k = c->to; !code && k-- > c->from;)
        if (tr->steps[k].partial)
            code = tell_partial(tr, c, k, e);
    return code || c->lost || c->from ? code : check_ledger(tr, e);
}

int reverse_walk(struct trial *tr, size_t from, size_t to, bool return_after, struct pawl_error *e)
{
    struct chain c = {.from = from, .to = to};
    struct hold h;
    bool outside = false;
    int code = PAWL_OK;
    tr->keys_off = false;
    for (size_t k = from; k < to; k++) {
        outside |= tr->steps[k].down_outside;
        tr->keys_off |= tr->steps[k].keys_off;
    }
    if (return_after)
        code = hold_open(tr, &c.notes, &h, outside, to, e);
    if (!code)
        code = whole_piece(tr, &c, e);
    if (!code && return_after)
        code = hold_back(tr, &h, e);
    if (code) /* its notes go now */
        hold_abandon(tr);
    arena_clear(&c.notes);
    arena_clear(&c.pages[0]);
    arena_clear(&c.pages[1]);
    return code;
}
