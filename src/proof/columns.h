/*
 * columns: the columns that a table has behind a step, as a proof has seen them, for texts that do not name them.
 *
 * A table that the step drops has those that it had in front of it. A name without schema is that of the table that changed last;
 * whoever takes the columns for those of a statement proves what comes of it.
 */
#ifndef PAWL_PROOF_COLUMNS_H
#define PAWL_PROOF_COLUMNS_H

#include "proof/told.h"
#include "sql/rewrite.h"

struct columns_known {
    struct arena *a;
    const struct told_set *told; /* the first engine that knows the table answers */
    size_t k;                    /* the step */
};

/* For struct rewrite_known; the context is a struct columns_known. */
bool columns_known(void *context, const struct head_name *table, size_t n, struct strbuf *out);

#endif
