/*
 * passed: does IF NOT EXISTS pass over something that the set itself made, and made otherwise than this file declares?
 *
 * Such a statement does nothing on any database that has the files in front of it, and the schema is not what it says. So what it
 * names is dropped at S(k - 1), inside of a savepoint, the statement runs, and what it makes is compared with what was there.
 * Not looked at: texts outside of transactions, and objects that cannot be dropped there.
 */
#ifndef PAWL_PROOF_PASSED_H
#define PAWL_PROOF_PASSED_H

#include "proof/run.h"

/* At S(k), before the up text of step k is applied; no transaction may be open. One question, if there are such statements at all. */
int passed_look(struct trial *tr, size_t k, const struct unit *up, struct pawl_error *e);

#endif
