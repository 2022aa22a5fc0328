#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "collect.h"
#include "source/directory.h"
#include "tmpdir.h"

struct read {
    struct arena a;
    struct collect seen;
    struct migration_set set;
    struct pawl_error e;
    int code;
};

static struct read *read_folder(const char *dir)
{
    static struct read r;
    arena_clear(&r.a);
    collect_init(&r.seen);
    err_clear(&r.e);
    r.code = source_read(&r.a, dir, SOURCE_ALL, &r.seen.report, &r.set, &r.e);
    return &r;
}

static void end_read(struct read *r)
{
    arena_clear(&r->a);
}

static void reads_both_layouts_in_order(void **state)
{
    tmpdir_put(*state, "0010_last.sql", "select 10;");
    tmpdir_put(*state, "0010_last.down.sql", "select -10;");
    tmpdir_put(*state, "0009_create_the_users.up.sql", "select 9;");
    tmpdir_put(*state, "0009_drop_the_users.down.sql", "select -9;");
    struct read *r = read_folder(*state);
    assert_int_equal(r->code, PAWL_OK);
    assert_int_equal(r->seen.n, 0);
    assert_int_equal(r->set.n, 2);
    assert_true(r->set.items[0].version == 9);
    assert_true(slice_eq(r->set.items[0].description, SLICE("create the users")));
    assert_non_null(r->set.items[0].down.path.p);
    assert_string_equal(r->set.items[1].up.path.p, tmpdir_path(*state, "0010_last.sql"));
    assert_string_equal(r->set.items[1].down.path.p, tmpdir_path(*state, "0010_last.down.sql"));
    assert_int_equal(r->set.items[1].up.size, 10);
    assert_int_equal(r->set.numbering, NUMBERING_SEQUENTIAL);
    assert_int_equal(r->set.width, 4);
    assert_false(r->set.split_suffix);
    end_read(r);
}

/* Who goes forward is not stopped by a text that is not going to run. */
static void downs_are_known_by_name_alone_when_only_ups_are_wanted(void **state)
{
    struct read r = {0};
    tmpdir_put(*state, "1_a.sql", "select 1;");
    tmpdir_put(*state, "1_a.down.sql", "\xef\xbb\xbfselect \xff;");
    tmpdir_put(*state, "2_b.sql", "select 2;");
    collect_init(&r.seen);
    assert_int_equal(source_read(&r.a, *state, SOURCE_UPS, &r.seen.report, &r.set, &r.e), PAWL_OK);
    assert_int_equal(r.seen.n, 1);
    assert_found(&r.seen, "warning up-without-down 2_b.sql");
    assert_string_equal(r.set.items[0].down.path.p, tmpdir_path(*state, "1_a.down.sql"));
    assert_null(r.set.items[1].down.path.p);
    assert_int_equal(source_read(&r.a, *state, SOURCE_ALL, &r.seen.report, &r.set, &r.e), PAWL_SOURCE);
    assert_found(&r.seen, "note bom 1_a.down.sql");
    assert_found(&r.seen, "error not-utf8 1_a.down.sql");
    arena_clear(&r.a);
}

static void count_tick(void *context)
{
    ++*(int *)context;
}

static void somebody_else_has_a_turn_while_files_are_read(void **state)
{
    struct read r = {0};
    char name[64];
    int ticks = 0;
    for (int i = 1; i <= 200; i++) {
        snprintf(name, sizeof name, "%03d_a.sql", i);
        tmpdir_put(*state, name, "select 1;");
    }
    collect_init(&r.seen);
    assert_int_equal(source_read_ticking(&r.a, *state, SOURCE_UPS, &r.seen.report, count_tick, &ticks, &r.set, &r.e),
                     PAWL_OK);
    assert_int_equal(r.set.n, 200);
    assert_in_range(ticks, 5, 50);
    arena_clear(&r.a);
}

static void checksums_are_those_of_sqlx(void **state)
{
    char hex[2 * SHA384_BYTES + 1];
    tmpdir_put(*state, "1_a.sql", "CREATE TABLE t(id int);\nSELECT 1;\n");
    tmpdir_put(*state, "2_b.sql", "CREATE TABLE t(id int);\r\nSELECT 1;\r\n");
    tmpdir_put(*state, "3_c.sql", "");
    struct read *r = read_folder(*state);
    assert_int_equal(r->code, PAWL_OK);
    hex_encode(hex, r->set.items[0].up.checksum, SHA384_BYTES);
    assert_string_equal(hex, "8329f35bada601706f373dc0506d1f86662e223e40df9bf1fb04c9c679c286d4"
                             "06fa7f4094baeff857f36b6f6d4759ff");
    hex_encode(hex, r->set.items[1].up.checksum, SHA384_BYTES);
    hex[16] = '\0';
    assert_string_equal(hex, "f585d77d56d99b56");
    hex_encode(hex, r->set.items[2].up.checksum, SHA384_BYTES);
    hex[16] = '\0';
    assert_string_equal(hex, "38b060a751ac9638");
    end_read(r);
}

static void duplicate_versions_stop(void **state)
{
    tmpdir_put(*state, "1_a.sql", "x");
    tmpdir_put(*state, "01_b.up.sql", "x");
    tmpdir_put(*state, "2_a.sql", "x");
    tmpdir_put(*state, "2_a.down.sql", "x");
    tmpdir_put(*state, "02_b.down.sql", "x");
    tmpdir_put(*state, "README.md", "x");
    struct read *r = read_folder(*state);
    assert_int_equal(r->code, PAWL_SOURCE);
    assert_found(&r->seen, "error duplicate-version 1_a.sql version 1 is carried by 01_b.up.sql too");
    assert_found(&r->seen, "error duplicate-version 2_a.down.sql version 2 is carried by 02_b.down.sql too");
    assert_found(&r->seen, "note ignored-file README.md");
    assert_string_equal(r->e.file, tmpdir_path(*state, "1_a.sql"));
    assert_true(r->e.version == 1);
    assert_int_equal(r->set.n, 2);
    end_read(r);
}

static void names_outside_the_grammar(void **state)
{
    tmpdir_put(*state, "1_a.sql", "x");
    tmpdir_put(*state, "schema.sql", "x");
    struct read *r = read_folder(*state);
    assert_int_equal(r->code, PAWL_OK); /* sqlx runs this folder too */
    assert_found(&r->seen, "error bad-name schema.sql");
    tmpdir_put(*state, "0002-b.sql", "x");
    r = read_folder(*state);
    assert_int_equal(r->code, PAWL_SOURCE);
    assert_non_null(strstr(r->e.file, "0002-b.sql"));
    assert_non_null(strstr(r->e.hint, "<version>_<description>.sql"));
    unlink(tmpdir_path(*state, "0002-b.sql"));
    tmpdir_put(*state, "seed_data.sql", "x");
    r = read_folder(*state);
    assert_int_equal(r->code, PAWL_SOURCE);
    assert_found(&r->seen, "error bad-name seed_data.sql no version");
    end_read(r);
}

static void a_relaxed_level_lets_a_bad_name_pass_but_not_a_duplicate(void **state)
{
    struct read r = {0};
    tmpdir_put(*state, "1_a.sql", "x");
    tmpdir_put(*state, "seed_data.sql", "x");
    collect_init(&r.seen);
    r.seen.report.levels[PAWL_FINDING_BAD_NAME] = PAWL_LEVEL_WARNING;
    r.seen.report.levels[PAWL_FINDING_DUPLICATE_VERSION] = PAWL_LEVEL_OFF;
    assert_int_equal(source_read(&r.a, *state, SOURCE_ALL, &r.seen.report, &r.set, &r.e), PAWL_OK);
    assert_int_equal(r.set.n, 1);
    tmpdir_put(*state, "1_b.sql", "x");
    assert_int_equal(source_read(&r.a, *state, SOURCE_ALL, &r.seen.report, &r.set, &r.e), PAWL_SOURCE);
    assert_non_null(strstr(r.e.message, "version 1"));
    arena_clear(&r.a);
}

static void versions_that_none_may_have(void **state)
{
    tmpdir_put(*state, "+5_x.sql", "x");
    struct read *r = read_folder(*state);
    assert_int_equal(r->code, PAWL_OK);
    assert_int_equal(r->set.n, 1);
    assert_true(r->set.items[0].version == 5);
    assert_found(&r->seen, "error bad-version +5_x.sql the version has a sign");
    tmpdir_put(*state, "0000_x.sql", "x");
    tmpdir_put(*state, "-3_x.sql", "x");
    tmpdir_put(*state, "9223372036854775808_x.sql", "x");
    r = read_folder(*state);
    assert_int_equal(r->code, PAWL_SOURCE);
    assert_int_equal(r->set.n, 1);
    assert_found(&r->seen, "error bad-version 0000_x.sql the version is zero");
    assert_found(&r->seen, "error bad-version -3_x.sql the version is negative");
    assert_found(&r->seen, "error bad-version 9223372036854775808_x.sql the version does not fit");
    end_read(r);
}

static void halves_are_reported_but_do_not_stop(void **state)
{
    tmpdir_put(*state, "1_a.up.sql", "x");
    tmpdir_put(*state, "2_b.down.sql", "x");
    struct read *r = read_folder(*state);
    assert_int_equal(r->code, PAWL_OK);
    assert_int_equal(r->set.n, 1);
    assert_null(r->set.items[0].down.path.p);
    assert_true(r->set.split_suffix);
    assert_found(&r->seen, "warning up-without-down 1_a.up.sql");
    assert_found(&r->seen, "error down-without-up 2_b.down.sql");
    end_read(r);
}

static void put_versions(const char *dir, const char *const *names)
{
    char down[256];
    for (; *names; names++) {
        tmpdir_put(dir, *names, "x");
        snprintf(down, sizeof down, "%.*s.down.sql", (int)strlen(*names) - 4, *names);
        tmpdir_put(dir, down, "x");
    }
}

static void gaps_in_sequences_only(void **state)
{
    put_versions(*state, (const char *const[]){"1_a.sql", "2_b.sql", "4_c.sql", "9_d.sql", NULL});
    struct read *r = read_folder(*state);
    assert_int_equal(r->code, PAWL_OK);
    assert_int_equal(r->seen.n, 2);
    assert_found(&r->seen, "warning gap 4_c.sql version 3 is missing");
    assert_found(&r->seen, "warning gap 9_d.sql versions 5 to 8 are missing");
    end_read(r);
}

static void steps_are_no_gaps(void **state)
{
    put_versions(*state, (const char *const[]){"10_a.sql", "20_b.sql", "40_c.sql", NULL});
    struct read *r = read_folder(*state);
    assert_int_equal(r->seen.n, 1);
    assert_found(&r->seen, "warning gap 40_c.sql version 30 is missing");
    end_read(r);
}

static void dates_have_no_gaps(void **state)
{
    put_versions(*state, (const char *const[]){"20240101000000_a.sql", "20250101000000_b.sql", NULL});
    struct read *r = read_folder(*state);
    assert_int_equal(r->seen.n, 0);
    assert_int_equal(r->set.numbering, NUMBERING_TIMESTAMP);
    end_read(r);
}

static void numbers_and_dates_do_not_mix(void **state)
{
    put_versions(*state, (const char *const[]){"0041_a.sql", "0042_b.sql", "2026_05_18_c.sql", NULL});
    struct read *r = read_folder(*state);
    assert_int_equal(r->set.numbering, NUMBERING_MIXED);
    assert_int_equal(r->set.width, 4);
    assert_int_equal(r->seen.n, 1);
    assert_found(&r->seen, "warning mixed-numbering 2026_05_18_c.sql the name begins like a date, but its version is "
                           "only 2026");
    put_versions(*state, (const char *const[]){"20260518_d.sql", NULL});
    r = read_folder(*state);
    assert_int_equal(r->seen.n, 2);
    assert_found(&r->seen, "warning mixed-numbering 20260518_d.sql 2 sequential numbers and 1 date in one set");
    end_read(r);
}

static void looks_into_the_bytes(void **state)
{
    tmpdir_put(*state, "1_bom.sql", "\xef\xbb\xbfselect 1;");
    tmpdir_put(*state, "2_latin.sql", "select 1;\n-- caf\xe9\n");
    tmpdir_write(*state, "3_nul.sql", "select\n1;\n\0;", 11);
    tmpdir_put(*state, "4_cut.sql", "-- \xe2\x82");
    struct read *r = read_folder(*state);
    assert_int_equal(r->code, PAWL_SOURCE);
    assert_found(&r->seen, "note bom 1_bom.sql");
    assert_found(&r->seen, "error not-utf8 2_latin.sql:2 not valid UTF-8 at byte offset 16");
    assert_found(&r->seen, "error nul-byte 3_nul.sql:3 a NUL byte at byte offset 10");
    assert_found(&r->seen, "error not-utf8 4_cut.sql:1 not valid UTF-8 at byte offset 3");
    assert_int_equal(r->e.line, 2);
    assert_true(r->e.version == 2);
    assert_true(r->set.items[0].up.bom);
    end_read(r);
}

/* Faults and characters at every distance from the border between two pieces of a long file. */
static void long_files_are_looked_at_in_pieces(void **state)
{
    static char text[200000];
    struct hasher h;
    unsigned char sum[SHA384_BYTES];
    assert_true(hasher_init_sha384(&h));
    for (size_t at = 65530; at < 65540; at++) {
        memset(text, 'x', sizeof text);
        text[100] = '\n';
        memcpy(text + at, "\xf0\x9f\x90\xa6", 4);
        tmpdir_write(*state, "1_a.sql", text, sizeof text);
        text[131075] = (char)0xff;
        text[131073] = '\n';
        tmpdir_write(*state, "2_b.sql", text, sizeof text);
        struct read *r = read_folder(*state);
        assert_int_equal(r->code, PAWL_SOURCE);
        assert_false(collect_has(&r->seen, "error not-utf8 1_a.sql"));
        assert_found(&r->seen, "error not-utf8 2_b.sql:3 not valid UTF-8 at byte offset 131075");
        assert_true(hasher_sum(&h, (struct slice){text, sizeof text}, sum));
        assert_memory_equal(r->set.items[1].up.checksum, sum, sizeof sum);
        assert_true(r->set.items[1].up.size == sizeof text);
        end_read(r);
    }
    hasher_clear(&h);
}

static void no_transaction_as_sqlx_sees_it_and_as_it_does_not(void **state)
{
    tmpdir_put(*state, "1_a.sql", "-- no-transaction\nx");
    tmpdir_put(*state, "2_b.sql", "-- no-transactions whatever"); /* sqlx only looks at the beginning */
    tmpdir_put(*state, "3_c.sql", "\n-- no-transaction\nx");
    tmpdir_put(*state, "4_d.sql", "\xef\xbb\xbf-- no-transaction\nx");
    tmpdir_put(*state, "5_e.sql", "/* licence\n */\n-- by us\r\n  -- no-transaction \r\nx");
    tmpdir_put(*state, "6_f.sql", "-- what -- no-transaction means\nx");
    tmpdir_put(*state, "7_g.sql", "select 1;\n-- no-transaction\n");
    tmpdir_put(*state, "8_h.sql", "--no-transaction\nx");
    tmpdir_put(*state, "9_i.sql", "/* never closed\n-- no-transaction\n");
    struct read *r = read_folder(*state);
    assert_int_equal(r->code, PAWL_OK);
    static const bool expected[] = {true, true, true, true, true, false, false, true, false};
    for (size_t i = 0; i < r->set.n; i++)
        assert_int_equal(r->set.items[i].up.no_transaction, expected[i]);
    assert_false(collect_has(&r->seen, "warning hidden-no-transaction 1_a.sql"));
    assert_false(collect_has(&r->seen, "warning hidden-no-transaction 2_b.sql"));
    assert_found(&r->seen, "warning hidden-no-transaction 3_c.sql:2");
    assert_found(&r->seen, "warning hidden-no-transaction 4_d.sql:1");
    assert_found(&r->seen, "warning hidden-no-transaction 5_e.sql:4");
    assert_found(&r->seen, "warning hidden-no-transaction 8_h.sql:1");
    end_read(r);
}

static void links_are_followed_and_circles_named(void **state)
{
    tmpdir_put(*state, "real.txt", "select 1;");
    assert_int_equal(symlink("real.txt", tmpdir_path(*state, "1_a.sql")), 0);
    struct read *r = read_folder(*state);
    assert_int_equal(r->code, PAWL_OK);
    assert_int_equal(r->set.n, 1);
    assert_true(r->set.items[0].up.size == 9);
    assert_int_equal(symlink("3_c.sql", tmpdir_path(*state, "2_b.sql")), 0);
    assert_int_equal(symlink("2_b.sql", tmpdir_path(*state, "3_c.sql")), 0);
    assert_int_equal(symlink("gone", tmpdir_path(*state, "4_d.sql")), 0);
    r = read_folder(*state);
    assert_int_equal(r->code, PAWL_SOURCE);
    assert_found(&r->seen, "error unreadable 2_b.sql this file cannot be read: a symbolic link that leads in a circle");
    assert_found(&r->seen, "error unreadable 3_c.sql");
    assert_found(&r->seen, "error unreadable 4_d.sql this file cannot be read: a symbolic link that leads nowhere");
    end_read(r);
}

static void what_is_no_file_is_not_read(void **state)
{
    tmpdir_put(*state, "1_a.sql", "x");
    tmpdir_put(*state, ".gitkeep", "");
    assert_int_equal(mkdir(tmpdir_path(*state, "2_b.sql"), 0700), 0);
    assert_int_equal(mkfifo(tmpdir_path(*state, "3_c.sql"), 0600), 0);
    struct read *r = read_folder(*state);
    assert_int_equal(r->code, PAWL_OK);
    assert_int_equal(r->set.n, 1);
    assert_found(&r->seen, "note ignored-file 2_b.sql a folder");
    assert_found(&r->seen, "note ignored-file 3_c.sql not a regular file");
    assert_int_equal(r->seen.n, 3);
    end_read(r);
}

/* Root may read everything, so a root that runs the tests becomes nobody for a moment. */
static void unreadable_files_are_findings(void **state)
{
    bool root = geteuid() == 0;
    tmpdir_put(*state, "1_a.sql", "x");
    tmpdir_put(*state, "2_b.sql", "x");
    assert_int_equal(mkdir(tmpdir_path(*state, "closed"), 0), 0);
    assert_int_equal(chmod(*state, 0755), 0);
    assert_int_equal(chmod(tmpdir_path(*state, "1_a.sql"), 0), 0);
    if (root && seteuid(65534) != 0)
        skip();
    struct read *r = read_folder(*state);
    assert_int_equal(r->code, PAWL_SOURCE);
    assert_int_equal(r->set.n, 1);
    assert_found(&r->seen, "error unreadable 1_a.sql this file cannot be read: Permission denied");
    assert_non_null(strstr(r->e.hint, "permission"));
    r = read_folder(tmpdir_path(*state, "closed"));
    if (root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(r->code, PAWL_IO);
    assert_non_null(strstr(r->e.message, "Permission denied"));
    end_read(r);
}

static void folders_that_are_none(void **state)
{
    struct read *r = read_folder(*state);
    assert_int_equal(r->code, PAWL_OK);
    assert_int_equal(r->set.n, 0);
    assert_int_equal(r->set.numbering, NUMBERING_NONE);
    assert_int_equal(r->seen.notes, 1);
    r = read_folder(tmpdir_path(*state, "gone"));
    assert_int_equal(r->code, PAWL_IO);
    assert_non_null(strstr(r->e.hint, "--dir"));
    assert_non_null(strstr(r->e.hint, "pawl new"));
    assert_string_equal(r->e.file, tmpdir_path(*state, "gone"));
    tmpdir_put(*state, "file", "x");
    r = read_folder(tmpdir_path(*state, "file"));
    assert_int_equal(r->code, PAWL_IO);
    assert_non_null(strstr(r->e.hint, "--dir"));
    assert_null(strstr(r->e.hint, "pawl new"));
    end_read(r);
}

#ifdef PAWL_FAULTS
static void every_failed_request_is_survived(void **state)
{
    static const char *const names[] = {"1_a.sql", "2_b.sql", "20260518120000_c.sql", NULL};
    put_versions(*state, names);
    tmpdir_put(*state, "1_c.sql", "\xef\xbb\xbf\n-- no-transaction\n\xff");
    tmpdir_put(*state, "x.sql", "x");
    tmpdir_put(*state, "y_x.sql", "x");
    tmpdir_put(*state, "0_x.sql", "x");
    tmpdir_put(*state, "3_x.down.sql", "x");
    assert_int_equal(symlink("4_d.sql", tmpdir_path(*state, "4_d.sql")), 0);
    int code = PAWL_NOMEM;
    for (long n = 1; code == PAWL_NOMEM; n++) {
        struct read r = {0};
        collect_init(&r.seen);
        mem_fault_set(n, 0);
        code = source_read(&r.a, *state, SOURCE_ALL, &r.seen.report, &r.set, &r.e);
        long hits = mem_fault_hits();
        mem_fault_set(0, 0);
        assert_int_equal(code, hits ? PAWL_NOMEM : PAWL_SOURCE);
        arena_clear(&r.a);
    }
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMPDIR_TEST(reads_both_layouts_in_order),
        TMPDIR_TEST(downs_are_known_by_name_alone_when_only_ups_are_wanted),
        TMPDIR_TEST(somebody_else_has_a_turn_while_files_are_read),
        TMPDIR_TEST(checksums_are_those_of_sqlx),
        TMPDIR_TEST(duplicate_versions_stop),
        TMPDIR_TEST(names_outside_the_grammar),
        TMPDIR_TEST(a_relaxed_level_lets_a_bad_name_pass_but_not_a_duplicate),
        TMPDIR_TEST(versions_that_none_may_have),
        TMPDIR_TEST(halves_are_reported_but_do_not_stop),
        TMPDIR_TEST(gaps_in_sequences_only),
        TMPDIR_TEST(steps_are_no_gaps),
        TMPDIR_TEST(dates_have_no_gaps),
        TMPDIR_TEST(numbers_and_dates_do_not_mix),
        TMPDIR_TEST(looks_into_the_bytes),
        TMPDIR_TEST(long_files_are_looked_at_in_pieces),
        TMPDIR_TEST(no_transaction_as_sqlx_sees_it_and_as_it_does_not),
        TMPDIR_TEST(links_are_followed_and_circles_named),
        TMPDIR_TEST(what_is_no_file_is_not_read),
        TMPDIR_TEST(unreadable_files_are_findings),
        TMPDIR_TEST(folders_that_are_none),
#ifdef PAWL_FAULTS
        TMPDIR_TEST(every_failed_request_is_survived),
#endif
    };
    return cmocka_run_group_tests_name("source/directory", tests, NULL, NULL);
}
