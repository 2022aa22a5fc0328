/*
 * postgres_fault: operations on PostgreSQL with the n-th request for memory refused, or the n-th call into libpq refused or
 * its connection cut, once and from then on.
 *
 * What must hold: the result is the one without faults, or says that there is no memory or no connection; the database
 * stands at a whole migration (or, in a file that runs outside of transactions, at a statement); no lock and no scratch
 * database is left; and the same call without faults completes afterwards. Needs a build with -Dfaults=true.
 *
 * Each attempt costs a connection, so after the first ones only every so many is tried; PAWL_FAULT_ALL=1 tries all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "db/postgres_fault.h"
#include "pawl.h"
#include "pawl_revert.h"
#include "postgres.h"
#include "tmpdir.h"

/* ---- the seams --------------------------------------------------------------------------------------------------- */

static void refuse_set(long countdown, int repeat)
{
    pq_fault_set(PQ_FAULT_REFUSE, countdown, repeat);
}

static void cut_set(long countdown, int repeat)
{
    pq_fault_set(PQ_FAULT_CUT, countdown, repeat);
}

static const struct seam {
    const char *name;
    void (*set)(long countdown, int repeat);
    long (*hits)(void);
    bool pawl; /* of pawl's own: nothing but the lack of memory may be told */
} seams[] = {
    {"request for memory", mem_fault_set, mem_fault_hits, true},
    {"call into libpq refused,", refuse_set, pq_fault_hits, false},
    {"call into libpq cut,", cut_set, pq_fault_hits, false},
};

/* ---- the set ----------------------------------------------------------------------------------------------------- */

#define LATEST 3
#define WHOLE 2 /* so many migrations run in a transaction; the one behind them does not */

static const struct {
    const char *name, *text;
} files[] = {
    {"0001_users.sql", "CREATE TABLE IF NOT EXISTS users (id BIGINT PRIMARY KEY, email TEXT NOT NULL);\n"
                       "INSERT INTO users (id, email) VALUES (1, 'a@example.org') ON CONFLICT DO NOTHING;\n"},
    {"0001_users.down.sql", "DROP TABLE IF EXISTS users;\n"},
    {"0002_orders.sql", "CREATE TABLE IF NOT EXISTS orders (\n  id BIGINT PRIMARY KEY,\n"
                        "  user_id BIGINT NOT NULL REFERENCES users (id)\n);\n"
                        "CREATE INDEX IF NOT EXISTS orders_user ON orders (user_id);\n"},
    {"0002_orders.down.sql", "DROP TABLE IF EXISTS orders;\n"},
    {"0003_index.sql", "-- no-transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS users_email ON users (email);\n"
                       "CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_both ON orders (id, user_id);\n"},
    {"0003_index.down.sql", "DROP INDEX IF EXISTS orders_both;\nDROP INDEX IF EXISTS users_email;\n"},
};

struct world {
    const char *migrations;
    struct db *db; /* what looks at it, apart from pawl */
    char whole[LATEST + 1][512];
    char *restore[LATEST + 1]; /* one statement that makes it so */
    size_t proofs;             /* that pawl_verify told to hold */
    size_t claims;             /* how often it was told whether a migration was committed */
};

/* ---- the database ------------------------------------------------------------------------------------------------ */

static void empty_database(struct world *w)
{
    pg_exec(w->db, "DROP SCHEMA IF EXISTS public CASCADE");
    pg_exec(w->db, "CREATE SCHEMA public");
}

/* Of a database that pawl has brought to version k. */
static void keep(struct world *w, int k)
{
    STRBUF(sql, 16384);
    strbuf_addz(&sql, "DO $do$ BEGIN DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n");
    for (int i = 0; i < k; i++)
        for (const char *p = files[2 * i].text; *p; p++)
            if (strncmp(p, "CONCURRENTLY", 12) == 0)
                p += 11;
            else
                strbuf_addc(&sql, *p);
    if (k)
        strbuf_addz(&sql, "CREATE TABLE _sqlx_migrations (version bigint primary key, description text not null, "
                          "installed_on timestamptz not null default now(), success boolean not null, "
                          "checksum bytea not null, execution_time bigint not null);");
    for (int i = 1; i <= k; i++) {
        char row[300];
        snprintf(row, sizeof row,
                 "SELECT format('INSERT INTO _sqlx_migrations VALUES (%%s, %%L, now(), true, %%L, 1);', version, "
                 "description, checksum) FROM _sqlx_migrations WHERE version = %d",
                 i);
        strbuf_addz(&sql, pg_text(w->db, row));
    }
    strbuf_addz(&sql, "END $do$");
    assert_true(strbuf_ok(&sql));
    w->restore[k] = strdup(strbuf_z(&sql));
}

/* Relations with the validity of indexes, and the ledger; an empty ledger is as good as none. */
static void contents(const struct world *w, char out[512])
{
    const char *relations = pg_text(
        w->db, "SELECT string_agg(relname || coalesce((SELECT indisvalid::text FROM pg_index WHERE indexrelid = "
               "c.oid), ''), ' ' ORDER BY relname) FROM pg_class c WHERE relnamespace = 'public'::regnamespace "
               "AND relkind IN ('r', 'i') AND relname NOT LIKE '%sqlx%'");
    bool ledger = strcmp(pg_text(w->db, "SELECT to_regclass('public._sqlx_migrations') IS NULL"), "0") == 0;
    const char *rows = ledger
                           ? pg_text(w->db, "SELECT string_agg(version || ':' || success::text, ' ' ORDER BY version) "
                                            "FROM public._sqlx_migrations")
                           : "null";
    snprintf(out, 512, "%s / %s", relations, rows);
}

/* How many whole migrations it holds, or -1. */
static int stands_at(const struct world *w, char now[512])
{
    int k = LATEST;
    contents(w, now);
    while (k >= 0 && strcmp(now, w->whole[k]) != 0)
        k--;
    return k;
}

/* Backends notice after a moment that their client is gone. */
static bool nothing_held(const struct world *w)
{
    for (int i = 0; i < 200; i++) {
        if (strcmp(pg_text(w->db, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), "0") == 0)
            return true;
        pg_exec(w->db, "SELECT pg_sleep(0.01)");
    }
    return false;
}

/* Drops them; how many there were. */
static int scratch_databases(const struct world *w)
{
    char sql[300];
    for (int n = 0;; n++) {
        const char *name = pg_text(w->db, "SELECT datname FROM pg_database WHERE datname LIKE 'pawl_scratch%'");
        if (!name[0])
            return n;
        snprintf(sql, sizeof sql, "DROP DATABASE %s", name);
        pg_exec(w->db, sql);
    }
}

/* ---- the operations ---------------------------------------------------------------------------------------------- */

/* What a call told, to be compared with the same call without faults. */
struct told {
    int code;
    int64_t version;
    size_t a;
};

typedef int operation_fn(struct pawl *p, struct told *t, struct pawl_error *e);

static int result_of(struct told *t, int code, const struct pawl_result *r)
{
    t->version = r->version;
    t->a = r->steps;
    return code;
}

static int do_up(struct pawl *p, struct told *t, struct pawl_error *e)
{
    struct pawl_result r = {0};
    return result_of(t, pawl_up(p, NULL, &r, e), &r);
}

static int do_up_two(struct pawl *p, struct told *t, struct pawl_error *e)
{
    struct pawl_result r = {0};
    return result_of(t, pawl_up(p, &(struct pawl_up_options){.to = WHOLE}, &r, e), &r);
}

static int do_up_per_file(struct pawl *p, struct told *t, struct pawl_error *e)
{
    struct pawl_up_options options = {.to = WHOLE, .transactions = PAWL_TRANSACTIONS_PER_FILE};
    struct pawl_result r = {0};
    return result_of(t, pawl_up(p, &options, &r, e), &r);
}

static int do_down(struct pawl *p, struct told *t, struct pawl_error *e)
{
    struct pawl_result r = {0};
    return result_of(t, pawl_down(p, &(struct pawl_down_options){.to = 1}, &r, e), &r);
}

static int do_redo(struct pawl *p, struct told *t, struct pawl_error *e)
{
    struct pawl_result r = {0};
    return result_of(t, pawl_redo(p, &(struct pawl_down_options){.to = -1}, &r, e), &r);
}

static int do_repair(struct pawl *p, struct told *t, struct pawl_error *e)
{
    struct pawl_result r = {0};
    int code = pawl_repair(p, NULL, &r, e);
    t->version = r.version; /* not the steps: what was restamped before a fault need not be again */
    return code;
}

static int do_baseline(struct pawl *p, struct told *t, struct pawl_error *e)
{
    struct pawl_result r = {0};
    return result_of(t, pawl_baseline(p, WHOLE, &r, e), &r);
}

static int do_status(struct pawl *p, struct told *t, struct pawl_error *e)
{
    struct pawl_status s;
    int code = pawl_status(p, &s, e);
    if (code)
        return code;
    t->version = s.version;
    t->a = s.n * 100 + s.pending * 10 + s.changed;
    return code;
}

static int do_health(struct pawl *p, struct told *t, struct pawl_error *e)
{
    struct pawl_health h;
    int code = pawl_health(p, &h, e);
    if (!code && h.status == PAWL_HEALTH_UNREACHABLE)
        code = err_set(e, PAWL_UNREACHABLE, "%s", h.message);
    t->version = h.version;
    t->a = (size_t)h.status;
    return code;
}

static int do_verify(struct pawl *p, struct told *t, struct pawl_error *e)
{
    (void)t;
    return pawl_verify(p, &(struct pawl_verify_options){.engine = "postgres"}, e);
}

/* ---- what they start from, and what must be so afterwards -------------------------------------------------------- */

static bool whole(const struct world *w)
{
    char now[512];
    return stands_at(w, now) >= 0;
}

/* Each statement of a file without a transaction is whole by itself. */
static bool anything(const struct world *w)
{
    (void)w;
    return true;
}

static void crlf(const struct world *w)
{
    tmpdir_put(w->migrations, "0001_users.sql",
               "CREATE TABLE IF NOT EXISTS users (id BIGINT PRIMARY KEY, email TEXT NOT NULL);\r\n"
               "INSERT INTO users (id, email) VALUES (1, 'a@example.org') ON CONFLICT DO NOTHING;\r\n");
}

/* The schema as a baseline finds it: made by hand, without a ledger. */
static void forget_ledger(const struct world *w)
{
    pg_exec(w->db, "DROP TABLE public._sqlx_migrations");
}

/* All rows of a baseline or none. */
static bool baselined(const struct world *w)
{
    char now[512];
    size_t schema = (size_t)(strchr(w->whole[WHOLE], '/') - w->whole[WHOLE]);
    return stands_at(w, now) == WHOLE ||
           (strncmp(now, w->whole[WHOLE], schema) == 0 && strcmp(now + schema, "/ null") == 0);
}

struct operation {
    const char *name;
    operation_fn *run;
    int before, after;                      /* migrations that are applied */
    void (*prepare)(const struct world *w); /* more that is done beforehand, or NULL */
    bool (*good)(const struct world *w);    /* what must hold after a fault too; NULL: a whole migration */
    bool once;                              /* after success the call would be refused, or do more */
    long full;                              /* so many are refused one by one (of the calls into libpq a quarter), */
    long step;                              /* and then each that is a part of this size further on */
};

static const struct operation operations[] = {
    {"up", do_up_two, 0, WHOLE, NULL, NULL, false, 100, 12},
    {"up per file", do_up_per_file, 0, WHOLE, NULL, NULL, false, 8, 3},
    {"up outside", do_up, WHOLE, LATEST, NULL, anything, false, 100, 12},
    {"status", do_status, WHOLE, WHOLE, NULL, NULL, false, 100, 12},
    {"health", do_health, WHOLE, WHOLE, NULL, NULL, false, 100, 12},
    {"verify", do_verify, 0, 0, NULL, NULL, false, 6, 3},
    {"down", do_down, LATEST, 1, NULL, NULL, false, 4, 2},
    {"redo", do_redo, WHOLE, WHOLE, NULL, NULL, true, 4, 2},
    {"repair", do_repair, WHOLE, WHOLE, crlf, NULL, false, 8, 3},
    {"baseline", do_baseline, WHOLE, WHOLE, forget_ledger, baselined, true, 8, 3},
};

static void on_event(void *context, const struct pawl_event *event)
{
    struct world *w = context;
    if (event->kind == PAWL_EVENT_PROOF && event->verdict == PAWL_VERDICT_PASS)
        w->proofs++;
}

static int call(struct world *w, operation_fn *run, struct told *t, struct pawl_error *e)
{
    struct pawl *p = NULL;
    struct pawl_config c = PAWL_CONFIG_INIT;
    c.dir = w->migrations;
    c.url = c.scratch_url = pgserver_url(pg_server).p;
    c.environment = "test";
    c.on_event = on_event;
    c.context = w;
    w->proofs = 0;
    *t = (struct told){0};
    *e = (struct pawl_error){0};
    int code = pawl_open(&p, &c, e);
    if (!code)
        code = run(p, t, e);
    pawl_close(p);
    t->code = code;
    if (!code && run == do_verify)
        t->a = w->proofs;
    return code;
}

static void up_to(struct world *w, int version)
{
    struct told t;
    struct pawl_error e;
    empty_database(w);
    if (version && call(w, version == LATEST ? do_up : do_up_two, &t, &e) != PAWL_OK)
        fail_msg("preparing: %s", e.message);
}

/* ---- trying ------------------------------------------------------------------------------------------------------ */

static bool told_same(const struct told *x, const struct told *y)
{
    return x->code == y->code && x->version == y->version && x->a == y->a;
}

static void prepare(struct world *w, const struct operation *o)
{
    if (o->prepare == crlf)
        tmpdir_put(w->migrations, files[0].name, files[0].text);
    if (o->before != o->after || o->prepare || o->once)
        pg_exec(w->db, w->restore[o->before]);
    if (o->prepare)
        o->prepare(w);
}

static bool may_tell(const struct seam *s, int code)
{
    return code == PAWL_NOMEM || (!s->pawl && (code == PAWL_UNREACHABLE || code == PAWL_LOCKED));
}

/* "a new connection shows that migration 2 was not committed"; "... that it was committed: the database is at version 1" */
static bool claim_holds(struct world *w, const struct pawl_error *e)
{
    char now[512];
    const char *claim = strstr(e->hint, "shows that "), *version = claim ? strstr(claim, "at version ") : NULL;
    w->claims += claim != NULL;
    if (version && stands_at(w, now) != atoi(version + strlen("at version ")))
        return false;
    if (claim && strstr(claim, "the baseline was"))
        return baselined(w) && (stands_at(w, now) == WHOLE) == !strstr(claim, "was not committed");
    claim = strstr(e->hint, "shows that migration ");
    return !claim ||
           (stands_at(w, now) >= atoi(claim + strlen("shows that migration "))) == !strstr(claim, "was not committed");
}

/* One fault, and the same again without. Returns whether there were still requests to refuse. */
static bool try_one(struct world *w, const struct operation *o, const struct seam *s, long n, int repeat,
                    const struct told *expected)
{
    struct told t;
    struct pawl_error e;
    char now[512];
    s->set(n, repeat);
    int code = call(w, o->run, &t, &e);
    long hits = s->hits();
    s->set(0, 0);
    arena_reset(&pg_arena);
#define CONTEXT "%s, %s %ld%s: "
#define CONTEXT_ARGS o->name, s->name, n, repeat ? " and all later ones" : ""
    if (!told_same(&t, expected) && !may_tell(s, code))
        fail_msg(CONTEXT "code %s, version %lld, %zu: %s", CONTEXT_ARGS, pawl_code_name((enum pawl_code)code),
                 (long long)t.version, t.a, e.message);
    if (code && (!e.message[0] || (int)e.code != code))
        fail_msg(CONTEXT "the error says \"%s\" (%d)", CONTEXT_ARGS, e.message, (int)e.code);
    if (code && !hits)
        fail_msg(CONTEXT "fails although nothing was refused", CONTEXT_ARGS);
    if (code && !claim_holds(w, &e))
        fail_msg(CONTEXT "this does not hold: %s", CONTEXT_ARGS, e.hint);
    if (!nothing_held(w))
        fail_msg(CONTEXT "a lock is left", CONTEXT_ARGS);
    if (!(o->good ? o->good : whole)(w))
        fail_msg(CONTEXT "what is left is not whole: %s", CONTEXT_ARGS, (contents(w, now), now));
    if (o->once && (!code || (o->run == do_redo && stands_at(w, now) < o->after)))
        code = call(w, do_up_two, &t, &e); /* done; or reverted and no more: the rest is for `up` */
    else
        code = call(w, o->run, &t, &e);
    if (code == PAWL_REFUSED && o->run == do_baseline && stands_at(w, now) == o->after)
        code = PAWL_OK; /* it was done, though that could not be told */
    if (code)
        fail_msg(CONTEXT "the run after it fails: %s", CONTEXT_ARGS, e.message);
    if (stands_at(w, now) != o->after)
        fail_msg(CONTEXT "the run after it leaves %s", CONTEXT_ARGS, now);
    if (o->run == do_repair && (call(w, do_status, &t, &e) || t.a != LATEST * 100 + 10))
        fail_msg(CONTEXT "the run after it leaves %zu", CONTEXT_ARGS, t.a);
    if (scratch_databases(w) && !repeat && s->pawl) /* without any memory it cannot be dropped: a later run sweeps */
        fail_msg(CONTEXT "a scratch database is left", CONTEXT_ARGS);
    return hits > 0;
}

extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static void try_all(struct world *w, const struct operation *o)
{
    struct told expected;
    struct pawl_error e;
    bool every = getenv("PAWL_FAULT_ALL") != NULL;
    pg_exec(w->db, w->restore[o->before]);
    prepare(w, o);
    if (call(w, o->run, &expected, &e) != PAWL_OK)
        fail_msg("%s without a fault: %s", o->name, e.message);
    size_t n_seams = o->run == do_verify && !every ? 1 : sizeof seams / sizeof seams[0]; /* a second and more each */
    for (size_t i = 0; i < n_seams; i++)
        for (int repeat = 0; repeat < 2; repeat++) {
            long n = 1, tried = 0;
            long full = seams[i].pawl ? o->full : o->full / 4;
            long step = seams[i].pawl ? o->step : repeat ? 1 : 2;
            bool more = true;
            for (; more; n += every || n < full ? 1 : 1 + n / step, tried++) {
                prepare(w, o);
                more = try_one(w, o, &seams[i], n, repeat, &expected);
            }
            if (getenv("PAWL_FAULT_TELL"))
                print_message("%s: %s tried %ld of about %ld\n", o->name, seams[i].name, tried, n);
        }
    bool tells = o->run == do_up_per_file || o->run == do_down || o->run == do_redo || o->run == do_baseline ||
                 o->run == do_repair;
    if (tells && n_seams > 1 && !w->claims)
        fail_msg("%s: never was an answer to COMMIT lost", o->name);
    if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check())
        fail_msg("%s: something is left in memory", o->name);
}

static void try_in(const char *folder, const char *name)
{
    struct world w = {.migrations = folder, .db = pg_open()};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        tmpdir_put(folder, files[i].name, files[i].text);
    for (int k = 0; k <= LATEST; k++) {
        if (k != 1) {
            up_to(&w, k);
            contents(&w, w.whole[k]);
            keep(&w, k);
        }
    }
    snprintf(w.whole[1], sizeof w.whole[1], "users users_pkeytrue / 1:true");
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (strcmp(operations[i].name, name) == 0)
            try_all(&w, &operations[i]);
    for (int k = 0; k <= LATEST; k++)
        free(w.restore[k]);
    db_close(w.db);
}

#define TESTS(X) \
    X(up, "up") \
    X(up_per_file, "up per file") \
    X(up_outside, "up outside") \
    X(status, "status") \
    X(health, "health") \
    X(verify, "verify") \
    X(down, "down") \
    X(redo, "redo") \
    X(repair, "repair") \
    X(baseline, "baseline")

#define X(id, name) \
    static void id(void **state) \
    { \
        try_in(*state, name); \
    }
TESTS(X)
#undef X

/* With an argument only the test of that name, so that they can run side by side. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define X(id, name) TMPDIR_TEST(id),
        TESTS(X)
#undef X
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, pg_server_up, pg_server_down);
}
