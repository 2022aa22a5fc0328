#include "schema/facts.h"
#include "schema/fact.h"

/* ---- building
 * ---------------------------------------------------------------------------------------------------- */

static bool same_text(struct slice x, struct slice y)
{
    return (x.p == NULL) == (y.p == NULL) && slice_eq(x, y);
}

int delta_join(struct arena *a, const struct delta *first, const struct delta *second, struct delta *out,
               struct pawl_error *e)
{
    const struct delta x = *first, y = *second; /* out may be one of them */
    size_t i = 0, k = 0, n = 0;
    struct change *items = arena_array(a, x.n + y.n + 1, sizeof *items);
    *out = (struct delta){0};
    if (!items)
        return err_nomem(e);
    while (i < x.n || k < y.n) {
        int d = i == x.n ? 1 : k == y.n ? -1 : slice_cmp(x.items[i].key, y.items[k].key);
        struct change c = d <= 0 ? x.items[i] : y.items[k];
        if (d == 0)
            c.after = y.items[k].after;
        i += d <= 0;
        k += d >= 0;
        if (!same_text(c.before, c.after))
            items[n++] = c;
    }
    *out = (struct delta){items, n};
    return PAWL_OK;
}

const struct change *delta_find(const struct delta *d, struct slice key)
{
    size_t low = 0, high = d->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = slice_cmp(d->items[middle].key, key);
        if (order == 0)
            return &d->items[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* Joins neighbours until one is left: n log n where joining one after the other would be n squared. */
int delta_sum(struct arena *a, struct delta *all, size_t n, struct delta *out, struct pawl_error *e)
{
    *out = (struct delta){0};
    while (n > 1) {
        size_t half = 0;
        for (size_t i = 0; i + 1 < n; i += 2) {
            int code = delta_join(a, &all[i], &all[i + 1], &all[half], e);
            if (code)
                return code;
            half++;
        }
        if (n % 2)
            all[half++] = all[n - 1];
        n = half;
    }
    if (n)
        *out = all[0];
    return PAWL_OK;
}

int delta_lines(struct arena *a, const struct delta *d, struct slice **lines, size_t *n, struct pawl_error *e)
{
    *n = 0;
    *lines = arena_array(a, d->n + 1, sizeof **lines);
    if (!*lines)
        return err_nomem(e);
    for (size_t i = 0; i < d->n; i++)
        if (d->items[i].after.p)
            (*lines)[(*n)++] = d->items[i].after;
    return PAWL_OK;
}

int delta_invert(struct arena *a, const struct delta *d, struct delta *out, struct pawl_error *e)
{
    *out = (struct delta){arena_array(a, d->n + 1, sizeof *out->items), d->n};
    if (!out->items) {
        out->n = 0;
        return err_nomem(e);
    }
    for (size_t i = 0; i < d->n; i++)
        out->items[i] = (struct change){d->items[i].key, d->items[i].after, d->items[i].before};
    return PAWL_OK;
}

int delta_copy(struct arena *a, const struct delta *d, struct delta *out, struct pawl_error *e)
{
    struct change *items = arena_array(a, d->n + 1, sizeof *items);
    *out = (struct delta){0};
    if (!items)
        return err_nomem(e);
    for (size_t i = 0; i < d->n; i++) {
        const struct change *from = &d->items[i];
        if (from->before.p)
            items[i].before = arena_dup(a, from->before);
        if (from->after.p)
            items[i].after = arena_dup(a, from->after);
        if ((from->before.p && !items[i].before.p) || (from->after.p && !items[i].after.p))
            return err_nomem(e);
        items[i].key = slice_sub(from->before.p ? items[i].before : items[i].after, 0, from->key.n);
    }
    *out = (struct delta){items, d->n};
    return PAWL_OK;
}

static struct change change_of(struct slice before, struct slice after)
{
    struct slice line = before.p ? before : after;
    return (struct change){slice_sub(line, 0, fact_key_of(line)), before, after};
}

int delta_between(struct arena *a, const struct slice *before, size_t n_before, const struct slice *after,
                  size_t n_after, struct delta *out, struct pawl_error *e)
{
    const struct slice none = {NULL, 0};
    size_t i = 0, k = 0, n = 0;
    struct change *items = arena_array(a, n_before + n_after + 1, sizeof *items);
    *out = (struct delta){0};
    if (!items)
        return err_nomem(e);
    while (i < n_before || k < n_after) {
        struct change x = i < n_before ? change_of(before[i], none) : (struct change){0};
        struct change y = k < n_after ? change_of(none, after[k]) : (struct change){0};
        int d = !x.key.p ? 1 : !y.key.p ? -1 : slice_cmp(x.key, y.key);
        struct change c = d == 0 ? (struct change){x.key, x.before, y.after} : d < 0 ? x : y;
        i += d <= 0;
        k += d >= 0;
        if (!same_text(c.before, c.after))
            items[n++] = c;
    }
    *out = (struct delta){items, n};
    return PAWL_OK;
}

/* ---- grading
 * ----------------------------------------------------------------------------------------------------- */

/*
 * A delta is harmless at a level if, with all that the level overlooks left out, the lines that went are the
 * lines that came. Compared as multisets, through sums of hashes, so that a fact whose key holds its text or
 * its made-up name finds its counterpart, and nothing has to be allocated.
 */
struct digest {
    uint64_t sum, mixed;
};

static uint64_t add_byte(uint64_t h, unsigned char c)
{
    return (h ^ c) * 1099511628211u;
}

static unsigned char lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

/* Letters without case and without double quotes, but for those in SQL strings. */
static uint64_t add_folded(uint64_t h, struct slice s)
{
    bool string = false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '\'')
            string = !string;
        if (!string && (c == '"' || (c == '\\' && i + 1 < s.n && s.p[i + 1] == '"')))
            continue;
        h = add_byte(h, string ? c : lower(c));
    }
    return h;
}

static uint64_t add_exact(uint64_t h, struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        h = add_byte(h, (unsigned char)s.p[i]);
    return h;
}

static uint64_t mix(uint64_t h)
{
    h = (h ^ (h >> 32)) * 0xd6e8feb86659fd93u;
    h = (h ^ (h >> 32)) * 0xd6e8feb86659fd93u;
    return h ^ (h >> 32);
}

/* A list without regard to its order. */
static uint64_t unordered(struct slice list)
{
    uint64_t sum = 0;
    while (list.n) {
        size_t end = fact_end(list, 0, ",");
        sum += mix(add_exact(1, slice_sub(list, 0, end)));
        list = slice_sub(list, end + 1, list.n);
    }
    return sum;
}

/* The name of a line: kind and names exactly, text that serves as a name folded. */
static uint64_t add_key(uint64_t h, struct slice line, struct slice key, enum difference level)
{
    size_t colon = fact_end(key, 0, ":");
    struct slice name = slice_sub(key, 0, colon);
    if (level >= DIFFERENCE_GENERATED_NAMES && slice_eq(fact_value(line, "name"), SLICE("generated"))) {
        size_t dot = 0, end;
        while ((end = fact_end(name, dot, ".")) < name.n)
            dot = end + 1;
        if (dot == 0)
            dot = fact_end(name, 0, " ");
        name = slice_sub(name, 0, dot);
    }
    return add_folded(add_exact(h, name), slice_sub(key, colon, key.n));
}

static uint64_t hash_line(struct slice line, enum difference level)
{
    struct slice key = slice_sub(line, 0, fact_key_of(line)), field;
    size_t at = key.n;
    uint64_t h = add_key(14695981039346656037u, line, key, level);
    if (level >= DIFFERENCE_COLUMN_ORDER && slice_starts(key, SLICE("columns "))) {
        fact_field(line, &at, &field);
        h += unordered(slice_sub(field, fact_end(field, 0, "=") + 1, field.n));
    }
    while (fact_field(line, &at, &field)) {
        if (slice_starts(field, SLICE("at=")))
            continue;
        if (slice_ieq(field, SLICE("default=null")))
            field = SLICE("default=none");
        h = add_byte(add_folded(add_byte(h, ' '), field), ' ');
    }
    return mix(h);
}

static void add_line(struct digest *d, struct slice line, enum difference level)
{
    if (!line.p)
        return;
    uint64_t h = hash_line(line, level);
    d->sum += h;
    d->mixed += mix(h + 0x9e3779b97f4a7c15u);
}

enum difference delta_grade(const struct delta *d)
{
    if (d->n == 0)
        return DIFFERENCE_NONE;
    for (enum difference level = DIFFERENCE_TEXT; level < DIFFERENCE_REAL; level++) {
        struct digest before = {0}, after = {0};
        for (size_t i = 0; i < d->n; i++) {
            add_line(&before, d->items[i].before, level);
            add_line(&after, d->items[i].after, level);
        }
        if (before.sum == after.sum && before.mixed == after.mixed)
            return level;
    }
    return DIFFERENCE_REAL;
}
