/*
 * cascade: does a hand-written rebuild delete rows of other tables under a runner that enforces foreign keys?
 *
 * SQLite deletes the rows of a table before it drops it, and with them, or out of them, what ON DELETE CASCADE and SET NULL say, in
 * silence; PRAGMA foreign_keys inside a transaction does nothing about it. pawl has foreign keys off around each migration; sqlx
 * has them on. A text that drops a table which others refer to is run twice on copies of S(k - 1), with a row in each table, and what
 * is left in the other tables is compared.
 */
#ifndef PAWL_PROOF_CASCADE_H
#define PAWL_PROOF_CASCADE_H

#include "proof/run.h"

/* At S(k), before the up text of step k is applied; no transaction may be open. Costs nothing for other texts. */
int cascade_look(struct trial *tr, size_t k, const struct unit *up, struct pawl_error *e);

#endif
