#include <stdlib.h>

#include "db/postgres.h"

#include "base/mem.h"
#include "db/drivers.h"
#include "db/postgres_url.h"
#include "sys/clock.h"

#define CONNECT_MS 10000 /* for one attempt, unless connect_timeout says otherwise */
#define POLL_MS 100      /* between two looks at the interrupt flag */
#define OLDEST 120000
#define TEXT_MAX 4096

/* ---- one attempt ------------------------------------------------------------------------------------------------- */

struct keywords {
    const char *names[8], *values[8];
};

/*
 * A key that needs a password, and none is given: OpenSSL would ask on the terminal, for each connection, and wait for ever. With
 * any password it does not ask. What stands in front of the address counts only if the address says nothing; but it would be stronger
 * than a service file, so there it is left out.
 */
static bool may_ask_for_key(const struct pg_db *db)
{
    const char *service = getenv("PGSERVICE");
    return !(service && *service) && !strstr(db->target.location.p, "service");
}

static struct keywords keywords(const struct pg_db *db)
{
    struct keywords k = {0};
    size_t n = 0;
    if (may_ask_for_key(db)) {
        k.names[n] = "sslpassword";
        k.values[n++] = "none";
    }
    k.names[n] = "dbname";
    k.values[n++] = db->target.location.p;
    k.names[n] = "client_encoding";
    k.values[n++] = "UTF8";
    k.names[n] = db->application_name.n ? "application_name" : "fallback_application_name";
    k.values[n++] = db->application_name.n ? db->application_name.p : "pawl";
    if (db->dbname.p) {
        k.names[n] = "dbname"; /* a second one replaces the database, but not the rest, of the first */
        k.values[n++] = db->dbname.p;
    }
    return k;
}

/* libpq repeats a wrong port in its message, and that may be the beginning of a password behind an unescaped character. */
static bool has_wrong_port(const PQconninfoOption *options)
{
    for (const PQconninfoOption *o = options; o->keyword; o++)
        if (strcmp(o->keyword, "port") == 0 && o->val)
            return o->val[strspn(o->val, "0123456789,")] != '\0';
    return false;
}

static int wrong_address(struct pawl_error *e)
{
    err_set(e, PAWL_USAGE, "the database's address has a value that libpq does not take");
    err_hint(e, "check port, sslmode, service and the like, and that / ? # @ : and %% in a password are escaped");
    return PAWL_USAGE;
}

/* Tells a string that libpq cannot read from a server that cannot be reached: the first is final. */
static int check_string(struct pg_db *db, struct pawl_error *e)
{
    char *why = NULL;
    PQconninfoOption *options = db->pq.conninfoParse(db->target.location.p, &why);
    if (options) {
        bool wrong = has_wrong_port(options);
        db->pq.conninfoFree(options);
        return wrong ? wrong_address(e) : PAWL_OK;
    }
    if (!why)
        return err_nomem(e);
    STRBUF(text, TEXT_MAX);
    postgres_redact_parse(&text, slice_of(why));
    err_set(e, PAWL_USAGE, "libpq cannot read the database's address: %s", strbuf_z(&text));
    err_hint(e, "write / ? # @ : and %% inside a name or password as %%2F %%3F %%23 %%40 %%3A %%25");
    db->pq.freemem(why);
    return PAWL_USAGE;
}

static int attempt_failed(struct pg_db *db, struct pawl_error *e)
{
    STRBUF(text, TEXT_MAX);
    struct slice message = slice_of(db->conn ? db->pq.errorMessage(db->conn) : "out of memory");
    struct slice pass = slice_of(db->conn ? db->pq.pass(db->conn) : NULL);
    /* A password that is also the name of the user or the database tells nothing where it stands. */
    if (db->conn && (slice_eq(pass, slice_of(db->pq.user(db->conn))) || slice_eq(pass, slice_of(db->pq.db(db->conn)))))
        pass = SLICE("");
    postgres_redact(&text, slice_trim(message), pass);
    return err_set(e, PAWL_UNREACHABLE, "%s", strbuf_z(&text));
}

static uint64_t attempt_ms(struct pg_db *db)
{
    uint64_t ms = CONNECT_MS;
    PQconninfoOption *options = db->pq.conninfo(db->conn);
    for (PQconninfoOption *o = options; o && o->keyword; o++)
        if (strcmp(o->keyword, "connect_timeout") == 0 && o->val && atol(o->val) > 0)
            ms = (uint64_t)atol(o->val) * 1000;
    if (options)
        db->pq.conninfoFree(options);
    return ms;
}

/* One step of libpq's way to the server, waiting at most `ms` for its turn. */
static void step(struct pg_db *db, uint32_t ms)
{
    int wanted = db->want == PGRES_POLLING_READING ? READY_READ : READY_WRITE;
    if (clock_wait_fd(db->pq.socket(db->conn), wanted, ms))
        db->want = db->pq.connectPoll(db->conn);
}

static int drive(struct pg_db *db, uint64_t end, struct pawl_error *e)
{
    while (db->want != PGRES_POLLING_OK) {
        if (db->want == PGRES_POLLING_FAILED)
            return attempt_failed(db, e);
        if (pg_interrupted(db))
            return err_set(e, PAWL_INTERRUPTED, "interrupted");
        if (clock_ms() >= end)
            return err_set(e, PAWL_UNREACHABLE, "no answer from the server in time");
        step(db, POLL_MS);
    }
    return PAWL_OK;
}

static int begin_attempt(struct pg_db *db, struct pawl_error *e)
{
    struct keywords k = keywords(db);
    db->conn = db->pq.connectStartParams(k.names, k.values, 1);
    if (!db->conn)
        return err_nomem(e);
    db->want = PGRES_POLLING_WRITING;
    db->pq.setNoticeReceiver(db->conn, pg_notice, db);
    return db->pq.status(db->conn) == CONNECTION_BAD ? attempt_failed(db, e) : PAWL_OK;
}

/* `begun`: libpq took the values of the address. */
static int attempt(struct pg_db *db, uint64_t most_ms, bool *begun, struct pawl_error *e)
{
    int code = begin_attempt(db, e);
    *begun = !code;
    if (code)
        return code;
    uint64_t ms = attempt_ms(db);
    return drive(db, clock_ms() + (most_ms && most_ms < ms ? most_ms : ms), e);
}

/* ---- trying again ------------------------------------------------------------------------------------------------ */

/*
 * Is it worth while to try again? Nobody there or still starting: yes. A server that answers others but refuses us: no.
 * libpq does not tell the SQLSTATE of a failed connection, and its texts are translated; its ping knows.
 */
static PGPing ping(struct pg_db *db)
{
    struct keywords k = keywords(db);
    size_t n = 0;
    while (k.names[n])
        n++;
    k.names[n] = "connect_timeout";
    k.values[n] = "2";
    return db->pq.pingParams(k.names, k.values, 1);
}

/* A ping does not get through what TLS forbids either. Translated texts, too, mostly have one of these words; it is only a hint. */
static bool is_about_tls(const struct pawl_error *e)
{
    return e && (strstr(e->message, "SSL") || strstr(e->message, "certificate"));
}

static bool is_about_key(const struct pawl_error *e)
{
    return e && strstr(e->message, "private key file");
}

static int explain(PGPing state, bool begun, struct pawl_error *e)
{
    if (state == PQPING_NO_ATTEMPT && !begun) /* else it had no memory */
        return wrong_address(e);
    if (state == PQPING_OK)
        err_hint(e, "the server is there but refuses this connection: check database, user and password; "
                    "`createdb NAME` makes a database");
    else if (state == PQPING_REJECT)
        err_hint(e, "the server is starting or stopping: try again, or wait for it with --connect-wait");
    else if (state == PQPING_NO_RESPONSE && is_about_key(e))
        err_hint(e, "check sslcert and sslkey, and give the key's password, if it has one, as sslpassword");
    else if (state == PQPING_NO_RESPONSE && is_about_tls(e))
        err_hint(e, "check sslmode, sslrootcert and the server's certificate");
    else if (state == PQPING_NO_RESPONSE)
        err_hint(e, "check that the server is running and that host and port are right");
    return PAWL_UNREACHABLE;
}

static int connect_loop(struct pg_db *db, struct pawl_error *e)
{
    uint64_t start = clock_ms();
    uint64_t end = start + db->connect_wait_ms;
    bool answered = !db->connect_wait_ms;
    for (uint32_t nap = 10;; nap = nap < 250 ? nap * 2 : nap) {
        uint64_t now = clock_ms();
        uint64_t left = db->connect_wait_ms && end > now ? end - now : 0;
        bool begun;
        int code = attempt(db, left, &begun, e);
        if (code != PAWL_UNREACHABLE)
            return code;
        db->pq.finish(db->conn);
        db->conn = NULL;
        PGPing state = ping(db);
        /* It may have come up just behind the attempt, which then was no refusal. */
        bool waiting = state == PQPING_REJECT || state == PQPING_NO_RESPONSE || (state == PQPING_OK && !answered);
        answered |= state == PQPING_OK;
        if (!waiting || clock_ms() + nap >= end)
            return explain(state, begun, e);
        clock_sleep_ms(nap);
        if (pg_interrupted(db))
            return err_set(e, PAWL_INTERRUPTED, "interrupted");
    }
}

static int look_at_server(struct pg_db *db, struct pawl_error *e)
{
    struct slice version = slice_of(db->pq.parameterStatus(db->conn, "server_version"));
    version = slice_sub(version, 0, slice_find_byte(version, ' '));
    size_t n = version.n < sizeof db->version ? version.n : sizeof db->version - 1;
    memcpy(db->version, version.n ? version.p : "", n);
    if (db->pq.serverVersion(db->conn) < OLDEST) {
        err_set(e, PAWL_UNREACHABLE, "the server is PostgreSQL %s, which is too old", db->version);
        err_hint(e, "pawl needs PostgreSQL 12 or newer");
        return PAWL_UNREACHABLE;
    }
    if (db->pq.setnonblocking(db->conn, 1))
        return pg_broken(db, NULL, e);
    return PAWL_OK;
}

/* ---- making and ending ------------------------------------------------------------------------------------------- */

static int copy_target(struct pg_db *db, const struct db_target *target, struct pawl_error *e)
{
    db->target = *target;
    db->target.url = arena_dup(&db->arena, target->url);
    db->target.shown = arena_dup(&db->arena, target->shown);
    db->target.location = arena_dup(&db->arena, target->location);
    return db->target.url.p && db->target.shown.p && db->target.location.p ? PAWL_OK : err_nomem(e);
}

static int make(const struct db_target *target, const struct db_options *options, const char *dbname,
                struct pg_db **out, struct pawl_error *e)
{
    struct pg_db *db = *out = mem_alloc(sizeof *db);
    if (!db)
        return err_nomem(e);
    db->base.driver = &db_postgres;
    db->connect_wait_ms = options->connect_wait_ms;
    db->interrupt = options->interrupt;
    db->on_notice = options->on_notice;
    db->notice_context = options->notice_context;
    int code = copy_target(db, target, e);
    if (!code) {
        db->application_name = arena_dup(&db->arena, options->application_name);
        if (dbname)
            db->dbname = arena_dup(&db->arena, slice_of(dbname));
        if (!db->application_name.p || (dbname && !db->dbname.p))
            code = err_nomem(e);
    }
    if (!code)
        code = pq_load(&db->pq, e);
    return code ? code : check_string(db, e);
}

int pg_connect(const struct db_target *target, const struct db_options *options, const char *dbname, struct pg_db **out,
               struct pawl_error *e)
{
    int code = make(target, options, dbname, out, e);
    if (!code)
        code = connect_loop(*out, e);
    if (!code)
        code = look_at_server(*out, e);
    if (code) {
        pg_disconnect(*out);
        *out = NULL;
    }
    return code;
}

int pg_reconnect(struct pg_db *db, struct pawl_error *e)
{
    if (db->conn)
        db->pq.finish(db->conn);
    db->conn = NULL;
    db->broken = false;
    pg_stamps_reset(db);
    db->kept.n = 0;
    db->syncs = 0;
    db->expected = (struct pg_expected){0};
    int code = connect_loop(db, e);
    return code ? code : look_at_server(db, e);
}

/* The first steps wait for next to nothing: a connection to this machine stands at once, and the greeting is then on its way. */
int pg_start(const struct db_target *target, const struct db_options *options, struct db **out, struct pawl_error *e)
{
    struct pg_db *db = NULL;
    int code = make(target, options, NULL, &db, e);
    if (!code)
        code = begin_attempt(db, e);
    for (int i = 0; i < 2 && !code && db->want == PGRES_POLLING_WRITING; i++)
        step(db, 1);
    if (code)
        pg_disconnect(db);
    *out = code ? NULL : &db->base;
    return code;
}

int pg_finish(struct db *base, struct pawl_error *e)
{
    struct pg_db *db = pg_of(base);
    int code = drive(db, clock_ms() + attempt_ms(db), e);
    if (code == PAWL_UNREACHABLE && !db->connect_wait_ms)
        return explain(ping(db), true, e);
    if (!code)
        code = look_at_server(db, e);
    if (!code)
        pg_ask_ahead(db);
    return code;
}

/* What has come is taken from the socket, so that a long answer never stops for want of room. */
void pg_advance(struct db *base)
{
    struct pg_db *db = pg_of(base);
    PostgresPollingStatusType before = PGRES_POLLING_OK;
    while (db->want != PGRES_POLLING_OK && db->want != PGRES_POLLING_FAILED && db->want != before) {
        before = db->want;
        step(db, 0);
    }
    if (db->want != PGRES_POLLING_OK)
        return;
    if (!db->expected.asked && look_at_server(db, NULL) == PAWL_OK)
        pg_ask_ahead(db);
    if (db->syncs && clock_wait_fd(db->pq.socket(db->conn), READY_READ, 0) && !db->pq.consumeInput(db->conn))
        db->broken = true;
}

int pg_connect_again(struct pg_db *db, struct pg_db **out, struct pawl_error *e)
{
    struct db_options options = {
        .connect_wait_ms = db->connect_wait_ms, .interrupt = db->interrupt, .application_name = db->application_name};
    return pg_connect(&db->target, &options, db->dbname.p, out, e);
}

void pg_disconnect(struct pg_db *db)
{
    if (!db)
        return;
    pg_disconnect(db->lock);
    if (db->conn)
        db->pq.finish(db->conn);
    strbuf_clear(&db->stamps.locked);
    strbuf_clear(&db->stamps.next_locked);
    arena_clear(&db->arena);
    mem_free(db);
}
