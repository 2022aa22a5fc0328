/*
 * scratch: a throw-away database, made where one can be made and prepared as the configuration says.
 *
 * An engine that keeps a database in a file needs no server. For others it is, in this order: the server that was named; the
 * server of the database at hand, if the role may create databases there; a server of our own, started from the binaries
 * that are installed and stopped at the end. With none of them the error says what to give.
 */
#ifndef PAWL_ENGINE_SCRATCH_H
#define PAWL_ENGINE_SCRATCH_H

#include "db/db.h"
#include "db/pgserver.h"
#include "model/report.h"

/* What the configuration says about throw-away databases of all engines. Zeros: nothing. */
struct scratch_config {
    const char *url; /* of a server on which they may be made; NULL = none was named */
    const struct pawl_scratch *engines;
    size_t n_engines;
};

/* Of one engine; nothing but its name if the configuration has none. */
struct pawl_scratch scratch_of(const struct scratch_config *c, const char *engine);

/* The server on which databases are made; without one, and no error, if there is nothing that could be one. */
struct scratch_server {
    bool found;
    struct db_target *target; /* NULL for an engine that needs none */
    struct pgserver *own;     /* stopped by scratch_server_close */
    struct slice wide;        /* what a named server had beside databases; .p NULL = not looked at */
};

/* The named server, else one of our own. */
int scratch_server_open(struct arena *a, const struct db_driver *driver, const struct scratch_config *c,
                        const volatile int *interrupt, struct scratch_server *out, struct pawl_error *e);
/* Tells, as a note, what a named server has that it did not have when it was opened: roles are dropped with no database. */
void scratch_server_left(struct arena *a, const struct scratch_server *s, const volatile int *interrupt,
                         struct report *report);
void scratch_server_close(struct scratch_server *s);

struct scratch {
    struct db *db;
    const struct db_target *where; /* the server that it is on; NULL for an engine that needs none */
    struct scratch_server server;
};

/*
 * Opens one, in the order that is told above (`near`: the database at hand; NULL = none), and runs its setup, outside of any
 * transaction. `options` are those of the connection; the rest is filled in.
 */
int scratch_open(struct arena *a, const struct db_driver *driver, const struct db_target *near,
                 const struct scratch_config *c, const struct db_options *options, struct scratch *out,
                 struct pawl_error *e);
void scratch_close(struct scratch *s); /* zeros are fine */

/* Runs all statements of a file that belongs to no migration, one by one. */
int scratch_setup(struct db *db, const char *path, struct pawl_error *e);

#endif
