/*
 * share: the statements that build a schema, for one engine or for several in one text.
 *
 * A statement of SQLite's is shared if PostgreSQL, tried on a scratch database, takes it and comes to facts of its own schema
 * by it; what is still missing there then is written for PostgreSQL alone. So nothing is concluded from how texts look.
 */
#ifndef PAWL_PROOF_SHARE_H
#define PAWL_PROOF_SHARE_H

#include "proof/proof.h"
#include "schema/render.h"

#define SHARE_ENGINES 2

/* One engine, and the way that is to be gone on it. */
struct share_way {
    const struct proof_options *options;
    struct slice *from, *to; /* lines */
    size_t n_from, n_to;
};

struct share_piece {
    struct slice sql; /* without terminator */
    unsigned engines; /* 1 << its index */
};

struct share {
    struct share_piece *pieces; /* in an order that runs on each engine */
    size_t n, cap;
    size_t tables;       /* behind so many of them all tables are there, and nothing that rows would set off */
    struct slice cannot; /* .p set: a fact that cannot be written */
};

/* `apart`: nothing is shared, and nothing tried. `like`: its levels hold. */
int share_make(struct arena *a, const struct share_way *ways, size_t n, bool apart, const struct report *like,
               struct share *out, struct pawl_error *e);
int share_add(struct arena *a, struct share *s, struct slice sql, unsigned engines, struct pawl_error *e);

#endif
