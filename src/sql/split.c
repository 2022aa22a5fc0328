#include "sql/split.h"

#include "sql/locate.h"

/* What the first words said about the statement. */
enum form {
    FORM_START,    /* nothing yet, or EXPLAIN */
    FORM_CREATE,   /* CREATE and words that do not decide */
    FORM_COPY,     /* COPY without FROM stdin yet */
    FORM_STDIN,    /* COPY .. FROM stdin */
    FORM_TRIGGER,  /* SQLite's trigger: body between BEGIN and END */
    FORM_ROUTINE,  /* PostgreSQL's function or procedure: body between BEGIN ATOMIC and END */
    FORM_COMPOUND, /* MySQL's routine, trigger or event */
    FORM_PLAIN,
};

/* What holds the statement open. */
struct shape {
    enum form form;
    size_t parens, brackets;
    size_t paren_at; /* the outermost open parenthesis */
    size_t bodies;   /* open BEGINs and their like */
    size_t body_at;  /* the outermost one */
    bool fresh;      /* inside a body: a statement begins here */
    bool begin;      /* the word before was BEGIN */
    bool from;       /* the word before was FROM */
    bool end;        /* MySQL: the word before was END */
    uint64_t cases;  /* MySQL: a bit for each open body, the innermost lowest: is it a CASE expression? */
};

void split_init(struct splitter *s, const struct dialect *dialect, struct slice text)
{
    *s = (struct splitter){.delimiter = SLICE(";")};
    lexer_init(&s->lx, dialect, text);
}

static bool has(const struct splitter *s, enum dialect_flag flag)
{
    return dialect_has(s->lx.dialect, flag);
}

static bool word(const struct splitter *s, const struct token *t, const char *lower)
{
    return lexer_word(&s->lx, t, lower);
}

static bool any_word(const struct splitter *s, const struct token *t, const char *const *words)
{
    for (; *words; words++)
        if (lexer_word(&s->lx, t, *words))
            return true;
    return false;
}

static bool plain_delimiter(const struct splitter *s)
{
    return s->delimiter.n == 1 && s->delimiter.p[0] == ';';
}

static enum split_result fail(struct splitter *s, size_t offset, struct pawl_error *e, const char *what,
                              const char *close)
{
    struct place at = locate_once(s->lx.text, offset);
    s->error = offset;
    s->lx.at = s->lx.text.n;
    s->lx.code = 0;
    err_set(e, PAWL_SOURCE, "unterminated %s", what);
    if (e) {
        e->line = at.line;
        e->column = at.column;
    }
    err_hint(e, "it opens at line %u, column %u and is never closed: %s", at.line, at.column, close);
    return SPLIT_ERROR;
}

static enum split_result lexical(struct splitter *s, const struct token *t, struct pawl_error *e)
{
    char close[96] = "add what closes it";
    struct slice text = lexer_slice(&s->lx, t);
    if (text.n > 1 && t->c == '/') {
        memcpy(close, "add */", sizeof "add */");
    } else if (t->c == '$') {
        size_t tag = 1 + slice_find_byte(slice_sub(text, 1, text.n), '$') + 1;
        if (tag <= 80) {
            memcpy(close, "add ", 4);
            memcpy(close + 4, text.p, tag);
            close[4 + tag] = '\0';
        }
    } else if (t->c == '[') {
        memcpy(close, "add ]", sizeof "add ]");
    } else {
        size_t at = 0;
        while (at < text.n && text.p[at] != '\'' && text.p[at] != '"' && text.p[at] != '`')
            at++;
        if (at < text.n) {
            memcpy(close, "add ", 4);
            close[4] = text.p[at];
            close[5] = '\0';
        }
    }
    return fail(s, t->offset, e, s->lx.what, close);
}

/* ---- lines for a client ------------------------------------------------------------------------------------------ */

static bool first_on_line(const struct splitter *s, size_t offset)
{
    const char *p = s->lx.text.p;
    while (offset > 0 && (p[offset - 1] == ' ' || p[offset - 1] == '\t'))
        offset--;
    return offset == 0 || p[offset - 1] == '\n' || p[offset - 1] == '\r';
}

/* Where the line that contains `at` ends, before its line end. */
static size_t line_end(const struct splitter *s, size_t at)
{
    struct slice text = s->lx.text;
    while (at < text.n && text.p[at] != '\n' && text.p[at] != '\r')
        at++;
    return at;
}

static bool harmless(const struct splitter *s, const struct token *t)
{
    struct slice line = lexer_slice(&s->lx, t);
    return slice_starts(line, SLICE("\\restrict ")) || slice_starts(line, SLICE("\\unrestrict "));
}

static bool delimiter_line(struct splitter *s, const struct token *t)
{
    if (!has(s, DIALECT_CLIENT_DELIMITER) || !word(s, t, "delimiter") || !first_on_line(s, t->offset))
        return false;
    size_t end = line_end(s, t->offset);
    struct slice rest = slice_trim(slice_sub(s->lx.text, t->offset + t->length, end));
    size_t n = 0;
    while (n < rest.n && rest.p[n] != ' ' && rest.p[n] != '\t')
        n++;
    s->delimiter = n ? slice_sub(rest, 0, n) : SLICE(";");
    s->lx.at = end;
    return true;
}

static bool dot_line(struct splitter *s, struct token *t)
{
    if (!has(s, DIALECT_CLIENT_DOT) || t->kind != TOKEN_PUNCTUATION || t->c != '.' || t->length != 1)
        return false;
    size_t behind = t->offset + 1;
    char c = behind < s->lx.text.n ? (char)(s->lx.text.p[behind] | 0x20) : ' ';
    if (c < 'a' || c > 'z' || !first_on_line(s, t->offset))
        return false;
    t->kind = TOKEN_CLIENT;
    t->length = line_end(s, t->offset) - t->offset;
    s->lx.at = t->offset + t->length;
    return true;
}

/*
 * The statement's terminator in the token: where it stands, or SIZE_MAX. A DELIMITER of any kind may stand in what the
 * lexer takes as one word (END$$) or as several marks (//).
 */
static size_t terminator(const struct splitter *s, const struct token *t)
{
    if (plain_delimiter(s))
        return t->kind == TOKEN_PUNCTUATION && t->c == ';' ? t->offset : SIZE_MAX;
    if (t->kind == TOKEN_STRING || t->kind == TOKEN_QUOTED)
        return SIZE_MAX;
    size_t at = slice_find(slice_sub(s->lx.text, t->offset, t->offset + t->length + s->delimiter.n - 1), s->delimiter);
    return at == SIZE_MAX ? SIZE_MAX : t->offset + at;
}

/* ---- what holds a statement open --------------------------------------------------------------------------------- */

static void create_word(const struct splitter *s, struct shape *h, const struct token *t)
{
    static const char *const deciding[] = {"procedure", "function", "trigger", "event", NULL};
    static const char *const other[] = {"table", "view", "index", "database", "schema", "user", "role", "server", NULL};
    if (has(s, DIALECT_COMPOUND_BODY)) {
        if (any_word(s, t, deciding))
            h->form = FORM_COMPOUND;
        else if (any_word(s, t, other))
            h->form = FORM_PLAIN;
        return;
    }
    if (has(s, DIALECT_TRIGGER_BODY) && word(s, t, "trigger"))
        h->form = FORM_TRIGGER;
    else if (has(s, DIALECT_ATOMIC_BODY) && (word(s, t, "function") || word(s, t, "procedure")))
        h->form = FORM_ROUTINE;
    else if (!word(s, t, "temp") && !word(s, t, "temporary") && !word(s, t, "or") && !word(s, t, "replace"))
        h->form = FORM_PLAIN;
}

static void first_word(const struct splitter *s, struct shape *h, const struct token *t)
{
    if (word(s, t, "create"))
        h->form = FORM_CREATE;
    else if (word(s, t, "copy") && has(s, DIALECT_COPY_DATA))
        h->form = FORM_COPY;
    else if (!word(s, t, "explain") && !word(s, t, "query") && !word(s, t, "plan"))
        h->form = FORM_PLAIN;
}

static void open_body(struct shape *h, const struct token *t)
{
    if (h->bodies++ == 0)
        h->body_at = t->offset;
    h->fresh = true;
}

/*
 * SQLite: after a ; of the body only END can close it, and what begins with END can be nothing else, whatever stands
 * between (CASE .. END, a column called end).
 */
static void trigger_token(const struct splitter *s, struct shape *h, const struct token *t)
{
    if (h->bodies == 0) {
        if (word(s, t, "begin"))
            open_body(h, t);
        h->fresh = false;
    } else if (t->kind == TOKEN_PUNCTUATION && t->c == ';') {
        h->fresh = true;
    } else {
        if (h->fresh && word(s, t, "end")) {
            h->bodies = 0;
            h->form = FORM_PLAIN;
        }
        h->fresh = false;
    }
}

/* PostgreSQL: the same rule, but the body may be empty and hold statements with bodies of their own. */
static void atomic_token(const struct splitter *s, struct shape *h, const struct token *t)
{
    if (h->fresh && t->kind == TOKEN_WORD) {
        h->fresh = false;
        if (word(s, t, "end")) {
            h->bodies--;
            h->form = FORM_PLAIN;
        } else {
            h->form = FORM_START;
            first_word(s, h, t);
        }
        h->begin = false;
        return;
    }
    if (h->form == FORM_CREATE && t->kind == TOKEN_WORD) {
        create_word(s, h, t);
    } else if (h->form == FORM_ROUTINE && h->begin && h->parens == 0 && word(s, t, "atomic")) {
        open_body(h, t);
    } else if (h->bodies && h->parens == 0 && t->kind == TOKEN_PUNCTUATION && t->c == ';') {
        h->fresh = true;
    }
    h->begin = word(s, t, "begin");
}

static void compound_open(struct shape *h, const struct token *t, bool expression)
{
    open_body(h, t);
    h->cases = h->cases << 1 | expression;
}

/*
 * MySQL: END closes BEGIN, CASE, IF, LOOP, WHILE and REPEAT alike, and may be followed by that word again. IF and REPEAT
 * are functions too, so they and the others open only where a statement begins; THEN and ELSE of a CASE expression begin
 * none.
 */
static void compound_token(const struct splitter *s, struct shape *h, const struct token *t)
{
    static const char *const openers[] = {"begin", "if", "loop", "while", "repeat", "case", NULL};
    static const char *const starters[] = {"then", "else", "do", "loop", "repeat", "begin", NULL};
    bool closing = h->end;
    h->end = false;
    if (word(s, t, "end") && h->bodies) {
        h->bodies--;
        h->cases >>= 1;
        h->end = true;
        h->fresh = false;
    } else if (closing && any_word(s, t, openers)) {
        h->fresh = false;
    } else if (word(s, t, "begin") || (h->bodies && word(s, t, "case")) || (h->fresh && any_word(s, t, openers))) {
        compound_open(h, t, !h->fresh && word(s, t, "case"));
        h->fresh = any_word(s, t, starters);
    } else if (h->cases & 1) {
        h->fresh = false;
    } else {
        bool mark = t->kind == TOKEN_PUNCTUATION && (t->c == ';' || t->c == ':');
        h->fresh = mark || any_word(s, t, starters);
    }
}

static void copy_token(const struct splitter *s, struct shape *h, const struct token *t)
{
    if (h->parens == 0 && h->from && word(s, t, "stdin"))
        h->form = FORM_STDIN;
    h->from = word(s, t, "from");
}

static void nesting(struct shape *h, const struct token *t)
{
    if (t->c == '(' && h->parens++ == 0)
        h->paren_at = t->offset;
    else if (t->c == ')' && h->parens)
        h->parens--;
    else if (t->c == '[')
        h->brackets++;
    else if (t->c == ']' && h->brackets)
        h->brackets--;
}

static void observe(const struct splitter *s, struct shape *h, struct statement *st, const struct token *t)
{
    if (t->kind == TOKEN_PUNCTUATION && has(s, DIALECT_PAREN_HOLDS))
        nesting(h, t);
    if (t->kind == TOKEN_PARAMETER && t->c == ':' && has(s, DIALECT_CLIENT_BACKSLASH) && h->brackets == 0 &&
        !st->has_variable) {
        st->has_variable = true;
        st->variable = t->offset;
    }
    if (h->form == FORM_PLAIN && h->bodies == 0)
        return;
    if (h->form == FORM_TRIGGER)
        trigger_token(s, h, t);
    else if (h->form == FORM_COMPOUND)
        compound_token(s, h, t);
    else if (h->form == FORM_ROUTINE || h->bodies)
        atomic_token(s, h, t);
    else if (h->form == FORM_COPY)
        copy_token(s, h, t);
    else if (h->form == FORM_START)
        first_word(s, h, t);
    else if (h->form == FORM_CREATE && (t->kind == TOKEN_WORD || !has(s, DIALECT_COMPOUND_BODY)))
        create_word(s, h, t);
}

static bool held(const struct splitter *s, const struct shape *h)
{
    return plain_delimiter(s) && (h->bodies || h->parens);
}

/* ---- COPY data --------------------------------------------------------------------------------------------------- */

static size_t behind_line(const struct splitter *s, size_t at)
{
    struct slice text = s->lx.text;
    const char *lf = at < text.n ? memchr(text.p + at, '\n', text.n - at) : NULL;
    return lf ? (size_t)(lf - text.p) + 1 : text.n;
}

static enum split_result copy_data(struct splitter *s, struct statement *st, struct pawl_error *e)
{
    struct slice text = s->lx.text;
    size_t at = behind_line(s, st->end);
    struct slice rest = slice_trim(slice_sub(text, st->end, at));
    if (rest.n && !slice_starts(rest, SLICE("--")))
        return fail(s, st->offset, e, "COPY",
                    "its data begins on the line after it, so nothing else may follow on its line");
    st->kind = STATEMENT_COPY;
    st->data_offset = at;
    for (; at < text.n; at = behind_line(s, at)) {
        if (text.p[at] != '\\' || at + 1 >= text.n || text.p[at + 1] != '.')
            continue;
        size_t end = at + 2;
        if (end < text.n && text.p[end] == '\r')
            end++;
        if (end < text.n && text.p[end] != '\n')
            continue;
        st->data_length = at - st->data_offset;
        st->end = end < text.n ? end + 1 : end;
        s->lx.at = st->end;
        return SPLIT_STATEMENT;
    }
    return fail(s, st->offset, e, "COPY data", "add a line \\. behind the data");
}

/* ---- the iterator ------------------------------------------------------------------------------------------------ */

/* The first token that begins a statement. */
static bool begin_statement(struct splitter *s, struct token *t)
{
    while (lexer_next(&s->lx, t)) {
        if (dot_line(s, t) || t->kind == TOKEN_CLIENT) {
            if (harmless(s, t))
                continue;
            return true;
        }
        if (delimiter_line(s, t))
            continue;
        size_t stop = terminator(s, t);
        if (stop != t->offset)
            return true;
        s->lx.at = stop + s->delimiter.n;
    }
    return false;
}

static enum split_result close_statement(struct splitter *s, struct statement *st, const struct shape *h,
                                         struct pawl_error *e)
{
    if (plain_delimiter(s) && h->bodies)
        return fail(s, h->body_at, e, "body", "add END;");
    if (h->parens)
        return fail(s, h->paren_at, e, "parenthesis", "add )");
    return h->form == FORM_STDIN && st->terminated ? copy_data(s, st, e) : SPLIT_STATEMENT;
}

enum split_result split_next(struct splitter *s, struct statement *st, struct pawl_error *e)
{
    struct token t;
    struct shape h = {0};
    *st = (struct statement){.kind = STATEMENT_SQL};
    if (!begin_statement(s, &t))
        return t.kind == TOKEN_ERROR ? lexical(s, &t, e) : SPLIT_END;
    st->offset = t.offset;
    if (t.kind == TOKEN_CLIENT) {
        st->kind = STATEMENT_CLIENT;
        st->length = t.length;
        st->end = s->lx.at;
        return SPLIT_STATEMENT;
    }
    do {
        size_t stop = terminator(s, &t);
        if (stop != SIZE_MAX && !held(s, &h)) {
            if (stop > t.offset)
                st->length = stop - st->offset;
            st->end = s->lx.at = stop + s->delimiter.n;
            st->terminated = true;
            return close_statement(s, st, &h, e);
        }
        if (t.kind == TOKEN_CLIENT) {
            st->end = s->lx.at = t.offset;
            return close_statement(s, st, &h, e);
        }
        observe(s, &h, st, &t);
        st->length = t.offset + t.length - st->offset;
    } while (lexer_next(&s->lx, &t));
    if (t.kind == TOKEN_ERROR)
        return lexical(s, &t, e);
    st->end = s->lx.text.n;
    return close_statement(s, st, &h, e);
}

bool split_any(const struct dialect *dialect, struct slice text)
{
    struct splitter s;
    struct statement st;
    split_init(&s, dialect, text);
    return split_next(&s, &st, NULL) != SPLIT_END;
}
