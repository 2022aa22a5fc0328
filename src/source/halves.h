/*
 * halves: files of other tools that hold their down as well, behind a comment.
 *
 *     -- migrate:down         dbmate (pkg/dbmate/migration.go)
 *     -- +goose Down          goose (internal/sqlparser/parser.go), in any case of letters
 *     -- +migrate Down        sql-migrate
 *     -- Down Migration       node-pg-migrate (sqlMigration.ts), in any case of letters
 *
 * Whoever does not know the mark runs both halves, and what the first one makes is gone again.
 */
#ifndef PAWL_SOURCE_HALVES_H
#define PAWL_SOURCE_HALVES_H

#include "base/slice.h"

/* Where the first such line begins among white space and comments; SIZE_MAX = none. *tool = who writes it so. */
size_t halves_find(struct slice gap, const char **tool);

#endif
