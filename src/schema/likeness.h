/*
 * likeness: what in a table of SQLite stands for what in one of PostgreSQL.
 *
 * SQLite has few types, and its users write the others in one of them: a uuid as TEXT, a boolean as INTEGER. So what
 * PostgreSQL has a word for and SQLite has not is no difference between them; only what both could say is.
 */
#ifndef PAWL_SCHEMA_LIKENESS_H
#define PAWL_SCHEMA_LIKENESS_H

#include "base/arena.h"

/*
 * The class of a declared type: integer, real, numeric, text, blob, boolean, timestamp, date, time, interval, uuid, json, any
 * (nothing declared), or the type itself. PostgreSQL's are known by their whole names, SQLite's by what is in them, as SQLite does.
 * .p NULL: no memory.
 */
struct slice likeness_class(struct arena *a, struct slice type, bool postgres);
/* Has SQLite no type of this class, so that it needs another one, perhaps with a CHECK? */
bool likeness_foreign(struct slice class);
/* May a column of the first class stand for one of the second? */
bool likeness_classes(struct slice sqlite, struct slice postgres);
/*
 * The same for defaults, as parity writes them: numbers by value, 1 for true, and any expression for any other, since each engine
 * has its own functions.
 */
bool likeness_defaults(struct slice sqlite, struct slice postgres);

#endif
