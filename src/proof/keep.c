#include "proof/keep.h"

#include <stdio.h>

#define MAX_TABLES 32 /* touched by one text; more of them, and going back is no dearer */

uint64_t keep_mark(const struct trial *tr)
{
    return tr->db->driver->touch_mark ? tr->db->driver->touch_mark(tr->db) : 0;
}

/* The tables whose rows were touched and that are there. */
struct touched {
    struct trial *tr;
    struct arena *arena;
    struct table *tables;
    size_t n;
    bool own;     /* tables of the engine itself */
    bool shape;   /* something was made, altered or dropped */
    bool unknown; /* a table that facts name in another way: virtual, or with an unusual name; too many; no memory */
};

static bool is_plain(struct slice name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return name.n > 0;
}

static const struct table *find(const struct table *tables, size_t n, struct slice name)
{
    for (size_t i = 0; i < n; i++)
        if (slice_ieq(tables[i].name, name))
            return &tables[i];
    return NULL;
}

static bool exists(const struct trial *tr, const char *kind, struct slice name)
{
    char key[128];
    int n = snprintf(key, sizeof key, "%s " SLICE_FMT, kind, SLICE_ARG(name));
    return n > 0 && (size_t)n < sizeof key && facts_get(tr->facts, (struct slice){key, (size_t)n}).p;
}

static void on_touch(void *context, struct slice name, unsigned how)
{
    struct touched *t = context;
    t->shape |= (how & DB_TOUCH_SHAPE) != 0;
    if (!(how & DB_TOUCH_ROWS) || t->unknown)
        return;
    if (slice_starts(name, SLICE("sqlite_"))) {
        t->own = true;
        return;
    }
    if (find(t->tables, t->n, name))
        return;
    if (!is_plain(name) || exists(t->tr, "virtual-table", name) || t->n == MAX_TABLES) {
        t->unknown = true;
        return;
    }
    if (!exists(t->tr, "table", name))
        return;
    struct table *table = &t->tables[t->n];
    table->name = arena_dup(t->arena, name);
    t->unknown = !table->name.p;
    t->n++;
}

static int collect(struct trial *tr, struct arena *a, uint64_t since, struct touched *out, struct pawl_error *e)
{
    const struct db_driver *driver = tr->db->driver;
    *out = (struct touched){.tr = tr, .arena = a, .tables = arena_array(a, MAX_TABLES, sizeof *out->tables)};
    if (!out->tables)
        return err_nomem(e);
    if (!driver->touched || !driver->touched(tr->db, since, on_touch, out))
        out->unknown = true;
    return PAWL_OK;
}

int keep_begin(struct trial *tr, struct arena *a, uint64_t up_mark, struct keep *out, struct pawl_error *e)
{
    struct touched up;
    *out = (struct keep){.mark = keep_mark(tr)};
    if (!tr->rows)
        return PAWL_OK;
    int code = collect(tr, a, up_mark, &up, e);
    if (code || up.unknown || !up.shape) /* without DDL, going back costs nothing */
        return code;
    out->tables = up.tables;
    out->n = up.n;
    code = rows_read(tr, a, up.tables, up.n, &out->before, e);
    out->known = !code;
    return code;
}

int keep_look(struct trial *tr, struct arena *a, const struct keep *k, bool counted, bool *out, struct pawl_error *e)
{
    struct touched trip;
    struct contents after;
    *out = !tr->rows; /* no text has ever changed a row: there are none to lose */
    if (!tr->rows || !k->known)
        return PAWL_OK;
    int code = collect(tr, a, k->mark, &trip, e);
    /* SQLite clears counters of its own with a table, and counts no row for it; a text that does so by hand is counted */
    if (code || trip.unknown || (trip.own && counted))
        return code;
    for (size_t i = 0; i < trip.n; i++)
        if (!find(k->tables, k->n, trip.tables[i].name))
            return PAWL_OK;
    code = rows_read(tr, a, k->tables, k->n, &after, e);
    if (code)
        return code;
    *out = true;
    for (size_t i = 0; i < k->n; i++)
        *out = *out && rows_same(&k->before.items[i], &after.items[i]);
    return PAWL_OK;
}
