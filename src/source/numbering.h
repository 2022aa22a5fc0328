/*
 * numbering: how a set counts its versions, what is odd about it, and what the next version is.
 */
#ifndef PAWL_SOURCE_NUMBERING_H
#define PAWL_SOURCE_NUMBERING_H

#include "model/migration.h"
#include "source/findings.h"

/* What the file name of an up said beside the version. */
struct numbering_item {
    int digits;
    bool dated;
    bool split_suffix;
};

/*
 * Fills in set->numbering, split_suffix and width, and reports gaps and mixed numbering. `items` is parallel to set->items.
 * Sequential numbers may go in steps (10, 20, 30): a gap is what is wider than their common step. Dates have no gaps.
 */
void numbering_read(struct migration_set *set, const struct numbering_item *items, struct findings *findings);

#endif
