#include "cli/cli.h"

static const char *engine_of(const struct cli *c)
{
    const struct option_value *v = &c->o.value[OPT_ENGINE];
    return v->number == 0 ? NULL : v->text;
}

int cmd_dump(struct cli *c)
{
    struct pawl_dump dump = {0};
    struct pawl_dump_options options = {
        .source = c->o.n_args ? c->o.args[0] : NULL,
        .engine = engine_of(c),
        .sql = option_flag(&c->o, OPT_SQL_TEXT),
    };
    int rc = pawl_dump(c->pawl, &options, &dump, &c->error);
    if (!rc)
        c->out.kind->dumped(&c->out, &dump, options.sql);
    return rc;
}

int cmd_diff(struct cli *c)
{
    struct pawl_difference difference = {0};
    struct pawl_diff_options options = {
        .from = c->o.args[0],
        .to = c->o.n_args > 1 ? c->o.args[1] : NULL,
        .engine = engine_of(c),
        .sql = option_flag(&c->o, OPT_SQL_TEXT),
    };
    int rc = pawl_diff(c->pawl, &options, &difference, &c->error);
    if (rc)
        return rc;
    c->out.kind->differs(&c->out, &difference, options.sql);
    return difference.n ? PAWL_CHECK : PAWL_OK;
}
