#include "model/migration.h"

#include "model/version.h"

size_t migration_find(const struct migration_set *set, int64_t version)
{
    return set->n ? version_find(&set->items->version, set->n, sizeof *set->items, version) : SIZE_MAX;
}
