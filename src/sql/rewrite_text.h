/* rewrite_text: what the parts of `rewrite` share: building forms, blocks and conditions. Only for the sql room. */
#ifndef PAWL_SQL_REWRITE_TEXT_H
#define PAWL_SQL_REWRITE_TEXT_H

#include "sql/cursor.h"
#include "sql/quote.h"
#include "sql/rewrite.h"
#include "sql/unnamed.h"

#define REWRITE_TEXT ((size_t)16 << 20)

struct rewriter {
    struct arena *a;
    const struct dialect *d;
    uint32_t guards;
    const struct rewrite_known *known;
    struct slice sql; /* the statement */
    struct head h;
    struct rewrites *out;
    unsigned strength; /* of the forms that are added */
    bool nomem;
};

static inline bool can(const struct rewriter *w, enum dialect_guard guard)
{
    return (w->guards & (uint32_t)guard) != 0;
}

/* A form, unless the text failed or is there already; empties b. */
void rewriter_add(struct rewriter *w, struct strbuf *b, const char *what);
/* The statement with `text` in front of the byte at `at`, a place in it. */
void rewriter_insert(struct rewriter *w, const char *at, struct slice text, const char *what);
/* A block that runs the statements, made of w->sql, (without the last ;) if the condition holds. Fails b if it cannot hold them. */
void block(struct rewriter *w, struct strbuf *b, const struct strbuf *condition, struct slice statements);
/* The same as a form. */
void rewriter_block(struct rewriter *w, const struct strbuf *condition, struct slice statements, const char *what);

/* Conditions, each behind an AND if something stands there. Names as written. */
void when_relation(struct rewriter *w, struct strbuf *c, const struct head_name *name, bool is);
void when_column(struct rewriter *w, struct strbuf *c, const struct head_name *table, struct slice column, bool is);
void when_constraint(struct rewriter *w, struct strbuf *c, const struct head_name *table, struct slice name, bool is);
void when_type(struct rewriter *w, struct strbuf *c, const struct head_name *name, bool is);
/* A row of a catalog: [NOT] EXISTS (SELECT FROM `from` AND `column` = 'name'); `table` (may be NULL) goes where %t stands. */
void when_row(struct rewriter *w, struct strbuf *c, const char *from, const struct head_name *table, struct slice name,
              bool is);
/* schema.name as written. */
void written(struct strbuf *b, const struct head_name *name);
/* The first table of schema.name or name that stands where? Where it begins in the statement. */
static inline const char *begins(const struct head_name *n)
{
    return n->schema.n ? n->schema.p : n->name.p;
}

/* rewrite_alter, rewrite_data */
void rewrite_alter(struct rewriter *w);
void rewrite_insert(struct rewriter *w);
void rewrite_change(struct rewriter *w);
/* The names in parentheses that are plain columns; for `from` at (. Adds a condition for each. */
void when_columns(struct rewriter *w, struct strbuf *c, const struct head_name *table, struct cursor from, bool is);

#endif
