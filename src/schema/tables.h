/*
 * tables: which tables and columns a schema has, read back from its facts.
 */
#ifndef PAWL_SCHEMA_TABLES_H
#define PAWL_SCHEMA_TABLES_H

#include "schema/facts.h"

struct table {
    struct slice schema; /* "" where it need not be said */
    struct slice name;
    struct slice *columns; /* in their order */
    size_t n_columns;
    bool is_virtual; /* SQLite: a module makes its rows; its columns are not known here, and reading it may fail */
};

/* All tables that have rows of their own (foreign ones have not), virtual ones last; texts are copied into `a`. */
int tables_read(struct facts *f, struct arena *a, struct table **out, size_t *n, struct pawl_error *e);

#endif
