/*
 * annotate: the directives that a migration carries in comments of its own.
 *
 *     -- pawl: repeatable              run again whenever its text changes
 *     -- pawl: lock_timeout = 5s       how long a statement may wait for a lock (ms, s, min)
 *     -- pawl: only postgres           for these engines alone (names with commas or spaces between them)
 *     -- pawl: replaces 1 2f1c..       a baseline, and what it stands for: see source/replaces
 *
 * A directive is a `--` comment that stands alone on its line. All but `only` belong to the file and stand before its first
 * statement. `only` belongs to the statement on the next line; before the first statement and
 * followed by an empty line it belongs to the whole file. Where comments may stand in between, empty lines may not.
 */
#ifndef PAWL_SOURCE_ANNOTATE_H
#define PAWL_SOURCE_ANNOTATE_H

#include "sql/dialect.h"

enum annotation_kind {
    ANNOTATION_NONE, /* an ordinary comment */
    ANNOTATION_ONLY,
    ANNOTATION_REPEATABLE,
    ANNOTATION_LOCK_TIMEOUT,
    ANNOTATION_REPLACES,
    ANNOTATION_UNKNOWN,
};

struct annotation {
    enum annotation_kind kind;
    unsigned engines;     /* ONLY: a bit for each, see annotate_engine */
    int64_t milliseconds; /* LOCK_TIMEOUT */
    const char *why;      /* UNKNOWN: what is wrong with it */
};

/* Reads one comment, from its first byte to its end (a line end may be part of it). */
void annotate_read(struct slice comment, struct annotation *out);
/* Can there be a directive in the text at all? A quick look, so that others cost nothing. */
bool annotate_any(struct slice text);

/* The bit of an engine by its driver's name; 0 for one that directives do not know. */
unsigned annotate_engine(struct slice name);
/* How the first of these engines spells its texts; NULL if there is none. */
const struct dialect *annotate_dialect(unsigned engines);

#endif
