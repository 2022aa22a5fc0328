#include "cli/cli.h"

/* What the command line gives is used instead of what pawl.toml says. */
static const struct option_value *pick(const struct option_value *flag, const struct option_value *file)
{
    return flag->n_items ? flag : file;
}

void cli_scratch(const struct cli *c, struct pawl_scratch out[CONFIG_ENGINES])
{
    const struct option_value *v = c->o.value;
    for (int i = 0; i < CONFIG_ENGINES; i++) {
        const struct config_scratch *file = &c->config.scratch[i];
        const struct option_value *setup = pick(&v[OPT_SCRATCH_SETUP], &file->setup);
        const struct option_value *stubs = pick(&v[OPT_STUB], &file->stubs);
        const struct option_value *extensions = pick(&v[OPT_EXTENSION], &file->extensions);
        out[i] = (struct pawl_scratch){config_engine_names[i], setup->items,      setup->n_items,     stubs->items,
                                       stubs->n_items,         extensions->items, extensions->n_items};
    }
}
