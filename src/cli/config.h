/*
 * config: what was not said on the command line, from the environment, ./.env and pawl.toml.
 *
 * Strongest first: flag, environment variable, .env, [env.NAME] of pawl.toml, top level of pawl.toml, default. The
 * environment NAME is what --env, PAWL_ENV or `env = "..."` say; the variable CI is never looked at. The file is
 * ./pawl.toml, or what --config or PAWL_CONFIG say. Paths in it are relative to the folder it stands in.
 *
 * Every key is checked, whether it is used or not: a misspelt `protected` must not pass in silence.
 */
#ifndef PAWL_CLI_CONFIG_H
#define PAWL_CLI_CONFIG_H

#include "cli/dotenv.h"
#include "cli/options.h"
#include "cli/toml.h"

/* A table [scratch.ENGINE]: how throw-away databases of that engine are prepared. Lists as in struct option_value. */
struct config_scratch {
    struct option_value setup, stubs, extensions;
};

enum config_engine { CONFIG_SQLITE, CONFIG_POSTGRES, CONFIG_ENGINES };
extern const char *const config_engine_names[CONFIG_ENGINES];

struct config {
    const char *file;            /* pawl.toml as found; NULL if there is none */
    const char *environment;     /* NULL if none was named */
    bool is_protected;           /* the named environment, or everything */
    const char **protected_urls; /* of all protected environments, so that another name for one helps nobody */
    size_t n_protected_urls;
    size_t n_protected_unknown; /* protected environments whose URL needs a variable that is not set */
    struct pawl_level_setting *levels;
    size_t n_levels;
    struct config_scratch scratch[CONFIG_ENGINES];
    const char *note; /* something the user should know about the settings, or NULL */
};

/*
 * Fills in o->value and c. `environment` is a NULL-ended list like environ. Codes: PAWL_CONFIG, PAWL_IO, PAWL_NOMEM;
 * places are those of the file.
 */
int config_load(struct arena *a, struct options *o, const char *const *environment, struct config *c,
                struct pawl_error *e);

#endif
