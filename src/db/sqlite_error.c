/* SQLite's errors: what kind each is, and what to do next. */
#include <stdio.h>

#include "db/sqlite.h"

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
