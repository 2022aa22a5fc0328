#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/help.h"
#include "tmpdir.h"

static void assert_fits(const char *text)
{
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        assert_true(n <= 100);
        assert_true(n == 0 || line[n - 1] != ' ');
        line += n + (line[n] == '\n');
    }
}

static void help_names_every_command_and_option(void **state)
{
    (void)state;
    STRBUF(overview, 1u << 20);
    help_overview(&overview);
    assert_true(strbuf_ok(&overview));
    assert_fits(strbuf_z(&overview));
    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++) {
        char line[64];
        STRBUF(b, 1u << 20);
        snprintf(line, sizeof line, "\n  %s ", command_table[c].name);
        assert_non_null(strstr(strbuf_z(&overview), line));
        help_command(&b, (enum command)c);
        assert_true(strbuf_ok(&b));
        assert_fits(strbuf_z(&b));
        for (int i = 0; i < OPT_COUNT; i++) {
            snprintf(line, sizeof line, "--%s", option_table[i].name);
            if (option_serves(&option_table[i], (enum command)c))
                assert_non_null(strstr(strbuf_z(&b), line));
        }
    }
}

/* A shell must at least be able to read the script; those that are not installed are passed over. */
static void completion_is_valid_in_its_shell(void **state)
{
    static const char *const shells[] = {"bash", "zsh", "fish"};
    for (size_t i = 0; i < 3; i++) {
        char command[300];
        STRBUF(b, 1u << 20);
        assert_true(completion_script(&b, shells[i]));
        assert_true(strbuf_ok(&b));
        tmpdir_put(*state, shells[i], strbuf_z(&b));
        snprintf(command, sizeof command, "command -v %s >/dev/null || exit 0; %s -n '%s'", shells[i], shells[i],
                 tmpdir_path(*state, shells[i]));
        assert_int_equal(system(command), 0);
    }
    STRBUF(b, 1000);
    assert_false(completion_script(&b, "csh"));
}

static void bash_completes_words(void **state)
{
    static const struct {
        const char *words, *last, *want;
    } lines[] = {
        {"pawl", "ver", "verify version"},        {"pawl up", "--single", "--single-transaction"},
        {"pawl status", "--single", ""},          {"pawl up --color", "a", "auto always"},
        {"pawl completion", "", "bash zsh fish"}, {"pawl -q help", "bas", "baseline"},
    };
    STRBUF(b, 1u << 20);
    completion_script(&b, "bash");
    tmpdir_put(*state, "c", strbuf_z(&b));
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char script[600], got[200] = "";
        snprintf(script, sizeof script,
                 "bash -c '. \"%s\"; COMP_WORDS=(%s \"%s\"); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _pawl; "
                 "printf %%s \"${COMPREPLY[*]}\"'",
                 tmpdir_path(*state, "c"), lines[i].words, lines[i].last);
        FILE *p = popen(script, "r");
        assert_non_null(p);
        got[fread(got, 1, sizeof got - 1, p)] = '\0';
        if (pclose(p) == 127 << 8)
            skip();
        assert_string_equal(got, lines[i].want);
    }
}

static void manual_sections_are_there(void **state)
{
    (void)state;
    STRBUF(b, 1u << 20);
    assert_true(manual_section(&b, SLICE("options"), SLICE("up")));
    assert_non_null(strstr(strbuf_z(&b), "*--to* _VERSION_\n"));
    assert_null(strstr(strbuf_z(&b), "--dir"));
    assert_true(manual_section(&b, SLICE("exit-status"), SLICE("")));
    assert_non_null(strstr(strbuf_z(&b), "*6*\n\t_refused_: "));
    assert_false(manual_section(&b, SLICE("options"), SLICE("nonsense")));
    assert_false(manual_section(&b, SLICE("nonsense"), SLICE("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_names_every_command_and_option),
        TMPDIR_TEST(completion_is_valid_in_its_shell),
        TMPDIR_TEST(bash_completes_words),
        cmocka_unit_test(manual_sections_are_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
