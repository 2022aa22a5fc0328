#include "base/err.h"
#include "cli/cli.h"
#include "cli/help.h"

int cmd_completion(struct cli *c)
{
    STRBUF(b, 1u << 20);
    if (!completion_script(&b, c->o.args[0]))
        return err_set(&c->error, PAWL_USAGE, "there is no completion for '%s', only for bash, zsh and fish",
                       c->o.args[0]);
    fputs(strbuf_z(&b), c->out.results);
    return strbuf_ok(&b) ? PAWL_OK : err_nomem(&c->error);
}
