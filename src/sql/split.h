/*
 * split: the statements of a text as byte ranges, without taking memory.
 *
 * The truth is what each engine's own parser takes as one statement: SQLite's sqlite3_prepare_v2, PostgreSQL's grammar,
 * MySQL's client. So ; does not end a statement inside the body of a SQLite trigger or of a BEGIN ATOMIC routine, inside
 * parentheses on PostgreSQL (CREATE RULE), or inside a MySQL compound body. Empty statements are passed over. The text
 * excludes a byte order mark; a statement that the end of the text ends needs no terminator.
 *
 *     struct splitter s;
 *     struct statement st;
 *     split_init(&s, &dialect_sqlite, text);
 *     while ((r = split_next(&s, &st, e)) == SPLIT_STATEMENT)
 *         ...
 */
#ifndef PAWL_SQL_SPLIT_H
#define PAWL_SQL_SPLIT_H

#include "base/err.h"
#include "sql/lexer.h"

enum statement_kind {
    STATEMENT_SQL,
    STATEMENT_COPY,   /* COPY .. FROM stdin with its data */
    STATEMENT_CLIENT, /* a line for psql, sqlite3 or mysql; no engine understands it */
};

struct statement {
    enum statement_kind kind;
    size_t offset, length;           /* first to last token: no terminator, no comments or space around it */
    size_t end;                      /* behind the terminator (COPY: behind the line that ends the data) */
    size_t data_offset, data_length; /* COPY: the data lines with their line ends, without the final \. line */
    bool terminated;                 /* by a terminator, not by the end of the text or a client line */
    bool has_variable;               /* contains something that psql would replace, outside [] */
    size_t variable;                 /* where the first such variable stands */
};

enum split_result { SPLIT_ERROR = -1, SPLIT_END = 0, SPLIT_STATEMENT = 1 };

struct splitter {
    struct lexer lx;
    struct slice delimiter; /* ; or what a DELIMITER line said */
    size_t error;           /* after SPLIT_ERROR: the offset where it opened */
};

void split_init(struct splitter *s, const struct dialect *dialect, struct slice text);
/*
 * After SPLIT_ERROR *e has PAWL_SOURCE with line and column (the caller adds the file) of what is never closed, and
 * the next call gives SPLIT_END. psql's \restrict and \unrestrict lines, which newer dumps carry, are passed over.
 */
enum split_result split_next(struct splitter *s, struct statement *st, struct pawl_error *e);

/* Only asks whether the text has a statement at all. A text with a lexical error has one. */
bool split_any(const struct dialect *dialect, struct slice text);

#endif
