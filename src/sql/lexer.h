/*
 * lexer: the tokens of an SQL text, one after the other, without taking memory.
 *
 * Tokens are ranges of the text. Every byte of the text belongs to exactly one token when `keep` is set; otherwise white
 * space and comments are passed over. The text excludes a byte order mark. It need not be valid SQL: bytes that no
 * engine accepts come as punctuation. The lexer agrees with the engines on where strings, comments and identifiers end,
 * which is all that splitting and recognising need; it is looser on numbers.
 */
#ifndef PAWL_SQL_LEXER_H
#define PAWL_SQL_LEXER_H

#include "sql/dialect.h"

enum token_kind {
    TOKEN_END,    /* at text.n, length 0; for ever */
    TOKEN_ERROR,  /* something that opened at `offset` is never closed; lexer.what says what; then TOKEN_END */
    TOKEN_WORD,   /* keyword or plain identifier */
    TOKEN_QUOTED, /* identifier in quotes, with them */
    TOKEN_STRING, /* any string, bit or dollar-quoted literal, with its prefix and quotes */
    TOKEN_NUMBER,
    TOKEN_PARAMETER,   /* ?1 $1 :name @name; also what psql would replace: :name :'name' :"name" */
    TOKEN_PUNCTUATION, /* one byte, but `::` and `:=`; also the opening and closing of MySQL's code comments */
    TOKEN_COMMENT,     /* only with `keep` */
    TOKEN_SPACE,       /* only with `keep` */
    TOKEN_CLIENT,      /* from a backslash to the end of its line */
};

struct token {
    enum token_kind kind;
    char c; /* first byte */
    size_t offset, length;
};

struct lexer {
    const struct dialect *dialect;
    struct slice text;
    size_t at;        /* where the next token begins; may be moved to any place between tokens */
    size_t code;      /* 1 + where the open code comment begins, or 0 */
    bool keep;        /* yield white space and comments */
    const char *what; /* of the last TOKEN_ERROR: "string", "quoted identifier", "comment", "dollar-quoted string" */
};

void lexer_init(struct lexer *lx, const struct dialect *dialect, struct slice text);
/* false at TOKEN_END and TOKEN_ERROR. */
bool lexer_next(struct lexer *lx, struct token *t);
/* The token's bytes. */
struct slice lexer_slice(const struct lexer *lx, const struct token *t);
/* Is it the unquoted word `lower`, which is written in lower case, in any case of letters? */
bool lexer_word(const struct lexer *lx, const struct token *t, const char *lower);

#endif
