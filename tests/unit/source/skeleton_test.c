#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "collect.h"
#include "source/directory.h"
#include "source/script.h"
#include "source/skeleton.h"
#include "sys/file.h"
#include "tmpdir.h"

/* 2026-05-18 12:34:56 UTC */
#define NOW INT64_C(1779107696)

static struct pawl_new_files files;
static struct pawl_error error;

static int make(const char *dir, const char *name, enum pawl_numbering numbering)
{
    struct skeleton s = {.dir = dir, .name = name, .numbering = numbering, .now = NOW};
    err_clear(&error);
    return skeleton_write(&s, &files, &error);
}

static void assert_written(const char *dir, const char *up, const char *down)
{
    struct file_info info;
    assert_int_equal(error.code, PAWL_OK);
    assert_string_equal(files.up, tmpdir_path(dir, up));
    assert_string_equal(files.down, tmpdir_path(dir, down));
    assert_int_equal(file_look(files.up, &info, NULL), PAWL_OK);
    assert_int_equal(info.kind, FILE_REGULAR);
    assert_int_equal(file_look(files.down, &info, NULL), PAWL_OK);
    assert_int_equal(info.kind, FILE_REGULAR);
}

static void begins_with_four_digits_and_makes_the_folder(void **state)
{
    const char *dir = tmpdir_path(*state, "db/migrations");
    assert_int_equal(make(dir, "create users", PAWL_NUMBERING_AUTO), PAWL_OK);
    assert_written(dir, "0001_create_users.sql", "0001_create_users.down.sql");
    assert_true(files.version == 1);
    assert_int_equal(make(dir, " add email ", PAWL_NUMBERING_AUTO), PAWL_OK);
    assert_written(dir, "0002_add_email.sql", "0002_add_email.down.sql");
}

static void keeps_the_width_and_the_suffix(void **state)
{
    tmpdir_put(*state, "009_a.up.sql", "x");
    assert_int_equal(make(*state, "b", PAWL_NUMBERING_AUTO), PAWL_OK);
    assert_written(*state, "010_b.up.sql", "010_b.down.sql");
    tmpdir_put(*state, "999_a.up.sql", "x");
    assert_int_equal(make(*state, "c", PAWL_NUMBERING_AUTO), PAWL_OK);
    assert_written(*state, "1000_c.up.sql", "1000_c.down.sql");
}

static void goes_in_the_steps_of_the_folder(void **state)
{
    tmpdir_put(*state, "10_a.sql", "x");
    tmpdir_put(*state, "20_b.sql", "x");
    assert_int_equal(make(*state, "c", PAWL_NUMBERING_AUTO), PAWL_OK);
    assert_written(*state, "30_c.sql", "30_c.down.sql");
}

static void a_lonely_down_takes_its_number(void **state)
{
    tmpdir_put(*state, "1_a.sql", "x");
    tmpdir_put(*state, "2_b.down.sql", "x");
    assert_int_equal(make(*state, "c", PAWL_NUMBERING_AUTO), PAWL_OK);
    assert_written(*state, "3_c.sql", "3_c.down.sql");
}

static void takes_the_time_where_the_folder_does(void **state)
{
    tmpdir_put(*state, "20250101000000_a.sql", "x");
    assert_int_equal(make(*state, "b", PAWL_NUMBERING_AUTO), PAWL_OK);
    assert_written(*state, "20260518123456_b.sql", "20260518123456_b.down.sql");
    assert_int_equal(make(*state, "c", PAWL_NUMBERING_AUTO), PAWL_OK);
    assert_written(*state, "20260518123457_c.sql", "20260518123457_c.down.sql");
    tmpdir_put(*state, "20990101000000_d.sql", "x");
    assert_int_equal(make(*state, "e", PAWL_NUMBERING_AUTO), PAWL_OK);
    assert_written(*state, "20990101000001_e.sql", "20990101000001_e.down.sql");
}

static void takes_the_time_when_told(void **state)
{
    assert_int_equal(make(*state, "a", PAWL_NUMBERING_TIMESTAMP), PAWL_OK);
    assert_written(*state, "20260518123456_a.sql", "20260518123456_a.down.sql");
    assert_int_equal(make(*state, "b", PAWL_NUMBERING_SEQUENTIAL), PAWL_OK);
    assert_written(*state, "20260518123457_b.sql", "20260518123457_b.down.sql");
}

static void refuses_names_that_are_none(void **state)
{
    static const char *const names[] = {"",     "  ", "a/b",    "..\\x", "a\nb", "a\x7f",
                                        "\xff", "a?", "x.down", "x.up",  "x.sql"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (make(*state, names[i], PAWL_NUMBERING_AUTO) != PAWL_USAGE)
            fail_msg("\"%s\" was taken", names[i]);
    char longest[202];
    memset(longest, 'x', 201);
    longest[201] = '\0';
    assert_int_equal(make(*state, longest, PAWL_NUMBERING_AUTO), PAWL_USAGE);
    assert_int_equal(tmpdir_count(*state), 0);
    longest[200] = '\0';
    assert_int_equal(make(*state, longest, PAWL_NUMBERING_AUTO), PAWL_OK);
}

static void takes_names_in_any_language(void **state)
{
    assert_int_equal(make(*state, "größere Bäume", PAWL_NUMBERING_AUTO), PAWL_OK);
    assert_written(*state, "0001_größere_Bäume.sql", "0001_größere_Bäume.down.sql");
}

static void no_version_is_left(void **state)
{
    tmpdir_put(*state, "9223372036854775807_a.sql", "x");
    assert_int_equal(make(*state, "b", PAWL_NUMBERING_AUTO), PAWL_USAGE);
    assert_int_equal(tmpdir_count(*state), 1);
}

static void paths_that_are_too_long(void **state)
{
    char dir[1100];
    int n = snprintf(dir, sizeof dir, "%s", (const char *)*state);
    while (n < 1000)
        n += snprintf(dir + n, sizeof dir - (size_t)n, "/%050d", 0);
    assert_int_equal(make(dir, "a name", PAWL_NUMBERING_AUTO), PAWL_USAGE);
    assert_non_null(strstr(error.message, "longer than 1023 bytes"));
}

static void a_folder_that_cannot_be(void **state)
{
    tmpdir_put(*state, "x", "");
    assert_int_equal(make(tmpdir_path(*state, "x"), "a", PAWL_NUMBERING_AUTO), PAWL_IO);
    assert_int_equal(make("", "a", PAWL_NUMBERING_AUTO), PAWL_IO);
}

/* The down is reported as empty until somebody writes it, and the comments ask for nothing by accident. */
static void the_texts_say_nothing_to_an_engine(void **state)
{
    ARENA(a);
    static struct collect seen;
    struct migration_set set;
    struct text text;
    struct script script;
    collect_init(&seen);
    assert_int_equal(make(*state, "no-transaction", PAWL_NUMBERING_AUTO), PAWL_OK);
    assert_int_equal(source_read(&a, *state, SOURCE_ALL, &seen.report, &set, NULL), PAWL_OK);
    assert_int_equal(seen.n, 0);
    assert_int_equal(set.n, 1);
    const struct migration *m = &set.items[0];
    assert_false(m->up.no_transaction);
    assert_true(slice_eq(m->description, SLICE("no-transaction")));
    assert_int_equal(text_open(&m->down, &text, NULL), PAWL_OK);
    assert_int_equal(script_check(m, &m->down, &text, "sqlite", &dialect_sqlite, SLICE("_sqlx_migrations"),
                                  &seen.report, &script, NULL),
                     PAWL_OK);
    assert_int_equal(seen.n, 1);
    assert_found(&seen, "error empty-down 0001_no-transaction.down.sql");
    assert_non_null(memmem(text.sql.p, text.sql.n, "empty-down", 10));
    text_close(&text);
}

#ifdef PAWL_FAULTS
static void every_failed_request_is_survived(void **state)
{
    tmpdir_put(*state, "1_a.sql", "x");
    int code = PAWL_NOMEM;
    for (long n = 1; code == PAWL_NOMEM; n++) {
        mem_fault_set(n, 0);
        code = make(*state, "b", PAWL_NUMBERING_AUTO);
        mem_fault_set(0, 0);
        assert_int_equal(tmpdir_count(*state), code == PAWL_OK ? 3 : 1);
    }
    assert_int_equal(code, PAWL_OK);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMPDIR_TEST(begins_with_four_digits_and_makes_the_folder),
        TMPDIR_TEST(keeps_the_width_and_the_suffix),
        TMPDIR_TEST(goes_in_the_steps_of_the_folder),
        TMPDIR_TEST(a_lonely_down_takes_its_number),
        TMPDIR_TEST(takes_the_time_where_the_folder_does),
        TMPDIR_TEST(takes_the_time_when_told),
        TMPDIR_TEST(refuses_names_that_are_none),
        TMPDIR_TEST(takes_names_in_any_language),
        TMPDIR_TEST(no_version_is_left),
        TMPDIR_TEST(paths_that_are_too_long),
        TMPDIR_TEST(a_folder_that_cannot_be),
        TMPDIR_TEST(the_texts_say_nothing_to_an_engine),
#ifdef PAWL_FAULTS
        TMPDIR_TEST(every_failed_request_is_survived),
#endif
    };
    return cmocka_run_group_tests_name("source/skeleton", tests, NULL, NULL);
}
