/* baseline: records migrations as applied without running them. */
#ifndef PAWL_ENGINE_BASELINE_H
#define PAWL_ENGINE_BASELINE_H

#include "engine/run.h"

/*
 * Records every migration up to `version`. PAWL_REFUSED if the ledger has rows already, PAWL_USAGE if there is no such
 * migration. Makes the ledger if there is none.
 */
int baseline_run(struct run *r, int64_t version, struct pawl_result *out, struct pawl_error *e);

#endif
