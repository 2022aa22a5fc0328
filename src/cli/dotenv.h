/*
 * dotenv: reads a .env file the way sqlx's own reader does.
 *
 * KEY=value, `export KEY=value`, `#` comments, '...' taken as it is, "..." with \n \t \r \" \\ \$ and over several lines;
 * outside of '...', $NAME and ${NAME} are replaced by what the environment or an earlier line says. The first line for a
 * name counts. Errors are PAWL_CONFIG with line and column.
 */
#ifndef PAWL_CLI_DOTENV_H
#define PAWL_CLI_DOTENV_H

#include "base/arena.h"
#include "pawl.h"

struct dotenv_entry {
    struct dotenv_entry *next;
    const char *name;
    const char *value;
    uint32_t line;
};

struct dotenv {
    struct dotenv_entry *first;
};

/* `environment` is a NULL-ended list of "NAME=value" as in environ; it wins over the file in replacements. */
int dotenv_parse(struct arena *a, struct slice text, struct slice file, const char *const *environment,
                 struct dotenv *out, struct pawl_error *e);
const struct dotenv_entry *dotenv_get(const struct dotenv *d, struct slice name);
/* The value of a variable in a list like environ, or NULL. */
const char *environment_get(const char *const *environment, struct slice name);

#endif
