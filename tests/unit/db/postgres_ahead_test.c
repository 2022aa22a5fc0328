#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "postgres.h"
#include "sys/clock.h"

static int count_rows(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    (void)v;
    (void)n;
    (void)e;
    ++*(int *)context;
    return PAWL_OK;
}

static const char ahead_name[] = "ahead";
static const char ahead_select[] = "select version from ahead";

static int rows_ahead(struct db *db)
{
    int n = 0;
    STRBUF(schema, 1000);
    struct db_place place = {.schema = &schema};
    struct pawl_error e;
    if (db->driver->read_ledger(db, slice_of(ahead_name), slice_of(ahead_select), &place, count_rows, &n, &e))
        fail_msg("%s", e.message);
    return place.exists ? n : -1;
}

static struct db *start_and_expect(void)
{
    struct pawl_error e = {0};
    struct db *db = NULL;
    struct db_target target = pg_target(pgserver_url(pg_server).p);
    struct db *started = db_start(&target, &(struct db_options){0});
    assert_non_null(started);
    db_expect(started, slice_of(ahead_name), slice_of(ahead_select));
    for (int i = 0; i < 200; i++) { /* as a folder is read meanwhile */
        db_advance(started);
        clock_sleep_ms(1);
    }
    assert_int_equal(db_open_started(started, &target, &(struct db_options){0}, &db, &e), PAWL_OK);
    return db;
}

/* Until the server has answered what the other connection asked ahead. */
static void wait_for_answer(struct db *other)
{
    static const char answered[] = "select count(*)::text from pg_stat_activity where pid <> pg_backend_pid()"
                                   " and datname = current_database() and state like 'idle%' and query ~ 'ahead'";
    for (int i = 0; i < 10000 && strcmp(pg_text(other, answered), "0") == 0; i++)
        clock_sleep_ms(1);
}

/* What another session has written since shows whether an answer is older than the question. */
static void the_ledger_is_asked_for_while_a_connection_is_made(void **state)
{
    (void)state;
    struct db *other = pg_open();
    pg_exec(other, "create table ahead (version bigint)");
    struct db *db = start_and_expect();
    wait_for_answer(other);
    pg_exec(other, "insert into ahead values (1)");
    assert_int_equal(rows_ahead(db), 0);
    assert_false(db->driver->in_transaction(db));
    assert_int_equal(rows_ahead(db), 1); /* an answer serves once */
    db_close(db);
    db = start_and_expect();
    pg_exec(other, "insert into ahead values (2)");
    assert_false(db->driver->in_transaction(db));
    pg_exec(db, "select 1"); /* whatever else is run makes it old */
    assert_int_equal(rows_ahead(db), 2);
    db_close(db);
    pg_exec(other, "drop table ahead");
    db = start_and_expect();
    assert_int_equal(rows_ahead(db), -1);
    assert_string_equal(pg_text(db, "select 1"), "1");
    db_close(db);
    db_close(start_and_expect()); /* nobody wants it any more */
    db_close(other);
}

static void the_ledger_is_read_behind_the_lock_in_one_flight(void **state)
{
    (void)state;
    struct pawl_error e = {0};
    struct db *other = pg_open();
    struct db *db = pg_open();
    pg_exec(other, "create table ahead (version bigint)");
    for (int i = 0; i < 2; i++) {
        bool got = false;
        db_expect(db, slice_of(ahead_name), slice_of(ahead_select));
        pg_exec(other, "insert into ahead values (1)");
        assert_int_equal(db->driver->try_lock(db, slice_of(ahead_name), &got, NULL, &e), PAWL_OK);
        assert_true(got);
        wait_for_answer(other);
        pg_exec(other, "insert into ahead values (2)");
        assert_int_equal(rows_ahead(db), 2 * i + 1);
        assert_int_equal(rows_ahead(db), 2 * i + 2);
        assert_int_equal(db->driver->unlock(db, &e), PAWL_OK);
        assert_false(db->driver->in_transaction(db));
    }
    /* An answer from before the lock is not used. */
    db_close(db);
    db = start_and_expect();
    pg_exec(other, "insert into ahead values (3)");
    bool got = false;
    assert_int_equal(db->driver->try_lock(db, slice_of(ahead_name), &got, NULL, &e), PAWL_OK);
    assert_int_equal(rows_ahead(db), 5);
    db_close(db);
    pg_exec(other, "drop table ahead");
    db_close(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ledger_is_asked_for_while_a_connection_is_made),
        cmocka_unit_test(the_ledger_is_read_behind_the_lock_in_one_flight),
    };
    return cmocka_run_group_tests(tests, pg_server_up, pg_server_down);
}
