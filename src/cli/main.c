#include <errno.h>
#include <jansson.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "cli/clean.h"
#include "cli/cli.h"
#include "sys/process.h"
#include "sys/term.h"

static command_fn *const commands[COMMAND_COUNT] = {
#define COMMAND(id, function, ...) [COMMAND_##id] = cmd_##function,
#include "cli/commands.def"
#undef COMMAND
};

/* An error in the command line is told in the form that the line asks for, as far as that can be seen. */
static bool asks_for_json(const struct cli *c, int argc, char **argv)
{
    bool json = option_flag(&c->o, OPT_JSON);
    for (int i = 1; i < argc && !json; i++)
        json = strcmp(argv[i], "--json") == 0;
    return json;
}

static bool wants_color(const struct cli *c, int fd)
{
    const struct option_value *color = &c->o.value[OPT_COLOR];
    if (color->text && strcmp(color->text, "auto") != 0)
        return strcmp(color->text, "always") == 0;
    const char *term = environment_get((const char *const *)environ, SLICE("TERM"));
    return term_is(fd) && !(term && strcmp(term, "dumb") == 0);
}

static void start_output(struct cli *c, bool json)
{
    struct out *o = &c->out;
    o->kind = json ? &out_json : &out_text;
    o->results = stdout;
    o->messages = stderr;
    record_init(&o->record, c->arena);
}

static void set_output(struct cli *c)
{
    struct out *o = &c->out;
    o->quiet = option_flag(&c->o, OPT_QUIET);
    o->verbose = option_flag(&c->o, OPT_VERBOSE);
    o->color = wants_color(c, STDOUT_FILENO);
    o->color_messages = wants_color(c, STDERR_FILENO);
    o->live = o->kind == &out_text && term_is(STDERR_FILENO);
    o->live_every_ms = 50;
    o->width = term_width(STDERR_FILENO);
}

static void tell_note(struct cli *c, enum pawl_level level, const char *message)
{
    out_event(&c->out, &(struct pawl_event){.kind = PAWL_EVENT_NOTE, .level = level, .message = message});
}

/* With --verbose: each setting that is not a default, and who said it. */
static void tell_settings(struct cli *c)
{
    if (c->config.note)
        tell_note(c, PAWL_LEVEL_WARNING, c->config.note);
    for (int id = 0; c->out.verbose && id < OPT_COUNT; id++) {
        const struct option_value *v = &c->o.value[id];
        if (v->origin == ORIGIN_NONE || v->origin == ORIGIN_FLAG || v->origin == ORIGIN_FALLBACK)
            continue;
        STRBUF(b, 1u << 16);
        strbuf_addf(&b, "%s is ", option_table[id].name);
        if (option_table[id].secret)
            clean_url(&b, slice_of(v->text));
        else
            strbuf_addz(&b, v->text);
        strbuf_addf(&b, ", from %s", v->place);
        tell_note(c, PAWL_LEVEL_NOTE, strbuf_z(&b));
    }
}

static int open_handle(struct cli *c)
{
    const struct option_value *v = c->o.value;
    struct pawl_scratch scratch[CONFIG_ENGINES] = {0};
    struct pawl_config config = PAWL_CONFIG_INIT;
    config.dir = v[OPT_DIR].text;
    config.url = v[OPT_URL].text;
    config.table = v[OPT_TABLE].text;
    config.environment = c->config.environment;
    config.is_protected = c->config.is_protected;
    config.protected_urls = c->config.protected_urls;
    config.n_protected_urls = c->config.n_protected_urls;
    config.foreign_keys = v[OPT_FOREIGN_KEYS].number == 1;
    config.ignore_missing = option_flag(&c->o, OPT_IGNORE_MISSING);
    config.wait_ms = option_u32(&c->o, OPT_WAIT);
    config.connect_wait_ms = option_u32(&c->o, OPT_CONNECT_WAIT);
    config.lock_timeout_ms = option_u32(&c->o, OPT_LOCK_TIMEOUT);
    config.lock_retries = option_u32(&c->o, OPT_LOCK_RETRIES);
    config.statement_timeout_ms = option_u32(&c->o, OPT_STATEMENT_TIMEOUT);
    config.lock = v[OPT_LOCK].number == 1 ? PAWL_LOCK_TABLE : PAWL_LOCK_ADVISORY;
    config.certificate = v[OPT_CERTIFICATE].text;
    config.ignore = v[OPT_IGNORE].items;
    config.n_ignore = v[OPT_IGNORE].n_items;
    config.levels = c->config.levels;
    config.n_levels = c->config.n_levels;
    config.on_event = out_event;
    config.context = &c->out;
    config.interrupt = interrupt_watch();
    cli_scratch(c, scratch);
    config.scratch_url = v[OPT_SCRATCH_URL].text;
    config.scratch = scratch;
    config.n_scratch = CONFIG_ENGINES;
    return pawl_open(&c->pawl, &config, &c->error);
}

static int run(struct cli *c, int argc, char **argv)
{
    int rc = options_parse(c->arena, &c->o, argc, argv, &c->error);
    start_output(c, asks_for_json(c, argc, argv));
    set_output(c);
    if (rc)
        return rc;
    if (option_flag(&c->o, OPT_VERSION))
        return cmd_version(c);
    if (option_flag(&c->o, OPT_HELP))
        return cmd_help(c);
    enum command_need need = command_table[c->o.command].need;
    if (need != NEED_NOTHING) {
        rc = config_load(c->arena, &c->o, (const char *const *)environ, &c->config, &c->error);
        set_output(c);
        if (rc)
            return rc;
        tell_settings(c);
    }
    if (need == NEED_HANDLE)
        rc = open_handle(c);
    return rc ? rc : commands[c->o.command](c);
}

static int run_and_close(int argc, char **argv)
{
    ARENA(arena);
    struct cli c = {.arena = &arena};
    json_set_alloc_funcs(mem_alloc, mem_free);
    int rc = run(&c, argc, argv);
    if (rc == PAWL_USAGE || rc == PAWL_CONFIG) { /* they repeat what somebody wrote */
        clean_secrets(c.error.message);
        clean_secrets(c.error.hint);
    }
    if (rc && c.error.message[0])
        c.out.kind->error(&c.out, &c.error);
    c.out.kind->end(&c.out);
    if (c.pawl)
        pawl_close(c.pawl);
    if (c.out.failed || c.out.record.failed) {
        fputs("pawl: out of memory while writing the result\n", stderr);
        rc = rc ? rc : PAWL_NOMEM;
    }
    errno = 0;
    if (fflush(stdout) || ferror(stdout)) {
        if (errno != EPIPE) /* whoever reads no further wants no more words */
            fputs("pawl: cannot write the result\n", stderr);
        rc = rc ? rc : PAWL_IO;
    }
    return pawl_code_exit_status((enum pawl_code)rc);
}

int main(int argc, char **argv)
{
    process_leave(run_and_close(argc, argv));
}
