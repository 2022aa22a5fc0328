/*
 * hint: what to do about an engine's refusal, chosen by its words and by what the statement is.
 */
#ifndef PAWL_PROOF_HINT_H
#define PAWL_PROOF_HINT_H

#include "base/err.h"
#include "sql/lexer.h"

/* `statement` is the one that was refused; n = 0 if it is not known. NULL = nothing better than what the engine said. */
const char *hint_find(enum pawl_finding_id id, const struct pawl_error *refusal, const struct dialect *dialect,
                      struct slice statement);

#endif
