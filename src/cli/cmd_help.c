#include "base/err.h"
#include "cli/cli.h"
#include "cli/help.h"
#include "cli/suggest.h"

static int unknown(struct cli *c, const char *word)
{
    struct suggest s = suggest_for(slice_of(word));
    for (int i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++)
        suggest_offer(&s, command_table[i].name);
    err_set(&c->error, PAWL_USAGE, "there is no command '%s'", word);
    if (s.best)
        err_hint(&c->error, "did you mean `pawl help %s`?", s.best);
    return PAWL_USAGE;
}

/* Serves `pawl help`, `pawl help COMMAND`, `pawl --help` and `pawl COMMAND --help`. */
int cmd_help(struct cli *c)
{
    enum command command = c->o.command;
    bool asked = command == COMMAND_HELP && c->o.n_args;
    if (asked)
        command = command_find(c->o.args[0]);
    if (asked && command == COMMAND_NONE)
        return unknown(c, c->o.args[0]);
    STRBUF(b, 1u << 20);
    if (command == COMMAND_NONE || (command == COMMAND_HELP && !asked))
        help_overview(&b);
    else
        help_command(&b, command);
    fputs(strbuf_z(&b), c->out.results);
    return strbuf_ok(&b) ? PAWL_OK : err_nomem(&c->error);
}
