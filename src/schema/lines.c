#include "schema/lines.h"

#include <stdlib.h>

#include "base/mem.h"

bool vec_reserve(struct vec *v, size_t n, size_t size)
{
    if (n <= v->cap)
        return true;
    size_t cap = v->cap ? v->cap : 16;
    while (cap < n)
        cap *= 2;
    void *p = cap <= SIZE_MAX / size ? mem_realloc(v->p, cap * size) : NULL;
    if (!p)
        return false;
    v->p = p;
    v->cap = cap;
    return true;
}

struct line *line_new(struct slice text, size_t key_n)
{
    struct line *l = text.n < UINT32_MAX ? mem_alloc(sizeof *l + text.n) : NULL;
    if (!l)
        return NULL;
    l->n = (uint32_t)text.n;
    l->key_n = (uint32_t)key_n;
    memcpy(l->text, text.p, text.n);
    return l;
}

size_t lines_find(const struct vec *lines, struct slice key, bool *found)
{
    size_t low = 0, high = lines->n;
    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int d = slice_cmp(line_key(AT(*lines, struct line *, middle)), key);
        if (d == 0)
            *found = true;
        if (d < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct line *lines_get(const struct vec *lines, struct slice key)
{
    bool found;
    size_t at = lines_find(lines, key, &found);
    return found ? AT(*lines, struct line *, at) : NULL;
}

bool edit_add(struct vec *edits, struct line *old, struct line *fresh)
{
    if (!vec_reserve(edits, edits->n + 1, sizeof(struct edit)))
        return false;
    struct slice key = {NULL, 0};
    if (old || fresh)
        key = line_key(old ? old : fresh);
    AT(*edits, struct edit, edits->n++) = (struct edit){key, old, fresh};
    return true;
}

static int by_key(const void *x, const void *y)
{
    return slice_cmp(((const struct edit *)x)->key, ((const struct edit *)y)->key);
}

bool edits_sort(struct vec *edits, struct slice *key)
{
    if (edits->n)
        qsort(edits->p, edits->n, sizeof(struct edit), by_key);
    for (size_t i = 1; i < edits->n; i++)
        if (by_key(&AT(*edits, struct edit, i - 1), &AT(*edits, struct edit, i)) == 0) {
            *key = AT(*edits, struct edit, i).key;
            return false;
        }
    return true;
}

/* ---- carrying edits out ------------------------------------------------------------------------------------------ */

static void remove_lines(struct vec *set, const struct vec *edits)
{
    struct line **lines = set->p;
    size_t to = 0, from = 0; /* lines[from..] are still where they were, and sorted */
    for (size_t i = 0; i < edits->n; i++) {
        const struct edit *x = &AT(*edits, struct edit, i);
        if (x->fresh)
            continue;
        size_t low = from, high = set->n;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (slice_cmp(line_key(lines[middle]), x->key) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        if (to != from)
            memmove(lines + to, lines + from, (low - from) * sizeof *lines);
        to += low - from;
        from = low + 1;
    }
    if (from == 0)
        return;
    memmove(lines + to, lines + from, (set->n - from) * sizeof *lines);
    set->n = to + set->n - from;
}

static void replace_lines(struct vec *set, const struct vec *edits)
{
    for (size_t i = 0; i < edits->n; i++) {
        const struct edit *x = &AT(*edits, struct edit, i);
        bool found;
        if (x->old && x->fresh)
            AT(*set, struct line *, lines_find(set, x->key, &found)) = x->fresh;
    }
}

/* From the back, so that each line moves once. */
static void insert_lines(struct vec *set, const struct vec *edits)
{
    struct line **lines = set->p;
    size_t more = 0;
    for (size_t i = 0; i < edits->n; i++)
        more += AT(*edits, struct edit, i).old == NULL;
    size_t end = set->n, total = set->n + more;
    for (size_t i = edits->n; i-- > 0 && more;) {
        const struct edit *x = &AT(*edits, struct edit, i);
        bool found;
        if (x->old)
            continue;
        size_t at = lines_find(set, x->key, &found);
        memmove(lines + at + more, lines + at, (end - at) * sizeof *lines);
        lines[at + more - 1] = x->fresh;
        end = set->n = at; /* what is behind is in its place already */
        more--;
    }
    set->n = total;
}

void lines_apply(struct vec *set, struct vec *edits)
{
    replace_lines(set, edits);
    remove_lines(set, edits);
    insert_lines(set, edits);
    for (size_t i = 0; i < edits->n; i++) {
        const struct edit *x = &AT(*edits, struct edit, i);
        mem_free(x->old);
        if (x->fresh)
            x->fresh->live = true;
    }
    edits->n = 0;
}
