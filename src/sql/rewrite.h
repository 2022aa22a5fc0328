/*
 * rewrite: the forms of one statement that can be said twice, from mild to strong. Pure text.
 *
 * A form does on its first run what the statement does, and is meant to do nothing on a second one. Whether that holds is not
 * known here: what a statement does depends on what stands around it, so whoever takes a form proves it (proof/fix). Layout
 * and comments stay; what is added names things as the text does, or in quotes.
 *
 *   IF [NOT] EXISTS, OR REPLACE, ON CONFLICT DO NOTHING    where the engine has the words
 *   DROP .. IF EXISTS; CREATE ..                           where nothing but the object itself can be lost
 *   DO $guard$ .. IF (the catalog says it is still to be done) THEN ..; END IF; $guard$
 *   the same, with what the statement needs: a table or column that a later version may take away
 *
 * An ALTER TABLE of several actions is split where they need guards of their own; an unnamed index or constraint gets the
 * name that the engine would make up. Facts: PostgreSQL's gram.y and indexcmds.c (12 to 18), SQLite's parse.y (3.40).
 */
#ifndef PAWL_SQL_REWRITE_H
#define PAWL_SQL_REWRITE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "sql/head.h"

#define REWRITE_MAX 8
#define REWRITE_WHERE_NOT_EXISTS \
    "WHERE NOT EXISTS" /* the form that inserts each row of VALUES unless one with its literals is there */

#define REWRITE_WHERE_NO_TEXT \
    "WHERE NOT EXISTS, as text" /* the same, with what looks like JSON or XML compared as text */

struct rewrite_form {
    struct slice sql; /* stands in place of the statement; may be several, without the last terminator */
    const char *what; /* for people: "IF NOT EXISTS" */
    unsigned
        strength; /* of the forms of an INSERT: the lower, the milder, also compared with those of another INSERT */
};

struct rewrites {
    struct rewrite_form forms[REWRITE_MAX];
    size_t n;
};

/* What is known of the tables that statements name. */
struct rewrite_known {
    /* Adds the first n columns of the table (all, if it has fewer), quoted, with commas; false if they are not known. */
    bool (*columns)(void *context, const struct head_name *table, size_t n, struct strbuf *out);
    void *context;
};

/*
 * `guards`: what all engines have that read the statement (enum dialect_guard). `known` may be NULL. No form at all is PAWL_OK.
 * Texts are in `a`. Fails only for want of memory.
 */
int rewrite_forms(struct arena *a, const struct dialect *dialect, uint32_t guards, const struct rewrite_known *known,
                  struct slice statement, struct rewrites *out, struct pawl_error *e);

/* Can the statement stand in a block? Not with a ; of its own (BEGIN ATOMIC), which would end it there, or the block's quotes. */
bool rewrite_fits(const struct dialect *dialect, struct slice statement);

/* ---- a guard around a whole text ---------------------------------------------------------------------------------- */

/* A SELECT that a block can have as PERFORM, its first word replaced: not WITH, VALUES, TABLE, or one in parentheses. */
bool rewrite_performs(struct slice statement);

/*
 * One block around all statements of `sql` (from `first` to behind the last one's terminator, `last`), which does nothing if
 * `done` is true. A SELECT becomes PERFORM. `out` has n = 0 where a block cannot hold the text: it has the block's own quotes.
 * That it has no statement which means something else in there (transactions, other queries) is for the caller to see to.
 */
int rewrite_once(struct arena *a, const struct dialect *dialect, struct slice sql, size_t first, size_t last,
                 struct slice done, struct slice *out, struct pawl_error *e);

/* Conditions for rewrite_once, with names as they are, not as written. */
void rewrite_when_relation(struct strbuf *b, const struct dialect *d, struct slice schema, struct slice name, bool is);
void rewrite_when_column(struct strbuf *b, const struct dialect *d, struct slice schema, struct slice table,
                         struct slice column, bool is);
void rewrite_when_constraint(struct strbuf *b, const struct dialect *d, struct slice schema, struct slice table,
                             struct slice constraint, bool is);
void rewrite_when_type(struct strbuf *b, const struct dialect *d, struct slice schema, struct slice name, bool is);

#endif
