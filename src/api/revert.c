#include "engine/revert.h"

#include "api/api.h"
#include "engine/guard.h"

/* Asked before anything is opened: a refusal does not depend on what is there. */
static int may_revert(struct pawl *p, struct pawl_error *e)
{
    struct guard guard = {
        .environment = slice_of(p->config.environment),
        .is_protected = p->config.is_protected,
        .protected_urls = p->config.protected_urls,
        .n_protected_urls = p->config.n_protected_urls,
    };
    return guard_revert(&p->operation, &guard, &p->target, e);
}

PAWL_API int pawl_down(struct pawl *p, const struct pawl_down_options *options, struct pawl_result *out,
                       struct pawl_error *e)
{
    static const struct pawl_down_options defaults = {.to = -1};
    struct operation o;
    *out = (struct pawl_result){0};
    int code = may_revert(p, e);
    if (!code)
        code = operation_begin(p, &o, SOURCE_ALL, &(struct db_options){0}, e);
    if (code)
        return code;
    code = revert_run(&o.run, options ? options : &defaults, out, e);
    operation_end(&o);
    return code;
}

PAWL_API int pawl_redo(struct pawl *p, const struct pawl_down_options *options, struct pawl_result *out,
                       struct pawl_error *e)
{
    struct pawl_down_options one = options ? *options : (struct pawl_down_options){0};
    struct pawl_status before;
    struct pawl_result up = {0};
    one.to = -1;
    one.steps = 1;
    *out = (struct pawl_result){0};
    int code = may_revert(p, e);
    if (!code)
        code = pawl_status(p, &before, e);
    if (code)
        return code;
    int64_t version = before.version; /* `before` itself dies with the next call */
    code = pawl_down(p, &one, out, e);
    if (code || one.dry_run || out->steps == 0)
        return code;
    code = pawl_up(p, &(struct pawl_up_options){.to = version}, &up, e);
    bool told = code == PAWL_UNREACHABLE && e && e->version; /* its hint says whether it is */
    if (code && !told)
        report_note(&p->report, PAWL_LEVEL_WARNING,
                    "migration %lld is reverted and not applied again; `pawl up` applies it", (long long)version);
    else
        out->version = up.version;
    return code;
}
