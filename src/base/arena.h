/*
 * arena: memory that is freed all at once.
 *
 * Whoever makes an arena clears it; everything taken from it dies then. Every function that takes memory from an arena
 * has it as its first parameter and returns NULL (or PAWL_NOMEM) when there is none.
 */
#ifndef PAWL_BASE_ARENA_H
#define PAWL_BASE_ARENA_H

#include "base/slice.h"

struct arena {
    struct arena_block *head; /* the block being filled; older ones hang behind it */
};

void arena_clear(struct arena *a);
/* Forgets what was taken but keeps the newest block for reuse; for scratch arenas in loops. */
void arena_reset(struct arena *a);

/* n zeroed bytes, aligned for any type; NULL if there is no memory. */
void *arena_alloc(struct arena *a, size_t n);
/* count * size zeroed bytes, checked for overflow. */
void *arena_array(struct arena *a, size_t count, size_t size);
/* A copy of s with a NUL behind it (not counted); {NULL, 0} if there is no memory: test with .p. */
struct slice arena_dup(struct arena *a, struct slice s);
/* The same with ASCII letters in lower case. */
struct slice arena_lower(struct arena *a, struct slice s);
/* A NUL-terminated copy, for the borders to other libraries. */
char *arena_strz(struct arena *a, struct slice s);
/* printf into the arena, NUL-terminated; .p is NULL if there is no memory. */
struct slice arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Room for one more item behind `count` items of `size` bytes: *items is moved to twice the room when *cap is reached.
 * The old array stays in the arena until it is cleared, which at most doubles what the array costs.
 */
bool arena_grow(struct arena *a, void **items, size_t *cap, size_t count, size_t size);

/* Scope-bound: `ARENA(tmp);` is cleared when the scope is left. */
#define ARENA(name) struct arena name __attribute__((cleanup(arena_clear))) = {NULL}

#endif
