/* A scratch database's state, kept in a second database in memory, page by page. */
#include "base/mem.h"
#include "db/sqlite.h"

struct db_snapshot {
    sqlite3 *handle;
};

int sqlite_snapshot(struct db *base, struct db_snapshot **out, struct pawl_error *e)
{
    *out = NULL;
    struct db_snapshot *s = mem_alloc(sizeof *s);
    if (!s)
        return err_nomem(e);
    int result = sqlite3_open_v2(":memory:", &s->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    int code =
        result == SQLITE_OK ? sqlite_copy(s->handle, sqlite_of(base)->handle, e) : sqlite_error(s->handle, result, e);
    if (code)
        sqlite_forget(s);
    else
        *out = s;
    return code;
}

int sqlite_restore(struct db *base, struct db_snapshot *s, struct pawl_error *e)
{
    return sqlite_copy(sqlite_of(base)->handle, s->handle, e);
}

void sqlite_forget(struct db_snapshot *s)
{
    if (s)
        sqlite3_close(s->handle);
    mem_free(s);
}
