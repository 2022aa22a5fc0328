/*
 * sqlite_outline: where the parts of a CREATE TABLE stand in its text, as sqlite_schema keeps it.
 *
 * For editing the text itself, so that its comments and layout survive. Everything is a range of tokens. What is not understood is
 * an error: a text that is not read whole is not changed.
 */
#ifndef PAWL_SCHEMA_SQLITE_OUTLINE_H
#define PAWL_SCHEMA_SQLITE_OUTLINE_H

#include "base/err.h"
#include "schema/sqlite_text.h"

enum outline_kind {
    OUTLINE_PRIMARY_KEY,
    OUTLINE_UNIQUE,
    OUTLINE_CHECK,
    OUTLINE_FOREIGN_KEY,
    OUTLINE_NOT_NULL,
    OUTLINE_NULL,
    OUTLINE_DEFAULT,
    OUTLINE_COLLATE,
    OUTLINE_GENERATED,
};

#define OUTLINE_TABLE SIZE_MAX

struct outline_constraint {
    enum outline_kind kind;
    size_t from, body, to; /* tokens: from CONSTRAINT on, if it has a name; from what it is; behind it */
    struct slice name;     /* .p NULL: none */
    size_t column;         /* at which it is written; OUTLINE_TABLE: at the table */
    struct slice *columns; /* of a key; the one it is written at */
    size_t n_columns;
};

struct outline_column {
    struct slice name;
    size_t from, to;           /* tokens, with its constraints */
    size_t type_from, type_to; /* the same token if it has no type */
    bool generated, stored;
};

struct outline {
    struct tokens t;
    struct slice name;  /* of the table */
    size_t open, close; /* the parentheses of the body */
    struct outline_column *columns;
    size_t n_columns, cap_columns;
    struct outline_constraint *constraints; /* in the order of the text */
    size_t n_constraints, cap_constraints;
    bool without_rowid, strict, autoincrement;
};

/* PAWL_SQL if some of the text is not understood. Everything is in `a`; the outline refers to `sql`. */
int outline_read(struct arena *a, struct slice sql, struct outline *out, struct pawl_error *e);

/* Index of the column, without case; SIZE_MAX = none. */
size_t outline_column(const struct outline *o, struct slice name);
/* The first constraint of the kind at the column (OUTLINE_TABLE: at the table) from index `from` on; SIZE_MAX = none. */
size_t outline_at(const struct outline *o, enum outline_kind kind, size_t column, size_t from);
/* Does the key or foreign key have the column? */
bool outline_keyed(const struct outline_constraint *c, struct slice column);
/*
 * Do tokens from..to, of expressions without a subquery, name the column? What else can be a word there: a function, in front of a
 * parenthesis; a collation, behind COLLATE; a type, behind AS; a table, in front of a dot.
 */
bool outline_mentions(const struct tokens *t, size_t from, size_t to, struct slice column);
/*
 * The constraint of that name. One without a name answers to the name that PostgreSQL would have given it: users_pkey,
 * users_email_key, users_team_id_fkey, users_age_check. SIZE_MAX = none.
 */
size_t outline_constraint(struct arena *a, const struct outline *o, struct slice name);

/* Bytes where token i begins, and where it ends. */
static inline size_t outline_begin(const struct outline *o, size_t i)
{
    return o->t.items[i].offset;
}

static inline size_t outline_end(const struct outline *o, size_t i)
{
    return o->t.items[i].offset + o->t.items[i].length;
}

#endif
