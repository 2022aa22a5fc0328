/* round_trip: down k, down k again, up k again. */
#ifndef PAWL_PROOF_ROUND_TRIP_H
#define PAWL_PROOF_ROUND_TRIP_H

#include "proof/texts.h"

/*
 * From S(k + 1) and back to it (k is an index), with all that a down has to show. *again: it runs only outside a transaction, and nothing
 * of it is left; what was told before is told.
 */
int round_trip(struct trial *tr, size_t k, struct texts *t, bool *again, struct pawl_error *e);

#endif
