/*
 * guard: may this database be reverted at all?
 */
#ifndef PAWL_ENGINE_GUARD_H
#define PAWL_ENGINE_GUARD_H

#include "db/db.h"

struct guard {
    struct slice environment; /* as the user named it; .p NULL = nobody did */
    bool is_protected;
    const char *const *protected_urls;
    size_t n_protected_urls;
};

/*
 * `target` is not opened; without a driver (no URL was given) nothing can be compared with it. PAWL_REFUSED unless the environment was named as dev, test or ci (or their long names) and the database is not protected, under
 * whatever name it is reached. That a variable CI is set says nothing: deploy jobs run in CI too.
 */
int guard_revert(struct arena *a, const struct guard *g, const struct db_target *target, struct pawl_error *e);

#endif
