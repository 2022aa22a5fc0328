#include "base/err.h"
#include "base/err.h"
#include "cli/cli.h"

/* What the command line gives is used instead of what pawl.toml says. */
static const struct option_value *pick(const struct option_value *flag, const struct option_value *file)
{
    return flag->n_items ? flag : file;
}

int cmd_verify(struct cli *c)
{
    const struct option_value *v = c->o.value;
    struct pawl_scratch scratch[CONFIG_ENGINES] = {0};
    for (int i = 0; i < CONFIG_ENGINES; i++) {
        const struct config_scratch *file = &c->config.scratch[i];
        const struct option_value *setup = pick(&v[OPT_SCRATCH_SETUP], &file->setup);
        const struct option_value *stubs = pick(&v[OPT_STUB], &file->stubs);
        const struct option_value *extensions = pick(&v[OPT_EXTENSION], &file->extensions);
        scratch[i] = (struct pawl_scratch){config_engine_names[i], setup->items,      setup->n_items,     stubs->items,
                                           stubs->n_items,         extensions->items, extensions->n_items};
    }
    struct pawl_verify_options options = {
        .engine = v[OPT_ENGINE].number == 0 ? NULL : v[OPT_ENGINE].text,
        .scratch_url = v[OPT_SCRATCH_URL].text,
        .scratch = scratch,
        .n_scratch = CONFIG_ENGINES,
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
