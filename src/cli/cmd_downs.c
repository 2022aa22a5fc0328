#include "base/err.h"
#include "cli/cli.h"

int cmd_downs(struct cli *c)
{
    const struct option_value *v = c->o.value;
    struct pawl_downs_report report = {0};
    struct pawl_downs_options options = {
        .engine = v[OPT_ENGINE].number == 0 ? NULL : v[OPT_ENGINE].text,
        .files = c->o.args,
        .n_files = c->o.n_args,
        .pawl_only = option_flag(&c->o, OPT_FOR_PAWL),
        .write = option_flag(&c->o, OPT_WRITE),
    };
    int rc = pawl_downs(c->pawl, &options, &report, &c->error);
    if (rc)
        return rc;
    c->out.kind->downs(&c->out, &report, options.write);
    return report.left ? PAWL_CHECK : PAWL_OK;
}
