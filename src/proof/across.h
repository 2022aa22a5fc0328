/*
 * across: do the schemas that one set makes on two engines mean the same, after each version?
 *
 * Replays what two proofs have traced side by side and compares, after each version, the tables that it touched, as portable
 * facts (schema/parity). So the cost is what changed. A difference is told once, as the finding `parity`, at the version after
 * which it is there first; one that a renamed table takes along is not told again. The baselines are compared with nobody,
 * since each engine's setup makes its own. A table that only one engine has is one difference, whatever is in it.
 *
 * `-- pawl: only ENGINE` in an up text means differences. At such a version these are not told, then or later: those in tables that
 * only that engine changed, and what only that engine has. Where both got statements of their own, the latter goes for tables and
 * indexes; columns, keys and the rest are compared, since the two may have written the same table each in its own way.
 */
#ifndef PAWL_PROOF_ACROSS_H
#define PAWL_PROOF_ACROSS_H

#include "proof/proof.h"

/* As far as both traces go. Fails only for want of memory. */
int across_compare(const struct migration_set *set, const struct proof_trace traces[2], struct report *report,
                   struct pawl_error *e);

#endif
