/*
 * apply: carries out a plan that goes forward.
 *
 * In a transaction (the rule): session (if what ran before may have left something in it); BEGIN; the ledger row, which fails if somebody else was faster; the statements;
 * constraints looked at; the row finished; COMMIT. What is interrupted anywhere leaves nothing.
 *
 * Without one (`-- no-transaction`): see engine/outside.
 */
#ifndef PAWL_ENGINE_APPLY_H
#define PAWL_ENGINE_APPLY_H

#include "engine/run.h"

struct applied {
    size_t done;    /* so many steps are committed, whatever happened then */
    bool lost;      /* the connection broke: the ledger alone knows which further ones are */
    int64_t unsure; /* then: the first of those, or with one transaction for all of them the last */
    bool overtaken; /* it failed because another process had recorded the migration meanwhile: look again */
};

/*
 * Applies all steps; `single`: in one transaction for all of them. On failure the error has the place and no transaction
 * is open.
 */
int apply_plan(struct run *r, const struct plan *plan, const struct script *scripts, bool single, struct applied *out,
               struct pawl_error *e);

#endif
