#include "proof/head.h"

#include <stdio.h>

#include "proof/judge.h"
#include "proof/origin.h"
#include "proof/record.h"
#include "proof/tell.h"

#define SHARE_MOST 32 /* texts in a transaction */

/* ---- each alone -------------------------------------------------------------------------------------------------- */

static bool same_failure(const struct known_failure *f, const struct outcome *o)
{
    uint32_t line = o->error.line ? o->error.line : 1;
    return f->line == line && f->message == hash_fast(slice_of(o->error.message));
}

static void remember(struct known_failure *f, const struct outcome *o)
{
    f->line = o->error.line ? o->error.line : 1;
    f->message = hash_fast(slice_of(o->error.message));
}

static void worse(struct trial *tr, size_t k, enum pawl_verdict verdict)
{
    if (tr->steps[k].verdicts[PAWL_PROOF_HEAD] < (unsigned char)verdict)
        trial_verdict(tr, k, PAWL_PROOF_HEAD, verdict);
}

/* tell() sets the verdict of its proof; a step that has failed already stays so. */
static int tell_head(struct trial *tr, const struct tale *t, struct pawl_error *e)
{
    enum pawl_verdict before = (enum pawl_verdict)tr->steps[t->k].verdicts[PAWL_PROOF_HEAD];
    int code = tell(tr, t, e);
    worse(tr, t->k, before);
    return code;
}

/* The same statement refused in the same words as right after its own run: that finding stands for both. */
static int refused(struct trial *tr, size_t k, const struct unit *up, const struct outcome *o, struct pawl_error *e)
{
    struct step *s = &tr->steps[k];
    remember(&s->head, o);
    if (same_failure(&s->replay, o)) {
        s->broken |= 1u << PAWL_PROOF_HEAD;
        worse(tr, k, (enum pawl_verdict)s->verdicts[PAWL_PROOF_REPLAY]);
        return PAWL_OK;
    }
    return tell_head(tr,
                     &(struct tale){.id = PAWL_FINDING_HEAD_FAILS,
                                    .proof = PAWL_PROOF_HEAD,
                                    .k = k,
                                    .unit = up,
                                    .failed = o,
                                    .said = "the up text fails when it is run again at the newest version"},
                     e);
}

static int judged(struct trial *tr, size_t k, const struct unit *up, const struct judged *j, struct pawl_error *e)
{
    int code = PAWL_OK;
    struct tale t = {.proof = PAWL_PROOF_HEAD, .k = k, .kind = TALE_HEAD, .unit = up};
    worse(tr, k, PAWL_VERDICT_PASS);
    if (j->grade != DIFFERENCE_NONE) {
        t.id = j->grade == DIFFERENCE_REAL ? PAWL_FINDING_HEAD_CHANGES_SCHEMA : judge_note(j->grade);
        t.delta = &j->delta;
        t.said = "running the up text again at the newest version changes the schema";
        t.hint = "guard the file so that it does nothing once a later version has moved on";
        code = tell_head(tr, &t, e);
    }
    t.delta = NULL;
    if (!code && j->n_rows) {
        t.id = PAWL_FINDING_HEAD_CHANGES_DATA;
        t.rows = j->rows;
        t.n_rows = j->n_rows;
        t.said = "running the up text again at the newest version changes data";
        t.hint = NULL;
        code = tell_head(tr, &t, e);
    }
    return code;
}

/* Behind a text that has written nothing the next one begins where it did: they share a transaction, so that none is ended for each. */
struct shared {
    struct hold hold;
    bool open;
    size_t n; /* texts that were run in it: locks stay to its end */
};

static int share_end(struct trial *tr, struct shared *x, struct pawl_error *e)
{
    bool open = x->open;
    x->open = false;
    return open ? hold_drop(tr, &x->hold, e) : PAWL_OK;
}

static int share(struct trial *tr, size_t k, struct shared *x, struct pawl_error *e)
{
    const struct step *s = &tr->steps[k];
    bool fits = x->n < SHARE_MOST && !s->up_outside && !tr->session_set && s->keys_off == tr->keys_off;
    int code = fits ? PAWL_OK : share_end(tr, x, e);
    if (code || x->open) {
        x->n++;
        return code;
    }
    if (!tr->hold)
        tr->keys_off = s->keys_off;
    x->n = 1;
    code = hold_open(tr, &tr->tmp, &x->hold, s->up_outside, tr->applied, e);
    x->open = !code;
    return code;
}

static bool can_go_on(const struct trial *tr, const struct shared *x, const struct outcome *o)
{
    return !o->wrote && x->hold.kind == HOLD_TRANSACTION && tr->db->driver->in_transaction(tr->db);
}

static int alone(struct trial *tr, size_t k, struct shared *x, struct pawl_error *e)
{
    UNIT(up);
    struct outcome o;
    struct judged j = {0};
    struct hold *h = &x->hold;
    int code = unit_open(tr, tr->steps[k].migration, false, false, &up, e);
    if (!code)
        code = share(tr, k, x, e);
    if (!code)
        code = unit_run(tr, &up, &o, e);
    if (code)
        return code;
    if (o.failed) {
        bool inside = h->kind == HOLD_TRANSACTION;
        x->open = false;
        code =
            o.wrote || (inside && !tr->db->driver->in_transaction(tr->db)) ? hold_back(tr, h, e) : hold_drop(tr, h, e);
        return code ? code : refused(tr, k, &up, &o, e);
    }
    tr->steps[k].head_wrote = o.wrote;
    if (!can_go_on(tr, x, &o)) {
        x->open = false;
        code = judge_unchanged(tr, h, &o, &j, e);
    }
    return code ? code : judged(tr, k, &up, &j, e);
}

/* ---- all in a row ------------------------------------------------------------------------------------------------ */

enum ledger_state { LEDGER_INTACT, LEDGER_MISSING, LEDGER_WRONG };

static const char *const with_ledger[] = {
    [LEDGER_INTACT] = "with the ledger intact",
    [LEDGER_MISSING] = "with the ledger gone",
    [LEDGER_WRONG] = "with a wrong ledger",
};

struct row {
    enum ledger_state ledger;
    struct delta *did; /* by step: what its text changed in this row */
    size_t writer;     /* 1 + the last step that changed rows; 0 = none did */
    bool refused;      /* some text was; what is different at the end may only follow from that */
};

static int row_refused(struct trial *tr, size_t k, const struct unit *up, const struct outcome *o, struct row *r,
                       struct pawl_error *e)
{
    char said[128];
    r->refused = true;
    if (same_failure(&tr->steps[k].head, o) || same_failure(&tr->steps[k].replay, o)) {
        tr->steps[k].broken |= 1u << PAWL_PROOF_HEAD;
        return PAWL_OK;
    }
    snprintf(said, sizeof said, "the up text fails when all are run again in a row %s", with_ledger[r->ledger]);
    return tell_head(
        tr,
        &(struct tale){
            .id = PAWL_FINDING_HEAD_ROW_FAILS, .proof = PAWL_PROOF_HEAD, .k = k, .unit = up, .failed = o, .said = said},
        e);
}

static int row_step(struct trial *tr, size_t k, struct arena *a, struct row *r, struct pawl_error *e)
{
    UNIT(up);
    struct hold h;
    struct outcome o;
    int code = unit_open(tr, tr->steps[k].migration, false, false, &up, e);
    if (!tr->hold)
        tr->keys_off = tr->steps[k].keys_off;
    if (!code)
        code = hold_open(tr, a, &h, tr->steps[k].up_outside, tr->applied, e);
    if (!code)
        code = unit_run(tr, &up, &o, e);
    if (code)
        return code;
    if (o.failed) {
        code = o.wrote ? hold_back(tr, &h, e) : hold_drop(tr, &h, e);
        return code ? code : row_refused(tr, k, &up, &o, r, e);
    }
    if (o.wrote_data || (o.wrote && tr->rows))
        r->writer = k + 1;
    if (o.wrote)
        code = trial_refresh(tr, a, &r->did[k], e);
    return code ? code : hold_drop(tr, &h, e);
}

/* The last step whose text touched the key in this row. */
static size_t last_writer(const struct trial *tr, const struct row *r, struct slice key)
{
    for (size_t k = tr->applied; k-- > 0;)
        if (delta_find(&r->did[k], key))
            return k;
    return SIZE_MAX;
}

/* One finding for each step that is behind a part of the difference, unless it was told for that step alone. */
static int row_differs(struct trial *tr, struct arena *a, const struct row *r, const struct delta *all,
                       struct pawl_error *e)
{
    char said[128];
    snprintf(said, sizeof said, "running all up texts again in a row %s changes the schema", with_ledger[r->ledger]);
    for (size_t k = 0; k < tr->applied; k++) {
        struct delta part = {.items = arena_array(a, all->n, sizeof *all->items)};
        if (!part.items)
            return err_nomem(e);
        if (!r->did[k].n || tr->steps[k].verdicts[PAWL_PROOF_HEAD] == PAWL_VERDICT_FAIL)
            continue;
        for (size_t i = 0; i < all->n; i++)
            if (last_writer(tr, r, all->items[i].key) == k)
                part.items[part.n++] = all->items[i];
        if (!part.n)
            continue;
        enum difference grade = delta_grade(&part);
        UNIT(up);
        int code = unit_open(tr, tr->steps[k].migration, false, false, &up, e);
        if (!code)
            code = tell_head(
                tr,
                &(struct tale){.id = grade == DIFFERENCE_REAL ? PAWL_FINDING_HEAD_ROW_CHANGES : judge_note(grade),
                               .proof = PAWL_PROOF_HEAD,
                               .k = k,
                               .kind = TALE_HEAD,
                               .unit = &up,
                               .delta = &part,
                               .said = said},
                e);
        if (code)
            return code;
    }
    return PAWL_OK;
}

static int row_run(struct trial *tr, size_t first, struct arena *a, struct row *r, struct hold *h, struct pawl_error *e)
{
    struct delta ignored, all;
    int code = r->ledger == LEDGER_INTACT    ? PAWL_OK
               : r->ledger == LEDGER_MISSING ? record_drop(tr, e)
                                             : record_spoil(tr, e);
    if (!code)
        code = trial_refresh(tr, a, &ignored, e);
    for (size_t k = first; !code && k < tr->applied; k++) {
        trial_progress(tr, "head, in a row", k + 1, tr->applied);
        code = row_step(tr, k, a, r, e);
    }
    if (!code)
        code = hold_changes(a, h, &all, e);
    if (!code && all.n && !r->refused)
        code = row_differs(tr, a, r, &all, e);
    return code;
}

/* Goes back, and tells if rows were others at the end of the row. */
static int row_back(struct trial *tr, struct arena *a, const struct row *r, struct hold *h, struct pawl_error *e)
{
    struct contents before, after;
    struct row_change *rows;
    size_t n, k = r->writer - 1;
    char said[128];
    if (!r->writer || r->refused || tr->steps[k].verdicts[PAWL_PROOF_HEAD] == PAWL_VERDICT_FAIL)
        return hold_back(tr, h, e);
    int code = rows_read_all(tr, a, &after, e);
    if (!code)
        code = hold_back(tr, h, e);
    if (!code)
        code = rows_read_all(tr, a, &before, e);
    if (!code)
        code = rows_compare(a, &before, &after, &rows, &n, e);
    if (code || !n)
        return code;
    UNIT(up);
    snprintf(said, sizeof said, "running all up texts again in a row %s changes data", with_ledger[r->ledger]);
    code = unit_open(tr, tr->steps[k].migration, false, false, &up, e);
    return code ? code
                : tell_head(tr,
                            &(struct tale){.id = PAWL_FINDING_HEAD_ROW_CHANGES,
                                           .proof = PAWL_PROOF_HEAD,
                                           .k = k,
                                           .unit = &up,
                                           .rows = rows,
                                           .n_rows = n,
                                           .said = said},
                            e);
}

static int row(struct trial *tr, size_t first, enum ledger_state ledger, struct pawl_error *e)
{
    struct arena a = {NULL};
    struct row r = {.ledger = ledger};
    struct hold h;
    bool outside = false;
    tr->keys_off = false;
    for (size_t k = first; k < tr->applied; k++) {
        outside |= tr->steps[k].up_outside;
        tr->keys_off |= tr->steps[k].keys_off;
    }
    r.did = arena_array(&a, tr->applied, sizeof *r.did);
    int code = r.did ? hold_open(tr, &a, &h, outside, tr->applied, e) : err_nomem(e);
    if (!code)
        code = row_run(tr, first, &a, &r, &h, e);
    if (!code)
        code = row_back(tr, &a, &r, &h, e);
    if (code)
        hold_abandon(tr);
    arena_clear(&a);
    return code;
}

/* ---- both -------------------------------------------------------------------------------------------------------- */

int head_prove(struct trial *tr, struct pawl_error *e)
{
    size_t first = SIZE_MAX;
    bool mentions = false;
    struct shared shared = {.open = false};
    int code = PAWL_OK;
    for (size_t k = 0; !code && k < tr->applied; k++) {
        trial_progress(tr, "head", k + 1, tr->applied);
        code = alone(tr, k, &shared, e);
        if (first == SIZE_MAX && tr->steps[k].head_wrote)
            first = k;
        mentions |= tr->steps[k].mentions_ledger;
        arena_reset(&tr->tmp);
    }
    if (!code)
        code = share_end(tr, &shared, e);
    if (!code && first != SIZE_MAX)
        code = row(tr, first, LEDGER_INTACT, e);
    if (!code && mentions)
        code = row(tr, 0, LEDGER_MISSING, e);
    if (!code && mentions)
        code = row(tr, 0, LEDGER_WRONG, e);
    return code;
}
