#include "proof/witness.h"

#include "sql/rewrite.h"

/* Kinds that a catalog can be asked for by name, the plainest first. */
static const struct kind {
    const char *name;
    size_t parts; /* of its name */
    enum { RELATION, COLUMN, CONSTRAINT, TYPE } how;
} kinds[] = {
    {"table", 2, RELATION},
    {"view", 2, RELATION},
    {"materialized-view", 2, RELATION},
    {"column", 3, COLUMN},
    {"index", 2, RELATION},
    {"sequence", 2, RELATION},
    {"unique", 3, CONSTRAINT},
    {"foreign-key", 3, CONSTRAINT},
    {"check", 3, CONSTRAINT},
    {"primary-key", 3, CONSTRAINT},
    {"enum", 2, TYPE},
    {"domain", 2, TYPE},
};

/* The parts of "kind a.b.c" without their quotes; 0 if there are others than wanted or a quoted one has an escape. */
static size_t parts_of(struct slice key, struct slice *parts, size_t max)
{
    size_t n = 0, at = slice_find_byte(key, ' ');
    while (at < key.n) {
        size_t from = ++at;
        bool quoted = from < key.n && key.p[from] == '"';
        if (n == max)
            return 0;
        for (at += quoted; at < key.n && (quoted ? key.p[at] != '"' : key.p[at] != '.'); at++)
            if (key.p[at] == '\\' || key.p[at] == ':' || key.p[at] == '#')
                return 0;
        parts[n++] = slice_sub(key, from + quoted, at);
        at += quoted;
    }
    return n;
}

/* Does it stay as step k left it: there (or gone) in every later state? */
static bool stays(const struct proof_trace *t, size_t k, const struct change *c)
{
    for (size_t j = k + 1; j < t->n; j++) {
        const struct change *later = delta_find(&t->versions[j].change, c->key);
        if (later && !later->after.p != !c->after.p)
            return false;
    }
    return true;
}

static bool put(struct strbuf *b, const struct dialect *d, const struct kind *kind, const struct change *c)
{
    struct slice p[4] = {0};
    bool is = c->after.p != NULL;
    if (parts_of(c->key, p, 4) != kind->parts)
        return false;
    if (kind->how == RELATION)
        rewrite_when_relation(b, d, p[0], p[1], is);
    else if (kind->how == TYPE)
        rewrite_when_type(b, d, p[0], p[1], is);
    else if (kind->how == COLUMN)
        rewrite_when_column(b, d, p[0], p[1], p[2], is);
    else
        rewrite_when_constraint(b, d, p[0], p[1], p[2], is);
    return strbuf_ok(b);
}

int witness_find(struct arena *a, const struct dialect *d, const struct proof_trace *trace, size_t k, struct slice *out,
                 struct pawl_error *e)
{
    STRBUF(b, 4096);
    *out = (struct slice){0};
    if (k >= trace->n)
        return PAWL_OK;
    const struct delta *change = &trace->versions[k].change;
    for (int gone = 0; gone < 2; gone++)
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            for (size_t j = 0; j < change->n; j++) {
                const struct change *c = &change->items[j];
                size_t space = slice_find_byte(c->key, ' ');
                bool fits = slice_eq(slice_sub(c->key, 0, space), slice_of(kinds[i].name)) &&
                            (gone ? c->before.p && !c->after.p : !c->before.p && c->after.p);
                strbuf_reset(&b);
                if (!fits || !stays(trace, k, c) || !put(&b, d, &kinds[i], c))
                    continue;
                *out = arena_dup(a, strbuf_slice(&b));
                return out->p ? PAWL_OK : err_nomem(e);
            }
    return PAWL_OK;
}
