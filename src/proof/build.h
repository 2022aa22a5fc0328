/*
 * build: a scratch database on which migrations of a set are applied as `up` applies them, to be looked at then.
 */
#ifndef PAWL_PROOF_BUILD_H
#define PAWL_PROOF_BUILD_H

#include "engine/run.h"
#include "proof/proof.h"
#include "schema/beside.h"
#include "schema/facts.h"

struct build {
    struct arena *arena;
    const struct proof_options *options;
    struct db *db;
    struct beside beside; /* of the server that it is on */
    struct facts *facts;
    struct ledger ledger;
    struct report silent;
    struct run run;
    size_t done; /* so many of the set are applied */
};

/* At the baseline, and its facts are read. Closed by the caller, after an error too. */
int build_open(struct arena *a, const struct proof_options *o, const struct report *like, struct build *out,
               struct pawl_error *e);
void build_close(struct build *b); /* zeros are fine */
/*
 * Applies the set up to its first `to`; what is done already is the same set's. `first`, if its .p is set, is the up text of the
 * first one, which has no file yet. Facts are up to date then.
 */
int build_apply(struct build *b, const struct migration_set *set, size_t to, struct slice first, struct pawl_error *e);

#endif
