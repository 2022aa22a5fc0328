/*
 * shorten: generated statements without the schema that an engine looks into first. Pure text.
 *
 * Whether the short names still mean what the long ones meant depends on the search path, on temporary tables, and on what
 * the engine brings along; whoever uses the text proves it.
 */
#ifndef PAWL_SQL_SHORTEN_H
#define PAWL_SQL_SHORTEN_H

#include "base/arena.h"
#include "sql/dialect.h"

/*
 * `sql` with names like public.users as users, also in the code of a DO block and for to_regclass, but not in other strings and bodies. In `a`, or `sql`
 * itself where there is nothing to leave out or no memory.
 */
struct slice shorten(struct arena *a, const struct dialect *d, struct slice sql);

#endif
