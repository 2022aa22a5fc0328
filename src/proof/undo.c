#include "proof/undo.h"

#include "proof/told.h"
#include "source/text.h"

#define ROUNDS 8

/* A walk along the states of one engine. */
struct at {
    size_t k;
    struct delta sum;
    struct arena pages[2]; /* by turns */
};

struct undoing {
    struct arena *a;
    struct at at[TOLD_ENGINES];
    const struct undo_request *request;
    struct migration_set set; /* a copy, in which every migration has a down path */
    const struct migration_set *original;
    struct told_set now;
    struct told after[TOLD_ENGINES];
    struct report *report;
    struct undo_result *out;
};

static bool passes(const struct told *t, size_t k, enum pawl_proof proof)
{
    enum pawl_verdict v = told_verdict(t, k, proof);
    return v == PAWL_VERDICT_PASS || v == PAWL_VERDICT_NOTE;
}

static bool round_trip_holds(const struct told *t, size_t k)
{
    return passes(t, k, PAWL_PROOF_DOWN) && passes(t, k, PAWL_PROOF_REDOWN) && passes(t, k, PAWL_PROOF_REUP);
}

/* ---- which ones, and where to ---------------------------------------------------------------------------------------- */

static struct slice down_path(struct arena *a, const struct migration *m)
{
    struct slice stem = m->up.path;
    if (m->down.path.p)
        return m->down.path;
    if (slice_ends(stem, SLICE(".up.sql")))
        stem.n -= 7;
    else if (slice_ends(stem, SLICE(".sql")))
        stem.n -= 4;
    return arena_printf(a, SLICE_FMT ".down.sql", SLICE_ARG(stem));
}

static int copy_set(struct undoing *u, struct pawl_error *e)
{
    u->set = *u->original;
    u->set.items = arena_array(u->a, u->set.n + 1, sizeof *u->set.items);
    if (!u->set.items)
        return err_nomem(e);
    for (size_t k = 0; k < u->set.n; k++)
        u->set.items[k] = u->original->items[k];
    return PAWL_OK;
}

static int read_file(struct undoing *u, const struct migration_file *file, struct slice *out, struct pawl_error *e)
{
    struct text text;
    int code = text_open(file, &text, e);
    if (code)
        return code;
    *out = arena_dup(u->a, text.raw);
    text_close(&text);
    return out->p ? PAWL_OK : err_nomem(e);
}

static int choose(struct undoing *u, struct pawl_error *e)
{
    const bool *asked = u->request->asked;
    u->out->items = arena_array(u->a, u->set.n + 1, sizeof *u->out->items);
    if (!u->out->items)
        return err_nomem(e);
    for (size_t k = 0; k < u->set.n; k++) {
        const struct migration *m = &u->original->items[k];
        if (asked ? !asked[k] : m->down.path.p != NULL)
            continue;
        struct undo_text *t = &u->out->items[u->out->n++];
        *t = (struct undo_text){.k = k, .replaces = m->down.path.p != NULL, .path = down_path(u->a, m), .holds = true};
        if (!t->path.p)
            return err_nomem(e);
        int code = m->down.path.p ? read_file(u, &m->down, &t->before, e) : PAWL_OK;
        if (code)
            return code;
        for (size_t i = 0; i < u->now.n; i++)
            t->holds &= round_trip_holds(&u->now.before[i], k);
        u->set.items[k].down.path = t->path;
    }
    return PAWL_OK;
}

/* ---- texts --------------------------------------------------------------------------------------------------------- */

struct state {
    struct slice *lines;
    size_t n;
};

/* S(k) in `before`, S(k + 1) in `after`; asked for k in ascending order. */
static int states(struct undoing *u, size_t engine, size_t k, struct state *before, struct state *after,
                  struct pawl_error *e)
{
    const struct proof_trace *t = &u->now.before[engine].trace;
    struct at *at = &u->at[engine];
    int code = PAWL_OK;
    if (!at->sum.items)
        at->sum = t->baseline;
    for (; at->k <= k && !code; at->k++) {
        struct arena *page = &at->pages[at->k % 2];
        arena_reset(page);
        if (at->k == k)
            code = delta_lines(u->a, &at->sum, &before->lines, &before->n, e);
        struct delta next = {.n = 0};
        if (!code)
            code = delta_join(page, &at->sum, &t->versions[at->k].change, &next, e);
        at->sum = next;
    }
    return code ? code : delta_lines(u->a, &at->sum, &after->lines, &after->n, e);
}

static int cannot(struct undoing *u, struct undo_text *t, const struct rendering *r, const char *engine,
                  struct pawl_error *e)
{
    t->reason = arena_printf(u->a, "this cannot be written for %s: " SLICE_FMT, engine, SLICE_ARG(r->missing[0]));
    return t->reason.p ? PAWL_OK : err_nomem(e);
}

static int write_one(struct undoing *u, struct undo_text *t, struct pawl_error *e)
{
    ARENA(tmp);
    struct rendering r[TOLD_ENGINES];
    const char *names[TOLD_ENGINES];
    struct render_options o = {.runner = u->request->runner, .guarded = true};
    size_t statements = 0;
    for (size_t i = 0; i < u->now.n; i++) {
        struct state before, after;
        int code = states(u, i, t->k, &before, &after, e);
        names[i] = u->now.engines[i].driver->name;
        if (!code)
            code = render(&tmp, names[i], after.lines, after.n, before.lines, before.n, &o, &r[i], e);
        if (code)
            return code;
        if (r[i].n_missing)
            return cannot(u, t, &r[i], names[i], e);
        statements += r[i].n;
    }
    if (!statements) {
        t->reason = SLICE("it does not change the schema: what its rows were before cannot be told");
        return PAWL_OK;
    }
    t->written = true;
    return undo_compose(u->a, names, r, u->now.n, slice_file_name(u->original->items[t->k].up.path), &t->text, e);
}

/* ---- what stays ---------------------------------------------------------------------------------------------------- */

static int drop(struct undoing *u, struct undo_text *t, size_t engine, struct pawl_error *e)
{
    struct slice said = u->after[engine].of_down[t->k];
    if (!said.p)
        said = u->after[engine].first[t->k];
    t->written = false;
    t->reason = arena_printf(u->a, "%s: " SLICE_FMT, u->now.engines[engine].driver->name,
                             SLICE_ARG(said.n ? said : SLICE("what was written does not hold")));
    return t->reason.p ? PAWL_OK : err_nomem(e);
}

static int prove_after(struct undoing *u, bool *dropped, struct pawl_error *e)
{
    struct proof_texts *texts = arena_array(u->a, u->set.n + 1, sizeof *texts);
    size_t n = 0;
    int code = PAWL_OK;
    *dropped = false;
    if (!texts)
        return err_nomem(e);
    for (size_t i = 0; i < u->out->n; i++) {
        const struct undo_text *t = &u->out->items[i];
        u->set.items[t->k].down.path = t->written || t->replaces ? t->path : (struct slice){NULL, 0};
        if (t->written)
            texts[t->k].down = t->text;
        n += t->written;
    }
    for (size_t i = 0; i < u->now.n && n && !code; i++)
        code = told_prove(u->a, &u->set, &u->now.engines[i], texts, u->report, &u->after[i], e);
    for (size_t i = 0; i < u->out->n && !code; i++) {
        struct undo_text *t = &u->out->items[i];
        for (size_t k = 0; k < u->now.n && t->written && !code; k++) {
            bool worse =
                passes(&u->now.before[k], t->k, PAWL_PROOF_REPLAY) && !passes(&u->after[k], t->k, PAWL_PROOF_REPLAY);
            if (!worse && round_trip_holds(&u->after[k], t->k))
                continue;
            *dropped = true;
            code = drop(u, t, k, e);
        }
    }
    return code;
}

int undo_run(struct arena *a, const struct migration_set *set, const struct undo_request *request,
             struct report *report, struct undo_result *out, struct pawl_error *e)
{
    struct undoing u = {.a = a, .request = request, .original = set, .report = report, .out = out};
    bool dropped = true;
    *out = (struct undo_result){.n = 0};
    u.now = (struct told_set){
        .asked = request->engines, .n_asked = request->n_engines, .any = request->any, .only = "reverted"};
    int code = told_set(a, set, report, &u.now, e);
    if (!code)
        code = copy_set(&u, e);
    if (!code)
        code = choose(&u, e);
    for (size_t i = 0; i < out->n && !code; i++)
        if (!out->items[i].holds)
            code = write_one(&u, &out->items[i], e);
    for (size_t i = 0; i < TOLD_ENGINES; i++) {
        arena_clear(&u.at[i].pages[0]);
        arena_clear(&u.at[i].pages[1]);
    }
    for (size_t i = 0; i < ROUNDS && dropped && !code; i++)
        code = prove_after(&u, &dropped, e);
    return code;
}
