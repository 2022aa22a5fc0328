#include "cli/cmd_down.h"

#include <stdio.h>

#include "base/err.h"
#include "sys/term.h"

static bool confirm(void *context, size_t steps, size_t losses)
{
    struct asked *asked = context;
    char question[160], answer[16];
    asked->nobody_there = !term_can_ask();
    if (asked->nobody_there)
        return false;
    if (losses)
        snprintf(question, sizeof question, "Revert %zu migration%s and lose the data above? [y/N] ", steps,
                 steps == 1 ? "" : "s");
    else
        snprintf(question, sizeof question, "Revert %zu migration%s? [y/N] ", steps, steps == 1 ? "" : "s");
    return term_ask(question, answer, sizeof answer) && (answer[0] == 'y' || answer[0] == 'Y');
}

struct pawl_down_options down_options(struct cli *c, struct asked *asked)
{
    const struct options *o = &c->o;
    *asked = (struct asked){false};
    return (struct pawl_down_options){
        .to = option_flag(o, OPT_ALL)                  ? 0
              : o->value[OPT_TO].origin == ORIGIN_NONE ? -1
                                                       : o->value[OPT_TO].number,
        .steps = option_u32(o, OPT_STEPS),
        .dry_run = option_flag(o, OPT_DRY_RUN),
        .no_backup = option_flag(o, OPT_NO_BACKUP),
        .confirm = option_flag(o, OPT_YES) ? NULL : confirm,
        .confirm_context = asked,
    };
}

void down_explain(struct cli *c, const struct asked *asked, int rc)
{
    if (rc == PAWL_REFUSED && asked->nobody_there)
        err_hint(&c->error, "there is no terminal to ask on; add --yes if the data may be lost");
}

int cmd_down(struct cli *c)
{
    struct asked asked;
    struct pawl_down_options options = down_options(c, &asked);
    struct pawl_result result = {0};
    int rc = pawl_down(c->pawl, &options, &result, &c->error);
    down_explain(c, &asked, rc);
    c->out.kind->steps(&c->out, "reverted", &result, rc ? &c->error : NULL);
    return rc;
}
