/* The scripts that show a failure: they do, and they are small. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "tmpdir.h"

#include "prove.h"

static char *read_script(const char *dir, const char *name)
{
    static char text[1 << 16];
    char path[4096];
    snprintf(path, sizeof path, "%s/repro/%s", dir, name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return text;
}

static void prove_and_write(const char *dir, struct proved *p)
{
    char repro[4096];
    snprintf(repro, sizeof repro, "%s/repro", dir);
    prove_with(dir, p, (struct proof_options){.repro_dir = repro});
}

static void shows_the_error(void **state)
{
    const char *d = *state;
    struct proved p;
    sqlite3 *db;
    char *error = NULL;
    PUT_TABLE(d, "0001_unneeded", "unneeded");
    PUT_TABLE(d, "0002_a", "a");
    put(d, "0003_index", "CREATE INDEX IF NOT EXISTS a_n ON a (n);", "DROP INDEX IF EXISTS a_n;");
    put(d, "0004_column", "ALTER TABLE a ADD COLUMN c;", "ALTER TABLE a DROP COLUMN c;");
    prove_and_write(d, &p);
    assert_string_equal(p.found, "replay-fails 0004_column.sql:1\nredown-fails 0004_column.down.sql:1\n");
    const char *script = read_script(d, "4-replay-fails-sqlite.sql");
    assert_null(strstr(script, "unneeded"));
    assert_null(strstr(script, "a_n"));
    assert_non_null(strstr(script, "-- the up text fails when it is run again at once: duplicate column name: c"));
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, script, NULL, NULL, &error), SQLITE_ERROR);
    assert_string_equal(error, "duplicate column name: c");
    sqlite3_free(error);
    sqlite3_close(db);
}

static int count_row(void *context, int n, char **values, char **names)
{
    (void)n;
    (void)values;
    (void)names;
    ++*(int *)context;
    return 0;
}

static void shows_the_difference(void **state)
{
    const char *d = *state;
    struct proved p;
    sqlite3 *db;
    int rows = 0;
    PUT_TABLE(d, "0001_old", "old");
    PUT_TABLE(d, "0002_b", "b");
    put(d, "0003_drop", "DROP TABLE IF EXISTS old;",
        "CREATE TABLE IF NOT EXISTS old (id INTEGER PRIMARY KEY, n INTEGER);");
    prove_and_write(d, &p);
    assert_string_equal(p.found, "head-changes-schema 0001_old.sql:1\n");
    const char *script = read_script(d, "1-head-changes-schema-sqlite.sql");
    assert_null(strstr(script, "0002_b"));
    assert_non_null(strstr(script, "0003_drop"));
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, script, count_row, &rows, NULL), SQLITE_OK);
    assert_int_equal(rows, 1); /* no table in the first listing, one in the second */
    sqlite3_close(db);
}

static void cannot_be_written(void **state)
{
    const char *d = *state;
    struct proved p;
    tmpdir_put(d, "repro", "a file where the folder should be");
    put(d, "0001_a", "CREATE TABLE a (x);", "DROP TABLE IF EXISTS a;");
    prove_and_write(d, &p);
    assert_int_equal(p.code, PAWL_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMPDIR_TEST(shows_the_error),
        TMPDIR_TEST(shows_the_difference),
        TMPDIR_TEST(cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
