#include "cli/cli.h"

int cmd_drift(struct cli *c)
{
    struct pawl_drift drift = {0};
    int rc = pawl_drift(c->pawl, &drift, &c->error);
    if (rc)
        return rc;
    c->out.kind->drift(&c->out, &drift);
    return drift.matches ? PAWL_OK : PAWL_CHECK;
}
