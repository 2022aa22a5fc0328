/*
 * db: one connection to one database, whatever the engine.
 *
 * A driver offers mechanism and capability bits and decides nothing: order, retries and what is recorded when live in
 * engine/. The functions here are the whole interface; a driver fills in `struct db_driver`.
 *
 * Slices handed to a row callback live until it returns. A connection is used by one thread at a time.
 */
#ifndef PAWL_DB_DB_H
#define PAWL_DB_DB_H

#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"

struct dialect; /* sql/dialect.h */

enum db_type { DB_NULL, DB_INT, DB_BOOL, DB_REAL, DB_TEXT, DB_BLOB };

struct db_value {
    enum db_type type;
    int64_t i;      /* DB_INT, DB_BOOL */
    double r;       /* DB_REAL */
    struct slice s; /* DB_TEXT, DB_BLOB */
};

#define DB_V_INT(v) ((struct db_value){.type = DB_INT, .i = (v)})
#define DB_V_BOOL(v) ((struct db_value){.type = DB_BOOL, .i = (v)})
#define DB_V_TEXT(v) ((struct db_value){.type = DB_TEXT, .s = (v)})
#define DB_V_BLOB(v) ((struct db_value){.type = DB_BLOB, .s = (v)})

/* One row of a result. A code other than PAWL_OK ends the request with that error (fill in e). */
typedef int db_row_fn(void *context, const struct db_value *columns, size_t n, struct pawl_error *e);

/* One statement to run. */
struct db_request {
    struct slice sql;              /* exactly one statement, without its terminator */
    const struct db_value *params; /* for $1.. (PostgreSQL) or ?1.. (SQLite); a driver converts */
    size_t n_params;
    db_row_fn *on_row; /* NULL: rows are read and dropped */
    void *context;
    struct slice copy; /* .p set: the data that a COPY ... FROM stdin reads, line by line, without the final \\. line */
    bool prepared;     /* PostgreSQL: sql is the name of a statement that the session keeps */
    bool often;        /* it is asked again and again: the server may keep it. Heeded where it stands alone */
    bool rows_only;    /* it writes rows of a table, and no trigger or rule of that does anything else */
};

/* Where a batch failed. */
struct db_fault {
    size_t request; /* index of the request that failed; all before it were done, none after it */
    size_t offset;  /* byte offset of the fault in its sql, or SIZE_MAX when the engine does not say */
    /* The connection broke before `request` was answered (PAWL_UNREACHABLE): whether it and a COMMIT behind it took effect
     * is unknown. Open a new connection and read the ledger; a version missing there may be run again, because its row is
     * inserted first and so waits for a server that is still busy with the lost transaction. */
    bool lost;
};

/* What the server says beside the results: a warning ("there is already a transaction in progress") or a notice. */
typedef void db_notice_fn(void *context, enum pawl_level level, const char *text);

enum db_cap {
    DB_CAP_TRANSACTIONAL_DDL = 1 << 0, /* DDL rolls back */
    DB_CAP_PIPELINE = 1 << 1,          /* a batch travels in one round trip, so several migrations per batch pay off */
    DB_CAP_SESSION_LOCK =
        1 << 2,             /* the run is locked by a session lock (advisory lock), not by the transaction itself */
    DB_CAP_FILE = 1 << 3,   /* the database is one file: it can be copied */
    DB_CAP_MEMORY = 1 << 4, /* the database is gone when the connection closes */
};

/* A cheap token for "was anything written on this connection in between?": equal stamps mean that nothing was. */
struct db_stamp {
    int64_t schema;
    int64_t data;
};

/* What a user means by a URL, already checked; strings live in the arena it was parsed into. */
struct db_target {
    const struct db_driver *driver;
    struct slice url;      /* as given: may hold a password, so it is never shown */
    struct slice shown;    /* the same without any password: what messages say */
    struct slice location; /* NUL-terminated. SQLite: path or ":memory:"; PostgreSQL: connection string for libpq */
    bool read_only, must_exist; /* SQLite's mode=ro, mode=rw */
};

struct db_options {
    bool create;           /* make the database if it is missing (only `up` does) */
    bool read_only;        /* nothing will be written: open it so */
    bool empty_if_missing; /* SQLite: a missing file is seen as an empty database, and not made */
    bool foreign_keys;     /* SQLite: enforce foreign keys while migrations run */
    bool scratch;          /* throw-away: trade durability for speed */
    uint32_t wait_ms;      /* busy or lock wait */
    uint32_t connect_wait_ms;
    const volatile int *interrupt; /* non-zero = stop with PAWL_INTERRUPTED; may be NULL */
    const char *const *stubs;      /* scratch databases of SQLite: functions that only return NULL */
    size_t n_stubs;
    const char *const *extensions; /* scratch databases of SQLite: libraries to load */
    size_t n_extensions;
    struct slice application_name; /* shown to other users of the server; "" = "pawl" */
    db_notice_fn *on_notice;       /* NULL = they are dropped */
    void *notice_context;
};

/* The statements of the ledger, with {t} where its (quoted) table name goes. Parameters as the engine writes them. */
struct db_ledger_sql {
    const char *create; /* as sqlx creates it */
    const char
        *select; /* version, description, installed_on as UTC text, success, checksum, execution_time; by version */
    const char *insert; /* (version, description, checksum, success, execution_time) */
    const char
        *finish; /* (version, nanoseconds or -1 = let the engine measure, if it can): success and execution_time */
    const char
        *progress; /* (version, execution_time): success = false; how far a migration without a transaction has come */
    const char
        *alone; /* in front of `create` where nothing else keeps two from making the table at once; NULL = no need */
    const char *lock; /* to the end of the transaction: nobody else writes to the ledger; NULL = BEGIN does that */
    /* (version): measures from the engine's own clock all rows from that one on that have none yet, in place of `finish` for
     * each. NULL = the engine cannot. */
    const char *measure;
    /* (schema or "", table, index name, version): one row if that table has an index of that name: is it complete; is it
     * newer than the ledger row of that version was last written; the statement that drops it. NULL = indexes are never
     * left incomplete by this engine. */
    const char *index;
    const char *remove;  /* (version): gives a row if one was there */
    const char *restamp; /* (version, checksum) */
};

/* What a statement may have done to something; see db_driver.touched. */
enum db_touch {
    DB_TOUCH_ROWS = 1 << 0,  /* rows of a table may be other ones, or gone */
    DB_TOUCH_SHAPE = 1 << 1, /* made, altered, dropped, with what hangs on it; an empty name: any object may be */
};
typedef void db_touch_fn(void *context, struct slice name, unsigned how);

/* Where the ledger is. */
struct db_place {
    bool exists;
    bool alone;            /* there is neither a ledger nor any other user table */
    struct strbuf *schema; /* gets the schema in which the table is or, without one, would be made; may stay empty */
};

/*
 * How many rows were written to the tables that are watched. In one epoch counts never become less, not even by a rollback: where
 * they are the same, nothing was written to that table. Counts of two epochs have nothing to do with each other.
 */
#define DB_WATCHED 64
struct db_written {
    uint64_t epoch;
    bool counted;         /* by a server that counts; else nothing of this can be relied upon */
    uint64_t transaction; /* the number of ours, 0 = it has none yet, and so has written nothing */
    uint64_t oldest, end; /* the oldest transaction running; none that can be seen has this number or a higher one */
    const uint64_t *made, *gone;             /* inserted or updated; deleted: in the order of watch */
    int64_t began;                           /* when our transaction did: no other has it in common */
    const uint64_t *first_made, *first_gone; /* the counts when it began */
    /*
     * The relations, by oid, that this transaction has locked as one does to change them: "16385 16390"; the system's own, if a
     * statement has written to them by itself. What else it has written to catalogs about relations is about these and what belongs
     * to them, privileges apart. .p NULL = not known.
     */
    struct slice locked;
};

struct db;          /* each driver's own structure begins with it */
struct db_snapshot; /* each driver's own */

/* What the code of an error says, where something depends on it. */
enum db_refusal {
    DB_REFUSAL_OTHER,
    DB_REFUSAL_INSIDE,    /* the text would run if no transaction were around it */
    DB_REFUSAL_DUPLICATE, /* a unique or primary key keeps the row out */
    DB_REFUSAL_STOPPED,   /* somebody, or a limit, has stopped it */
};

struct db_driver {
    const char *name;           /* "sqlite", "postgres": in output, in pawl.lock and in directives */
    const char *const *schemes; /* of its URLs, ends with NULL; a plain path goes to the driver with DB_CAP_FILE */
    const struct dialect *dialect;
    unsigned caps; /* enum db_cap */
    const struct db_ledger_sql *ledger;
    const char *begin, *commit, *rollback; /* of a migration's transaction */
    /* Limits what follows: parameters are the longest wait for a lock and the longest run of a statement, as text in
     * milliseconds, "0" = none, and whether that is to end with the transaction. NULL = the engine has no such limits. */
    const char *limits;
    enum db_refusal (*refusal)(const char *sqlstate); /* of an error that has one, see pawl_error */
    /* Statements that put session state back to what a migration may expect, so that none leaks into the next; ends with
     * NULL. Sent outside any transaction, in front of `begin`. keys_off: foreign keys are not to be enforced, whatever the
     * options said when the connection was opened. */
    const char *const *(*session)(struct db *db, bool keys_off);
    bool session_inside; /* these statements do the same within a transaction, and are undone with it */
    /*
     * What texts have left in the session, whatever it is called: temporary objects, settings, attached databases (those only outside
     * of transactions). Costs nothing where there is nothing, and may be done within a transaction. NULL: `session` does it all.
     */
    int (*tidy)(struct db *db, struct pawl_error *e);

    /* Without a scheme: can it mean nothing but a database of this engine? NULL: never. */
    bool (*knows)(struct slice url);
    /* Parses location and mode out of target->url. */
    int (*parse)(struct arena *a, struct db_target *target, struct pawl_error *e);
    int (*open)(const struct db_target *target, const struct db_options *options, struct db **out,
                struct pawl_error *e);
    /* Begins to open without waiting, so that the way to a server overlaps with other work; NULL = nothing to gain. `finish`
     * waits for the rest. Until then only advance, expect, finish and close may be called. */
    int (*start)(const struct db_target *target, const struct db_options *options, struct db **out,
                 struct pawl_error *e);
    int (*finish)(struct db *db, struct pawl_error *e);
    /* Goes on with what was begun, as far as that needs no waiting. Called any number of times between start and finish. */
    void (*advance)(struct db *db);
    void (*close)(struct db *db);
    /*
     * DB_CAP_PIPELINE: the whole batch is sent before the first answer is looked at and costs one round trip. The server
     * skips everything behind a failure, so several migrations, each with its own BEGIN and COMMIT, may share a batch. Then
     * - on_row cannot stop what was sent behind it; a condition must be a statement that fails (an INSERT, say);
     * - requests outside BEGIN..COMMIT belong to one transaction with their neighbours and are undone by a failure before
     *   the next COMMIT or the end of the batch;
     * - a statement that must not run in a transaction block is sent as a batch of its own.
     * A transaction left open by a failure is the caller's to roll back (db_rollback).
     */
    int (*run)(struct db *db, const struct db_request *requests, size_t n, struct db_fault *fault,
               struct pawl_error *e);
    bool (*in_transaction)(struct db *db);
    int (*stamp)(struct db *db, struct db_stamp *out, struct pawl_error *e);
    /* Tables, by number ("1259,1249"), whose written rows are counted from now on; `written` says how it stood at the last stamp. NULL: the
     * driver cannot. */
    int (*watch)(struct db *db, struct slice tables, struct pawl_error *e);
    void (*written)(struct db *db, struct db_written *out);
    /* It was seen that there was neither a temporary nor an unlogged table at the last stamp: then stamps need not look for them. */
    void (*all_logged)(struct db *db);
    /* Has the open transaction written anything yet? NULL: two stamps tell. */
    int (*has_written)(struct db *db, bool *out, struct pawl_error *e);
    /*
     * How many rows were written, the system's too, and how often sequences were looked at: while it lasts, a transaction that has
     * done neither meanwhile gets the same number again. -1 = cannot be told. NULL: two stamps tell.
     */
    int (*rows_written)(struct db *db, int64_t *out, struct pawl_error *e);
    /* Does the table exist, seen with the connection's search path? Creates nothing. `name` as in the configuration. */
    int (*table_exists)(struct db *db, struct slice name, bool *out, struct pawl_error *e);
    /*
     * Is it the open transaction that has made this relation, which was not there before, and not another session meanwhile? `name` as in
     * facts. NULL: nobody else can while a transaction is open.
     */
    int (*has_made)(struct db *db, struct slice name, bool *out, struct pawl_error *e);
    /*
     * table_exists and the rows of `select` in one round trip; creates nothing. NULL = the two one after the other.
     */
    int (*read_ledger)(struct db *db, struct slice name, struct slice select, struct db_place *place, db_row_fn *on_row,
                       void *context, struct pawl_error *e);
    /*
     * What read_ledger is going to be asked for, so that the question may be sent ahead: as soon as a connection that was
     * started stands, or else behind the session lock in one flight. An answer that came before anything else was run, or before the lock
     * was tried for, is not used. NULL = nothing to gain.
     */
    void (*expect)(struct db *db, struct slice name, struct slice select);
    /* Is there no user table at all besides the ledger? */
    int (*is_empty)(struct db *db, struct slice ledger, bool *out, struct pawl_error *e);
    /* Before COMMIT: constraints the engine did not enforce meanwhile (SQLite: foreign keys). NULL = nothing to check. */
    int (*check)(struct db *db, struct pawl_error *e);
    /* Session lock; NULL without DB_CAP_SESSION_LOCK. try_lock says who holds it in `holder` (printable, may stay
     * empty). The lock has a connection of its own inside `db`, outside any transaction; `run` fails with PAWL_LOCKED when
     * that connection is found broken. PAWL_REFUSED: a transaction pooler stands in between. unlock does not wait until
     * the server has heard it, so who asks on another connection at the same moment may be told that it is still held.
     * close releases it too. */
    int (*try_lock)(struct db *db, struct slice ledger, bool *got, struct strbuf *holder, struct pawl_error *e);
    int (*unlock)(struct db *db, struct pawl_error *e);
    /* Rows that reverting may cost: table by table. See engine/loss. */
    int (*backup)(struct db *db, struct slice path, struct pawl_error *e); /* DB_CAP_FILE: a verified copy */
    /* The same database as another target? (protected databases reached under another name) */
    int (*same)(const struct db_target *x, const struct db_target *y, bool *out, struct pawl_error *e);
    const char *(*version)(struct db *db); /* "3.40.1" */
    /* Scratch databases: made on `server` (SQLite: in memory, server is not looked at), removed by close. */
    int (*scratch)(const struct db_target *server, const struct db_options *options, struct db **out,
                   struct pawl_error *e);
    /*
     * What a server has beside its databases' contents, and what therefore outlives a scratch database: a line each, like
     * "role app", in order. NULL: nothing.
     */
    int (*server_wide)(struct arena *a, const struct db_target *server, const struct db_options *options,
                       struct slice *out, struct pawl_error *e);
    /*
     * A scratch database as it is now, to be put back any number of times: for texts that cannot run in a transaction.
     * No transaction is open at either. NULL: the driver has none; the state is then built again.
     */
    int (*snapshot)(struct db *db, struct db_snapshot **out, struct pawl_error *e);
    int (*restore)(struct db *db, struct db_snapshot *snapshot, struct pawl_error *e);
    void (*forget)(struct db_snapshot *snapshot);
    /*
     * Scratch databases: what the statements since a mark may have touched (more than they did, never less), by name without
     * its schema, some of them several times. false: cannot be told. NULL: the driver never can.
     */
    uint64_t (*touch_mark)(struct db *db);
    bool (*touched)(struct db *db, uint64_t since, db_touch_fn *on_touch, void *context);
};

struct db {
    const struct db_driver *driver;
    uint64_t resets; /* how often `session` was asked for: what a server kept for the session before that is gone */
    /* For drivers whose stamps cost a round trip; others do not look at them. */
    bool alone;            /* a scratch database: nobody else writes to it */
    bool forgets;          /* a text may make the server forget what it keeps for the session */
    bool locks_tell;       /* no text changes privileges: see db_written.locked */
    bool stamp_behind;     /* what is run in a transaction brings the next stamp along */
    bool marks_wait;       /* savepoints are set, released and gone back to only when the next thing is run; */
    bool waiting;          /* some are now, and what was counted at the last stamp is still right */
    bool only_asks;        /* what is run writes nothing, and leaves the transaction as it is */
    struct beside *beside; /* the set is only tried here, on a server that others use (schema/emulate); NULL = no */
    bool goes_back; /* the transaction that is rolled back next is taken back in all that was derived from it, too */
};

/* By scheme or by its form; any other text is a path, of SQLite. PAWL_USAGE for a scheme that no driver has. */
int db_target_parse(struct arena *a, const char *url, struct db_target *out, struct pawl_error *e);
const struct db_driver *db_driver_find(const char *name); /* NULL = none of that name */

int db_open(const struct db_target *target, const struct db_options *options, struct db **out, struct pawl_error *e);
/* Begins to open; NULL if there is nothing to gain or it cannot be begun, for which db_open will have the reason. */
struct db *db_start(const struct db_target *target, const struct db_options *options);
/* What is started goes on as far as that needs no waiting; NULL is fine. */
void db_advance(struct db *started);
/* See db_driver.expect; NULL is fine. */
void db_expect(struct db *db, struct slice name, struct slice select);
/* db_open that goes on with what db_start gave (which may be NULL, and is used up). */
int db_open_started(struct db *started, const struct db_target *target, const struct db_options *options,
                    struct db **out, struct pawl_error *e);
void db_close(struct db *db); /* NULL is fine */
/* Runs the requests in order until one fails. `fault` may be NULL. */
int db_run(struct db *db, const struct db_request *requests, size_t n, struct db_fault *fault, struct pawl_error *e);
/* One request that writes nothing, and leaves the transaction as it is. */
int db_ask(struct db *db, const struct db_request *request, struct pawl_error *e);
/* One statement without parameters or rows. */
int db_exec(struct db *db, const char *sql, struct pawl_error *e);
/* Rolls back if a transaction is open; errors do not matter then, since the connection is given up by whoever cares. */
void db_rollback(struct db *db);

#endif
