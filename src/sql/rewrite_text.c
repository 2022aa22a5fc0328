#include "sql/rewrite_text.h"

#include "sql/split.h"

#define TAG "$guard$"

/* ---- forms --------------------------------------------------------------------------------------------------------- */

void rewriter_add(struct rewriter *w, struct strbuf *b, const char *what)
{
    struct slice text = strbuf_slice(b);
    bool known = !strbuf_ok(b) || text.n == 0 || w->out->n == REWRITE_MAX || slice_eq(text, w->sql);
    for (size_t i = 0; i < w->out->n; i++)
        known = known || slice_eq(text, w->out->forms[i].sql);
    if (!known) {
        struct slice copy = arena_dup(w->a, text);
        w->nomem |= !copy.p;
        w->out->forms[w->out->n++] = (struct rewrite_form){copy, what, w->strength};
    }
    strbuf_reset(b);
}

void rewriter_insert(struct rewriter *w, const char *at, struct slice text, const char *what)
{
    STRBUF(b, REWRITE_TEXT);
    size_t offset = (size_t)(at - w->sql.p);
    strbuf_add(&b, slice_sub(w->sql, 0, offset));
    strbuf_add(&b, text);
    strbuf_add(&b, slice_sub(w->sql, offset, w->sql.n));
    rewriter_add(w, &b, what);
}

bool rewrite_fits(const struct dialect *dialect, struct slice statement)
{
    struct lexer lx;
    struct token t;
    lexer_init(&lx, dialect, statement);
    while (lexer_next(&lx, &t))
        if (t.kind == TOKEN_PUNCTUATION && t.c == ';')
            return false;
    return t.kind == TOKEN_END && slice_find(statement, SLICE(TAG)) == SIZE_MAX;
}

static void wrap(struct strbuf *b, struct slice condition, struct slice statements)
{
    strbuf_addz(b, "DO " TAG "\nBEGIN\n    IF ");
    strbuf_add(b, condition);
    strbuf_addz(b, " THEN\n        ");
    strbuf_add(b, statements);
    strbuf_addz(b, ";\n    END IF;\nEND\n" TAG);
}

void block(struct rewriter *w, struct strbuf *b, const struct strbuf *condition, struct slice statements)
{
    bool fits = strbuf_ok(condition) && condition->n && can(w, GUARD_BLOCK) && !head_has(&w->h, HEAD_OUTSIDE) &&
                rewrite_fits(w->d, w->sql) && slice_find(strbuf_slice(condition), SLICE(TAG)) == SIZE_MAX;
    if (fits)
        wrap(b, strbuf_slice(condition), statements);
    else
        b->failed = true;
}

void rewriter_block(struct rewriter *w, const struct strbuf *condition, struct slice statements, const char *what)
{
    STRBUF(b, REWRITE_TEXT);
    block(w, &b, condition, statements);
    rewriter_add(w, &b, what);
}

/* ---- conditions ---------------------------------------------------------------------------------------------------- */

void written(struct strbuf *b, const struct head_name *name)
{
    if (name->schema.n) {
        strbuf_add(b, name->schema);
        strbuf_addc(b, '.');
    }
    strbuf_add(b, name->name);
}

static void also(struct strbuf *c)
{
    if (c->n)
        strbuf_addz(c, " AND ");
}

/* to_regclass('schema.name'): the argument is read as the name is. */
static void asked(struct rewriter *w, struct strbuf *c, const char *function, const struct head_name *name)
{
    STRBUF(text, 1024);
    written(&text, name);
    strbuf_addz(c, function);
    strbuf_addc(c, '(');
    quote_literal(c, w->d, strbuf_slice(&text));
    strbuf_addc(c, ')');
    c->failed |= !strbuf_ok(&text);
}

void when_relation(struct rewriter *w, struct strbuf *c, const struct head_name *name, bool is)
{
    also(c);
    asked(w, c, "to_regclass", name);
    strbuf_addz(c, is ? " IS NOT NULL" : " IS NULL");
}

void when_type(struct rewriter *w, struct strbuf *c, const struct head_name *name, bool is)
{
    also(c);
    asked(w, c, "to_regtype", name);
    strbuf_addz(c, is ? " IS NOT NULL" : " IS NULL");
}

void when_row(struct rewriter *w, struct strbuf *c, const char *from, const struct head_name *table, struct slice name,
              bool is)
{
    STRBUF(plain, 1024);
    const char *t = strstr(from, "%t");
    if (!quote_strip(&plain, w->d, name)) {
        c->failed = true;
        return;
    }
    also(c);
    strbuf_addf(c, "%sEXISTS (SELECT FROM ", is ? "" : "NOT ");
    strbuf_add(c, t ? (struct slice){from, (size_t)(t - from)} : slice_of(from));
    if (t) {
        asked(w, c, strstr(from, "pg_enum") || strstr(from, "contypid") ? "to_regtype" : "to_regclass", table);
        strbuf_addz(c, t + 2);
    }
    strbuf_addz(c, " = ");
    quote_literal(c, w->d, strbuf_slice(&plain));
    strbuf_addc(c, ')');
    c->failed |= !strbuf_ok(&plain);
}

void when_column(struct rewriter *w, struct strbuf *c, const struct head_name *table, struct slice column, bool is)
{
    when_row(w, c, "pg_attribute WHERE attrelid = %t AND NOT attisdropped AND attname", table, column, is);
}

void when_constraint(struct rewriter *w, struct strbuf *c, const struct head_name *table, struct slice name, bool is)
{
    when_row(w, c, "pg_constraint WHERE conrelid = %t AND conname", table, name, is);
}

void when_columns(struct rewriter *w, struct strbuf *c, const struct head_name *table, struct cursor from, bool is)
{
    if (!cursor_eat_mark(&from, '('))
        return;
    while (!cursor_done(&from) && !cursor_mark(&from, ')')) {
        struct cursor ahead = from;
        struct slice name;
        /* a name that no parenthesis follows; what follows it (a class, DESC) is not looked at */
        if (cursor_identifier(&ahead, &name) && !cursor_mark(&ahead, '('))
            when_column(w, c, table, name, is);
        while (!cursor_done(&from) && !cursor_mark(&from, ',') && !cursor_mark(&from, ')'))
            cursor_skip(&from);
        cursor_eat_mark(&from, ',');
    }
}

/* ---- the same with names as they are ------------------------------------------------------------------------------ */

/* Quotes each part, and then asks as if it were written so. */
static void as_written(const struct dialect *d, struct strbuf *b, struct slice schema, struct slice name)
{
    quote_qualified(b, d, schema, name);
}

static struct rewriter only(const struct dialect *d)
{
    return (struct rewriter){.d = d};
}

void rewrite_when_relation(struct strbuf *b, const struct dialect *d, struct slice schema, struct slice name, bool is)
{
    STRBUF(text, 1024);
    struct rewriter w = only(d);
    as_written(d, &text, schema, name);
    when_relation(&w, b, &(struct head_name){.name = strbuf_slice(&text)}, is);
}

void rewrite_when_type(struct strbuf *b, const struct dialect *d, struct slice schema, struct slice name, bool is)
{
    STRBUF(text, 1024);
    struct rewriter w = only(d);
    as_written(d, &text, schema, name);
    when_type(&w, b, &(struct head_name){.name = strbuf_slice(&text)}, is);
}

static void part_of(struct strbuf *b, const struct dialect *d, struct slice schema, struct slice table,
                    struct slice part, bool is, bool column)
{
    STRBUF(text, 1024);
    STRBUF(quoted, 1024);
    struct rewriter w = only(d);
    as_written(d, &text, schema, table);
    quote_identifier(&quoted, d, part);
    struct head_name name = {.name = strbuf_slice(&text)};
    if (column)
        when_column(&w, b, &name, strbuf_slice(&quoted), is);
    else
        when_constraint(&w, b, &name, strbuf_slice(&quoted), is);
}

void rewrite_when_column(struct strbuf *b, const struct dialect *d, struct slice schema, struct slice table,
                         struct slice column, bool is)
{
    part_of(b, d, schema, table, column, is, true);
}

void rewrite_when_constraint(struct strbuf *b, const struct dialect *d, struct slice schema, struct slice table,
                             struct slice constraint, bool is)
{
    part_of(b, d, schema, table, constraint, is, false);
}

/* ---- a guard around a whole text ----------------------------------------------------------------------------------- */

bool rewrite_performs(struct slice statement)
{
    struct lexer lx;
    struct token t;
    lexer_init(&lx, &dialect_postgres, statement);
    return lexer_next(&lx, &t) && t.offset == 0 && lexer_word(&lx, &t, "select");
}

/* The statements as a block has them. */
static bool add_statements(struct strbuf *b, const struct dialect *dialect, struct slice sql)
{
    struct splitter s;
    struct statement st;
    enum split_result r;
    size_t from = 0;
    split_init(&s, dialect, sql);
    while ((r = split_next(&s, &st, NULL)) == SPLIT_STATEMENT) {
        if (!rewrite_performs(slice_sub(sql, st.offset, st.offset + st.length)))
            continue;
        strbuf_add(b, slice_sub(sql, from, st.offset));
        strbuf_addz(b, "PERFORM");
        from = st.offset + strlen("select");
    }
    strbuf_add(b, slice_sub(sql, from, sql.n));
    return r == SPLIT_END;
}

int rewrite_once(struct arena *a, const struct dialect *dialect, struct slice sql, size_t first, size_t last,
                 struct slice done, struct slice *out, struct pawl_error *e)
{
    STRBUF(b, REWRITE_TEXT);
    struct slice inner = slice_sub(sql, first, last);
    *out = (struct slice){0};
    if (!(dialect->guards & GUARD_BLOCK) || slice_find(inner, SLICE(TAG)) != SIZE_MAX ||
        slice_find(done, SLICE(TAG)) != SIZE_MAX)
        return PAWL_OK;
    strbuf_add(&b, slice_sub(sql, 0, first));
    strbuf_addz(&b, "DO " TAG "\nBEGIN\n    IF ");
    strbuf_add(&b, done);
    strbuf_addz(&b, " THEN\n        RETURN;\n    END IF;\n");
    if (!add_statements(&b, dialect, inner))
        return PAWL_OK;
    strbuf_addz(&b, slice_ends(inner, SLICE(";")) ? "\nEND\n" TAG ";" : ";\nEND\n" TAG ";");
    strbuf_add(&b, slice_sub(sql, last, sql.n));
    if (!strbuf_ok(&b))
        return err_nomem(e);
    *out = arena_dup(a, strbuf_slice(&b));
    return out->p ? PAWL_OK : err_nomem(e);
}
