#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/config.h"
#include "sys/file.h"
#include "tmpdir.h"

/* A folder to stand in, a command line, an environment, and what was made of them. */
struct setting {
    struct arena arena;
    struct options o;
    struct config c;
    struct pawl_error e;
};

static void setting_clear(struct setting *s)
{
    arena_clear(&s->arena);
}
#define SETTING(name) struct setting name __attribute__((cleanup(setting_clear))) = {0}

static int load(struct setting *s, const char *folder, const char *line, const char *const *environment)
{
    char text[256], *argv[16] = {NULL};
    int argc = 0;
    arena_clear(&s->arena);
    *s = (struct setting){0};
    assert_int_equal(chdir(folder), 0);
    snprintf(text, sizeof text, "pawl %s", line);
    for (char *save, *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
        argv[argc++] = arena_strz(&s->arena, slice_of(word));
    assert_int_equal(options_parse(&s->arena, &s->o, argc, argv, &s->e), PAWL_OK);
    return config_load(&s->arena, &s->o, environment, &s->c, &s->e);
}

static const char *const nothing[] = {NULL};

static void the_stronger_source_wins(void **state)
{
    SETTING(s);
    static const char *const environment[] = {"DATABASE_URL=from-variable", NULL};
    const char *place[] = {"default", "pawl.toml:1:1", "pawl.toml:4:1", ".env:1", "$DATABASE_URL", "--url"};
    const char *url[] = {NULL, "from-top", "from-section", "from-dotenv", "from-variable", "from-flag"};
    for (int level = 0; level < 6; level++) {
        if (level == 1)
            tmpdir_put(*state, "pawl.toml", "url = 'from-top'\n");
        if (level == 2)
            tmpdir_put(*state, "pawl.toml", "url = 'from-top'\ndefault_env = 'dev'\n[env.dev]\nurl = 'from-section'\n");
        if (level == 3)
            tmpdir_put(*state, ".env", "DATABASE_URL=from-dotenv\n");
        const char *line = level == 5 ? "up --url from-flag" : "up";
        assert_int_equal(load(&s, *state, line, level >= 4 ? environment : nothing), PAWL_OK);
        const struct option_value *v = &s.o.value[OPT_URL];
        if (!url[level]) {
            assert_null(v->text);
            continue;
        }
        assert_string_equal(v->text, url[level]);
        assert_string_equal(v->place, place[level]);
    }
    assert_int_equal(load(&s, *state, "up --no-dotenv", nothing), PAWL_OK);
    assert_string_equal(s.o.value[OPT_URL].text, "from-section");
}

static void defaults_hold_without_anything(void **state)
{
    SETTING(s);
    assert_int_equal(load(&s, *state, "up", nothing), PAWL_OK);
    assert_string_equal(s.o.value[OPT_DIR].text, "migrations");
    assert_string_equal(s.o.value[OPT_TABLE].text, "_sqlx_migrations");
    assert_int_equal(s.o.value[OPT_WAIT].number, 10000);
    assert_null(s.c.file);
    assert_null(s.c.environment);
    assert_false(s.c.is_protected);
}

static void only_a_named_environment_counts(void **state)
{
    SETTING(s);
    static const char *const ci[] = {"CI=true", NULL};
    static const char *const named[] = {"CI=true", "PAWL_ENV=test", NULL};
    assert_int_equal(load(&s, *state, "up", ci), PAWL_OK);
    assert_null(s.c.environment);
    assert_int_equal(load(&s, *state, "up", named), PAWL_OK);
    assert_string_equal(s.c.environment, "test");
    assert_int_equal(load(&s, *state, "up -e dev", named), PAWL_OK);
    assert_string_equal(s.c.environment, "dev");
    tmpdir_put(*state, "pawl.toml", "env = 'dev'\n");
    assert_int_equal(load(&s, *state, "up", ci), PAWL_OK);
    assert_string_equal(s.c.environment, "dev");
}

static void protected_databases_are_known_under_every_environment(void **state)
{
    SETTING(s);
    static const char *const environment[] = {"LIVE=postgres://live/db", NULL};
    tmpdir_put(
        *state, "pawl.toml",
        "url = 'top'\n[env.dev]\nurl = 'sqlite:dev.db'\n[env.production]\nprotected = true\nurl = '${LIVE}?x=1'\n"
        "[env.staging]\nprotected = true\n[env.other]\nprotected = true\nurl = '${UNSET}'\n");
    assert_int_equal(load(&s, *state, "up -e dev", environment), PAWL_OK);
    assert_false(s.c.is_protected);
    assert_int_equal(s.c.n_protected_urls, 2);
    assert_string_equal(s.c.protected_urls[0], "postgres://live/db?x=1");
    assert_string_equal(s.c.protected_urls[1], "top");
    assert_int_equal(s.c.n_protected_unknown, 1);

    assert_int_equal(load(&s, *state, "up -e production", environment), PAWL_OK);
    assert_true(s.c.is_protected);
    assert_string_equal(s.o.value[OPT_URL].text, "postgres://live/db?x=1");
    assert_int_equal(load(&s, *state, "up -e other", environment), PAWL_CONFIG);
    assert_string_equal(s.e.message, "the variable 'UNSET' is not set");
    assert_int_equal(s.e.line, 11);
}

static void a_stronger_url_is_mentioned(void **state)
{
    SETTING(s);
    static const char *const environment[] = {"DATABASE_URL=elsewhere", NULL};
    tmpdir_put(*state, "pawl.toml", "[env.dev]\nurl = 'dev.db'\n");
    assert_int_equal(load(&s, *state, "up -e dev", environment), PAWL_OK);
    assert_string_equal(s.o.value[OPT_URL].text, "elsewhere");
    assert_string_equal(s.c.note, "the url of [env.dev] is not used: $DATABASE_URL is stronger");
    assert_int_equal(load(&s, *state, "up -e dev", nothing), PAWL_OK);
    assert_null(s.c.note);
}

static void faults_have_a_place_and_a_hint(void **state)
{
    SETTING(s);
    static const struct {
        const char *text, *message, *hint;
        uint32_t line, column;
    } faults[] = {
        {"dri = 'x'", "unknown key 'dri'", "did you mean 'dir'?", 1, 1},
        {"[env.dev]\nprotcted = true", "unknown key 'protcted'", "did you mean 'protected'?", 2, 1},
        {"[env.dev]\nprotected = 'yes'", "protected must be true or false", "", 2, 1},
        {"[env.dev]\ndefault_env = 'x'", "unknown key 'default_env'", "`man pawl.toml` lists the keys", 2, 1},
        {"url = 5", "url must be a string, not of kind integer", "", 1, 1},
        {"foreign_keys = 'of'", "foreign_keys must be one of off|on, not 'of'", "", 1, 1},
        {"[findings]\nempty-don = 'off'", "unknown finding 'empty-don'", "did you mean 'empty-down'?", 2, 1},
        {"[findings]\nempty-down = 'of'", "the level of a finding must be \"off\", \"note\", \"warning\" or \"error\"",
         "", 2, 1},
        {"[scratch.sqlte]\n", "unknown engine 'sqlte'", "did you mean 'sqlite'?", 1, 10},
        {"[scratch.postgres]\nstubs = ['f']", "unknown key 'stubs'", "", 2, 1},
        {"findings = 1", "this must be a table, like [findings] or [scratch.sqlite]", "", 1, 1},
        {"[env]\ndev = 1", "an environment must be a table, like [env.dev]", "", 2, 1},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        tmpdir_put(*state, "pawl.toml", faults[i].text);
        assert_int_equal(load(&s, *state, "up", nothing), PAWL_CONFIG);
        assert_string_equal(s.e.message, faults[i].message);
        if (faults[i].hint[0])
            assert_string_equal(s.e.hint, faults[i].hint);
        assert_string_equal(s.e.file, "pawl.toml");
        assert_int_equal(s.e.line, faults[i].line);
        assert_int_equal(s.e.column, faults[i].column);
    }
}

static void a_misspelt_environment_is_an_error(void **state)
{
    SETTING(s);
    tmpdir_put(*state, "pawl.toml", "[env.production]\nprotected = true\n");
    assert_int_equal(load(&s, *state, "up -e prodution", nothing), PAWL_CONFIG);
    assert_string_equal(s.e.hint, "did you mean 'production'?");
    assert_int_equal(load(&s, *state, "up -e dev", nothing), PAWL_OK);
}

static void paths_are_relative_to_the_file(void **state)
{
    SETTING(s);
    assert_int_equal(folder_make(tmpdir_path(*state, "conf"), NULL), PAWL_OK);
    tmpdir_put(
        *state, "conf/p.toml",
        "dir = 'db'\n[scratch.sqlite]\nsetup = ['a.sql', '/b.sql']\nstubs = 'now_ms'\n[findings]\ngap = 'off'\n");
    assert_int_equal(load(&s, *state, "up -c conf/p.toml", nothing), PAWL_OK);
    assert_string_equal(s.o.value[OPT_DIR].text, "conf/db");
    const struct config_scratch *sqlite = &s.c.scratch[CONFIG_SQLITE];
    assert_int_equal(sqlite->setup.n_items, 2);
    assert_string_equal(sqlite->setup.items[0], "conf/a.sql");
    assert_string_equal(sqlite->setup.items[1], "/b.sql");
    assert_string_equal(sqlite->stubs.items[0], "now_ms");
    assert_int_equal(s.c.n_levels, 1);
    assert_int_equal(s.c.levels[0].id, PAWL_FINDING_GAP);
    assert_int_equal(s.c.levels[0].level, PAWL_LEVEL_OFF);

    assert_int_equal(load(&s, *state, "up -c none.toml", nothing), PAWL_CONFIG);
    assert_string_equal(s.e.message, "there is no file none.toml, named by --config");
}

static void colours_can_be_turned_off(void **state)
{
    SETTING(s);
    static const char *const environment[] = {"NO_COLOR=1", NULL};
    assert_int_equal(load(&s, *state, "up", environment), PAWL_OK);
    assert_string_equal(s.o.value[OPT_COLOR].text, "never");
    assert_int_equal(load(&s, *state, "up --color always", environment), PAWL_OK);
    assert_string_equal(s.o.value[OPT_COLOR].text, "always");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMPDIR_TEST(the_stronger_source_wins),
        TMPDIR_TEST(defaults_hold_without_anything),
        TMPDIR_TEST(only_a_named_environment_counts),
        TMPDIR_TEST(protected_databases_are_known_under_every_environment),
        TMPDIR_TEST(a_stronger_url_is_mentioned),
        TMPDIR_TEST(faults_have_a_place_and_a_hint),
        TMPDIR_TEST(a_misspelt_environment_is_an_error),
        TMPDIR_TEST(paths_are_relative_to_the_file),
        TMPDIR_TEST(colours_can_be_turned_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
