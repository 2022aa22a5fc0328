#include "cli/toml.h"

#include <stdio.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "base/utf8.h"

#define KEY_PARTS 16
#define STRING_MAX (1u << 20)

struct toml_reader {
    struct arena *arena;
    struct slice text;
    struct slice file;
    size_t at;
    struct pawl_error *e;
};

/* ---- places and characters --------------------------------------------------------------------------------------- */

static void place_of(const struct toml_reader *r, size_t at, uint32_t *line, uint32_t *column)
{
    size_t start = 0;
    *line = 1;
    for (size_t i = 0; i < at; i++) {
        if (r->text.p[i] == '\n') {
            ++*line;
            start = i + 1;
        }
    }
    *column = (uint32_t)utf8_count(slice_sub(r->text, start, at)) + 1;
}

static int fail_at(struct toml_reader *r, size_t at, const char *message)
{
    uint32_t line, column;
    place_of(r, at, &line, &column);
    err_set(r->e, PAWL_CONFIG, "%s", message);
    err_place(r->e, r->file, line, column);
    return PAWL_CONFIG;
}

static int fail(struct toml_reader *r, const char *message)
{
    return fail_at(r, r->at, message);
}

/* The byte `ahead` of the place, or -1 at the end. */
static int peek(const struct toml_reader *r, size_t ahead)
{
    return r->text.n - r->at > ahead ? (unsigned char)r->text.p[r->at + ahead] : -1;
}

static void skip_blanks(struct toml_reader *r)
{
    while (peek(r, 0) == ' ' || peek(r, 0) == '\t')
        r->at++;
}

static bool at_line_end(const struct toml_reader *r)
{
    return peek(r, 0) == -1 || peek(r, 0) == '\n' || (peek(r, 0) == '\r' && peek(r, 1) == '\n');
}

/* Control characters other than the tab stand nowhere in a TOML file; a line ends with LF or CRLF. */
static bool is_control(int c)
{
    return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f;
}

static int skip_comment(struct toml_reader *r)
{
    if (peek(r, 0) != '#')
        return PAWL_OK;
    while (!at_line_end(r)) {
        if (is_control(peek(r, 0)))
            return fail(r, "a control character in a comment");
        r->at++;
    }
    return PAWL_OK;
}

/* Blanks, a comment, and the end of the line. */
static int end_line(struct toml_reader *r)
{
    skip_blanks(r);
    int rc = skip_comment(r);
    if (rc)
        return rc;
    if (!at_line_end(r))
        return fail(r, "something is left over at the end of the line");
    r->at += peek(r, 0) == '\r' ? 2 : peek(r, 0) == '\n' ? 1 : 0;
    return PAWL_OK;
}

/* ---- strings ----------------------------------------------------------------------------------------------------- */

static void add_utf8(struct strbuf *b, uint32_t c)
{
    if (c < 0x80) {
        strbuf_addc(b, (char)c);
        return;
    }
    unsigned tail = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    strbuf_addc(b, (char)(lead[tail] | (c >> (6 * tail))));
    while (tail--)
        strbuf_addc(b, (char)(0x80 | ((c >> (6 * tail)) & 0x3f)));
}

static int hex_digit(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int read_code_point(struct toml_reader *r, size_t digits, struct strbuf *b)
{
    uint32_t c = 0;
    for (size_t i = 0; i < digits; i++, r->at++) {
        int d = hex_digit(peek(r, 0));
        if (d < 0)
            return fail(r, "\\u needs 4 hexadecimal digits, \\U needs 8");
        c = c << 4 | (uint32_t)d;
    }
    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return fail_at(r, r->at - digits - 2, "an escape that is no Unicode character");
    add_utf8(b, c);
    return PAWL_OK;
}

static int read_escape(struct toml_reader *r, struct strbuf *b)
{
    static const char from[] = "btnfr\"\\", to[] = "\b\t\n\f\r\"\\";
    int c = peek(r, 1);
    const char *known = c > 0 ? strchr(from, c) : NULL;
    if (!known && c != 'u' && c != 'U')
        return fail(r, "an escape that TOML does not have; for a backslash write \\\\ or use '...'");
    r->at += 2;
    if (!known)
        return read_code_point(r, c == 'u' ? 4 : 8, b);
    strbuf_addc(b, to[known - from]);
    return PAWL_OK;
}

static int read_string(struct toml_reader *r, struct slice *out)
{
    size_t open = r->at;
    int quote = peek(r, 0);
    STRBUF(b, STRING_MAX);
    if (peek(r, 1) == quote && peek(r, 2) == quote)
        return fail(r, "strings over several lines are not read here");
    r->at++;
    while (peek(r, 0) != quote) {
        if (at_line_end(r))
            return fail_at(r, open, "a string that is not closed on its line");
        if (is_control(peek(r, 0)))
            return fail(r, "a control character in a string");
        if (quote == '"' && peek(r, 0) == '\\') {
            int rc = read_escape(r, &b);
            if (rc)
                return rc;
        } else
            strbuf_addc(&b, r->text.p[r->at++]);
    }
    r->at++;
    *out = strbuf_ok(&b) ? arena_dup(r->arena, strbuf_slice(&b)) : (struct slice){NULL, 0};
    return out->p ? PAWL_OK : err_nomem(r->e);
}

/* ---- keys -------------------------------------------------------------------------------------------------------- */

struct toml_key {
    struct slice part[KEY_PARTS];
    size_t at[KEY_PARTS];
    size_t n;
};

static bool is_bare(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static int read_key_part(struct toml_reader *r, struct slice *out)
{
    if (peek(r, 0) == '"' || peek(r, 0) == '\'')
        return read_string(r, out);
    size_t start = r->at;
    while (is_bare(peek(r, 0)))
        r->at++;
    if (r->at == start)
        return fail(r, "a key is missing here (letters, digits, _ and -, or a quoted text)");
    *out = arena_dup(r->arena, slice_sub(r->text, start, r->at));
    return out->p ? PAWL_OK : err_nomem(r->e);
}

static int read_key(struct toml_reader *r, struct toml_key *key)
{
    key->n = 0;
    for (;;) {
        skip_blanks(r);
        if (key->n == KEY_PARTS)
            return fail(r, "a key of too many parts");
        key->at[key->n] = r->at;
        int rc = read_key_part(r, &key->part[key->n++]);
        if (rc)
            return rc;
        skip_blanks(r);
        if (peek(r, 0) != '.')
            return PAWL_OK;
        r->at++;
    }
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

static struct toml_entry *find(const struct toml_value *table, struct slice key)
{
    struct toml_entry *entry = table->first;
    while (entry && !slice_eq(entry->key, key))
        entry = entry->next;
    return entry;
}

const struct toml_value *toml_get(const struct toml_value *table, struct slice key)
{
    struct toml_entry *entry = find(table, key);
    return entry ? &entry->value : NULL;
}

static struct toml_value *add(struct toml_reader *r, struct toml_value *table, struct slice key, size_t at)
{
    struct toml_entry *entry = arena_alloc(r->arena, sizeof *entry);
    if (!entry)
        return NULL;
    entry->key = key;
    entry->value.kind = TOML_TABLE;
    place_of(r, at, &entry->value.line, &entry->value.column);
    if (table->last)
        table->last->next = entry;
    else
        table->first = entry;
    table->last = entry;
    return &entry->value;
}

static int fail_twice(struct toml_reader *r, const struct toml_key *key, size_t part, uint32_t first)
{
    char message[200];
    struct slice name = slice_sub(key->part[part], 0, 100);
    snprintf(message, sizeof message, "'" SLICE_FMT "' is already there, from line %u", SLICE_ARG(name), first);
    return fail_at(r, key->at[part], message);
}

/* Goes down all parts of the key but the last, making tables as needed. */
static int descend(struct toml_reader *r, const struct toml_key *key, enum toml_birth birth, struct toml_value **table)
{
    for (size_t i = 0; i + 1 < key->n; i++) {
        struct toml_entry *entry = find(*table, key->part[i]);
        /* A dotted key may only go on with what dotted keys began, never into what a [header] made. */
        bool closed =
            entry && (entry->value.kind != TOML_TABLE || (birth == TOML_BY_DOTS && entry->value.birth != TOML_BY_DOTS));
        if (closed)
            return fail_twice(r, key, i, entry->value.line);
        struct toml_value *next = entry ? &entry->value : add(r, *table, key->part[i], key->at[i]);
        if (!next)
            return err_nomem(r->e);
        if (!entry)
            next->birth = birth;
        *table = next;
    }
    return PAWL_OK;
}

static int read_header(struct toml_reader *r, struct toml_value *root, struct toml_value **current)
{
    struct toml_key key;
    if (peek(r, 1) == '[')
        return fail(r, "arrays of tables are not read here");
    r->at++;
    int rc = read_key(r, &key);
    if (rc)
        return rc;
    if (peek(r, 0) != ']')
        return fail(r, "] is missing here");
    r->at++;
    *current = root;
    rc = descend(r, &key, TOML_BY_PATH, current);
    if (rc)
        return rc;
    size_t last = key.n - 1;
    struct toml_entry *entry = find(*current, key.part[last]);
    if (entry && (entry->value.kind != TOML_TABLE || entry->value.birth != TOML_BY_PATH))
        return fail_twice(r, &key, last, entry->value.line);
    *current = entry ? &entry->value : add(r, *current, key.part[last], key.at[last]);
    if (!*current)
        return err_nomem(r->e);
    (*current)->birth = TOML_BY_HEADER;
    place_of(r, key.at[last], &(*current)->line, &(*current)->column);
    return end_line(r);
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

/* In an array, blanks, line ends and comments may stand between all items. */
static int skip_between(struct toml_reader *r)
{
    for (;;) {
        skip_blanks(r);
        int rc = skip_comment(r);
        if (rc || peek(r, 0) == -1 || !at_line_end(r))
            return rc;
        r->at += peek(r, 0) == '\r' ? 2 : 1;
    }
}

static int read_array(struct toml_reader *r, struct toml_value *v)
{
    size_t open = r->at, cap = 0;
    v->kind = TOML_ARRAY;
    r->at++;
    for (;;) {
        int rc = skip_between(r);
        if (rc)
            return rc;
        if (peek(r, 0) == ']')
            break;
        if (peek(r, 0) == -1)
            return fail_at(r, open, "an array that is not closed");
        if (peek(r, 0) != '"' && peek(r, 0) != '\'')
            return fail(r, "only strings are read in an array");
        if (!arena_grow(r->arena, (void **)&v->items, &cap, v->n_items, sizeof *v->items))
            return err_nomem(r->e);
        rc = read_string(r, &v->items[v->n_items++]);
        if (!rc)
            rc = skip_between(r);
        if (rc)
            return rc;
        if (peek(r, 0) == -1)
            return fail_at(r, open, "an array that is not closed");
        if (peek(r, 0) != ',' && peek(r, 0) != ']')
            return fail(r, "a comma or ] is missing here");
        r->at += peek(r, 0) == ',';
    }
    r->at++;
    return PAWL_OK;
}

/* Digits of TOML: an underscore only between two digits, no leading zero. */
static bool plain_integer(struct slice word, char *digits, size_t room)
{
    size_t n = 0, i = word.n && (word.p[0] == '+' || word.p[0] == '-') ? 1 : 0;
    if (i)
        digits[n++] = word.p[0];
    if (word.n - i > 1 && word.p[i] == '0')
        return false;
    bool was_digit = false;
    for (; i < word.n; i++) {
        bool digit = word.p[i] >= '0' && word.p[i] <= '9';
        if ((!digit && (word.p[i] != '_' || !was_digit)) || n + 1 >= room)
            return false;
        if (digit)
            digits[n++] = word.p[i];
        was_digit = digit;
    }
    digits[n] = '\0';
    return was_digit;
}

static int read_bare_value(struct toml_reader *r, struct toml_value *v)
{
    size_t start = r->at, end = r->at;
    while (end < r->text.n && (is_bare((unsigned char)r->text.p[end]) || strchr("+.:", r->text.p[end])))
        end++;
    struct slice word = slice_sub(r->text, start, end);
    char digits[32];
    v->boolean = slice_eq(word, SLICE("true"));
    if (v->boolean || slice_eq(word, SLICE("false")))
        v->kind = TOML_BOOLEAN;
    else if (plain_integer(word, digits, sizeof digits) && slice_i64(slice_of(digits), &v->integer))
        v->kind = TOML_INTEGER;
    else if (word.n && (word.p[0] == '+' || word.p[0] == '-' || (word.p[0] >= '0' && word.p[0] <= '9')))
        return fail(r, "not an integer that is read here; put quotes around anything else");
    else
        return fail(r, word.n ? "a text needs quotes around it" : "a value is missing here");
    r->at = end;
    return PAWL_OK;
}

static int read_value(struct toml_reader *r, struct toml_value *v)
{
    switch (peek(r, 0)) {
    case '"':
    case '\'':
        v->kind = TOML_STRING;
        return read_string(r, &v->text);
    case '[':
        return read_array(r, v);
    case '{':
        return fail(r, "tables in braces are not read here");
    default:
        return read_bare_value(r, v);
    }
}

static int read_pair(struct toml_reader *r, struct toml_value *table)
{
    struct toml_key key;
    int rc = read_key(r, &key);
    if (rc)
        return rc;
    if (peek(r, 0) != '=')
        return fail(r, "= is missing here");
    r->at++;
    skip_blanks(r);
    rc = descend(r, &key, TOML_BY_DOTS, &table);
    if (rc)
        return rc;
    size_t last = key.n - 1;
    struct toml_entry *entry = find(table, key.part[last]);
    if (entry)
        return fail_twice(r, &key, last, entry->value.line);
    struct toml_value *v = add(r, table, key.part[last], key.at[last]);
    if (!v)
        return err_nomem(r->e);
    rc = read_value(r, v);
    return rc ? rc : end_line(r);
}

int toml_parse(struct arena *a, struct slice text, struct slice file, struct toml_value *root, struct pawl_error *e)
{
    struct toml_reader r = {a, text, file, 0, e};
    struct toml_value *table = root;
    *root = (struct toml_value){.kind = TOML_TABLE, .birth = TOML_BY_HEADER, .line = 1, .column = 1};
    size_t fault = utf8_fault(text);
    if (fault != SIZE_MAX) {
        r.text.n = fault;
        return fail_at(&r, fault, "not valid UTF-8");
    }
    if (slice_starts(text, UTF8_BOM))
        return fail(&r, "a byte order mark at the beginning; save the file without it");
    while (r.at < text.n) {
        int rc;
        skip_blanks(&r);
        if (at_line_end(&r) || peek(&r, 0) == '#')
            rc = end_line(&r);
        else if (peek(&r, 0) == '[')
            rc = read_header(&r, root, &table);
        else
            rc = read_pair(&r, table);
        if (rc)
            return rc;
    }
    return PAWL_OK;
}

const char *toml_kind_name(enum toml_kind kind)
{
    static const char *const names[] = {"string", "integer", "boolean", "array", "table"};
    return names[kind];
}
