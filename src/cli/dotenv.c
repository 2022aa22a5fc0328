#include "cli/dotenv.h"

#include "base/err.h"
#include "base/strbuf.h"

#define VALUE_MAX (1u << 20)

struct dotenv_reader {
    struct arena *arena;
    struct slice text;
    struct slice file;
    const char *const *environment;
    struct dotenv *out;
    struct dotenv_entry **tail;
    size_t at;
    size_t line_start;
    uint32_t line;
    struct pawl_error *e;
};

const char *environment_get(const char *const *environment, struct slice name)
{
    for (; environment && *environment; environment++) {
        struct slice pair = slice_of(*environment);
        if (pair.n > name.n && pair.p[name.n] == '=' && slice_starts(pair, name))
            return pair.p + name.n + 1;
    }
    return NULL;
}

const struct dotenv_entry *dotenv_get(const struct dotenv *d, struct slice name)
{
    const struct dotenv_entry *entry = d->first;
    while (entry && !slice_eq(slice_of(entry->name), name))
        entry = entry->next;
    return entry;
}

static int peek(const struct dotenv_reader *r)
{
    return r->at < r->text.n ? (unsigned char)r->text.p[r->at] : -1;
}

static int fail(struct dotenv_reader *r, const char *message)
{
    err_set(r->e, PAWL_CONFIG, "%s", message);
    err_place(r->e, r->file, r->line, (uint32_t)(r->at - r->line_start) + 1);
    err_hint(r->e, "correct the line, or leave the file aside with --no-dotenv");
    return PAWL_CONFIG;
}

static void next(struct dotenv_reader *r)
{
    if (r->text.p[r->at++] == '\n') {
        r->line++;
        r->line_start = r->at;
    }
}

static void skip_blanks(struct dotenv_reader *r)
{
    while (peek(r) == ' ' || peek(r) == '\t' || peek(r) == '\r')
        r->at++;
}

static void skip_line(struct dotenv_reader *r)
{
    while (peek(r) != -1 && peek(r) != '\n')
        r->at++;
}

static bool is_name(int c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (!first && ((c >= '0' && c <= '9') || c == '.'));
}

static struct slice read_name(struct dotenv_reader *r)
{
    size_t start = r->at;
    while (is_name(peek(r), r->at == start))
        r->at++;
    return slice_sub(r->text, start, r->at);
}

/* $NAME or ${NAME}; a lone dollar stands for itself. */
static int add_variable(struct dotenv_reader *r, struct strbuf *b)
{
    r->at++;
    bool braces = peek(r) == '{';
    r->at += braces;
    struct slice name = read_name(r);
    if (braces && (!name.n || peek(r) != '}'))
        return fail(r, "${ needs a name and }");
    r->at += braces;
    const char *value = environment_get(r->environment, name);
    const struct dotenv_entry *entry = value ? NULL : dotenv_get(r->out, name);
    if (!name.n)
        strbuf_addc(b, '$');
    else
        strbuf_addz(b, entry ? entry->value : value);
    return PAWL_OK;
}

static int read_double(struct dotenv_reader *r, struct strbuf *b)
{
    for (next(r); peek(r) != '"';) {
        if (peek(r) == -1)
            return fail(r, "a value whose quote is not closed");
        if (peek(r) == '$') {
            int rc = add_variable(r, b);
            if (rc)
                return rc;
            continue;
        }
        if (peek(r) == '\\') {
            next(r);
            int c = peek(r);
            if (c <= 0 || !strchr("nrt\"\\$", c))
                return fail(r, "an escape that is not known; for a backslash write \\\\ or use '...'");
            strbuf_addc(b, c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : (char)c);
        } else
            strbuf_addc(b, (char)peek(r));
        next(r);
    }
    next(r);
    return PAWL_OK;
}

static int read_single(struct dotenv_reader *r, struct strbuf *b)
{
    for (next(r); peek(r) != '\''; next(r)) {
        if (peek(r) == -1)
            return fail(r, "a value whose quote is not closed");
        strbuf_addc(b, (char)peek(r));
    }
    next(r);
    return PAWL_OK;
}

/* Ends before white space: what follows must be a comment. */
static int read_plain(struct dotenv_reader *r, struct strbuf *b)
{
    while (peek(r) != -1 && !strchr(" \t\r\n'\"", peek(r))) {
        if (peek(r) == '$') {
            int rc = add_variable(r, b);
            if (rc)
                return rc;
            continue;
        }
        if (peek(r) == '\\') {
            r->at++;
            if (peek(r) == -1 || peek(r) == '\n')
                return fail(r, "a backslash at the end of a value");
        }
        strbuf_addc(b, (char)peek(r));
        r->at++;
    }
    return PAWL_OK;
}

static int read_value(struct dotenv_reader *r, struct strbuf *b)
{
    int rc = PAWL_OK;
    while (!rc && peek(r) != -1 && !strchr(" \t\r\n", peek(r))) {
        if (peek(r) == '"')
            rc = read_double(r, b);
        else if (peek(r) == '\'')
            rc = read_single(r, b);
        else
            rc = read_plain(r, b);
    }
    if (rc)
        return rc;
    skip_blanks(r);
    if (peek(r) == '#')
        skip_line(r);
    if (peek(r) != -1 && peek(r) != '\n')
        return fail(r, "a value with spaces needs quotes around it");
    return PAWL_OK;
}

static int add_entry(struct dotenv_reader *r, struct slice name, uint32_t line, const struct strbuf *value)
{
    if (dotenv_get(r->out, name))
        return PAWL_OK;
    struct dotenv_entry *entry = arena_alloc(r->arena, sizeof *entry);
    char *name_z = arena_strz(r->arena, name);
    char *value_z = strbuf_ok(value) ? arena_strz(r->arena, strbuf_slice(value)) : NULL;
    if (!entry || !name_z || !value_z)
        return err_nomem(r->e);
    *entry = (struct dotenv_entry){NULL, name_z, value_z, line};
    *r->tail = entry;
    r->tail = &entry->next;
    return PAWL_OK;
}

static int read_line(struct dotenv_reader *r)
{
    uint32_t line = r->line;
    struct slice name = read_name(r);
    skip_blanks(r);
    if (slice_eq(name, SLICE("export")) && is_name(peek(r), true)) {
        name = read_name(r);
        skip_blanks(r);
    }
    if (!name.n)
        return fail(r, "a line that is not NAME=value");
    if (peek(r) != '=')
        return fail(r, "= is missing here");
    r->at++;
    skip_blanks(r);
    STRBUF(value, VALUE_MAX);
    int rc = peek(r) == '#' ? PAWL_OK : read_value(r, &value);
    if (peek(r) == '#')
        skip_line(r);
    return rc ? rc : add_entry(r, name, line, &value);
}

int dotenv_parse(struct arena *a, struct slice text, struct slice file, const char *const *environment,
                 struct dotenv *out, struct pawl_error *e)
{
    struct dotenv_reader r = {a, text, file, environment, out, &out->first, 0, 0, 1, e};
    out->first = NULL;
    if (slice_find_byte(text, '\0') != SIZE_MAX)
        return fail(&r, "a NUL byte in the file");
    while (r.at < text.n) {
        skip_blanks(&r);
        int rc = PAWL_OK;
        if (peek(&r) == '#')
            skip_line(&r);
        else if (peek(&r) != '\n' && peek(&r) != -1)
            rc = read_line(&r);
        if (rc)
            return rc;
        if (peek(&r) == '\n')
            next(&r);
    }
    return PAWL_OK;
}
