/*
 * sqlite_rebuild: a table made anew under its own name, with its rows, as SQLite's documentation describes it (lang_altertable,
 * "Making Other Kinds Of Table Schema Changes").
 *
 * The old table is renamed with legacy_alter_table on and foreign keys off, so that SQLite rewrites nobody else's text; the new one is
 * made from its edited text under the final name, so that its text stays as it was written and errors name it; the rows
 * are copied with their rowids and counted, column by column; the old table is dropped; indexes and triggers are made again from
 * their own texts; foreign keys of the table and of those that refer to it are checked. Views need nothing: no statement looks
 * at them in between.
 *
 * A table whose text or indexes say `table.column` cannot be renamed so (SQLite looks those up by the new name). Its rows go into a
 * plain table and come back.
 */
#ifndef PAWL_SCHEMA_SQLITE_REBUILD_H
#define PAWL_SCHEMA_SQLITE_REBUILD_H

#include "schema/emulate.h"
#include "schema/sqlite_edit.h"

/* An index or trigger on the table, as it is kept; in the order in which they were made. */
struct rebuild_part {
    struct slice name, sql;
    bool index;
    bool dropped; /* it goes with a column */
};

/* What the catalog says about a table. */
struct rebuild {
    struct arena *a;
    struct db *db;
    bool found;
    struct slice type; /* of sqlite_schema */
    struct slice name, sql;
    struct rebuild_part *parts;
    size_t n_parts, cap_parts;
};

int rebuild_look(struct arena *a, struct db *db, struct slice table, struct rebuild *out, struct pawl_error *e);

/*
 * What else in the schema uses the column: a view, a trigger, another table's foreign key. Asked of SQLite itself, by renaming the
 * column and going back. PAWL_SQL and the name of the first one if there is any, or if SQLite cannot tell.
 */
int rebuild_unused(struct rebuild *r, struct slice column, struct pawl_error *e);

/*
 * The requests that put `after` in the place of `before`. PAWL_SQL if foreign keys are enforced on the connection. Nothing is
 * changed yet.
 */
int rebuild_requests(struct rebuild *r, const struct outline *before, const struct edit *after, struct emulation *out,
                     struct pawl_error *e);

#endif
