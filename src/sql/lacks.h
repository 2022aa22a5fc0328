/*
 * lacks: which statements an engine has no words for, although pawl runs them there.
 *
 * Pure text: it is known before anything is sent. Whether such a statement must really be carried out otherwise, and how, is
 * for schema/emulate to say, which asks the catalog.
 */
#ifndef PAWL_SQL_LACKS_H
#define PAWL_SQL_LACKS_H

#include "sql/head.h"

enum lack {
    LACK_NOTHING,
    LACK_GUARD,   /* IF EXISTS, IF NOT EXISTS or ONLY where the engine does not know it */
    LACK_REBUILD, /* it may take a new table in place of the old one, so foreign keys must be off before BEGIN */
};

/* `h` was read from `sql`, one statement. */
enum lack lack_of(const struct dialect *d, const struct head *h, struct slice sql);

/* Is it about what belongs to the whole server and not to one database: roles and memberships, databases, tablespaces? */
bool lack_wide(const struct dialect *d, const struct head *h, struct slice sql);
/* Does it make a role: by CREATE ROLE, USER or GROUP, or as a block whose text says so? */
bool lack_role(const struct dialect *d, const struct head *h, struct slice sql);

/*
 * Can SQLite's own ADD COLUMN take this definition (what follows the column's name), whatever the table holds? It refuses keys,
 * NOT NULL without a default, defaults that are not constant, and stored expressions.
 */
bool lack_adds_itself(const struct dialect *d, struct slice definition);

#endif
