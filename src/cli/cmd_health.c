#include "cli/cli.h"

int cmd_health(struct cli *c)
{
    struct pawl_health health = {0};
    int rc = option_flag(&c->o, OPT_DEEP) ? pawl_health_deep(c->pawl, &health, &c->error)
                                          : pawl_health(c->pawl, &health, &c->error);
    if (rc)
        return rc;
    c->out.kind->health(&c->out, &health);
    if (health.status == PAWL_HEALTH_UNREACHABLE)
        return PAWL_UNREACHABLE;
    bool fine =
        health.status == PAWL_HEALTH_OK || (health.status == PAWL_HEALTH_AHEAD && option_flag(&c->o, OPT_ALLOW_AHEAD));
    return fine ? PAWL_OK : PAWL_CHECK;
}
