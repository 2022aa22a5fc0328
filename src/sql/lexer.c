#include "sql/lexer.h"

#define NONE SIZE_MAX

enum class {
    OTHER,
    SPACE,
    WORD,
    DIGIT,
    QUOTE,
    DOUBLE,
    BACKTICK,
    BRACKET,
    DASH,
    SLASH,
    STAR,
    HASH,
    DOLLAR,
    COLON,
    QUESTION,
    AT,
    DOT,
    BACKSLASH,
    CLASS = 0x1f,
    ALNUM = 0x40, /* ASCII letter, digit or _ */
    CONT = 0x80,  /* goes on an identifier */
};

static const unsigned char classes[256] = {
    ['\t'] = SPACE,
    ['\n'] = SPACE,
    ['\v'] = SPACE,
    ['\f'] = SPACE,
    ['\r'] = SPACE,
    [' '] = SPACE,
    ['0' ... '9'] = DIGIT | ALNUM | CONT,
    ['a' ... 'z'] = WORD | ALNUM | CONT,
    ['A' ... 'Z'] = WORD | ALNUM | CONT,
    ['_'] = WORD | ALNUM | CONT,
    [0x80 ... 0xff] = WORD | CONT,
    ['$'] = DOLLAR | CONT,
    ['\''] = QUOTE,
    ['"'] = DOUBLE,
    ['`'] = BACKTICK,
    ['['] = BRACKET,
    ['-'] = DASH,
    ['/'] = SLASH,
    ['*'] = STAR,
    ['#'] = HASH,
    [':'] = COLON,
    ['?'] = QUESTION,
    ['@'] = AT,
    ['.'] = DOT,
    ['\\'] = BACKSLASH,
};

void lexer_init(struct lexer *lx, const struct dialect *dialect, struct slice text)
{
    *lx = (struct lexer){.dialect = dialect, .text = text};
}

static unsigned char byte_at(const struct lexer *lx, size_t at)
{
    return at < lx->text.n ? (unsigned char)lx->text.p[at] : 0;
}

static bool is(const struct lexer *lx, size_t at, unsigned char mask)
{
    return at < lx->text.n && (classes[(unsigned char)lx->text.p[at]] & mask);
}

static bool has(const struct lexer *lx, enum dialect_flag flag)
{
    return dialect_has(lx->dialect, flag);
}

static size_t run(const struct lexer *lx, size_t at, unsigned char mask)
{
    const unsigned char *p = (const unsigned char *)lx->text.p;
    size_t n = lx->text.n;
    while (at < n && (classes[p[at]] & mask))
        at++;
    return at;
}

/* The first `c` at or behind `at`, or NONE. */
static size_t find(const struct lexer *lx, size_t at, char c)
{
    const char *hit = at < lx->text.n ? memchr(lx->text.p + at, c, lx->text.n - at) : NULL;
    return hit ? (size_t)(hit - lx->text.p) : NONE;
}

/* Behind the closing quote; `at` is behind the opening one, a doubled quote stands for itself. */
static size_t quoted_end(const struct lexer *lx, size_t at, char quote)
{
    for (;;) {
        at = find(lx, at, quote);
        if (at == NONE)
            return NONE;
        if (byte_at(lx, at + 1) != (unsigned char)quote || at + 1 >= lx->text.n)
            return at + 1;
        at += 2;
    }
}

/* The same where a backslash takes the next byte with it. */
static size_t escaped_end(const struct lexer *lx, size_t at, char quote)
{
    const char *p = lx->text.p;
    size_t n = lx->text.n;
    while (at < n) {
        if (p[at] == '\\') {
            at += 2;
        } else if (p[at] != quote) {
            at++;
        } else if (at + 1 < n && p[at + 1] == quote) {
            at += 2;
        } else {
            return at + 1;
        }
    }
    return NONE;
}

static size_t line_comment_end(const struct lexer *lx, size_t at)
{
    size_t lf = find(lx, at, '\n');
    size_t end = lf == NONE ? lx->text.n : lf;
    if (!has(lx, DIALECT_CR_ENDS_COMMENT))
        return end;
    const char *cr = end > at ? memchr(lx->text.p + at, '\r', end - at) : NULL;
    return cr ? (size_t)(cr - lx->text.p) : end;
}

static size_t block_comment_end(const struct lexer *lx, size_t at)
{
    const char *p = lx->text.p;
    size_t n = lx->text.n;
    size_t depth = 1;
    bool nested = has(lx, DIALECT_NESTED_COMMENT);
    for (at += 2; at + 1 < n;) {
        if (p[at] == '*' && p[at + 1] == '/') {
            at += 2;
            if (--depth == 0)
                return at;
        } else if (nested && p[at] == '/' && p[at + 1] == '*') {
            at += 2;
            depth++;
        } else {
            at++;
        }
    }
    return NONE;
}

/*
 * A literal goes on in the next quoted piece when only white space with a line break (and line comments) stands
 * between: the escapes of its beginning still hold there. Gives where that quote stands, or NONE.
 */
static size_t continuation(const struct lexer *lx, size_t at)
{
    bool line_break = false;
    for (;; at++) {
        unsigned char c = byte_at(lx, at);
        if (c == '\n' || c == '\r') {
            line_break = true;
        } else if (c == '-' && byte_at(lx, at + 1) == '-') {
            at = line_comment_end(lx, at) - 1;
        } else if (!is(lx, at, CLASS) || (classes[c] & CLASS) != SPACE) {
            return c == '\'' && line_break ? at : NONE;
        }
    }
}

static size_t e_string_end(const struct lexer *lx, size_t at)
{
    for (;;) {
        at = escaped_end(lx, at, '\'');
        size_t next = at == NONE ? NONE : continuation(lx, at);
        if (next == NONE)
            return at;
        at = next + 1;
    }
}

static bool finish(struct lexer *lx, struct token *t, enum token_kind kind, size_t end, const char *what)
{
    if (end == NONE) {
        t->kind = TOKEN_ERROR;
        t->length = lx->text.n - t->offset;
        lx->what = what;
        lx->at = lx->text.n;
        lx->code = 0;
        return false;
    }
    t->kind = kind;
    t->length = end - t->offset;
    lx->at = end;
    return true;
}

static bool punctuation(struct lexer *lx, struct token *t, size_t length)
{
    return finish(lx, t, TOKEN_PUNCTUATION, t->offset + length, NULL);
}

static bool string(struct lexer *lx, struct token *t, size_t at, char quote)
{
    size_t end = has(lx, DIALECT_BACKSLASH) ? escaped_end(lx, at, quote) : quoted_end(lx, at, quote);
    return finish(lx, t, TOKEN_STRING, end, "string");
}

static bool quoted(struct lexer *lx, struct token *t, size_t at, char quote)
{
    return finish(lx, t, TOKEN_QUOTED, quoted_end(lx, at, quote), "quoted identifier");
}

/* A word, or a string with a prefix of one letter. */
static bool word(struct lexer *lx, struct token *t)
{
    size_t end = run(lx, t->offset + 1, CONT);
    unsigned char next = byte_at(lx, end);
    if (end - t->offset > 1 || (next != '\'' && next != '&'))
        return finish(lx, t, TOKEN_WORD, end, NULL);
    char c = (char)(t->c | 0x20);
    if (next == '&') {
        if (c != 'u' || !has(lx, DIALECT_UNICODE_QUOTE))
            return finish(lx, t, TOKEN_WORD, end, NULL);
        if (byte_at(lx, end + 1) == '\'')
            return finish(lx, t, TOKEN_STRING, quoted_end(lx, end + 2, '\''), "string");
        if (byte_at(lx, end + 1) == '"')
            return quoted(lx, t, end + 2, '"');
        return finish(lx, t, TOKEN_WORD, end, NULL);
    }
    if (c == 'e' && has(lx, DIALECT_E_STRING))
        return finish(lx, t, TOKEN_STRING, e_string_end(lx, end + 1), "string");
    if (c == 'x' || ((c == 'n' || c == 'b') && has(lx, DIALECT_NATIONAL)))
        return string(lx, t, end + 1, '\'');
    return finish(lx, t, TOKEN_WORD, end, NULL);
}

static bool number(struct lexer *lx, struct token *t)
{
    size_t at = t->offset;
    bool hex = byte_at(lx, at) == '0' && (byte_at(lx, at + 1) | 0x20) == 'x';
    for (;;) {
        at = run(lx, at, ALNUM);
        unsigned char c = byte_at(lx, at);
        if (c == '.' && byte_at(lx, at + 1) != '.')
            at++;
        else if ((c == '+' || c == '-') && !hex && (byte_at(lx, at - 1) | 0x20) == 'e' && is(lx, at + 1, ALNUM))
            at++;
        else
            return finish(lx, t, TOKEN_NUMBER, at, NULL);
    }
}

/* $1, $tag$..$tag$ or a lone $. */
static bool dollar(struct lexer *lx, struct token *t)
{
    size_t at = t->offset + 1;
    if (is(lx, at, ALNUM) && (classes[byte_at(lx, at)] & CLASS) == DIGIT) {
        while (at < lx->text.n && byte_at(lx, at) >= '0' && byte_at(lx, at) <= '9')
            at++;
        return finish(lx, t, TOKEN_PARAMETER, at, NULL);
    }
    while (is(lx, at, CONT) && byte_at(lx, at) != '$')
        at++;
    if (byte_at(lx, at) != '$')
        return punctuation(lx, t, 1);
    struct slice tag = slice_sub(lx->text, t->offset, at + 1);
    size_t close = slice_find(slice_sub(lx->text, at + 1, lx->text.n), tag);
    return finish(lx, t, TOKEN_STRING, close == NONE ? NONE : at + 1 + close + tag.n, "dollar-quoted string");
}

/*
 * SQLite's $a, @a, :a, #a. After $ (and the others) :: may stand inside the name and a part in parentheses without
 * white space may end it: $ns::array(index).
 */
static bool named(struct lexer *lx, struct token *t)
{
    size_t at = t->offset + 1;
    size_t count = 0;
    for (; at < lx->text.n; at++) {
        unsigned char c = byte_at(lx, at);
        if (classes[c] & CONT) {
            count++;
        } else if (c == '(' && count > 0) {
            size_t end = at + 1;
            while (end < lx->text.n && byte_at(lx, end) != ')' && (classes[byte_at(lx, end)] & CLASS) != SPACE)
                end++;
            return finish(lx, t, TOKEN_PARAMETER, byte_at(lx, end) == ')' ? end + 1 : end, NULL);
        } else if (c == ':' && byte_at(lx, at + 1) == ':') {
            at++;
        } else {
            break;
        }
    }
    return count ? finish(lx, t, TOKEN_PARAMETER, at, NULL) : punctuation(lx, t, 1);
}

/* MySQL's @a, @@global.a (up to the dot), @'a', @`a`. */
static bool at_variable(struct lexer *lx, struct token *t)
{
    size_t at = t->offset + 1;
    if (byte_at(lx, at) == '@')
        at++;
    unsigned char c = byte_at(lx, at);
    if (c == '\'' || c == '"' || c == '`')
        return finish(lx, t, TOKEN_PARAMETER, quoted_end(lx, at + 1, (char)c), "quoted variable");
    at = run(lx, at, CONT);
    return finish(lx, t, at > t->offset + 1 ? TOKEN_PARAMETER : TOKEN_PUNCTUATION, at, NULL);
}

/*
 * :: := and what psql would replace. A word that a quote follows is not such a variable: in a[1:E'2'] the string must be
 * read as what it is.
 */
static bool colon(struct lexer *lx, struct token *t)
{
    size_t at = t->offset + 1;
    unsigned char c = byte_at(lx, at);
    if (c == ':' || c == '=')
        return punctuation(lx, t, 2);
    if (!has(lx, DIALECT_CLIENT_BACKSLASH) || !has(lx, DIALECT_DOLLAR_QUOTE))
        return punctuation(lx, t, 1);
    if (c == '\'' || c == '"') {
        size_t end = quoted_end(lx, at + 1, (char)c);
        return end == NONE ? punctuation(lx, t, 1) : finish(lx, t, TOKEN_PARAMETER, end, NULL);
    }
    size_t end = (classes[c] & CLASS) == WORD ? run(lx, at, CONT) : at;
    unsigned char next = byte_at(lx, end);
    if (end == at || next == '\'' || next == '&')
        return punctuation(lx, t, 1);
    return finish(lx, t, TOKEN_PARAMETER, end, NULL);
}

static bool dash_comment(const struct lexer *lx, size_t at)
{
    if (byte_at(lx, at + 1) != '-')
        return false;
    if (!has(lx, DIALECT_DASH_SPACE) || at + 2 >= lx->text.n)
        return true;
    unsigned char c = byte_at(lx, at + 2);
    return c <= ' ' || c == 0x7f;
}

/* Opens a code comment: its number, if any, belongs to the opening. MariaDB also writes M! */
static bool code_open(struct lexer *lx, struct token *t)
{
    size_t at = t->offset + 2;
    if (byte_at(lx, at) == 'M')
        at++;
    if (byte_at(lx, at) != '!')
        return false;
    for (at++; byte_at(lx, at) >= '0' && byte_at(lx, at) <= '9';)
        at++;
    if (lx->code == 0)
        lx->code = t->offset + 1;
    punctuation(lx, t, at - t->offset);
    return true;
}

/* Comments; false if there is none at the token's place. */
static bool comment(struct lexer *lx, struct token *t, enum class c)
{
    if ((c == DASH && dash_comment(lx, t->offset)) || (c == HASH && has(lx, DIALECT_HASH_COMMENT))) {
        finish(lx, t, TOKEN_COMMENT, line_comment_end(lx, t->offset), NULL);
        return true;
    }
    if (c != SLASH || byte_at(lx, t->offset + 1) != '*')
        return false;
    if (has(lx, DIALECT_CODE_COMMENT) && code_open(lx, t))
        return true;
    finish(lx, t, TOKEN_COMMENT, block_comment_end(lx, t->offset), "comment");
    return true;
}

static bool client(struct lexer *lx, struct token *t)
{
    size_t end = find(lx, t->offset, '\n');
    if (end == NONE)
        end = lx->text.n;
    while (end > t->offset + 1 && lx->text.p[end - 1] == '\r')
        end--;
    return finish(lx, t, TOKEN_CLIENT, end, NULL);
}

static bool question(struct lexer *lx, struct token *t)
{
    if (!has(lx, DIALECT_PARAM_QUESTION))
        return punctuation(lx, t, 1);
    size_t at = t->offset + 1;
    while (byte_at(lx, at) >= '0' && byte_at(lx, at) <= '9')
        at++;
    return finish(lx, t, TOKEN_PARAMETER, at, NULL);
}

static bool at_end(struct lexer *lx, struct token *t)
{
    *t = (struct token){TOKEN_END, 0, lx->text.n, 0};
    if (!lx->code)
        return false;
    t->offset = lx->code - 1;
    return finish(lx, t, TOKEN_END, NONE, "comment with code");
}

static bool space(struct lexer *lx, struct token *t)
{
    const unsigned char *p = (const unsigned char *)lx->text.p;
    size_t at = t->offset + 1;
    while (at < lx->text.n && classes[p[at]] == SPACE)
        at++;
    return finish(lx, t, TOKEN_SPACE, at, NULL);
}

/* Everything that is neither space, comment nor plain word. */
static bool special(struct lexer *lx, struct token *t, enum class c)
{
    switch (c) {
    case DIGIT:
        return number(lx, t);
    case QUOTE:
        return string(lx, t, t->offset + 1, '\'');
    case DOUBLE:
        return has(lx, DIALECT_DOUBLE_STRING) ? string(lx, t, t->offset + 1, '"') : quoted(lx, t, t->offset + 1, '"');
    case BACKTICK:
        return has(lx, DIALECT_BACKTICK) ? quoted(lx, t, t->offset + 1, '`') : punctuation(lx, t, 1);
    case BRACKET:
        if (has(lx, DIALECT_BRACKET)) {
            size_t end = find(lx, t->offset, ']');
            return finish(lx, t, TOKEN_QUOTED, end == NONE ? NONE : end + 1, "quoted identifier");
        }
        return punctuation(lx, t, 1);
    case STAR:
        if (lx->code && byte_at(lx, t->offset + 1) == '/') {
            lx->code = 0;
            return punctuation(lx, t, 2);
        }
        return punctuation(lx, t, 1);
    case DOLLAR:
        if (has(lx, DIALECT_DOLLAR_QUOTE))
            return dollar(lx, t);
        return has(lx, DIALECT_PARAM_NAMED) ? named(lx, t) : word(lx, t);
    case COLON:
        return has(lx, DIALECT_PARAM_NAMED) ? named(lx, t) : colon(lx, t);
    case AT:
        if (has(lx, DIALECT_PARAM_AT))
            return at_variable(lx, t);
        return has(lx, DIALECT_PARAM_NAMED) ? named(lx, t) : punctuation(lx, t, 1);
    case HASH:
        return has(lx, DIALECT_PARAM_NAMED) ? named(lx, t) : punctuation(lx, t, 1);
    case QUESTION:
        return question(lx, t);
    case DOT:
        return is(lx, t->offset + 1, ALNUM) && (classes[byte_at(lx, t->offset + 1)] & CLASS) == DIGIT
                   ? number(lx, t)
                   : punctuation(lx, t, 1);
    case BACKSLASH:
        return has(lx, DIALECT_CLIENT_BACKSLASH) ? client(lx, t) : punctuation(lx, t, 1);
    case OTHER:
    case SPACE:
    case WORD:
    case DASH:
    case SLASH:
    case CLASS:
    case ALNUM:
    case CONT:
        break;
    }
    return punctuation(lx, t, 1);
}

static bool inner_bom(const struct lexer *lx, size_t at)
{
    return has(lx, DIALECT_INNER_BOM) && lx->text.n - at >= 3 && memcmp(lx->text.p + at, "\xef\xbb\xbf", 3) == 0;
}

bool lexer_next(struct lexer *lx, struct token *t)
{
    for (;;) {
        if (lx->at >= lx->text.n)
            return at_end(lx, t);
        unsigned char b = (unsigned char)lx->text.p[lx->at];
        enum class c = classes[b] & CLASS;
        *t = (struct token){.c = (char)b, .offset = lx->at};
        if (c == SPACE) {
            space(lx, t);
            if (lx->keep)
                return true;
        } else if (c == WORD) {
            if (b != 0xef || !inner_bom(lx, lx->at))
                return word(lx, t);
            finish(lx, t, TOKEN_SPACE, lx->at + 3, NULL);
            if (lx->keep)
                return true;
        } else if (c != OTHER && comment(lx, t, c)) {
            if (t->kind == TOKEN_ERROR)
                return false;
            if (t->kind != TOKEN_COMMENT || lx->keep)
                return true;
        } else {
            return special(lx, t, c);
        }
    }
}

struct slice lexer_slice(const struct lexer *lx, const struct token *t)
{
    return slice_sub(lx->text, t->offset, t->offset + t->length);
}

bool lexer_word(const struct lexer *lx, const struct token *t, const char *lower)
{
    if (t->kind != TOKEN_WORD || (t->c | 0x20) != lower[0])
        return false;
    const char *p = lx->text.p + t->offset;
    for (size_t i = 1; i < t->length; i++) {
        char c = p[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c + 32);
        if (c == '\0' || c != lower[i])
            return false;
    }
    return lower[t->length] == '\0';
}
