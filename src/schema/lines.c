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
    AT(*edits, struct edit, edits->n++) = (struct edit){.key = key, .old = old, .fresh = fresh};
    return true;
}

static int by_key(const void *x, const void *y)
{
    return slice_cmp(((const struct edit *)x)->key, ((const struct edit *)y)->key);
}

#define HEAD 8         /* bytes of a key that are compared at once */
#define PLAIN_FROM 128 /* what is the same so far is left to plain comparison */

/* Eight bytes of the key, as a number that is in the same order. */
static uint64_t head_at(struct slice key, size_t at)
{
    unsigned char bytes[HEAD] = {0};
    uint64_t head = 0;
    if (at < key.n)
        memcpy(bytes, key.p + at, key.n - at < HEAD ? key.n - at : HEAD);
    for (size_t i = 0; i < HEAD; i++)
        head = head << 8 | bytes[i];
    return head;
}

static int by_head(const void *x, const void *y)
{
    const struct edit *a = x, *b = y;
    return a->head < b->head ? -1 : a->head > b->head;
}

/* What is put is often in order already, for long stretches. */
static void sort_heads(struct edit *edits, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (edits[i - 1].head > edits[i].head) {
            qsort(edits, n, sizeof *edits, by_head);
            return;
        }
}

/* Plainly. One of two that have the same key, or NULL. */
static const struct edit *sort_keys(struct edit *edits, size_t n)
{
    qsort(edits, n, sizeof *edits, by_key);
    for (size_t i = 1; i < n; i++)
        if (by_key(&edits[i - 1], &edits[i]) == 0)
            return &edits[i];
    return NULL;
}

/*
 * The same for keys that are alike before `at`, eight bytes at a time: keys are long, share their beginnings and lie far from each
 * other in memory, so that each comparison of two would cost.
 */
static const struct edit *sort_from(struct edit *edits, size_t n, size_t at)
{
    const struct edit *twice = NULL;
    bool plain = at >= PLAIN_FROM; /* or a key ends here, and longer ones may be no different so far */
    for (size_t i = 0; i < n; i++) {
        edits[i].head = head_at(edits[i].key, at);
        plain |= edits[i].key.n < at + HEAD;
    }
    sort_heads(edits, n);
    for (size_t from = 0, to; from < n && !twice; from = to) {
        for (to = from + 1; to < n && edits[to].head == edits[from].head; to++)
            ;
        if (to - from > 1)
            twice = plain ? sort_keys(edits + from, to - from) : sort_from(edits + from, to - from, at + HEAD);
    }
    return twice;
}

bool edits_sort(struct vec *edits, struct slice *key)
{
    const struct edit *twice = edits->n ? sort_from(edits->p, edits->n, 0) : NULL;
    if (twice)
        *key = twice->key;
    return !twice;
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

void lines_apply(struct vec *set, struct vec *edits, bool keep)
{
    replace_lines(set, edits);
    remove_lines(set, edits);
    insert_lines(set, edits);
    for (size_t i = 0; i < edits->n; i++) {
        const struct edit *x = &AT(*edits, struct edit, i);
        if (keep && x->old)
            x->old->live = false;
        else
            mem_free(x->old);
        if (x->fresh)
            x->fresh->live = true;
    }
    edits->n = 0;
}
