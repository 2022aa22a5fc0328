/* A copy of the database file through SQLite's own backup interface, looked through before it counts as one. */
#include "db/sqlite.h"
#include "sys/file.h"

int sqlite_copy(sqlite3 *to, sqlite3 *from, struct pawl_error *e)
{
    sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
    if (!b)
        return sqlite_error(to, sqlite3_errcode(to), e);
    int result = sqlite3_backup_step(b, -1);
    sqlite3_backup_finish(b);
    return result == SQLITE_DONE ? PAWL_OK : sqlite_error(to, result, e);
}

static int look_through(sqlite3 *handle, struct slice path, struct pawl_error *e)
{
    sqlite3_stmt *check = NULL;
    int result = sqlite3_prepare_v2(handle, "PRAGMA quick_check(1)", -1, &check, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_step(check);
    const char *verdict = result == SQLITE_ROW ? (const char *)sqlite3_column_text(check, 0) : NULL;
    int code = PAWL_OK;
    if (result != SQLITE_ROW)
        code = sqlite_error(handle, result, e);
    else if (!verdict)
        code = err_nomem(e);
    else if (strcmp(verdict, "ok") != 0)
        code = err_set(e, PAWL_DATA, "the copy " SLICE_FMT " is not sound: %s", SLICE_ARG(path), verdict);
    sqlite3_finalize(check);
    return code;
}

int sqlite_backup(struct db *base, struct slice path, struct pawl_error *e)
{
    ARENA(tmp);
    sqlite3 *to = NULL;
    char *z = arena_strz(&tmp, path);
    if (!z)
        return err_nomem(e);
    if (file_exists(z))
        return err_set(e, PAWL_IO, "the copy " SLICE_FMT " would overwrite a file", SLICE_ARG(path));
    int result = sqlite3_open_v2(z, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE, NULL);
    int code = result == SQLITE_OK ? sqlite_copy(to, sqlite_of(base)->handle, e) : sqlite_error(to, result, e);
    if (!code)
        code = look_through(to, path, e);
    sqlite3_close(to);
    if (code) { /* half a copy must not be taken for one */
        file_remove(z, NULL);
        err_place(e, path, 0, 0);
    }
    return code;
}
