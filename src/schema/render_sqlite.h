/*
 * render_sqlite: what the renderer of SQLite's schemas shares among its files.
 */
#ifndef PAWL_SCHEMA_RENDER_SQLITE_H
#define PAWL_SCHEMA_RENDER_SQLITE_H

#include "schema/item.h"
#include "schema/phrase.h"
#include "schema/render.h"

struct lite_table {
    struct slice name;
    struct item *head, *order, *primary_key; /* facts `table`, `columns`, `primary-key`; NULL = none */
    struct item **columns;                   /* in their order */
    size_t n_columns;
    struct item **constraints; /* unique, check, foreign-key, as they come */
    size_t n_constraints;
};

/* An index, view, trigger, virtual table, or text that could not be read. */
struct lite_object {
    struct item *item;
    struct slice name, on; /* on: the table of an index or trigger */
    bool drop, create;     /* in a plan */
};

struct lite_schema {
    struct item *items;
    size_t n_items;
    struct lite_table *tables;
    size_t n_tables;
    struct lite_object *objects;
    size_t n_objects;
};

enum lite_fate { TABLE_KEPT, TABLE_GONE, TABLE_NEW, TABLE_REBUILT, TABLE_ALTERED };

struct lite_plan {
    struct arena *a;
    const struct render_options *o;
    struct rendering *out;
    struct lite_schema from, to;
    enum lite_fate *from_fate, *to_fate; /* by table */
    struct strbuf b;
};

int lite_read(struct arena *a, const struct slice *lines, size_t n, struct lite_schema *out, struct pawl_error *e);
/* Without the case of letters, as SQLite compares names; NULL = there is none. */
struct lite_table *lite_table(const struct lite_schema *s, struct slice name);
struct item *lite_column(const struct lite_table *t, struct slice name);

/* The object with that key; NULL = there is none. */
struct lite_object *lite_object(const struct lite_schema *s, struct slice key);

/* Fills in what becomes of each table, and which objects are dropped and created. */
int lite_decide(struct lite_plan *p, struct pawl_error *e);
bool lite_has_fate(const struct lite_plan *p, struct slice table, enum lite_fate fate);

/* CREATE TABLE under that name. */
void lite_create_table(struct arena *a, struct strbuf *b, const struct lite_table *t, struct slice name, bool if_not);
/* A column as in CREATE TABLE, with the constraints that stand at it. */
void lite_column_clause(struct arena *a, struct strbuf *b, const struct lite_table *t, const struct item *column);
/* CREATE INDEX, VIEW, TRIGGER, VIRTUAL TABLE; false: cannot be written from its fact. */
bool lite_create_object(struct arena *a, struct strbuf *b, const struct lite_schema *s, const struct lite_object *o,
                        bool if_not);
/* Does the constraint stand at this column? */
bool lite_at_column(struct arena *a, const struct lite_table *t, const struct item *constraint,
                    const struct item *column);
/* Is the name one of the identifiers in the text? */
bool lite_mentions(struct arena *a, struct slice text, struct slice name);

#endif
