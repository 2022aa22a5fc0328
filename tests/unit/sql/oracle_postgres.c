#include <pg_query.h>
#include <stdio.h>
#include <stdlib.h>

#include "oracle.h"

/* Lines that the splitter passes over without a word. */
static void blank_lines(char *copy, size_t from, size_t to)
{
    struct lexer lx;
    struct token t;
    lexer_init(&lx, &dialect_postgres, (struct slice){copy, to});
    lx.at = from;
    while (lexer_next(&lx, &t))
        if (t.kind == TOKEN_CLIENT)
            memset(copy + t.offset, ' ', t.length);
}

/* A copy in which what psql would handle is blank: libpg_query reads what goes to the server. */
static char *for_server(struct slice text)
{
    struct splitter s;
    struct statement st;
    char *copy = malloc(text.n + 1);
    if (!copy)
        exit(2);
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    size_t at = 0;
    split_init(&s, &dialect_postgres, text);
    for (; split_next(&s, &st, NULL) == SPLIT_STATEMENT; at = st.end) {
        blank_lines(copy, at, st.offset);
        if (st.kind == STATEMENT_CLIENT)
            memset(copy + st.offset, ' ', st.length);
        if (st.kind == STATEMENT_COPY)
            memset(copy + st.data_offset, ' ', st.end - st.data_offset);
    }
    blank_lines(copy, at, text.n);
    return copy;
}

/* Only white space and comments, and ; in front of or behind a statement? */
static bool blank(struct slice text, size_t from, size_t to)
{
    struct lexer lx;
    struct token t;
    lexer_init(&lx, &dialect_postgres, slice_sub(text, 0, to));
    lx.at = from;
    while (lexer_next(&lx, &t))
        if (t.kind != TOKEN_PUNCTUATION || t.c != ';')
            return false;
    return t.kind == TOKEN_END;
}

/* `sent` is what the server gets of `text`. */
static void compare(struct oracle *o, const char *name, struct slice text, struct slice sent,
                    const PgQuerySplitResult *theirs)
{
    struct splitter s;
    struct statement st;
    int i = 0;
    split_init(&s, &dialect_postgres, text);
    while (split_next(&s, &st, NULL) == SPLIT_STATEMENT) {
        if (st.kind == STATEMENT_CLIENT)
            continue;
        struct place p = locate_once(text, st.offset);
        if (i == theirs->n_stmts) {
            o->different++;
            printf("# %s:%u: postgres sees no more statements\n", name, p.line);
            return;
        }
        size_t from = (size_t)theirs->stmts[i]->stmt_location;
        size_t length = (size_t)theirs->stmts[i]->stmt_len;
        size_t to = length ? from + length : text.n;
        i++;
        o->compared++;
        if (from > st.offset || to < st.offset + st.length || !blank(sent, from, st.offset) ||
            !blank(sent, st.offset + st.length, to)) {
            o->different++;
            printf("# %s:%u: ours %zu+%zu, postgres %zu+%zu\n", name, p.line, st.offset, st.length, from, length);
            return;
        }
    }
    if (i != theirs->n_stmts) {
        o->different++;
        printf("# %s: postgres sees %d statements, not %d\n", name, theirs->n_stmts, i);
    }
}

/*
 * The parser is the truth, where it accepts the text. Else its lexer is asked: it does not know BEGIN ATOMIC and is
 * believed only about texts without.
 */
void oracle_postgres(struct oracle *o, const char *name, struct slice text)
{
    if (!oracle_lexical(&dialect_postgres, text)) {
        struct splitter s;
        struct statement st;
        struct pawl_error e = {0};
        split_init(&s, &dialect_postgres, text);
        while (split_next(&s, &st, &e) == SPLIT_STATEMENT)
            continue;
        PgQuerySplitResult theirs = pg_query_split_with_parser(text.p);
        if (theirs.error)
            o->refused++;
        else
            o->different++;
        printf("# %s:%u: %s%s\n", name, e.line, e.message, theirs.error ? "" : ", but postgres reads it");
        pg_query_free_split_result(theirs);
        return;
    }
    char *copy = for_server(text);
    struct slice sent = {copy, text.n};
    PgQuerySplitResult theirs = pg_query_split_with_parser(copy);
    if (theirs.error) {
        o->refused++;
        if (getenv("ORACLE_VERBOSE"))
            printf("# %s: %s at %d\n", name, theirs.error->message, theirs.error->cursorpos);
        pg_query_free_split_result(theirs);
        theirs = pg_query_split_with_scanner(copy);
    }
    if (!theirs.error)
        compare(o, name, text, sent, &theirs);
    pg_query_free_split_result(theirs);
    free(copy);
}
