/*
 * The lock that sqlx takes, taken by polling. A waiter that blocks in pg_advisory_lock holds a snapshot, for which a CREATE
 * INDEX CONCURRENTLY of the lock's holder waits in turn; a waiter that asks and goes away holds nothing.
 *
 * A run that was killed leaves its lock at once, but the server goes on with the statement that it was at, and with the rest of
 * the batch. So the connection that works holds a lock of pawl's own, which the next run must have too: it is free only
 * when that server process is gone.
 */
#include "db/postgres.h"

#include "db/postgres_url.h"
#include "sys/clock.h"

struct answer {
    bool direct; /* we talk to the server itself, and to the database that we think */
    bool got;
    int64_t pid;
    struct arena arena;
    struct slice database;
};

static int on_answer(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct answer *a = context;
    (void)n;
    a->direct = v[0].i != 0;
    a->got = v[1].type == DB_BOOL && v[1].i;
    a->pid = v[2].i;
    a->database = arena_dup(&a->arena, v[3].s);
    return a->database.p ? PAWL_OK : err_nomem(e);
}

static int on_int(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    (void)n;
    (void)e;
    *(int64_t *)context = v[0].i;
    return PAWL_OK;
}

static int backend(struct pg_db *db, int64_t *pid, struct pawl_error *e)
{
    struct db_request r = {.sql = SLICE("select pg_backend_pid()"), .on_row = on_int, .context = pid};
    return db_run(&db->base, &r, 1, NULL, e);
}

/* ---- poolers ----------------------------------------------------------------------------------------------------- */

static int refuse_pooler(int64_t pid, struct pawl_error *e)
{
    err_set(
        e, PAWL_REFUSED,
        "a connection pooler in transaction mode stands before the server (backend %lld serves more than one of our "
        "connections), so the lock would not be ours",
        (long long)pid);
    err_hint(e, "connect to the server directly or through a pool in session mode, or use --lock table");
    return PAWL_REFUSED;
}

/*
 * A pooler is there, since the process number that it told is not the server's. In session mode each of our connections has a
 * backend of its own and keeps it. In transaction mode the backend that has just served one connection serves the other,
 * and while that one is in a transaction the first gets another.
 */
static int check_pooler(struct pg_db *db, struct pg_db *lock, int64_t *pid, struct pawl_error *e)
{
    int64_t main_pid = 0;
    int64_t again = 0;
    int code = backend(lock, pid, e);
    if (!code)
        code = db_exec(&db->base, "begin", e);
    if (!code)
        code = backend(db, &main_pid, e);
    if (!code)
        code = backend(lock, &again, e);
    db_rollback(&db->base);
    if (!code && (main_pid == *pid || again != *pid))
        code = refuse_pooler(*pid, e);
    return code;
}

/* ---- taking ------------------------------------------------------------------------------------------------------ */

/* The lock is taken only where `direct` holds, so that none is left behind on a backend of a pool. */
static const char try_sql[] =
    "select x.direct, case when x.direct then pg_try_advisory_lock($1) end, pg_backend_pid(), current_database()::text "
    "from (select ($2 = 0 or pg_backend_pid() = $2) and current_database()::text = $3 as direct) x";

static int ask(struct pg_db *lock, int64_t key, int64_t pid, struct slice database, struct answer *a,
               struct pawl_error *e)
{
    struct db_value params[] = {DB_V_INT(key), DB_V_INT(pid), DB_V_TEXT(database)};
    struct db_request both[] = {
        {.sql = slice_of(try_sql), .params = params, .n_params = 3, .on_row = on_answer, .context = a},
        /* It is idle while migrations run, which a server may have been told not to bear. */
        {.sql = SLICE("set idle_session_timeout = 0")},
    };
    return db_run(&lock->base, both, lock->pq.serverVersion(lock->conn) >= 140000 ? 2 : 1, NULL, e);
}

static int on_holder(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct strbuf *b = context;
    (void)n;
    (void)e;
    if (b->n)
        return PAWL_OK;
    strbuf_addf(b, "pid %lld", (long long)v[0].i);
    static const char *const labels[] = {NULL, ", application \"", ", user ", ", from ", ", since "};
    for (size_t i = 1; i < 5; i++)
        if (v[i].type == DB_TEXT && v[i].s.n) {
            strbuf_addz(b, labels[i]);
            strbuf_add(b, v[i].s);
            if (i == 1)
                strbuf_addc(b, '"');
        }
    return PAWL_OK;
}

/* A bigint key stands in pg_locks as its two halves, with objsubid 1; a pair of integers as such, with objsubid 2. What pg_stat_activity hides from this role stays empty. */
static const char holder_sql[] =
    "select l.pid, a.application_name::text, a.usename::text, host(a.client_addr), "
    "to_char(coalesce(a.xact_start, a.state_change, a.backend_start) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC' "
    "from pg_locks l left join pg_stat_activity a on a.pid = l.pid "
    "where l.locktype = 'advisory' and l.granted and l.objsubid = $2::int "
    "and l.database = (select oid from pg_database where datname = current_database()) "
    "and l.classid::bigint = ($1::bigint >> 32) & 4294967295 and l.objid::bigint = $1::bigint & 4294967295";

static void find_holder(struct pg_db *lock, int64_t key, bool pair, struct strbuf *holder)
{
    struct db_value params[] = {DB_V_INT(key), DB_V_INT(pair ? 2 : 1)};
    struct db_request r = {
        .sql = slice_of(holder_sql), .params = params, .n_params = 2, .on_row = on_holder, .context = holder};
    if (holder)
        db_run(&lock->base, &r, 1, NULL, NULL); /* a message without the holder is still a message */
}

static int open_lock(struct pg_db *db, struct pawl_error *e)
{
    if (db->lock)
        pg_drop(db->lock); /* the answer to its unlocking */
    if (db->lock && db->lock->broken) {
        pg_disconnect(db->lock);
        db->lock = NULL;
    }
    if (db->lock)
        return PAWL_OK;
    return pg_connect_again(db, &db->lock, e);
}

static int take_lock(struct pg_db *db, struct answer *a, struct pawl_error *e)
{
    struct pg_db *lock = db->lock;
    struct slice database = slice_of(db->pq.db(lock->conn));
    lock->lock_key = postgres_lock_key(database);
    int code = ask(lock, lock->lock_key, db->pq.backendPID(lock->conn), database, a, e);
    if (code || a->direct)
        return code;
    int64_t pid = 0;
    code = check_pooler(db, lock, &pid, e);
    if (code)
        return code;
    lock->lock_key = postgres_lock_key(a->database);
    code = ask(lock, lock->lock_key, 0, a->database, a, e);
    if (!code && a->pid != pid)
        code = refuse_pooler(a->pid, e);
    return code;
}

/* pawl's own lock, in the space of pairs: "pawl" and the database. */
#define WORK_KEY INT64_C(0x7061776c)

static int32_t work_key(const struct pg_db *lock)
{
    /* The lock's key is a multiple of the database's CRC. */
    return (int32_t)(uint32_t)(lock->lock_key / INT64_C(0x3d32ad9e));
}

static int on_got(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    (void)n;
    (void)e;
    *(bool *)context = v[0].type == DB_BOOL && v[0].i;
    return PAWL_OK;
}

/* The ledger is read behind it in a flight of its own, so that no snapshot is older than the lock, whatever the isolation. */
static int take_work_lock(struct pg_db *db, bool *got, struct pawl_error *e)
{
    struct db_value params[] = {DB_V_INT(WORK_KEY), DB_V_INT(work_key(db->lock))};
    struct db_request r = {.sql = SLICE("select pg_try_advisory_lock($1, $2)"),
                           .params = params,
                           .n_params = 2,
                           .on_row = on_got,
                           .context = got};
    struct db_fault fault = {.offset = SIZE_MAX};
    pg_drop(db);
    int code = pg_send(db, &r, 1, e);
    if (code)
        return code;
    pg_ask_ahead(db);
    return pg_receive(db, &r, 1, &fault, e);
}

/*
 * Nobody waits for the answers: a server that has got these has no reason to refuse them, and where they do not arrive, the
 * connections do not live on. The lock of the connection that works first, since others ask for it last.
 */
static void send_unlock(struct pg_db *db)
{
    struct db_value params[] = {DB_V_INT(WORK_KEY), DB_V_INT(work_key(db->lock))};
    struct db_request work = {.sql = SLICE("select pg_advisory_unlock($1, $2)"), .params = params, .n_params = 2};
    struct db_request all = {.sql = SLICE("select pg_advisory_unlock_all()")};
    pg_drop(db);
    if (!db->broken) /* a broken one releases it by itself */
        pg_send(db, &work, 1, NULL);
    if (pg_send(db->lock, &all, 1, NULL))
        db->lock->broken = true; /* and so it is closed before the next try */
}

static int unlock_key(struct pg_db *lock, struct pawl_error *e)
{
    struct db_value key = DB_V_INT(lock->lock_key);
    struct db_request r = {.sql = SLICE("select pg_advisory_unlock($1)"), .params = &key, .n_params = 1};
    return db_run(&lock->base, &r, 1, NULL, e);
}

/* Both or none. */
static int take_both(struct pg_db *db, struct answer *a, bool *got, struct strbuf *holder, struct pawl_error *e)
{
    int code = take_lock(db, a, e);
    if (code)
        return code;
    if (!a->got) {
        find_holder(db->lock, db->lock->lock_key, false, holder);
        return PAWL_OK;
    }
    code = take_work_lock(db, got, e);
    if (!code && *got)
        return PAWL_OK;
    if (!code)
        find_holder(db->lock, WORK_KEY << 32 | (int64_t)(uint32_t)work_key(db->lock), true, holder);
    unlock_key(db->lock, NULL);
    return code;
}

int pg_try_lock(struct db *base, struct slice ledger, bool *got, struct strbuf *holder, struct pawl_error *e)
{
    (void)ledger; /* sqlx's key knows only the database */
    struct pg_db *db = pg_of(base);
    struct answer a = {0};
    *got = db->locked;
    if (db->locked)
        return PAWL_OK;
    int code = open_lock(db, e);
    if (!code)
        code = take_both(db, &a, got, holder, e);
    db->locked = !code && *got;
    arena_clear(&a.arena);
    return code;
}

int pg_unlock(struct db *base, struct pawl_error *e)
{
    struct pg_db *db = pg_of(base);
    (void)e;
    if (!db->locked)
        return PAWL_OK;
    db->locked = false;
    send_unlock(db);
    return PAWL_OK;
}

int pg_lock_check(struct pg_db *db, struct pawl_error *e)
{
    if (!db->locked)
        return PAWL_OK;
    struct pg_db *lock = db->lock;
    /* The server's last words come first and the end of the connection behind them: read until there is no more. */
    while (!lock->broken && clock_wait_fd(db->pq.socket(lock->conn), READY_READ, 0))
        if (!db->pq.consumeInput(lock->conn) || db->pq.isBusy(lock->conn) || db->pq.status(lock->conn) != CONNECTION_OK)
            lock->broken = true;
    if (!lock->broken)
        return PAWL_OK;
    db->locked = false;
    err_set(e, PAWL_LOCKED, "the connection that held the lock was closed, so another run may have begun");
    err_hint(e, "run the command again; what was committed is in the ledger");
    return PAWL_LOCKED;
}
