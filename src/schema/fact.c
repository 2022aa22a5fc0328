#include "schema/fact.h"

#define SHOWN 160             /* bytes of a fact in a message */
#define LINE_MAX (256u << 20) /* a view of that size has other troubles */

void fact_init(struct fact *f)
{
    strbuf_init(&f->text, LINE_MAX);
    f->key_n = 0;
}

void fact_clear(struct fact *f)
{
    strbuf_clear(&f->text);
}

void fact_begin(struct fact *f, const char *kind)
{
    strbuf_reset(&f->text);
    strbuf_addz(&f->text, kind);
    f->key_n = 0;
}

static bool name_byte(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
           c >= 0x80;
}

static bool is_bare_name(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!name_byte((unsigned char)s.p[i]))
            return false;
    return s.n > 0;
}

static bool is_bare_value(struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c <= ' ' || c == 0x7f || c == '"' || c == '\\')
            return false;
    }
    return s.n > 0 && !slice_ieq(s, SLICE("none"));
}

static void escaped(struct strbuf *b, unsigned char c)
{
    switch (c) {
    case '"':
        strbuf_addz(b, "\\\"");
        break;
    case '\\':
        strbuf_addz(b, "\\\\");
        break;
    case '\n':
        strbuf_addz(b, "\\n");
        break;
    case '\r':
        strbuf_addz(b, "\\r");
        break;
    case '\t':
        strbuf_addz(b, "\\t");
        break;
    default:
        strbuf_addf(b, "\\x%02x", c);
        break;
    }
}

static bool needs_escape(unsigned char c)
{
    return c < ' ' || c == 0x7f || c == '"' || c == '\\';
}

static void quoted(struct strbuf *b, struct slice s)
{
    strbuf_addc(b, '"');
    for (size_t from = 0; from < s.n;) {
        size_t to = from;
        while (to < s.n && !needs_escape((unsigned char)s.p[to]))
            to++;
        strbuf_add(b, slice_sub(s, from, to));
        if (to < s.n)
            escaped(b, (unsigned char)s.p[to++]);
        from = to;
    }
    strbuf_addc(b, '"');
}

static void name_or_quoted(struct strbuf *b, struct slice s)
{
    if (is_bare_name(s))
        strbuf_add(b, s);
    else
        quoted(b, s);
}

/* The first part of a name comes behind a space, further ones behind a dot. */
void fact_name(struct fact *f, struct slice name)
{
    bool first = slice_find_byte(strbuf_slice(&f->text), ' ') == SIZE_MAX;
    strbuf_addc(&f->text, first ? ' ' : '.');
    name_or_quoted(&f->text, name);
}

void fact_content(struct fact *f, struct slice text)
{
    strbuf_addc(&f->text, ':');
    if (is_bare_value(text) && slice_find_byte(text, '#') == SIZE_MAX)
        strbuf_add(&f->text, text);
    else
        quoted(&f->text, text);
}

void fact_nth(struct fact *f, unsigned nth)
{
    if (nth > 1)
        strbuf_addf(&f->text, "#%u", nth);
}

void fact_attribute(struct fact *f, const char *attribute)
{
    if (f->key_n == 0)
        f->key_n = f->text.n;
    strbuf_addc(&f->text, ' ');
    strbuf_addz(&f->text, attribute);
    strbuf_addc(&f->text, '=');
}

void fact_word(struct fact *f, const char *attribute, const char *word)
{
    fact_attribute(f, attribute);
    strbuf_addz(&f->text, word);
}

void fact_text(struct fact *f, const char *attribute, struct slice text)
{
    fact_attribute(f, attribute);
    if (is_bare_value(text))
        strbuf_add(&f->text, text);
    else
        quoted(&f->text, text);
}

void fact_number(struct fact *f, const char *attribute, long long value)
{
    fact_attribute(f, attribute);
    strbuf_addf(&f->text, "%lld", value);
}

void fact_item(struct fact *f, struct slice name)
{
    name_or_quoted(&f->text, name);
}

void fact_expression(struct fact *f, struct slice text)
{
    strbuf_addc(&f->text, '(');
    if (is_bare_value(text))
        strbuf_add(&f->text, text);
    else
        quoted(&f->text, text);
    strbuf_addc(&f->text, ')');
}

void fact_raw(struct fact *f, const char *z)
{
    strbuf_addz(&f->text, z);
}

bool fact_ok(const struct fact *f)
{
    return strbuf_ok(&f->text);
}

struct slice fact_line(const struct fact *f)
{
    return strbuf_slice(&f->text);
}

size_t fact_key_length(const struct fact *f)
{
    return f->key_n ? f->key_n : f->text.n;
}

/* The line against a key: 0 if it is the line of that key. A space, which ends a key, sorts before all that a key may hold. */
static int compare_key(struct slice line, struct slice key)
{
    int d = slice_cmp(slice_sub(line, 0, key.n), key);
    return d || line.n == key.n || line.p[key.n] == ' ' ? d : 1;
}

size_t fact_find(const struct slice *lines, size_t low, size_t n, struct slice key, bool *found)
{
    for (size_t high = n; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (compare_key(lines[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = low < n && compare_key(lines[low], key) == 0;
    return low;
}

struct slice fact_among(const struct slice *lines, size_t n, struct slice key)
{
    bool found;
    size_t at = fact_find(lines, 0, n, key, &found);
    return found ? lines[at] : (struct slice){NULL, 0};
}

static bool is_among(const char *marks, char c)
{
    while (*marks && *marks != c)
        marks++;
    return *marks;
}

size_t fact_end(struct slice s, size_t from, const char *marks)
{
    bool inside = false;
    for (size_t i = from; i < s.n; i++) {
        if (s.p[i] == '"')
            inside = !inside;
        else if (inside && s.p[i] == '\\')
            i++;
        else if (!inside && is_among(marks, s.p[i]))
            return i;
    }
    return s.n;
}

bool fact_field(struct slice line, size_t *at, struct slice *field)
{
    size_t from = *at;
    while (from < line.n && line.p[from] == ' ')
        from++;
    *at = fact_end(line, from, " ");
    *field = slice_sub(line, from, *at);
    return *at > from;
}

size_t fact_key_of(struct slice line)
{
    size_t at = 0;
    struct slice field;
    fact_field(line, &at, &field);
    fact_field(line, &at, &field);
    return at;
}

struct slice fact_value(struct slice line, const char *attribute)
{
    size_t at = fact_key_of(line);
    struct slice field, name = slice_of(attribute);
    while (fact_field(line, &at, &field))
        if (field.n > name.n && field.p[name.n] == '=' && slice_starts(field, name))
            return slice_sub(field, name.n + 1, field.n);
    return (struct slice){NULL, 0};
}

struct slice fact_shown(struct slice line)
{
    size_t n = line.n < SHOWN ? line.n : SHOWN;
    while (n < line.n && ((unsigned char)line.p[n] & 0xc0) == 0x80) /* not within a character */
        n--;
    return line.p ? slice_sub(line, 0, n) : SLICE("none");
}
