#include "schema/sqlite_text.h"

#include "sql/quote.h"

#define TEXT_MAX (256u << 20)

static const char *const keywords[] = {
    "abort",
    "action",
    "add",
    "after",
    "all",
    "alter",
    "always",
    "analyze",
    "and",
    "as",
    "asc",
    "attach",
    "autoincrement",
    "before",
    "begin",
    "between",
    "by",
    "cascade",
    "case",
    "cast",
    "check",
    "collate",
    "column",
    "commit",
    "conflict",
    "constraint",
    "create",
    "cross",
    "current",
    "current_date",
    "current_time",
    "current_timestamp",
    "database",
    "default",
    "deferrable",
    "deferred",
    "delete",
    "desc",
    "detach",
    "distinct",
    "do",
    "drop",
    "each",
    "else",
    "end",
    "escape",
    "except",
    "exclude",
    "exclusive",
    "exists",
    "explain",
    "fail",
    "false",
    "filter",
    "first",
    "following",
    "for",
    "foreign",
    "from",
    "full",
    "generated",
    "glob",
    "group",
    "groups",
    "having",
    "if",
    "ignore",
    "immediate",
    "in",
    "index",
    "indexed",
    "initially",
    "inner",
    "insert",
    "instead",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "key",
    "last",
    "left",
    "like",
    "limit",
    "match",
    "materialized",
    "natural",
    "no",
    "not",
    "nothing",
    "notnull",
    "null",
    "nulls",
    "of",
    "offset",
    "on",
    "or",
    "order",
    "others",
    "outer",
    "over",
    "partition",
    "plan",
    "pragma",
    "preceding",
    "primary",
    "query",
    "raise",
    "range",
    "recursive",
    "references",
    "regexp",
    "reindex",
    "release",
    "rename",
    "replace",
    "restrict",
    "returning",
    "right",
    "rollback",
    "row",
    "rows",
    "savepoint",
    "select",
    "set",
    "table",
    "temp",
    "temporary",
    "then",
    "ties",
    "to",
    "transaction",
    "trigger",
    "true",
    "unbounded",
    "union",
    "unique",
    "update",
    "using",
    "vacuum",
    "values",
    "view",
    "virtual",
    "when",
    "where",
    "window",
    "with",
    "without",
};

static int compare_folded(struct slice s, const char *lower)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c >= 'A' && c <= 'Z')
            c = (unsigned char)(c + 32);
        if (c != (unsigned char)lower[i])
            return c < (unsigned char)lower[i] ? -1 : 1;
    }
    return lower[s.n] ? -1 : 0;
}

bool sqlite_keyword(struct slice s)
{
    size_t low = 0, high = sizeof keywords / sizeof *keywords;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int d = compare_folded(s, keywords[middle]);
        if (d == 0)
            return true;
        if (d > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* ---- tokens ------------------------------------------------------------------------------------------------------ */

static struct slice slice_at(const struct tokens *t, size_t i)
{
    return slice_sub(t->text, t->items[i].offset, t->items[i].offset + t->items[i].length);
}

/* The lexer gives operators byte by byte: does c, right behind `before`, belong to it? */
static bool goes_on(struct slice before, char c)
{
    static const char *const operators[] = {"||", "<=", "<>", "<<", ">=", ">>", "==", "!=", "->", "->>"};
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (strlen(operators[i]) == before.n + 1 && memcmp(operators[i], before.p, before.n) == 0 &&
            operators[i][before.n] == c)
            return true;
    return false;
}

bool tokens_read(struct tokens *t, struct arena *a, struct slice sql)
{
    return tokens_read_as(t, a, &dialect_sqlite, sql);
}

bool tokens_read_as(struct tokens *t, struct arena *a, const struct dialect *dialect, struct slice sql)
{
    struct lexer lx;
    struct token one, *items = NULL;
    size_t cap = 0, n = 0;
    *t = (struct tokens){.arena = a, .text = sql};
    lexer_init(&lx, dialect, sql);
    for (bool more = true; more;) {
        more = lexer_next(&lx, &one);
        struct token *last = n ? &items[n - 1] : NULL;
        if (last && one.kind == TOKEN_PUNCTUATION && last->kind == TOKEN_PUNCTUATION &&
            last->offset + last->length == one.offset && goes_on(slice_sub(sql, last->offset, one.offset), one.c)) {
            last->length++;
            continue;
        }
        if (!arena_grow(a, (void **)&items, &cap, n, sizeof *items)) {
            t->failed = true;
            return false;
        }
        items[n++] = one;
    }
    t->broken = items[n - 1].kind == TOKEN_ERROR;
    items[n - 1].kind = TOKEN_END;
    t->items = items;
    t->n = n - 1;
    return true;
}

bool tokens_word(const struct tokens *t, size_t i, const char *lower)
{
    return i < t->n && t->items[i].kind == TOKEN_WORD && compare_folded(slice_at(t, i), lower) == 0;
}

bool tokens_is(const struct tokens *t, size_t i, char c)
{
    return i < t->n && t->items[i].kind == TOKEN_PUNCTUATION && t->items[i].length == 1 && t->items[i].c == c;
}

size_t tokens_group_end(const struct tokens *t, size_t i)
{
    size_t depth = 0;
    for (; i < t->n; i++) {
        if (tokens_is(t, i, '('))
            depth++;
        else if (tokens_is(t, i, ')') && --depth == 0)
            return i + 1;
    }
    return t->n;
}

size_t tokens_item_end(const struct tokens *t, size_t i, size_t end)
{
    while (i < end && !tokens_is(t, i, ',') && !tokens_is(t, i, ')'))
        i = tokens_is(t, i, '(') ? tokens_group_end(t, i) : i + 1;
    return i < end ? i : end;
}

bool tokens_is_name(const struct tokens *t, size_t i)
{
    return i < t->n && (t->items[i].kind == TOKEN_WORD || t->items[i].kind == TOKEN_QUOTED ||
                        (t->items[i].kind == TOKEN_STRING && t->items[i].c == '\''));
}

struct slice tokens_keep(struct tokens *t, const struct strbuf *b)
{
    struct slice s = {NULL, 0};
    if (strbuf_ok(b))
        s = arena_dup(t->arena, strbuf_slice(b));
    t->failed |= s.p == NULL;
    return s;
}

struct slice tokens_name(struct tokens *t, size_t i)
{
    if (!tokens_is_name(t, i))
        return (struct slice){NULL, 0};
    if (t->items[i].kind == TOKEN_WORD)
        return slice_at(t, i);
    STRBUF(b, TEXT_MAX);
    quote_strip(&b, &dialect_sqlite, slice_at(t, i));
    return tokens_keep(t, &b);
}

/* ---- one spelling ------------------------------------------------------------------------------------------------ */

static bool needs_no_quotes(struct slice s)
{
    if (s.n == 0 || (s.p[0] >= '0' && s.p[0] <= '9') || sqlite_keyword(s))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c >= 0x80))
            return false;
    }
    return true;
}

static void add_identifier(struct strbuf *b, struct slice written)
{
    STRBUF(name, TEXT_MAX);
    quote_strip(&name, &dialect_sqlite, written);
    if (!strbuf_ok(&name))
        b->failed = true;
    else if (needs_no_quotes(strbuf_slice(&name)))
        strbuf_add(b, strbuf_slice(&name));
    else
        quote_identifier(b, &dialect_sqlite, strbuf_slice(&name));
}

static bool is_operand(const struct tokens *t, size_t i)
{
    enum token_kind kind = t->items[i].kind;
    return kind == TOKEN_QUOTED || kind == TOKEN_STRING || kind == TOKEN_NUMBER || kind == TOKEN_PARAMETER ||
           tokens_is(t, i, ')') || (kind == TOKEN_WORD && !sqlite_keyword(slice_at(t, i)));
}

/* A sign that nothing stands before to be added to. */
static bool is_sign(const struct tokens *t, size_t from, size_t i)
{
    return (tokens_is(t, i, '-') || tokens_is(t, i, '+') || tokens_is(t, i, '~')) &&
           (i == from || !is_operand(t, i - 1));
}

/* A space between token i and the one before it, in a range that begins at `from`? */
static bool spaced(const struct tokens *t, size_t from, size_t i)
{
    if (i == from || tokens_is(t, i, ')') || tokens_is(t, i, ',') || tokens_is(t, i, ';') || tokens_is(t, i, '.'))
        return false;
    if (tokens_is(t, i - 1, '(') || tokens_is(t, i - 1, '.'))
        return false;
    if (tokens_is(t, i, '(')) {
        enum token_kind before = t->items[i - 1].kind;
        return before != TOKEN_QUOTED && !(before == TOKEN_WORD && !sqlite_keyword(slice_at(t, i - 1)));
    }
    /* `- -1` must not become a comment */
    return !is_sign(t, from, i - 1) || t->items[i].kind == TOKEN_PUNCTUATION;
}

static struct slice spelled(struct tokens *t, size_t from, size_t to, bool unquote)
{
    STRBUF(b, TEXT_MAX);
    strbuf_addz(&b, "");
    for (size_t i = from; i < to; i++) {
        if (spaced(t, from, i))
            strbuf_addc(&b, ' ');
        if (unquote && t->items[i].kind == TOKEN_QUOTED)
            add_identifier(&b, slice_at(t, i));
        else
            strbuf_add(&b, slice_at(t, i));
    }
    return tokens_keep(t, &b);
}

struct slice tokens_text(struct tokens *t, size_t from, size_t to)
{
    return spelled(t, from, to, true);
}

struct slice tokens_inner(struct tokens *t, size_t from, size_t to)
{
    while (to - from >= 2 && tokens_is(t, from, '(') && tokens_group_end(t, from) == to) {
        from++;
        to--;
    }
    return spelled(t, from, to, true);
}

struct slice tokens_verbatim(struct tokens *t, size_t from, size_t to)
{
    return spelled(t, from, to, false);
}
