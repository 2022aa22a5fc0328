/*
 * journal: what scans did to a set of lines and its units, so that it can be taken back exactly.
 *
 * Only kept while somebody may want to go back. Lines and units that scans removed belong to it.
 */
#ifndef PAWL_SCHEMA_JOURNAL_H
#define PAWL_SCHEMA_JOURNAL_H

#include "schema/lines.h"

struct unit {
    uint64_t id, stamp;
    struct line **lines;
    uint32_t n;
    uint32_t seen; /* == facts.round: kept by this scan */
    bool stale;    /* lost lines to a rollback: its stamp means nothing */
};

struct journal {
    struct vec scans; /* struct journal_scan */
};

/*
 * One scan more, with room for its edits, for so many units removed and so many made. Then journal_add cannot fail for it.
 * false: no memory, and nothing has changed.
 */
bool journal_begin(struct journal *j, const struct vec *edits, size_t removed, size_t made);
/* The last scan removed the unit, which belongs to the journal now; made one. */
void journal_removed(struct journal *j, const struct unit *u);
void journal_made(struct journal *j, uint64_t id);
/* Takes the last scan back. `edits` is room to work in, and empty. false: no memory; then the set is good for nothing. */
bool journal_undo(struct journal *j, struct vec *lines, struct vec *units, struct vec *edits, uint32_t round);
/* Forgets all. */
void journal_clear(struct journal *j);

#endif
