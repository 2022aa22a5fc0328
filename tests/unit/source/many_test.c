/* A folder of 100,000 files: in seconds, in bounded memory, in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <inttypes.h>
#include <sys/resource.h>
#include <time.h>

#include "collect.h"
#include "source/directory.h"
#include "tmpdir.h"

#define FILES 100000

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
    assert_int_equal(source_read(&a, *state, &seen.report, &set, NULL), PAWL_OK);
    double seconds = now() - start;
    assert_int_equal(seen.n, 0);
    assert_int_equal(set.n, FILES / 2);
    for (size_t i = 0; i < set.n; i++)
        if (set.items[i].version != (int64_t)i + 1 || !set.items[i].down.path.p)
            fail_msg("migration %zu is version %" PRId64, i, set.items[i].version);
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    print_message("%d files in %.2f s, %ld MiB at most\n", FILES, seconds, used.ru_maxrss / 1024);
    assert_true(seconds < 10); /* 0.8 s on an idle machine; a shared one may be slower */
}

int main(void)
{
    const struct CMUnitTest tests[] = {TMPDIR_TEST(a_hundred_thousand_files)};
    return cmocka_run_group_tests_name("source/many", tests, NULL, NULL);
}
