#include "cli/cli.h"

int cmd_version(struct cli *c)
{
    c->out.kind->version(&c->out);
    return PAWL_OK;
}
