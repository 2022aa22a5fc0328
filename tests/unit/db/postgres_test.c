#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>

#include "postgres.h"
#include "sys/clock.h"

/* ---- values ------------------------------------------------------------------------------------------------------ */

static int on_values(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct db_value *out = context;
    (void)e;
    assert_int_equal(n, 8);
    for (size_t i = 0; i < n; i++) {
        out[i] = v[i];
        if (v[i].s.p)
            out[i].s = arena_dup(&pg_arena, v[i].s);
    }
    return PAWL_OK;
}

static void values_come_back_as_they_went(void **state)
{
    (void)state;
    struct db *db = pg_open();
    struct db_value params[] = {
        DB_V_INT(INT64_MIN),
        DB_V_BOOL(true),
        DB_V_TEXT(SLICE("a'\xc3\xa4\\")),
        DB_V_BLOB(((struct slice){"\0\xff\\x", 4})),
        {.type = DB_REAL, .r = 0.1},
        {.type = DB_NULL},
        DB_V_TEXT(SLICE("")),
        DB_V_BLOB(SLICE("")),
    };
    struct db_value out[8];
    const char *formats[] = {"set bytea_output = hex", "set bytea_output = escape"};
    for (size_t i = 0; i < 2; i++) {
        pg_exec(db, formats[i]);
        struct db_request r = {
            .sql = SLICE("select $1::bigint, $2::bool, $3::text, $4::bytea, $5::float8, $6::text, $7::text, $8::bytea"),
            .params = params,
            .n_params = 8,
            .on_row = on_values,
            .context = out};
        struct pawl_error e = {0};
        if (db_run(db, &r, 1, NULL, &e))
            fail_msg("%s", e.message);
        assert_int_equal(out[0].type, DB_INT);
        assert_true(out[0].i == INT64_MIN);
        assert_int_equal(out[1].type, DB_BOOL);
        assert_int_equal(out[1].i, 1);
        assert_int_equal(out[2].type, DB_TEXT);
        assert_true(slice_eq(out[2].s, params[2].s));
        assert_int_equal(out[3].type, DB_BLOB);
        assert_true(slice_eq(out[3].s, params[3].s));
        assert_int_equal(out[4].type, DB_REAL);
        assert_true(out[4].r == 0.1);
        assert_int_equal(out[5].type, DB_NULL);
        assert_int_equal(out[6].type, DB_TEXT);
        assert_int_equal(out[6].s.n, 0);
        assert_int_equal(out[7].type, DB_BLOB);
        assert_int_equal(out[7].s.n, 0);
    }
    db_close(db);
}

/* ---- batches ----------------------------------------------------------------------------------------------------- */

static void a_failure_stops_the_batch_and_keeps_what_was_committed(void **state)
{
    (void)state;
    struct db *db = pg_scratch_open((struct db_options){0});
    const char *const sql[] = {
        "begin",
        "create table one (id int)",
        "commit",
        "begin",
        "create table two (id int)",
        "select '\xc3\xa4', nope from one",
        "commit",
        "begin",
        "create table three (id int)",
        "commit",
        NULL,
    };
    struct db_fault fault;
    struct pawl_error e = {0};
    assert_int_equal(pg_batch(db, sql, &fault, &e), PAWL_SQL);
    assert_int_equal(fault.request, 5);
    assert_int_equal(fault.offset, strlen("select '\xc3\xa4', "));
    assert_false(fault.lost);
    assert_string_equal(e.sqlstate, "42703");
    assert_string_equal(e.message, "column \"nope\" does not exist");
    assert_true(db->driver->in_transaction(db));
    db_rollback(db);
    assert_false(db->driver->in_transaction(db));
    assert_string_equal(
        pg_text(db, "select string_agg(relname, ' ') from pg_class where relname in ('one', 'two', 'three')"), "one");
    db_close(db);
}

/* Both sides write far more than any buffer holds; nobody may wait for the other for ever. */
static void large_batches_and_answers_do_not_block(void **state)
{
    (void)state;
    enum { N = 200 };
    struct db *db = pg_open();
    size_t size = 100000;
    char *sql = malloc(size + 1);
    assert_non_null(sql);
    memset(sql, ' ', size);
    sql[size] = '\0';
    const char *query = "select repeat('x', 100000) from generate_series(1, 3)";
    memcpy(sql, query, strlen(query));
    static struct db_request r[N];
    for (size_t i = 0; i < N; i++)
        r[i].sql = (struct slice){sql, size};
    struct pawl_error e = {0};
    if (db_run(db, r, N, NULL, &e))
        fail_msg("%s", e.message);
    free(sql);
    db_close(db);
}

static void an_empty_statement_is_fine(void **state)
{
    (void)state;
    struct db *db = pg_open();
    pg_exec(db, "");
    pg_exec(db, "-- nothing");
    db_close(db);
}

static void what_must_run_alone_runs_alone(void **state)
{
    (void)state;
    struct db *db = pg_scratch_open((struct db_options){0});
    pg_exec(db, "create table t (id int)");
    pg_exec(db, "create index concurrently t_id on t (id)");
    pg_exec(db, "vacuum t");
    const char *const sql[] = {"begin", "vacuum t", "commit", NULL};
    struct db_fault fault;
    struct pawl_error e = {0};
    assert_int_equal(pg_batch(db, sql, &fault, &e), PAWL_SQL);
    assert_int_equal(fault.request, 1);
    assert_string_equal(e.sqlstate, "25001");
    assert_non_null(strstr(e.hint, "no-transaction"));
    db_rollback(db);
    db_close(db);
}

static int refuse_row(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    (void)context;
    (void)v;
    (void)n;
    return err_set(e, PAWL_DIRTY, "no");
}

static void a_row_can_be_refused(void **state)
{
    (void)state;
    struct db *db = pg_open();
    struct db_request r[] = {{.sql = SLICE("select 1")}, {.sql = SLICE("select 2"), .on_row = refuse_row}};
    struct db_fault fault;
    struct pawl_error e = {0};
    assert_int_equal(db_run(db, r, 2, &fault, &e), PAWL_DIRTY);
    assert_int_equal(fault.request, 1);
    assert_string_equal(pg_text(db, "select 3"), "3");
    db_close(db);
}

static void a_commit_that_rolls_back_is_a_failure(void **state)
{
    (void)state;
    struct db *db = pg_open();
    struct pawl_error e = {0};
    pg_exec(db, "begin");
    assert_int_equal(db_exec(db, "select 1/0", &e), PAWL_SQL);
    assert_int_equal(db_exec(db, "commit", &e), PAWL_SQL);
    assert_non_null(strstr(e.message, "rolled it back"));
    db_close(db);
}

/* ---- COPY -------------------------------------------------------------------------------------------------------- */

static void copy_runs_between_pipelines(void **state)
{
    (void)state;
    struct db *db = pg_scratch_open((struct db_options){0});
    struct db_request r[] = {
        {.sql = SLICE("begin")},
        {.sql = SLICE("create table t (id int, name text)")},
        {.sql = SLICE("/* data */ COPY t (id, name) FROM stdin"), .copy = SLICE("1\ta\n2\tb\\tc\n")},
        {.sql = SLICE("insert into t values (3, 'd')")},
        {.sql = SLICE("copy t to stdout")},
        {.sql = SLICE("commit")},
    };
    struct pawl_error e = {0};
    struct db_fault fault;
    if (db_run(db, r, 6, &fault, &e))
        fail_msg("%s", e.message);
    assert_string_equal(pg_text(db, "select string_agg(id || name, ',' order by id) from t"), "1a,2b\tc,3d");

    struct db_request bad[] = {
        {.sql = SLICE("begin")},
        {.sql = SLICE("copy t from stdin"), .copy = SLICE("4\tx\nfour\ty\n")},
        {.sql = SLICE("commit")},
    };
    assert_int_equal(db_run(db, bad, 3, &fault, &e), PAWL_SQL);
    assert_int_equal(fault.request, 1);
    assert_string_equal(e.sqlstate, "22P02");
    assert_non_null(strstr(e.message, "COPY t, line 2"));
    db_rollback(db);

    struct db_request none = {.sql = SLICE("copy t from stdin")};
    assert_int_equal(db_run(db, &none, 1, &fault, &e), PAWL_SQL);
    assert_non_null(strstr(e.message, "no data follows"));
    assert_string_equal(pg_text(db, "select count(*) from t"), "3");
    db_close(db);
}

static void large_copies_do_not_block(void **state)
{
    (void)state;
    struct db *db = pg_scratch_open((struct db_options){0});
    size_t size = 4u << 20;
    char *data = malloc(size);
    assert_non_null(data);
    for (size_t i = 0; i < size; i++)
        data[i] = i % 64 == 63 ? '\n' : 'x';
    struct db_request r[] = {
        {.sql = SLICE("create table t (name text)")},
        {.sql = SLICE("copy t from stdin"), .copy = {data, size}},
        {.sql = SLICE("copy t to stdout")},
    };
    struct pawl_error e = {0};
    if (db_run(db, r, 3, NULL, &e))
        fail_msg("%s", e.message);
    assert_string_equal(pg_text(db, "select count(*) from t"), "65536");
    free(data);
    db_close(db);
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static void errors_say_what_the_server_said(void **state)
{
    (void)state;
    struct db *db = pg_scratch_open((struct db_options){0});
    struct pawl_error e = {0};
    pg_exec(db, "create table t (id int primary key)");
    pg_exec(db, "insert into t values (1)");
    assert_int_equal(db_exec(db, "insert into t values (1)", &e), PAWL_SQL);
    assert_string_equal(e.sqlstate, "23505");
    assert_string_equal(e.message,
                        "duplicate key value violates unique constraint \"t_pkey\"; Key (id)=(1) already exists.");
    assert_int_equal(db_exec(db, "do $$ begin\n insert into t values (1); end $$", &e), PAWL_SQL);
    assert_non_null(strstr(e.message, "line 2"));
    assert_int_equal(db_exec(db, "select lenght('a')", &e), PAWL_SQL);
    assert_non_null(strstr(e.hint, "No function matches"));
    db_close(db);
}

struct notices {
    char text[512];
    int warnings;
};

static void on_notice(void *context, enum pawl_level level, const char *text)
{
    struct notices *n = context;
    n->warnings += level == PAWL_LEVEL_WARNING;
    snprintf(n->text, sizeof n->text, "%s", text);
}

static void warnings_are_not_lost(void **state)
{
    (void)state;
    struct notices seen = {0};
    struct db *db = pg_open_with((struct db_options){.on_notice = on_notice, .notice_context = &seen});
    const char *const sql[] = {"begin", "begin", "commit", NULL};
    struct pawl_error e = {0};
    assert_int_equal(pg_batch(db, sql, NULL, &e), PAWL_OK);
    assert_int_equal(seen.warnings, 1);
    assert_string_equal(seen.text, "there is already a transaction in progress");
    pg_exec(db, "drop table if exists nothing");
    assert_int_equal(seen.warnings, 1);
    db_close(db);
}

static void addresses_that_do_not_work(void **state)
{
    (void)state;
    struct {
        const char *url;
        int code;
        const char *message, *hint;
    } cases[] = {
        {"postgres://postgres:hunter2@/nothere?hostaddr=&port=5432&host=", PAWL_UNREACHABLE, "nothere", "createdb"},
        {"postgres://app:s3cret@127.0.0.1:1/app", PAWL_UNREACHABLE, "127.0.0.1", "running"},
        {"postgres://127.0.0.1:s3cret/app", PAWL_USAGE, "does not take", "escaped"},
        {"postgres:host=127.0.0.1 passwort=s3cret", PAWL_USAGE, "cannot read", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pawl_error e = {0};
        struct db *db = NULL;
        struct slice url = slice_of(cases[i].url);
        if (slice_ends(url, SLICE("host=")))
            url = arena_printf(&pg_arena, "%s" SLICE_FMT, cases[i].url, SLICE_ARG(pgserver_folder(pg_server)));
        struct db_target target = pg_target(url.p);
        assert_int_equal(db_open(&target, &(struct db_options){0}, &db, &e), cases[i].code);
        assert_null(db);
        if (!strstr(e.message, cases[i].message) || !strstr(e.hint, cases[i].hint))
            fail_msg("%s: %s (%s)", cases[i].url, e.message, e.hint);
        assert_null(strstr(e.message, "s3"));
        assert_null(strstr(e.message, "cret"));
        assert_null(strstr(e.message, "hunter2"));
    }
}

static void waiting_for_a_server_ends(void **state)
{
    (void)state;
    struct pawl_error e = {0};
    struct db *db = NULL;
    struct db_target target = pg_target("postgres://127.0.0.1:1/app");
    uint64_t start = clock_ms();
    assert_int_equal(db_open(&target, &(struct db_options){.connect_wait_ms = 300}, &db, &e), PAWL_UNREACHABLE);
    assert_in_range(clock_ms() - start, 100, 2000);
}

/* ---- interrupting, losing ---------------------------------------------------------------------------------------- */

static volatile int stop;

static void *stop_soon(void *unused)
{
    (void)unused;
    clock_sleep_ms(200);
    stop = 1;
    return NULL;
}

static void an_interrupt_cancels_and_leaves_a_clean_connection(void **state)
{
    (void)state;
    pthread_t thread;
    struct db *db = pg_open_with((struct db_options){.interrupt = &stop});
    const char *const sql[] = {"begin", "select pg_sleep(60)", "commit", NULL};
    struct db_fault fault;
    struct pawl_error e = {0};
    stop = 0;
    uint64_t start = clock_ms();
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, NULL), 0);
    assert_int_equal(pg_batch(db, sql, &fault, &e), PAWL_INTERRUPTED);
    assert_true(clock_ms() - start < 5000);
    pthread_join(thread, NULL);
    assert_int_equal(fault.request, 1);
    assert_int_equal(db_exec(db, "select 1", &e), PAWL_INTERRUPTED);
    stop = 0;
    db_rollback(db);
    assert_string_equal(pg_text(db, "select 4"), "4");
    db_close(db);
}

/* Many short statements: a cancel request that comes between two of them has no effect by itself. */
static void an_interrupt_between_statements_counts_too(void **state)
{
    (void)state;
    enum { N = 3000 };
    static struct db_request r[N];
    pthread_t thread;
    struct db *db = pg_open_with((struct db_options){.interrupt = &stop});
    for (size_t i = 0; i < N; i++)
        r[i].sql = SLICE("select pg_sleep(0.01)");
    struct pawl_error e = {0};
    stop = 0;
    uint64_t start = clock_ms();
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, NULL), 0);
    assert_int_equal(db_run(db, r, N, NULL, &e), PAWL_INTERRUPTED);
    assert_true(clock_ms() - start < 5000);
    pthread_join(thread, NULL);
    stop = 0;
    db_close(db);
}

static void a_lost_answer_is_told_apart(void **state)
{
    (void)state;
    struct db *db = pg_scratch_open((struct db_options){0});
    const char *const sql[] = {
        "begin",
        "create table one (id int)",
        "commit",
        "begin",
        "create table two (id int)",
        "select pg_terminate_backend(pg_backend_pid())",
        "commit",
        NULL,
    };
    struct db_fault fault;
    struct pawl_error e = {0};
    assert_int_equal(pg_batch(db, sql, &fault, &e), PAWL_UNREACHABLE);
    assert_true(fault.lost);
    assert_int_equal(fault.request, 5);
    assert_false(db->driver->in_transaction(db));
    assert_int_equal(db_exec(db, "select 1", &e), PAWL_UNREACHABLE);
    db_close(db);
}

/* ---- what is there ----------------------------------------------------------------------------------------------- */

static int count_rows(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    (void)v;
    (void)n;
    (void)e;
    ++*(int *)context;
    return PAWL_OK;
}

static void the_ledger_is_read_in_one_go(void **state)
{
    (void)state;
    struct db *db = pg_scratch_open((struct db_options){0});
    const struct db_driver *d = db->driver;
    struct pawl_error e = {0};
    bool exists = true;
    bool empty = false;
    int n = 0;
    STRBUF(schema, 1000);
    struct db_place place = {.exists = true, .schema = &schema};
    struct slice select = SLICE("select version from \"_sqlx_migrations\" order by version");
    struct slice name = SLICE("_sqlx_migrations");
    assert_int_equal(d->read_ledger(db, name, select, &place, count_rows, &n, &e), PAWL_OK);
    assert_false(place.exists);
    assert_true(place.alone);
    assert_int_equal(d->is_empty(db, name, &empty, &e), PAWL_OK);
    assert_true(empty);
    pg_exec(db, "create table _sqlx_migrations (version bigint)");
    pg_exec(db, "insert into _sqlx_migrations values (1), (2)");
    assert_int_equal(d->read_ledger(db, name, select, &place, count_rows, &n, &e), PAWL_OK);
    assert_true(place.exists);
    assert_false(place.alone);
    assert_string_equal(strbuf_z(&schema), "publicpublic");
    assert_int_equal(n, 2);
    assert_int_equal(d->is_empty(db, name, &empty, &e), PAWL_OK);
    assert_true(empty);
    pg_exec(db, "create schema s");
    pg_exec(db, "create table s.t (id int)");
    assert_int_equal(d->is_empty(db, name, &empty, &e), PAWL_OK);
    assert_false(empty);
    assert_int_equal(d->table_exists(db, SLICE("s.t"), &exists, &e), PAWL_OK);
    assert_true(exists);
    assert_int_equal(d->table_exists(db, SLICE("nope.t"), &exists, &e), PAWL_OK);
    assert_false(exists);
    assert_int_equal(d->read_ledger(db, name, SLICE("select nope from _sqlx_migrations"), &place, count_rows, &n, &e),
                     PAWL_LEDGER);
    pg_exec(db, "drop table _sqlx_migrations");
    assert_int_equal(d->read_ledger(db, name, select, &place, count_rows, &n, &e), PAWL_OK);
    assert_false(place.exists);
    assert_false(place.alone); /* s.t is there */
    db_close(db);
}

static void stamps_tell_whether_something_was_written(void **state)
{
    (void)state;
    struct db *db = pg_scratch_open((struct db_options){0});
    struct pawl_error e = {0};
    struct db_stamp a, b;
    pg_exec(db, "create table t (id int)");
    assert_int_equal(db->driver->stamp(db, &a, &e), PAWL_OK);
    pg_exec(db, "select * from t");
    pg_exec(db, "create table if not exists t (id int)");
    assert_int_equal(db->driver->stamp(db, &b, &e), PAWL_OK);
    assert_memory_equal(&a, &b, sizeof a);
    pg_exec(db, "insert into t values (1)");
    assert_int_equal(db->driver->stamp(db, &b, &e), PAWL_OK);
    assert_memory_not_equal(&a, &b, sizeof a);
    pg_exec(db, "begin");
    assert_int_equal(db->driver->stamp(db, &a, &e), PAWL_OK);
    assert_memory_equal(&a, &b, sizeof a);
    pg_exec(db, "insert into t values (1)");
    assert_int_equal(db->driver->stamp(db, &a, &e), PAWL_OK);
    assert_memory_not_equal(&a, &b, sizeof a);
    pg_exec(db, "insert into t values (1)");
    assert_int_equal(db->driver->stamp(db, &b, &e), PAWL_OK);
    assert_memory_not_equal(&a, &b, sizeof a);
    /* in a transaction that has written: what writes nothing more, and what does */
    pg_exec(db, "create table if not exists t (id int)");
    pg_exec(db, "update t set id = 2 where id = 3");
    assert_int_equal(db->driver->stamp(db, &a, &e), PAWL_OK);
    assert_memory_equal(&a, &b, sizeof a);
    pg_exec(db, "savepoint s");
    pg_exec(db, "create index on t (id)");
    assert_int_equal(db->driver->stamp(db, &b, &e), PAWL_OK);
    assert_memory_not_equal(&a, &b, sizeof a);
    /* rows of unlogged tables are not in the log, so nothing is said about them */
    pg_exec(db, "create unlogged table u (id int)");
    assert_int_equal(db->driver->stamp(db, &a, &e), PAWL_OK);
    pg_exec(db, "insert into u values (1)");
    assert_int_equal(db->driver->stamp(db, &b, &e), PAWL_OK);
    assert_memory_not_equal(&a, &b, sizeof a);
    pg_exec(db, "insert into u values (2)");
    assert_int_equal(db->driver->stamp(db, &a, &e), PAWL_OK);
    assert_memory_not_equal(&a, &b, sizeof a);
    db_rollback(db);
    db_close(db);
}

static uint64_t made_in_pg_class(struct db *db, uint64_t *epoch)
{
    struct db_stamp ignored;
    struct db_written w;
    assert_int_equal(db->driver->stamp(db, &ignored, NULL), PAWL_OK);
    db->driver->written(db, &w);
    *epoch = w.epoch;
    return w.made[0];
}

static void savepoints_wait_for_what_is_run_next(void **state)
{
    (void)state;
    struct db *db = pg_scratch_open((struct db_options){0});
    struct pawl_error e = {0};
    struct db_request back[] = {{.sql = SLICE("ROLLBACK TO a")}, {.sql = SLICE("RELEASE a")}};
    struct db_request row = {.sql = SLICE("insert into t values (1)"), .rows_only = true};
    uint64_t first, second, third, epoch, then;
    assert_int_equal(db->driver->watch(db, SLICE("1259"), &e), PAWL_OK);
    pg_exec(db, "begin");
    made_in_pg_class(db, &epoch);
    pg_exec(db, "create table t (id int primary key)");
    first = made_in_pg_class(db, &epoch);
    assert_true(first >= 2);

    db->marks_wait = true;
    pg_exec(db, "SAVEPOINT a");
    db->marks_wait = false;
    assert_true(db->waiting);
    pg_exec(db, "create table u (id int)");
    assert_false(db->waiting);
    second = made_in_pg_class(db, &epoch);
    assert_true(second > first);

    db->marks_wait = true;
    assert_int_equal(db_run(db, back, 2, NULL, &e), PAWL_OK);
    pg_exec(db, "SAVEPOINT b");
    db->marks_wait = false;
    assert_true(db->waiting);
    assert_string_equal(pg_text(db, "select to_regclass('u') is null"), "1");
    assert_int_equal(made_in_pg_class(db, &then), second); /* what is rolled back was written all the same */

    /* a transaction that has failed is healed at once */
    assert_int_equal(db_exec(db, "select 1/0", &e), PAWL_SQL);
    db->marks_wait = true;
    pg_exec(db, "ROLLBACK TO b");
    db->marks_wait = false;
    assert_false(db->waiting);
    assert_int_equal(db_run(db, &row, 1, NULL, &e), PAWL_OK);

    /* and counting goes on behind the COMMIT, which rows alone do not keep from it */
    assert_int_equal(made_in_pg_class(db, &then), second);
    assert_int_equal(
        db_run(db, &(struct db_request){.sql = SLICE("insert into t values (2)"), .rows_only = true}, 1, NULL, &e),
        PAWL_OK);
    pg_exec(db, "commit");
    pg_exec(db, "begin");
    third = made_in_pg_class(db, &then);
    assert_int_equal(then, epoch);
    assert_int_equal(third, second);
    pg_exec(db, "create table v (id int)");
    assert_true(made_in_pg_class(db, &then) > third);
    assert_int_equal(then, epoch);
    db_rollback(db);
    assert_string_equal(pg_text(db, "select count(*) from t"), "2");
    db_close(db);
}

static void session_state_does_not_leak(void **state)
{
    (void)state;
    struct db *db = pg_scratch_open((struct db_options){0});
    const char *const dirty[] = {
        "create role somebody",
        "set role somebody",
        "set search_path = ''",
        "set statement_timeout = 1234",
        "create temp table leak (id int)",
        "prepare leak as select 1",
        "set session authorization somebody",
        "declare leak cursor with hold for select 1",
        "select set_config('my.own', 'x', false)",
        NULL,
    };
    struct pawl_error e = {0};
    if (pg_batch(db, dirty, NULL, &e))
        fail_msg("%s", e.message);
    if (pg_batch(db, db->driver->session(db, false), NULL, &e))
        fail_msg("%s", e.message);
    assert_string_equal(pg_text(db,
                                "select concat_ws(' ', current_user, session_user, current_setting('search_path'), "
                                "current_setting('statement_timeout'), current_setting('my.own'), "
                                "to_regclass('leak'), (select count(*) from pg_prepared_statements where name <> ''), "
                                "(select count(*) from pg_cursors where name = 'leak'))"),
                        "postgres postgres \"$user\", public 0  0 0");
    pg_exec(db, "drop role somebody");
    db_close(db);
}

static int on_history(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    char *out = context;
    (void)e;
    assert_int_equal(n, 6);
    assert_int_equal(v[0].type, DB_INT);
    assert_int_equal(v[1].type, DB_TEXT);
    assert_int_equal(v[2].type, DB_TEXT);
    assert_int_equal(v[2].s.n, strlen("2026-01-01 00:00:00"));
    assert_int_equal(v[3].type, DB_BOOL);
    assert_int_equal(v[4].type, DB_BLOB);
    assert_int_equal(v[5].type, DB_INT);
    snprintf(out, 256, "%lld " SLICE_FMT " %lld %zu %s", (long long)v[0].i, SLICE_ARG(v[1].s), (long long)v[3].i,
             v[4].s.n,
             v[5].i < 0     ? "-1"
             : v[5].i == 77 ? "77"
                            : "measured");
    return PAWL_OK;
}

static struct slice ledger_sql(const char *sql)
{
    struct slice text = slice_of(sql);
    size_t at = slice_find(text, SLICE("{t}"));
    return arena_printf(&pg_arena, SLICE_FMT "\"l\"" SLICE_FMT, SLICE_ARG(slice_sub(text, 0, at)),
                        SLICE_ARG(slice_sub(text, at + 3, text.n)));
}

static void history_is(struct db *db, const char *expected)
{
    char text[256] = "";
    struct pawl_error e = {0};
    struct db_request r = {.sql = ledger_sql(db->driver->ledger->select), .on_row = on_history, .context = text};
    if (db_run(db, &r, 1, NULL, &e))
        fail_msg("%s", e.message);
    assert_string_equal(text, expected);
}

static void the_ledger_is_sqlx_own(void **state)
{
    (void)state;
    struct db *db = pg_scratch_open((struct db_options){0});
    const struct db_ledger_sql *l = db->driver->ledger;
    unsigned char sum[48] = {1, 0, 2};
    struct slice checksum = {(const char *)sum, sizeof sum};
    struct pawl_error e = {0};
    struct db_value insert[] = {DB_V_INT(7), DB_V_TEXT(SLICE("first step")), DB_V_BLOB(checksum), DB_V_BOOL(true),
                                DB_V_INT(-1)};
    struct db_value measured[] = {DB_V_INT(7), DB_V_INT(-1)};
    struct db_value given[] = {DB_V_INT(7), DB_V_INT(77)};
    struct db_value progress[] = {DB_V_INT(7), DB_V_INT(-4)};
    struct db_value sums[] = {DB_V_INT(7), DB_V_BLOB(SLICE("short"))};
    struct db_request up[] = {
        {.sql = ledger_sql(l->create)},
        {.sql = ledger_sql(l->create)},
        {.sql = SLICE("begin")},
        {.sql = ledger_sql(l->insert), .params = insert, .n_params = 5},
        {.sql = SLICE("select pg_sleep(0.01)")},
        {.sql = ledger_sql(l->finish), .params = measured, .n_params = 2},
        {.sql = SLICE("commit")},
    };
    struct db_request more[] = {
        {.sql = ledger_sql(l->finish), .params = given, .n_params = 2},
        {.sql = ledger_sql(l->progress), .params = progress, .n_params = 2},
        {.sql = ledger_sql(l->restamp), .params = sums, .n_params = 2},
        {.sql = ledger_sql(l->remove), .params = given, .n_params = 1},
    };
    if (db_run(db, up, 7, NULL, &e))
        fail_msg("%s", e.message);
    history_is(db, "7 first step 1 48 measured");
    assert_string_equal(pg_text(db, "select execution_time between 10000000 and 5000000000 from l"), "1");
    const char *const after[] = {"7 first step 1 48 77", "7 first step 1 48 -1", "7 first step 1 5 -1", ""};
    for (size_t i = 0; i < 4; i++) {
        if (db_run(db, &more[i], 1, NULL, &e))
            fail_msg("%s", e.message);
        history_is(db, after[i]);
    }
    assert_string_equal(
        pg_text(db, "select string_agg(concat_ws(' ', column_name, data_type, is_nullable, column_default), ', ' "
                    "order by ordinal_position) from information_schema.columns where table_name = 'l'"),
        "version bigint NO, description text NO, installed_on timestamp with time zone NO now(), success boolean NO, "
        "checksum bytea NO, execution_time bigint NO");
    db_close(db);
}

/* ---- what the server keeps --------------------------------------------------------------------------------------- */

static int on_sum(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    (void)n;
    (void)e;
    *(int64_t *)context = v[0].i;
    return PAWL_OK;
}

static int64_t asked_often(struct db *db, const char *sql, int64_t value)
{
    struct pawl_error e = {0};
    int64_t sum = -1;
    struct db_value param = DB_V_INT(value);
    struct db_request r = {
        .sql = slice_of(sql), .params = &param, .n_params = 1, .on_row = on_sum, .context = &sum, .often = true};
    if (db_ask(db, &r, &e))
        fail_msg("%s", e.message);
    return sum;
}

static void what_is_asked_often_is_kept_where_nobody_else_is(void **state)
{
    (void)state;
    const char *sql = "select count(*) from t where id <= $1";
    const char *kept = "select count(*) from pg_prepared_statements where name like 'pawl\\_kept%'";
    struct db *db = pg_scratch_open((struct db_options){0});
    struct db *other = pg_open();
    struct db_snapshot *s = NULL;
    struct pawl_error e = {0};
    pg_exec(db, "create table t (id int)");
    pg_exec(db, "insert into t select generate_series(1, 5)");
    assert_int_equal(asked_often(db, sql, 2), 2);
    assert_int_equal(asked_often(db, sql, 4), 4);
    assert_string_equal(pg_text(db, kept), "1");
    pg_exec(db, "begin"); /* in a transaction that is rolled back, too */
    pg_exec(db, "delete from t where id = 1");
    assert_int_equal(asked_often(db, sql, 2), 1);
    assert_int_equal(asked_often(db, "select sum(id) from t where id <= $1", 3), 5);
    pg_exec(db, "rollback");
    assert_string_equal(pg_text(db, kept), "2");
    assert_int_equal(asked_often(db, "select sum(id) from t where id <= $1", 3), 6);
    assert_int_equal(db->driver->snapshot(db, &s, &e), PAWL_OK);
    assert_int_equal(asked_often(db, sql, 3), 3); /* on a connection that is another one now */
    db->driver->forget(s);
    for (const char *const *reset = db->driver->session(db, false); *reset; reset++)
        pg_exec(db, *reset);
    assert_int_equal(asked_often(db, sql, 1), 1);
    db->forgets = true;
    pg_exec(db, "deallocate all");
    assert_int_equal(asked_often(db, sql, 2), 2);
    assert_string_equal(pg_text(db, kept), "0");
    assert_int_equal(asked_often(other, "select $1::bigint", 7), 7);
    assert_string_equal(pg_text(other, kept), "0");
    db_close(other);
    db_close(db);
}

/* ---- databases --------------------------------------------------------------------------------------------------- */

static void scratch_databases_come_and_go(void **state)
{
    (void)state;
    struct db *watch = pg_open();
    const char *count = "select count(*) from pg_database where datname like 'pawl\\_scratch\\_%'";
    struct db *one = pg_scratch_open((struct db_options){0});
    struct db *two = pg_scratch_open((struct db_options){0});
    assert_string_equal(pg_text(watch, count), "2");
    assert_string_not_equal(pg_text(one, "select current_database()"), pg_text(two, "select current_database()"));
    db_close(one);
    assert_string_equal(pg_text(watch, count), "1");
    db_close(two);
    assert_string_equal(pg_text(watch, count), "0");
    db_close(watch);
}

static void snapshots_come_back_any_number_of_times(void **state)
{
    (void)state;
    struct db *db = pg_scratch_open((struct db_options){0});
    struct db *watch = pg_open();
    struct db_snapshot *s = NULL;
    struct pawl_error e = {0};
    pg_exec(db, "create table t (id int)");
    pg_exec(db, "insert into t values (1)");
    const char *name = pg_text(db, "select current_database()");
    assert_int_equal(db->driver->snapshot(db, &s, &e), PAWL_OK);
    for (int i = 0; i < 2; i++) {
        pg_exec(db, "insert into t values (2)");
        pg_exec(db, "create index concurrently t_id on t (id)");
        if (db->driver->restore(db, s, &e))
            fail_msg("%s", e.message);
        assert_string_equal(pg_text(db, "select count(*) || coalesce(to_regclass('t_id')::text, '') from t"), "1");
        assert_string_equal(pg_text(db, "select current_database()"), name);
    }
    db->driver->forget(s);
    assert_string_equal(pg_text(watch, "select count(*) from pg_database where datname like 'pawl\\_scratch\\_%'"),
                        "1");
    db_close(db);
    db_close(watch);
}

static void leftovers_are_swept_and_nothing_else(void **state)
{
    (void)state;
    struct db *watch = pg_open();
    pg_exec(watch, "create database pawl_scratch_1000_1_0a"); /* of a run in 1970 */
    pg_exec(watch, "create database pawl_scratch_1000_1_0b"); /* a snapshot of a run that lives */
    pg_exec(watch, "select pg_advisory_lock_shared(1885501292, hashtext('pawl_scratch_1000_1_0b'))");
    pg_exec(watch, "create database pawl_scratch_9999999999_1_0a"); /* of one that has just begun */
    pg_exec(watch, "create database pawl_scratch_mine");            /* somebody's */
    db_close(pg_scratch_open((struct db_options){0}));
    assert_string_equal(
        pg_text(watch, "select string_agg(datname, ' ' order by datname) from pg_database where datname like 'pawl%'"),
        "pawl_scratch_1000_1_0b pawl_scratch_9999999999_1_0a pawl_scratch_mine");
    pg_exec(watch, "drop database pawl_scratch_1000_1_0b");
    pg_exec(watch, "drop database pawl_scratch_9999999999_1_0a");
    pg_exec(watch, "drop database pawl_scratch_mine");
    db_close(watch);
}

static void the_same_database_under_two_names(void **state)
{
    (void)state;
    struct {
        const char *x, *y;
        bool same;
    } cases[] = {
        {"postgres://a@db.example/app", "postgresql://b:x@db.example:5432/app?sslmode=disable", true},
        {"postgres://127.0.0.1/app", "postgres:host=localhost dbname=app user=x", true},
        {"postgres:///app?host=/run/x", "postgres://localhost/app", true},
        {"postgres://h.example/app", "postgres://h.example/other", false},
        {"postgres://h.example:5433/app", "postgres://h.example/app", false},
        {"postgres://h.example/app", "postgres://g.example/app", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct db_target x = pg_target(cases[i].x);
        struct db_target y = pg_target(cases[i].y);
        struct pawl_error e = {0};
        bool same = !cases[i].same;
        assert_int_equal(x.driver->same(&x, &y, &same, &e), PAWL_OK);
        if (same != cases[i].same)
            fail_msg("%s and %s", cases[i].x, cases[i].y);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_back_as_they_went),
        cmocka_unit_test(a_failure_stops_the_batch_and_keeps_what_was_committed),
        cmocka_unit_test(large_batches_and_answers_do_not_block),
        cmocka_unit_test(an_empty_statement_is_fine),
        cmocka_unit_test(what_must_run_alone_runs_alone),
        cmocka_unit_test(a_row_can_be_refused),
        cmocka_unit_test(a_commit_that_rolls_back_is_a_failure),
        cmocka_unit_test(copy_runs_between_pipelines),
        cmocka_unit_test(large_copies_do_not_block),
        cmocka_unit_test(errors_say_what_the_server_said),
        cmocka_unit_test(warnings_are_not_lost),
        cmocka_unit_test(addresses_that_do_not_work),
        cmocka_unit_test(waiting_for_a_server_ends),
        cmocka_unit_test(an_interrupt_cancels_and_leaves_a_clean_connection),
        cmocka_unit_test(an_interrupt_between_statements_counts_too),
        cmocka_unit_test(a_lost_answer_is_told_apart),
        cmocka_unit_test(the_ledger_is_read_in_one_go),
        cmocka_unit_test(stamps_tell_whether_something_was_written),
        cmocka_unit_test(savepoints_wait_for_what_is_run_next),
        cmocka_unit_test(session_state_does_not_leak),
        cmocka_unit_test(the_ledger_is_sqlx_own),
        cmocka_unit_test(what_is_asked_often_is_kept_where_nobody_else_is),
        cmocka_unit_test(scratch_databases_come_and_go),
        cmocka_unit_test(snapshots_come_back_any_number_of_times),
        cmocka_unit_test(leftovers_are_swept_and_nothing_else),
        cmocka_unit_test(the_same_database_under_two_names),
    };
    return cmocka_run_group_tests(tests, pg_server_up, pg_server_down);
}
