#include "schema/sqlite_spell.h"

#include "base/strbuf.h"
#include "schema/sqlite_text.h"

#define TEXT_MAX ((size_t)1 << 20)

/* ---- types ------------------------------------------------------------------------------------------------------- */

static bool has(struct slice type, const char *lower)
{
    size_t n = strlen(lower);
    for (size_t i = 0; i + n <= type.n; i++)
        if (slice_ieq(slice_sub(type, i, i + n), slice_of(lower)))
            return true;
    return false;
}

enum affinity spell_affinity(struct slice type)
{
    if (has(type, "int"))
        return AFFINITY_INTEGER;
    if (has(type, "char") || has(type, "clob") || has(type, "text"))
        return AFFINITY_TEXT;
    if (type.n == 0 || has(type, "blob"))
        return AFFINITY_BLOB;
    return has(type, "real") || has(type, "floa") || has(type, "doub") ? AFFINITY_REAL : AFFINITY_NUMERIC;
}

/* ---- casts ------------------------------------------------------------------------------------------------------- */

static bool is_cast(const struct tokens *t, size_t i)
{
    return i < t->n && t->items[i].kind == TOKEN_PUNCTUATION && t->items[i].length == 2 && t->items[i].c == ':';
}

static bool is_literal(const struct tokens *t, size_t i)
{
    enum token_kind kind = t->items[i].kind;
    return kind == TOKEN_STRING || kind == TOKEN_NUMBER || tokens_word(t, i, "null") || tokens_word(t, i, "true") ||
           tokens_word(t, i, "false");
}

/* Where the operand in front of token `cast` begins: a literal, a name with its qualifier, a call, a parenthesis. */
static size_t operand(const struct tokens *t, size_t cast)
{
    size_t i = cast - 1;
    if (tokens_is(t, i, ')')) {
        size_t depth = 0;
        for (;; i--) {
            depth += tokens_is(t, i, ')');
            if (tokens_is(t, i, '(') && --depth == 0)
                break;
            if (i == 0)
                return 0;
        }
        if (i == 0 || t->items[i - 1].kind != TOKEN_WORD)
            return i;
        i--;
    }
    while (i >= 2 && tokens_is(t, i - 1, '.'))
        i -= 2;
    return i;
}

/* Behind the type that begins at i: words that belong together, a length, brackets of an array. */
static size_t type_end(const struct tokens *t, size_t i)
{
    static const char *const more[] = {"precision", "varying", "with", "without", "time", "zone"};
    bool goes_on = true;
    i++;
    while (tokens_is(t, i, '.'))
        i += 2;
    while (goes_on) {
        goes_on = false;
        for (size_t k = 0; k < sizeof more / sizeof *more && !goes_on; k++)
            goes_on = tokens_word(t, i, more[k]);
        i += goes_on;
    }
    if (tokens_is(t, i, '('))
        i = tokens_group_end(t, i);
    while (tokens_is(t, i, '['))
        while (i < t->n && !tokens_is(t, i++, ']'))
            continue;
    return i;
}

static struct slice between(const struct tokens *t, size_t from, size_t to)
{
    if (from >= to)
        return (struct slice){t->text.p, 0};
    return slice_sub(t->text, t->items[from].offset, t->items[to - 1].offset + t->items[to - 1].length);
}

/* The text with the cast at token i taken out or written otherwise. */
static int one_cast(struct arena *a, const struct tokens *t, size_t i, struct slice *out, struct pawl_error *e)
{
    if (i == 0 || i + 1 >= t->n)
        return err_set(e, PAWL_SQL, "a cast without an operand: " SLICE_FMT, SLICE_ARG(t->text));
    size_t from = operand(t, i), end = type_end(t, i + 1);
    struct slice type = between(t, i + 1, end), value = between(t, from, i);
    bool literal = from + 1 == i && is_literal(t, from);
    if (!literal && spell_affinity(type) != AFFINITY_TEXT) {
        err_set(e, PAWL_SQL, "SQLite has no cast to " SLICE_FMT " that fails where the value does not fit",
                SLICE_ARG(type));
        err_hint(e, "write what is meant with functions that both engines have, or CAST(.. AS ..) if any text will do");
        return PAWL_SQL;
    }
    struct slice head = slice_sub(t->text, 0, (size_t)(value.p - t->text.p));
    struct slice tail = slice_sub(t->text, (size_t)(type.p - t->text.p) + type.n, t->text.n);
    *out = arena_printf(a, literal ? "%.*s%.*s%.*s" : "%.*sCAST(%.*s AS TEXT)%.*s", SLICE_ARG(head), SLICE_ARG(value),
                        SLICE_ARG(tail));
    return out->p ? PAWL_OK : err_nomem(e);
}

/* E'..' without its E. */
static int plain_strings(struct arena *a, struct slice text, struct slice *out, struct pawl_error *e)
{
    struct tokens t;
    *out = text;
    if (!tokens_read_as(&t, a, &dialect_postgres, text))
        return err_nomem(e);
    for (size_t i = t.n; i-- > 0;) {
        size_t at = t.items[i].offset;
        struct slice literal = slice_sub(text, at, at + t.items[i].length);
        if (t.items[i].kind != TOKEN_STRING || !slice_ieq(slice_sub(literal, 0, 2), SLICE("e'")))
            continue;
        if (slice_find_byte(literal, '\\') != SIZE_MAX) {
            err_set(e, PAWL_SQL, "SQLite has no strings with escapes: " SLICE_FMT, SLICE_ARG(literal));
            err_hint(e, "write the characters themselves between plain quotes");
            return PAWL_SQL;
        }
        *out = arena_printf(a, SLICE_FMT SLICE_FMT, SLICE_ARG(slice_sub(*out, 0, at)),
                            SLICE_ARG(slice_sub(*out, at + 1, out->n)));
        if (!out->p)
            return err_nomem(e);
    }
    return PAWL_OK;
}

int spell_casts(struct arena *a, struct slice text, struct slice *out, struct pawl_error *e)
{
    int code = plain_strings(a, text, out, e);
    if (code)
        return code;
    for (;;) {
        struct tokens t;
        size_t i = 0;
        if (!tokens_read_as(&t, a, &dialect_postgres, *out))
            return err_nomem(e);
        while (i < t.n && !is_cast(&t, i))
            i++;
        if (i == t.n)
            return PAWL_OK;
        code = one_cast(a, &t, i, out, e);
        if (code)
            return code;
    }
}

int spell_using(struct arena *a, struct slice text, struct slice type, struct slice *out, struct pawl_error *e)
{
    struct tokens t;
    if (!tokens_read_as(&t, a, &dialect_postgres, text))
        return err_nomem(e);
    while (t.n > 2 && tokens_is(&t, 0, '(') && tokens_group_end(&t, 0) == t.n) {
        text = between(&t, 1, t.n - 1);
        if (!tokens_read_as(&t, a, &dialect_postgres, text))
            return err_nomem(e);
    }
    for (size_t i = t.n; i-- > 1;) {
        if (!is_cast(&t, i))
            continue;
        if (operand(&t, i) != 0 || i + 1 >= t.n || type_end(&t, i + 1) != t.n ||
            spell_affinity(between(&t, i + 1, t.n)) != spell_affinity(type))
            break;
        text = between(&t, 0, i);
        break;
    }
    return spell_casts(a, text, out, e);
}

/* ---- defaults ---------------------------------------------------------------------------------------------------- */

int spell_default(struct arena *a, struct slice text, struct slice *out, struct pawl_error *e)
{
    static const char *const known[] = {"current_time", "current_date", "current_timestamp"};
    struct tokens t;
    int code = spell_casts(a, text, out, e);
    if (code)
        return code;
    if (!tokens_read_as(&t, a, &dialect_postgres, *out))
        return err_nomem(e);
    size_t i = tokens_is(&t, 0, '-') || tokens_is(&t, 0, '+') ? 1 : 0;
    bool plain = t.n == i + 1 && is_literal(&t, i);
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        plain |= t.n == 1 && tokens_word(&t, 0, known[k]);
    if (plain || (tokens_is(&t, 0, '(') && tokens_group_end(&t, 0) == t.n))
        return PAWL_OK;
    *out = arena_printf(a, "(" SLICE_FMT ")", SLICE_ARG(*out));
    return out->p ? PAWL_OK : err_nomem(e);
}
