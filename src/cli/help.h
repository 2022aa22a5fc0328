/*
 * help: the texts made from the two tables: help, the manual's generated sections, completion.
 */
#ifndef PAWL_CLI_HELP_H
#define PAWL_CLI_HELP_H

#include "base/strbuf.h"
#include "cli/options.h"

/* What `pawl help` prints. */
void help_overview(struct strbuf *b);
/* What `pawl help COMMAND` prints. */
void help_command(struct strbuf *b, enum command command);

/*
 * A generated section of a manual page, in scdoc's markup. Kinds: "synopsis", "about" and "options" (with a command's
 * name as argument), "global-options", "commands", "exit-status", "environment", "keys", "findings". false if there is no such kind.
 */
bool manual_section(struct strbuf *b, struct slice kind, struct slice argument);

/* A completion script; false if the shell is not bash, zsh or fish. */
bool completion_script(struct strbuf *b, const char *shell);

#endif
