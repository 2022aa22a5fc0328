/*
 * repro: the smallest script that shows a failure, for somebody to run by hand.
 *
 * The texts that lead to it, in order, then the one that fails, with comments that say what is seen and what is expected.
 * Earlier migrations that it does not need are left out; that the failure is still there without them is tried on a scratch
 * database of its own, so what is written is known to show it.
 */
#ifndef PAWL_PROOF_REPRO_H
#define PAWL_PROOF_REPRO_H

#include "proof/tell.h"

/* Writes DIR/VERSION-CODE-ENGINE.sql (over an older one). */
int repro_write(struct trial *tr, const struct tale *t, const char *message, struct pawl_error *e);

#endif
