/*
 * outside: a migration that runs without a transaction around it.
 *
 * The ledger row is recorded as begun (success = false) in a commit of its own. Then each statement is committed together
 * with its progress, in a transaction of its own, or, where the engine does not allow that (VACUUM, CREATE INDEX
 * CONCURRENTLY), just before it; the file's own BEGIN...COMMIT groups carry the progress in front of their COMMIT. At the end
 * the row is finished. Whatever stops it in between, the next run goes on behind the last statement that is known to be done.
 */
#ifndef PAWL_ENGINE_OUTSIDE_H
#define PAWL_ENGINE_OUTSIDE_H

#include "engine/run.h"

/*
 * Runs the up text (or, `reverting`, the down text and then removes the row). On failure no transaction is open. `in_place`:
 * see struct plan.
 */
int outside_run(struct run *r, const struct standing *s, const struct script *script, bool reverting,
                const bool *in_place, struct pawl_error *e);

#endif
