/*
 * numbering: how a set counts its versions, what is odd about it, and what the next version is.
 */
#ifndef PAWL_SOURCE_NUMBERING_H
#define PAWL_SOURCE_NUMBERING_H

#include "model/migration.h"
#include "source/findings.h"
#include "source/name.h"

/* What the file name of an up says. */
struct numbering_item {
    int64_t version;
    int digits;
    bool dated;
    bool split_suffix;
};

struct numbering_item numbering_item_of(const struct name *name);

/* How a folder numbers and names its files. */
struct manner {
    enum numbering numbering;
    bool split_suffix; /* the newest up ends in .up.sql */
    int width;         /* digits of sequential numbers, 0 if they vary */
    int64_t step;      /* of sequential numbers: 1, or 5, 10, 100, ... if all are multiples of that */
};

/* `items` by version. */
struct manner manner_of(const struct numbering_item *items, size_t n);

/*
 * Fills in set->numbering, split_suffix and width, and reports gaps and mixed numbering. `items` is parallel to
 * set->items. Where numbers go in steps, a gap is what is wider than a step. Dates have no gaps.
 */
void numbering_read(struct migration_set *set, const struct numbering_item *items, struct findings *findings);

#endif
