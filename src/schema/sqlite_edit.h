/*
 * sqlite_edit: one action of ALTER TABLE done in the text of the CREATE TABLE, so that its comments and layout survive.
 *
 * Definitions that come from the statement may be in PostgreSQL's spelling; see schema/sqlite_spell.
 */
#ifndef PAWL_SCHEMA_SQLITE_EDIT_H
#define PAWL_SCHEMA_SQLITE_EDIT_H

#include "schema/sqlite_outline.h"
#include "sql/head.h"

/* How a column's values are made from the old ones, where they are not just copied. */
struct edit_using {
    struct slice column;
    struct slice expression; /* over the old columns; n = 0: the value as it is */
    struct slice type;       /* what it must fit */
};

/* A table's text while it is changed, action by action. */
struct edit {
    struct arena *a;
    struct slice text;
    struct outline outline; /* of text */
    struct edit_using *using;
    size_t n_using, cap_using;
    struct slice note; /* what else the change took along or left as it is; n = 0: nothing */
    bool failed;       /* no memory */
};

int edit_begin(struct arena *a, struct slice sql, struct edit *out, struct pawl_error *e);

/*
 * One part. Guards (IF EXISTS, IF NOT EXISTS) that hold leave the text as it is and say so in the note. PAWL_SQL says why it
 * cannot be done; the text is then as before.
 */
int edit_part(struct edit *x, const struct head_part *p, struct pawl_error *e);

#endif
