#include "sql/cursor.h"

static bool code_mark(const struct token *t)
{
    return t->kind == TOKEN_PUNCTUATION && t->length > 1 && (t->c == '/' || t->c == '*');
}

void cursor_step(struct cursor *c)
{
    c->behind = c->t.offset + c->t.length;
    do
        lexer_next(&c->lx, &c->t);
    while (code_mark(&c->t));
}

void cursor_from(struct cursor *c, const struct lexer *lx)
{
    *c = (struct cursor){.lx = *lx};
    c->t.offset = lx->at;
    cursor_step(c);
}

void cursor_init(struct cursor *c, const struct dialect *dialect, struct slice text)
{
    struct lexer lx;
    lexer_init(&lx, dialect, text);
    cursor_from(c, &lx);
}

bool cursor_mark(const struct cursor *c, char mark)
{
    return c->t.kind == TOKEN_PUNCTUATION && c->t.c == mark && c->t.length == 1;
}

bool cursor_done(const struct cursor *c)
{
    return c->t.kind == TOKEN_END || c->t.kind == TOKEN_ERROR || cursor_mark(c, ';');
}

bool cursor_is(const struct cursor *c, const char *lower)
{
    return lexer_word(&c->lx, &c->t, lower);
}

bool cursor_eat(struct cursor *c, const char *lower)
{
    if (!cursor_is(c, lower))
        return false;
    cursor_step(c);
    return true;
}

bool cursor_eat_mark(struct cursor *c, char mark)
{
    if (!cursor_mark(c, mark))
        return false;
    cursor_step(c);
    return true;
}

bool cursor_phrase(struct cursor *c, const char *lower)
{
    struct cursor ahead = *c;
    while (*lower) {
        char word[32];
        size_t n = 0;
        while (lower[n] && lower[n] != ' ' && n + 1 < sizeof word) {
            word[n] = lower[n];
            n++;
        }
        word[n] = '\0';
        if (!cursor_eat(&ahead, word))
            return false;
        lower += n;
        lower += *lower == ' ';
    }
    *c = ahead;
    return true;
}

bool cursor_sees(const struct cursor *c, const char *lower)
{
    struct cursor ahead = *c;
    return cursor_phrase(&ahead, lower);
}

bool cursor_group(struct cursor *c)
{
    size_t depth = 0;
    if (!cursor_mark(c, '('))
        return true;
    do {
        if (c->t.kind == TOKEN_END || c->t.kind == TOKEN_ERROR)
            return false;
        if (cursor_mark(c, '('))
            depth++;
        else if (cursor_mark(c, ')'))
            depth--;
        cursor_step(c);
    } while (depth);
    return true;
}

void cursor_skip(struct cursor *c)
{
    if (cursor_mark(c, '('))
        cursor_group(c);
    else
        cursor_step(c);
}

bool cursor_identifier(struct cursor *c, struct slice *name)
{
    if (c->t.kind != TOKEN_WORD && c->t.kind != TOKEN_QUOTED &&
        !(c->t.kind == TOKEN_STRING && c->t.c == '\'' && cursor_flag(c, DIALECT_STRING_NAMES)))
        return false;
    *name = lexer_slice(&c->lx, &c->t);
    cursor_step(c);
    return true;
}

bool cursor_name(struct cursor *c, struct head_name *name)
{
    struct head_name read = {0};
    if (!cursor_identifier(c, &read.name))
        return false;
    if (cursor_eat_mark(c, '.')) {
        read.schema = read.name;
        if (!cursor_identifier(c, &read.name))
            return false;
    }
    if (cursor_mark(c, '.'))
        return false;
    *name = read;
    return true;
}

struct slice cursor_rest(const struct cursor *c)
{
    return slice_trim(slice_sub(c->lx.text, c->t.offset, c->lx.text.n));
}

bool cursor_seek(struct cursor *c, const char *lower)
{
    while (!cursor_done(c)) {
        if (cursor_is(c, lower))
            return true;
        cursor_skip(c);
    }
    return false;
}
