#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "cli/options.h"

/* A command line, split at spaces, and what was read from it. */
struct line {
    struct arena arena;
    char text[512];
    char *argv[32];
    int argc;
    struct options o;
    struct pawl_error e;
};

static int parse(struct line *l, const char *text)
{
    arena_clear(&l->arena);
    *l = (struct line){0};
    snprintf(l->text, sizeof l->text, "pawl %s", text);
    for (char *save, *word = strtok_r(l->text, " ", &save); word; word = strtok_r(NULL, " ", &save))
        l->argv[l->argc++] = word;
    return options_parse(&l->arena, &l->o, l->argc, l->argv, &l->e);
}

static void line_clear(struct line *l)
{
    arena_clear(&l->arena);
}
#define LINE(name) struct line name __attribute__((cleanup(line_clear))) = {0}

static void options_stand_before_and_after(void **state)
{
    (void)state;
    LINE(l);
    static const char *const same[] = {
        "--dir db up --to 5 -q", "up --dir=db -q --to=5",      "-qddb up --to 5",
        "-d db -q --to 5 -- up", "--to 5 up -q -d x --dir db",
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        assert_int_equal(parse(&l, same[i]), PAWL_OK);
        assert_int_equal(l.o.command, COMMAND_UP);
        assert_string_equal(l.o.value[OPT_DIR].text, "db");
        assert_int_equal(l.o.value[OPT_TO].number, 5);
        assert_true(option_flag(&l.o, OPT_QUIET));
        assert_false(option_flag(&l.o, OPT_JSON));
        assert_int_equal(l.o.value[OPT_URL].origin, ORIGIN_NONE);
    }
}

static void words_after_dashes_are_arguments(void **state)
{
    (void)state;
    LINE(l);
    assert_int_equal(parse(&l, "new -- --odd"), PAWL_OK);
    assert_int_equal(l.o.n_args, 1);
    assert_string_equal(l.o.args[0], "--odd");
}

static void wrong_lines_say_what_is_wrong(void **state)
{
    (void)state;
    LINE(l);
    static const char *const wrong[][3] = {
        {"up --dri x", "unknown option --dri", "did you mean --dir?"},
        {"up --dri=x", "unknown option --dri", "did you mean --dir?"},
        {"up --single", "unknown option --single", "did you mean --single-transaction?"},
        {"up -Z", "unknown option -Z", "`pawl help` lists the options"},
        {"statsu", "unknown command 'statsu'", "did you mean `pawl status`?"},
        {"frobnicate", "unknown command 'frobnicate'", "`pawl help` lists the commands"},
        {"up --dir", "option --dir needs a value", "write --dir DIR"},
        {"up --dir --json", "option --dir needs a value", "a value that starts with a dash is written --dir=--json"},
        {"up --json=yes", "option --json takes no value", ""},
        {"up --to x", "--to must be a whole number, 0 or more, not 'x'", ""},
        {"up --to=-1", "--to must be a whole number, 0 or more, not '-1'", ""},
        {"up --wait 5x", "--wait must be a time like 500ms, 30s, 2m or 1h, not '5x'", ""},
        {"up --color red", "--color must be one of auto|always|never, not 'red'", ""},
        {"up --to 1 --steps 2", "--to and --steps exclude each other", ""},
        {"up -q -v", "--quiet and --verbose exclude each other", ""},
        {"status --to 1", "--to is not an option of `pawl status`", "`pawl help status` lists its options"},
        {"up 5", "`pawl up` does not take '5'", "it is used as: pawl up"},
        {"new", "`pawl new` needs NAME", "`pawl help new` explains it"},
        {"--json", "no command given", "`pawl help` lists the commands"},
        {"up --url=", "--url must not be empty", ""},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(parse(&l, wrong[i][0]), PAWL_USAGE);
        assert_string_equal(l.e.message, wrong[i][1]);
        assert_string_equal(l.e.hint, wrong[i][2]);
    }
}

static void durations_have_units(void **state)
{
    (void)state;
    LINE(l);
    static const struct {
        const char *text;
        int64_t ms;
    } times[] = {
        {"up --wait 500ms", 500},   {"up --wait 30s", 30000}, {"up --wait 2m", 120000},
        {"up --wait 2min", 120000}, {"up --wait 7", 7000},    {"up --wait 0", 0},
    };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        assert_int_equal(parse(&l, times[i].text), PAWL_OK);
        assert_int_equal(l.o.value[OPT_WAIT].number, times[i].ms);
    }
    assert_int_equal(parse(&l, "up --wait 9223372036854775807h"), PAWL_USAGE);
}

static void a_password_leaves_argv(void **state)
{
    (void)state;
    LINE(l);
    assert_int_equal(parse(&l, "up --url postgres://u:secret@h/d"), PAWL_OK);
    assert_string_equal(l.o.value[OPT_URL].text, "postgres://u:secret@h/d");
    for (int i = 0; i < l.argc; i++)
        assert_null(strstr(l.argv[i], "secret"));
    assert_int_equal(parse(&l, "up --url=postgres://u:secret@h/d"), PAWL_OK);
    assert_null(strstr(l.argv[2], "secret"));
}

static void lists_add_up(void **state)
{
    (void)state;
    LINE(l);
    assert_int_equal(parse(&l, "verify --stub f --stub=g"), PAWL_OK);
    assert_int_equal(l.o.value[OPT_STUB].n_items, 2);
    assert_string_equal(l.o.value[OPT_STUB].items[0], "f");
    assert_string_equal(l.o.value[OPT_STUB].items[1], "g");
}

static void help_needs_nothing_else(void **state)
{
    (void)state;
    LINE(l);
    assert_int_equal(parse(&l, "--help"), PAWL_OK);
    assert_int_equal(parse(&l, "new -h"), PAWL_OK);
    assert_int_equal(l.o.command, COMMAND_NEW);
    assert_int_equal(parse(&l, "--version"), PAWL_OK);
}

static void nothing_twice(const struct option_info *a, const struct option_info *b)
{
    if (a->commands & b->commands) /* one name may mean something else to another command */
        assert_string_not_equal(a->name, b->name);
    assert_false(a->letter && a->letter == b->letter);
    assert_false(a->key && b->key && strcmp(a->key, b->key) == 0);
    assert_false(a->variable && b->variable && strcmp(a->variable, b->variable) == 0);
}

static void the_table_is_sound(void **state)
{
    (void)state;
    for (int i = 0; i < OPT_COUNT; i++) {
        const struct option_info *info = &option_table[i];
        assert_non_null(info->name);
        assert_non_null(info->help);
        assert_true(strlen(info->help) < 80 && info->help[strlen(info->help) - 1] != '.');
        assert_true((info->argument == NULL) == (info->type == OPTION_FLAG));
        assert_true(info->commands != 0);
        for (int j = 0; j < i; j++)
            nothing_twice(info, &option_table[j]);
        struct option_value v = {0};
        if (info->fallback)
            assert_int_equal(option_read(info, info->fallback, ORIGIN_FALLBACK, "default", &v, NULL), PAWL_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_before_and_after), cmocka_unit_test(words_after_dashes_are_arguments),
        cmocka_unit_test(wrong_lines_say_what_is_wrong),  cmocka_unit_test(durations_have_units),
        cmocka_unit_test(a_password_leaves_argv),         cmocka_unit_test(lists_add_up),
        cmocka_unit_test(help_needs_nothing_else),        cmocka_unit_test(the_table_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
