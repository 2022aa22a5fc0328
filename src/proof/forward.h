/*
 * forward: one step of the forward walk: up k, up k again, down k, down k again, up k again.
 */
#ifndef PAWL_PROOF_FORWARD_H
#define PAWL_PROOF_FORWARD_H

#include "proof/trial.h"

/*
 * From S(k) to S(k + 1) (k is an index), with all proofs of that step but head and reverse. *stop: the up text cannot be
 * applied, so nothing that comes after it can be looked at; the database is at S(k) then.
 */
int forward_step(struct trial *tr, size_t k, bool *stop, struct pawl_error *e);

#endif
