#include "engine/nearest.h"

#include "engine/differs.h"
#include "schema/fact.h"

/* More than one fact: all of them, beside the version that is nearest. */
static int tell_all(const struct run *r, const struct course_match *m, struct pawl_error *e)
{
    struct delta d = {.n = m->difference.n};
    if (!m->highest || d.n < 2)
        return PAWL_OK;
    d.items = arena_array(r->arena, d.n, sizeof *d.items);
    if (!d.items)
        return err_nomem(e);
    for (size_t i = 0; i < d.n; i++) {
        const struct change *c = &m->difference.items[i];
        d.items[i] = (struct change){.key = c->key, .before = c->after, .after = c->before};
    }
    differs_tell(r, &r->set->items[m->highest - 1], &d,
                 "the schema is that of no version; it is nearest to the one behind this migration",
                 "- is declared and not there, + is there and not declared");
    return PAWL_OK;
}

int nearest_refuse(const struct run *r, const struct course *course, const struct slice *lines, size_t n, int why,
                   struct pawl_error *e)
{
    struct course_match m;
    struct pawl_error own;
    int code = course_match(r->arena, course, lines, n, &m, &own);
    if (!code && !m.exact)
        code = tell_all(r, &m, &own);
    if (code || m.exact || m.difference.n == 0)
        return why;
    const struct migration_set *set = r->set;
    struct slice declared = fact_shown(m.difference.items[0].after), there = fact_shown(m.difference.items[0].before);
    long long nearest = m.highest ? (long long)set->items[m.highest - 1].version : 0;
    err_set(e, PAWL_REFUSED,
            "%s, and the schema is that of no version; nearest is %lld, %zu fact%s off: declared is \"" SLICE_FMT
            "\", there is \"" SLICE_FMT "\"",
            r->history.n ? "the ledger is older than the schema" : "the ledger has no rows", nearest, m.difference.n,
            m.difference.n == 1 ? "" : "s", SLICE_ARG(declared), SLICE_ARG(there));
    err_hint(e, "bring the schema to a version; or `pawl replay`, which looks at each statement; or `pawl baseline V`");
    if (set->items[0].n_replaces && m.highest <= 1) /* which has no states in front of it any more */
        err_hint(e,
                 "a database that stands below baseline %lld is brought there by the release that still has the files, "
                 "or by a checkout from before they were squashed; otherwise bring the schema to a version",
                 (long long)set->items[0].version);
    return PAWL_REFUSED;
}
