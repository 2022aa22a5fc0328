/*
 * guards: what a statement makes only unless it is there already.
 *
 * CREATE .. IF NOT EXISTS of a table, index, view, sequence, type, domain, trigger or policy, and ADD COLUMN and ADD CONSTRAINT
 * IF NOT EXISTS. Left out is what declares no more than a name: CREATE SCHEMA, CREATE EXTENSION without options, ADD VALUE; and
 * temporary tables.
 */
#ifndef PAWL_SQL_GUARDS_H
#define PAWL_SQL_GUARDS_H

#include "sql/head.h"

struct guard {
    enum head_object object; /* HEAD_MATVIEW as HEAD_VIEW */
    struct head_name name;   /* as written */
    struct head_name on;     /* the table of a column, constraint, trigger or policy */
};

struct guards {
    const struct head *head;
    struct head_parts parts; /* of an ALTER TABLE */
    bool done;
};

/* `h` was read from `sql`, one statement. */
void guards_init(struct guards *g, const struct head *h, const struct dialect *d, struct slice sql);
bool guards_next(struct guards *g, struct guard *out);
/* Is there any? Costs next to nothing where there is none. */
bool guards_any(const struct head *h, const struct dialect *d, struct slice sql);

#endif
