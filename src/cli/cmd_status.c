#include "cli/cli.h"

int cmd_status(struct cli *c)
{
    struct pawl_status status = {0};
    int rc = pawl_status(c->pawl, &status, &c->error);
    if (rc)
        return rc;
    c->out.kind->status(&c->out, &status);
    return option_flag(&c->o, OPT_EXIT_CODE) && !status.ok ? PAWL_CHECK : PAWL_OK;
}
