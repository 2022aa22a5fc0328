#include "schema/scope.h"

#include "schema/fact.h"

/* ---- names ------------------------------------------------------------------------------------------------------- */

static struct slice kind_of(struct slice line)
{
    return slice_sub(line, 0, slice_find_byte(line, ' '));
}

/* The name without kind and without content. */
static struct slice name_of(struct slice line)
{
    size_t at = 0;
    struct slice kind, name;
    if (!fact_field(line, &at, &kind) || !fact_field(line, &at, &name))
        return SLICE("");
    for (size_t end = fact_end(name, 0, FACT_PART_ENDS); end < name.n; end = fact_end(name, end + 1, FACT_PART_ENDS))
        if (name.p[end] == ':')
            return slice_sub(name, 0, end);
    return name;
}

/* Things on which others hang. */
static bool is_root(struct slice kind)
{
    static const char *const kinds[] = {"table",     "foreign-table", "view",  "materialized-view",
                                        "composite", "virtual-table", "index", "sequence"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (slice_eq(kind, slice_of(kinds[i])))
            return true;
    return false;
}

/* Names that a fact says it hangs on, beside those in front of its own. */
static const char *const hooks[] = {"on", "owned_by", "identity_of"};
#define HOOKS (sizeof hooks / sizeof *hooks)

/* Does `fn` hold for the name or for one of those in front of its dots? */
static bool any_part(struct slice name, bool (*fn)(const void *context, struct slice part), const void *context)
{
    for (size_t end = fact_end(name, 0, FACT_PART_ENDS);; end = fact_end(name, end + 1, FACT_PART_ENDS)) {
        if (end && fn(context, slice_sub(name, 0, end)))
            return true;
        if (end >= name.n)
            return false;
    }
}

static bool any_name(struct slice line, bool (*fn)(const void *context, struct slice part), const void *context)
{
    bool any = any_part(name_of(line), fn, context);
    for (size_t i = 0; i < HOOKS && !any; i++)
        any = any_part(fact_value(line, hooks[i]), fn, context);
    return any;
}

/* ---- patterns ---------------------------------------------------------------------------------------------------- */

static bool glob(struct slice pattern, struct slice text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, back = 0;
    while (t < text.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            back = t;
        } else if (p < pattern.n && (pattern.p[p] == '?' || pattern.p[p] == text.p[t])) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++back;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

struct matching {
    struct slice pattern;
    bool schemas;
};

static bool matches_part(const void *context, struct slice part)
{
    const struct matching *m = context;
    size_t dot = fact_end(part, 0, FACT_PART_ENDS);
    return glob(m->pattern, part) || (m->schemas && dot < part.n && glob(m->pattern, slice_sub(part, dot + 1, part.n)));
}

bool scope_matches(const struct scope *s, const char *pattern, struct slice line)
{
    struct matching m = {slice_of(pattern), s->schemas};
    struct slice key = slice_sub(line, 0, fact_key_of(line));
    return glob(m.pattern, key) || any_name(line, matches_part, &m);
}

/* ---- what is managed --------------------------------------------------------------------------------------------- */

static bool is_managed_root(const void *context, struct slice part)
{
    return map_get(context, part) != NULL;
}

static char yes; /* the value of all that is there */

bool scope_is_root(struct slice line)
{
    return is_root(kind_of(line)) && !fact_value(line, "on").p;
}

bool scope_add_root(struct arena *a, struct scope *s, struct slice line)
{
    return !is_root(kind_of(line)) || map_set(a, &s->roots, name_of(line), &yes);
}

static bool add(struct arena *a, struct scope *s, const struct change *c)
{
    struct slice line = c->after.p ? c->after : c->before;
    bool ok = map_set(a, &s->keys, c->key, &yes);
    if (ok && !c->before.p && is_root(kind_of(line)))
        ok = map_set(a, &s->roots, name_of(line), &yes);
    return ok;
}

int scope_init(struct arena *a, const struct changelog *log, const char *const *ignore, size_t n_ignore,
               struct scope *out, struct pawl_error *e)
{
    *out = (struct scope){.ignore = ignore, .n_ignore = n_ignore};
    for (size_t i = 0; log && log->n && i < log->steps[0].change.n; i++)
        out->schemas |= slice_starts(log->steps[0].change.items[i].key, SLICE("schema "));
    for (size_t i = 1; log && i < log->n; i++)
        for (size_t k = 0; k < log->steps[i].change.n; k++)
            if (!add(a, out, &log->steps[i].change.items[k]))
                return err_nomem(e);
    return PAWL_OK;
}

enum scope_side scope_of(const struct scope *s, struct slice line)
{
    for (size_t i = 0; i < s->n_ignore; i++)
        if (scope_matches(s, s->ignore[i], line))
            return SCOPE_IGNORED;
    if (any_name(line, is_managed_root, &s->roots))
        return SCOPE_MANAGED;
    /* Which columns a table of somebody else has is its own affair, even if one of them is ours. */
    if (slice_eq(kind_of(line), SLICE("columns")))
        return SCOPE_UNMANAGED;
    return map_get(&s->keys, slice_sub(line, 0, fact_key_of(line))) ? SCOPE_MANAGED : SCOPE_UNMANAGED;
}

int scope_delta(struct arena *a, const struct scope *s, const struct delta *d, struct delta *managed,
                struct pawl_error *e)
{
    struct change *items = arena_array(a, d->n + 1, sizeof *items);
    size_t n = 0;
    if (!items)
        return err_nomem(e);
    for (size_t i = 0; i < d->n; i++) {
        const struct change *c = &d->items[i];
        if ((c->before.p && scope_of(s, c->before) == SCOPE_MANAGED) ||
            (c->after.p && scope_of(s, c->after) == SCOPE_MANAGED))
            items[n++] = *c;
    }
    *managed = (struct delta){items, n};
    return PAWL_OK;
}
