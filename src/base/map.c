#include "base/map.h"

#include "base/hash.h"

static struct map_entry *find(const struct map *m, struct slice key, uint64_t hash)
{
    size_t i = (size_t)hash & (m->cap - 1);
    while (m->entries[i].key.p && !(m->entries[i].hash == hash && slice_eq(m->entries[i].key, key)))
        i = (i + 1) & (m->cap - 1);
    return &m->entries[i];
}

/* An empty key needs an address too, since a NULL one marks a free place. */
static struct slice with_address(struct slice key)
{
    return key.p ? key : SLICE("");
}

void *map_get(const struct map *m, struct slice key)
{
    key = with_address(key);
    return m->cap ? find(m, key, hash_fast(key))->value : NULL;
}

static bool grow(struct arena *a, struct map *m)
{
    struct map bigger = {.n = m->n, .cap = m->cap ? m->cap * 2 : 16};
    bigger.entries = arena_array(a, bigger.cap, sizeof *bigger.entries);
    if (!bigger.entries)
        return false;
    for (size_t i = 0; i < m->cap; i++)
        if (m->entries[i].key.p)
            *find(&bigger, m->entries[i].key, m->entries[i].hash) = m->entries[i];
    *m = bigger;
    return true;
}

bool map_set(struct arena *a, struct map *m, struct slice key, void *value)
{
    key = with_address(key);
    if (m->n * 4 >= m->cap * 3 && !grow(a, m))
        return false;
    uint64_t hash = hash_fast(key);
    struct map_entry *e = find(m, key, hash);
    m->n += e->key.p == NULL;
    *e = (struct map_entry){key, hash, value};
    return true;
}
