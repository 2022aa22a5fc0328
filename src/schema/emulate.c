#include "schema/emulate.h"

#include "schema/beside.h"

static const struct {
    const char *driver;
    emulate_fn *emulate;
} emulators[] = {
    {"sqlite", emulate_sqlite},
    {"postgres", emulate_postgres},
};

static emulate_fn *find(const struct db *db)
{
    for (size_t i = 0; i < sizeof emulators / sizeof *emulators; i++)
        if (strcmp(emulators[i].driver, db->driver->name) == 0)
            return emulators[i].emulate;
    return NULL;
}

bool emulate_beside(const struct db *db, struct slice sql)
{
    struct head h;
    if (!db->beside)
        return false;
    head_read(&h, db->driver->dialect, sql);
    return beside_wants(db, &h, sql);
}

bool emulate_may(const struct db *db, struct slice sql)
{
    struct head h;
    if (!find(db))
        return false;
    head_read(&h, db->driver->dialect, sql);
    return beside_wants(db, &h, sql) || lack_of(db->driver->dialect, &h, sql) != LACK_NOTHING;
}

int emulate(struct arena *a, struct db *db, struct slice sql, struct emulation *out, struct pawl_error *e)
{
    struct head h;
    emulate_fn *fn = find(db);
    *out = (struct emulation){.as_is = true};
    head_read(&h, db->driver->dialect, sql);
    if (beside_wants(db, &h, sql))
        return beside_run(a, db, &h, sql, &out->as_is, e);
    if (!fn || lack_of(db->driver->dialect, &h, sql) == LACK_NOTHING)
        return PAWL_OK;
    return fn(a, db, &h, sql, out, e);
}
