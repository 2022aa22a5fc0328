/*
 * calls: what a statement calls, as far as its words show. A name in front of a parenthesis is a call; so a type with a length and a
 * table with its columns look like one, too.
 */
#ifndef PAWL_SQL_CALLS_H
#define PAWL_SQL_CALLS_H

#include "sql/cursor.h"

/* Is there a call from here to the end of the group or statement? Only for the sql room. */
bool calls_any(struct cursor c);
/*
 * Does a statement about rows call nothing but functions of the engine that a rollback takes back? What is not surely one of
 * them counts as something else: PostgreSQL's setval() and dblink() outlive the transaction, and a user's function may call them.
 */
bool calls_only_harmless(const struct dialect *dialect, struct slice text);

#endif
