#include "schema/changelog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char text[] = "pawl.changes 1 sqlite/3\n"
                           "= baseline\n"
                           "+ schema public\n"
                           "= 1 users\n"
                           "+ column users.email type=text\n"
                           "+ columns users order=email\n"
                           "+ table users rowid=yes\n"
                           "= 2 only rows\n"
                           "= 3 wider\n"
                           "+ column users.email2 type=text\n"
                           "- columns users order=email\n"
                           "+ columns users order=email,email2\n"
                           "+ table userspace rowid=yes\n"
                           "= 4 gone\n"
                           "- column users.email type=text\n"
                           "- columns users order=email,email2\n"
                           "+ columns users order=email2\n"
                           "- schema public\n"
                           "- table userspace rowid=yes\n"
                           "end 4\n";

static void parse(struct arena *a, struct changelog *log)
{
    struct pawl_error e;
    assert_int_equal(changelog_parse(a, slice_of(text), SLICE("x"), log, &e), PAWL_OK);
    assert_int_equal(log->n, 5);
}

/* Step by step comes to the same as each state by itself, from wherever it begins. */
static void fingerprints_are_those_of_the_states(void **state)
{
    ARENA(a);
    struct changelog log;
    struct pawl_error e;
    (void)state;
    parse(&a, &log);
    for (size_t from = 0; from <= log.n; from++) {
        unsigned char sums[6][SHA256_BYTES];
        assert_int_equal(changelog_fingerprints(&log, from, log.n, sums, &e), PAWL_OK);
        for (size_t count = from; count <= log.n; count++) {
            struct slice *lines;
            size_t n;
            unsigned char own[SHA256_BYTES];
            assert_int_equal(changelog_state(&a, &log, count, &lines, &n, &e), PAWL_OK);
            assert_int_equal(lines_fingerprint(lines, n, own, &e), PAWL_OK);
            assert_memory_equal(sums[count - from], own, sizeof own);
        }
    }
}

static void a_step_without_changes_keeps_the_fingerprint(void **state)
{
    ARENA(a);
    struct changelog log;
    struct pawl_error e;
    unsigned char sums[6][SHA256_BYTES];
    (void)state;
    parse(&a, &log);
    assert_int_equal(changelog_fingerprints(&log, 0, log.n, sums, &e), PAWL_OK);
    assert_memory_equal(sums[2], sums[3], SHA256_BYTES);
    assert_memory_not_equal(sums[3], sums[4], SHA256_BYTES);
    assert_memory_not_equal(sums[0], sums[1], SHA256_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fingerprints_are_those_of_the_states),
        cmocka_unit_test(a_step_without_changes_keeps_the_fingerprint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
