#include "proof/search.h"

#include <limits.h>

#include "proof/judge.h"
#include "proof/origin.h"
#include "proof/record.h"
#include "proof/texts.h"
#include "proof/witness.h"
#include "schema/fact.h"
#include "sql/locate.h"

#define WALKS 4
#define TRIES 400 /* of one text at one place */

struct search {
    struct trial tr;
    struct arena *a;
    const struct proof_trace *trace;
    struct work *work;
    size_t n;
};

/* How a draft fared where it should have done nothing, or what the original did. */
struct fared {
    bool well;
    bool refused;
    bool rows;        /* the key is that of a table whose rows are not as they should be */
    size_t offset;    /* refused: of the fault in the draft */
    struct slice key; /* else: of the fact or the table that is not as it should be, in trial.tmp */
    struct slice on;  /* the table that the fact belongs to, or n = 0 */
    struct slice said;
};

/* ---- running ------------------------------------------------------------------------------------------------------- */

static bool is_outside(const struct unit *u)
{
    return unit_outside(u) || u->script.new_enum_value;
}

static int said_refused(struct search *s, const struct unit *u, const struct outcome *o, struct fared *out,
                        struct pawl_error *e)
{
    bool inside = o->statement.p && o->statement.p >= u->text.sql.p && o->statement.p <= u->text.sql.p + u->text.sql.n;
    out->refused = true;
    out->offset = inside ? (size_t)(o->statement.p - u->text.sql.p) : SIZE_MAX;
    struct slice said = slice_of(o->error.message);
    size_t block = slice_find(said, SLICE("; in PL/pgSQL function inline_code_block")); /* the guard is no news */
    out->said = arena_dup(s->a, slice_sub(said, 0, block));
    return out->said.p ? PAWL_OK : err_nomem(e);
}

static int said_changed(struct search *s, const struct change *c, struct fared *out, struct pawl_error *e)
{
    struct slice line = c->before.p ? c->before : c->after;
    out->key = c->key;
    out->on = fact_value(line, "on");
    out->said = arena_printf(s->a, "%s " SLICE_FMT,
                             !c->before.p ? "adds"
                             : c->after.p ? "changes"
                                          : "removes",
                             SLICE_ARG(c->key));
    return out->said.p ? PAWL_OK : err_nomem(e);
}

static int said_rows(struct search *s, const struct row_change *r, struct fared *out, struct pawl_error *e)
{
    out->key = r->name;
    out->rows = true;
    out->said = arena_printf(s->a, "changes rows of " SLICE_FMT, SLICE_ARG(r->name));
    return out->said.p ? PAWL_OK : err_nomem(e);
}

/* The text once more where it should do nothing; the state is `state` before and after. */
static int again(struct search *s, const struct unit *u, size_t state, struct fared *out, struct pawl_error *e)
{
    struct trial *tr = &s->tr;
    struct hold h;
    struct outcome o;
    struct judged j;
    *out = (struct fared){.well = false};
    int code = hold_open(tr, &tr->tmp, &h, is_outside(u), state, e);
    if (!code)
        code = unit_run(tr, u, &o, e);
    if (code)
        return code;
    if (o.failed) {
        code = hold_back(tr, &h, e);
        return code ? code : said_refused(s, u, &o, out, e);
    }
    code = judge_unchanged(tr, &h, &o, &j, e);
    if (code)
        return code;
    if (j.grade == DIFFERENCE_REAL)
        return said_changed(s, origin_headline(&j.delta), out, e);
    if (j.n_rows)
        return said_rows(s, &j.rows[0], out, e);
    out->well = true;
    return PAWL_OK;
}

/* ---- moving on ----------------------------------------------------------------------------------------------------- */

static int open_draft(struct search *s, const struct work *w, struct unit *u, struct pawl_error *e)
{
    int code = unit_of_text(&s->tr, &s->tr.set->items[w->k], w->reverting, w->draft.text, u, e);
    if (!code && s->tr.steps[w->k].forced_outside && !w->reverting)
        u->script.no_transaction = true;
    return code;
}

/* Of the INSERTs into the table that still have a form, the one whose next is the mildest: each may be to blame. */
static size_t behind_rows(struct search *s, const struct work *w, struct slice table)
{
    size_t found = SIZE_MAX;
    unsigned strength = UINT_MAX;
    for (size_t i = 0; i < w->draft.n; i++) {
        const struct draft_statement *d = &w->draft.items[i];
        struct head h;
        head_read(&h, s->tr.db->driver->dialect, slice_sub(w->draft.original, d->offset, d->offset + d->length));
        if (h.class == HEAD_INSERT && d->chosen < d->forms.n && h.name.name.n &&
            slice_find(table, h.name.name) != SIZE_MAX && d->forms.forms[d->chosen].strength < strength) {
            found = i;
            strength = d->forms.forms[d->chosen].strength;
        }
    }
    return found;
}

/* Among the statements that still have a form: the one that names the object best. */
static size_t behind_change(struct search *s, const struct work *w, const struct unit *u, const struct fared *f)
{
    struct slice statement;
    size_t inserted = f->rows ? behind_rows(s, w, f->key) : SIZE_MAX;
    if (inserted != SIZE_MAX)
        return inserted;
    size_t offset = origin_statement(&s->tr, u, f->key, &statement);
    size_t i = offset == SIZE_MAX ? SIZE_MAX : draft_find(&w->draft, offset);
    if (i != SIZE_MAX && w->draft.items[i].chosen < w->draft.items[i].forms.n)
        return i;
    offset = f->on.n ? origin_statement(&s->tr, u, f->on, &statement) : SIZE_MAX;
    i = offset == SIZE_MAX ? SIZE_MAX : draft_find(&w->draft, offset);
    if (i != SIZE_MAX && w->draft.items[i].chosen < w->draft.items[i].forms.n)
        return i;
    /* an unnamed index or constraint of that table */
    for (i = 0; i < w->draft.n; i++) {
        const struct draft_statement *d = &w->draft.items[i];
        struct head h;
        head_read(&h, s->tr.db->driver->dialect, slice_sub(w->draft.original, d->offset, d->offset + d->length));
        bool unnamed = head_has(&h, HEAD_UNNAMED) || h.action == HEAD_ALTER;
        struct slice table = h.on.name.n ? h.on.name : h.name.name;
        if (unnamed && d->chosen < d->forms.n && table.n &&
            (slice_find(f->key, table) != SIZE_MAX || slice_find(f->on, table) != SIZE_MAX))
            return i;
    }
    return SIZE_MAX;
}

static int keep_reason(struct search *s, struct work *w, const struct fared *f, const char *where, struct pawl_error *e)
{
    const struct draft *d = &w->draft;
    size_t i = f->refused && f->offset != SIZE_MAX ? draft_find(d, f->offset) : SIZE_MAX;
    struct place at = i == SIZE_MAX ? (struct place){0} : locate_once(d->original, d->items[i].offset);
    const char *engine = s->tr.options->driver->name;
    if (at.line)
        w->reason = arena_printf(s->a, "%s, %s, line %u: " SLICE_FMT, engine, where, at.line, SLICE_ARG(f->said));
    else
        w->reason = arena_printf(s->a, "%s, %s: " SLICE_FMT, engine, where, SLICE_ARG(f->said));
    return w->reason.p ? PAWL_OK : err_nomem(e);
}

/* The next draft after this result, or `left`. */
static int move_on(struct search *s, struct work *w, const struct unit *u, const struct fared *f, const char *where,
                   struct pawl_error *e)
{
    struct slice done;
    bool moved = false;
    size_t i =
        f->refused ? (f->offset == SIZE_MAX ? SIZE_MAX : draft_find(&w->draft, f->offset)) : behind_change(s, w, u, f);
    int code = keep_reason(s, w, f, where, e);
    if (!code && i != SIZE_MAX)
        code = draft_advance(s->a, &w->draft, i, &moved, e);
    if (!code && !moved && !w->reverting) {
        const struct dialect *dialect = s->tr.db->driver->dialect;
        code = witness_find(s->a, dialect, s->trace, w->k, &done, e);
        if (!code && done.n)
            code = draft_once(s->a, &w->draft, dialect, done, &moved, e);
    }
    w->left = !moved;
    w->to_do = moved;
    if (w->left)
        draft_drop(&w->draft);
    return code;
}

/* Tries the draft at `state` until it does nothing there, or nothing helps. */
static int soothe(struct search *s, struct work *w, size_t state, const char *where, bool *moved, struct pawl_error *e)
{
    int code = PAWL_OK;
    *moved = false;
    for (size_t tries = 0; !code && !w->left; tries++) {
        UNIT(u);
        struct fared f;
        code = open_draft(s, w, &u, e);
        if (!code && u.code)
            f = (struct fared){.refused = true, .offset = SIZE_MAX, .said = SLICE("the text cannot be sent")};
        else if (!code)
            code = again(s, &u, state, &f, e);
        if (code || f.well)
            return code;
        if (tries == TRIES)
            f.refused = true, f.offset = SIZE_MAX;
        code = move_on(s, w, &u, &f, where, e);
        *moved = true;
    }
    return code;
}

/* ---- the first run ------------------------------------------------------------------------------------------------- */

/* What a text made of the state it was run on. */
struct effect {
    struct delta delta;
    struct contents rows;
    bool known_rows;
};

static int take_effect(struct search *s, struct effect *out, struct pawl_error *e)
{
    int code = trial_refresh(&s->tr, &s->tr.tmp, &out->delta, e);
    out->known_rows = s->tr.rows;
    return code || !out->known_rows ? code : rows_read_all(&s->tr, &s->tr.tmp, &out->rows, e);
}

/* Runs a text that has to run: its effect, or that it was refused. */
static int run_for_effect(struct search *s, const struct unit *u, struct effect *out, struct fared *f,
                          struct pawl_error *e)
{
    struct outcome o;
    *f = (struct fared){.well = true};
    int code = unit_run(&s->tr, u, &o, e);
    if (!code && o.failed) {
        f->well = false;
        return said_refused(s, u, &o, f, e);
    }
    return code ? code : take_effect(s, out, e);
}

/* Which tables have other rows? Those that `loose` has too (a clock, random keys) only if there are more or fewer of them. */
static int compare_rows(struct search *s, const struct effect *want, const struct effect *got,
                        const struct row_change *loose, size_t n_loose, struct row_change **out, size_t *n,
                        struct pawl_error *e)
{
    *n = 0;
    if (!want->known_rows || !got->known_rows)
        return PAWL_OK;
    int code = rows_compare(&s->tr.tmp, &want->rows, &got->rows, out, n, e);
    size_t kept = 0;
    for (size_t i = 0; !code && i < *n; i++) {
        bool is_loose = false;
        for (size_t j = 0; j < n_loose && (*out)[i].before == (*out)[i].after; j++)
            is_loose |= slice_eq(loose[j].name, (*out)[i].name);
        if (!is_loose)
            (*out)[kept++] = (*out)[i];
    }
    *n = kept;
    return code;
}

static int compare_schema(struct search *s, const struct effect *want, const struct effect *got, struct fared *f,
                          struct pawl_error *e)
{
    struct delta back, off;
    int code = delta_invert(&s->tr.tmp, &want->delta, &back, e);
    if (!code)
        code = delta_join(&s->tr.tmp, &back, &got->delta, &off, e);
    f->well = !code && off.n == 0;
    return code || !off.n ? code : said_changed(s, origin_headline(&off), f, e);
}

/* Back to the state before the text, and the text again. */
static int rerun(struct search *s, struct hold *pre, size_t state, const struct unit *u, bool outside,
                 struct effect *effect, struct fared *f, struct pawl_error *e)
{
    int code = hold_back(&s->tr, pre, e);
    if (!code)
        code = hold_open(&s->tr, &s->tr.tmp, pre, outside, state, e);
    return code ? code : run_for_effect(s, u, effect, f, e);
}

/*
 * The rows differ. Do those of the original differ from themselves, when it is run once more? Stands on what the draft made again
 * afterwards.
 */
static int same_but_loose(struct search *s, struct hold *pre, size_t state, const struct unit *original,
                          const struct unit *u, const struct effect *want, struct effect *got, struct fared *f,
                          struct pawl_error *e)
{
    struct effect twice = {0};
    struct row_change *loose = NULL, *rows;
    size_t n_loose = 0, n = 0;
    bool outside = is_outside(original);
    int code = rerun(s, pre, state, original, outside, &twice, f, e);
    if (!code && f->well)
        code = compare_rows(s, want, &twice, NULL, 0, &loose, &n_loose, e);
    if (!code && f->well)
        code = rerun(s, pre, state, u, outside, got, f, e);
    if (!code && f->well)
        code = compare_rows(s, want, got, loose, n_loose, &rows, &n, e);
    if (code || !f->well || !n)
        return code;
    f->well = false;
    return said_rows(s, &rows[0], f, e);
}

static int same_effect(struct search *s, struct hold *pre, size_t state, const struct unit *original,
                       const struct unit *u, const struct effect *want, struct fared *f, struct pawl_error *e)
{
    struct effect got = {0};
    struct row_change *rows;
    size_t n = 0;
    int code = rerun(s, pre, state, u, is_outside(original), &got, f, e);
    if (!code && f->well)
        code = compare_schema(s, want, &got, f, e);
    if (!code && f->well)
        code = compare_rows(s, want, &got, NULL, 0, &rows, &n, e);
    return code || !f->well || !n ? code : same_but_loose(s, pre, state, original, u, want, &got, f, e);
}

/*
 * The draft does nothing on top of the original. Does it do the original's work? Stands on what the draft made if so, else on what
 * the original made.
 */
static int first_run(struct search *s, struct work *w, struct hold *pre, size_t state, const struct unit *original,
                     const struct effect *want, struct pawl_error *e)
{
    UNIT(u);
    struct effect ignored = {0};
    struct fared f, as_before;
    int code = open_draft(s, w, &u, e);
    if (!code)
        code = same_effect(s, pre, state, original, &u, want, &f, e);
    if (!code && f.well)
        code = again(s, &u, w->reverting ? state - 1 : state + 1, &f, e);
    if (code)
        return code;
    w->to_do = false;
    if (f.well)
        return PAWL_OK;
    code = move_on(s, w, &u, &f, "first run of the rewritten text", e);
    return code ? code : rerun(s, pre, state, original, is_outside(original), &ignored, &as_before, e);
}

/* The original has just been run in `pre`. */
static int settle(struct search *s, struct work *w, struct hold *pre, size_t state, const struct unit *original,
                  const struct effect *want, struct pawl_error *e)
{
    int code = PAWL_OK;
    size_t after = w->reverting ? state - 1 : state + 1;
    for (size_t tries = 0; !code && w->to_do && !w->left && tries < TRIES; tries++) {
        bool moved;
        code = soothe(s, w, after, "run again at once", &moved, e);
        if (!code && !w->left && draft_changed(&w->draft))
            code = first_run(s, w, pre, state, original, want, e);
        else
            w->to_do = false;
    }
    if (!code && w->to_do) {
        w->left = true;
        draft_drop(&w->draft);
    }
    return code;
}

/* ---- walks --------------------------------------------------------------------------------------------------------- */

static struct work *work_of(struct search *s, size_t k, bool reverting)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->work[i].k == k && s->work[i].reverting == reverting && s->work[i].to_do && !s->work[i].left)
            return &s->work[i];
    return NULL;
}

/* The down text of a step from S(k + 1), and back there again. */
static int down_step(struct search *s, size_t k, struct work *w, struct pawl_error *e)
{
    struct trial *tr = &s->tr;
    struct hold pre;
    struct effect want = {0};
    struct fared f;
    UNIT(down);
    int code = unit_open(tr, tr->steps[k].migration, true, false, &down, e);
    if (!code)
        code = hold_open(tr, &tr->tmp, &pre, is_outside(&down), k + 1, e);
    if (!code)
        code = run_for_effect(s, &down, &want, &f, e);
    if (!code && f.well)
        code = settle(s, w, &pre, k + 1, &down, &want, e);
    return code ? code : hold_back(tr, &pre, e);
}

static int run_original(struct search *s, size_t k, struct unit *up, struct hold *pre, struct effect *want,
                        struct pawl_error *e)
{
    struct trial *tr = &s->tr;
    struct outcome o;
    int code = hold_open(tr, &tr->tmp, pre, is_outside(up), k, e);
    if (!code)
        code = unit_run(tr, up, &o, e);
    if (!code && texts_want_outside(tr, up, &o)) {
        tr->steps[k].forced_outside = up->script.no_transaction = true;
        code = hold_back(tr, pre, e);
        if (!code)
            code = hold_open(tr, &tr->tmp, pre, true, k, e);
        if (!code)
            code = unit_run(tr, up, &o, e);
    }
    if (!code && o.failed) {
        if (e)
            *e = o.error;
        return (int)o.error.code;
    }
    return code ? code : take_effect(s, want, e);
}

static int step(struct search *s, size_t k, struct pawl_error *e)
{
    struct trial *tr = &s->tr;
    struct work *up_work = work_of(s, k, false), *down_work = work_of(s, k, true);
    struct effect want = {0};
    struct hold pre;
    UNIT(up);
    int code = unit_open(tr, tr->steps[k].migration, false, false, &up, e);
    if (!code && up.code)
        return err_set(e, PAWL_SOURCE, "%s", up.error.message);
    tr->keys_off = up.script.foreign_keys_off;
    if (!code)
        code = run_original(s, k, &up, &pre, &want, e);
    if (!code && up_work)
        code = settle(s, up_work, &pre, k, &up, &want, e);
    if (!code)
        code = record_add(tr, tr->steps[k].migration, e);
    if (!code)
        code = hold_drop(tr, &pre, e);
    if (!code)
        tr->applied = k + 1;
    if (!code && down_work)
        code = down_step(s, k, down_work, e);
    arena_reset(&tr->tmp);
    return code;
}

/* Every up text in work once more at S(n). What moves has to be tried at its step again. */
static int at_head(struct search *s, bool *moved, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = 0; !code && i < s->n; i++) {
        struct work *w = &s->work[i];
        bool now = false;
        if (w->left || w->reverting)
            continue;
        s->tr.keys_off = false;
        code = soothe(s, w, s->tr.applied, "run again at the newest version", &now, e);
        *moved |= now && !w->left;
        arena_reset(&s->tr.tmp);
    }
    return code;
}

static int walk(struct search *s, bool *moved, struct pawl_error *e)
{
    struct trial *tr = &s->tr;
    *moved = false;
    int code = trial_open(tr, e);
    for (size_t k = 0; !code && k < tr->set->n; k++) {
        trial_progress(tr, "search", k + 1, tr->set->n);
        code = step(s, k, e);
    }
    if (!code)
        code = at_head(s, moved, e);
    trial_close(tr);
    arena_clear(&tr->tmp);
    return code;
}

/* A walk of its own for each round: states, rows and session begin anew. */
static int one_walk(struct search *s, const struct migration_set *set, const struct proof_options *options,
                    struct report *report, bool *moved, struct pawl_error *e)
{
    ARENA(keep);
    struct proof_options plain = *options;
    plain.trace = NULL;
    plain.texts = NULL;
    plain.repro_dir = NULL;
    s->tr = (struct trial){.set = set, .options = &plain, .report = report, .keep = &keep};
    report_init_silent(&s->tr.quiet, report);
    s->tr.steps = arena_array(&keep, set->n ? set->n : 1, sizeof *s->tr.steps);
    if (!s->tr.steps)
        return err_nomem(e);
    for (size_t k = 0; k < set->n; k++)
        s->tr.steps[k].migration = &set->items[k];
    return walk(s, moved, e);
}

int search_run(struct arena *a, const struct migration_set *set, const struct proof_options *options,
               const struct proof_trace *trace, struct work *work, size_t n, struct report *report,
               struct pawl_error *e)
{
    struct search s = {.a = a, .trace = trace, .work = work, .n = n};
    bool moved = true;
    int code = PAWL_OK;
    for (size_t i = 0; i < n; i++)
        work[i].to_do = true;
    for (size_t i = 0; !code && moved && i < WALKS; i++)
        code = one_walk(&s, set, options, report, &moved, e);
    for (size_t i = 0; i < n && !code; i++) /* still restless */
        if (work[i].to_do && !work[i].left) {
            work[i].left = true;
            draft_drop(&work[i].draft);
        }
    return code;
}
