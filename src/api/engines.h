/*
 * engines: what commands that prove a folder on every engine at hand share.
 */
#ifndef PAWL_API_ENGINES_H
#define PAWL_API_ENGINES_H

#include "api/api.h"
#include "engine/scratch.h"
#include "proof/proof.h"

#define ENGINES 2

/*
 * What a proof on one engine needs: a given server, or a throw-away one, or none (SQLite), and options that lead to it. Without
 * server->found there is none at hand, which is an error only if it is required. The caller closes it with engine_close,
 * after an error too.
 */
int engine_open(struct pawl *p, const char *name, bool required, struct scratch_server *server,
                struct proof_options *out, struct pawl_error *e);

/* PAWL_USAGE if there is no engine of that name; NULL is none in particular. */
int engines_check(const char *name, struct pawl_error *e);

/* Tells what is left on the server, and closes it; zeros are fine. */
void engine_close(struct pawl *p, struct scratch_server *server);

struct engines {
    struct scratch_server servers[ENGINES];
    struct proof_options options[ENGINES];
    size_t n;
};

/* The one that is named, which must be at hand, or (NULL) all that are. Closed by the caller, after an error too. */
int engines_open(struct pawl *p, const char *name, struct engines *out, struct pawl_error *e);
void engines_close(struct pawl *p, struct engines *g); /* zeros are fine */
/* Does the user mean this migration: by version, path or name of one of its files? */
bool engines_names(const struct migration *m, const char *file);

#endif
