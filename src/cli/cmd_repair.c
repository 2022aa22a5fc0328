#include "cli/cli.h"

int cmd_repair(struct cli *c)
{
    struct pawl_repair_options options = {.dry_run = option_flag(&c->o, OPT_DRY_RUN),
                                          .fold = option_flag(&c->o, OPT_FOLD)};
    struct pawl_result result = {0};
    int rc = pawl_repair(c->pawl, &options, &result, &c->error);
    c->out.kind->steps(&c->out, options.dry_run ? "would have repaired" : "repaired", &result, rc ? &c->error : NULL);
    return rc;
}
