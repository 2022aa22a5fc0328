/*
 * phrase: SQL being written from pieces, each quoted as what it is. Failure of the buffer is sticky, as ever.
 */
#ifndef PAWL_SCHEMA_PHRASE_H
#define PAWL_SCHEMA_PHRASE_H

#include "base/arena.h"
#include "base/strbuf.h"

#define PHRASE_MAX (256u << 20)

#define PHRASE(name) STRBUF(name, PHRASE_MAX)

/*
 * Like printf, with these and nothing else:
 *
 *     %n  struct slice: a name, in quotes only where it needs them (words that either engine keeps for itself do)
 *     %q  two of them: schema.name; without the schema if that is empty
 *     %s  struct slice: SQL as it is
 *     %l  struct slice: a string literal, in the form that all engines read
 *     %z  const char *: words of our own
 */
void phrase_add(struct strbuf *b, const char *format, ...);
void phrase_name(struct strbuf *b, struct slice name);
/* What it holds as a copy; .p NULL = no memory. */
struct slice phrase_keep(struct arena *a, const struct strbuf *b);

#endif
