/*
 * bare_postgres MODE FOLDER URL: the yardstick for PostgreSQL, through libpq with one simple query for each step.
 *
 *   each     apply all files: begin, the file's text, the ledger row, commit
 *   nothing  connect and read the ledger
 *   verify   the texts that a proof of every file has to run, in a transaction each (see bare_sqlite)
 */
#include <libpq-fe.h>

#include "bare.h"

static void run(PGconn *db, const char *text)
{
    PGresult *result = PQexec(db, text);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        die(text, PQerrorMessage(db));
    PQclear(result);
}

static void run_in_transaction(PGconn *db, const char *text)
{
    run(db, "BEGIN");
    run(db, text);
    run(db, "COMMIT");
}

static void apply(PGconn *db, const struct folder *folder)
{
    run(db, "CREATE TABLE IF NOT EXISTS _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, "
            "installed_on TIMESTAMPTZ NOT NULL DEFAULT now(), success BOOLEAN NOT NULL, checksum BYTEA NOT NULL, "
            "execution_time BIGINT NOT NULL)");
    for (size_t i = 0; i < folder->n; i++) {
        char insert[1024];
        run(db, "BEGIN");
        run(db, folder->files[i].up);
        snprintf(insert, sizeof insert,
                 "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) "
                 "VALUES (%lld, '%s', TRUE, '\\x00', 0)",
                 folder->files[i].version, folder->files[i].description);
        run(db, insert);
        run(db, "COMMIT");
    }
}

static void verify(PGconn *db, const struct folder *folder)
{
    run(db, "SET client_min_messages = warning");
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
    if (argc < 4)
        die("usage", "bare_postgres each|nothing|verify FOLDER URL");
    const char *mode = argv[1];
    bool proving = strcmp(mode, "verify") == 0, nothing = strcmp(mode, "nothing") == 0;
    struct folder folder = {0};
    if (!nothing)
        folder = read_folder(argv[2], true, proving);
    PGconn *db = PQconnectdb(argv[3]);
    if (PQstatus(db) != CONNECTION_OK)
        die("connect", PQerrorMessage(db));
    if (proving)
        verify(db, &folder);
    else if (nothing)
        run(db, "SELECT version, description, success, checksum FROM _sqlx_migrations ORDER BY version");
    else
        apply(db, &folder);
    PQfinish(db);
    return 0;
}
