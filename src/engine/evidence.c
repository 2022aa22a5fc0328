#include "engine/evidence.h"

#include "engine/apply.h"

/* A run like the real one, but on a scratch database and without a word. */
struct rehearsal {
    struct run run;
    struct report silent;
    struct history nothing;
};

static int apply_range(struct rehearsal *x, const struct standings *all, size_t from, size_t to, struct pawl_error *e)
{
    struct plan plan = {.steps = arena_array(x->run.arena, to - from + 1, sizeof *plan.steps)};
    struct script *scripts;
    struct applied done;
    if (!plan.steps)
        return err_nomem(e);
    for (size_t i = from; i < to; i++)
        plan.steps[plan.n++] = &all->items[i];
    if (plan.n == 0)
        return PAWL_OK;
    int code = run_check(&x->run, &plan, &scripts, e);
    return code ? code : apply_plan(&x->run, &plan, scripts, false, &done, e);
}

struct lines {
    struct slice *items;
    size_t n;
};

static int lines_of(struct run *r, struct db *db, struct lines *out, struct pawl_error *e)
{
    struct facts *facts = NULL;
    struct delta delta;
    int code = facts_open(db, r->ledger->name, &facts, e);
    if (!code)
        code = facts_refresh(facts, r->arena, &delta, e);
    if (!code)
        code = facts_lines(facts, r->arena, &out->items, &out->n, e);
    facts_close(facts);
    return code;
}

static bool same_lines(const struct lines *x, const struct lines *y)
{
    bool same = x->n == y->n;
    for (size_t i = 0; same && i < x->n; i++)
        same = slice_eq(x->items[i], y->items[i]);
    return same;
}

static int compare(struct run *r, struct rehearsal *x, size_t index, enum evidence *out, struct delta *difference,
                   struct pawl_error *e)
{
    struct lines live, before, after;
    struct standings fresh;
    int code = lines_of(r, r->db, &live, e);
    if (!code)
        code = plan_stand(r->arena, r->set, &x->nothing, NULL, &fresh, e);
    if (!code)
        code = apply_range(x, &fresh, 0, index, e);
    if (!code)
        code = lines_of(r, x->run.db, &before, e);
    if (!code)
        code = apply_range(x, &fresh, index, index + 1, e);
    if (!code)
        code = lines_of(r, x->run.db, &after, e);
    if (code)
        return code;
    if (same_lines(&before, &after)) {
        err_set(e, PAWL_DIRTY, "migration %lld changes no schema, so the schema cannot show whether it ran",
                (long long)r->set->items[index].version);
        err_hint(e, "look at its data, then delete the row from %s or set success to true by hand", r->ledger->name.p);
        return PAWL_DIRTY;
    }
    *out = same_lines(&live, &after) ? EVIDENCE_AFTER : same_lines(&live, &before) ? EVIDENCE_BEFORE : EVIDENCE_NEITHER;
    return delta_between(r->arena, live.items, live.n, after.items, after.n, difference, e);
}

int evidence_of(struct run *r, size_t index, enum evidence *out, struct delta *difference, struct pawl_error *e)
{
    struct rehearsal x = {.run = *r};
    struct db_options options = {.create = true, .scratch = true, .interrupt = r->interrupt};
    report_init_silent(&x.silent, r->report);
    x.run.report = &x.silent;
    x.run.history = (struct history){0};
    x.run.db = NULL;
    int code = r->db->driver->scratch(r->target, &options, &x.run.db, e);
    if (!code)
        code = compare(r, &x, index, out, difference, e);
    db_close(x.run.db);
    return code;
}
