#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/dotenv.h"

static const char *const environment[] = {"HOME=/home/x", "EMPTY=", NULL};

static void reads_the_usual_lines(void **state)
{
    (void)state;
    ARENA(a);
    struct dotenv d;
    struct pawl_error e = {0};
    const char *text = "# comment\n\nDATABASE_URL=sqlite:app.db\r\n"
                       "export PAWL_ENV = dev   # why\n"
                       "A='single $HOME \\n # no comment'\n"
                       "B=\"double $HOME \\n \\\"q\\\" \\$x\"\n"
                       "C=x#y\nD=\nE=${A}/${HOME}$NOWHERE\nA=second\nF=\"two\nlines\"\nG=5 # c\nH=$\n";
    assert_int_equal(dotenv_parse(&a, slice_of(text), SLICE(".env"), environment, &d, &e), PAWL_OK);
    static const char *const want[][2] = {
        {"DATABASE_URL", "sqlite:app.db"},
        {"PAWL_ENV", "dev"},
        {"A", "single $HOME \\n # no comment"},
        {"B", "double /home/x \n \"q\" $x"},
        {"C", "x#y"},
        {"D", ""},
        {"E", "single $HOME \\n # no comment//home/x"},
        {"F", "two\nlines"},
        {"G", "5"},
        {"H", "$"},
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const struct dotenv_entry *entry = dotenv_get(&d, slice_of(want[i][0]));
        assert_non_null(entry);
        assert_string_equal(entry->value, want[i][1]);
    }
    assert_int_equal(dotenv_get(&d, SLICE("G"))->line, 13);
    assert_null(dotenv_get(&d, SLICE("NOWHERE")));
}

static void names_the_place_of_a_fault(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t line;
    } faults[] = {
        {"A=1\nB", 2},    {"A=1\n=2\n", 2}, {"A=x y\n", 1}, {"A='x\n\n", 3},
        {"A=\"\\q\"", 1}, {"\nA=${B\n", 2}, {"1A=2", 1},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        ARENA(a);
        struct dotenv d;
        struct pawl_error e = {0};
        assert_int_equal(dotenv_parse(&a, slice_of(faults[i].text), SLICE(".env"), environment, &d, &e), PAWL_CONFIG);
        assert_int_equal(e.line, faults[i].line);
        assert_string_equal(e.file, ".env");
    }
}

static void finds_variables(void **state)
{
    (void)state;
    assert_string_equal(environment_get(environment, SLICE("HOME")), "/home/x");
    assert_string_equal(environment_get(environment, SLICE("EMPTY")), "");
    assert_null(environment_get(environment, SLICE("HOM")));
    assert_null(environment_get(NULL, SLICE("HOME")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_usual_lines),
        cmocka_unit_test(names_the_place_of_a_fault),
        cmocka_unit_test(finds_variables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
