#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "db/db.h"

static char folder[] = "/tmp/pawl-test-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static struct db *open_file(struct arena *a, const char *name, struct db_options options)
{
    struct db_target target;
    struct db *db = NULL;
    struct pawl_error e;
    struct slice url = arena_printf(a, "sqlite:%s/%s", folder, name);
    options.create = true;
    assert_int_equal(db_target_parse(a, url.p, &target, &e), PAWL_OK);
    assert_int_equal(db_open(&target, &options, &db, &e), PAWL_OK);
    return db;
}

static void exec(struct db *db, const char *sql)
{
    struct pawl_error e = {0};
    if (db_exec(db, sql, &e))
        fail_msg("%s: %s", sql, e.message);
}

static int on_number(void *context, const struct db_value *columns, size_t n, struct pawl_error *e)
{
    (void)e;
    assert_int_equal(n, 1);
    *(int64_t *)context = columns[0].i;
    return PAWL_OK;
}

static int64_t number(struct db *db, const char *sql)
{
    int64_t value = -1;
    struct pawl_error e;
    assert_int_equal(
        db_run(db, &(struct db_request){.sql = slice_of(sql), .on_row = on_number, .context = &value}, 1, NULL, &e),
        PAWL_OK);
    return value;
}

static void parses_urls_as_sqlx_does(void **state)
{
    (void)state;
    static const struct {
        const char *url, *location;
        bool read_only, must_exist;
    } cases[] = {
        {"app.db", "app.db", false, false},
        {"a%20b?c", "a%20b?c", false, false},
        {"sqlite:app.db", "app.db", false, false},
        {"sqlite://data/app.db", "data/app.db", false, false},
        {"sqlite:///srv/app.db?mode=ro", "/srv/app.db", true, true},
        {"sqlite:a%20b.db?mode=rw", "a b.db", false, true},
        {"sqlite:a.db?mode=rwc&cache=shared", "a.db", false, false},
        {"sqlite::memory:", ":memory:", false, false},
        {"sqlite:x?mode=memory", ":memory:", false, false},
        {"sqlite:", ":memory:", false, false},
    };
    ARENA(a);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct db_target t;
        struct pawl_error e;
        assert_int_equal(db_target_parse(&a, cases[i].url, &t, &e), PAWL_OK);
        assert_true(slice_eq(t.location, slice_of(cases[i].location)));
        assert_int_equal(t.read_only, cases[i].read_only);
        assert_int_equal(t.must_exist, cases[i].must_exist);
    }
    static const char *const bad[] = {"", "oracle:x", "sqlite:a?mode=rx", "sqlite:a?x=y", "sqlite:a%2", "sqlite:a%00"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct db_target t;
        struct pawl_error e;
        assert_int_equal(db_target_parse(&a, bad[i], &t, &e), PAWL_USAGE);
        assert_true(e.hint[0]);
    }
}

static void a_failed_batch_says_where(void **state)
{
    (void)state;
    ARENA(a);
    struct db *db = open_file(&a, "fault.db", (struct db_options){0});
    struct pawl_error e;
    struct db_fault fault;
    struct db_request requests[] = {
        {.sql = SLICE("CREATE TABLE t (a)")},
        {.sql = SLICE("SELECT absent FROM t")},
        {.sql = SLICE("CREATE TABLE u (a)")},
    };
    assert_int_equal(db_run(db, requests, 3, &fault, &e), PAWL_SQL);
    assert_int_equal(fault.request, 1);
    assert_int_equal(fault.offset, 7);
    assert_string_equal(e.message, "no such column: absent");
    bool exists = true;
    assert_int_equal(db->driver->table_exists(db, SLICE("u"), &exists, &e), PAWL_OK);
    assert_false(exists);
    db_close(db);
}

static void opening_tells_what_is_wrong(void **state)
{
    (void)state;
    ARENA(a);
    struct pawl_error e;
    struct db_target t;
    struct db *db;
    db_target_parse(&a, arena_printf(&a, "%s/none.db", folder).p, &t, &e);
    assert_int_equal(db_open(&t, &(struct db_options){0}, &db, &e), PAWL_UNREACHABLE);
    assert_non_null(strstr(e.message, "there is no database"));
    assert_int_equal(db_open(&t, &(struct db_options){.empty_if_missing = true}, &db, &e), PAWL_OK);
    db_close(db);
    assert_int_equal(access(t.location.p, F_OK), -1);

    db_target_parse(&a, folder, &t, &e);
    assert_int_equal(db_open(&t, &(struct db_options){.create = true}, &db, &e), PAWL_UNREACHABLE);
    assert_non_null(strstr(e.message, "is a folder"));

    const char *path = arena_printf(&a, "%s/text.db", folder).p;
    FILE *f = fopen(path, "w");
    for (int i = 0; i < 100; i++)
        fputs("this is no database at all\n", f);
    fclose(f);
    db_target_parse(&a, path, &t, &e);
    assert_int_equal(db_open(&t, &(struct db_options){.create = true}, &db, &e), PAWL_UNREACHABLE);
    assert_string_equal(e.message, "file is not a database");
    assert_string_equal(e.file, path);
}

static void a_writer_waits_then_says_locked(void **state)
{
    (void)state;
    ARENA(a);
    struct pawl_error e;
    struct db *one = open_file(&a, "busy.db", (struct db_options){0});
    struct db *two = open_file(&a, "busy.db", (struct db_options){.wait_ms = 30});
    exec(one, "BEGIN IMMEDIATE");
    assert_int_equal(db_exec(two, "BEGIN IMMEDIATE", &e), PAWL_LOCKED);
    assert_non_null(strstr(e.hint, "--wait"));
    db_rollback(one);
    exec(two, "BEGIN IMMEDIATE");
    db_close(two);
    db_close(one);
}

static void stamps_move_when_something_is_written(void **state)
{
    (void)state;
    ARENA(a);
    struct pawl_error e;
    struct db *db = open_file(&a, "stamp.db", (struct db_options){0});
    struct db_stamp x, y;
    exec(db, "CREATE TABLE t (a)");
    db->driver->stamp(db, &x, &e);
    exec(db, "CREATE TABLE IF NOT EXISTS t (a)");
    exec(db, "SELECT * FROM t");
    db->driver->stamp(db, &y, &e);
    assert_memory_equal(&x, &y, sizeof x);
    exec(db, "INSERT INTO t VALUES (1)");
    db->driver->stamp(db, &y, &e);
    assert_true(x.data != y.data && x.schema == y.schema);
    exec(db, "CREATE INDEX i ON t (a)");
    db->driver->stamp(db, &y, &e);
    assert_true(x.schema != y.schema);
    db_close(db);
}

/* A killed writer is imitated by copies of the file and its journal, taken in the middle of a transaction. */
static void a_reader_recovers_what_a_killed_writer_left(void **state)
{
    (void)state;
    ARENA(a);
    struct pawl_error e;
    struct db_target t;
    struct db *db = open_file(&a, "killed.db", (struct db_options){0});
    exec(db, "PRAGMA cache_size = 1");
    exec(db, "CREATE TABLE t (x)");
    exec(db, "INSERT INTO t VALUES (zeroblob(100000))");
    exec(db, "BEGIN IMMEDIATE");
    exec(db, "UPDATE t SET x = randomblob(100000)");
    exec(db, "INSERT INTO t VALUES (randomblob(200000))");
    const char *copy =
        arena_printf(&a, "cd %s && cp killed.db left.db && cp killed.db-journal left.db-journal", folder).p;
    assert_int_equal(system(copy), 0);
    db_close(db);

    db_target_parse(&a, arena_printf(&a, "%s/left.db", folder).p, &t, &e);
    if (db_open(&t, &(struct db_options){.read_only = true}, &db, &e))
        fail_msg("%s", e.message);
    assert_int_equal(number(db, "SELECT count(*) FROM t"), 1);
    assert_int_equal(db_exec(db, "DELETE FROM t", &e), PAWL_DATA); /* it still only reads */
    db_close(db);
}

/* ---- foreign keys, which are off while migrations run ------------------------------------------------------------- */

static struct db *open_family(struct arena *a, const char *name)
{
    struct db *db = open_file(a, name, (struct db_options){0});
    exec(db, "CREATE TABLE p (id INTEGER PRIMARY KEY)");
    exec(db, "CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE)");
    exec(db, "INSERT INTO p VALUES (1), (2)");
    exec(db, "INSERT INTO c VALUES (10, 1), (20, 2)");
    return db;
}

static void a_rebuilt_parent_keeps_its_children(void **state)
{
    (void)state;
    ARENA(a);
    struct pawl_error e;
    struct db *db = open_family(&a, "rebuild.db");
    for (const char *const *s = db->driver->session(db, false); *s; s++)
        exec(db, *s);
    exec(db, "BEGIN IMMEDIATE");
    exec(db, "CREATE TABLE p_new (id INTEGER PRIMARY KEY, name TEXT)");
    exec(db, "INSERT INTO p_new (id) SELECT id FROM p");
    exec(db, "DROP TABLE p");
    exec(db, "ALTER TABLE p_new RENAME TO p");
    assert_int_equal(db->driver->check(db, &e), PAWL_OK);
    exec(db, "COMMIT");
    assert_int_equal(number(db, "SELECT count(*) FROM c"), 2);
    db_close(db);
}

static void new_orphans_are_found_whatever_made_them(void **state)
{
    (void)state;
    static const char *const makers[] = {
        "INSERT INTO c VALUES (30, 99)",
        "UPDATE c SET p = 99 WHERE id = 10",
        "DELETE FROM p WHERE id = 1",
        "UPDATE p SET id = 3 WHERE id = 2",
        "DROP TABLE p",
        "ALTER TABLE c ADD COLUMN q REFERENCES p DEFAULT 99",
        "INSERT OR REPLACE INTO c VALUES (10, 98)",
    };
    ARENA(a);
    struct db *db = open_family(&a, "orphans.db");
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++) {
        struct pawl_error e;
        exec(db, "BEGIN IMMEDIATE");
        assert_int_equal(db->driver->check(db, &e), PAWL_OK);
        exec(db, makers[i]);
        assert_int_equal(db->driver->check(db, &e), PAWL_DATA);
        assert_non_null(strstr(e.message, " of c refers to a row of p that does not exist"));
        db_rollback(db);
    }
    db_close(db);
}

/* Made anew the old way: what refers to the table does not follow when it is renamed, and a row is left behind. */
static void rows_left_behind_by_a_legacy_rename_leave_orphans(void **state)
{
    (void)state;
    ARENA(a);
    struct pawl_error e;
    struct db *db = open_family(&a, "legacy.db");
    exec(db, "BEGIN IMMEDIATE");
    exec(db, "PRAGMA legacy_alter_table = ON");
    exec(db, "ALTER TABLE p RENAME TO p_old");
    exec(db, "CREATE TABLE p (id INTEGER PRIMARY KEY)");
    exec(db, "INSERT INTO p SELECT id FROM p_old WHERE id > 1");
    exec(db, "DROP TABLE p_old");
    assert_int_equal(db->driver->check(db, &e), PAWL_DATA);
    exec(db, "INSERT INTO p VALUES (1)");
    assert_int_equal(db->driver->check(db, &e), PAWL_OK);
    db_rollback(db);
    db_close(db);
}

/* A row that is replaced is deleted, and its children are orphans then. */
static void replaced_parents_leave_orphans(void **state)
{
    (void)state;
    static const char *const makers[] = {
        "INSERT OR REPLACE INTO a VALUES (7, 'one')",
        "replace into a values (7, 'one')",
        "INSERT INTO b VALUES (7, 'one')",
        "INSERT INTO r VALUES (7)",
    };
    ARENA(a);
    struct db *db = open_file(&a, "replaced.db", (struct db_options){0});
    exec(db, "CREATE TABLE a (id INTEGER PRIMARY KEY, code TEXT UNIQUE)");
    exec(db, "CREATE TABLE b (id INTEGER PRIMARY KEY, code TEXT UNIQUE ON CONFLICT REPLACE)");
    exec(db, "CREATE TABLE r (id INTEGER)");
    exec(db, "CREATE TRIGGER t AFTER INSERT ON r BEGIN REPLACE INTO a VALUES (new.id, 'one'); END");
    exec(db, "CREATE TABLE c (a REFERENCES a, b REFERENCES b)");
    exec(db, "INSERT INTO a VALUES (1, 'one')");
    exec(db, "INSERT INTO b VALUES (1, 'one')");
    exec(db, "INSERT INTO c VALUES (1, 1)");
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++) {
        struct pawl_error e;
        exec(db, "BEGIN IMMEDIATE");
        exec(db, makers[i]);
        assert_int_equal(db->driver->check(db, &e), PAWL_DATA);
        db_rollback(db);
    }
    exec(db, "BEGIN IMMEDIATE");
    exec(db, "INSERT INTO a VALUES (8, 'eight')");
    struct pawl_error e;
    assert_int_equal(db->driver->check(db, &e), PAWL_OK);
    db_rollback(db);
    db_close(db);
}

/* That no table says ON CONFLICT REPLACE is asked once, until one can have come: from elsewhere, or back. */
static void tables_that_replace_are_noticed_when_they_come(void **state)
{
    (void)state;
    ARENA(a);
    struct pawl_error e;
    struct db *db = open_file(&a, "come.db", (struct db_options){0});
    struct db *other = open_file(&a, "come.db", (struct db_options){0});
    exec(db, "CREATE TABLE a (id INTEGER PRIMARY KEY)");
    exec(db, "BEGIN IMMEDIATE");
    exec(db, "INSERT INTO a VALUES (1)");
    assert_int_equal(db->driver->check(db, &e), PAWL_OK);
    exec(db, "COMMIT");
    exec(other, "CREATE TABLE b (id INTEGER PRIMARY KEY, code TEXT UNIQUE ON CONFLICT REPLACE)");
    exec(other, "CREATE TABLE c (b REFERENCES b)");
    exec(other, "INSERT INTO b VALUES (1, 'one')");
    exec(other, "INSERT INTO c VALUES (1)");
    db_close(other);
    for (int round = 0; round < 2; round++) {
        exec(db, "BEGIN IMMEDIATE");
        exec(db, "INSERT INTO b VALUES (7, 'one')");
        assert_int_equal(db->driver->check(db, &e), PAWL_DATA);
        db_rollback(db);
        db_close(db);
        db = open_file(&a, "come.db", (struct db_options){0});
        exec(db, "BEGIN IMMEDIATE");
        exec(db, "DROP TABLE c");
        exec(db, "DROP TABLE b");
        exec(db, "INSERT INTO a VALUES (2)");
        assert_int_equal(db->driver->check(db, &e), PAWL_OK);
        db_rollback(db);
    }
    db_close(db);
}

static void orphans_from_before_do_not_stop_a_migration(void **state)
{
    (void)state;
    ARENA(a);
    struct pawl_error e;
    struct db *db = open_family(&a, "before.db");
    exec(db, "INSERT INTO c VALUES (30, 99)");
    exec(db, "BEGIN IMMEDIATE");
    exec(db, "INSERT INTO c VALUES (40, 1)");
    exec(db, "DELETE FROM c WHERE id = 10");
    assert_int_equal(db->driver->check(db, &e), PAWL_OK);
    exec(db, "INSERT INTO c VALUES (50, 98)");
    assert_int_equal(db->driver->check(db, &e), PAWL_DATA);
    assert_non_null(strstr(e.message, "row 50 of c"));
    db_close(db);
}

/* Within a transaction and outside, whatever name it has and whatever hangs on it; what is of the database stays. */
static void what_a_text_leaves_in_the_session_is_put_back(void **state)
{
    (void)state;
    ARENA(a);
    struct pawl_error e;
    struct db *db = open_file(&a, "session.db", (struct db_options){.foreign_keys = true});
    exec(db, "CREATE TABLE item (id INTEGER PRIMARY KEY)");
    exec(db, "PRAGMA foreign_keys = ON");
    for (int inside = 0; inside < 2; inside++) {
        if (inside)
            exec(db, "BEGIN IMMEDIATE");
        exec(db, "CREATE TEMP TABLE \"a \"\"table\"\"\" (id INTEGER PRIMARY KEY AUTOINCREMENT)");
        exec(db, "INSERT INTO \"a \"\"table\"\"\" VALUES (1)");
        exec(db, "CREATE TABLE temp.child (id INTEGER REFERENCES \"a \"\"table\"\"\" (id))");
        exec(db, "INSERT INTO child VALUES (1)");
        exec(db, "CREATE TEMP VIEW v AS SELECT * FROM child");
        exec(db, "CREATE TEMP TRIGGER t INSTEAD OF INSERT ON v BEGIN SELECT 1; END");
        exec(db, "CREATE TEMP TRIGGER u AFTER INSERT ON main.item BEGIN INSERT INTO child VALUES (new.id); END");
        exec(db, "PRAGMA recursive_triggers = 1");
        exec(db, "ATTACH ':memory:' AS \"far away\"");
        assert_int_equal(db->driver->tidy(db, &e), PAWL_OK);
        assert_int_equal(
            number(db, "SELECT count(*) FROM sqlite_temp_schema WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!'"), 0);
        assert_int_equal(number(db, "SELECT recursive_triggers FROM pragma_recursive_triggers"), 0);
        assert_int_equal(number(db, "SELECT foreign_keys FROM pragma_foreign_keys"), 1);
        assert_int_equal(number(db, "SELECT count(*) FROM pragma_database_list WHERE seq > 1"), 0);
        exec(db, "INSERT INTO item VALUES (NULL)");
        if (inside)
            exec(db, "COMMIT");
    }
    assert_int_equal(number(db, "SELECT count(*) FROM item"), 2);
    /* What was dropped comes back with a savepoint, and goes again. */
    exec(db, "BEGIN IMMEDIATE");
    exec(db, "CREATE TEMP TABLE kept (id INTEGER)");
    exec(db, "SAVEPOINT s");
    assert_int_equal(db->driver->tidy(db, &e), PAWL_OK);
    exec(db, "ROLLBACK TO s");
    assert_int_equal(number(db, "SELECT count(*) FROM sqlite_temp_schema WHERE name = 'kept'"), 1);
    assert_int_equal(db->driver->tidy(db, &e), PAWL_OK);
    exec(db, "COMMIT");
    assert_int_equal(number(db, "SELECT count(*) FROM sqlite_temp_schema WHERE name = 'kept'"), 0);
    db_close(db);
}

static void a_copy_is_whole_and_overwrites_nothing(void **state)
{
    (void)state;
    ARENA(a);
    struct pawl_error e;
    struct db *db = open_family(&a, "original.db");
    struct slice path = arena_printf(&a, "%s/copy.db", folder);
    assert_int_equal(db->driver->backup(db, path, &e), PAWL_OK);
    assert_int_equal(db->driver->backup(db, path, &e), PAWL_IO);
    db_close(db);
    db = open_file(&a, "copy.db", (struct db_options){0});
    assert_int_equal(number(db, "SELECT count(*) FROM c"), 2);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_urls_as_sqlx_does),
        cmocka_unit_test(a_failed_batch_says_where),
        cmocka_unit_test(opening_tells_what_is_wrong),
        cmocka_unit_test(a_writer_waits_then_says_locked),
        cmocka_unit_test(stamps_move_when_something_is_written),
        cmocka_unit_test(a_reader_recovers_what_a_killed_writer_left),
        cmocka_unit_test(a_rebuilt_parent_keeps_its_children),
        cmocka_unit_test(new_orphans_are_found_whatever_made_them),
        cmocka_unit_test(rows_left_behind_by_a_legacy_rename_leave_orphans),
        cmocka_unit_test(replaced_parents_leave_orphans),
        cmocka_unit_test(tables_that_replace_are_noticed_when_they_come),
        cmocka_unit_test(orphans_from_before_do_not_stop_a_migration),
        cmocka_unit_test(what_a_text_leaves_in_the_session_is_put_back),
        cmocka_unit_test(a_copy_is_whole_and_overwrites_nothing),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
