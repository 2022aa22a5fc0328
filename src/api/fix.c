#include <string.h>

#include "api/certificate.h"
#include "api/engines.h"
#include "proof/fix.h"
#include "source/directory.h"
#include "sys/file.h"

struct fixing {
    struct pawl *p;
    const struct pawl_fix_options *options;
    struct migration_set set;
    bool *applied, *asked; /* by migration */
    struct engines engines;
};

PAWL_API const char *pawl_fix_state_name(enum pawl_fix_state state)
{
    static const char *const names[] = {"rewritten", "left", "applied"};
    return (size_t)state < sizeof names / sizeof names[0] ? names[state] : NULL;
}

/* ---- which files --------------------------------------------------------------------------------------------------- */

/* Reads the folder and, with a URL, what the ledger has. */
static int look(struct fixing *f, struct pawl_error *e)
{
    struct operation o;
    struct pawl *p = f->p;
    if (f->options->unapplied || !p->target.driver) {
        arena_reset(&p->operation);
        p->report.errors = p->report.warnings = p->report.notes = 0;
        report_hold(&p->report, &p->operation); /* verify tells them */
        return source_read(&p->operation, p->config.dir, SOURCE_ALL, &p->report, &f->set, e);
    }
    int code = operation_begin(p, &o, SOURCE_ALL, &(struct db_options){.read_only = true, .empty_if_missing = true}, e);
    if (code)
        return code;
    code = run_look(&o.run, e);
    f->set = o.set;
    f->applied = arena_array(&p->operation, f->set.n + 1, sizeof *f->applied);
    for (size_t i = 0; !code && f->applied && i < o.run.standings.n; i++) {
        const struct standing *s = &o.run.standings.items[i];
        if (s->migration)
            f->applied[s->migration - o.set.items] = s->row != NULL;
    }
    operation_end(&o);
    return code || f->applied ? code : err_nomem(e);
}

static int refuse_applied(const struct migration *m, struct pawl_error *e)
{
    err_set(e, PAWL_REFUSED, "this file is applied: its bytes must stay what they are");
    err_place(e, m->up.path, 0, 0);
    err_hint(e, "write a new migration, or use --unapplied if no database that matters has it");
    return PAWL_REFUSED;
}

static int choose(struct fixing *f, struct pawl_error *e)
{
    f->asked = arena_array(&f->p->operation, f->set.n + 1, sizeof *f->asked);
    if (!f->asked)
        return err_nomem(e);
    for (size_t k = 0; k < f->set.n; k++)
        f->asked[k] = !f->options->n_files && !(f->applied && f->applied[k]);
    for (size_t i = 0; i < f->options->n_files; i++) {
        bool found = false;
        for (size_t k = 0; k < f->set.n; k++) {
            if (!engines_names(&f->set.items[k], f->options->files[i]))
                continue;
            if (f->applied && f->applied[k])
                return refuse_applied(&f->set.items[k], e);
            found = f->asked[k] = true;
        }
        if (!found) {
            err_set(e, PAWL_USAGE, "there is no migration file \"%s\"", f->options->files[i]);
            err_hint(e, "give a path, a file name or a version of the folder %s", f->p->config.dir);
            return PAWL_USAGE;
        }
    }
    return PAWL_OK;
}

/* ---- the result ---------------------------------------------------------------------------------------------------- */

static struct pawl_fix_text one(const struct fixing *f, const struct fix_text *t)
{
    size_t k = migration_find(&f->set, t->version);
    bool applied = f->applied && k != SIZE_MAX && f->applied[k];
    return (struct pawl_fix_text){
        .version = t->version,
        .reverting = t->reverting,
        .state = t->rewritten ? PAWL_FIX_REWRITTEN
                 : applied    ? PAWL_FIX_APPLIED
                              : PAWL_FIX_LEFT,
        .file = t->file->path.p,
        .before = t->before.p,
        .after = t->rewritten ? t->after.p : NULL,
        .reason = t->reason.p,
    };
}

static int tell(struct fixing *f, const struct fix_result *result, struct pawl_fix_report *out, struct pawl_error *e)
{
    struct pawl_fix_text *items = arena_array(&f->p->operation, result->n + 1, sizeof *items);
    if (!items)
        return err_nomem(e);
    for (size_t i = 0; i < result->n; i++) {
        size_t k = migration_find(&f->set, result->items[i].version);
        bool applied = f->applied && k != SIZE_MAX && f->applied[k];
        if (k == SIZE_MAX || (!f->asked[k] && !applied) || (f->options->n_files && !f->asked[k]))
            continue;
        struct pawl_fix_text t = one(f, &result->items[i]);
        out->rewritten += t.state == PAWL_FIX_REWRITTEN;
        out->left += t.state == PAWL_FIX_LEFT;
        out->applied += t.state == PAWL_FIX_APPLIED;
        items[out->n++] = t;
    }
    out->items = items;
    return PAWL_OK;
}

static int write_all(const struct pawl_fix_report *r, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = 0; !code && i < r->n; i++)
        if (r->items[i].state == PAWL_FIX_REWRITTEN)
            code = file_replace(r->items[i].file, slice_of(r->items[i].after), e);
    return code;
}

static int fix(struct fixing *f, struct pawl_fix_report *out, struct pawl_error *e)
{
    struct fix_result result;
    int code = look(f, e);
    if (!code)
        code = choose(f, e);
    if (!code)
        code = engines_open(f->p, f->options->engine, &f->engines, e);
    struct fix_request request = {f->engines.options, f->engines.n, f->asked, !f->options->engine};
    if (!code)
        code = fix_run(&f->p->operation, &f->set, &request, &f->p->report, &result, e);
    engines_close(f->p, &f->engines);
    if (!code)
        code = tell(f, &result, out, e);
    if (!code && f->options->write)
        code = write_all(out, e);
    return code || !f->options->write || !out->rewritten ? code : certificate_outdated(f->p, e);
}

PAWL_API int pawl_fix(struct pawl *p, const struct pawl_fix_options *options, struct pawl_fix_report *out,
                      struct pawl_error *e)
{
    static const struct pawl_fix_options defaults;
    struct fixing f = {.p = p, .options = options ? options : &defaults};
    *out = (struct pawl_fix_report){0};
    if (engines_check(f.options->engine, e))
        return PAWL_USAGE;
    if (f.options->write && !f.options->unapplied && !p->target.driver) {
        err_set(e, PAWL_REFUSED, "whether these files are applied somewhere cannot be told without a database");
        err_hint(e, "give the database with --url, or say with --unapplied that none which matters has them");
        return PAWL_REFUSED;
    }
    return fix(&f, out, e);
}
