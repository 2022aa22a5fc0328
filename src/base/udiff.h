/*
 * udiff: the difference of two texts, line by line, in the unified format that patch and git read.
 *
 * Three lines of context. A line without its end is marked as diff does. Texts whose middle parts are both very long are told
 * as one replacement.
 */
#ifndef PAWL_BASE_UDIFF_H
#define PAWL_BASE_UDIFF_H

#include "base/strbuf.h"

/* Adds "--- name", "+++ name" and the hunks; nothing if the texts are equal. false: no memory. */
bool udiff(struct strbuf *b, struct slice name, struct slice before, struct slice after);

#endif
