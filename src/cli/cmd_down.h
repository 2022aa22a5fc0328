/* cmd_down: what down and redo share. */
#ifndef PAWL_CLI_CMD_DOWN_H
#define PAWL_CLI_CMD_DOWN_H

#include "cli/cli.h"
#include "pawl_revert.h"

struct asked {
    bool nobody_there; /* a question was to be asked, and there is no terminal */
};

/* The options of the command line; the question is asked on the terminal, and *asked tells how that went. */
struct pawl_down_options down_options(struct cli *c, struct asked *asked);
/* Adds the hint for a refusal that comes from nobody being there. */
void down_explain(struct cli *c, const struct asked *asked, int rc);

#endif
