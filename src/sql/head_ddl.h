/* head_ddl: the part of `head` that reads CREATE, DROP, ALTER, COMMENT, GRANT and TRUNCATE. Only for the sql room. */
#ifndef PAWL_SQL_HEAD_DDL_H
#define PAWL_SQL_HEAD_DDL_H

#include "sql/cursor.h"

/*
 * Reads a statement of class HEAD_DDL, from its first word. When it is not surely recognised false comes back and the
 * caller makes it opaque; flags HEAD_OUTSIDE and `why` that were set stay true even then.
 */
bool head_ddl(struct head *h, struct cursor *c);

/* The kind of object whose words are in sight, eaten; HEAD_OBJECT_NONE if none is known. */
enum head_object head_object_words(struct cursor *c);

/* Sets HEAD_OUTSIDE with what the engine will not do inside a transaction. */
static inline void head_outside(struct head *h, const char *why)
{
    h->flags |= HEAD_OUTSIDE;
    h->why = why;
}

#endif
