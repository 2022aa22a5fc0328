#include "sql/session.h"

#include "sql/cursor.h"
#include "sql/lexer.h"

static const char *const words[] = {
    "call",   "declare", "discard", "do",     "execute", "listen",     "load", "lock",      "pg_temp",
    "pragma", "prepare", "reset",   "select", "set",     "set_config", "temp", "temporary", "with",
};

static bool is_listed(const struct lexer *lx, const struct token *t)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (lexer_word(lx, t, words[i]))
            return true;
    return false;
}

/* "pg_temp".x and pg_catalog."set_config"(...) */
static bool is_listed_quoted(const struct lexer *lx, const struct token *t)
{
    struct slice name = lexer_slice(lx, t);
    return slice_eq(name, SLICE("\"pg_temp\"")) || slice_eq(name, SLICE("\"set_config\""));
}

bool session_is_touched(const struct dialect *d, struct slice text)
{
    struct lexer lx;
    struct token t;
    lexer_init(&lx, d, text);
    while (lexer_next(&lx, &t))
        if (t.kind == TOKEN_CLIENT || (t.kind == TOKEN_WORD && is_listed(&lx, &t)) ||
            (t.kind == TOKEN_QUOTED && is_listed_quoted(&lx, &t)))
            return true;
    return t.kind == TOKEN_ERROR;
}

static bool is_set_config(const struct dialect *d, struct slice statement)
{
    struct cursor c;
    cursor_init(&c, d, statement);
    if (!cursor_eat(&c, "select"))
        return false;
    if (cursor_eat(&c, "pg_catalog") && !cursor_eat_mark(&c, '.'))
        return false;
    return cursor_eat(&c, "set_config") && cursor_mark(&c, '(') && cursor_group(&c) && cursor_done(&c);
}

static bool is_local(const struct dialect *d, struct slice statement)
{
    struct cursor c;
    cursor_init(&c, d, statement);
    return cursor_eat(&c, "set") && cursor_is(&c, "local");
}

/* Two words one behind the other, or one; anywhere in it. */
static bool says(const struct dialect *d, struct slice statement, const char *first, const char *second)
{
    struct lexer lx;
    struct token t;
    bool seen = false;
    lexer_init(&lx, d, statement);
    while (lexer_next(&lx, &t)) {
        if (seen && lexer_word(&lx, &t, second))
            return true;
        seen = lexer_word(&lx, &t, first);
        if (seen && !second)
            return true;
    }
    return false;
}

const char *session_ends_with(const struct dialect *d, const struct head *h, struct slice statement)
{
    if (h->class == HEAD_PRAGMA)
        return slice_ieq(h->pragma, SLICE("defer_foreign_keys")) ? "PRAGMA defer_foreign_keys" : NULL;
    if (h->class == HEAD_SET)
        return is_local(d, statement) ? "SET LOCAL" : NULL;
    if (h->transaction == HEAD_TX_SET)
        return "SET TRANSACTION or SET CONSTRAINTS";
    if (h->class == HEAD_DDL && says(d, statement, "on", "commit"))
        return "ON COMMIT";
    return says(d, statement, "set_config", NULL) ? "set_config" : NULL;
}

bool session_is_set(const struct dialect *d, struct slice statement)
{
    struct head h;
    head_read(&h, d, statement);
    if (h.class == HEAD_SET)
        return !is_local(d, statement);
    return h.class == HEAD_PRAGMA || is_set_config(d, statement);
}
