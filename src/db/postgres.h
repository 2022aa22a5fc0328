/*
 * postgres: the parts of the PostgreSQL driver among themselves. Nothing outside src/db/postgres*.c includes this.
 */
#ifndef PAWL_DB_POSTGRES_H
#define PAWL_DB_POSTGRES_H

#include "db/db.h"
#include "db/postgres_api.h"

/* Is there no table, nor what looks like one or keeps a count, outside of the system and extensions? $1 is the ledger. */
#define PG_IS_EMPTY \
    "not exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace " \
    "where c.relkind in ('r', 'p', 'v', 'm', 'f', 'c', 'S') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_' " \
    "and c.oid is distinct from to_regclass($1)::oid and not exists (select from pg_depend d " \
    "where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'))"

/* The question about the ledger that is going to be asked; .name.p NULL = none. */
struct pg_expected {
    struct slice name, select;
    bool asked; /* it was sent, and nothing behind it */
};

#define PG_STAMP_REQUESTS 2
#define PG_STAMP_PARAMETERS 4

/* Savepoints that are set, released or gone back to in front of what is run next. */
#define PG_MARKS 6
#define PG_MARK_TEXT 64
struct pg_marks {
    char texts[PG_MARKS][PG_MARK_TEXT];
    size_t n;
};

/* Statements that the server keeps, by number from 1 on. See postgres_keep.c. */
#define PG_KEPT 16
struct pg_kept {
    struct slice texts[PG_KEPT]; /* in the arena of the connection */
    size_t n;
    uint64_t resets; /* since the session was put back so often */
};

/* What the server says when it is asked for a stamp. See postgres_stamp.c. */
struct pg_mark {
    bool taken, counted, looked, unlogged;
    bool counts; /* of rows: else they are as they were */
    bool listed; /* what is locked */
    int64_t ended, log, began, relations, total;
    uint64_t transaction, oldest, end;
    uint64_t made[DB_WATCHED], gone[DB_WATCHED];
};

struct pg_stamps {
    int64_t n;            /* how many were taken that equal no other */
    struct db_stamp last; /* the last one, */
    bool holds;           /* while it holds: nothing was sent since that writes, in a transaction of ours */
    struct pg_mark mark, next;
    uint64_t epoch;
    uint64_t made[DB_WATCHED], gone[DB_WATCHED]; /* of this epoch */
    uint64_t before_made[DB_WATCHED], before_gone[DB_WATCHED];
    bool counted;                    /* from the beginning of the epoch on */
    bool logged;                     /* there were only tables that the log tells about */
    bool left;                       /* a statement was sent since that may have ended the transaction */
    bool held, inside;               /* it held before what is being run; it was in the same transaction */
    bool exact, was_exact;           /* what is watched has not been written since; the same before what is being run */
    bool sealed;                     /* the transaction was counted to its end, and nothing was sent since */
    bool kept;                       /* the server has the question, */
    unsigned number;                 /* under this number, */
    uint64_t resets;                 /* since the session was put back so often */
    struct slice watched;            /* in the arena of the connection */
    struct slice distinct;           /* the same, each once, */
    unsigned char place[DB_WATCHED]; /* and where each of them stands there, from 1 on */
    uint64_t first_made[DB_WATCHED], first_gone[DB_WATCHED]; /* see db_written */
    struct strbuf locked, next_locked;                       /* what the transaction had locked then, */
    bool locked_known;                                       /* if that is known */
    struct db_value parameters[PG_STAMP_PARAMETERS];         /* of the question on its way */
    bool begins;                                             /* the next mark is taken right behind a BEGIN */
};

struct pg_db {
    struct db base;
    struct pq pq;
    PGconn *conn;
    struct arena arena;
    struct db_target target; /* strings in arena */
    struct slice dbname;     /* instead of the target's; .p NULL = as the target says */
    struct slice application_name;
    uint32_t connect_wait_ms;
    const volatile int *interrupt;
    db_notice_fn *on_notice;
    void *notice_context;
    PostgresPollingStatusType want; /* while connecting: what libpq waits for */
    bool broken;                    /* the connection is of no use any more */
    unsigned syncs;                 /* flights that were sent, and whose answers nobody has looked at yet */
    struct pg_expected expected;    /* strings in arena */
    struct pg_stamps stamps;
    struct pg_marks marks;
    struct pg_kept kept;
    char version[32];
    struct pg_db *lock; /* the connection that holds, or tries for, the session lock; NULL = none yet */
    int64_t lock_key;
    bool locked;
    struct slice scratch; /* name of the database to drop at the end; .p NULL = none */
    struct slice server;  /* where to drop it: a connection string */
};

static inline struct pg_db *pg_of(struct db *db)
{
    return (struct pg_db *)(void *)db;
}

/* ---- postgres_connect.c ------------------------------------------------------------------------------------------ */

/*
 * Connects, again and again for connect_wait_ms while the server is not there yet. `dbname` replaces the database of the
 * target; NULL = as the target says. PAWL_UNREACHABLE, PAWL_CONFIG, PAWL_INTERRUPTED, PAWL_NOMEM.
 */
int pg_connect(const struct db_target *target, const struct db_options *options, const char *dbname, struct pg_db **out,
               struct pawl_error *e);
/* Connects a handle whose connection was ended, to the same database. */
int pg_reconnect(struct pg_db *db, struct pawl_error *e);
int pg_start(const struct db_target *target, const struct db_options *options, struct db **out, struct pawl_error *e);
int pg_finish(struct db *db, struct pawl_error *e);
void pg_advance(struct db *db);
void pg_disconnect(struct pg_db *db); /* NULL is fine */
/* Another connection of the same kind to the same database. */
int pg_connect_again(struct pg_db *db, struct pg_db **out, struct pawl_error *e);
static inline bool pg_interrupted(const struct pg_db *db)
{
    return db->interrupt && *db->interrupt;
}

/* ---- postgres_error.c -------------------------------------------------------------------------------------------- */

/* An answer that is an error. `sql` (may be empty) is what was sent; fault->offset is set from the position in it. */
int pg_error(struct pg_db *db, const PGresult *result, struct slice sql, struct db_fault *fault, struct pawl_error *e);
/* The connection broke, or libpq itself could not go on. */
int pg_broken(struct pg_db *db, struct db_fault *fault, struct pawl_error *e);
void pg_notice(void *db, const PGresult *result);

/* ---- postgres_run.c ---------------------------------------------------------------------------------------------- */

extern const char *const pg_session_sql[]; /* postgres.c */

int pg_run(struct db *db, const struct db_request *requests, size_t n, struct db_fault *fault, struct pawl_error *e);

/*
 * Sends a flight outside of any transaction, and does not wait. pg_receive takes the answers of the oldest flight that was
 * sent, with the same requests; pg_drop those of all, for nobody.
 */
int pg_send(struct pg_db *db, const struct db_request *requests, size_t n, struct pawl_error *e);
int pg_receive(struct pg_db *db, const struct db_request *requests, size_t n, struct db_fault *fault,
               struct pawl_error *e);
void pg_drop(struct pg_db *db);

/* Runs them without a look at what they mean for stamps. */
int pg_run_plain(struct pg_db *db, const struct db_request *requests, size_t n, struct db_fault *fault,
                 struct pawl_error *e);

/* ---- postgres_keep.c --------------------------------------------------------------------------------------------- */

/* May the server keep statements for us? Not if others use the session, or a text may make it forget. */
bool pg_may_keep(const struct pg_db *db);
/*
 * `*out` is the request by the name under which the server keeps it, in `name`; it is told first if it is new. *kept = false: it is to
 * be run as it is.
 */
#define PG_KEPT_NAME 32
int pg_by_name(struct pg_db *db, const struct db_request *request, char name[PG_KEPT_NAME], struct db_request *out,
               bool *kept, struct db_fault *fault, struct pawl_error *e);

/* ---- postgres_rows.c --------------------------------------------------------------------------------------------- */

/* pg_type.dat of the server: these never change. */
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_OID = 26,
    OID_FLOAT4 = 700,
    OID_FLOAT8 = 701
};

/* Hands each row of a result to the request; stops where it says so. */
int pg_rows(struct pg_db *db, const PGresult *result, const struct db_request *r, struct pawl_error *e);

/* ---- postgres_stamp.c -------------------------------------------------------------------------------------------- */

int pg_stamp(struct db *db, struct db_stamp *out, struct pawl_error *e);
int pg_watch(struct db *db, struct slice tables, struct pawl_error *e);
void pg_written(struct db *db, struct db_written *out);
void pg_all_logged(struct db *db);
/* The connection is another one: nothing holds any more. */
void pg_stamps_reset(struct pg_db *db);
/* Requests are about to be run: what becomes of the last stamp. */
void pg_stamp_before(struct pg_db *db, const struct db_request *requests, size_t n);
/* The requests for a stamp, their texts in `b`; how many, 0 = no memory. Behind them pg_stamp_taken. */
size_t pg_stamp_requests(struct pg_db *db, struct strbuf *b, struct db_request out[PG_STAMP_REQUESTS]);
void pg_stamp_taken(struct pg_db *db, bool in_front);
/* A single request was carried out. */
void pg_stamp_ended(struct pg_db *db, const struct db_request *request, bool counted);
/* May savepoints wait, as far as stamps are concerned? */
bool pg_stamp_can_wait(const struct pg_db *db);
/* Where in a flight a stamp is to be taken along: behind it, or in front of a COMMIT, to count the transaction to its end. */
enum pg_stamp_place { PG_STAMP_NONE, PG_STAMP_IN_FRONT, PG_STAMP_BEHIND };
enum pg_stamp_place pg_stamp_place(const struct pg_db *db, const struct db_request *requests, size_t n);

/* ---- postgres_ahead.c -------------------------------------------------------------------------------------------- */

void pg_expect(struct db *db, struct slice name, struct slice select);
/* Sends what is expected, if anything is. */
void pg_ask_ahead(struct pg_db *db);
int pg_read_ledger(struct db *db, struct slice name, struct slice select, struct db_place *place, db_row_fn *on_row,
                   void *context, struct pawl_error *e);

/* ---- postgres_lock.c --------------------------------------------------------------------------------------------- */

int pg_try_lock(struct db *db, struct slice ledger, bool *got, struct strbuf *holder, struct pawl_error *e);
int pg_unlock(struct db *db, struct pawl_error *e);
/* Is the lock's connection still there, as far as can be told without asking the server? PAWL_OK without a lock. */
int pg_lock_check(struct pg_db *db, struct pawl_error *e);

/* ---- postgres_scratch.c ------------------------------------------------------------------------------------------ */

int pg_scratch(const struct db_target *server, const struct db_options *options, struct db **out, struct pawl_error *e);
int pg_server_wide(struct arena *a, const struct db_target *server, const struct db_options *options, struct slice *out,
                   struct pawl_error *e);
void pg_scratch_drop(struct pg_db *db);
int pg_snapshot(struct db *db, struct db_snapshot **out, struct pawl_error *e);
int pg_restore(struct db *db, struct db_snapshot *snapshot, struct pawl_error *e);
void pg_forget(struct db_snapshot *snapshot);

#endif
