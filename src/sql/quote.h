/*
 * quote: names and literals as an engine reads them.
 *
 * Names always go in quotes, so no list of reserved words is needed. Literals are for scripts that people run; pawl
 * itself sends values as parameters. Failure of the buffer is sticky, as ever; nothing else can fail.
 */
#ifndef PAWL_SQL_QUOTE_H
#define PAWL_SQL_QUOTE_H

#include "base/arena.h"
#include "base/strbuf.h"
#include "sql/dialect.h"

void quote_identifier(struct strbuf *b, const struct dialect *d, struct slice name);
/* schema.name; an empty schema is left out. */
void quote_qualified(struct strbuf *b, const struct dialect *d, struct slice schema, struct slice name);
void quote_literal(struct strbuf *b, const struct dialect *d, struct slice value);
/*
 * The name that an identifier as written in a text stands for: quotes taken off, doubled quotes made one, an unquoted
 * one folded, one that is too long for the engine cut as the engine cuts it. false (and nothing added) for U&"..",
 * whose escapes are not read, and for what is no identifier.
 */
bool quote_strip(struct strbuf *b, const struct dialect *d, struct slice written);
/* The same in the arena; n = 0 for what is none. .p NULL: no memory. */
struct slice quote_name(struct arena *a, const struct dialect *d, struct slice written);

#endif
