#include "schema/item.h"

#include "schema/fact.h"

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0;
}

/* One character behind a backslash at s.p[i - 1]; returns where the next one begins. */
static size_t escape(struct slice s, size_t i, char *out)
{
    if (s.p[i] == 'x' && i + 2 < s.n) {
        *out = (char)(hex(s.p[i + 1]) * 16 + hex(s.p[i + 2]));
        return i + 3;
    }
    *out = s.p[i] == 'n' ? '\n' : s.p[i] == 'r' ? '\r' : s.p[i] == 't' ? '\t' : s.p[i];
    return i + 1;
}

/* Behind the quoted text that begins at s.p[0]. */
static size_t quoted_end(struct slice s)
{
    size_t i = 1;
    while (i < s.n && s.p[i] != '"')
        i += s.p[i] == '\\' ? 2 : 1;
    return i < s.n ? i + 1 : s.n;
}

struct slice item_plain(struct arena *a, struct slice written)
{
    if (written.n < 2 || written.p[0] != '"')
        return written;
    char *text = arena_alloc(a, written.n);
    size_t n = 0, end = quoted_end(written) - 1;
    for (size_t i = 1; text && i < end; n++) {
        if (written.p[i] == '\\' && i + 1 < end)
            i = escape(written, i + 1, &text[n]);
        else
            text[n] = written.p[i++];
    }
    return (struct slice){text, n};
}

/* Where a bare or quoted piece ends: at one of the marks outside quotes. */
static size_t piece_end(struct slice s, const char *marks)
{
    if (s.n && s.p[0] == '"')
        return quoted_end(s);
    size_t i = 0;
    while (i < s.n && !strchr(marks, s.p[i]))
        i++;
    return i;
}

bool item_path(struct arena *a, struct slice *rest, struct slice parts[ITEM_PARTS], size_t *n)
{
    for (*n = 0; *n < ITEM_PARTS;) {
        size_t end = piece_end(*rest, ".:(,");
        parts[*n] = item_plain(a, slice_sub(*rest, 0, end));
        if (!parts[(*n)++].p)
            return false;
        *rest = slice_sub(*rest, end, rest->n);
        if (!rest->n || rest->p[0] != '.')
            return true;
        *rest = slice_sub(*rest, 1, rest->n);
    }
    return true;
}

int item_read(struct arena *a, struct slice line, struct item *out, struct pawl_error *e)
{
    size_t at = 0;
    struct slice name;
    *out = (struct item){.line = line};
    if (!fact_field(line, &at, &out->kind))
        return err_set(e, PAWL_INTERNAL, "an empty fact");
    if (!fact_field(line, &at, &name))
        name = SLICE("");
    out->key = slice_sub(line, 0, at);
    if (name.n && name.p[0] != ':' && !item_path(a, &name, out->parts, &out->n_parts))
        return err_nomem(e);
    if (name.n && name.p[0] == ':') {
        struct slice text = slice_sub(name, 1, name.n);
        bool quoted = text.n && text.p[0] == '"';
        out->content = item_plain(a, slice_sub(text, 0, quoted ? quoted_end(text) : slice_find_byte(text, '#')));
        if (!out->content.p)
            return err_nomem(e);
    }
    return PAWL_OK;
}

struct slice item_get(struct arena *a, const struct item *it, const char *attribute)
{
    struct slice v = fact_value(it->line, attribute);
    if (!v.p || slice_eq(v, SLICE("none")))
        return (struct slice){NULL, 0};
    return item_plain(a, v);
}

bool item_is(const struct item *it, const char *attribute, const char *word)
{
    return slice_eq(fact_value(it->line, attribute), slice_of(word));
}

bool item_kind(const struct item *it, const char *kind)
{
    return slice_eq(it->kind, slice_of(kind));
}

/* ---- lists ------------------------------------------------------------------------------------------------------- */

/* Behind ":collate=" and ":class=": parts in quotes or not, joined by dots. */
static struct slice dotted(struct slice *rest)
{
    size_t end = 0;
    while (end < rest->n && rest->p[end] != ',' && rest->p[end] != ':')
        end += rest->p[end] == '"' ? quoted_end(slice_sub(*rest, end, rest->n)) : 1;
    struct slice s = slice_sub(*rest, 0, end);
    *rest = slice_sub(*rest, end, rest->n);
    return s;
}

static bool eat(struct slice *rest, struct slice what)
{
    if (!slice_starts(*rest, what))
        return false;
    *rest = slice_sub(*rest, what.n, rest->n);
    return true;
}

static void behind(struct slice *rest, struct key *out)
{
    while (rest->n && rest->p[0] == ':') {
        if (eat(rest, SLICE(":collate=")))
            out->collation = dotted(rest);
        else if (eat(rest, SLICE(":class=")))
            out->class = dotted(rest);
        else if (eat(rest, SLICE(":desc")))
            out->desc = true;
        else if (eat(rest, SLICE(":nulls=first")))
            out->first = true;
        else if (eat(rest, SLICE(":nulls=last")))
            out->last = true;
        else
            *rest = slice_sub(*rest, 1, rest->n);
    }
}

bool item_next(struct arena *a, struct slice *rest, struct key *out)
{
    *out = (struct key){0};
    if (!rest->n)
        return false;
    if (rest->p[0] == '(') {
        struct slice inner = slice_sub(*rest, 1, rest->n);
        size_t end = inner.n && inner.p[0] == '"' ? quoted_end(inner) : 0;
        size_t depth = 0;
        /* without quotes there is no space in it, but parentheses there may be */
        while (!(inner.n && inner.p[0] == '"') && end < inner.n && (inner.p[end] != ')' || depth)) {
            depth += inner.p[end] == '(';
            depth -= inner.p[end] == ')';
            end++;
        }
        out->expression = item_plain(a, slice_sub(inner, 0, end));
        *rest = slice_sub(inner, end + 1, inner.n);
    } else {
        size_t end = piece_end(*rest, ",:");
        out->name = item_plain(a, slice_sub(*rest, 0, end));
        *rest = slice_sub(*rest, end, rest->n);
    }
    behind(rest, out);
    if (rest->n && rest->p[0] == ',')
        *rest = slice_sub(*rest, 1, rest->n);
    return out->name.p || out->expression.p;
}

bool item_element(struct arena *a, struct slice *rest, struct slice *out)
{
    while (rest->n && (rest->p[0] == '{' || rest->p[0] == ','))
        *rest = slice_sub(*rest, 1, rest->n);
    if (!rest->n || rest->p[0] == '}')
        return false;
    char *text = arena_alloc(a, rest->n + 1);
    size_t n = 0, i = 0;
    bool quoted = rest->p[0] == '"';
    if (!text)
        return false;
    for (i = quoted; i < rest->n && (quoted ? rest->p[i] != '"' : rest->p[i] != ',' && rest->p[i] != '}'); i++) {
        if (rest->p[i] == '\\' && i + 1 < rest->n)
            i++;
        text[n++] = rest->p[i];
    }
    *rest = slice_sub(*rest, i + quoted, rest->n);
    *out = (struct slice){text, n};
    return true;
}

const char *item_action_words(struct slice action)
{
    return slice_eq(action, SLICE("cascade"))       ? "CASCADE"
           : slice_eq(action, SLICE("restrict"))    ? "RESTRICT"
           : slice_eq(action, SLICE("set-null"))    ? "SET NULL"
           : slice_eq(action, SLICE("set-default")) ? "SET DEFAULT"
                                                    : "NO ACTION";
}
