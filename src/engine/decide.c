#include "engine/decide.h"

#include "engine/deciding.h"
#include "engine/mention.h"
#include "schema/fact.h"
#include "sql/locate.h"

/* ---- saying it --------------------------------------------------------------------------------------------------- */

static int say(struct deciding *x, size_t k, enum pawl_decision what, const char *why)
{
    struct decided *d = &x->out->steps[k];
    d->what = what;
    d->why = slice_of(why);
    if (what == PAWL_DECISION_IN_PLACE)
        x->out->version = k + 1;
    x->out->in_place += what == PAWL_DECISION_IN_PLACE;
    x->out->to_run += what != PAWL_DECISION_IN_PLACE;
    return PAWL_OK;
}

static struct place place_of(const struct migration *m, size_t offset)
{
    struct text text;
    if (offset == SIZE_MAX || text_open(&m->up, &text, NULL))
        return (struct place){0};
    struct place at = locate_once(text.sql, offset);
    text_close(&text);
    return at;
}

static void put_place(struct deciding *x, size_t k, size_t offset)
{
    const struct migration *m = &x->run->set->items[k];
    struct place at = place_of(m, offset);
    err_place(x->e, m->up.path, at.line, at.column);
    if (x->e)
        x->e->version = m->version;
}

/* declared "column a.b type=text", there is nothing */
static int put_difference(struct deciding *x, const char *what, struct slice declared, struct slice there)
{
    struct slice d = fact_shown(declared);
    struct slice t = fact_shown(there);
    return err_set(x->e, PAWL_REFUSED, "%s: declared is \"" SLICE_FMT "\", there is \"" SLICE_FMT "\"", what,
                   SLICE_ARG(d), SLICE_ARG(t));
}

/* Neither as it was in front of the statement nor as it is behind it. */
static int neither(struct deciding *x, size_t k, size_t offset, const struct delta *d)
{
    const struct change *c = &d->items[0];
    for (size_t i = d->n; i-- > 0;) /* the first that is not as it should be */
        if (!shown_alike(&x->shown, shown_key(&x->shown, &d->items[i]), d->items[i].after))
            c = &d->items[i];
    put_difference(x, "what this statement makes is there, but another", c->after,
                   x->shown.now[shown_key(&x->shown, c)->index]);
    err_hint(x->e,
             "bring the object to what the files declare, or to what was there before this migration, and run again");
    put_place(x, k, offset);
    return PAWL_REFUSED;
}

static int untold(struct deciding *x, size_t k, const struct course_statement *s)
{
    size_t offset = s->offset;
    long long version = (long long)x->run->set->items[k].version;
    if (s->untried) { /* a rehearsal would show it */
        x->out->steps[k].wants_detail = x->out->wants_detail = true;
        return PAWL_OK;
    }
    err_set(x->e, PAWL_REFUSED,
            "whether this statement of migration %lld ran cannot be seen in the schema, and it cannot be run twice",
            version);
    err_hint(x->e,
             "look at the data, then `pawl baseline V` (it ran: V = %lld; else the version before), or say "
             "`-- pawl: repeatable` in the file",
             version);
    put_place(x, k, offset);
    return PAWL_REFUSED;
}

/* ---- a step that leaves no trace ----------------------------------------------------------------------------------- */

static bool asks(const struct deciding *x)
{
    return x->trial && x->trial->changes_nothing;
}

static bool changes_nothing(const struct deciding *x, size_t k, const struct course_statement *s)
{
    return asks(x) && s->change.n == 0 && x->trial->changes_nothing(x->trial->context, &x->run->set->items[k], s);
}

/*
 * Would it be no matter to run it once more? For a statement that would change nothing in what is there now it is not, nor for one
 * that changes nothing right behind itself.
 */
static bool is_harmless(const struct deciding *x, size_t k, const struct course_statement *s)
{
    return s->again || changes_nothing(x, k, s);
}

/* The first that is not; NULL: all are. */
static const struct course_statement *harmful(const struct deciding *x, size_t k)
{
    const struct course_step *s = &x->course->steps[k];
    for (size_t i = 0; i < s->n_statements; i++)
        if (!is_harmless(x, k, &s->statements[i]))
            return &s->statements[i];
    return NULL;
}

/* Has it run, or is it as if it had? One that sets a value may be run again, but it has not run for that. */
static bool is_as_if_run(const struct deciding *x, size_t k, const struct course_statement *s)
{
    return s->change.n || (s->again && (!s->table.n || !asks(x))) || changes_nothing(x, k, s);
}

/* Does the ledger say that it was applied? */
static bool is_recorded(const struct deciding *x, size_t k)
{
    size_t i = history_find(&x->run->history, x->run->set->items[k].version);
    return i != SIZE_MAX && x->run->history.rows[i].success;
}

/* ---- a step that is half done -------------------------------------------------------------------------------------- */

/*
 * The last statement whose effect can only come from its having run; 0 = none, else index + 1. What it makes may have been
 * there in front of it, as the indexes of a table that is made anew.
 */
static size_t frontier(struct deciding *x, size_t k)
{
    const struct course_step *s = &x->course->steps[k];
    const struct change *off;
    for (size_t i = s->n_statements; i-- > 0;)
        if (s->statements[i].change.n && !shown_before(&x->shown, &s->statements[i].change, &off) &&
            shown_behind(&x->shown, k, i, &s->statements[i].change) && !shown_ahead(&x->shown, k, i))
            return i + 1;
    return 0;
}

/* Of a transaction of the text's own all has run, or nothing: if its effect is there, so has what it does to rows behind that. */
static size_t end_of_block(const struct course_step *s, size_t reached)
{
    size_t begin = SIZE_MAX;
    for (size_t i = 0; i < s->n_statements; i++) {
        if (s->statements[i].begins)
            begin = i;
        if (s->statements[i].ends && begin < reached && reached <= i)
            return i + 1;
        if (s->statements[i].ends)
            begin = SIZE_MAX;
    }
    return reached;
}

/* Of a migration that the ledger calls begun: how many of its statements are done. */
static bool is_begun(const struct deciding *x, size_t k, size_t *done)
{
    size_t i = history_find(&x->run->history, x->run->set->items[k].version);
    const struct ledger_row *row = i == SIZE_MAX ? NULL : &x->run->history.rows[i];
    bool is = row && !row->success && !ledger_reverting(row);
    *done = is ? ledger_done(row) : 0;
    return is;
}

/* Within one step. */
struct part {
    size_t k;
    size_t reached; /* statements in front of this one have run: the effect of the last of them is there */
    size_t recorded;
    bool begun;   /* the ledger knows how far it came */
    bool missing; /* some statement that shows in the schema is decided to run */
};

static struct slice last_name(struct slice key)
{
    size_t dot = key.n;
    while (dot > 0 && key.p[dot - 1] != '.' && key.p[dot - 1] != ' ')
        dot--;
    return slice_sub(key, dot, key.n);
}

/* Was its table made by a statement in front of it that is decided to run? Then there are no rows yet. */
static bool fills_new_table(const struct deciding *x, const struct part *p, size_t i)
{
    const struct course_step *s = &x->course->steps[p->k];
    struct slice table = s->statements[i].table;
    for (size_t j = 0; j < i && table.n; j++) {
        const struct delta *d = &s->statements[j].change;
        for (size_t q = 0; q < d->n && !x->out->steps[p->k].in_place[j]; q++)
            if (!d->items[q].before.p && slice_starts(d->items[q].key, SLICE("table ")) &&
                slice_eq(last_name(d->items[q].key), table))
                return true;
    }
    return false;
}

/* A statement that leaves no trace; NULL: it cannot be told whether it ran. */
static const char *decide_rows(const struct deciding *x, const struct part *p, size_t i, bool *done)
{
    const struct course_step *s = &x->course->steps[p->k];
    *done = false;
    if (p->begun) {
        *done = i < p->recorded || i < p->reached;
        return "the ledger says how far the migration came";
    }
    if (fills_new_table(x, p, i))
        return "it fills a table that is made now";
    *done = true;
    if (is_recorded(x, p->k))
        return "the ledger says that the migration was applied";
    if (p->k + 1 < x->reached)
        return "a later migration is in place";
    if (i < p->reached && !p->missing)
        return "the effect of a statement behind it is there";
    *done = false;
    if (s->repeatable || is_harmless(x, p->k, &s->statements[i]))
        return "running it again changes nothing, or its file says so";
    return p->missing && i >= p->reached ? "a statement in front of it is still to run" : NULL;
}

static int decide_statement(struct deciding *x, struct part *p, size_t i)
{
    struct decided *d = &x->out->steps[p->k];
    const struct course_statement *st = &x->course->steps[p->k].statements[i];
    const struct change *off = NULL;
    if (st->change.n == 0) {
        d->whys[i] = decide_rows(x, p, i, &d->in_place[i]);
        return d->whys[i] ? PAWL_OK : untold(x, p->k, st);
    }
    x->shown.rests = false;
    bool before = shown_before(&x->shown, &st->change, &off), rest = x->shown.rests;
    bool after = shown_behind(&x->shown, p->k, i, &st->change);
    if (!before && !after)
        return neither(x, p->k, st->offset, &st->change);
    d->in_place[i] = after && (i < p->reached || !before);
    d->whys[i] = d->in_place[i] ? "its effect is there"
                 : rest         ? "it was interrupted: its index is there, but not valid"
                                : "its effect is not there";
    if (!d->in_place[i]) {
        shown_do(&x->shown, &st->change);
        p->missing = true;
    }
    return PAWL_OK;
}

/* All that a baseline makes, or nothing: what its migrations did to rows on the way cannot be made up for. */
static int below(struct deciding *x, const struct migration *m)
{
    err_set(x->e, PAWL_REFUSED, "the schema has some of what baseline %lld makes, and not all of it",
            (long long)m->version);
    err_hint(x->e,
             "bring the database there with the release that still has the files, or with a checkout from before they "
             "were squashed");
    err_place(x->e, m->up.path, 0, 0);
    if (x->e)
        x->e->version = m->version;
    return PAWL_REFUSED;
}

/* A transaction of the file's own is opened and closed if anything in it is to run. */
static void decide_frames(struct deciding *x, size_t k)
{
    const struct course_step *s = &x->course->steps[k];
    struct decided *d = &x->out->steps[k];
    for (size_t i = 0; i < s->n_statements; i++) {
        size_t end = i + 1;
        bool any = false;
        if (!s->statements[i].begins)
            continue;
        for (; end < s->n_statements && !s->statements[end].ends; end++)
            any |= !d->in_place[end];
        d->in_place[i] = !any;
        d->whys[i] = any ? "something in the transaction is to run" : "all in the transaction is in place";
        if (end < s->n_statements) {
            d->in_place[end] = d->in_place[i];
            d->whys[end] = d->whys[i];
        }
    }
}

/* What is set in the session is gone with the session that ran it, and what is still to run may depend on it. */
static void decide_settings(struct deciding *x, size_t k)
{
    const struct course_step *s = &x->course->steps[k];
    struct decided *d = &x->out->steps[k];
    bool any = false;
    for (size_t i = s->n_statements; i-- > 0;) {
        if (s->statements[i].sets) {
            d->in_place[i] = !any;
            d->whys[i] = any ? "it sets something for statements that are to run" : "nothing behind it is to run";
        }
        any |= !d->in_place[i];
    }
}

static bool is_frame(const struct course_statement *s)
{
    return s->begins || s->ends;
}

static int decide_partly(struct deciding *x, size_t k)
{
    const struct course_step *s = &x->course->steps[k];
    struct decided *d = &x->out->steps[k];
    struct part p = {.k = k};
    size_t left = 0;
    if (!s->statements) {
        d->wants_detail = x->out->wants_detail = true;
        return PAWL_OK;
    }
    d->in_place = arena_array(x->arena, s->n_statements + 1, sizeof *d->in_place);
    d->whys = arena_array(x->arena, s->n_statements + 1, sizeof *d->whys);
    if (!d->in_place || !d->whys)
        return err_nomem(x->e);
    p.reached = end_of_block(s, frontier(x, k));
    p.begun = is_begun(x, k, &p.recorded);
    for (size_t i = 0; i < s->n_statements; i++) {
        int code = is_frame(&s->statements[i]) ? PAWL_OK : decide_statement(x, &p, i);
        if (code || d->wants_detail)
            return code;
    }
    decide_frames(x, k);
    decide_settings(x, k);
    for (size_t i = 0; i < s->n_statements; i++)
        left += !d->in_place[i];
    if (left && !p.begun && s->migration->n_replaces)
        return below(x, s->migration);
    struct slice why = arena_printf(x->arena, "%zu of its %zu statements %s still to run", left, s->n_statements,
                                    left == 1 ? "is" : "are");
    if (!why.p)
        return err_nomem(x->e);
    return say(x, k, left ? PAWL_DECISION_PARTLY : PAWL_DECISION_IN_PLACE, why.p);
}

/* ---- a step that leaves no trace in the schema --------------------------------------------------------------------- */

/* What it made was undone later, or was there before: that it ran shows in nothing, so it must not have changed rows. */
static int decide_doubtful(struct deciding *x, size_t k)
{
    const struct course_step *s = &x->course->steps[k];
    if (!s->statements && !s->only_schema) {
        x->out->steps[k].wants_detail = x->out->wants_detail = true;
        return PAWL_OK;
    }
    for (size_t i = 0; s->statements && i < s->n_statements; i++)
        if (!is_as_if_run(x, k, &s->statements[i]))
            return untold(x, k, &s->statements[i]);
    return say(x, k, PAWL_DECISION_IN_PLACE, "the schema is that of a later version");
}

static int decide_silent(struct deciding *x, size_t k)
{
    static const char later[] = "it leaves no trace in the schema, and a later migration is in place";
    const struct course_step *s = &x->course->steps[k];
    size_t done;
    bool behind = k < x->reached;
    if (is_begun(x, k, &done))
        return decide_partly(x, k);
    if (behind && k < x->doubt)
        return say(x, k, PAWL_DECISION_IN_PLACE, later);
    if (!behind && !is_recorded(x, k) && x->trial &&
        x->trial->rows_are_there(x->trial->context, &x->run->set->items[k]))
        return say(x, k, PAWL_DECISION_IN_PLACE, "the rows that it inserts are there, and a key keeps them out");
    if (!behind && !x->tail)
        return say(x, k, PAWL_DECISION_RUN, "a migration in front of it is still to run");
    if (s->nothing)
        return say(x, k, behind ? PAWL_DECISION_IN_PLACE : PAWL_DECISION_RUN, "it has no statement for this engine");
    if (is_recorded(x, k))
        return say(x, k, PAWL_DECISION_IN_PLACE, "the ledger says so; it leaves no trace in the schema");
    if (s->repeatable)
        return say(x, k, PAWL_DECISION_RUN, "its file says that it is repeatable");
    if (!s->statements) {
        x->out->steps[k].wants_detail = x->out->wants_detail = true;
        return PAWL_OK;
    }
    if (behind)
        return decide_doubtful(x, k);
    const struct course_statement *bad = harmful(x, k);
    if (bad)
        return untold(x, k, bad);
    return say(x, k, PAWL_DECISION_RUN, "it leaves no trace in the schema, and running it again changes nothing");
}

/* ---- all steps --------------------------------------------------------------------------------------------------- */

/*
 * A step without a transaction may have been interrupted behind all that shows in the schema, with changes of rows still to
 * be made: if the ledger says so, or if nothing says otherwise.
 */
static bool may_be_cut(const struct deciding *x, size_t k)
{
    size_t done;
    if (is_begun(x, k, &done))
        return true;
    const struct course_step *s = &x->course->steps[k];
    return s->outside && !s->only_schema && k + 1 == x->reached && !is_recorded(x, k);
}

/*
 * A step without a transaction whose own passing objects are not known: what nobody knows in the schema, and its text names, may
 * be what half of it has left.
 */
static int look_for_rests(struct deciding *x, size_t k, bool *any)
{
    *any = false;
    if (!x->course->steps[k].blind || !x->n_strangers)
        return PAWL_OK;
    return mention_in(&x->run->set->items[k], x->strangers, x->n_strangers, any, x->e);
}

static int decide_step(struct deciding *x, size_t k)
{
    const struct course_step *s = &x->course->steps[k];
    bool behind = k < x->reached;
    if (s->change.n == 0)
        return decide_silent(x, k);
    if (k + 1 < x->half)
        return say(x, k, PAWL_DECISION_IN_PLACE, "the schema is that of a later migration, which is half done");
    if (behind && k >= x->doubt && !is_recorded(x, k) && !s->repeatable)
        return decide_doubtful(x, k);
    if (may_be_cut(x, k)) {
        int cut = decide_partly(x, k);
        if (!cut && x->out->steps[k].wants_detail)
            shown_do(&x->shown, &s->change);
        return cut;
    }
    if (behind && deciding_in_place(x, k))
        return say(x, k, PAWL_DECISION_IN_PLACE, "what it makes is there, or what a later migration made of it");
    x->shown.rests = false;
    bool rests, run = !behind && deciding_to_run(x, k) && !x->shown.rests;
    int looked = run ? look_for_rests(x, k, &rests) : PAWL_OK;
    if (looked)
        return looked;
    if (run && rests) {
        x->out->steps[k].wants_detail = x->out->wants_detail = true;
        shown_do(&x->shown, &s->change);
        return PAWL_OK;
    }
    if (!run && !behind && deciding_in_place(x, k))
        return say(x, k, PAWL_DECISION_IN_PLACE, "what it makes is there");
    int code = run ? say(x, k, PAWL_DECISION_RUN, "what it makes is not there") : decide_partly(x, k);
    if (code)
        return code;
    if (run || x->out->steps[k].wants_detail)
        shown_do(&x->shown, &s->change);
    if (!behind && x->out->steps[k].what != PAWL_DECISION_IN_PLACE)
        x->tail = false;
    return PAWL_OK;
}

/* Behind a step that fails on a scratch database nothing is known. */
static int decide_rest(struct deciding *x)
{
    const struct course *c = x->course;
    for (size_t k = c->n; k < x->out->n; k++) {
        if (!x->tail || c->n >= x->to) {
            say(x, k, PAWL_DECISION_RUN, "a migration in front of it is still to run");
            continue;
        }
        if (x->e)
            *x->e = c->error;
        err_hint(x->e,
                 "the set must run on an empty database before anything can be told behind this file (`pawl verify`); "
                 "what it needs of a host application can be given with --scratch-setup");
        return c->failed ? c->failed : PAWL_REFUSED;
    }
    return PAWL_OK;
}

/* With all of it done, is the schema that of the last version? */
static int check_end(struct deciding *x)
{
    const struct course *c = x->course;
    x->shown.harmless = false; /* what was looked at in between is no matter */
    for (size_t i = 0; i < c->n_keys; i++) {
        const struct course_key *k = c->list[i];
        struct slice end = course_key_line(k, c->n);
        if (!k->managed || shown_alike(&x->shown, k, end))
            continue;
        put_difference(x, "the schema is not one that the files make", end, x->shown.now[i]);
        err_hint(
            x->e,
            "bring the object to what the files declare and run again, or record a version by hand with `pawl baseline V`");
        return PAWL_REFUSED;
    }
    return PAWL_OK;
}

static void look_at_order(struct decisions *out)
{
    enum pawl_decision last = PAWL_DECISION_IN_PLACE;
    out->orderly = true;
    for (size_t k = 0; k < out->n; k++) {
        enum pawl_decision what = out->steps[k].what;
        out->orderly &= what == PAWL_DECISION_IN_PLACE ? last == PAWL_DECISION_IN_PLACE
                        : what == PAWL_DECISION_PARTLY ? last == PAWL_DECISION_IN_PLACE
                                                       : true;
        last = what;
    }
}

/* ---- all of it ----------------------------------------------------------------------------------------------------- */

/* Nobody asks for it now: whatever it is, it is still to run. */
static int decide_beyond(struct deciding *x, size_t k)
{
    x->out->steps[k].wants_detail = false;
    shown_do(&x->shown, &x->course->steps[k].change);
    return say(x, k, PAWL_DECISION_RUN, "it is behind the version that is asked for");
}

static int decide_all(struct deciding *x)
{
    int code = PAWL_OK;
    for (size_t k = 0; !code && k < x->course->n; k++) {
        bool wanted = x->out->wants_detail;
        code = decide_step(x, k);
        bool unclear = x->out->steps[k].wants_detail && k >= x->reached;
        if (k < x->to || !(code == PAWL_REFUSED || (!code && unclear)))
            continue;
        x->out->wants_detail = wanted;
        code = decide_beyond(x, k);
    }
    if (code || x->out->wants_detail)
        return code;
    code = decide_rest(x);
    if (!code)
        code = check_end(x);
    look_at_order(x->out);
    return code;
}

int decide(struct run *r, const struct course *c, const struct slice *lines, size_t n, size_t to,
           const struct decide_trial *trial, struct decisions *out, struct pawl_error *e)
{
    struct course_match m;
    struct deciding x = {.run = r, .arena = r->arena, .course = c, .out = out, .trial = trial, .to = to, .e = e};
    *out = (struct decisions){.n = r->set->n, .steps = arena_array(r->arena, r->set->n + 1, sizeof *out->steps)};
    int code = out->steps ? shown_init(r->arena, c, lines, n, &x.shown, e) : err_nomem(e);
    if (!code)
        code = course_match(r->arena, c, lines, n, &m, e);
    if (code)
        return code;
    out->unmanaged = m.n_strangers - m.n_added;
    out->added = m.n_added;
    out->first_added = m.added;
    x.strangers = m.strangers;
    x.n_strangers = m.n_strangers;
    code = deciding_reached(&x, &m);
    if (!code && !out->wants_detail)
        code = decide_all(&x);
    out->note_order = x.shown.harmless;
    return code;
}
