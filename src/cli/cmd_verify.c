#include "base/err.h"
#include "base/err.h"
#include "cli/cli.h"

int cmd_verify(struct cli *c)
{
    const struct option_value *v = c->o.value;
    struct pawl_verify_options options = {
        .engine = v[OPT_ENGINE].number == 0 ? NULL : v[OPT_ENGINE].text,
        .runner = v[OPT_RUNNER].number == 1 ? PAWL_RUNNER_PAWL : PAWL_RUNNER_PLAIN,
        .repro_dir = v[OPT_REPRO].text,
        .certify = option_flag(&c->o, OPT_WRITE)   ? PAWL_CERTIFY_WRITE
                   : option_flag(&c->o, OPT_CHECK) ? PAWL_CERTIFY_CHECK
                                                   : PAWL_CERTIFY_NOTHING,
        .all = option_flag(&c->o, OPT_ALL),
    };
    int rc = pawl_verify(c->pawl, &options, &c->error);
    /* That a proof does not hold is the result, told by the findings, and no error. */
    if (rc == PAWL_CHECK)
        err_clear(&c->error);
    c->out.kind->verified(&c->out, rc == PAWL_OK);
    return rc;
}
