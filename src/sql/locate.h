/*
 * locate: from a byte offset to line and column, as an editor counts them.
 *
 * Lines end with LF, CRLF or a lone CR. Both numbers start at 1; columns count characters (UTF-8; a broken byte counts
 * nothing or one), a tab is one. Asking for growing offsets costs each byte once; a smaller offset starts again.
 */
#ifndef PAWL_SQL_LOCATE_H
#define PAWL_SQL_LOCATE_H

#include "base/slice.h"

struct locator {
    struct slice text;
    size_t start; /* where the current line begins */
    uint32_t line;
};

struct place {
    uint32_t line, column;
};

void locator_init(struct locator *l, struct slice text);
/* An offset beyond the text is taken as its end. */
struct place locate(struct locator *l, size_t offset);
/* For a single question. */
struct place locate_once(struct slice text, size_t offset);

#endif
