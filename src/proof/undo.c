#include "proof/undo.h"

#include <string.h>

#include "proof/renamed.h"
#include "proof/told.h"
#include "source/text.h"

#define ROUNDS 12

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

/* What renames there are, and S(k + 1) as it is once they are taken back, or the renderer's to heed. */
static int take_back_names(struct undoing *u, struct arena *tmp, size_t engine, struct slice up,
                           const struct state *before, struct state *after, struct render_options *o,
                           struct rendering *names, bool *any, struct pawl_error *e)
{
    const struct dialect *d = u->now.engines[engine].driver->dialect;
    struct renamed r;
    struct state old;
    bool said = false;
    *names = (struct rendering){0};
    int code = renamed_find(tmp, d, up, before->lines, before->n, after->lines, after->n, &r, e);
    if (!code && r.n)
        code = renamed_say(tmp, d, &r, u->request->runner, names, &said, e);
    *any |= r.n > 0;
    if (code || !r.n)
        return code;
    if (!said) {
        o->renames = r.items;
        o->n_renames = r.n;
        return PAWL_OK;
    }
    code = renamed_back(tmp, &r, before->lines, before->n, after->lines, after->n, &old.lines, &old.n, e);
    *after = old;
    return code;
}

static int join(struct arena *a, struct rendering *first, const struct rendering *then, struct pawl_error *e)
{
    for (size_t i = 0; i < then->n; i++) {
        if (!arena_grow(a, (void **)&first->items, &first->cap, first->n, sizeof *first->items))
            return err_nomem(e);
        first->items[first->n++] = then->items[i];
    }
    first->missing = then->missing;
    first->n_missing = then->n_missing;
    return PAWL_OK;
}

/* What is to be written on each engine, with renames taken back or not. */
static int render_all(struct undoing *u, struct arena *tmp, struct slice up, struct state (*states)[2], bool renames,
                      bool *any, struct rendering *r, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = 0; i < u->now.n && !code; i++) {
        struct state before = states[i][0], after = states[i][1];
        struct render_options o = {.runner = u->request->runner, .back = true, .guarded = true};
        struct rendering rest;
        r[i] = (struct rendering){0};
        if (renames)
            code = take_back_names(u, tmp, i, up, &before, &after, &o, &r[i], any, e);
        if (!code)
            code =
                render(tmp, u->now.engines[i].driver->name, after.lines, after.n, before.lines, before.n, &o, &rest, e);
        if (!code)
            code = join(tmp, &r[i], &rest, e);
    }
    return code;
}

static int add_draft(struct undoing *u, struct undo_text *t, const struct rendering *r, bool full, struct pawl_error *e)
{
    struct slice text;
    int code = undo_compose(u->a, u->now.engines, r, u->now.n, slice_file_name(u->original->items[t->k].up.path), full,
                            &text, e);
    if (code || (t->n_drafts && slice_eq(t->drafts[t->n_drafts - 1], text)))
        return code;
    t->drafts[t->n_drafts++] = text;
    return PAWL_OK;
}

/* Does the text itself say in which schema it works? */
static bool names_schema(const struct undoing *u, struct slice up)
{
    bool names = false;
    for (size_t i = 0; i < u->now.n; i++) {
        const char *schema = u->now.engines[i].driver->dialect->first_schema;
        names |= schema && slice_find(up, slice_of(schema)) != SIZE_MAX;
    }
    return names;
}

static int write_drafts(struct undoing *u, struct undo_text *t, const struct rendering *renaming,
                        const struct rendering *plain, bool any, struct slice up, struct pawl_error *e)
{
    bool full = names_schema(u, up);
    int code = any ? add_draft(u, t, renaming, full, e) : PAWL_OK;
    if (!code)
        code = add_draft(u, t, plain, full, e);
    if (!code && !full)
        code = add_draft(u, t, plain, true, e);
    t->text = t->drafts[0];
    return code;
}

/* The schema is what it was. */
static int write_nothing(struct undoing *u, struct undo_text *t, struct pawl_error *e)
{
    const struct migration *m = &u->original->items[t->k];
    bool idle = true;
    int code = PAWL_OK;
    for (size_t i = 0; i < u->now.n && idle && !code; i++)
        code = undo_idle(m, &u->now.engines[i], &idle, e);
    if (code)
        return code;
    t->written = idle;
    if (idle)
        return undo_nothing(u->a, slice_file_name(m->up.path), &t->text, e);
    t->reason = SLICE("it does not change the schema: what its rows were before cannot be told");
    return PAWL_OK;
}

static int write_one(struct undoing *u, struct undo_text *t, struct pawl_error *e)
{
    ARENA(tmp);
    struct rendering renaming[TOLD_ENGINES], plain[TOLD_ENGINES];
    struct state around[TOLD_ENGINES][2];
    struct slice up;
    bool any = false;
    size_t statements = 0;
    int code = read_file(u, &u->original->items[t->k].up, &up, e);
    for (size_t i = 0; i < u->now.n && !code; i++)
        code = states(u, i, t->k, &around[i][0], &around[i][1], e);
    if (!code)
        code = render_all(u, &tmp, up, around, false, &any, plain, e);
    if (!code)
        code = render_all(u, &tmp, up, around, true, &any, renaming, e);
    for (size_t i = 0; i < u->now.n && !code; i++) {
        if (plain[i].n_missing)
            return cannot(u, t, &plain[i], u->now.engines[i].driver->name, e);
        any &= renaming[i].n_missing == 0;
        statements += plain[i].n;
    }
    if (code)
        return code;
    if (!statements)
        return write_nothing(u, t, e);
    t->written = true;
    return write_drafts(u, t, renaming, plain, any, up, e);
}

/* ---- what stays ---------------------------------------------------------------------------------------------------- */

/* It does not hold: the next draft, or none. */
static int drop(struct undoing *u, struct undo_text *t, size_t engine, struct pawl_error *e)
{
    struct slice said = u->after[engine].of_down[t->k];
    if (t->n_drafts > 1) {
        memmove(t->drafts, t->drafts + 1, --t->n_drafts * sizeof *t->drafts);
        t->text = t->drafts[0];
        return PAWL_OK;
    }
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
        bool moved = false;
        for (size_t k = 0; k < u->now.n && t->written && !moved && !code; k++) {
            bool worse =
                passes(&u->now.before[k], t->k, PAWL_PROOF_REPLAY) && !passes(&u->after[k], t->k, PAWL_PROOF_REPLAY);
            if (!worse && round_trip_holds(&u->after[k], t->k))
                continue;
            *dropped = moved = true;
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
