/*
 * postgres_fault: operations on PostgreSQL with the n-th request for memory refused, once and from then on.
 *
 * What must hold: the result is PAWL_NOMEM or the one without faults; the database stands at a whole migration (or, in
 * a file that runs outside of transactions, at a statement); no lock and no scratch database is left; and the same
 * call without faults completes afterwards. Needs a build with -Dfaults=true.
 *
 * Each attempt costs a connection, so after the first ones only every so many is tried; PAWL_FAULT_ALL=1 tries all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "pawl.h"
#include "postgres.h"
#include "tmpdir.h"

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
    size_t proofs; /* that pawl_verify told to hold */
};

/* ---- the database ------------------------------------------------------------------------------------------------ */

static void empty_database(struct world *w)
{
    pg_exec(w->db, "DROP SCHEMA IF EXISTS public CASCADE");
    pg_exec(w->db, "CREATE SCHEMA public");
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

static int do_up(struct pawl *p, struct told *t, struct pawl_error *e)
{
    struct pawl_result r = {0};
    int code = pawl_up(p, NULL, &r, e);
    t->version = r.version;
    t->a = r.steps;
    return code;
}

static int do_up_two(struct pawl *p, struct told *t, struct pawl_error *e)
{
    struct pawl_result r = {0};
    int code = pawl_up(p, &(struct pawl_up_options){.to = WHOLE}, &r, e);
    t->version = r.version;
    t->a = r.steps;
    return code;
}

static int do_status(struct pawl *p, struct told *t, struct pawl_error *e)
{
    struct pawl_status s;
    int code = pawl_status(p, &s, e);
    if (code)
        return code;
    t->version = s.version;
    t->a = s.n * 100 + s.pending;
    return code;
}

static int do_health(struct pawl *p, struct told *t, struct pawl_error *e)
{
    struct pawl_health h;
    int code = pawl_health(p, &h, e);
    t->version = h.version;
    t->a = (size_t)h.status;
    return code;
}

static int do_verify(struct pawl *p, struct told *t, struct pawl_error *e)
{
    (void)t;
    return pawl_verify(p, &(struct pawl_verify_options){.engine = "postgres"}, e);
}

struct operation {
    const char *name;
    operation_fn *run;
    int before, after; /* migrations that are applied */
    bool partly;       /* a fault may leave it between two statements */
    long full;         /* so many requests are refused one by one, */
    long step;         /* and then each that is a part of this size further on */
};

static const struct operation operations[] = {
    {"up", do_up_two, 0, WHOLE, false, 100, 12},         {"up outside", do_up, WHOLE, LATEST, true, 100, 12},
    {"status", do_status, WHOLE, WHOLE, false, 100, 12}, {"health", do_health, WHOLE, WHOLE, false, 100, 12},
    {"verify", do_verify, 0, 0, false, 10, 6},
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

/* One fault, and the same again without. Returns whether there were still requests to refuse. */
static bool try_one(struct world *w, const struct operation *o, long n, int repeat, const struct told *expected)
{
    struct told t;
    struct pawl_error e;
    char now[512];
    mem_fault_set(n, repeat);
    int code = call(w, o->run, &t, &e);
    long hits = mem_fault_hits();
    mem_fault_set(0, 0);
    arena_reset(&pg_arena);
#define CONTEXT "%s, request %ld%s: "
#define CONTEXT_ARGS o->name, n, repeat ? " and all later ones" : ""
    if (code != PAWL_NOMEM && !told_same(&t, expected))
        fail_msg(CONTEXT "code %s, version %lld, %zu: %s", CONTEXT_ARGS, pawl_code_name((enum pawl_code)code),
                 (long long)t.version, t.a, e.message);
    if (code == PAWL_NOMEM && (!e.message[0] || e.code != PAWL_NOMEM))
        fail_msg(CONTEXT "the error says \"%s\" (%d)", CONTEXT_ARGS, e.message, (int)e.code);
    if (code && !hits)
        fail_msg(CONTEXT "fails although nothing was refused", CONTEXT_ARGS);
    if (!nothing_held(w))
        fail_msg(CONTEXT "a lock is left", CONTEXT_ARGS);
    if (stands_at(w, now) < 0 && !o->partly)
        fail_msg(CONTEXT "what is left is not whole: %s", CONTEXT_ARGS, now);
    if (code && call(w, o->run, &t, &e) != expected->code)
        fail_msg(CONTEXT "the run after it fails: %s", CONTEXT_ARGS, e.message);
    if (stands_at(w, now) != o->after)
        fail_msg(CONTEXT "the run after it leaves %s", CONTEXT_ARGS, now);
    if (scratch_databases(w) && !repeat) /* without any memory it cannot be dropped: a later run sweeps */
        fail_msg(CONTEXT "a scratch database is left", CONTEXT_ARGS);
    return hits > 0;
}

extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static void try_all(struct world *w, const struct operation *o)
{
    struct told expected;
    struct pawl_error e;
    bool every = getenv("PAWL_FAULT_ALL") != NULL;
    up_to(w, o->before);
    if (call(w, o->run, &expected, &e) != PAWL_OK)
        fail_msg("%s without a fault: %s", o->name, e.message);
    for (int repeat = 0; repeat < 2; repeat++) {
        long n = 1, tried = 0;
        bool more = true;
        for (; more; n += every || n < o->full ? 1 : 1 + n / o->step, tried++) {
            if (o->before != o->after)
                up_to(w, o->before);
            more = try_one(w, o, n, repeat, &expected);
        }
        if (getenv("PAWL_FAULT_TELL"))
            print_message("%s: %ld of about %ld\n", o->name, tried, n);
    }
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
        }
    }
    snprintf(w.whole[1], sizeof w.whole[1], "users users_pkeytrue / 1:true");
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (strcmp(operations[i].name, name) == 0)
            try_all(&w, &operations[i]);
    db_close(w.db);
}

#define TESTS(X) \
    X(up, "up") \
    X(up_outside, "up outside") \
    X(status, "status") \
    X(health, "health") \
    X(verify, "verify")

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
