/*
 * cursor: a lexer with one token in sight, for recognisers. Only for the sql room.
 *
 * Stops at the first ; outside parentheses that is asked about, and looks through MySQL's code comments.
 */
#ifndef PAWL_SQL_CURSOR_H
#define PAWL_SQL_CURSOR_H

#include "sql/head.h"

struct cursor {
    struct lexer lx;
    struct token t; /* the token in sight */
    size_t behind;  /* where the token before it ended */
};

void cursor_init(struct cursor *c, const struct dialect *dialect, struct slice text);
/* The same from where a lexer stands. */
void cursor_from(struct cursor *c, const struct lexer *lx);
void cursor_step(struct cursor *c);
/* At a ; or behind everything. */
bool cursor_done(const struct cursor *c);
bool cursor_is(const struct cursor *c, const char *lower);
bool cursor_mark(const struct cursor *c, char mark);
bool cursor_eat(struct cursor *c, const char *lower);
bool cursor_eat_mark(struct cursor *c, char mark);
/* Words with one blank between: all are eaten, or none. */
bool cursor_phrase(struct cursor *c, const char *lower);
/* Is the phrase in sight? Eats nothing. */
bool cursor_sees(const struct cursor *c, const char *lower);
/* From ( to behind its ); false if it never closes. Without ( in sight true. */
bool cursor_group(struct cursor *c);
/* One token, or a whole group. */
void cursor_skip(struct cursor *c);
bool cursor_identifier(struct cursor *c, struct slice *name);
/* name or schema.name; false for more parts. */
bool cursor_name(struct cursor *c, struct head_name *name);
/* From the token in sight to the end of the text. */
struct slice cursor_rest(const struct cursor *c);
/* Skips tokens and groups up to the word; false (at the end) if it does not come. */
bool cursor_seek(struct cursor *c, const char *lower);

static inline bool cursor_flag(const struct cursor *c, enum dialect_flag flag)
{
    return dialect_has(c->lx.dialect, flag);
}

#endif
