/*
 * revert: from what the database has back to an earlier version. Only in builds with -Drevert=enabled.
 */
#ifndef PAWL_ENGINE_REVERT_H
#define PAWL_ENGINE_REVERT_H

#include "engine/guard.h"
#include "engine/run.h"
#include "pawl_revert.h"

struct revert_request {
    struct guard guard;
    const struct db_target *target;
    const struct pawl_down_options *options;
};

/*
 * Guard, look, plan, check all texts, rehearse and tell the loss, ask, copy the file, lock; then one transaction for each
 * down. With nothing applied there is nothing to do, and that is no error.
 */
int revert_run(struct run *r, const struct revert_request *q, struct pawl_result *out, struct pawl_error *e);

#endif
