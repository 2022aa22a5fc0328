/*
 * Tables, views and indexes share their names, without case. Whether a table has a constraint of a name stands only in its text;
 * that the text has the word somewhere is enough for yes.
 */
#include "schema/present.h"

#include "base/map.h"

#define FEW 8 /* names: each is asked for alone */

struct asked {
    struct present *present;
    struct asked *next; /* of the same name */
};

struct asking {
    struct arena *arena;
    struct map names; /* of struct asked, in small letters */
};

static bool is_shared(enum head_object object)
{
    return object == HEAD_TABLE || object == HEAD_VIEW || object == HEAD_INDEX || object == HEAD_TRIGGER;
}

static int on_object(void *context, const struct db_value *c, size_t n, struct pawl_error *e)
{
    struct asking *x = context;
    struct slice name = n > 1 ? arena_lower(x->arena, c[1].s) : SLICE("");
    if (!name.p)
        return err_nomem(e);
    for (struct asked *q = map_get(&x->names, name); q; q = q->next)
        q->present->there |= (q->present->object == HEAD_TRIGGER) == slice_eq(c[0].s, SLICE("trigger"));
    return PAWL_OK;
}

static int on_answer(void *context, const struct db_value *c, size_t n, struct pawl_error *e)
{
    (void)c, (void)n, (void)e;
    ((struct present *)context)->there = true;
    return PAWL_OK;
}

static int ask_part(struct db *db, struct present *p, struct pawl_error *e)
{
    static const char of_column[] = "SELECT 1 FROM pragma_table_xinfo(?1) WHERE name = ?2 COLLATE NOCASE";
    static const char of_constraint[] =
        "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE"
        " AND instr(lower(sql), lower(?2))";
    struct db_value params[] = {DB_V_TEXT(p->on), DB_V_TEXT(p->name)};
    struct db_request q = {.sql = p->object == HEAD_COLUMN ? SLICE(of_column) : SLICE(of_constraint),
                           .params = params,
                           .n_params = 2,
                           .on_row = on_answer,
                           .context = p};
    return db_run(db, &q, 1, NULL, e);
}

static bool is_elsewhere(const struct present *p)
{
    return p->schema.n && !slice_ieq(p->schema, SLICE("main"));
}

/* Reading names here costs several times what SQLite needs to pass over them. */
static int ask_name(struct db *db, struct present *p, struct pawl_error *e)
{
    struct db_value params[] = {DB_V_TEXT(p->name), DB_V_BOOL(p->object == HEAD_TRIGGER)};
    struct db_request q = {.sql = SLICE("SELECT 1 FROM main.sqlite_schema WHERE name = ?1 COLLATE NOCASE"
                                        " AND (type = 'trigger') = ?2"),
                           .params = params,
                           .n_params = 2,
                           .on_row = on_answer,
                           .context = p};
    return db_run(db, &q, 1, NULL, e);
}

/* All names at once. */
static int ask_names(struct arena *a, struct db *db, struct present *names, size_t n, struct pawl_error *e)
{
    struct asking x = {.arena = a};
    for (size_t i = 0; i < n; i++) {
        struct present *p = &names[i];
        if (is_elsewhere(p) || !is_shared(p->object))
            continue;
        struct asked *q = arena_alloc(a, sizeof *q);
        struct slice name = arena_lower(a, p->name);
        if (!q || !name.p)
            return err_nomem(e);
        *q = (struct asked){p, map_get(&x.names, name)};
        if (!map_set(a, &x.names, name, q))
            return err_nomem(e);
    }
    struct db_request all = {
        .sql = SLICE("SELECT type, name FROM main.sqlite_schema"), .on_row = on_object, .context = &x};
    return x.names.n ? db_run(db, &all, 1, NULL, e) : PAWL_OK;
}

int present_sqlite(struct arena *a, struct db *db, struct present *names, size_t n, struct pawl_error *e)
{
    bool few = n <= FEW;
    int code = PAWL_OK;
    for (size_t i = 0; i < n && !code; i++) {
        struct present *p = &names[i];
        if (is_elsewhere(p))
            continue;
        if (p->object == HEAD_COLUMN || p->object == HEAD_CONSTRAINT)
            code = ask_part(db, p, e);
        else if (few && is_shared(p->object))
            code = ask_name(db, p, e);
    }
    return code || few ? code : ask_names(a, db, names, n, e);
}
