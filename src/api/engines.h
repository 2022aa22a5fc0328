/*
 * engines: what commands that prove a folder on every engine at hand share.
 */
#ifndef PAWL_API_ENGINES_H
#define PAWL_API_ENGINES_H

#include "api/api.h"
#include "engine/scratch.h"
#include "proof/proof.h"

#define ENGINES 2

struct engines {
    struct scratch_server servers[ENGINES];
    struct proof_options options[ENGINES];
    size_t n;
};

/* The one that is named, which must be at hand, or (NULL) all that are. Closed by the caller, after an error too. */
int engines_open(struct pawl *p, const char *name, struct engines *out, struct pawl_error *e);
void engines_close(struct engines *g); /* zeros are fine */
/* Does the user mean this migration: by version, path or name of one of its files? */
bool engines_names(const struct migration *m, const char *file);

#endif
