/*
 * options: the command line, read by the two tables commands.def and options.def.
 *
 * Options may stand before or after the command; `--x y`, `--x=y`, `-xy`, `-x y` and bundled letters are understood, `--`
 * ends them. Names are never abbreviated, so that scripts keep their meaning when options are added. Errors are
 * PAWL_USAGE with the nearest right name as hint.
 */
#ifndef PAWL_CLI_OPTIONS_H
#define PAWL_CLI_OPTIONS_H

#include "base/arena.h"
#include "pawl.h"

enum command {
    COMMAND_NONE,
#define COMMAND(id, function, ...) COMMAND_##id,
#include "cli/commands.def"
#undef COMMAND
    COMMAND_COUNT
};

/* What main prepares before the command runs. */
enum command_need { NEED_HANDLE, NEED_CONFIG, NEED_NOTHING };

struct command_info {
    const char *name;
    const char *arguments; /* as help shows them; NULL = none */
    unsigned min, max;     /* number of arguments */
    enum command_need need;
    const char *summary; /* lower case, no full stop */
    const char *about;   /* paragraphs, or NULL if the summary says all */
};

enum option_id {
#define OPTION(id, ...) OPT_##id,
#include "cli/options.def"
#undef OPTION
    OPT_COUNT
};

enum option_type {
    OPTION_FLAG,
    OPTION_TEXT,
    OPTION_PATH,     /* in pawl.toml relative to that file */
    OPTION_NUMBER,   /* a decimal integer, `least` or more */
    OPTION_DURATION, /* 500ms, 30s, 2m, 1h; a bare number is seconds; kept in milliseconds */
    OPTION_CHOICE,   /* the words of `argument` between bars; kept as their index */
};

struct option_info {
    const char *name; /* without dashes */
    char letter;      /* 0 = none */
    enum option_type type;
    const char *argument; /* as help shows it; NULL for a flag */
    const char *variable; /* environment variable, or NULL */
    const char *key;      /* in pawl.toml, or NULL */
    const char *fallback; /* default as text, or NULL */
    const char *group;    /* options of one group exclude each other */
    uint32_t commands;    /* bit 1 << enum command */
    bool secret;          /* may hold a password: never shown, and wiped from argv */
    bool top_only;        /* the key is not allowed in [env.NAME] */
    int64_t least;        /* of a number */
    bool list;            /* may be given several times */
    const char *help;     /* one line, lower case, no full stop */
    const char *more;     /* further sentences for the manual, or NULL */
};

/* Where a value came from, strongest first after none. */
enum origin { ORIGIN_NONE, ORIGIN_FLAG, ORIGIN_VARIABLE, ORIGIN_DOTENV, ORIGIN_SECTION, ORIGIN_FILE, ORIGIN_FALLBACK };

struct option_value {
    enum origin origin;
    const char *text;         /* as given; NULL for none */
    int64_t number;           /* flag: 1; number; duration in ms; choice: index */
    const char *place;        /* "--url", "$DATABASE_URL", ".env:3:1", "pawl.toml:7:1", "default"; NULL = none */
    const char *const *items; /* of a list: all that were given; text is the last */
    size_t n_items;
};

struct options {
    enum command command;
    struct option_value value[OPT_COUNT];
    const char **args; /* what follows the command */
    size_t n_args;
};

extern const struct option_info option_table[OPT_COUNT];
extern const struct command_info command_table[COMMAND_COUNT]; /* [COMMAND_NONE].name is NULL */

/*
 * Reads argv. Values of secret options are copied into the arena and overwritten in argv, so that a password does not
 * stay in the process list. With --help or --version the rest is not checked for completeness.
 */
int options_parse(struct arena *a, struct options *o, int argc, char **argv, struct pawl_error *e);

/* Reads one value by its type; `place` says in an error where it stands. */
int option_read(const struct option_info *info, const char *text, enum origin origin, const char *place,
                struct option_value *out, struct pawl_error *e);

/* One more item of a list. */
int option_add(struct arena *a, struct option_value *value, const char *text, struct pawl_error *e);

/* Does this option belong to this command? */
bool option_serves(const struct option_info *info, enum command command);
enum command command_find(const char *name);
/* Is it one of the options that every command has? */
bool option_is_global(const struct option_info *info);
static inline bool option_flag(const struct options *o, enum option_id id)
{
    return o->value[id].number != 0;
}

#endif
