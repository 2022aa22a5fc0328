#include "schema/present.h"

#include "sql/quote.h"

static const struct {
    const char *driver;
    present_fn *ask;
} engines[] = {
    {"sqlite", present_sqlite},
    {"postgres", present_postgres},
};

bool present_of(struct arena *a, const struct dialect *d, enum head_object object, const struct head_name *name,
                const struct head_name *on, struct present *out)
{
    *out = (struct present){.object = object};
    out->schema = quote_name(a, d, on->name.n ? on->schema : name->schema);
    out->name = quote_name(a, d, name->name);
    out->on = quote_name(a, d, on->name);
    return out->schema.p && out->name.p && out->on.p;
}

bool present_anywhere(struct slice text)
{
    return slice_find(text, SLICE("search_path")) != SIZE_MAX || slice_find(text, SLICE("SEARCH_PATH")) != SIZE_MAX;
}

int present_ask(struct arena *a, struct db *db, struct present *names, size_t n, struct pawl_error *e)
{
    for (size_t i = 0; i < sizeof engines / sizeof *engines && n; i++)
        if (strcmp(engines[i].driver, db->driver->name) == 0)
            return engines[i].ask(a, db, names, n, e);
    return PAWL_OK;
}
