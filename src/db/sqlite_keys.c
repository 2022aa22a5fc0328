/*
 * Foreign keys are off while migrations run, so they are looked at before COMMIT: `PRAGMA foreign_key_check` for every table
 * that the transaction can have broken. An authorizer notes what statements touch as they are prepared:
 *
 *   rows added or changed in T, T altered            T, whose rows refer to others
 *   rows changed in T or deleted from it, T dropped  every table whose rows refer to T
 *   T renamed with PRAGMA legacy_alter_table on      the same: what referred to T does not follow
 *
 * so that a migration which only creates things costs nothing here, however large the database is. Statements with
 * parameters are pawl's own (the ledger), and are not noted.
 */
#include "db/sqlite.h"

struct sqlite_touched {
    struct sqlite_touched *next;
    struct slice table;
    bool as_child, as_parent;
    bool inserted; /* rows may have taken the place of others, if the table says so */
};

#define MAX_VIOLATIONS 1000

static void touch(struct sqlite_db *db, const char *table, bool as_child, bool as_parent, bool inserted)
{
    struct slice name = slice_of(table);
    if (db->touched_all || slice_ieq(slice_sub(name, 0, 7), SLICE("sqlite_")))
        return;
    for (struct sqlite_touched *t = db->touched; t; t = t->next) {
        if (!slice_ieq(t->table, name))
            continue;
        t->as_child |= as_child;
        t->as_parent |= as_parent;
        t->inserted |= inserted;
        return;
    }
    struct sqlite_touched *t = arena_alloc(&db->touched_arena, sizeof *t);
    struct slice copy = arena_dup(&db->touched_arena, name);
    if (!t || !copy.p) {
        db->touched_all = true; /* no memory to be exact: check more, never less */
        return;
    }
    *t = (struct sqlite_touched){db->touched, copy, as_child, as_parent, inserted};
    db->touched = t;
}

/* INSERT OR REPLACE, REPLACE INTO: rows may be deleted on the way. Too often yes is no harm. */
static bool says_replace(struct slice sql)
{
    for (size_t i = 0; i + 7 <= sql.n; i++)
        if ((sql.p[i] == 'r' || sql.p[i] == 'R') && slice_ieq(slice_sub(sql, i, i + 7), SLICE("replace")))
            return true;
    return false;
}

static bool renames_leave_references(const struct sqlite_db *db)
{
    int legacy = 0;
    return sqlite3_db_config(db->handle, SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, -1, &legacy) != SQLITE_OK || legacy;
}

static int authorize(void *context, int action, const char *first, const char *second, const char *database,
                     const char *trigger)
{
    struct sqlite_db *db = context;
    if (action == SQLITE_PRAGMA && second && slice_ieq(slice_of(first), SLICE("writable_schema")) &&
        !slice_ieq(slice_of(second), SLICE("off")))
        db->schema_by_hand = true;
    if (!db->unwatched)
        sqlite_session_watch(db, action, first, second, database);
    if (db->unwatched || (database && strcmp(database, "temp") == 0))
        return SQLITE_OK;
    sqlite_touch(db, action, first, second);
    switch (action) {
    case SQLITE_INSERT:
        touch(db, first, true, trigger || says_replace(db->watched), true);
        break;
    case SQLITE_CREATE_TABLE:
        db->replace_seen |= says_replace(db->watched);
        break;
    case SQLITE_ALTER_TABLE:
        touch(db, second, true, renames_leave_references(db), false);
        break;
    case SQLITE_UPDATE:
        touch(db, first, true, true, false);
        break;
    case SQLITE_DELETE:
    case SQLITE_DROP_TABLE:
        touch(db, first, false, true, false);
        break;
    default:
        break;
    }
    return SQLITE_OK;
}

/* A table that was dropped is there again. */
static void on_rollback(void *context)
{
    ((struct sqlite_db *)context)->replace_asked = 0;
}

void sqlite_keys_watch(struct sqlite_db *db)
{
    sqlite3_set_authorizer(db->handle, authorize, db);
    sqlite3_rollback_hook(db->handle, on_rollback, db);
}

void sqlite_keys_forget(struct sqlite_db *db)
{
    if (!db->touched && !db->touched_all)
        return;
    arena_reset(&db->touched_arena);
    db->touched = NULL;
    db->touched_all = false;
}

/* Was this very row broken before the transaction began? A second connection still sees the database as it was then. */
static bool was_broken(sqlite3 *before, const char *table, sqlite3_stmt *violation)
{
    sqlite3_stmt *query = NULL;
    bool found = false;
    if (before && sqlite3_prepare_v2(before,
                                     "SELECT 1 FROM pragma_foreign_key_check(?1) WHERE rowid IS ?2 AND parent = ?3"
                                     " COLLATE NOCASE LIMIT 1",
                                     -1, &query, NULL) == SQLITE_OK) {
        sqlite3_bind_text(query, 1, table, -1, SQLITE_STATIC);
        sqlite3_bind_value(query, 2, sqlite3_column_value(violation, 1));
        sqlite3_bind_value(query, 3, sqlite3_column_value(violation, 2));
        found = sqlite3_step(query) == SQLITE_ROW;
    }
    sqlite3_finalize(query);
    return found;
}

static int broken(const char *table, sqlite3_stmt *violation, struct pawl_error *e)
{
    bool keyed = sqlite3_column_type(violation, 1) == SQLITE_INTEGER;
    long long row = sqlite3_column_int64(violation, 1);
    const char *parent = (const char *)sqlite3_column_text(violation, 2);
    if (keyed)
        err_set(e, PAWL_DATA, "row %lld of %s refers to a row of %s that does not exist", row, table, parent);
    else
        err_set(e, PAWL_DATA, "a row of %s refers to a row of %s that does not exist", table, parent);
    err_hint(e, "the migration was rolled back; let it insert the parent rows first, or delete the child rows");
    return PAWL_DATA;
}

/*
 * A "foreign key mismatch" (the parent has no such unique key) is an error of the schema, which SQLite itself lets pass
 * until rows are written with enforcement on; it says nothing about rows, so it is no reason to stop here.
 */
static int check_table(struct sqlite_db *db, sqlite3 **before, const char *table, struct pawl_error *e)
{
    sqlite3_stmt *check = NULL;
    int code = PAWL_OK;
    int seen = 0;
    int result = sqlite3_prepare_v2(
        db->handle, "SELECT \"table\", rowid, parent, fkid FROM pragma_foreign_key_check(?1)", -1, &check, NULL);
    if (result != SQLITE_OK)
        return sqlite_error(db->handle, result, e);
    sqlite3_bind_text(check, 1, table, -1, SQLITE_STATIC);
    while (!code && (result = sqlite3_step(check)) == SQLITE_ROW) {
        if (!*before && db->path.n && sqlite3_open_v2(db->path.p, before, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
            sqlite3_close(*before);
            *before = NULL;
        }
        if (++seen > MAX_VIOLATIONS || !was_broken(*before, table, check))
            code = broken(table, check, e);
    }
    if (!code && result != SQLITE_DONE && result != SQLITE_ERROR)
        code = sqlite_error(db->handle, result, e);
    sqlite3_finalize(check);
    return code;
}

/* Does a query with at most one parameter give a row? In doubt yes. */
static bool finds(struct sqlite_db *db, const char *sql, const char *parameter)
{
    sqlite3_stmt *query = NULL;
    bool found = true;
    if (sqlite3_prepare_v2(db->handle, sql, -1, &query, NULL) == SQLITE_OK &&
        (!parameter || sqlite3_bind_text(query, 1, parameter, -1, SQLITE_STATIC) == SQLITE_OK))
        found = sqlite3_step(query) != SQLITE_DONE;
    sqlite3_finalize(query);
    return found;
}

/* Changes when another connection has changed the file; -1 = cannot be told. Own statements tell for themselves. */
static int64_t foreign_changes(struct sqlite_db *db)
{
    if (!db->data_version && sqlite3_prepare_v3(db->handle, "PRAGMA data_version", -1, SQLITE_PREPARE_PERSISTENT,
                                                &db->data_version, NULL) != SQLITE_OK)
        return -1;
    int64_t version = sqlite3_step(db->data_version) == SQLITE_ROW ? sqlite3_column_int64(db->data_version, 0) : -1;
    sqlite3_reset(db->data_version);
    return version;
}

/*
 * Does the table itself say ON CONFLICT REPLACE, so that a plain INSERT may delete rows of it? Hardly a schema has such a
 * table, so it is asked first whether this one has.
 */
static bool replaces(struct sqlite_db *db, const char *table)
{
    int64_t version = foreign_changes(db);
    if (!db->replace_seen && (version < 0 || version != db->replace_asked)) {
        db->replace_seen = finds(db, "SELECT 1 FROM sqlite_schema WHERE sql LIKE '%conflict%replace%' LIMIT 1", NULL);
        db->replace_asked = version;
    }
    return (db->replace_seen || db->schema_by_hand) &&
           finds(db,
                 "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE"
                 " AND sql LIKE '%conflict%replace%'",
                 table);
}

/* All tables that refer to `parent`; NULL = to any. */
static int check_children(struct sqlite_db *db, sqlite3 **before, const char *parent, struct pawl_error *e)
{
    sqlite3_stmt *tables = NULL;
    int code = PAWL_OK;
    int result =
        sqlite3_prepare_v2(db->handle,
                           "SELECT name FROM sqlite_schema AS s WHERE type = 'table' AND sql LIKE '%references%'"
                           " AND (?1 IS NULL OR instr(lower(sql), lower(?1)))"
                           " AND EXISTS (SELECT 1 FROM pragma_foreign_key_list(s.name)"
                           " WHERE ?1 IS NULL OR \"table\" = ?1 COLLATE NOCASE)",
                           -1, &tables, NULL);
    if (result != SQLITE_OK)
        return sqlite_error(db->handle, result, e);
    sqlite3_bind_text(tables, 1, parent, -1, SQLITE_STATIC);
    while (!code && (result = sqlite3_step(tables)) == SQLITE_ROW)
        code = check_table(db, before, (const char *)sqlite3_column_text(tables, 0), e);
    if (!code && result != SQLITE_DONE)
        code = sqlite_error(db->handle, result, e);
    sqlite3_finalize(tables);
    return code;
}

int sqlite_keys_check(struct db *base, struct pawl_error *e)
{
    struct sqlite_db *db = sqlite_of(base);
    sqlite3 *before = NULL;
    int code = PAWL_OK, enforced = 0;
    /* What was asked for when the connection was opened does not count: a migration may need them to be off (`session`). */
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_FKEY, -1, &enforced);
    if (enforced)
        return PAWL_OK;
    db->unwatched = true;
    if (db->touched_all)
        code = check_children(db, &before, NULL, e);
    for (const struct sqlite_touched *t = db->touched; t && !code && !db->touched_all; t = t->next) {
        if (t->as_child)
            code = check_table(db, &before, t->table.p, e);
        if (!code && (t->as_parent || (t->inserted && replaces(db, t->table.p))))
            code = check_children(db, &before, t->table.p, e);
    }
    db->unwatched = false;
    sqlite3_close(before);
    if (!code) /* what is whole now is not looked at again when further migrations share the transaction */
        sqlite_keys_forget(db);
    return code;
}
