/*
 * beside: what belongs to the whole server, and therefore outlives a database, while a set is tried on a scratch one.
 */
#ifndef PAWL_SCHEMA_BESIDE_H
#define PAWL_SCHEMA_BESIDE_H

#include "db/db.h"
#include "sql/head.h"

/*
 * Hung to db->beside. Roles that are made by CREATE ROLE, or by a block that says it, are noted, and dropped by beside_end.
 *
 * In a rehearsal on a server that has other databases, what belongs to the whole server stays as it is besides: CREATE ROLE passes over a
 * role that is there, and a membership is granted only if one of its roles was made here. Nothing else of lack_wide is sent: what changes
 * or drops a role, a database or a tablespace, or makes one of the last two; ALTER SYSTEM; REASSIGN OWNED.
 */
struct beside {
    struct arena *a;
    bool sends; /* a proof: everything is sent, and roles are only noted */
    struct beside_role {
        struct slice name; /* as it was made */
        int64_t oid;
    } * roles;
    size_t n, cap;
};

/* With db->beside set: is it a statement for beside_run? */
bool beside_wants(const struct db *db, const struct head *h, struct slice sql);
/* Carries such a statement out, or passes over it; *as_is: it is left to the caller to send it. */
int beside_run(struct arena *a, struct db *db, const struct head *h, struct slice sql, bool *as_is,
               struct pawl_error *e);
/*
 * Drops the roles by a connection of its own, once the databases that may hold them are gone. What is not dropped, because something else
 * holds it, stays. A role is known by its number, so one that another session made under the same name meanwhile is left alone.
 */
void beside_end(const struct beside *w, const struct db_target *server);

#endif
