#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/toml.h"

static void reads_what_a_config_needs(void **state)
{
    (void)state;
    ARENA(a);
    struct toml_value root;
    struct pawl_error e = {0};
    const char *text = "dir = 'db' # folder\n"
                       "wait = 1_000\n"
                       "[env.production]\n"
                       "url = \"a\\tb\\u00e4\"\nprotected = true\n"
                       "[scratch.sqlite]\nsetup = [\n  'a.sql', # first\n  \"b.sql\",\n]\n";
    assert_int_equal(toml_parse(&a, slice_of(text), SLICE("pawl.toml"), &root, &e), PAWL_OK);
    assert_string_equal(toml_get(&root, SLICE("dir"))->text.p, "db");
    assert_int_equal(toml_get(&root, SLICE("wait"))->integer, 1000);
    const struct toml_value *production = toml_get(toml_get(&root, SLICE("env")), SLICE("production"));
    assert_string_equal(toml_get(production, SLICE("url"))->text.p, "a\tb\xc3\xa4");
    assert_true(toml_get(production, SLICE("protected"))->boolean);
    const struct toml_value *sqlite = toml_get(toml_get(&root, SLICE("scratch")), SLICE("sqlite"));
    const struct toml_value *setup = toml_get(sqlite, SLICE("setup"));
    assert_int_equal(setup->n_items, 2);
    assert_string_equal(setup->items[1].p, "b.sql");
    assert_int_equal(setup->line, 7);
    assert_null(toml_get(&root, SLICE("di")));
}

static void names_the_place_of_a_fault(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t line, column;
    } faults[] = {
        {"a = 1\nb = \"x", 2, 5},
        {"a = 1\na = 2", 2, 1},
        {"[a]\n[b]\n[a]", 3, 2},
        {"a = 1.5", 1, 5},
        {"a = {}", 1, 5},
        {"\xef\xbb\xbf", 1, 1},
        {"a = '\xc3\xa4' x", 1, 9},
        {"a = [1]", 1, 6},
        {"a = [\n'x'\n", 1, 5},
        {"a = \"\\q\"", 1, 6},
        {"[[a]]", 1, 1},
        {"a = '''x'''", 1, 5},
        {"a = 9223372036854775808", 1, 5},
        {"# \x01", 1, 3},
        {"a = b", 1, 5},
        {"\n\na = '\xff'", 3, 6},
        {"a.b = 1\n[a]", 2, 2},
        {"a = 1 2", 1, 7},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        ARENA(a);
        struct toml_value root;
        struct pawl_error e = {0};
        assert_int_equal(toml_parse(&a, slice_of(faults[i].text), SLICE("pawl.toml"), &root, &e), PAWL_CONFIG);
        if (e.line != faults[i].line || e.column != faults[i].column)
            print_error("%s: %u:%u %s\n", faults[i].text, e.line, e.column, e.message);
        assert_int_equal(e.line, faults[i].line);
        assert_int_equal(e.column, faults[i].column);
        assert_string_equal(e.file, "pawl.toml");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_a_config_needs),
        cmocka_unit_test(names_the_place_of_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
