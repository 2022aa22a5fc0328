/* Each request for memory fails once in turn: nothing may crash, leak or be half done in silence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tmpdir.h"

#ifdef PAWL_FAULTS
#include <jansson.h>

#include "base/mem.h"
#include "cli/config.h"
#include "cli/help.h"
#include "cli/out.h"

/* Runs `work` with request 1, 2, ... refused until it is not refused any more; `work` tells whether it succeeded. */
static void each_request_fails(bool (*work)(void))
{
    for (long n = 1;; n++) {
        assert_true(n < 5000);
        mem_fault_set(n, 0);
        bool ok = work();
        long hits = mem_fault_hits();
        mem_fault_set(0, 0);
        assert_int_equal(ok, !hits);
        if (!hits)
            return;
    }
}

static bool load_settings(void)
{
    static const char *const environment[] = {"PAWL_WAIT=3s", "LIVE=x", NULL};
    char words[][32] = {"pawl", "verify", "--env", "dev", "--url", "secret", "--stub=f"};
    char *argv[sizeof words / sizeof *words + 1] = {NULL};
    ARENA(a);
    struct options o;
    struct config c;
    struct pawl_error e = {0};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        argv[i] = words[i];
    int rc = options_parse(&a, &o, (int)(sizeof words / sizeof *words), argv, &e);
    rc = rc ? rc : config_load(&a, &o, environment, &c, &e);
    assert_true(rc == PAWL_OK || rc == PAWL_NOMEM);
    return rc == PAWL_OK;
}

static void settings_survive(void **state)
{
    assert_int_equal(chdir(*state), 0);
    tmpdir_put(*state, ".env", "A=b\nexport B=\"$A\"\n");
    tmpdir_put(*state, "pawl.toml",
               "dir = 'x'\n[env.dev]\nurl = 'y'\n[env.live]\nurl = '${LIVE}'\nprotected = true\n"
               "[findings]\ngap = 'off'\n[scratch.sqlite]\nsetup = ['a', 'b']\n");
    each_request_fails(load_settings);
}

static bool show(const struct out_kind *kind)
{
    static char text[1 << 16];
    ARENA(a);
    struct out o = {.kind = kind, .width = 80, .color = true};
    struct pawl_finding finding = {.id = PAWL_FINDING_GAP, .level = PAWL_LEVEL_ERROR, .message = "m", .detail = "d"};
    struct pawl_status status = {.has_ledger = true, .engine = "sqlite"};
    struct pawl_result result = {.steps = 1};
    o.results = o.messages = fmemopen(text, sizeof text, "w");
    record_init(&o.record, &a);
    out_event(&o, &(struct pawl_event){.kind = PAWL_EVENT_ENGINE, .engine = "sqlite", .engine_version = "3"});
    for (int v = 1; v < 40; v++)
        out_event(&o, &(struct pawl_event){.kind = PAWL_EVENT_PROOF, .version = v, .file = "f", .description = "d"});
    out_event(&o, &(struct pawl_event){.kind = PAWL_EVENT_FINDING, .finding = &finding});
    out_event(&o, &(struct pawl_event){.kind = PAWL_EVENT_STEP_END, .version = 1, .file = "f", .description = "d"});
    out_event(&o, &(struct pawl_event){.kind = PAWL_EVENT_LOSS, .object = "table t", .count = 1});
    kind->verified(&o, true);
    kind->steps(&o, "applied", &result, NULL);
    kind->status(&o, &status);
    kind->error(&o, &(struct pawl_error){.message = "m", .hint = "h", .file = "f"});
    kind->end(&o);
    fclose(o.results);
    return !o.failed && !o.record.failed;
}

static bool show_text(void)
{
    return show(&out_text);
}

static bool show_json(void)
{
    return show(&out_json);
}

static void output_survives(void **state)
{
    (void)state;
    json_set_alloc_funcs(mem_alloc, mem_free);
    each_request_fails(show_text);
    each_request_fails(show_json);
}

static bool explain(void)
{
    STRBUF(b, 1u << 20);
    help_overview(&b);
    help_command(&b, COMMAND_UP);
    completion_script(&b, "zsh");
    manual_section(&b, SLICE("keys"), SLICE(""));
    return strbuf_ok(&b);
}

static void help_survives(void **state)
{
    (void)state;
    each_request_fails(explain);
}
#else
static void settings_survive(void **state)
{
    (void)state;
    skip();
}
#define output_survives settings_survive
#define help_survives settings_survive
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMPDIR_TEST(settings_survive),
        cmocka_unit_test(output_survives),
        cmocka_unit_test(help_survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
