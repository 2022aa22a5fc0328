/*
 * beside: what belongs to the whole server while a set is run only to see what it makes of a schema, on a server that has other
 * databases.
 */
#ifndef PAWL_SCHEMA_BESIDE_H
#define PAWL_SCHEMA_BESIDE_H

#include "db/db.h"
#include "sql/head.h"

/*
 * Hung to db->beside. What belongs to the whole server stays as it is then: CREATE ROLE passes over a role that is there, and a
 * membership is granted only if one of its roles was made here. Nothing else of lack_wide is sent: what changes or drops a role, a
 * database or a tablespace, or makes one of the last two; ALTER SYSTEM; REASSIGN OWNED. Roles that it makes are noted, and dropped by
 * beside_end.
 */
struct beside {
    struct arena *a;
    struct slice *roles;
    size_t n, cap;
};

/* A statement about the whole server (lack_wide), with db->beside set: is it to be sent? */
int beside_leave(struct arena *a, struct db *db, const struct head *h, struct slice sql, bool *as_is,
                 struct pawl_error *e);
/* Drops the roles, with all that the database has of them, and takes it from the connection. What fails stays. */
void beside_end(struct db *db);

#endif
