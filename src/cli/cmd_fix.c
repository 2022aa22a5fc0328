#include "base/err.h"
#include "cli/cli.h"

int cmd_fix(struct cli *c)
{
    const struct option_value *v = c->o.value;
    struct pawl_fix_report report = {0};
    struct pawl_fix_options options = {
        .engine = v[OPT_ENGINE].number == 0 ? NULL : v[OPT_ENGINE].text,
        .files = c->o.args,
        .n_files = c->o.n_args,
        .unapplied = option_flag(&c->o, OPT_UNAPPLIED),
        .write = option_flag(&c->o, OPT_WRITE),
    };
    bool check = option_flag(&c->o, OPT_CHECK);
    int rc = pawl_fix(c->pawl, &options, &report, &c->error);
    if (rc)
        return rc;
    c->out.kind->fixed(&c->out, &report, options.write, check);
    return check && report.rewritten ? PAWL_CHECK : PAWL_OK;
}
