/*
 * record: the ledger of the scratch database, written as the engine writes it, so that a text which looks at it sees what it
 * would see, and so that the empty ledger at the end of the reverse walk is shown and not assumed.
 */
#ifndef PAWL_PROOF_RECORD_H
#define PAWL_PROOF_RECORD_H

#include "proof/trial.h"

/* Makes the table if it is not there. */
int record_create(struct trial *tr, struct pawl_error *e);
int record_add(struct trial *tr, const struct migration *m, struct pawl_error *e);
int record_remove(struct trial *tr, const struct migration *m, struct pawl_error *e);
int record_count(struct trial *tr, int64_t *out, struct pawl_error *e);

/* The ways in which a ledger can be wrong when texts are run again. */
int record_drop(struct trial *tr, struct pawl_error *e);
/* Other versions than those of the set: all rows are replaced by one of a version that no file has. */
int record_spoil(struct trial *tr, struct pawl_error *e);

#endif
