#include "schema/parity.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/strbuf.h"
#include "schema/fact.h"
#include "schema/likeness.h"

#define TEXT_MAX (1u << 20)

/* The portable facts of one side. */
struct side {
    struct arena *a;
    bool schemas, failed;
    struct slice *lines;
    size_t n, cap;
    struct map keys;   /* columns of primary keys */
    struct map checks; /* how many, by table */
    struct map spare;  /* by table, how many of its columns have a type that SQLite would need a CHECK for */
};

/* ---- pieces of facts --------------------------------------------------------------------------------------------- */

/* Without "public.", and in lower case: SQLite keeps the case of a name that PostgreSQL folds, and neither minds. */
static struct slice plain(struct side *s, struct slice name)
{
    struct slice out =
        arena_lower(s->a, s->schemas && slice_starts(name, SLICE("public.")) ? slice_sub(name, 7, name.n) : name);
    s->failed |= !out.p;
    return out;
}

/* The table at the beginning of a name (schema and all, unless that is public), and what stands behind it. */
static struct slice table_of(struct side *s, struct slice name)
{
    struct slice p = plain(s, name);
    size_t end = fact_end(p, 0, FACT_PART_ENDS);
    if (s->schemas && p.n == name.n && end < p.n)
        end = fact_end(p, end + 1, FACT_PART_ENDS);
    return slice_sub(p, 0, end);
}

/* A value without its quotes. */
static struct slice unquoted(struct side *s, struct slice v)
{
    if (v.n < 2 || v.p[0] != '"')
        return v;
    STRBUF(b, TEXT_MAX);
    for (size_t i = 1; i + 1 < v.n; i++) {
        if (v.p[i] == '\\' && i + 2 < v.n)
            i++;
        strbuf_addc(&b, v.p[i]);
    }
    struct slice out = strbuf_ok(&b) ? arena_dup(s->a, strbuf_slice(&b)) : v;
    s->failed |= !strbuf_ok(&b) || !out.p;
    return out;
}

static void add(struct side *s, struct slice line)
{
    if (!line.p || !arena_grow(s->a, (void **)&s->lines, &s->cap, s->n, sizeof *s->lines))
        s->failed = true;
    else
        s->lines[s->n++] = line;
}

/* ---- defaults ---------------------------------------------------------------------------------------------------- */

static bool in_type(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ' ' ||
           c == '.' || c == '"' || c == '[' || c == ']' || c == ':';
}

/* Behind a cast: "::timestamp(3) with time zone" and the like. */
static size_t skip_cast(struct slice s, size_t i)
{
    while (i < s.n && (in_type(s.p[i]) || s.p[i] == '('))
        if (s.p[i++] == '(')
            while (i < s.n && s.p[i++] != ')')
                ;
    return i;
}

/* Without the parentheses around it all. */
static struct slice inner(struct slice text)
{
    struct slice v = slice_trim(text);
    while (v.n > 2 && v.p[0] == '(' && v.p[v.n - 1] == ')')
        v = slice_trim(slice_sub(v, 1, v.n - 1));
    return v;
}

static bool is_number(struct slice class)
{
    return slice_eq(class, SLICE("integer")) || slice_eq(class, SLICE("real")) || slice_eq(class, SLICE("numeric"));
}

/* In lower case but for strings, without casts and spaces and without the parentheses around it all. */
static struct slice default_value(struct side *s, struct slice text, struct slice class)
{
    STRBUF(b, TEXT_MAX);
    struct slice v = inner(text);
    bool string = false, boolean = slice_eq(class, SLICE("boolean"));
    for (size_t i = 0; i < v.n; i++) {
        char c = v.p[i];
        string ^= c == '\'';
        if (!string && c == ':' && i + 1 < v.n && v.p[i + 1] == ':')
            i = skip_cast(v, i) - 1;
        else if (string || c != ' ')
            strbuf_addc(&b, !string && c >= 'A' && c <= 'Z' ? (char)(c + 32) : c);
    }
    struct slice out = strbuf_ok(&b) ? arena_dup(s->a, strbuf_slice(&b)) : (struct slice){NULL, 0};
    s->failed |= !out.p;
    out = inner(out);
    if (is_number(class) && out.n > 2 && out.p[0] == '\'') /* PostgreSQL keeps -1 as '-1'::integer */
        out = slice_sub(out, 1, out.n - 1);
    if (slice_eq(out, SLICE("now()")) || slice_eq(out, SLICE("current_timestamp")) ||
        slice_starts(out, SLICE("datetime('now'")))
        return SLICE("now");
    if (slice_starts(out, SLICE("date('now'")))
        return SLICE("current_date");
    if (slice_starts(out, SLICE("nextval(")) || slice_eq(out, SLICE("null")))
        return SLICE("none");
    if (boolean && (slice_eq(out, SLICE("1")) || slice_eq(out, SLICE("0"))))
        return out.p[0] == '1' ? SLICE("true") : SLICE("false");
    return out;
}

/* ---- from facts to portable facts -------------------------------------------------------------------------------- */

static void count(struct side *s, struct map *map, struct slice table)
{
    uintptr_t n = (uintptr_t)map_get(map, table);
    s->failed |= !map_set(s->a, map, table, (void *)(n + 1));
}

static void column(struct side *s, struct slice name, struct slice line)
{
    struct slice place = plain(s, name);
    struct slice class = likeness_class(s->a, unquoted(s, fact_value(line, "type")), s->schemas);
    s->failed |= !class.p;
    if (likeness_foreign(class))
        count(s, &s->spare, table_of(s, name));
    bool null = slice_eq(fact_value(line, "null"), SLICE("yes")) && !map_get(&s->keys, place);
    add(s, arena_printf(s->a, "column " SLICE_FMT " class=" SLICE_FMT " null=%s", SLICE_ARG(place), SLICE_ARG(class),
                        null ? "yes" : "no"));
    struct slice raw = fact_value(line, "default");
    if (slice_eq(raw, SLICE("none")))
        return;
    struct slice value = default_value(s, unquoted(s, raw), class);
    if (!slice_eq(value, SLICE("none")))
        add(s, arena_printf(s->a, "default " SLICE_FMT " value=" SLICE_FMT, SLICE_ARG(place), SLICE_ARG(value)));
}

static void keyed(struct side *s, const char *kind, struct slice table, struct slice columns)
{
    struct slice list = arena_lower(s->a, columns);
    s->failed |= !list.p;
    add(s, arena_printf(s->a, "%s " SLICE_FMT " columns=" SLICE_FMT, kind, SLICE_ARG(table), SLICE_ARG(list)));
}

static struct slice action(struct slice line, const char *attribute)
{
    struct slice v = fact_value(line, attribute);
    return v.p ? v : SLICE("none");
}

static void foreign_key(struct side *s, struct slice table, struct slice line)
{
    struct slice target = plain(s, fact_value(line, "references"));
    struct slice columns = arena_lower(s->a, fact_value(line, "columns"));
    size_t paren = slice_find_byte(target, '(');
    struct slice to = slice_sub(target, 0, paren);
    const struct slice *key = map_get(&s->keys, to); /* REFERENCES t: its primary key */
    struct slice what = paren != SIZE_MAX ? slice_sub(target, paren + 1, target.n - 1) : key ? *key : SLICE("");
    s->failed |= !columns.p;
    add(s, arena_printf(s->a,
                        "foreign-key " SLICE_FMT " columns=" SLICE_FMT " references=" SLICE_FMT "(" SLICE_FMT
                        ") on_delete=" SLICE_FMT " on_update=" SLICE_FMT,
                        SLICE_ARG(table), SLICE_ARG(columns), SLICE_ARG(to), SLICE_ARG(what),
                        SLICE_ARG(action(line, "on_delete")), SLICE_ARG(action(line, "on_update"))));
}

/* The end of an expression in a list of keys: (bare) or ("quoted"). */
static size_t expression_end(struct slice s, size_t i)
{
    size_t depth = 0;
    bool inside = false;
    for (; i < s.n; i++) {
        if (inside && s.p[i] == '\\')
            i++;
        else if (s.p[i] == '"')
            inside = !inside;
        else if (!inside && s.p[i] == '(')
            depth++;
        else if (!inside && s.p[i] == ')' && --depth == 0)
            return i + 1;
    }
    return s.n;
}

/* What PostgreSQL alone can say of a key, ":class=NAME" and ":nulls=first", has no counterpart; its length, or 0. */
static size_t own_words(const struct side *s, struct slice rest)
{
    if (!s->schemas || (!slice_starts(rest, SLICE(":class=")) && !slice_starts(rest, SLICE(":nulls="))))
        return 0;
    size_t end = 1;
    bool inside = false;
    for (; end < rest.n && (inside || (rest.p[end] != ',' && rest.p[end] != ':')); end++)
        inside ^= rest.p[end] == '"';
    return end;
}

/* Each engine spells expressions its own way, so all are alike here. */
static struct slice plain_keys(struct side *s, struct slice keys)
{
    STRBUF(b, TEXT_MAX);
    bool inside = false;
    for (size_t i = 0; i < keys.n; i++) {
        if (!inside && keys.p[i] == '(') {
            strbuf_addz(&b, "(expression)");
            i = expression_end(keys, i) - 1;
            continue;
        }
        size_t own = inside ? 0 : own_words(s, slice_sub(keys, i, keys.n));
        if (own) {
            i += own - 1;
            continue;
        }
        inside ^= keys.p[i] == '"';
        strbuf_addc(&b, keys.p[i]);
    }
    struct slice out = strbuf_ok(&b) ? arena_lower(s->a, strbuf_slice(&b)) : (struct slice){NULL, 0};
    s->failed |= !out.p;
    return out;
}

static void index_of(struct side *s, struct slice line)
{
    struct slice table = plain(s, fact_value(line, "on")), keys = plain_keys(s, fact_value(line, "keys"));
    struct slice method = fact_value(line, "method");
    if (method.p && !slice_eq(method, SLICE("hash"))) /* gin, gist, brin: SQLite has nothing of the kind */
        return;
    bool partial = !slice_eq(fact_value(line, "where"), SLICE("none"));
    bool unique = slice_eq(fact_value(line, "unique"), SLICE("yes"));
    if (unique && !partial)
        keyed(s, "unique", table, keys);
    else
        add(s, arena_printf(s->a, "%s " SLICE_FMT " keys=" SLICE_FMT " partial=%s", unique ? "unique-index" : "index",
                            SLICE_ARG(table), SLICE_ARG(keys), partial ? "yes" : "no"));
}

static void one_line(struct side *s, struct slice line)
{
    struct slice kind, name;
    size_t at = 0;
    if (!fact_field(line, &at, &kind) || !fact_field(line, &at, &name))
        return;
    struct slice table = table_of(s, name);
    if (slice_eq(kind, SLICE("table")))
        add(s, arena_printf(s->a, "table " SLICE_FMT, SLICE_ARG(table)));
    else if (slice_eq(kind, SLICE("column")))
        column(s, name, line);
    else if (slice_eq(kind, SLICE("primary-key")) || slice_eq(kind, SLICE("unique")))
        keyed(s, slice_eq(kind, SLICE("unique")) ? "unique" : "primary-key", table, fact_value(line, "columns"));
    else if (slice_eq(kind, SLICE("foreign-key")))
        foreign_key(s, table, line);
    else if (slice_eq(kind, SLICE("index")))
        index_of(s, line);
}

/* Columns of primary keys by "table.column", the keys themselves by table; how many checks a table has. */
static void note_keys(struct side *s, struct slice line)
{
    struct slice kind, name;
    size_t at = 0;
    if (!fact_field(line, &at, &kind) || !fact_field(line, &at, &name))
        return;
    struct slice table = table_of(s, name);
    if (slice_eq(kind, SLICE("check")))
        count(s, &s->checks, table);
    if (!slice_eq(kind, SLICE("primary-key")))
        return;
    struct slice list = arena_lower(s->a, fact_value(line, "columns")), *kept = arena_alloc(s->a, sizeof *kept);
    if (!kept || !list.p || !map_set(s->a, &s->keys, table, kept)) {
        s->failed = true;
        return;
    }
    *kept = list;
    for (size_t end; list.n; list = slice_sub(list, end + 1, list.n)) {
        end = slice_find_byte(list, ',') == SIZE_MAX ? list.n : slice_find_byte(list, ',');
        struct slice place =
            arena_printf(s->a, SLICE_FMT "." SLICE_FMT, SLICE_ARG(table), SLICE_ARG(slice_sub(list, 0, end)));
        s->failed |= !place.p || !map_set(s->a, &s->keys, place, kept);
    }
}

static int by_text(const void *x, const void *y)
{
    return slice_cmp(*(const struct slice *)x, *(const struct slice *)y);
}

/* What is said twice on one side is there once: a UNIQUE constraint and a unique index on the same columns. */
static void drop_repeated(struct side *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        if (!n || !slice_eq(s->lines[n - 1], s->lines[i]))
            s->lines[n++] = s->lines[i];
    s->n = n;
}

static bool convert(struct side *s, const struct parity_side *from)
{
    for (size_t i = 0; i < from->n_others; i++)
        note_keys(s, from->others[i]);
    for (size_t i = 0; i < from->n; i++)
        note_keys(s, from->lines[i]);
    for (size_t i = 0; i < from->n; i++)
        one_line(s, from->lines[i]);
    for (size_t i = 0; i < s->checks.cap; i++)
        if (s->checks.entries[i].key.p)
            add(s, arena_printf(s->a, "checks " SLICE_FMT " count=%zu", SLICE_ARG(s->checks.entries[i].key),
                                (size_t)(uintptr_t)s->checks.entries[i].value));
    if (s->n)
        qsort(s->lines, s->n, sizeof *s->lines, by_text);
    drop_repeated(s);
    return !s->failed;
}

/* ---- what a fact is about ----------------------------------------------------------------------------------------- */

bool parity_table(struct arena *a, struct slice line, bool schemas, struct slice *table)
{
    static const char *const kinds[] = {"table", "column", "primary-key", "unique", "foreign-key", "check"};
    struct side s = {.a = a, .schemas = schemas};
    struct slice kind, name;
    size_t at = 0;
    *table = (struct slice){NULL, 0};
    if (!fact_field(line, &at, &kind) || !fact_field(line, &at, &name))
        return true;
    if (slice_eq(kind, SLICE("index")))
        *table = plain(&s, fact_value(line, "on"));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !table->p; i++)
        if (slice_eq(kind, slice_of(kinds[i])))
            *table = table_of(&s, name);
    return !s.failed;
}

bool parity_target(struct arena *a, struct slice line, bool schemas, struct slice *table)
{
    struct side s = {.a = a, .schemas = schemas};
    *table = (struct slice){NULL, 0};
    if (!slice_starts(line, SLICE("foreign-key ")))
        return true;
    struct slice target = plain(&s, fact_value(line, "references"));
    *table = slice_sub(target, 0, slice_find_byte(target, '('));
    return !s.failed;
}

/* ---- comparing --------------------------------------------------------------------------------------------------- */

/* A table has many indexes and foreign keys: those on the same columns are one thing. */
static bool same_thing(struct slice x, struct slice y)
{
    if (!slice_eq(slice_sub(x, 0, fact_key_of(x)), slice_sub(y, 0, fact_key_of(y))))
        return false;
    if (slice_starts(x, SLICE("foreign-key ")) || slice_starts(x, SLICE("unique ")))
        return slice_eq(fact_value(x, "columns"), fact_value(y, "columns"));
    if (slice_starts(x, SLICE("index ")) || slice_starts(x, SLICE("unique-index ")))
        return slice_eq(fact_value(x, "keys"), fact_value(y, "keys"));
    return true;
}

/* Behind "value=", which is the last attribute and may hold anything. */
static struct slice default_of(struct slice line)
{
    size_t at = fact_key_of(line) + strlen(" value=");
    return slice_sub(line, at < line.n ? at : line.n, line.n);
}

/* Two sides of one thing become one difference. */
static bool joined(struct parity_difference *last, struct parity_difference item)
{
    bool opposite = item.first.p ? !last->first.p : !last->second.p;
    struct slice x = last->first.p ? last->first : last->second, y = item.first.p ? item.first : item.second;
    if (!opposite || !same_thing(x, y))
        return false;
    *(item.first.p ? &last->first : &last->second) = y;
    return true;
}

static size_t count_of(const struct map *map, struct slice table)
{
    return (size_t)(uintptr_t)map_get(map, table);
}

/* SQLite may need a CHECK for what is a type in PostgreSQL. */
static bool needs_checks(const struct side *lite, const struct side *server, struct slice line)
{
    size_t at = 0;
    struct slice kind, table;
    if (!fact_field(line, &at, &kind) || !fact_field(line, &at, &table))
        return false;
    size_t more = count_of(&lite->checks, table), fewer = count_of(&server->checks, table);
    return more > fewer && more - fewer <= count_of(&server->spare, table);
}

/* Is a difference in words none in meaning, as far as the two engines can say the same at all? */
static bool is_alike(const struct side *x, const struct side *y, const struct parity_difference *d)
{
    if (x->schemas == y->schemas)
        return false;
    const struct side *lite = x->schemas ? y : x, *server = x->schemas ? x : y;
    struct slice l = x->schemas ? d->second : d->first, s = x->schemas ? d->first : d->second;
    if (slice_starts(l, SLICE("checks ")))
        return needs_checks(lite, server, l);
    if (!l.p || !s.p)
        return false;
    if (slice_starts(l, SLICE("column ")))
        return slice_eq(fact_value(l, "null"), fact_value(s, "null")) &&
               likeness_classes(fact_value(l, "class"), fact_value(s, "class"));
    return slice_starts(l, SLICE("default ")) && likeness_defaults(default_of(l), default_of(s));
}

static void drop_alike(const struct side *x, const struct side *y, struct parity *out)
{
    size_t n = 0;
    for (size_t i = 0; i < out->n; i++)
        if (!is_alike(x, y, &out->items[i]))
            out->items[n++] = out->items[i];
    out->n = n;
}

int parity_compare(struct arena *a, const struct parity_side *first, const struct parity_side *second,
                   struct parity *out, struct pawl_error *e)
{
    struct side x = {.a = a, .schemas = first->schemas}, y = {.a = a, .schemas = second->schemas};
    size_t cap = 0, i = 0, k = 0;
    *out = (struct parity){0};
    if (!convert(&x, first) || !convert(&y, second))
        return err_nomem(e);
    while (i < x.n || k < y.n) {
        int d = i == x.n ? 1 : k == y.n ? -1 : slice_cmp(x.lines[i], y.lines[k]);
        struct parity_difference item = {{NULL, 0}, {NULL, 0}};
        if (d <= 0)
            item.first = x.lines[i++];
        if (d >= 0)
            item.second = y.lines[k++];
        if (d == 0 || (out->n && joined(&out->items[out->n - 1], item)))
            continue;
        if (!arena_grow(a, (void **)&out->items, &cap, out->n, sizeof *out->items))
            return err_nomem(e);
        out->items[out->n++] = item;
    }
    drop_alike(&x, &y, out);
    return PAWL_OK;
}
