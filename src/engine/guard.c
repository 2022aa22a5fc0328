#include "engine/guard.h"

static bool allows_revert(struct slice environment)
{
    static const char *const names[] = {"dev", "development", "test", "testing", "ci"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (slice_eq(environment, slice_of(names[i])))
            return true;
    return false;
}

/* A protected URL that cannot be understood protects everything: better refused than lost. */
static int check_protected(struct arena *a, const char *url, const struct db_target *target, struct pawl_error *e)
{
    struct db_target other;
    bool same = true;
    int code = db_target_parse(a, url, &other, e);
    if (code == PAWL_NOMEM)
        return code;
    if (!code && other.driver != target->driver)
        same = false;
    else if (!code)
        code = target->driver->same(target, &other, &same, e);
    if (!code && !same)
        return PAWL_OK;
    err_set(e, PAWL_REFUSED, "the database is protected: it is never reverted");
    err_hint(
        e, "pawl.toml marks an environment with this database as protected; restore a backup or write a new migration");
    return PAWL_REFUSED;
}

int guard_revert(struct arena *a, const struct guard *g, const struct db_target *target, struct pawl_error *e)
{
    if (!g->environment.p) {
        err_set(e, PAWL_REFUSED, "reverting is for development, test and CI, and no environment was named");
        err_hint(e, "say which one this is with --env dev, --env test or --env ci (or PAWL_ENV)");
        return PAWL_REFUSED;
    }
    if (!allows_revert(g->environment)) {
        err_set(e, PAWL_REFUSED, "reverting is not allowed in the environment \"" SLICE_FMT "\"",
                SLICE_ARG(g->environment));
        err_hint(e, "only dev, test and ci may revert; elsewhere write a new migration that undoes the change");
        return PAWL_REFUSED;
    }
    if (g->is_protected) {
        err_set(e, PAWL_REFUSED, "the environment \"" SLICE_FMT "\" is marked protected", SLICE_ARG(g->environment));
        err_hint(e, "pawl.toml says `protected = true`; write a new migration that undoes the change");
        return PAWL_REFUSED;
    }
    int code = PAWL_OK;
    for (size_t i = 0; i < g->n_protected_urls && !code && target->driver; i++)
        code = check_protected(a, g->protected_urls[i], target, e);
    return code;
}
