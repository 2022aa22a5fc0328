/*
 * named: which fact is that of the object that a statement names?
 */
#ifndef PAWL_SCHEMA_NAMED_H
#define PAWL_SCHEMA_NAMED_H

#include "schema/item.h"
#include "sql/head.h"

/* The kinds of facts that the objects of its name space have, up to NULL: a view is in the way of a table. */
const char *const *named_kinds(enum head_object object);
/* Names without quotes, folded already where the engine tells letters apart. */
bool named_alike(struct slice part, struct slice name);
/*
 * `on`: the table of a column or constraint, or of a trigger or policy where the fact has one; of others it is not looked at, nor is a
 * schema.
 */
bool named_is(const struct item *it, enum head_object object, struct slice name, struct slice on);

#endif
