/* cli: what main prepares for a subcommand. */
#ifndef PAWL_CLI_CLI_H
#define PAWL_CLI_CLI_H

#include "cli/config.h"
#include "cli/out.h"

struct cli {
    struct arena *arena;
    struct options o;
    struct config config;
    struct out out;
    struct pawl *pawl; /* NULL for commands that need no handle */
    struct pawl_error error;
};

/*
 * A subcommand: calls the library and hands what it got to c->out. Returns an enum pawl_code; the error in c->error is shown
 * by main. PAWL_CHECK without a message is a plain "no".
 */
typedef int command_fn(struct cli *c);

#define COMMAND(id, function, ...) command_fn cmd_##function;
#include "cli/commands.def"
#undef COMMAND

/*
 * Becomes 1 when the user or the system wants the program to stop; a second time ends it at once. A reader that goes away
 * is no reason to stop.
 */
const volatile int *interrupt_watch(void);

/* How throw-away databases are prepared, by engine, as options and pawl.toml say. */
void cli_scratch(const struct cli *c, struct pawl_scratch out[CONFIG_ENGINES]);

/* A number for a member of 32 bits, which no real set exceeds. */
static inline uint32_t option_u32(const struct options *o, enum option_id id)
{
    int64_t n = o->value[id].number;
    return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

#endif
