#include "schema/shape.h"

#include "base/mem.h"
#include "schema/introspect.h"
#include "schema/lines.h"

bool shape_differs(const char *engine)
{
    const struct introspector *in = introspector_find(engine);
    return in && in->shape;
}

struct slice shape_mark(struct arena *a, const char *engine, int major)
{
    return shape_differs(engine) ? arena_printf(a, "%s/%d", engine, major) : arena_dup(a, slice_of(engine));
}

struct slice shape_of(struct arena *a, const char *engine, struct slice line)
{
    const struct introspector *in = introspector_find(engine);
    return in && in->shape ? in->shape(a, line) : line;
}

int shape_lines(struct arena *a, const char *engine, struct slice *lines, size_t *n, struct pawl_error *e)
{
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++) {
        struct slice s = shape_of(a, engine, lines[i]);
        if (!s.p)
            return err_nomem(e);
        if (s.n)
            lines[kept++] = s;
    }
    *n = kept;
    return PAWL_OK;
}

static bool shape_side(struct arena *a, const char *engine, struct slice *line)
{
    if (!line->p)
        return true;
    struct slice s = shape_of(a, engine, *line);
    *line = s.n ? s : (struct slice){NULL, 0};
    return s.p != NULL;
}

int shape_delta(struct arena *a, const char *engine, const struct delta *d, struct delta *out, struct pawl_error *e)
{
    struct change *items = arena_array(a, d->n + 1, sizeof *items);
    size_t n = 0;
    if (!items)
        return err_nomem(e);
    for (size_t i = 0; i < d->n; i++) {
        struct change c = d->items[i];
        if (!shape_side(a, engine, &c.before) || !shape_side(a, engine, &c.after))
            return err_nomem(e);
        bool same = (c.before.p == NULL) == (c.after.p == NULL) && slice_eq(c.before, c.after);
        if (!same)
            items[n++] = c;
    }
    *out = (struct delta){items, n};
    return PAWL_OK;
}

/* ---- fingerprints ------------------------------------------------------------------------------------------------ */

struct folding {
    const char *engine;
    struct vec lines, edits;
    struct hasher hasher;
    struct arena tmp;
};

static bool add_edit(struct folding *f, const struct change *c)
{
    struct slice fresh = {"", 0};
    if (c->after.p)
        fresh = shape_of(&f->tmp, f->engine, c->after);
    struct line *old = lines_get(&f->lines, c->key);
    struct line *made = fresh.n ? line_new(fresh, c->key.n) : NULL;
    if (!fresh.p || (fresh.n && !made))
        return false;
    if (!old && !made)
        return true;
    if (edit_add(&f->edits, old, made))
        return true;
    mem_free(made);
    return false;
}

static bool fold(struct folding *f, const struct delta *d, unsigned char *out)
{
    bool ok = vec_reserve(&f->lines, f->lines.n + d->n + 1, sizeof(struct line *));
    for (size_t i = 0; i < d->n && ok; i++)
        ok = add_edit(f, &d->items[i]);
    if (!ok)
        return false;
    lines_apply(&f->lines, &f->edits, false); /* the items of a delta come by key */
    arena_reset(&f->tmp);
    ok = hasher_begin(&f->hasher);
    for (size_t i = 0; i < f->lines.n && ok; i++)
        ok = hasher_add(&f->hasher, line_text(AT(f->lines, struct line *, i))) && hasher_add(&f->hasher, SLICE("\n"));
    return ok && hasher_end(&f->hasher, out);
}

int shape_fingerprints(const char *engine, const struct delta *const *changes, size_t n,
                       unsigned char (*out)[SHA256_BYTES], struct pawl_error *e)
{
    struct folding f = {.engine = engine};
    bool ok = hasher_init_sha256(&f.hasher);
    for (size_t i = 0; i < n && ok; i++)
        ok = fold(&f, changes[i], out[i]);
    for (size_t i = 0; i < f.edits.n; i++)
        mem_free(AT(f.edits, struct edit, i).fresh);
    for (size_t i = 0; i < f.lines.n; i++)
        mem_free(AT(f.lines, struct line *, i));
    mem_free(f.lines.p);
    mem_free(f.edits.p);
    arena_clear(&f.tmp);
    hasher_clear(&f.hasher);
    return ok ? PAWL_OK : err_nomem(e);
}
