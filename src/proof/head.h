/*
 * head: every up text again at the newest version.
 */
#ifndef PAWL_PROOF_HEAD_H
#define PAWL_PROOF_HEAD_H

#include "proof/trial.h"

/*
 * The database is S(n), and it is S(n) afterwards. First each up text alone: no error, nothing changes. Then all in a row,
 * with the ledger as it is, gone, and with other rows in it.
 *
 * A text that alone at S(n) wrote nothing, or was refused and undone, leaves S(n); so a row begins to differ from the single
 * runs only at the first text that wrote something, and is run from there. If there is none, the row is proved by the single
 * runs. The same holds for the ledger: a text that does not name it cannot tell how it is, so only a set in which some
 * text does is run with the ledger gone and wrong.
 */
int head_prove(struct trial *tr, struct pawl_error *e);

#endif
