#include "cli/cli.h"

int cmd_new(struct cli *c)
{
    const struct options *o = &c->o;
    struct pawl_new_options options = {
        .name = o->args[0],
        .numbering = option_flag(o, OPT_SEQUENTIAL)  ? PAWL_NUMBERING_SEQUENTIAL
                     : option_flag(o, OPT_TIMESTAMP) ? PAWL_NUMBERING_TIMESTAMP
                                                     : PAWL_NUMBERING_AUTO,
        .sql = o->value[OPT_STATEMENTS].text,
    };
    struct pawl_new_files files;
    int rc = pawl_new(c->pawl, &options, &files, &c->error);
    if (rc == PAWL_OK)
        c->out.kind->files(&c->out, files.version, (const char *const[]){files.up, files.down}, 2);
    return rc;
}
