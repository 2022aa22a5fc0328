#include "base/err.h"
#include "cli/cli.h"

int cmd_baseline(struct cli *c)
{
    int64_t version;
    struct pawl_result result = {0};
    if (!slice_i64(slice_of(c->o.args[0]), &version) || version < 1)
        return err_set(&c->error, PAWL_USAGE, "'%s' is no version", c->o.args[0]);
    int rc = pawl_baseline(c->pawl, version, &result, &c->error);
    c->out.kind->steps(&c->out, "recorded", &result, rc ? &c->error : NULL);
    return rc;
}
