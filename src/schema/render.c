#include "schema/render.h"

#include "schema/phrase.h"

int render_put(struct arena *a, struct rendering *r, struct strbuf *sql, struct slice remark, struct pawl_error *e)
{
    struct slice text = phrase_keep(a, sql);
    strbuf_reset(sql);
    if (!text.p || !arena_grow(a, (void **)&r->items, &r->cap, r->n, sizeof *r->items))
        return err_nomem(e);
    r->items[r->n++] = (struct rendered){.sql = text, .remark = remark};
    return PAWL_OK;
}

int render_missing(struct arena *a, struct rendering *r, struct slice what, struct pawl_error *e)
{
    if (!arena_grow(a, (void **)&r->missing, &r->cap_missing, r->n_missing, sizeof *r->missing))
        return err_nomem(e);
    r->missing[r->n_missing++] = what;
    return PAWL_OK;
}

int render(struct arena *a, const char *driver, const struct slice *from, size_t n_from, const struct slice *to,
           size_t n_to, const struct render_options *options, struct rendering *out, struct pawl_error *e)
{
    static const struct {
        const char *driver;
        int (*render)(struct arena *a, const struct slice *from, size_t n_from, const struct slice *to, size_t n_to,
                      const struct render_options *o, struct rendering *out, struct pawl_error *e);
    } renderers[] = {{"sqlite", render_sqlite}, {"postgres", render_postgres}};
    *out = (struct rendering){0};
    for (size_t i = 0; i < sizeof renderers / sizeof *renderers; i++)
        if (strcmp(renderers[i].driver, driver) == 0)
            return renderers[i].render(a, from, n_from, to, n_to, options, out, e);
    return err_set(e, PAWL_INTERNAL, "schemas of %s cannot be rendered", driver);
}
