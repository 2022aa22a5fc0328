#include "model/migration.h"

#include "model/version.h"

size_t migration_find(const struct migration_set *set, int64_t version)
{
    return set->n ? version_find(&set->items->version, set->n, sizeof *set->items, version) : SIZE_MAX;
}
size_t migration_replaced(const struct migration *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n_replaces; i++)
        n += !m->replaces[i].baseline;
    return n;
}

size_t migration_find_baseline(const struct migration_set *set, int64_t version)
{
    for (size_t k = 0; k < set->n; k++) {
        const struct migration *m = &set->items[k];
        for (size_t i = 0; i < m->n_replaces && m->version != version; i++)
            if (m->replaces[i].version == version)
                return k;
    }
    return SIZE_MAX;
}
