#include "schema/introspect.h"

static const struct introspector *const introspectors[] = {
    &introspect_postgres,
    &introspect_sqlite,
};

const struct introspector *introspector_find(const char *driver)
{
    for (size_t i = 0; i < sizeof introspectors / sizeof *introspectors; i++)
        if (strcmp(introspectors[i]->driver, driver) == 0)
            return introspectors[i];
    return NULL;
}
