/*
 * map: from text to a pointer, in an arena.
 *
 * Open addressing over a power of two. Keys are not copied: they must live as long as the map. There is no removal;
 * setting NULL does the same for all who only read.
 */
#ifndef PAWL_BASE_MAP_H
#define PAWL_BASE_MAP_H

#include "base/arena.h"

struct map_entry {
    struct slice key; /* .p NULL = free place */
    uint64_t hash;
    void *value;
};

struct map {
    struct map_entry *entries;
    size_t n;
    size_t cap; /* 0 or a power of two */
};

/* The value, or NULL. */
void *map_get(const struct map *m, struct slice key);
/* Adds or replaces; false if there is no memory (the map is then as before). */
bool map_set(struct arena *a, struct map *m, struct slice key, void *value);

#endif
