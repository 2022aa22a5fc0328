#include "db/sqlite.h"

#include <stdio.h>

#include "base/mem.h"
#include "db/drivers.h"
#include "sql/dialect.h"
#include "sys/file.h"

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static enum pawl_code code_of(int result)
{
    switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return PAWL_LOCKED;
    case SQLITE_CANTOPEN:
    case SQLITE_NOTADB:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return PAWL_UNREACHABLE;
    case SQLITE_READONLY:
    case SQLITE_CORRUPT:
    case SQLITE_FULL:
    case SQLITE_IOERR:
        return PAWL_DATA;
    case SQLITE_NOMEM:
        return PAWL_NOMEM;
    case SQLITE_INTERRUPT:
        return PAWL_INTERRUPTED;
    default:
        return PAWL_SQL;
    }
}

static const char *hint_of(int result)
{
    switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another process is writing to this database; try again, or wait longer with --wait";
    case SQLITE_CANTOPEN:
        return "check that the folder exists and that this user may read and write the file and its folder";
    case SQLITE_NOTADB:
        return "the file is not a SQLite database (or is encrypted); check the path in the URL";
    case SQLITE_READONLY:
        return "check the permissions of the file and its folder, and mode= in the URL";
    case SQLITE_CORRUPT:
        return "the file is damaged: stop writing to it, keep a copy, and look at `PRAGMA integrity_check`";
    case SQLITE_FULL:
        return "the disk is full; nothing of this migration was kept";
    case SQLITE_IOERR:
        return "look at the disk and its free space; nothing of this migration was kept";
    default:
        return "";
    }
}

int sqlite_error(sqlite3 *handle, int result, struct pawl_error *e)
{
    enum pawl_code code = code_of(result);
    int extended = handle ? sqlite3_extended_errcode(handle) : result;
    if (code == PAWL_INTERRUPTED)
        return err_set(e, code, "interrupted");
    err_set(e, code, "%s",
            handle && sqlite3_errcode(handle) != SQLITE_OK ? sqlite3_errmsg(handle) : sqlite3_errstr(result));
    err_hint(e, "%s", hint_of(result));
    if (e)
        snprintf(e->sqlstate, sizeof e->sqlstate, "%d", extended);
    return (int)code;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

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

static void close_db(struct db *base)
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
        sqlite_error(db->handle, result, e);
        err_place(e, slice_of(path), 0, 0);
        return e ? (int)e->code : (int)code_of(result);
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

static int open_db(const struct db_target *target, const struct db_options *options, struct db **out,
                   struct pawl_error *e)
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
        close_db(&db->base);
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
static int scratch_db(const struct db_target *server, const struct db_options *options, struct db **out,
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
        close_db(&db->base);
    else
        *out = &db->base;
    return code;
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

static int bind(sqlite3_stmt *statement, const struct db_value *params, size_t n)
{
    int result = SQLITE_OK;
    for (size_t i = 0; i < n && result == SQLITE_OK; i++) {
        const struct db_value *v = &params[i];
        int at = (int)i + 1;
        switch (v->type) {
        case DB_NULL:
            result = sqlite3_bind_null(statement, at);
            break;
        case DB_INT:
        case DB_BOOL:
            result = sqlite3_bind_int64(statement, at, v->i);
            break;
        case DB_REAL:
            result = sqlite3_bind_double(statement, at, v->r);
            break;
        case DB_TEXT:
            result = sqlite3_bind_text64(statement, at, v->s.p ? v->s.p : "", v->s.n, SQLITE_STATIC, SQLITE_UTF8);
            break;
        case DB_BLOB:
            result = sqlite3_bind_blob64(statement, at, v->s.p ? v->s.p : "", v->s.n, SQLITE_STATIC);
            break;
        }
    }
    return result;
}

static struct db_value column(sqlite3_stmt *statement, int i)
{
    struct db_value v = {0};
    switch (sqlite3_column_type(statement, i)) {
    case SQLITE_INTEGER:
        v.type = DB_INT;
        v.i = sqlite3_column_int64(statement, i);
        break;
    case SQLITE_FLOAT:
        v.type = DB_REAL;
        v.r = sqlite3_column_double(statement, i);
        break;
    case SQLITE_TEXT:
        v.type = DB_TEXT;
        v.s.p = (const char *)sqlite3_column_text(statement, i);
        v.s.n = (size_t)sqlite3_column_bytes(statement, i);
        break;
    case SQLITE_BLOB:
        v.type = DB_BLOB;
        v.s.p = sqlite3_column_blob(statement, i);
        v.s.n = (size_t)sqlite3_column_bytes(statement, i);
        break;
    default:
        v.type = DB_NULL;
        break;
    }
    return v;
}

#define MAX_COLUMNS 64 /* of rows that a callback sees; more are cut, which no statement of pawl's own comes near */

static int step(struct sqlite_db *db, sqlite3_stmt *statement, const struct db_request *r, struct pawl_error *e)
{
    int result;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        if (!r->on_row)
            continue;
        struct db_value small[MAX_COLUMNS];
        struct db_value *row = small;
        int n = sqlite3_column_count(statement);
        if (n > MAX_COLUMNS && !(row = mem_alloc((size_t)n * sizeof *row)))
            return err_nomem(e);
        for (int i = 0; i < n; i++)
            row[i] = column(statement, i);
        int code = r->on_row(r->context, row, (size_t)n, e);
        if (row != small)
            mem_free(row);
        if (code)
            return code;
    }
    return result == SQLITE_DONE ? PAWL_OK : sqlite_error(db->handle, result, e);
}

/* BEGIN, COMMIT, SAVEPOINT and so on touch no table, so they can be prepared once, whatever becomes of the schema. */
static bool is_frame(const struct db_request *r)
{
    static const char *const heads[] = {"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT ", "RELEASE "};
    for (size_t i = 0; r->sql.n <= SQLITE_FRAME_LENGTH && !r->n_params && i < sizeof heads / sizeof *heads; i++)
        if (slice_starts(r->sql, slice_of(heads[i])))
            return slice_find_byte(r->sql, ';') == SIZE_MAX;
    return false;
}

/* A kept statement, or NULL: the place for it is then *place, if there is one. */
static sqlite3_stmt *find_frame(struct sqlite_db *db, const struct db_request *r, sqlite3_stmt ***place)
{
    *place = NULL;
    size_t n = is_frame(r) ? SQLITE_FRAMES : 0;
    for (size_t i = 0; i < n; i++) {
        if (!db->frames[i])
            *place = &db->frames[i];
        if (!db->frames[i] || slice_eq(slice_of(sqlite3_sql(db->frames[i])), r->sql))
            return db->frames[i];
    }
    return NULL;
}

static int run_one(struct sqlite_db *db, const struct db_request *r, struct db_fault *fault, struct pawl_error *e)
{
    sqlite3_stmt **place;
    sqlite3_stmt *statement = find_frame(db, r, &place);
    if (statement) {
        int code = step(db, statement, r, e);
        sqlite3_reset(statement);
        return code;
    }
    if (r->sql.n > INT32_MAX)
        return err_set(e, PAWL_SQL, "a statement of more than 2 GB, which SQLite does not take");
    if (r->copy.p)
        return err_set(e, PAWL_SQL, "COPY ... FROM stdin is not known to SQLite");
    db->unwatched = r->n_params > 0; /* pawl's own: see sqlite_keys.c */
    db->watched = r->sql;
    int result = sqlite3_prepare_v2(db->handle, r->sql.p ? r->sql.p : "", (int)r->sql.n, &statement, NULL);
    db->unwatched = false;
    if (result != SQLITE_OK) {
        int offset = sqlite3_error_offset(db->handle);
        fault->offset = offset >= 0 ? (size_t)offset : SIZE_MAX;
        return sqlite_error(db->handle, result, e);
    }
    if (!statement) /* nothing but comments */
        return PAWL_OK;
    result = bind(statement, r->params, r->n_params);
    int code = result == SQLITE_OK ? step(db, statement, r, e) : sqlite_error(db->handle, result, e);
    if (place && !code && sqlite3_reset(statement) == SQLITE_OK)
        *place = statement;
    else
        sqlite3_finalize(statement);
    return code;
}

static int run(struct db *base, const struct db_request *requests, size_t n, struct db_fault *fault,
               struct pawl_error *e)
{
    struct sqlite_db *db = sqlite_of(base);
    for (size_t i = 0; i < n; i++) {
        fault->request = i;
        if (db->interrupt && *db->interrupt)
            return err_set(e, PAWL_INTERRUPTED, "interrupted");
        if (sqlite3_get_autocommit(db->handle))
            sqlite_keys_forget(db);
        int code = run_one(db, &requests[i], fault, e);
        if (code)
            return code;
    }
    return PAWL_OK;
}

static bool in_transaction(struct db *base)
{
    return !sqlite3_get_autocommit(sqlite_of(base)->handle);
}

/* The schema's change counter is in the file's header; total_changes counts rows of this connection, not DDL. */
static int stamp(struct db *base, struct db_stamp *out, struct pawl_error *e)
{
    struct sqlite_db *db = sqlite_of(base);
    int result = SQLITE_OK;
    if (!db->schema_version)
        result = sqlite3_prepare_v3(db->handle, "PRAGMA schema_version", -1, SQLITE_PREPARE_PERSISTENT,
                                    &db->schema_version, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_step(db->schema_version);
    if (result == SQLITE_ROW) {
        int64_t changes = sqlite3_total_changes64(db->handle);
        *out = (struct db_stamp){sqlite3_column_int64(db->schema_version, 0), changes};
        if (db->schema_by_hand)
            out->schema ^= (int64_t)((uint64_t)changes << 32);
    }
    sqlite3_reset(db->schema_version);
    return result == SQLITE_ROW ? PAWL_OK : sqlite_error(db->handle, result, e);
}

/* ---- what is there ----------------------------------------------------------------------------------------------- */

/* "main.x" and "temp.x" are x in that schema; anything else is a name in the main schema. */
static struct slice bare_name(struct slice name)
{
    size_t dot = slice_find_byte(name, '.');
    return dot == SIZE_MAX ? name : slice_sub(name, dot + 1, name.n);
}

static int on_flag(void *context, const struct db_value *columns, size_t n, struct pawl_error *e)
{
    (void)e;
    *(bool *)context = n && columns[0].i != 0;
    return PAWL_OK;
}

static int table_exists(struct db *base, struct slice name, bool *out, struct pawl_error *e)
{
    struct db_value params[] = {DB_V_TEXT(bare_name(name))};
    return db_run(
        base,
        &(struct db_request){
            .sql = SLICE(
                "SELECT count(*) FROM sqlite_schema WHERE type IN ('table', 'view') AND name = ?1 COLLATE NOCASE"),
            .params = params,
            .n_params = 1,
            .on_row = on_flag,
            .context = out},
        1, NULL, e);
}

static int is_empty(struct db *base, struct slice ledger, bool *out, struct pawl_error *e)
{
    struct db_value params[] = {DB_V_TEXT(bare_name(ledger))};
    return db_run(
        base,
        &(struct db_request){.sql = SLICE("SELECT count(*) = 0 FROM sqlite_schema WHERE tbl_name <> ?1 COLLATE NOCASE"
                                          " AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"),
                             .params = params,
                             .n_params = 1,
                             .on_row = on_flag,
                             .context = out},
        1, NULL, e);
}

static int same(const struct db_target *x, const struct db_target *y, bool *out, struct pawl_error *e)
{
    struct file_info a, b;
    (void)e;
    *out = slice_eq(x->location, y->location) || (file_look(x->location.p, &a, NULL) == PAWL_OK &&
                                                  file_look(y->location.p, &b, NULL) == PAWL_OK && file_same(&a, &b));
    return PAWL_OK;
}

static const char *version(struct db *base)
{
    (void)base;
    return sqlite3_libversion();
}

/*
 * pawl has the connection to itself, so this is the whole session state that SQL can leave behind. With the pragma inside
 * the transaction, as other runners have it, DROP TABLE in a rebuild deletes the rows of child tables without a word.
 */
static const char *const *session(struct db *base, bool keys_off)
{
    static const char *const off[] = {"PRAGMA foreign_keys = OFF", "PRAGMA legacy_alter_table = OFF",
                                      "PRAGMA ignore_check_constraints = OFF", "PRAGMA writable_schema = OFF", NULL};
    static const char *const on[] = {"PRAGMA foreign_keys = ON", "PRAGMA legacy_alter_table = OFF",
                                     "PRAGMA ignore_check_constraints = OFF", "PRAGMA writable_schema = OFF", NULL};
    return sqlite_of(base)->foreign_keys && !keys_off ? on : off;
}

static const char *const schemes[] = {"sqlite", NULL};

/* Columns and types as sqlx-sqlite/src/migrate.rs has them; `version BIGINT PRIMARY KEY` is no alias of the rowid. */
static const struct db_ledger_sql ledger_sql = {
    .create = "CREATE TABLE IF NOT EXISTS {t} (\n"
              "    version BIGINT PRIMARY KEY,\n"
              "    description TEXT NOT NULL,\n"
              "    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,\n"
              "    success BOOLEAN NOT NULL,\n"
              "    checksum BLOB NOT NULL,\n"
              "    execution_time BIGINT NOT NULL\n"
              ")",
    .select = "SELECT version, description, installed_on, success, checksum, execution_time FROM {t} ORDER BY version",
    .insert = "INSERT INTO {t} (version, description, checksum, success, execution_time) VALUES (?1, ?2, ?3, ?4, ?5)",
    .finish = "UPDATE {t} SET success = TRUE, execution_time = ?2 WHERE version = ?1",
    .progress = "UPDATE {t} SET success = FALSE, execution_time = ?2 WHERE version = ?1",
    .remove = "DELETE FROM {t} WHERE version = ?1 RETURNING version",
    .restamp = "UPDATE {t} SET checksum = ?2 WHERE version = ?1",
};

const struct db_driver db_sqlite = {
    .name = "sqlite",
    .schemes = schemes,
    .dialect = &dialect_sqlite,
    .caps = DB_CAP_TRANSACTIONAL_DDL | DB_CAP_FILE,
    .ledger = &ledger_sql,
    .begin = "BEGIN IMMEDIATE",
    .commit = "COMMIT",
    .rollback = "ROLLBACK",
    .session = session,
    .parse = sqlite_parse,
    .open = open_db,
    .close = close_db,
    .run = run,
    .in_transaction = in_transaction,
    .stamp = stamp,
    .table_exists = table_exists,
    .is_empty = is_empty,
    .check = sqlite_keys_check,
    .backup = sqlite_backup,
    .same = same,
    .version = version,
    .scratch = scratch_db,
    .snapshot = sqlite_snapshot,
    .restore = sqlite_restore,
    .forget = sqlite_forget,
    .touch_mark = sqlite_touch_mark,
    .touched = sqlite_touched,
};
