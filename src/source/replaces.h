/*
 * replaces: which migrations a baseline stands for, as lines at the head of its up text.
 *
 *     -- pawl: replaces 1 2f1c8e0a9b3d4c5e6f708192a3b4c5d6 init
 *     -- pawl: replaces 2 0011223344556677889900aabbccddee add users
 *
 * One line for each migration whose file was squashed: its version, the first 16 bytes of its checksum, and, for people, its
 * description. Versions ascend; the last one is the baseline's own. A line with the version of the line above it is a
 * baseline that stood there in between: its row in a ledger is as good as the rows of all lines above. All lines stand
 * before the first statement.
 */
#ifndef PAWL_SOURCE_REPLACES_H
#define PAWL_SOURCE_REPLACES_H

#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "model/migration.h"

/* Does the head of a text, as far as it is at hand, have such a line? */
bool replaces_any(struct slice head);

/* Where a list cannot be used; line = 0: it can. */
struct replaces_fault {
    uint32_t line;
    const char *why;
};

/* The list of a text (with or without byte order mark) that is the up text of `version`; PAWL_NOMEM is the only error. */
int replaces_read(struct arena *a, struct slice text, int64_t version, const struct replaced **out, size_t *n,
                  struct replaces_fault *fault, struct pawl_error *e);

/*
 * The lines for a baseline that stands for the first n migrations of a set; where one of them is a baseline, for all that it
 * stands for, too. Check the strbuf.
 */
void replaces_write(struct strbuf *b, const struct migration *items, size_t n);

#endif
