/*
 * sqlite_facts: from the text of a CREATE statement, as sqlite_schema keeps it, to facts. docs/facts.md has the kinds.
 *
 * Nothing is lost in silence: what these readers do not know goes into the fact as text (`unread`).
 */
#ifndef PAWL_SCHEMA_SQLITE_FACTS_H
#define PAWL_SCHEMA_SQLITE_FACTS_H

#include "schema/introspect.h"
#include "schema/sqlite_text.h"

enum sqlite_kind { SQLITE_KIND_TABLE, SQLITE_KIND_VIRTUAL, SQLITE_KIND_INDEX, SQLITE_KIND_VIEW, SQLITE_KIND_TRIGGER };

/* One object being read. */
struct sqlite_object {
    struct scan *scan;
    struct fact *fact; /* the fact being written */
    struct fact *list; /* a list being made for it */
    struct tokens *t;
    enum sqlite_kind kind;
    bool unique; /* CREATE UNIQUE INDEX */
    struct slice name;
    size_t at; /* the token behind the name */
};

/* Reads the head: CREATE kind name. false: none of the kinds, or no memory (o->t->failed). */
bool sqlite_object_head(struct sqlite_object *o);
/* Puts the object's facts. */
int sqlite_object_facts(struct sqlite_object *o, struct pawl_error *e);
int sqlite_table_facts(struct sqlite_object *o, struct pawl_error *e);

/* Adds one column of a key or index, tokens from..to, to o->list: name or expression, collation, order. */
void sqlite_key_item(struct sqlite_object *o, size_t from, size_t to);
/* o->list becomes the keys inside the parenthesis at `open`; returns the token behind the closing one. */
size_t sqlite_key_list(struct sqlite_object *o, size_t open);
/* Puts o->fact, or says that there is no memory. */
int sqlite_put(struct sqlite_object *o, struct pawl_error *e);

#endif
