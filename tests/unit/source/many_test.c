/* Much of everything: a folder of 100,000 files, a file of 200 MB; in bounded memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <inttypes.h>
#include <sys/resource.h>
#include <time.h>

#include "collect.h"
#include "large.h"
#include "source/directory.h"
#include "source/script.h"
#include "tmpdir.h"

#define FILES 100000
#ifdef __SANITIZE_ADDRESS__
#define MOST_KIB (1024L * 1024) /* what was freed waits there, up to 256 MiB of it */
#else
#define MOST_KIB (256L * 1024) /* 37 MiB */
#endif

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void a_hundred_thousand_files(void **state)
{
    static struct collect seen;
    ARENA(a);
    char name[64];
    struct migration_set set;
    for (int i = 1; i <= FILES; i += 2) {
        snprintf(name, sizeof name, "%06d_create_table_%d.sql", i / 2 + 1, i);
        tmpdir_put(*state, name, "create table t (a);\n");
        snprintf(name, sizeof name, "%06d_create_table_%d.down.sql", i / 2 + 1, i);
        tmpdir_put(*state, name, "drop table t;\n");
    }
    collect_init(&seen);
    double start = now();
    assert_int_equal(source_read(&a, *state, SOURCE_ALL, &seen.report, &set, NULL), PAWL_OK);
    double seconds = now() - start;
    assert_int_equal(seen.n, 0);
    assert_int_equal(set.n, FILES / 2);
    for (size_t i = 0; i < set.n; i++)
        if (set.items[i].version != (int64_t)i + 1 || !set.items[i].down.path.p)
            fail_msg("migration %zu is version %" PRId64, i, set.items[i].version);
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    print_message("%d files in %.2f s, %ld MiB at most\n", FILES, seconds, used.ru_maxrss / 1024);
    assert_true(used.ru_maxrss < MOST_KIB);
}

static void a_file_of_200_megabytes(void **state)
{
    static struct collect seen;
    ARENA(a);
    struct migration_set set;
    struct text text;
    struct script script;
    struct script_cursor cursor;
    struct script_statement st;
    size_t n = 0;
    long most = 0;
    large_write(*state, 2400000);
    collect_init(&seen);
    long before = large_resident();
    assert_int_equal(source_read(&a, *state, SOURCE_ALL, &seen.report, &set, NULL), PAWL_OK);
    assert_true(set.items[0].up.size > 200000000);
    assert_int_equal(text_open(&set.items[0].up, &text, NULL), PAWL_OK);
    assert_int_equal(script_check(&set.items[0], &set.items[0].up, &text, "sqlite", &dialect_sqlite,
                                  SLICE("_sqlx_migrations"), &seen.report, &script, NULL),
                     PAWL_OK);
    assert_true(large_resident() - before < 16 * 1024);
    script_start(&cursor, &script, &text, "sqlite", &dialect_sqlite);
    while (script_next(&cursor, &st))
        if (n++ % 100000 == 0 && large_resident() - before > most)
            most = large_resident() - before;
    text_close(&text);
    assert_int_equal(n, 2400000);
    assert_int_equal(n, script.statements);
    print_message("%zu statements, %ld KiB more at most\n", n, most);
    assert_true(most < 16 * 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMPDIR_TEST(a_hundred_thousand_files),
        TMPDIR_TEST(a_file_of_200_megabytes),
    };
    return cmocka_run_group_tests_name("source/many", tests, NULL, NULL);
}
