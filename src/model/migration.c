#include "model/migration.h"

size_t migration_find(const struct migration_set *set, int64_t version)
{
    size_t low = 0;
    size_t high = set->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (set->items[mid].version < version)
            low = mid + 1;
        else
            high = mid;
    }
    return low < set->n && set->items[low].version == version ? low : SIZE_MAX;
}
