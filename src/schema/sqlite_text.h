/*
 * sqlite_text: the statements in sqlite_schema.sql as arrays of tokens, and any range of tokens as text in one spelling.
 *
 * SQLite keeps the text of CREATE statements and offers no other way to CHECK constraints, names of constraints, collations
 * and conflict clauses. The one spelling: no comments, single spaces in fixed places, identifiers without quotes where they
 * need none, else in double quotes. The case of letters is kept. Keywords are those of SQLite 3.40 (sqlite3_keyword_name),
 * and stay as they are on newer versions: a keyword more only means a quote more.
 */
#ifndef PAWL_SCHEMA_SQLITE_TEXT_H
#define PAWL_SCHEMA_SQLITE_TEXT_H

#include "base/arena.h"
#include "base/strbuf.h"
#include "sql/lexer.h"

/* The tokens of one statement; operators of several bytes are one token. */
struct tokens {
    struct arena *arena; /* for all texts made from it */
    struct slice text;
    struct token *items; /* [n] is a TOKEN_END */
    size_t n;
    bool failed; /* no memory */
    bool broken; /* the lexer met something unterminated */
};

/* false: no memory. */
bool tokens_read(struct tokens *t, struct arena *a, struct slice sql);
/* The same for a text in another spelling. */
bool tokens_read_as(struct tokens *t, struct arena *a, const struct dialect *dialect, struct slice sql);

/* Is token i the plain word, given in lower case? */
bool tokens_word(const struct tokens *t, size_t i, const char *lower);
/* Is it the one-byte punctuation? */
bool tokens_is(const struct tokens *t, size_t i, char c);
/* Behind the parenthesis that closes the one at i; t->n if none does. */
size_t tokens_group_end(const struct tokens *t, size_t i);
/* The first `,` or `)` outside inner parentheses at or behind i, at most `end`. */
size_t tokens_item_end(const struct tokens *t, size_t i, size_t end);
/* Can it be a name: word, quoted identifier or, as SQLite has it, a string? */
bool tokens_is_name(const struct tokens *t, size_t i);
/* The name that token i stands for. An empty slice if there is no memory (t->failed) or it is none. */
struct slice tokens_name(struct tokens *t, size_t i);
/* Tokens from..to (exclusive) in the one spelling. */
struct slice tokens_text(struct tokens *t, size_t from, size_t to);
/* The same with pairs of parentheses around the whole left out. */
struct slice tokens_inner(struct tokens *t, size_t from, size_t to);
/* The same as tokens_text, but quotes are left as they are. */
struct slice tokens_verbatim(struct tokens *t, size_t from, size_t to);

/* Is it one of SQLite's keywords, in any case of letters? */
bool sqlite_keyword(struct slice s);
/* A copy of what the buffer holds. */
struct slice tokens_keep(struct tokens *t, const struct strbuf *b);

#endif
