/*
 * up: from what the database has to what the folder says.
 */
#ifndef PAWL_ENGINE_UP_H
#define PAWL_ENGINE_UP_H

#include "engine/run.h"

struct up_request {
    struct plan_policy policy;
    int64_t to;
    uint32_t steps;
    bool dry_run;
    enum pawl_transactions transactions;
};

/*
 * Looks, plans, and if anything is to be done takes the lock, looks again and does it. What another process did meanwhile is
 * seen and not done twice. With nothing to do there is one query and no lock.
 */
int up_run(struct run *r, const struct up_request *q, struct pawl_result *out, struct pawl_error *e);

#endif
