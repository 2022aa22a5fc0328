#include "base/udiff.h"

#include "base/arena.h"

#define CONTEXT 3
#define TABLE_MAX ((size_t)4 << 20) /* cells */

struct lines {
    struct slice *items; /* each with its end */
    size_t n;
};

/* A run of lines that are the same in both texts (kept) or are replaced. */
struct edits {
    bool *gone; /* by line of the old text */
    bool *come; /* by line of the new text */
};

static bool split(struct arena *a, struct slice text, struct lines *out)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n' || i + 1 == text.n;
    *out = (struct lines){.items = arena_array(a, n + 1, sizeof *out->items)};
    for (size_t from = 0, i = 0; out->items && i < text.n; i++)
        if (text.p[i] == '\n' || i + 1 == text.n) {
            out->items[out->n++] = slice_sub(text, from, i + 1);
            from = i + 1;
        }
    return out->items != NULL;
}

/* The longest common lines of what lies between equal ends, by the usual table. */
static bool compare(struct arena *a, const struct lines *x, const struct lines *y, struct edits *e)
{
    size_t from = 0, to_x = x->n, to_y = y->n;
    while (from < to_x && from < to_y && slice_eq(x->items[from], y->items[from]))
        from++;
    while (to_x > from && to_y > from && slice_eq(x->items[to_x - 1], y->items[to_y - 1])) {
        to_x--;
        to_y--;
    }
    size_t n = to_x - from, m = to_y - from, i = 0, j = 0;
    bool small = n < TABLE_MAX / (m + 1);
    uint32_t *table = small ? arena_array(a, (n + 1) * (m + 1), sizeof *table) : NULL;
    if (small && !table)
        return false;
    for (size_t r = n; table && r-- > 0;)
        for (size_t c = m; c-- > 0;) {
            uint32_t below = table[(r + 1) * (m + 1) + c], right = table[r * (m + 1) + c + 1];
            table[r * (m + 1) + c] = slice_eq(x->items[from + r], y->items[from + c])
                                         ? table[(r + 1) * (m + 1) + c + 1] + 1
                                     : below > right ? below
                                                     : right;
        }
    while (i < n || j < m) {
        bool same = table && i < n && j < m && slice_eq(x->items[from + i], y->items[from + j]);
        if (same) {
            i++;
            j++;
        } else if (i < n && (j == m || !table || table[(i + 1) * (m + 1) + j] >= table[i * (m + 1) + j + 1])) {
            e->gone[from + i++] = true;
        } else {
            e->come[from + j++] = true;
        }
    }
    return true;
}

static void add_line(struct strbuf *b, char mark, struct slice line)
{
    strbuf_addc(b, mark);
    strbuf_add(b, line);
    if (!slice_ends(line, SLICE("\n")))
        strbuf_addz(b, "\n\\ No newline at end of file\n");
}

/* Where a hunk that begins at line i of the old and j of the new text ends: behind its last change and the context. */
static void measure(const struct lines *x, const struct lines *y, const struct edits *e, size_t i, size_t j,
                    size_t *end_x, size_t *end_y)
{
    size_t same = 0;
    while (i < x->n || j < y->n) {
        bool changed = (i < x->n && e->gone[i]) || (j < y->n && e->come[j]);
        if (same > 2 * CONTEXT)
            break;
        same = changed ? 0 : same + 1;
        if (i < x->n && e->gone[i])
            i++;
        else if (j < y->n && e->come[j])
            j++;
        else {
            i++;
            j++;
        }
    }
    size_t back = same > CONTEXT ? same - CONTEXT : 0;
    *end_x = i - back;
    *end_y = j - back;
}

static void add_range(struct strbuf *b, char mark, size_t from, size_t n)
{
    strbuf_addf(b, "%c%zu", mark, n ? from + 1 : from);
    if (n != 1)
        strbuf_addf(b, ",%zu", n);
}

static void add_hunk(struct strbuf *b, const struct lines *x, const struct lines *y, const struct edits *e, size_t *i,
                     size_t *j)
{
    size_t before = *i < CONTEXT ? *i : CONTEXT, end_x, end_y;
    *i -= before;
    *j -= before;
    measure(x, y, e, *i, *j, &end_x, &end_y);
    strbuf_addz(b, "@@ ");
    add_range(b, '-', *i, end_x - *i);
    strbuf_addc(b, ' ');
    add_range(b, '+', *j, end_y - *j);
    strbuf_addz(b, " @@\n");
    while (*i < end_x || *j < end_y) {
        if (*i < end_x && e->gone[*i]) {
            add_line(b, '-', x->items[(*i)++]);
        } else if (*j < end_y && e->come[*j]) {
            add_line(b, '+', y->items[(*j)++]);
        } else {
            add_line(b, ' ', x->items[(*i)++]);
            (*j)++;
        }
    }
}

bool udiff(struct strbuf *b, struct slice name, struct slice before, struct slice after)
{
    ARENA(a);
    struct lines x, y;
    struct edits e;
    if (slice_eq(before, after))
        return true;
    if (!split(&a, before, &x) || !split(&a, after, &y))
        return false;
    e.gone = arena_array(&a, x.n + 1, sizeof *e.gone);
    e.come = arena_array(&a, y.n + 1, sizeof *e.come);
    if (!e.gone || !e.come || !compare(&a, &x, &y, &e))
        return false;
    strbuf_addf(b, "--- " SLICE_FMT "\n+++ " SLICE_FMT "\n", SLICE_ARG(name), SLICE_ARG(name));
    for (size_t i = 0, j = 0; i < x.n || j < y.n;) {
        if ((i < x.n && e.gone[i]) || (j < y.n && e.come[j])) {
            add_hunk(b, &x, &y, &e, &i, &j);
        } else {
            i++;
            j++;
        }
    }
    return strbuf_ok(b);
}
