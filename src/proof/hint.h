/*
 * hint: what to do about an engine's refusal, chosen by its words.
 */
#ifndef PAWL_PROOF_HINT_H
#define PAWL_PROOF_HINT_H

#include "base/err.h"

/* NULL = nothing better than what the engine said. */
const char *hint_find(enum pawl_finding_id id, const struct pawl_error *refusal);

#endif
