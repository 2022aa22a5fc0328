/* session: what texts leave behind in the session that runs them. */
#ifndef PAWL_SQL_SESSION_H
#define PAWL_SQL_SESSION_H

#include "sql/head.h"

/*
 * false only for texts of plain statements (CREATE TABLE, CREATE INDEX, INSERT ... VALUES, DROP and the like) without any word
 * by which settings, roles, temporary objects, cursors or prepared statements are made. Looks at words only, so it often
 * says true where nothing happens (ON DELETE SET NULL); what a user's function does inside a plain statement it cannot see.
 */
bool session_is_touched(const struct dialect *d, struct slice text);

/*
 * true only for one statement that does nothing but set something in its session, so that it can be said again in another:
 * SET and RESET (not SET LOCAL), PRAGMA, SELECT set_config(...) alone.
 */
bool session_is_set(const struct dialect *d, struct slice statement);

/*
 * What in a statement lasts as long as the transaction it is in, so that another transaction behind it is without it: for
 * messages, "SET LOCAL"; NULL = nothing. `h` was read from it. By words: true of each set_config(...).
 */
const char *session_ends_with(const struct dialect *d, const struct head *h, struct slice statement);

#endif
