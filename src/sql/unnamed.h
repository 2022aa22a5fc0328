/*
 * unnamed: the names that PostgreSQL makes up for what is made without one, as long as nothing else has them
 * (ChooseIndexName, ChooseConstraintName). false where it would shorten them, or where they cannot be told from the text.
 */
#ifndef PAWL_SQL_UNNAMED_H
#define PAWL_SQL_UNNAMED_H

#include "base/strbuf.h"
#include "sql/head.h"

/* Of CREATE INDEX ON t (..): table_column_column_idx. h: as head_read made it of `sql`. */
bool unnamed_index(const struct dialect *d, const struct head *h, struct slice sql, struct strbuf *b);
/* Of an ALTER TABLE `table` ADD UNIQUE, FOREIGN KEY or CHECK: table_column_key, table_column_fkey, table_column_check. */
bool unnamed_constraint(const struct dialect *d, struct slice table, const struct head_part *p, struct strbuf *b);

#endif
