/*
 * What a text has left in the session, beside what the statements of `session` put back: temporary objects, settings, attached
 * databases. The authorizer notes each as a statement that makes it is prepared, so that nothing is asked where there is nothing.
 */
#include "db/sqlite.h"
#include "sql/dialect.h"
#include "sql/quote.h"

#define MAX_SQL (1 << 20)

enum { LEFT_TEMPORARY = 1 << 0, LEFT_ATTACHED = 1 << 1, LEFT_SETTINGS = 1 << 2 };

/* All of them are off in a new session, and can be switched within a transaction. */
static const char *const settings[] = {"legacy_alter_table", "ignore_check_constraints", "writable_schema",
                                       "recursive_triggers", "case_sensitive_like",      "reverse_unordered_selects"};
#define N_SETTINGS (sizeof settings / sizeof *settings)

static bool says_off(struct slice value)
{
    return slice_ieq(value, SLICE("off")) || slice_ieq(value, SLICE("false")) || slice_ieq(value, SLICE("no")) ||
           slice_eq(value, SLICE("0"));
}

static void note_setting(struct sqlite_db *db, struct slice name, struct slice value)
{
    for (size_t i = 0; i < N_SETTINGS; i++) {
        unsigned bit = LEFT_SETTINGS << i;
        if (slice_ieq(name, slice_of(settings[i])))
            db->left = says_off(value) ? db->left & ~bit : db->left | bit;
    }
}

void sqlite_session_watch(struct sqlite_db *db, int action, const char *first, const char *second, const char *database)
{
    switch (action) {
    case SQLITE_CREATE_TEMP_TABLE:
    case SQLITE_CREATE_TEMP_VIEW:
    case SQLITE_CREATE_TEMP_TRIGGER:
        db->left |= LEFT_TEMPORARY;
        break;
    case SQLITE_CREATE_VTABLE:
        if (database && strcmp(database, "temp") == 0)
            db->left |= LEFT_TEMPORARY;
        break;
    case SQLITE_ATTACH:
        db->left |= LEFT_ATTACHED;
        break;
    case SQLITE_PRAGMA:
        if (second)
            note_setting(db, slice_of(first), slice_of(second));
        break;
    default:
        break;
    }
}

static int exec(struct sqlite_db *db, const char *sql, struct pawl_error *e)
{
    int result = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return result == SQLITE_OK ? PAWL_OK : sqlite_error(db->handle, result, e);
}

/* The statement that `query` gives, with the name that it is to have at its end; "" if it gives no row. */
static int next(struct sqlite_db *db, const char *query, struct strbuf *out, struct pawl_error *e)
{
    sqlite3_stmt *statement = NULL;
    strbuf_reset(out);
    int result = sqlite3_prepare_v2(db->handle, query, -1, &statement, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        strbuf_addz(out, (const char *)sqlite3_column_text(statement, 0));
        quote_identifier(out, db->base.driver->dialect, slice_of((const char *)sqlite3_column_text(statement, 1)));
    }
    bool found = result == SQLITE_ROW || result == SQLITE_DONE;
    int code = found ? PAWL_OK : sqlite_error(db->handle, result, e);
    sqlite3_finalize(statement);
    return code || strbuf_ok(out) ? code : err_nomem(e);
}

/*
 * One by one: what hangs on an object goes with it. Triggers, views and virtual tables have no page and come first, then tables, the
 * newest first.
 */
static int drop_objects(struct sqlite_db *db, struct pawl_error *e)
{
    STRBUF(sql, MAX_SQL);
    int code;
    do {
        code = next(db,
                    "SELECT 'DROP ' || type || ' temp.', name FROM sqlite_temp_schema WHERE type <> 'index'"
                    " AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY rootpage <> 0, rowid DESC LIMIT 1",
                    &sql, e);
        if (!code && sql.n)
            code = exec(db, strbuf_z(&sql), e);
    } while (!code && sql.n);
    return code;
}

/* Foreign keys of the temporary tables do not matter any more. */
static int drop_inside(struct sqlite_db *db, struct pawl_error *e)
{
    int enforced = 0;
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_FKEY, -1, &enforced);
    if (enforced)
        sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_FKEY, 0, NULL);
    int code = drop_objects(db, e);
    if (enforced)
        sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
    return code;
}

/* Another place for what is temporary: then SQLite forgets all that was in the old one, its own sqlite_sequence too. */
static int drop_outside(struct sqlite_db *db, struct pawl_error *e)
{
    int code = exec(db, "PRAGMA temp_store = FILE", e);
    if (!code)
        code = exec(db, "PRAGMA temp_store = MEMORY", e);
    return code || db->log ? code : exec(db, "PRAGMA temp_store = DEFAULT", e);
}

/* Within a transaction that has used it a database cannot be detached: it stays until the transaction has ended. */
static int detach(struct sqlite_db *db, bool inside, struct pawl_error *e)
{
    STRBUF(sql, MAX_SQL);
    int code;
    do {
        code = next(db, "SELECT 'DETACH ', name FROM pragma_database_list WHERE seq > 1 ORDER BY seq DESC LIMIT 1",
                    &sql, e);
        if (!code && sql.n) {
            code = exec(db, strbuf_z(&sql), inside ? NULL : e);
            if (code && inside && code != PAWL_NOMEM && code != PAWL_INTERRUPTED)
                return PAWL_OK;
        }
    } while (!code && sql.n);
    return code;
}

static int put_back(struct sqlite_db *db, struct pawl_error *e)
{
    bool inside = !sqlite3_get_autocommit(db->handle);
    int code = PAWL_OK;
    for (size_t i = 0; !code && i < N_SETTINGS; i++) {
        STRBUF(sql, MAX_SQL);
        if (!(db->left & LEFT_SETTINGS << i))
            continue;
        strbuf_addf(&sql, "PRAGMA %s = OFF", settings[i]);
        code = strbuf_ok(&sql) ? exec(db, strbuf_z(&sql), e) : err_nomem(e);
    }
    if (!code && db->left & LEFT_TEMPORARY)
        code = inside ? drop_inside(db, e) : drop_outside(db, e);
    if (!code && db->left & LEFT_ATTACHED)
        code = detach(db, inside, e);
    /* What was made in a transaction may come back with a savepoint. */
    if (!code)
        db->left &= inside ? LEFT_TEMPORARY | LEFT_ATTACHED : 0;
    return code;
}

int sqlite_session_tidy(struct db *base, struct pawl_error *e)
{
    struct sqlite_db *db = sqlite_of(base);
    if (!db->left)
        return PAWL_OK;
    bool unwatched = db->unwatched;
    db->unwatched = true;
    int code = put_back(db, e);
    db->unwatched = unwatched;
    return code;
}
