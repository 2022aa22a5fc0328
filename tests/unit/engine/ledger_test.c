#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/ledger.h"

static struct db *open_memory(struct arena *a)
{
    struct db_target target;
    struct db *db = NULL;
    struct pawl_error e;
    assert_int_equal(db_target_parse(a, "sqlite::memory:", &target, &e), PAWL_OK);
    assert_int_equal(db_open(&target, &(struct db_options){.create = true}, &db, &e), PAWL_OK);
    return db;
}

static void names_are_read_as_sqlx_reads_them(void **state)
{
    (void)state;
    ARENA(a);
    struct ledger l;
    struct pawl_error e;
    const struct db_driver *d = db_driver_find("sqlite");
    static const char *const good[] = {"_sqlx_migrations", "main.Ledger", "x9"};
    static const char *const bad[] = {"", "a b", "a;drop table x", "a.b.c", ".a", "a.", "9x", "\"a\"", "a'"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(ledger_init(&a, d, slice_of(good[i]), &l, &e), PAWL_OK);
    assert_true(slice_eq(l.remove, SLICE("DELETE FROM \"x9\" WHERE version = ?1 RETURNING version")));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(ledger_init(&a, d, slice_of(bad[i]), &l, &e), PAWL_CONFIG);
}

static void rows_come_back_as_they_went(void **state)
{
    (void)state;
    ARENA(a);
    struct pawl_error e;
    struct ledger l;
    struct history h;
    struct db *db = open_memory(&a);
    struct migration m = {.version = 42, .description = SLICE("add it")};
    memset(m.up.checksum, 0xa5, sizeof m.up.checksum);
    assert_int_equal(ledger_init(&a, db->driver, SLICE("_sqlx_migrations"), &l, &e), PAWL_OK);
    assert_int_equal(ledger_read(&a, &l, db, &h, &e), PAWL_OK);
    assert_false(h.exists);

    struct db_request requests[] = {
        {.sql = l.create},
        ledger_insert(&a, &l, &m, false),
        ledger_progress(&a, &l, 42, LEDGER_BEGUN, 7),
    };
    assert_int_equal(db_run(db, requests, 3, NULL, &e), PAWL_OK);
    assert_int_equal(ledger_read(&a, &l, db, &h, &e), PAWL_OK);
    assert_true(h.exists);
    assert_int_equal(h.n, 1);
    assert_int_equal(h.rows[0].version, 42);
    assert_true(slice_eq(h.rows[0].description, SLICE("add it")));
    assert_int_equal(h.rows[0].installed_on.n, strlen("2026-01-02 03:04:05"));
    assert_false(h.rows[0].success);
    assert_int_equal(ledger_done(&h.rows[0]), 7);
    assert_false(ledger_reverting(&h.rows[0]));
    assert_memory_equal(h.rows[0].checksum.p, m.up.checksum, SHA384_BYTES);

    struct db_request next[] = {ledger_progress(&a, &l, 42, LEDGER_REVERTING, 3)};
    assert_int_equal(db_run(db, next, 1, NULL, &e), PAWL_OK);
    assert_int_equal(ledger_read(&a, &l, db, &h, &e), PAWL_OK);
    assert_true(ledger_reverting(&h.rows[0]));
    assert_int_equal(ledger_done(&h.rows[0]), 3);

    struct db_request last[] = {ledger_finish(&a, &l, 42, 1234)};
    assert_int_equal(db_run(db, last, 1, NULL, &e), PAWL_OK);
    assert_int_equal(ledger_read(&a, &l, db, &h, &e), PAWL_OK);
    assert_true(h.rows[0].success);
    assert_int_equal(h.rows[0].execution_time, 1234);
    db_close(db);
}

static void another_shape_is_told(void **state)
{
    (void)state;
    ARENA(a);
    struct pawl_error e;
    struct ledger l;
    struct history h;
    struct db *db = open_memory(&a);
    assert_int_equal(ledger_init(&a, db->driver, SLICE("schema_migrations"), &l, &e), PAWL_OK);
    assert_int_equal(db_exec(db, "CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY)", &e), PAWL_OK);
    assert_int_equal(ledger_read(&a, &l, db, &h, &e), PAWL_LEDGER);
    assert_non_null(strstr(e.message, "no such column"));

    assert_int_equal(db_exec(db, "DROP TABLE schema_migrations", &e), PAWL_OK);
    struct db_request create = {.sql = l.create};
    assert_int_equal(db_run(db, &create, 1, NULL, &e), PAWL_OK);
    assert_int_equal(db_exec(db, "INSERT INTO schema_migrations VALUES ('x', 'd', '', 1, x'00', 0)", &e), PAWL_OK);
    assert_int_equal(ledger_read(&a, &l, db, &h, &e), PAWL_LEDGER);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_read_as_sqlx_reads_them),
        cmocka_unit_test(rows_come_back_as_they_went),
        cmocka_unit_test(another_shape_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
