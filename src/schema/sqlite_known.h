/*
 * sqlite_known: the rows of sqlite_schema as the last scan saw them, so that the next one reads only what statements since then
 * may have touched (db_driver.touched).
 *
 * SQLite gives a new row a rowid above all that are there. So below the highest row that was not touched there is nothing
 * new, and touched rows are read one by one; above it everything is read.
 */
#ifndef PAWL_SCHEMA_SQLITE_KNOWN_H
#define PAWL_SCHEMA_SQLITE_KNOWN_H

#include "base/slice.h"
#include "db/db.h"

struct known_row {
    uint64_t id, stamp;
    uint64_t name, table; /* hashes, without case, of the object's name and of the table it hangs on */
};

/* A list on the heap, by id. */
struct known {
    struct known_row *rows;
    size_t n, cap;
};

void known_clear(struct known *k);
bool known_add(struct known *k, const struct known_row *row);
void known_remove(struct known *k, size_t i);
uint64_t known_hash(struct slice name);

/* What statements touched, as hashes. */
#define TOUCHED_NAMES 24
struct touched_names {
    uint64_t names[TOUCHED_NAMES];
    size_t n;
    bool all; /* anything may have been */
};

/* Since the mark, on this connection. */
void touched_read(struct db *db, uint64_t since, struct touched_names *out);
bool touched_has(const struct touched_names *t, const struct known_row *row);
/* The first row from `from` on that was touched; k->n = none. */
size_t touched_next(const struct touched_names *t, const struct known *k, size_t from);

#endif
