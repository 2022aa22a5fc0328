#include "proof/texts.h"

int texts_open(struct trial *tr, size_t k, struct texts *t, struct pawl_error *e)
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

int texts_settle(struct trial *tr, struct hold *h, const struct outcome *o, struct pawl_error *e)
{
    bool lost = (h->kind == HOLD_TRANSACTION || h->kind == HOLD_SAVEPOINT) && !tr->db->driver->in_transaction(tr->db);
    return o->wrote || lost ? hold_back(tr, h, e) : hold_drop(tr, h, e);
}

bool texts_want_outside(const struct trial *tr, const struct unit *u, const struct outcome *o)
{
    const struct db_driver *driver = tr->db->driver;
    return o->failed && !unit_outside(u) && driver->refusal(o->error.sqlstate) == DB_REFUSAL_INSIDE;
}

bool texts_want_pawl(const struct trial *tr, const struct unit *u, const struct outcome *o)
{
    return o->failed && u->script.lacks && !u->only_pawl && !tr->pawl;
}

void texts_send_as_pawl(struct trial *tr, size_t k, struct texts *t)
{
    struct step *s = &tr->steps[k];
    s->only_pawl = t->up.only_pawl = t->down.only_pawl = true;
    s->keys_off |= t->up.script.rebuilds || (t->has_down && t->down.script.rebuilds);
    tr->keys_off = s->keys_off;
}

int texts_tell_pawl(struct trial *tr, size_t k, const struct unit *u, struct pawl_error *e)
{
    return tell_plain(tr, k, PAWL_FINDING_ONLY_PAWL, "apply it with pawl, or write it in the engine's own words", e,
                      "the %s text runs only under pawl: %s has no words for a statement in it",
                      u->reverting ? "down" : "up", tr->db->driver->name);
}

/* Tells what judge_unchanged found, or that all is well. */
static int tell_judged(struct trial *tr, struct texts_again *again, const struct judged *j, struct pawl_error *e)
{
    int code = PAWL_OK;
    struct tale *t = &again->tale;
    trial_verdict(tr, t->k, t->proof, PAWL_VERDICT_PASS);
    if (j->grade != DIFFERENCE_NONE) {
        t->id = j->grade == DIFFERENCE_REAL ? again->schema : judge_note(j->grade);
        t->delta = &j->delta;
        t->said = again->schema_said;
        code = tell(tr, t, e);
    }
    t->delta = NULL;
    if (!code && j->n_rows) {
        enum pawl_verdict before = (enum pawl_verdict)tr->steps[t->k].verdicts[t->proof];
        t->id = again->data;
        t->rows = j->rows;
        t->n_rows = j->n_rows;
        t->said = again->data_said;
        code = tell(tr, t, e);
        if (!code && before == PAWL_VERDICT_FAIL)
            trial_verdict(tr, t->k, t->proof, before);
    }
    return code;
}

int texts_again(struct trial *tr, const struct texts *t, size_t at, struct texts_again *again, struct outcome *o,
                struct pawl_error *e)
{
    struct hold h;
    struct judged j;
    struct tale *tale = &again->tale;
    int code = hold_open(tr, &tr->tmp, &h, t->outside, at, e);
    if (!code)
        code = unit_run(tr, tale->unit, o, e);
    if (code)
        return code;
    if (o->failed) {
        tale->id = again->fails;
        tale->failed = o;
        tale->said = again->fails_said;
        code = texts_settle(tr, &h, o, e);
        return code ? code : tell(tr, tale, e);
    }
    code = judge_unchanged(tr, &h, o, &j, e);
    return code ? code : tell_judged(tr, again, &j, e);
}
