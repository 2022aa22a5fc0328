/*
 * revert: from what the database has back to an earlier version. Only in builds with -Drevert=enabled.
 */
#ifndef PAWL_ENGINE_REVERT_H
#define PAWL_ENGINE_REVERT_H

#include "engine/run.h"
#include "pawl_revert.h"

/*
 * Whether it may be done at all was asked before (engine/guard). Lock, look, plan, check all texts; all downs in one transaction
 * where they allow it, what they destroy counted and told inside it, asked about, the file copied, and then committed.
 * With nothing applied there is nothing to do, and that is no error.
 */
int revert_run(struct run *r, const struct pawl_down_options *o, struct pawl_result *out, struct pawl_error *e);

#endif
