/*
 * unanswered: what became of a transaction whose connection broke before COMMIT was answered.
 *
 * Only the ledger knows, so it is read on a new connection: behind the lock, since the server may still be at what the lost
 * connection had sent.
 */
#ifndef PAWL_ENGINE_UNANSWERED_H
#define PAWL_ENGINE_UNANSWERED_H

#include "engine/run.h"

/*
 * Connects anew, takes the lock, and looks as run_look does. False: it cannot be told, and the hint of `why` now says so of `what`,
 * and that `pawl <command>` will. The run ends behind it in any case.
 */
bool unanswered_look(struct run *r, const char *what, const char *command, struct pawl_error *why);
/* The run looked: is the version in the ledger, as done? */
bool unanswered_is_recorded(const struct run *r, int64_t version);

#endif
