#include "base/err.h"
#include "cli/cli.h"

int cmd_squash(struct cli *c)
{
    const struct option_value *v = c->o.value;
    struct pawl_squash_report report = {0};
    struct pawl_squash_options options = {
        .to = v[OPT_TO].number,
        .engine = v[OPT_ENGINE].number == 0 ? NULL : v[OPT_ENGINE].text,
        .write = option_flag(&c->o, OPT_WRITE),
    };
    if (v[OPT_TO].origin == ORIGIN_NONE) {
        err_set(&c->error, PAWL_USAGE, "squash needs to know up to which version");
        err_hint(&c->error, "pawl squash --to VERSION");
        return PAWL_USAGE;
    }
    int rc = pawl_squash(c->pawl, &options, &report, &c->error);
    if (!rc)
        c->out.kind->squashed(&c->out, &report, options.write);
    return rc;
}
