/*
 * up: from what the database has to what the folder says.
 */
#ifndef PAWL_ENGINE_UP_H
#define PAWL_ENGINE_UP_H

#include "engine/course.h"

struct attest_input;

struct up_request {
    /* Reads what the certificate says, once something is to be done; NULL = no certificate is asked. */
    int (*certificate)(void *context, struct run *r, struct attest_input *out, struct pawl_error *e);
    void *certificate_context;
    struct plan_policy policy;
    int64_t to;
    uint32_t steps;
    bool dry_run;
    bool replay; /* whatever the ledger says: see engine/replay */
    enum pawl_transactions transactions;
    /* With `replay`: made before, for a caller who asks often. The course has the statements of all steps without any trace in the
     * schema. NULL: they are made. */
    const struct course *course;
    struct facts *facts;
};

/*
 * On an empty ledger and a database that is not empty, or after a failure that a stale ledger would explain, the schema is
 * asked first (engine/replay), and the ledger put right if it shows a version.
 *
 * Looks, plans, and if anything is to be done takes the lock, looks again and does it. What another process did meanwhile is
 * seen and not done twice. With nothing to do there is one query and no lock.
 */
int up_run(struct run *r, const struct up_request *q, struct pawl_result *out, struct pawl_error *e);

#endif
