/*
 * rows: are the rows of tables the same?
 *
 * A table's content is the sum of its rows' hashes: the order in which an engine happens to store rows does not count, what
 * stands in them does. 128 bits against accident, not against malice.
 */
#ifndef PAWL_PROOF_ROWS_H
#define PAWL_PROOF_ROWS_H

#include "proof/trial.h"
#include "schema/tables.h"

struct content {
    const struct table *table;
    uint64_t sum[2];
    int64_t rows;
};

struct contents {
    struct content *items; /* in the order of the tables' facts */
    size_t n;
};

/* A table whose rows are others now. */
struct row_change {
    struct slice name;
    int64_t before, after; /* how many */
};

/* Reads all rows of these tables. */
int rows_read(struct trial *tr, struct arena *a, const struct table *tables, size_t n, struct contents *out,
              struct pawl_error *e);
/* Reads all tables that are there now; the facts must be up to date. */
int rows_read_all(struct trial *tr, struct arena *a, struct contents *out, struct pawl_error *e);
bool rows_same(const struct content *x, const struct content *y);
/*
 * Which tables differ? In `a`. Those that are in one of the two only, or have other columns, are passed over: that is a
 * difference of the schema, which is told as such.
 */
int rows_compare(struct arena *a, const struct contents *before, const struct contents *after, struct row_change **out,
                 size_t *n, struct pawl_error *e);

#endif
