/*
 * beside: what belongs to the whole server while a set is run only to see what it makes of a schema, on a server that has other
 * databases.
 */
#ifndef PAWL_SCHEMA_BESIDE_H
#define PAWL_SCHEMA_BESIDE_H

#include "db/db.h"
#include "sql/head.h"

/*
 * Hung to db->beside. What belongs to the whole server stays as it is then: CREATE ROLE passes over a role that is there, and what
 * changes or drops one, or a database or tablespace, is not sent. Roles that it makes are noted, and dropped by beside_end.
 */
struct beside {
    struct arena *a;
    struct slice *roles;
    size_t n, cap;
};

/* A statement about the whole server (lack_wide), with db->beside set: is it to be sent? */
int beside_leave(struct arena *a, struct db *db, const struct head *h, bool *as_is, struct pawl_error *e);
/* Drops the roles, with all that the database has of them, and takes it from the connection. What fails stays. */
void beside_end(struct db *db);

#endif
