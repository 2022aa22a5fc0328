/*
 * pgserver: a throw-away PostgreSQL server, started from the binaries that are installed.
 *
 * It listens on a socket in a private folder and nowhere else, trades durability for speed, and is gone with its folder
 * when it is stopped, and also when the process that started it ends in whatever way: a small shell stands between the
 * two, reads a pipe, and cleans up when the pipe ends. Where that shell is killed as well, the next start removes the folder (see
 * sys/claim). As root the server runs as `postgres`, or else as `nobody`.
 *
 * A server needs an initialised data directory, which takes most of a second to make; it is kept in
 * $XDG_CACHE_HOME/pawl (or ~/.cache/pawl) and copied for each run. Without such a place it is made anew each time.
 */
#ifndef PAWL_DB_PGSERVER_H
#define PAWL_DB_PGSERVER_H

#include "base/arena.h"
#include "base/err.h"

struct pgserver;

struct pgserver_options {
    const char *bindir;            /* folder of initdb and postgres; NULL = the newest that is found */
    const char *place;             /* folder in which to make its own; NULL = in memory, or else TMPDIR */
    const volatile int *interrupt; /* non-zero = stop with PAWL_INTERRUPTED; may be NULL */
};

/*
 * Where the server's binaries are: `pg_config --bindir`, /usr/lib/postgresql/<newest>/bin and the like, PATH. .p is NULL if
 * there are none; no error then.
 */
int pgserver_find(struct arena *a, struct slice *bindir, struct pawl_error *e);

/* PAWL_UNREACHABLE with the server's own last words if it does not come up; PAWL_CONFIG if there are no binaries. */
int pgserver_start(const struct pgserver_options *options, struct pgserver **out, struct pawl_error *e);
/* A URL of a superuser on it; NUL-terminated; lives until the stop. */
struct slice pgserver_url(const struct pgserver *s);
/* The folder that will be gone after the stop. */
struct slice pgserver_folder(const struct pgserver *s);
void pgserver_stop(struct pgserver *s); /* NULL is fine */

#endif
