/* Opening and closing databases of SQLite, files and scratch databases in memory. */
#include "base/mem.h"
#include "db/drivers.h"
#include "db/sqlite.h"
#include "sys/file.h"

/* Waits a little and tries again until wait_ms have gone by; counts by what it slept, which is exact enough. */
static int on_busy(void *context, int tries)
{
    static const unsigned char delays[] = {1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50};
    const struct sqlite_db *db = context;
    uint32_t waited = 0;
    if (db->interrupt && *db->interrupt)
        return 0;
    for (int i = 0; i < tries && waited < db->wait_ms; i++)
        waited += i < (int)sizeof delays ? delays[i] : 100;
    if (waited >= db->wait_ms)
        return 0;
    uint32_t delay = tries < (int)sizeof delays ? delays[tries] : 100;
    sqlite3_sleep((int)(delay < db->wait_ms - waited ? delay : db->wait_ms - waited));
    return 1;
}

static int on_progress(void *context)
{
    const struct sqlite_db *db = context;
    return *db->interrupt != 0;
}

static void finalize_kept(struct sqlite_db *db)
{
    sqlite3_finalize(db->schema_version);
    sqlite3_finalize(db->data_version);
    for (size_t i = 0; i < SQLITE_FRAMES; i++)
        sqlite3_finalize(db->frames[i]);
}

void sqlite_close(struct db *base)
{
    struct sqlite_db *db = sqlite_of(base);
    finalize_kept(db);
    sqlite3_close(db->handle);
    arena_clear(&db->touched_arena);
    arena_clear(&db->arena);
    mem_free(db->log);
    mem_free(db);
}

static struct sqlite_db *make(const struct db_options *options)
{
    struct sqlite_db *db = mem_alloc(sizeof *db);
    if (!db)
        return NULL;
    db->base.driver = &db_sqlite;
    db->foreign_keys = options->foreign_keys;
    db->wait_ms = options->wait_ms;
    db->interrupt = options->interrupt;
    return db;
}

static int open_handle(struct sqlite_db *db, const char *path, int flags, struct pawl_error *e)
{
    int result = sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX, NULL);
    if (result != SQLITE_OK) {
        int code = sqlite_error(db->handle, result, e);
        err_place(e, slice_of(path), 0, 0);
        return code;
    }
    sqlite3_busy_handler(db->handle, on_busy, db);
    if (db->interrupt)
        sqlite3_progress_handler(db->handle, 10000, on_progress, db);
    sqlite_keys_watch(db);
    return PAWL_OK;
}

/* The first read tells whether this is a database at all: sqlite3_open_v2 looks at nothing. */
static int first_look(struct sqlite_db *db, const char *path, struct pawl_error *e)
{
    int result = sqlite3_exec(db->handle, "SELECT 1 FROM sqlite_schema LIMIT 1", NULL, NULL, NULL);
    if (result == SQLITE_OK)
        return PAWL_OK;
    int code = sqlite_error(db->handle, result, e);
    err_place(e, slice_of(path), 0, 0);
    return code;
}

/* Missing files are told apart here, since SQLite says "unable to open database file" for everything. */
static int missing(struct slice path, struct pawl_error *e)
{
    err_set(e, PAWL_UNREACHABLE, "there is no database " SLICE_FMT, SLICE_ARG(path));
    err_hint(e, "check the URL; `pawl up` makes the file unless the URL says mode=rw or mode=ro");
    return PAWL_UNREACHABLE;
}

/*
 * A process that was killed leaves a journal (or a WAL without its index) behind, which whoever comes next has to roll back, and
 * a read-only connection may not.
 */
static bool needs_recovery(const struct sqlite_db *db)
{
    int result = sqlite3_extended_errcode(db->handle);
    return (result & 0xff) == SQLITE_READONLY || (result & 0xff) == SQLITE_CANTOPEN;
}

static int recover(struct sqlite_db *db, const char *path, struct pawl_error *e)
{
    sqlite3_close(db->handle);
    db->handle = NULL;
    int code = open_handle(db, path, SQLITE_OPEN_READWRITE, e);
    if (!code)
        code = first_look(db, path, e);
    return code ? code : db_exec(&db->base, "PRAGMA query_only = ON", e);
}

int sqlite_open(const struct db_target *target, const struct db_options *options, struct db **out, struct pawl_error *e)
{
    struct slice path = target->location;
    bool memory = slice_eq(path, SLICE(":memory:"));
    bool read_only = (options->read_only || target->read_only) && !memory;
    bool exists = memory || file_exists(path.p);
    if (!exists && options->empty_if_missing) {
        memory = true;
        read_only = false;
    } else if (!memory && file_is_folder(path.p)) {
        err_set(e, PAWL_UNREACHABLE, SLICE_FMT " is a folder, not a database", SLICE_ARG(path));
        err_hint(e, "give the path of the database file itself");
        return PAWL_UNREACHABLE;
    } else if (!exists && (!options->create || target->must_exist)) {
        return missing(path, e);
    }
    struct sqlite_db *db = make(options);
    if (!db)
        return err_nomem(e);
    char *z = arena_strz(&db->arena, memory ? SLICE(":memory:") : path);
    int code = z ? PAWL_OK : err_nomem(e);
    if (!code && !memory)
        db->path = slice_of(z);
    if (!code)
        code = open_handle(
            db, z,
            read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | (exists && !memory ? 0 : SQLITE_OPEN_CREATE), e);
    if (!code)
        code = first_look(db, z, e);
    if (code && read_only && !target->read_only && needs_recovery(db))
        code = recover(db, z, e);
    if (code)
        sqlite_close(&db->base);
    else
        *out = &db->base;
    return code;
}

static void return_null(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void)n;
    (void)values;
    sqlite3_result_null(context);
}

static int stub(sqlite3 *handle, const char *name)
{
    return sqlite3_create_function_v2(handle, name, -1, SQLITE_UTF8, NULL, return_null, NULL, NULL, NULL);
}

static int load(struct sqlite_db *db, const char *library, struct pawl_error *e)
{
    char *message = NULL;
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, NULL);
    int result = sqlite3_load_extension(db->handle, library, NULL, &message);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    if (result != SQLITE_OK) {
        err_set(e, PAWL_CONFIG, "cannot load the SQLite extension %s: %s", library,
                message ? message : "no reason given");
        err_hint(e, "give the path of the shared library, or stub the functions it would provide");
    }
    sqlite3_free(message);
    return result == SQLITE_OK ? PAWL_OK : PAWL_CONFIG;
}

/*
 * A scratch database is in memory. Small pages: a schema of thousands of small tables then stays within a few megabytes.
 * No statement journal on disk, no sync: there is no file.
 */
int sqlite_scratch(const struct db_target *server, const struct db_options *options, struct db **out,
                   struct pawl_error *e)
{
    (void)server;
    *out = NULL;
    struct sqlite_db *db = make(options);
    if (!db)
        return err_nomem(e);
    int code = sqlite_log_open(db) ? PAWL_OK : err_nomem(e);
    if (!code)
        code = open_handle(db, ":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, e);
    if (!code)
        code = db_exec(&db->base, "PRAGMA page_size = 512", e);
    if (!code)
        code = db_exec(&db->base, "PRAGMA temp_store = MEMORY", e);
    for (size_t i = 0; !code && i < options->n_stubs; i++)
        if (stub(db->handle, options->stubs[i]) != SQLITE_OK)
            code = err_set(e, PAWL_CONFIG, "cannot stub the function %s", options->stubs[i]);
    for (size_t i = 0; !code && i < options->n_extensions; i++)
        code = load(db, options->extensions[i], e);
    if (code)
        sqlite_close(&db->base);
    else
        *out = &db->base;
    return code;
}
