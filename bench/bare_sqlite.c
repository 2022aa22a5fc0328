/*
 * bare_sqlite MODE FOLDER [DATABASE]: the yardstick for SQLite.
 *
 *   each     apply all files, one transaction each, with a ledger row in it
 *   single   apply all files in one transaction
 *   revert   run all downs in reverse, one transaction each
 *   nothing  list the folder, read the files, read the ledger
 *   verify   in memory: the texts that a proof of every file has to run, one transaction each. For each file up, up,
 *            down, down, up; at the newest version every up again; then every down in reverse.
 */
#include <sqlite3.h>

#include "bare.h"

static void run(sqlite3 *db, const char *text)
{
    char *error;
    if (sqlite3_exec(db, text, NULL, NULL, &error) != SQLITE_OK)
        die(text, error);
}

static void run_in_transaction(sqlite3 *db, const char *text)
{
    run(db, "BEGIN IMMEDIATE");
    run(db, text);
    run(db, "COMMIT");
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *text)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(db, text, -1, &statement, NULL) != SQLITE_OK)
        die(text, sqlite3_errmsg(db));
    return statement;
}

static void step(sqlite3 *db, sqlite3_stmt *statement)
{
    if (sqlite3_step(statement) != SQLITE_DONE)
        die("ledger", sqlite3_errmsg(db));
    sqlite3_reset(statement);
}

static void apply(sqlite3 *db, const struct folder *folder, bool single)
{
    run(db,
        "CREATE TABLE IF NOT EXISTS _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, "
        "installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum BLOB NOT NULL, "
        "execution_time BIGINT NOT NULL)");
    sqlite3_stmt *insert = prepare(db, "INSERT INTO _sqlx_migrations (version, description, success, checksum, "
                                       "execution_time) VALUES (?1, ?2, TRUE, zeroblob(48), 0)");
    if (single)
        run(db, "BEGIN IMMEDIATE");
    for (size_t i = 0; i < folder->n; i++) {
        if (!single)
            run(db, "BEGIN IMMEDIATE");
        run(db, folder->files[i].up);
        sqlite3_bind_int64(insert, 1, folder->files[i].version);
        sqlite3_bind_text(insert, 2, folder->files[i].description, -1, SQLITE_STATIC);
        step(db, insert);
        if (!single)
            run(db, "COMMIT");
    }
    if (single)
        run(db, "COMMIT");
    sqlite3_finalize(insert);
}

static void revert(sqlite3 *db, const struct folder *folder)
{
    sqlite3_stmt *delete = prepare(db, "DELETE FROM _sqlx_migrations WHERE version = ?1");
    for (size_t i = folder->n; i-- > 0;) {
        run(db, "BEGIN IMMEDIATE");
        run(db, folder->files[i].down);
        sqlite3_bind_int64(delete, 1, folder->files[i].version);
        step(db, delete);
        run(db, "COMMIT");
    }
    sqlite3_finalize(delete);
}

static void read_ledger(sqlite3 *db)
{
    sqlite3_stmt *select =
        prepare(db, "SELECT version, description, success, checksum FROM _sqlx_migrations ORDER BY version");
    while (sqlite3_step(select) == SQLITE_ROW)
        sqlite3_column_blob(select, 3);
    sqlite3_finalize(select);
}

static void verify(sqlite3 *db, const struct folder *folder)
{
    for (size_t i = 0; i < folder->n; i++) {
        const struct file *file = &folder->files[i];
        const char *texts[] = {file->up, file->up, file->down, file->down, file->up};
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            run_in_transaction(db, texts[k]);
    }
    for (size_t i = 0; i < folder->n; i++)
        run_in_transaction(db, folder->files[i].up);
    for (size_t i = folder->n; i-- > 0;)
        run_in_transaction(db, folder->files[i].down);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        die("usage", "bare_sqlite each|single|revert|nothing|verify FOLDER [DATABASE]");
    const char *mode = argv[1];
    bool proving = strcmp(mode, "verify") == 0, reverting = strcmp(mode, "revert") == 0;
    struct folder folder = read_folder(argv[2], !reverting, proving || reverting);
    sqlite3 *db;
    if (sqlite3_open(proving ? ":memory:" : argv[3], &db) != SQLITE_OK)
        die("open", sqlite3_errmsg(db));
    if (strcmp(mode, "each") == 0 || strcmp(mode, "single") == 0)
        apply(db, &folder, mode[0] == 's');
    else if (reverting)
        revert(db, &folder);
    else if (strcmp(mode, "nothing") == 0)
        read_ledger(db);
    else if (proving)
        verify(db, &folder);
    sqlite3_close(db);
    return 0;
}
