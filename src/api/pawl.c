#include "api/certificate.h"

#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "engine/attest.h"
#include "engine/baseline.h"
#include "engine/repair.h"
#include "engine/replay.h"
#include "engine/up.h"

/* ---- words ------------------------------------------------------------------------------------------------------- */

PAWL_API const char *pawl_version(void)
{
    return PAWL_VERSION;
}

PAWL_API const char *pawl_finding_code(enum pawl_finding_id id)
{
    return report_code(id);
}

PAWL_API const char *pawl_finding_meaning(enum pawl_finding_id id)
{
    static const char *const meanings[] = {
#define X(name, code, level, meaning) meaning,
        PAWL_FINDINGS(X)
#undef X
    };
    return (size_t)id < PAWL_FINDING_COUNT ? meanings[id] : NULL;
}

PAWL_API const char *pawl_level_name(enum pawl_level level)
{
    static const char *const names[] = {"off", "note", "warning", "error"};
    return (size_t)level < sizeof names / sizeof names[0] ? names[level] : NULL;
}

PAWL_API const char *pawl_code_name(enum pawl_code code)
{
    static const char *const names[] = {
#define X(name, status, text, meaning) text,
        PAWL_CODES(X)
#undef X
    };
    return (size_t)code < sizeof names / sizeof names[0] ? names[code] : NULL;
}

PAWL_API int pawl_code_exit_status(enum pawl_code code)
{
    static const int statuses[] = {
#define X(name, status, text, meaning) status,
        PAWL_CODES(X)
#undef X
    };
    return (size_t)code < sizeof statuses / sizeof statuses[0] ? statuses[code] : statuses[PAWL_INTERNAL];
}

PAWL_API const char *pawl_decision_name(enum pawl_decision decision)
{
    static const char *const names[] = {
#define X(name, text, meaning) text,
        PAWL_DECISIONS(X)
#undef X
    };
    return (size_t)decision < sizeof names / sizeof names[0] ? names[decision] : NULL;
}

PAWL_API const char *pawl_runner_name(enum pawl_runner runner)
{
    static const char *const names[] = {
#define X(name, text, meaning) text,
        PAWL_RUNNERS(X)
#undef X
    };
    return (size_t)runner < sizeof names / sizeof names[0] ? names[runner] : NULL;
}

PAWL_API const char *pawl_state_name(enum pawl_state state)
{
    static const char *const names[] = {"pending", "applied", "changed", "line endings",
                                        "missing", "ahead",   "dirty",   "partial"};
    return (size_t)state < sizeof names / sizeof names[0] ? names[state] : NULL;
}

PAWL_API const char *pawl_health_name(enum pawl_health_status status)
{
    static const char *const names[] = {
#define X(name, text) text,
        PAWL_HEALTHS(X)
#undef X
    };
    return (size_t)status < sizeof names / sizeof names[0] ? names[status] : NULL;
}

/* ---- the handle -------------------------------------------------------------------------------------------------- */

static const char *copy(struct pawl *p, const char *z, bool *ok)
{
    char *text = z ? arena_strz(&p->arena, slice_of(z)) : NULL;
    *ok &= !z || text;
    return text;
}

static const char *const *copy_list(struct pawl *p, const char *const *list, size_t n, bool *ok)
{
    const char **texts = arena_array(&p->arena, n + 1, sizeof *texts);
    for (size_t i = 0; texts && i < n; i++)
        texts[i] = copy(p, list[i], ok);
    *ok &= texts != NULL;
    return texts;
}

static bool copy_scratch(struct pawl *p)
{
    struct pawl_config *c = &p->config;
    bool ok = true;
    struct pawl_scratch *all = arena_array(&p->arena, c->n_scratch + 1, sizeof *all);
    for (size_t i = 0; all && i < c->n_scratch; i++) {
        all[i] = c->scratch[i];
        all[i].engine = copy(p, all[i].engine, &ok);
        all[i].setup = copy_list(p, all[i].setup, all[i].n_setup, &ok);
        all[i].stubs = copy_list(p, all[i].stubs, all[i].n_stubs, &ok);
        all[i].extensions = copy_list(p, all[i].extensions, all[i].n_extensions, &ok);
    }
    c->scratch = all;
    c->scratch_url = copy(p, c->scratch_url, &ok);
    p->scratch = (struct scratch_config){c->scratch_url, all, c->n_scratch};
    return ok && all;
}

static bool copy_config(struct pawl *p, const struct pawl_config *given)
{
    bool ok = true;
    struct pawl_config *c = &p->config;
    /* An older caller has a shorter structure; what it does not know keeps its default. */
    *c = PAWL_CONFIG_INIT;
    memcpy(c, given, given->size < sizeof *c ? given->size : sizeof *c);
    c->dir = copy(p, c->dir ? c->dir : "migrations", &ok);
    c->url = copy(p, c->url, &ok);
    c->table = copy(p, c->table ? c->table : "_sqlx_migrations", &ok);
    c->environment = copy(p, c->environment, &ok);
    c->certificate = copy(p, c->certificate, &ok);
    c->protected_urls = copy_list(p, c->protected_urls, c->n_protected_urls, &ok);
    c->ignore = copy_list(p, c->ignore, c->n_ignore, &ok);
    return copy_scratch(p) && ok;
}

static int configure(struct pawl *p, const struct pawl_config *given, struct pawl_error *e)
{
    if (!copy_config(p, given))
        return err_nomem(e);
    report_init(&p->report, p->config.on_event, p->config.context);
    for (size_t i = 0; i < p->config.n_levels; i++)
        if ((size_t)p->config.levels[i].id < PAWL_FINDING_COUNT)
            p->report.levels[p->config.levels[i].id] = p->config.levels[i].level;
    p->config.levels = NULL;
    p->config.n_levels = 0;
    return p->config.url ? db_target_parse(&p->arena, p->config.url, &p->target, e) : PAWL_OK;
}

PAWL_API int pawl_open(struct pawl **out, const struct pawl_config *config, struct pawl_error *e)
{
    *out = NULL;
    if (!config || config->size < offsetof(struct pawl_config, dir) + sizeof config->dir)
        return err_set(e, PAWL_USAGE, "the configuration was not made with PAWL_CONFIG_INIT");
    struct pawl *p = mem_alloc(sizeof *p);
    if (!p)
        return err_nomem(e);
    int code = configure(p, config, e);
    if (code)
        pawl_close(p);
    else
        *out = p;
    return code;
}

PAWL_API void pawl_close(struct pawl *p)
{
    if (!p)
        return;
    arena_clear(&p->operation);
    arena_clear(&p->arena);
    mem_free(p);
}

/* ---- operations -------------------------------------------------------------------------------------------------- */

static void on_notice(void *context, enum pawl_level level, const char *text)
{
    report_note(context, level, "the server says: %s", text);
}

static void set_options(struct operation *o, const struct db_options *how)
{
    struct pawl *p = o->p;
    o->options = *how;
    o->options.wait_ms = p->config.wait_ms;
    o->options.connect_wait_ms = p->config.connect_wait_ms;
    o->options.interrupt = p->config.interrupt;
    o->options.foreign_keys = p->config.foreign_keys;
    o->options.on_notice = on_notice;
    o->options.notice_context = &p->report;
}

static void advance(void *started)
{
    db_advance(started);
}

/* The way to a server, with the question about the ledger at its end, and the reading of the folder overlap. */
static int read_and_open(struct operation *o, struct pawl_error *e)
{
    struct pawl *p = o->p;
    if (!p->target.driver) { /* says that no URL was given, and how to give one */
        int code = source_read(&p->operation, p->config.dir, o->extent, &p->report, &o->set, e);
        return code ? code : db_target_parse(&p->operation, NULL, &p->target, e);
    }
    int code = ledger_init(&p->operation, p->target.driver, slice_of(p->config.table), &o->ledger, e);
    if (code)
        return code;
    struct db *started = db_start(&p->target, &o->options);
    db_expect(started, o->ledger.name, o->ledger.select);
    code = source_read_ticking(&p->operation, p->config.dir, o->extent, &p->report, advance, started, &o->set, e);
    if (!code)
        return db_open_started(started, &p->target, &o->options, &o->run.db, e);
    db_close(started);
    return code;
}

int operation_begin(struct pawl *p, struct operation *o, enum source_extent extent, const struct db_options *how,
                    struct pawl_error *e)
{
    *o = (struct operation){.p = p, .extent = extent};
    arena_reset(&p->operation);
    p->report.errors = p->report.warnings = p->report.notes = 0;
    report_hold(&p->report, &p->operation); /* until run_look */
    o->run = (struct run){
        .arena = &p->operation,
        .target = &p->target,
        .options = &o->options,
        .ledger = &o->ledger,
        .set = &o->set,
        .report = &p->report,
        .interrupt = p->config.interrupt,
        .wait_ms = p->config.wait_ms,
        .lock_timeout_ms = p->config.lock_timeout_ms,
        .statement_timeout_ms = p->config.statement_timeout_ms,
        .lock_retries = p->config.lock_retries,
        .lock = p->config.lock,
        .scratch = &p->scratch,
    };
    set_options(o, how);
    int code = read_and_open(o, e);
    if (code)
        operation_end(o);
    return code;
}

void operation_end(struct operation *o)
{
    db_close(o->run.db);
    o->run.db = NULL;
}

struct up_context {
    struct pawl *p;
    const struct pawl_up_options *options;
};

static int up_certificate(void *context, struct run *r, struct attest_input *out, struct pawl_error *e)
{
    struct up_context *x = context;
    const struct pawl_up_options *u = x->options;
    bool required =
        u->require_proof == PAWL_REQUIRE_PROOF_YES ||
        (u->require_proof == PAWL_REQUIRE_PROOF_AUTO && attest_is_required(slice_of(x->p->config.environment)));
    int code = certificate_input(x->p, r, required, u->allow_drift, u->n_allow_drift, out, e);
    if (!code && !required && out->why.message[0])
        report_note(&x->p->report, PAWL_LEVEL_WARNING, "%s:%u cannot be used, so nothing is compared with it: %s",
                    out->path.p, out->why.line, out->why.message);
    return code;
}

PAWL_API int pawl_up(struct pawl *p, const struct pawl_up_options *options, struct pawl_result *out,
                     struct pawl_error *e)
{
    static const struct pawl_up_options defaults;
    struct operation o;
    const struct pawl_up_options *u = options ? options : &defaults;
    struct up_context context = {p, u};
    struct up_request q = {
        .policy = {.ignore_missing = p->config.ignore_missing, .out_of_order = u->out_of_order},
        .to = u->to,
        .steps = u->steps,
        .dry_run = u->dry_run,
        .replay = u->replay,
        .transactions = u->transactions,
        .certificate = up_certificate,
        .certificate_context = &context,
    };
    *out = (struct pawl_result){0};
    int code = operation_begin(
        p, &o, SOURCE_UPS,
        &(struct db_options){.create = !u->dry_run, .read_only = u->dry_run, .empty_if_missing = u->dry_run}, e);
    if (code)
        return code;
    code = up_run(&o.run, &q, out, e);
    operation_end(&o);
    return code;
}

/* The certificate, if there is one, for who wants to know what it says of the schema and requires nothing. */
struct known {
    struct attest_input input;
    struct attest attest;
};

static int know_certificate(struct operation *o, struct known *k, struct pawl_error *e)
{
    int code = certificate_input(o->p, &o->run, false, NULL, 0, &k->input, e);
    if (code || !k->input.certificate)
        return code;
    code = attest_open(&o->run, &k->input, &k->attest, e);
    o->run.attest = code ? NULL : &k->attest;
    return code;
}

PAWL_API int pawl_repair(struct pawl *p, const struct pawl_repair_options *options, struct pawl_result *out,
                         struct pawl_error *e)
{
    struct operation o;
    struct known known = {0};
    bool dry_run = options && options->dry_run;
    *out = (struct pawl_result){0};
    int code = operation_begin(p, &o, SOURCE_UPS, &(struct db_options){.read_only = dry_run}, e);
    if (code)
        return code;
    code = know_certificate(&o, &known, e);
    if (!code)
        code = repair_run(&o.run, dry_run, options && options->fold, out, e);
    attest_close(&known.attest);
    operation_end(&o);
    return code;
}

PAWL_API int pawl_baseline(struct pawl *p, int64_t version, struct pawl_result *out, struct pawl_error *e)
{
    struct operation o;
    *out = (struct pawl_result){0};
    int code = operation_begin(p, &o, SOURCE_UPS, &(struct db_options){0}, e);
    if (code)
        return code;
    code = baseline_run(&o.run, version, out, e);
    operation_end(&o);
    return code;
}

PAWL_API int pawl_detect(struct pawl *p, struct pawl_result *out, struct pawl_error *e)
{
    struct operation o;
    struct known known = {0};
    *out = (struct pawl_result){0};
    int code = operation_begin(p, &o, SOURCE_UPS, &(struct db_options){0}, e);
    if (code)
        return code;
    code = know_certificate(&o, &known, e);
    if (!code)
        code = replay_detect(&o.run, out, e);
    attest_close(&known.attest);
    operation_end(&o);
    return code;
}

/* ---- looking ----------------------------------------------------------------------------------------------------- */

static struct pawl_status_row status_row(const struct standing *s)
{
    const struct migration *m = s->migration;
    const struct ledger_row *row = s->row;
    return (struct pawl_status_row){
        .version = s->version,
        .state = s->state,
        .has_down = m && m->down.path.p,
        .description = m ? m->description.p : row->description.p,
        .file = m ? m->up.path.p : NULL,
        .installed_on = row ? row->installed_on.p : NULL,
        .execution_time_ns = row && row->execution_time >= 0 ? row->execution_time : -1,
        .replaces = m ? migration_replaced(m) : 0,
        .recorded = s->n_covered + (row != NULL),
    };
}

static int make_status(struct operation *o, struct pawl_status *out, struct pawl_error *e)
{
    const struct standings *s = &o->run.standings;
    struct pawl_status_row *rows = arena_array(&o->p->operation, s->n, sizeof *rows);
    struct slice version = arena_dup(&o->p->operation, slice_of(o->run.db->driver->version(o->run.db)));
    if (!rows || !version.p)
        return err_nomem(e);
    for (size_t i = 0; i < s->n; i++)
        rows[i] = status_row(&s->items[i]);
    *out = (struct pawl_status){
        .rows = rows,
        .n = s->n,
        .version = s->version,
        .latest = s->latest,
        .pending = s->count[PAWL_STATE_PENDING],
        .changed = s->count[PAWL_STATE_CHANGED] + s->count[PAWL_STATE_LINE_ENDINGS],
        .missing = s->count[PAWL_STATE_MISSING],
        .ahead = s->count[PAWL_STATE_AHEAD],
        .dirty = s->count[PAWL_STATE_DIRTY],
        .partial = s->count[PAWL_STATE_PARTIAL],
        .has_ledger = o->run.history.exists,
        .ok = plan_holds(s, &(struct plan_policy){.ignore_missing = o->p->config.ignore_missing}),
        .engine = o->run.db->driver->name,
        .engine_version = version.p,
    };
    return PAWL_OK;
}

PAWL_API int pawl_status(struct pawl *p, struct pawl_status *out, struct pawl_error *e)
{
    struct operation o;
    *out = (struct pawl_status){0};
    int code = operation_begin(p, &o, SOURCE_UPS, &(struct db_options){.read_only = true, .empty_if_missing = true}, e);
    if (code)
        return code;
    code = run_look(&o.run, e);
    if (!code)
        code = make_status(&o, out, e);
    operation_end(&o);
    return code;
}

PAWL_API int pawl_health(struct pawl *p, struct pawl_health *out, struct pawl_error *e)
{
    struct operation o;
    struct pawl_error why = {0};
    *out = (struct pawl_health){0};
    int code = operation_begin(p, &o, SOURCE_UPS, &(struct db_options){.read_only = true}, &why);
    if (!code) {
        code = run_look(&o.run, &why);
        if (!code)
            plan_health(&o.run.standings, &(struct plan_policy){.ignore_missing = p->config.ignore_missing}, out);
        operation_end(&o);
    }
    if (code == PAWL_UNREACHABLE) { /* that is an answer too */
        out->status = PAWL_HEALTH_UNREACHABLE;
        memcpy(out->message, why.message, sizeof out->message - 1);
        utf8_whole(out->message);
        return PAWL_OK;
    }
    if (code && e)
        *e = why;
    return code;
}
