/*
 * rebuild: tables made anew on SQLite keep every row, and a statement that is refused changes nothing.
 *
 * The input is a script: CREATE and INSERT statements run as they stand, what SQLite has no words for as pawl carries it out.
 */
#include "db/db.h"
#include "require.h"
#include "schema/emulate.h"
#include "schema/facts.h"
#include "sql/split.h"

#define LONGEST 4096

/* What could touch files, take for ever or take much memory is not the matter here. */
static bool is_tame(struct slice sql)
{
    static const char *const wild[] = {"attach", "vacuum", "with",      "blob",   "printf",  "format", "replace(",
                                       "pragma", "load_",  "generate_", "random", "hex",     "fts",    "rtree",
                                       "dbstat", "zip",    "join",      "group_", "writable"};
    for (size_t i = 0; i < sql.n; i++)
        for (size_t w = 0; w < sizeof wild / sizeof *wild; w++)
            if (slice_ieq(slice_sub(sql, i, i + strlen(wild[w])), slice_of(wild[w])))
                return false;
    return true;
}

static int on_number(void *context, const struct db_value *c, size_t n, struct pawl_error *e)
{
    (void)e;
    *(int64_t *)context += n ? c[0].i : 0;
    return PAWL_OK;
}

static int on_row(void *context, const struct db_value *c, size_t n, struct pawl_error *e)
{
    (void)c, (void)n, (void)e;
    ++*(int64_t *)context;
    return PAWL_OK;
}

static int on_text(void *context, const struct db_value *c, size_t n, struct pawl_error *e)
{
    (void)e;
    *(bool *)context &= n && slice_eq(c[0].s, SLICE("ok"));
    return PAWL_OK;
}

static bool ask(struct db *db, struct slice sql, db_row_fn *fn, void *context)
{
    return db_run(db, &(struct db_request){.sql = sql, .on_row = fn, .context = context}, 1, NULL, NULL) == PAWL_OK;
}

struct names {
    struct arena *a;
    struct slice list[64];
    size_t n;
};

static int on_name(void *context, const struct db_value *c, size_t n, struct pawl_error *e)
{
    struct names *x = context;
    (void)e;
    if (n > 1 && x->n < 64)
        x->list[x->n++] = arena_printf(x->a, "SELECT count(*) FROM \"" SLICE_FMT "\"", SLICE_ARG(c[0].s));
    return PAWL_OK;
}

struct seen {
    int64_t rows, tables, views, triggers, broken;
    bool known; /* every question was answered */
};

static struct seen look(struct db *db)
{
    ARENA(a);
    struct names names = {.a = &a};
    struct seen s = {0};
    s.known = ask(db,
                  SLICE("SELECT replace(name, '\"', '\"\"'), 1 FROM sqlite_schema WHERE type = 'table'"
                        " AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"),
                  on_name, &names) &&
              ask(db, SLICE("SELECT count(*) FROM sqlite_schema WHERE type = 'table'"), on_number, &s.tables) &&
              ask(db, SLICE("SELECT count(*) FROM sqlite_schema WHERE type = 'view'"), on_number, &s.views) &&
              ask(db, SLICE("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'"), on_number, &s.triggers);
    for (size_t i = 0; i < names.n; i++)
        s.known &= ask(db, names.list[i], on_number, &s.rows);
    s.known &= ask(db, SLICE("PRAGMA foreign_key_check"), on_row, &s.broken);
    return s;
}

static void change(struct db *db, struct slice sql)
{
    ARENA(a);
    struct emulation m;
    struct pawl_error e;
    bool whole = true;
    struct seen before = look(db);
    if (db_exec(db, "BEGIN", NULL))
        return;
    int code = emulate(&a, db, sql, &m, &e);
    if (!code && m.as_is)
        code = db_run(db, &(struct db_request){.sql = sql}, 1, NULL, &e);
    if (!code)
        code = db_run(db, m.requests, m.n, NULL, &e);
    REQUIRE(code != PAWL_INTERNAL);
    if (!code)
        code = db_exec(db, "COMMIT", &e);
    if (code)
        db_rollback(db);
    db_exec(db, "PRAGMA legacy_alter_table = OFF", NULL);
    struct seen after = look(db);
    REQUIRE(!before.known || after.known || code);
    if (!before.known || !after.known)
        return;
    REQUIRE(after.rows == before.rows && after.tables >= before.tables && after.views == before.views);
    REQUIRE(after.triggers == before.triggers || !code);
    REQUIRE(after.broken <= before.broken);
    REQUIRE(!ask(db, SLICE("PRAGMA integrity_check(1)"), on_text, &whole) || whole || code);
}

static void run(struct db *db, struct slice sql)
{
    struct head h;
    head_read(&h, &dialect_sqlite, sql);
    if (!is_tame(sql))
        return;
    if (emulate_may(db, sql))
        change(db, sql);
    else if (h.action == HEAD_CREATE || (h.class == HEAD_INSERT && !head_has(&h, HEAD_FROM_QUERY)))
        db_run(db, &(struct db_request){.sql = sql}, 1, NULL, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = {(const char *)data, size};
    struct splitter s;
    struct statement st;
    struct db *db = NULL;
    if (size > LONGEST || memchr(data, 0, size) ||
        db_driver_find("sqlite")->scratch(NULL, &(struct db_options){0}, &db, NULL))
        return 0;
    split_init(&s, &dialect_sqlite, text);
    while (split_next(&s, &st, NULL) == SPLIT_STATEMENT)
        if (st.kind == STATEMENT_SQL)
            run(db, slice_sub(text, st.offset, st.offset + st.length));
    db_close(db);
    return 0;
}
