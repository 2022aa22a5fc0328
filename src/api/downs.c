#include "api/certificate.h"
#include "api/engines.h"
#include "proof/undo.h"
#include "source/directory.h"
#include "sys/file.h"

PAWL_API const char *pawl_downs_state_name(enum pawl_downs_state state)
{
    static const char *const names[] = {"written", "left", "holds"};
    return (size_t)state < sizeof names / sizeof names[0] ? names[state] : NULL;
}

static int choose(const struct pawl_downs_options *o, struct arena *a, const struct migration_set *set, bool **out,
                  struct pawl_error *e)
{
    *out = NULL;
    if (!o->n_files)
        return PAWL_OK;
    *out = arena_array(a, set->n + 1, sizeof **out);
    if (!*out)
        return err_nomem(e);
    for (size_t i = 0; i < o->n_files; i++) {
        bool found = false;
        for (size_t k = 0; k < set->n; k++)
            if (engines_names(&set->items[k], o->files[i]))
                found = (*out)[k] = true;
        if (!found) {
            err_set(e, PAWL_USAGE, "there is no migration \"%s\"", o->files[i]);
            err_hint(e, "give a version, or the path or name of a file");
            return PAWL_USAGE;
        }
    }
    return PAWL_OK;
}

static int tell(struct arena *a, const struct migration_set *set, const struct undo_result *r,
                struct pawl_downs_report *out, struct pawl_error *e)
{
    struct pawl_downs_text *items = arena_array(a, r->n + 1, sizeof *items);
    if (!items)
        return err_nomem(e);
    for (size_t i = 0; i < r->n; i++) {
        const struct undo_text *t = &r->items[i];
        items[i] = (struct pawl_downs_text){
            .version = set->items[t->k].version,
            .state = t->written ? PAWL_DOWNS_WRITTEN
                     : t->holds ? PAWL_DOWNS_HOLDS
                                : PAWL_DOWNS_LEFT,
            .file = t->path.p,
            .before = t->before.p,
            .text = t->written ? t->text.p : NULL,
            .reason = t->reason.p,
        };
        out->written += t->written;
        out->left += !t->written && !t->holds;
    }
    out->items = items;
    out->n = r->n;
    return PAWL_OK;
}

static int write_all(const struct pawl_downs_report *r, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = 0; i < r->n && !code; i++)
        if (r->items[i].state == PAWL_DOWNS_WRITTEN)
            code = file_replace(r->items[i].file, slice_of(r->items[i].text), e);
    return code;
}

PAWL_API int pawl_downs(struct pawl *p, const struct pawl_downs_options *options, struct pawl_downs_report *out,
                        struct pawl_error *e)
{
    static const struct pawl_downs_options defaults;
    const struct pawl_downs_options *o = options ? options : &defaults;
    struct migration_set set;
    struct engines engines = {.n = 0};
    struct undo_result result = {.n = 0};
    bool *asked;
    *out = (struct pawl_downs_report){.n = 0};
    if (engines_check(o->engine, e))
        return PAWL_USAGE;
    arena_reset(&p->operation);
    p->report.errors = p->report.warnings = p->report.notes = 0;
    report_hold(&p->report, &p->operation); /* verify tells them */
    int code = source_read(&p->operation, p->config.dir, SOURCE_ALL, &p->report, &set, e);
    if (!code)
        code = choose(o, &p->operation, &set, &asked, e);
    if (!code)
        code = engines_open(p, o->engine, &engines, e);
    if (!code) {
        struct undo_request request = {engines.options, engines.n, asked, !o->engine,
                                       o->pawl_only ? RENDER_PAWL : RENDER_PLAIN};
        code = undo_run(&p->operation, &set, &request, &p->report, &result, e);
    }
    engines_close(p, &engines);
    if (!code)
        code = tell(&p->operation, &set, &result, out, e);
    if (!code && o->write)
        code = write_all(out, e);
    return code || !o->write || !out->written ? code : certificate_outdated(p, e);
}
