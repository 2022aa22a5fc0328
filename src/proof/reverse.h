/*
 * reverse: the downs in strict reverse order.
 */
#ifndef PAWL_PROOF_REVERSE_H
#define PAWL_PROOF_REVERSE_H

#include "proof/trial.h"

/*
 * The database is at S(to): runs the downs of the steps to - 1 .. from (indices), and compares each state with the one from
 * before. A walk from S(n) to the baseline is cut where a down is missing or fails, since no state below could be reached
 * through it; each piece begins at the exact state that the forward walk has there. What a partial down leaves stays, and is
 * followed: it may vanish with its neighbours' downs.
 *
 * `return_after`: the database is S(to) again afterwards; else it is left where the walk ends.
 */
int reverse_walk(struct trial *tr, size_t from, size_t to, bool return_after, struct pawl_error *e);

#endif
