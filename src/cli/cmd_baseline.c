#include "base/err.h"
#include "cli/cli.h"

int cmd_baseline(struct cli *c)
{
    int64_t version;
    struct pawl_result result = {0};
    bool detect = option_flag(&c->o, OPT_DETECT);
    if (detect == (c->o.n_args > 0)) {
        err_set(&c->error, PAWL_USAGE, "`pawl baseline` needs either VERSION or --detect");
        err_hint(&c->error, "`pawl help baseline` explains it");
        return PAWL_USAGE;
    }
    if (detect) {
        int found = pawl_detect(c->pawl, &result, &c->error);
        c->out.kind->steps(&c->out, "recorded", &result, found ? &c->error : NULL);
        return found;
    }
    if (!slice_i64(slice_of(c->o.args[0]), &version) || version < 1)
        return err_set(&c->error, PAWL_USAGE, "'%s' is no version", c->o.args[0]);
    int rc = pawl_baseline(c->pawl, version, &result, &c->error);
    c->out.kind->steps(&c->out, "recorded", &result, rc ? &c->error : NULL);
    return rc;
}
