#include "cli/cmd_down.h"

int cmd_redo(struct cli *c)
{
    struct asked asked;
    struct pawl_down_options options = down_options(c, &asked);
    struct pawl_result result = {0};
    int rc = pawl_redo(c->pawl, &options, &result, &c->error);
    down_explain(c, &asked, rc);
    c->out.kind->steps(&c->out, "redone", &result, rc ? &c->error : NULL);
    return rc;
}
