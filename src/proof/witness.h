/*
 * witness: how a step can be told to have been done, by something that it made (or removed) and that stays so.
 *
 * It is there in S(k) and in every later state of the set, and not in S(k - 1); so a guard that asks for it does nothing
 * on any later run, and all on the first.
 */
#ifndef PAWL_PROOF_WITNESS_H
#define PAWL_PROOF_WITNESS_H

#include "proof/proof.h"
#include "sql/dialect.h"

/* The condition in the engine's words, in `a`; n = 0 if the step (an index) left none that can be asked for. */
int witness_find(struct arena *a, const struct dialect *d, const struct proof_trace *trace, size_t k, struct slice *out,
                 struct pawl_error *e);

#endif
