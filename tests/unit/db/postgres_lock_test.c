#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

#include "db/postgres.h"
#include "db/postgres_url.h"
#include "postgres.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/process.h"

static const char ledger[] = "_sqlx_migrations";

static int try_lock(struct db *db, bool *got, struct strbuf *holder, struct pawl_error *e)
{
    err_clear(e);
    return db->driver->try_lock(db, slice_of(ledger), got, holder, e);
}

static bool gets_lock(struct db *db, struct strbuf *holder)
{
    struct pawl_error e;
    bool got = false;
    if (try_lock(db, &got, holder, &e))
        fail_msg("%s", e.message);
    return got;
}

/* Whoever has unlocked or gone does not wait until the server has heard of it. */
static bool gets_lock_soon(struct db *db)
{
    uint64_t end = clock_ms() + 5000;
    while (!gets_lock(db, NULL) && clock_ms() < end)
        clock_sleep_ms(10);
    return gets_lock(db, NULL);
}

static void one_at_a_time_and_the_holder_is_named(void **state)
{
    (void)state;
    STRBUF(holder, 1000);
    struct pawl_error e = {0};
    struct db *one = pg_open_with((struct db_options){.application_name = SLICE("first run")});
    struct db *two = pg_open();
    assert_true(gets_lock(one, &holder));
    assert_int_equal(holder.n, 0);
    assert_true(gets_lock(one, &holder)); /* once more is the same lock */
    assert_false(gets_lock(two, &holder));
    assert_non_null(strstr(strbuf_z(&holder), "pid "));
    assert_non_null(strstr(strbuf_z(&holder), "application \"first run\", user postgres, since 2"));
    assert_int_equal(one->driver->unlock(one, &e), PAWL_OK);
    assert_true(gets_lock_soon(two));
    db_close(two); /* releases it */
    assert_true(gets_lock_soon(one));
    db_close(one);
}

/* The lock of `sqlx migrate`, as its source takes it. */
static void sqlx_and_pawl_exclude_each_other(void **state)
{
    (void)state;
    struct db *db = pg_scratch_open((struct db_options){0});
    struct pawl_error e = {0};
    const char *name = pg_text(db, "select current_database()");
    int64_t key = postgres_lock_key(slice_of(name));
    const char *lock = arena_printf(&pg_arena, "select pg_advisory_lock(%lld)", (long long)key).p;
    const char *unlock = arena_printf(&pg_arena, "select pg_advisory_unlock(%lld)", (long long)key).p;
    pg_exec(db, lock); /* on the main connection: another session than the one that tries */
    assert_false(gets_lock(db, NULL));
    assert_string_equal(pg_text(db, unlock), "1");
    assert_true(gets_lock(db, NULL));
    assert_string_equal(pg_text(db, arena_printf(&pg_arena, "select pg_try_advisory_lock(%lld)", (long long)key).p),
                        "0");
    assert_int_equal(db->driver->unlock(db, &e), PAWL_OK);
    db_close(db);
}

/* Its lock is gone with its connection, but the server is still at its last statement. */
static void a_dead_run_that_still_works_keeps_others_away(void **state)
{
    (void)state;
    STRBUF(holder, 1000);
    struct db *dead = pg_open_with((struct db_options){.application_name = SLICE("dead run")});
    struct db *next = pg_open();
    assert_true(gets_lock(dead, NULL));
    pg_exec(next, "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objsubid = 1");
    uint64_t end = clock_ms() + 5000;
    while (pg_text(next, "select count(*) from pg_locks where locktype = 'advisory' and objsubid = 1")[0] != '0' &&
           clock_ms() < end)
        clock_sleep_ms(10);
    assert_false(gets_lock(next, &holder));
    assert_non_null(strstr(strbuf_z(&holder), "dead run"));
    db_close(dead);
    assert_true(gets_lock_soon(next));
    db_close(next);
}

static void locks_of_other_databases_do_not_matter(void **state)
{
    (void)state;
    struct db *one = pg_scratch_open((struct db_options){0});
    struct db *two = pg_scratch_open((struct db_options){0});
    assert_true(gets_lock(one, NULL));
    assert_true(gets_lock(two, NULL));
    db_close(one);
    db_close(two);
}

static void a_lock_that_was_lost_stops_the_run(void **state)
{
    (void)state;
    struct db *db = pg_open_with((struct db_options){.application_name = SLICE("to be killed")});
    struct db *killer = pg_open();
    struct pawl_error e = {0};
    assert_true(gets_lock(db, NULL));
    pg_exec(db, "select 1");
    pg_exec(killer, "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objsubid = 1");
    uint64_t end = clock_ms() + 5000;
    while (db_exec(db, "select 1", &e) == PAWL_OK && clock_ms() < end)
        clock_sleep_ms(10);
    assert_int_equal(e.code, PAWL_LOCKED);
    assert_non_null(strstr(e.message, "held the lock"));
    assert_true(gets_lock(db, NULL)); /* a new connection takes it again */
    db_close(killer);
    db_close(db);
}

/* Waiting must not stand in the way of CREATE INDEX CONCURRENTLY in the holder. */
static void a_waiter_does_not_block_concurrent_indexes(void **state)
{
    (void)state;
    struct db *holder = pg_open();
    struct db *waiter = pg_open();
    pg_exec(holder, "create table t (id int)");
    assert_true(gets_lock(holder, NULL));
    assert_false(gets_lock(waiter, NULL));
    pg_exec(holder, "set statement_timeout = '5s'");
    pg_exec(holder, "create index concurrently t_id on t (id)");
    pg_exec(holder, "drop table t");
    db_close(waiter);
    db_close(holder);
}

/* ---- poolers ----------------------------------------------------------------------------------------------------- */

static struct process bouncer;

static const char *pooler_program(void)
{
    static const char *const places[] = {"/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (file_exists(places[i]))
            return places[i];
    return process_find(&pg_arena, "pgbouncer").p;
}

/* Listens as port 6432 beside the server's socket. */
static void start_pooler(const char *mode)
{
    static const char *const users[] = {"postgres", "nobody", NULL};
    struct process_user user;
    struct pawl_error e = {0};
    const char *folder = arena_strz(&pg_arena, pgserver_folder(pg_server));
    const char *config = arena_printf(&pg_arena, "%s/%s.ini", folder, mode).p;
    struct slice text = arena_printf(&pg_arena,
                                     "[databases]\n* = host=%s port=5432 user=postgres\n[pgbouncer]\nlisten_addr =\n"
                                     "listen_port = 6432\nunix_socket_dir = %s\nauth_type = any\npool_mode = %s\n"
                                     "server_reset_query = DISCARD ALL\nlogfile =\npidfile =\n",
                                     folder, folder, mode);
    const char *program = pooler_program();
    if (!program)
        fail_msg("pgbouncer is not installed; scripts/install-deps test installs it");
    if (file_create(config, text, &e))
        fail_msg("%s", e.message);
    bool root = process_is_root();
    if (root) {
        assert_int_equal(process_user_find(&pg_arena, users, &user, &e), PAWL_OK);
        assert_int_equal(chown(config, user.uid, user.gid), 0);
    }
    const char *const argv[] = {program, config, NULL};
    const char *log = arena_printf(&pg_arena, "%s/pooler.log", folder).p;
    struct process_options options = {.argv = argv, .folder = "/", .output = log, .user = root ? &user : NULL};
    if (process_start(&options, &bouncer, &e))
        fail_msg("%s", e.message);
}

static void stop_pooler(void)
{
    process_kill(&bouncer, true);
    assert_true(process_wait(&bouncer, 5000));
    unlink(arena_printf(&pg_arena, SLICE_FMT "/.s.PGSQL.6432", SLICE_ARG(pgserver_folder(pg_server))).p);
}

static struct db *open_through_pooler(void)
{
    struct slice url =
        arena_printf(&pg_arena, "postgres://postgres@/postgres?port=6432&hostaddr=&options=&host=" SLICE_FMT,
                     SLICE_ARG(pgserver_folder(pg_server)));
    struct db_target target = pg_target(url.p);
    struct pawl_error e = {0};
    struct db *db = NULL;
    if (db_open(&target, &(struct db_options){.connect_wait_ms = 5000}, &db, &e))
        fail_msg("%s (%s)", e.message, e.hint);
    return db;
}

static void a_pool_in_session_mode_is_fine(void **state)
{
    (void)state;
    start_pooler("session");
    struct db *through = open_through_pooler();
    struct db *direct = pg_open();
    struct pawl_error e = {0};
    assert_true(gets_lock(through, NULL));
    assert_false(gets_lock(direct, NULL));
    const char *const sql[] = {"begin", "create table pooled (id int)", "rollback", NULL};
    assert_int_equal(pg_batch(through, sql, NULL, &e), PAWL_OK);
    assert_int_equal(through->driver->unlock(through, &e), PAWL_OK);
    assert_true(gets_lock_soon(direct));
    db_close(direct);
    db_close(through);
    stop_pooler();
}

static void a_pool_in_transaction_mode_is_refused(void **state)
{
    (void)state;
    start_pooler("transaction");
    struct db *through = open_through_pooler();
    struct db *direct = pg_open();
    struct pawl_error e = {0};
    bool got = true;
    assert_int_equal(try_lock(through, &got, NULL, &e), PAWL_REFUSED);
    assert_false(got);
    assert_non_null(strstr(e.message, "pooler"));
    assert_non_null(strstr(e.hint, "session mode"));
    assert_non_null(strstr(e.hint, "--lock table"));
    assert_true(gets_lock(direct, NULL));                   /* nothing was left behind */
    assert_string_equal(pg_text(through, "select 1"), "1"); /* reading is fine */
    db_close(direct);
    db_close(through);
    stop_pooler();
}

static const char *option(struct db *db, PQconninfoOption **all, const char *name)
{
    struct pg_db *pg = (struct pg_db *)db;
    *all = pg->pq.conninfo(pg->conn);
    for (PQconninfoOption *o = *all; o && o->keyword; o++)
        if (strcmp(o->keyword, name) == 0)
            return o->val;
    return NULL;
}

/* With a password of its own, any, OpenSSL does not ask for that of a key. */
static void nobody_is_asked_for_the_password_of_a_key(void **state)
{
    (void)state;
    static const char *const given[] = {"", "&sslpassword=mine"};
    static const char *const used[] = {"none", "mine"};
    for (size_t i = 0; i < 2; i++) {
        struct slice url = arena_printf(&pg_arena, SLICE_FMT "%s", SLICE_ARG(pgserver_url(pg_server)), given[i]);
        struct db_target target = pg_target(url.p);
        struct db *db = NULL;
        PQconninfoOption *all;
        assert_int_equal(db_open(&target, &(struct db_options){0}, &db, NULL), PAWL_OK);
        assert_string_equal(option(db, &all, "sslpassword"), used[i]);
        ((struct pg_db *)db)->pq.conninfoFree(all);
        db_close(db);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_at_a_time_and_the_holder_is_named),
        cmocka_unit_test(sqlx_and_pawl_exclude_each_other),
        cmocka_unit_test(a_dead_run_that_still_works_keeps_others_away),
        cmocka_unit_test(locks_of_other_databases_do_not_matter),
        cmocka_unit_test(a_lock_that_was_lost_stops_the_run),
        cmocka_unit_test(a_waiter_does_not_block_concurrent_indexes),
        cmocka_unit_test(a_pool_in_session_mode_is_fine),
        cmocka_unit_test(nobody_is_asked_for_the_password_of_a_key),
        cmocka_unit_test(a_pool_in_transaction_mode_is_refused),
    };
    return cmocka_run_group_tests(tests, pg_server_up, pg_server_down);
}
