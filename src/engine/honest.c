#include "engine/honest.h"

#include "engine/attest.h"
#include "engine/shown.h"
#include "schema/fact.h"
#include "schema/item.h"
#include "schema/named.h"
#include "schema/present.h"
#include "sql/locate.h"

/* One thing that a statement makes unless it is there. */
struct claim {
    size_t step, k; /* in the plan; in the set */
    size_t offset;  /* of its statement */
    bool whole;     /* all that the statement makes belongs to it */
};

struct checking {
    struct run *run;
    struct arena *arena;
    const struct plan *plan;
    const struct script *scripts;
    struct claim *claims;
    struct present *names; /* of the claims */
    size_t n, cap, cap_names;
    struct pawl_error why; /* there is no course */
    struct course course;
    struct shown shown;
    struct slice *lines; /* the live schema */
    size_t n_lines;
    struct pawl_error first; /* the first difference that is an error; code 0 = none */
};

/* ---- what the pending texts claim --------------------------------------------------------------------------------- */

static int add_claim(struct checking *x, struct claim claim, const struct guard *g, bool anywhere, struct pawl_error *e)
{
    struct present p;
    if (!present_of(x->arena, x->run->db->driver->dialect, g->object, &g->name, &g->on, &p) ||
        !arena_grow(x->arena, (void **)&x->claims, &x->cap, x->n, sizeof *x->claims) ||
        !arena_grow(x->arena, (void **)&x->names, &x->cap_names, x->n, sizeof *x->names))
        return err_nomem(e);
    p.anywhere = anywhere;
    x->claims[x->n] = claim;
    x->names[x->n++] = p;
    return PAWL_OK;
}

static size_t count_parts(const struct head *h, const struct dialect *d, struct slice sql)
{
    struct head_parts parts;
    struct head_part p;
    size_t n = 0;
    head_parts_init(&parts, h, d, sql);
    while (head_parts_next(&parts, &p))
        n++;
    return n;
}

static int claims_of_statement(struct checking *x, struct claim claim, struct slice sql, bool anywhere,
                               struct pawl_error *e)
{
    struct head h;
    struct guards guards;
    struct guard g;
    const struct dialect *d = x->run->db->driver->dialect;
    int code = PAWL_OK;
    head_read(&h, d, sql);
    guards_init(&guards, &h, d, sql);
    while (!code && guards_next(&guards, &g)) {
        claim.whole = h.action == HEAD_CREATE || count_parts(&h, d, sql) == 1;
        code = add_claim(x, claim, &g, anywhere, e);
    }
    return code;
}

static int claims_of_text(struct checking *x, size_t i, const struct text *text, struct pawl_error *e)
{
    struct script_cursor c;
    struct script_statement s;
    const struct db_driver *driver = x->run->db->driver;
    const struct standing *standing = x->plan->steps[i];
    bool begun = standing->row && !standing->row->success, anywhere = present_anywhere(text->sql);
    /* Of a run that was interrupted: what is done, and the statement that it was in, which goes on by its own evidence. */
    size_t done = begun ? ledger_done(standing->row) + 1 : 0;
    int code = PAWL_OK;
    script_start(&c, &x->scripts[i], text, driver->name, driver->dialect);
    for (size_t at = 0; !code && script_next(&c, &s); at++) {
        struct claim claim = {.step = i, .k = (size_t)(standing->migration - x->run->set->items), .offset = s.offset};
        if (at >= done)
            code = claims_of_statement(x, claim, s.sql, anywhere, e);
    }
    return code;
}

static int claims_of_step(struct checking *x, size_t i, struct pawl_error *e)
{
    const struct script *script = &x->scripts[i];
    const struct migration *m = x->plan->steps[i]->migration;
    struct text text;
    if (!script->guards || script->skip || (x->run->attest && attest_covers(x->run->attest, m)))
        return PAWL_OK;
    int code = script_text(script, &m->up, &text, e);
    if (code)
        return code;
    code = claims_of_text(x, i, &text, e);
    text_close(&text);
    return code;
}

/* Only what is there is of interest. */
static int ask_catalog(struct checking *x, struct pawl_error *e)
{
    size_t n = 0;
    int code = present_ask(x->arena, x->run->db, x->names, x->n, e);
    for (size_t i = 0; i < x->n; i++)
        if (x->names[i].there) {
            x->claims[n] = x->claims[i];
            x->names[n++] = x->names[i];
        }
    x->n = n;
    return code;
}

/* ---- telling ----------------------------------------------------------------------------------------------------- */

static struct slice describe(const struct checking *x, const struct present *p)
{
    const char *of = p->on.n ? " of table " : "";
    return arena_printf(x->arena, "%s " SLICE_FMT "%s" SLICE_FMT, head_object_name(p->object), SLICE_ARG(p->name), of,
                        SLICE_ARG(p->on));
}

static struct place place_of(const struct checking *x, const struct claim *c)
{
    const struct script *script = &x->scripts[c->step];
    struct text text;
    if (script->kept.p)
        return locate_once(script->kept, c->offset);
    if (text_open(&x->plan->steps[c->step]->migration->up, &text, NULL))
        return (struct place){0};
    struct place at = locate_once(text.sql, c->offset);
    text_close(&text);
    return at;
}

static int tell_same(struct checking *x, size_t i, struct pawl_error *e)
{
    const struct claim *c = &x->claims[i];
    const struct migration *m = x->plan->steps[c->step]->migration;
    struct place at = place_of(x, c);
    struct slice what = describe(x, &x->names[i]);
    struct slice why =
        arena_printf(x->arena, SLICE_FMT " is there already, and is what the file declares", SLICE_ARG(what));
    if (!what.p || !why.p)
        return err_nomem(e);
    report_event(x->run->report, &(struct pawl_event){.kind = PAWL_EVENT_DECISION,
                                                      .decision = PAWL_DECISION_SKIP,
                                                      .version = m->version,
                                                      .file = m->up.path.p,
                                                      .line = at.line,
                                                      .column = at.column,
                                                      .message = why.p});
    return PAWL_OK;
}

static enum pawl_level tell_finding(struct checking *x, size_t i, enum pawl_finding_id id, struct slice message,
                                    const char *hint)
{
    const struct claim *c = &x->claims[i];
    const struct migration *m = x->plan->steps[c->step]->migration;
    struct place at = place_of(x, c);
    enum pawl_level level = report_finding(x->run->report, &(struct pawl_finding){.id = id,
                                                                                  .version = m->version,
                                                                                  .engine = x->run->db->driver->name,
                                                                                  .file = m->up.path.p,
                                                                                  .line = at.line,
                                                                                  .column = at.column,
                                                                                  .message = message.p,
                                                                                  .hint = hint});
    if (level != PAWL_LEVEL_ERROR || x->first.code)
        return level;
    err_set(&x->first, PAWL_REFUSED, "%s", message.p);
    err_hint(&x->first, "%s", hint);
    err_place(&x->first, m->up.path, at.line, at.column);
    x->first.version = m->version;
    return level;
}

static int tell_differs(struct checking *x, size_t i, struct slice declared, struct slice there, struct pawl_error *e)
{
    struct slice what = describe(x, &x->names[i]);
    struct slice d = fact_shown(declared);
    struct slice t = fact_shown(there);
    struct slice message =
        arena_printf(x->arena,
                     "IF NOT EXISTS passes over " SLICE_FMT ", but it is another: declared is \"" SLICE_FMT
                     "\", there is \"" SLICE_FMT "\"",
                     SLICE_ARG(what), SLICE_ARG(d), SLICE_ARG(t));
    if (!what.p || !message.p)
        return err_nomem(e);
    tell_finding(x, i, PAWL_FINDING_GUARD_DIFFERS, message,
                 "bring it to what the file declares, or rename or drop it, and run again; `guard-differs = "
                 "\"warning\"` under [findings] in pawl.toml leaves it as it is");
    return PAWL_OK;
}

static int tell_unknown(struct checking *x, size_t i, struct slice why, struct pawl_error *e)
{
    struct slice what = describe(x, &x->names[i]);
    struct slice message = arena_printf(x->arena,
                                        "IF NOT EXISTS passes over " SLICE_FMT
                                        ", and whether it is what the file declares could not be found out: " SLICE_FMT,
                                        SLICE_ARG(what), SLICE_ARG(why));
    if (!what.p || !message.p || !why.p)
        return err_nomem(e);
    tell_finding(x, i, PAWL_FINDING_GUARD_UNKNOWN, message,
                 "compare it yourself; what a host application provides can be given with scratch setup, as for "
                 "`pawl verify`");
    return PAWL_OK;
}

/* ---- one claim ----------------------------------------------------------------------------------------------------- */

/* Is this the fact of the object itself? */
static int is_object(const struct checking *x, const struct present *p, const struct change *c, bool *out,
                     struct pawl_error *e)
{
    struct item it;
    int code = item_read(x->arena, c->after, &it, e);
    *out = !code && !c->before.p && named_is(&it, p->object, p->name, p->on);
    return code;
}

static int find_object(const struct checking *x, size_t i, const struct delta *d, const struct change **out,
                       struct pawl_error *e)
{
    int code = PAWL_OK;
    *out = NULL;
    for (size_t q = 0; q < d->n && !code && !*out; q++) {
        bool is = false;
        if (d->items[q].after.p)
            code = is_object(x, &x->names[i], &d->items[q], &is, e);
        *out = is ? &d->items[q] : NULL;
    }
    return code;
}

/* Another kind of object under the same name, which the engine takes for the one that is declared. */
static int find_other(const struct checking *x, size_t i, const struct change *own, struct slice *out,
                      struct pawl_error *e)
{
    size_t blank = slice_find_byte(own->key, ' ');
    struct slice name = slice_sub(own->key, blank, own->key.n);
    *out = (struct slice){NULL, 0};
    for (const char *const *k = named_kinds(x->names[i].object); *k && !out->p; k++) {
        struct slice key = arena_printf(x->arena, "%s" SLICE_FMT, *k, SLICE_ARG(name));
        if (!key.p)
            return err_nomem(e);
        *out = fact_among(x->lines, x->n_lines, key);
    }
    return PAWL_OK;
}

/* What of the statement belongs to the claim: all that it makes, or the object and what hangs on it alone. */
static int part_of(const struct checking *x, size_t i, const struct delta *d, const struct change *own,
                   struct delta *out, struct pawl_error *e)
{
    *out = (struct delta){.items = arena_array(x->arena, d->n + 1, sizeof *out->items)};
    if (!out->items)
        return err_nomem(e);
    for (size_t q = 0; q < d->n; q++) {
        const struct change *c = &d->items[q];
        bool at = !c->before.p && (named_alike(fact_value(c->after, "columns"), x->names[i].name) ||
                                   named_alike(fact_value(c->after, "at"), x->names[i].name));
        if (c == own || (x->claims[i].whole ? !c->before.p : x->names[i].object == HEAD_COLUMN && at))
            out->items[out->n++] = *c;
    }
    return PAWL_OK;
}

static const struct change *first_difference(struct checking *x, const struct delta *d)
{
    for (size_t q = 0; q < d->n; q++)
        if (!shown_alike(&x->shown, shown_key(&x->shown, &d->items[q]), d->items[q].after))
            return &d->items[q];
    return &d->items[0];
}

/* The object is there when its statement comes: is it the same? */
static int compare(struct checking *x, size_t i, size_t statement, const struct change *own, struct pawl_error *e)
{
    size_t k = x->claims[i].k;
    struct delta d;
    int code = part_of(x, i, &x->course.steps[k].statements[statement].change, own, &d, e);
    if (code)
        return code;
    if (shown_behind(&x->shown, k, statement, &d))
        return tell_same(x, i, e);
    const struct change *c = first_difference(x, &d);
    return tell_differs(x, i, c->after, x->shown.now[shown_key(&x->shown, c)->index], e);
}

/* *passed becomes true if the engine passes over it. */
static int judge(struct checking *x, size_t i, size_t statement, bool *passed, struct pawl_error *e)
{
    const struct delta *d = &x->course.steps[x->claims[i].k].statements[statement].change;
    const struct change *own = NULL;
    struct slice other;
    int code = find_object(x, i, d, &own, e);
    if (code || !own) /* the set had it already */
        return code;
    if (fact_among(x->lines, x->n_lines, own->key).p) {
        *passed = x->shown.now[shown_key(&x->shown, own)->index].p != NULL; /* else something in front of it drops it */
        return *passed ? compare(x, i, statement, own, e) : PAWL_OK;
    }
    code = find_other(x, i, own, &other, e);
    if (code)
        return code;
    const struct course_key *key = other.p ? course_key(&x->course, slice_sub(other, 0, fact_key_of(other))) : NULL;
    bool elsewhere = !other.p && x->names[i].anywhere; /* in another schema than that in which it is made */
    if (elsewhere || (key && !x->shown.now[key->index].p))
        return PAWL_OK;
    *passed = true;
    return other.p ? tell_differs(x, i, own->after, other, e)
                   : tell_unknown(x, i, SLICE("its name is in the catalog, but not among what pawl compares"), e);
}

/* ---- all ------------------------------------------------------------------------------------------------------------- */

static int learn(struct checking *x, struct pawl_error *e)
{
    struct run *r = x->run;
    struct course_request q = course_of_run(r);
    bool *detail = arena_array(x->arena, r->set->n + 1, sizeof *detail);
    if (!detail)
        return err_nomem(e);
    for (size_t i = 0; i < x->n; i++) /* all steps are run: what a later one makes of it is all right, too */
        detail[x->claims[i].k] = true;
    q.detail = detail;
    int code = course_make(x->arena, &q, &x->course, &x->why);
    if (code == PAWL_NOMEM || code == PAWL_INTERRUPTED || code == PAWL_INTERNAL) {
        if (e)
            *e = x->why;
        return code;
    }
    if (!code)
        x->why = x->course.error;
    code = course_look(x->arena, r->db, r->ledger->name, &x->lines, &x->n_lines, e);
    return code ? code : shown_init(x->arena, &x->course, x->lines, x->n_lines, &x->shown, e);
}

static int judge_statement(struct checking *x, size_t step, size_t k, size_t j, struct pawl_error *e)
{
    const struct course_statement *st = &x->course.steps[k].statements[j];
    bool over = false;
    for (size_t i = 0; i < x->n; i++) {
        bool passed = false;
        if (x->claims[i].step != step || x->claims[i].offset != st->offset)
            continue;
        int code = judge(x, i, j, &passed, e);
        if (code)
            return code;
        over |= passed && x->claims[i].whole;
    }
    if (!over)
        shown_do(&x->shown, &st->change);
    return PAWL_OK;
}

static int tell_all_unknown(struct checking *x, size_t step, struct pawl_error *e)
{
    size_t at = x->course.n;
    long long version = at < x->run->set->n ? (long long)x->run->set->items[at].version : 0;
    struct slice why =
        x->course.failed
            ? arena_printf(x->arena, "migration %lld does not run on a scratch database: %s", version, x->why.message)
            : slice_of(x->why.message);
    int code = why.p ? PAWL_OK : err_nomem(e);
    for (size_t i = 0; i < x->n && !code; i++)
        if (x->claims[i].step == step)
            code = tell_unknown(x, i, why, e);
    return code;
}

static int judge_step(struct checking *x, size_t step, struct pawl_error *e)
{
    size_t k = (size_t)(x->plan->steps[step]->migration - x->run->set->items);
    if (k >= x->course.n)
        return tell_all_unknown(x, step, e);
    const struct course_step *s = &x->course.steps[k];
    if (!s->statements)
        shown_do(&x->shown, &s->change);
    int code = PAWL_OK;
    for (size_t j = 0; j < s->n_statements && s->statements && !code; j++)
        code = judge_statement(x, step, k, j, e);
    return code;
}

int honest_check(struct run *r, const struct plan *plan, const struct script *scripts, struct pawl_error *e)
{
    struct checking x = {.run = r, .arena = r->arena, .plan = plan, .scripts = scripts};
    const enum pawl_level *levels = r->report->levels;
    int code = PAWL_OK;
    if (!levels[PAWL_FINDING_GUARD_DIFFERS] && !levels[PAWL_FINDING_GUARD_UNKNOWN])
        return PAWL_OK;
    for (size_t i = 0; i < plan->n && !code; i++)
        code = claims_of_step(&x, i, e);
    if (!code && x.n)
        code = ask_catalog(&x, e);
    if (code || !x.n)
        return code;
    code = learn(&x, e);
    for (size_t i = 0; i < plan->n && !code; i++)
        code = judge_step(&x, i, e);
    if (code || !x.first.code)
        return code;
    if (e)
        *e = x.first;
    return x.first.code;
}
