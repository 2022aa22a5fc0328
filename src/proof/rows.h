/*
 * rows: are the rows of tables the same?
 *
 * A table's content is the sum of its rows' hashes: the order in which an engine happens to store rows does not count, what
 * stands in them does. 128 bits against accident, not against malice.
 */
#ifndef PAWL_PROOF_ROWS_H
#define PAWL_PROOF_ROWS_H

#include "proof/trial.h"

struct content {
    struct slice key; /* of the table's fact: "table users" */
    uint64_t sum[2];
    int64_t rows;
};

struct contents {
    struct content *items; /* by key */
    size_t n;
};

/* Keys of all tables that are there, from the facts, in `a`. Call trial_refresh first. */
int rows_tables(struct trial *tr, struct arena *a, struct slice **keys, size_t *n, struct pawl_error *e);
/* Reads the tables with these keys that exist; those that do not are passed over. */
int rows_read(struct trial *tr, struct arena *a, const struct slice *keys, size_t n, struct contents *out,
              struct pawl_error *e);
/* Which tables that are in both differ? Names as the facts write them, in `a`. */
int rows_compare(struct arena *a, const struct contents *before, const struct contents *after, struct slice **tables,
                 size_t *n, struct pawl_error *e);

#endif
