#include "db/sqlite.h"

#include "base/mem.h"
#include "db/drivers.h"
#include "sql/dialect.h"
#include "sys/file.h"

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
 * What else SQL can leave behind is put back only where it was (sqlite_session.c). With the first pragma inside the transaction, as other runners have it, DROP TABLE in a rebuild deletes the rows of child tables without a word.
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

/* SQLITE_CONSTRAINT_PRIMARYKEY and SQLITE_CONSTRAINT_UNIQUE. */
static enum db_refusal refusal(const char *sqlstate)
{
    bool duplicate = strcmp(sqlstate, "1555") == 0 || strcmp(sqlstate, "2067") == 0;
    return duplicate ? DB_REFUSAL_DUPLICATE : DB_REFUSAL_OTHER;
}

const struct db_driver db_sqlite = {
    .name = "sqlite",
    .schemes = schemes,
    .dialect = &dialect_sqlite,
    .caps = DB_CAP_TRANSACTIONAL_DDL | DB_CAP_FILE,
    .ledger = &ledger_sql,
    .begin = "BEGIN IMMEDIATE",
    .commit = "COMMIT",
    .rollback = "ROLLBACK",
    .refusal = refusal,
    .session = session,
    .tidy = sqlite_session_tidy,
    .parse = sqlite_parse,
    .open = sqlite_open,
    .close = sqlite_close,
    .run = run,
    .in_transaction = in_transaction,
    .stamp = stamp,
    .table_exists = table_exists,
    .is_empty = is_empty,
    .check = sqlite_keys_check,
    .backup = sqlite_backup,
    .same = same,
    .version = version,
    .scratch = sqlite_scratch,
    .snapshot = sqlite_snapshot,
    .restore = sqlite_restore,
    .forget = sqlite_forget,
    .touch_mark = sqlite_touch_mark,
    .touched = sqlite_touched,
};
