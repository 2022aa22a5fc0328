/*
 * guarded: is each version safe under pawl's own runner, which asks the schema before it runs anything?
 *
 * A second scratch database goes the straight path. Behind each version the ledger is taken away (or, far inside a large set,
 * only that version's row, if its schema is not that of this version alone), and the replay of engine/replay is really run: nothing may
 * change, in schema or rows, and the ledger must come back. A version whose texts run outside any transaction is interrupted behind each of its statements,
 * without any trace of it in the ledger, and the replay must lead to the same schema and the same rows.
 */
#ifndef PAWL_PROOF_GUARDED_H
#define PAWL_PROOF_GUARDED_H

#include "proof/trial.h"

/* Settles step.guarded of all versions that apply; what does not hold is a finding. */
int guarded_prove(struct trial *tr, struct pawl_error *e);

#endif
