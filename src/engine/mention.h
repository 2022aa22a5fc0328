/*
 * mention: do the texts of a set name anything that is in a database?
 *
 * If no word of any up text is the name of a table, view, type or function that is there, nothing that is there came from the
 * set, and nothing that the set does can touch it: then nobody has to rehearse to know that the set has not begun. Words
 * inside strings and bodies count too. Names that a text puts together while it runs are the one thing that this cannot see.
 */
#ifndef PAWL_ENGINE_MENTION_H
#define PAWL_ENGINE_MENTION_H

#include "engine/run.h"

/* `lines`: all facts of the live schema. Reads all up texts. */
int mention_any(const struct run *r, const struct slice *lines, size_t n, bool *out, struct pawl_error *e);
/* The same for one up text and things of every kind: may one of these lines have been left behind by half of it? */
int mention_in(const struct migration *m, const struct slice *lines, size_t n, bool *out, struct pawl_error *e);
/* Of names, as they are called in the catalog: mentions[i] becomes true if the up text has the (first) word of the i-th. */
int mention_names(const struct migration *m, const struct slice *names, size_t n, bool *mentions, struct pawl_error *e);

#endif
