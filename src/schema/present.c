#include "schema/present.h"

static const struct {
    const char *driver;
    present_fn *ask;
} engines[] = {
    {"sqlite", present_sqlite},
    {"postgres", present_postgres},
};

int present_ask(struct arena *a, struct db *db, struct present *names, size_t n, struct pawl_error *e)
{
    for (size_t i = 0; i < sizeof engines / sizeof *engines && n; i++)
        if (strcmp(engines[i].driver, db->driver->name) == 0)
            return engines[i].ask(a, db, names, n, e);
    return PAWL_OK;
}
