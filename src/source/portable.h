/*
 * portable: what in a set of migrations is bound to one engine, found in its texts before any of it runs.
 *
 * The findings unportable-placeholder, unportable-time and unportable-trigger, which are off unless somebody turns them on.
 * They are looked for on the tokens of each statement, up and down, so never in strings and comments. A statement that
 * `-- pawl: only ENGINE` keeps from SQLite or from PostgreSQL is meant as it is.
 */
#ifndef PAWL_SOURCE_PORTABLE_H
#define PAWL_SOURCE_PORTABLE_H

#include "base/err.h"
#include "model/migration.h"
#include "model/report.h"
#include "sql/dialect.h"

/*
 * Reads the texts as this engine does (driver name and dialect). Files that cannot be read or split are passed over: the proofs say what
 * is wrong with them. PAWL_NOMEM is the only error.
 */
int portable_check(const struct migration_set *set, const char *engine, const struct dialect *dialect,
                   struct report *report, struct pawl_error *e);

#endif
