/*
 * lines: a sorted set of lines of text with keys, and changes to it carried out all at once.
 *
 * A line's key is its first key_n bytes; the set is in bytewise order of keys and has each once. Changes are collected as edits,
 * which can fail, and then applied, which cannot.
 */
#ifndef PAWL_SCHEMA_LINES_H
#define PAWL_SCHEMA_LINES_H

#include "base/slice.h"

struct line {
    uint64_t unit; /* for the owner of the set */
    uint32_t key_n, n;
    uint32_t mark; /* for the owner of the set */
    bool live;     /* is in the set */
    char text[];
};

/* A vector of fixed-size items on the heap. */
struct vec {
    void *p;
    size_t n, cap;
};

#define AT(v, type, i) (((type *)(v).p)[i])

/* One change; old or fresh may be NULL, not both. */
struct edit {
    struct slice key; /* in one of the two */
    struct line *old, *fresh;
    uint64_t head; /* for sorting */
};

/* Room for n items; false: no memory, and nothing has changed. */
bool vec_reserve(struct vec *v, size_t n, size_t size);

/* On the heap, freed with mem_free; NULL: no memory. */
struct line *line_new(struct slice text, size_t key_n);

static inline struct slice line_text(const struct line *l)
{
    return (struct slice){l->text, l->n};
}

static inline struct slice line_key(const struct line *l)
{
    return (struct slice){l->text, l->key_n};
}

/* Where the key stands in the set (of struct line *), or would stand. */
size_t lines_find(const struct vec *lines, struct slice key, bool *found);
/* NULL = there is none. */
struct line *lines_get(const struct vec *lines, struct slice key);

/* Adds to the edits. */
bool edit_add(struct vec *edits, struct line *old, struct line *fresh);
/* Sorts them by key; false and *key if two have the same. */
bool edits_sort(struct vec *edits, struct slice *key);
/*
 * Carries the edits out, which are sorted; the set has room for all. Old lines are freed unless they are to be kept, fresh ones are
 * live, and there are no edits any more.
 */
void lines_apply(struct vec *lines, struct vec *edits, bool keep);

#endif
