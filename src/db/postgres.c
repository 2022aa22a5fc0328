#include "db/postgres.h"

#include "base/mem.h"
#include "db/drivers.h"
#include "db/postgres_url.h"
#include "sql/dialect.h"

static int open_db(const struct db_target *target, const struct db_options *options, struct db **out,
                   struct pawl_error *e)
{
    struct pg_db *db = NULL;
    int code = pg_connect(target, options, NULL, &db, e);
    *out = code ? NULL : &db->base;
    return code;
}

static void close_db(struct db *base)
{
    struct pg_db *db = pg_of(base);
    if (db->scratch.p) {
        /* Our own session first, or the server could not drop the database without force. */
        if (db->conn)
            db->pq.finish(db->conn);
        db->conn = NULL;
        pg_scratch_drop(db);
    }
    pg_disconnect(db);
}

static bool in_transaction(struct db *base)
{
    struct pg_db *db = pg_of(base);
    if (db->syncs) /* what is on its way then stands outside of transactions */
        return false;
    PGTransactionStatusType status = db->broken ? PQTRANS_UNKNOWN : db->pq.transactionStatus(db->conn);
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE;
}

/* ---- what is there ----------------------------------------------------------------------------------------------- */

static int on_flag(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    (void)e;
    *(bool *)context = n && v[0].i != 0;
    return PAWL_OK;
}

static int ask(struct db *db, const char *sql, struct slice name, bool *out, struct pawl_error *e)
{
    struct db_value param = DB_V_TEXT(name);
    struct db_request r = {.sql = slice_of(sql), .params = &param, .n_params = 1, .on_row = on_flag, .context = out};
    *out = false;
    return db_run(db, &r, 1, NULL, e);
}

static int table_exists(struct db *db, struct slice name, bool *out, struct pawl_error *e)
{
    return ask(db, "select to_regclass($1) is not null", name, out, e);
}

/* Whoever makes a relation locks it to the end, and nobody else can, who does not see it. */
static int has_made(struct db *db, struct slice name, bool *out, struct pawl_error *e)
{
    return ask(
        db,
        "select exists (select from pg_catalog.pg_locks where pid = pg_catalog.pg_backend_pid() and locktype = 'relation' "
        "and mode = 'AccessExclusiveLock' and relation = pg_catalog.to_regclass($1))",
        name, out, e);
}

/* Inside: a new enum value used in the transaction that added it; COMMIT in a DO block or procedure. */
static enum db_refusal refusal(const char *sqlstate)
{
    if (strcmp(sqlstate, "55P04") == 0 || strcmp(sqlstate, "2D000") == 0)
        return DB_REFUSAL_INSIDE;
    if (strcmp(sqlstate, "23505") == 0)
        return DB_REFUSAL_DUPLICATE;
    return strncmp(sqlstate, "57", 2) == 0 ? DB_REFUSAL_STOPPED : DB_REFUSAL_OTHER;
}

static const char empty_sql[] = "select " PG_IS_EMPTY;

static int is_empty(struct db *db, struct slice ledger, bool *out, struct pawl_error *e)
{
    return ask(db, empty_sql, ledger, out, e);
}

/* Whoever writes is given a transaction number, also for unlogged and temporary tables. */
static int has_written(struct db *base, bool *out, struct pawl_error *e)
{
    struct db_request r = {
        .sql = SLICE("select txid_current_if_assigned() is not null"), .on_row = on_flag, .context = out};
    *out = true;
    return db_run(base, &r, 1, NULL, e);
}

static int on_number(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    int64_t *out = context;
    (void)n;
    (void)e;
    *out = v[0].type == DB_INT ? v[0].i : -1;
    return PAWL_OK;
}

/*
 * A transaction gets its number, and something is logged, for a mere lock, too; so this counts. Who reads or moves a sequence looks at
 * its one page; rows of foreign tables are not here.
 */
static int rows_written(struct db *base, int64_t *out, struct pawl_error *e)
{
    struct db_request r = {
        .sql = SLICE(
            "select case when current_setting('track_counts')::bool and not bool_or(relkind = 'f') then sum(case relkind when "
            "'S' then pg_stat_get_xact_blocks_fetched(oid) else pg_stat_get_xact_tuples_inserted(oid) + "
            "pg_stat_get_xact_tuples_updated(oid) + pg_stat_get_xact_tuples_deleted(oid) end)::bigint end from pg_class"),
        .on_row = on_number,
        .context = out};
    return db_ask(base, &r, e);
}

static const char *version(struct db *base)
{
    return pg_of(base)->version;
}

/* ---- the same database under two names --------------------------------------------------------------------------- */

struct place {
    struct slice host, port, dbname;
};

static bool is_local(struct slice host)
{
    return !host.n || host.p[0] == '/' || host.p[0] == '@' || slice_ieq(host, SLICE("localhost")) ||
           slice_eq(host, SLICE("::1")) || slice_starts(host, SLICE("127."));
}

/* libpq resolves service files and PG* variables when it begins to connect, which is given up at once. */
static int find_place(const struct pq *pq, struct arena *a, const struct db_target *t, struct place *out,
                      struct pawl_error *e)
{
    const char *names[] = {"dbname", NULL};
    const char *values[] = {t->location.p, NULL};
    PGconn *conn = pq->connectStartParams(names, values, 1);
    PQconninfoOption *options = conn ? pq->conninfo(conn) : NULL;
    for (PQconninfoOption *o = options; o && o->keyword; o++) {
        struct slice value = slice_of(o->val);
        if (!strcmp(o->keyword, "host") || (!strcmp(o->keyword, "hostaddr") && value.n))
            out->host = arena_dup(a, value);
        else if (!strcmp(o->keyword, "port"))
            out->port = arena_dup(a, value.n ? value : SLICE("5432"));
        else if (!strcmp(o->keyword, "dbname"))
            out->dbname = arena_dup(a, value);
    }
    if (options)
        pq->conninfoFree(options);
    if (conn)
        pq->finish(conn);
    return out->host.p && out->port.p && out->dbname.p ? PAWL_OK : err_nomem(e);
}

static int same(const struct db_target *x, const struct db_target *y, bool *out, struct pawl_error *e)
{
    struct pq pq = {0};
    struct place px = {0};
    struct place py = {0};
    ARENA(tmp);
    *out = false;
    if (x->driver != y->driver)
        return PAWL_OK;
    int code = pq_load(&pq, e);
    if (!code)
        code = find_place(&pq, &tmp, x, &px, e);
    if (!code)
        code = find_place(&pq, &tmp, y, &py, e);
    if (!code)
        *out = slice_eq(px.dbname, py.dbname) && slice_eq(px.port, py.port) &&
               (slice_ieq(px.host, py.host) || (is_local(px.host) && is_local(py.host)));
    return code;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

/*
 * RESET ALL does not touch role and session authorization. Temporary tables, prepared statements and cursors would make a
 * later file fail or see what it should not. Role after authorization, which sets it.
 */
const char *const pg_session_sql[] = {
    "reset session authorization", "reset role", "reset all", "discard temp", "deallocate all", "close all", NULL,
};

static const char *const *session(struct db *db, bool keys_off)
{
    (void)keys_off;
    db->resets++;
    return pg_session_sql;
}

static const struct db_ledger_sql ledger = {
    .create = "create table if not exists {t} (version bigint primary key, description text not null, "
              "installed_on timestamptz not null default now(), success boolean not null, checksum bytea not null, "
              "execution_time bigint not null)",
    .select =
        "select version, description, to_char(installed_on at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'), success, "
        "checksum, execution_time from {t} order by version",
    /* Several migrations may share a transaction and so its now(). */
    .insert = "insert into {t} (version, description, checksum, success, execution_time, installed_on) "
              "values ($1, $2, $3, $4, $5, clock_timestamp())",
    /* The server's own measure costs no round trip. */
    .finish = "update {t} set success = true, execution_time = case when $2::bigint >= 0 then $2::bigint "
              "else (extract(epoch from clock_timestamp() - installed_on) * 1000000000)::bigint end where version = $1",
    /* "pawl": without it, IF NOT EXISTS may fail with a duplicate key when two say it at the same time. */
    .alone = "select pg_advisory_xact_lock(1885435756, 0)",
    .lock = "lock table {t} in share row exclusive mode",
    /* One migration ends where the next begins; the last one ends now. */
    .measure =
        "update {t} l set execution_time = x.ns from (select version, (extract(epoch from coalesce(lead(installed_on) "
        "over (order by installed_on, version), clock_timestamp()) - installed_on) * 1000000000)::bigint as ns "
        "from {t} where installed_on >= (select installed_on from {t} where version = $1) and success) x "
        "where x.version = l.version and l.execution_time = -1",
    .progress = "update {t} set execution_time = $2 where version = $1",
    /* A transaction's number is its age; both rows carry the one that wrote them. */
    .index =
        "select i.indisvalid and i.indisready, age(c.xmin) < (select age(l.xmin) from {t} l where l.version = $4), "
        "format('drop index concurrently %I.%I', n.nspname, c.relname) "
        "from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace "
        "where c.relname = $3 and i.indrelid = to_regclass(case when $1 = '' then '' else quote_ident($1) || '.' end "
        "|| quote_ident($2))",
    .remove = "delete from {t} where version = $1 returning version",
    .restamp = "update {t} set checksum = $2 where version = $1",
};

static const char *const schemes[] = {"postgres", "postgresql", NULL};

const struct db_driver db_postgres = {
    .name = "postgres",
    .schemes = schemes,
    .dialect = &dialect_postgres,
    .caps = DB_CAP_TRANSACTIONAL_DDL | DB_CAP_PIPELINE | DB_CAP_SESSION_LOCK,
    .ledger = &ledger,
    .limits = "SELECT set_config('lock_timeout', $1, $3), set_config('statement_timeout', $2, $3)",
    .begin = "begin",
    .commit = "commit",
    .rollback = "rollback",
    .session = session,
    .session_inside = true,
    .knows = postgres_knows,
    .parse = postgres_parse,
    .open = open_db,
    .start = pg_start,
    .finish = pg_finish,
    .advance = pg_advance,
    .close = close_db,
    .run = pg_run,
    .in_transaction = in_transaction,
    .stamp = pg_stamp,
    .watch = pg_watch,
    .written = pg_written,
    .all_logged = pg_all_logged,
    .has_written = has_written,
    .rows_written = rows_written,
    .table_exists = table_exists,
    .has_made = has_made,
    .read_ledger = pg_read_ledger,
    .expect = pg_expect,
    .refusal = refusal,
    .is_empty = is_empty,
    .try_lock = pg_try_lock,
    .unlock = pg_unlock,
    .same = same,
    .version = version,
    .scratch = pg_scratch,
    .server_wide = pg_server_wide,
    .snapshot = pg_snapshot,
    .restore = pg_restore,
    .forget = pg_forget,
};
