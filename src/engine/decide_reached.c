/* Where a database is, by its schema: at which state of the set, between which, or between two statements of a file. */
#include "engine/deciding.h"

/* Does the ledger name exactly the first `state` migrations? Then it agrees with a schema that is at that state. */
static bool ledger_agrees(const struct run *r, size_t state)
{
    const struct standings *all = &r->standings;
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++) {
        const struct standing *s = &all->items[i];
        if (s->state == PAWL_STATE_PARTIAL)
            return false;
        if (!s->row)
            continue;
        if (!s->migration || !s->row->success || (size_t)(s->migration - r->set->items) >= state)
            return false;
        n++;
    }
    return n == state && state;
}

static bool is_state(struct deciding *x, size_t state)
{
    bool all = true;
    for (size_t i = 0; i < x->course->n_keys && all; i++)
        all = !x->course->list[i]->managed ||
              shown_alike(&x->shown, x->course->list[i], course_key_line(x->course->list[i], state));
    return all;
}

/*
 * A schema that is that of several states: the steps between them change nothing, or change it and change it back. What the
 * ledger says decides if it is one of them. Otherwise all that touch the schema count as done, so that nothing is dropped
 * once more; then they must not have changed rows besides. What is left are steps without any trace.
 */
static void choose_state(struct deciding *x, const struct course_match *m)
{
    for (size_t s = m->highest + 1; s-- > m->lowest;)
        if (ledger_agrees(x->run, s) && is_state(x, s)) {
            x->reached = s;
            x->tail = false;
            return;
        }
    x->reached = m->highest;
    if (x->reached > x->to && m->lowest <= x->to) /* later ones are of no interest now */
        for (x->reached = x->to; x->reached > m->lowest && !is_state(x, x->reached);)
            x->reached--;
    while (x->reached > m->lowest && x->course->steps[x->reached - 1].change.n == 0)
        x->reached--;
    x->doubt = m->lowest;
}

/* Names that the engine made up differ: the schema is taken for that of the state which it matches. */
static void take_state(struct deciding *x, size_t state)
{
    for (size_t i = 0; i < x->course->n_keys; i++)
        if (x->course->list[i]->managed)
            x->shown.now[i] = course_key_line(x->course->list[i], state);
    x->shown.harmless = true;
}

/*
 * The schema is that of no state: is it one between two statements of a step? Some tools run any file without a transaction.
 * Asked of those near the state that it is most like; their statements may have to be asked for.
 */
static int find_half(struct deciding *x, const struct course_match *m)
{
    size_t first = m->lowest > 0 ? m->lowest - 1 : 0;
    int code = PAWL_OK;
    for (size_t k = first; k < x->course->n && k <= m->highest && !x->half && !code; k++) {
        const struct course_step *s = &x->course->steps[k];
        bool is = false;
        if (!s->change.n)
            continue;
        if (!s->statements)
            x->out->steps[k].wants_detail = x->out->wants_detail = true;
        else
            code = shown_within(x->arena, &x->shown, k, &is, x->e);
        if (is)
            x->half = x->reached = k + 1;
    }
    return code;
}

/*
 * The last step whose work is there; best one whose work was not there in front of it: what is dropped again is not there at
 * the beginning either.
 */
static void find_last(struct deciding *x)
{
    for (size_t k = x->course->n; k-- > 0 && !x->reached;) {
        const struct delta *d = &x->course->steps[k].change;
        if (d->n && deciding_in_place(x, k) && !shown_until(&x->shown, d, k))
            x->reached = k + 1;
    }
    for (size_t k = x->course->n; k-- > 0 && !x->reached;)
        if (x->course->steps[k].change.n && deciding_in_place(x, k) && !deciding_to_run(x, k))
            x->reached = k + 1;
}

int deciding_reached(struct deciding *x, const struct course_match *m)
{
    x->tail = true;
    x->doubt = SIZE_MAX;
    if (m->n_managed == 0 && m->exact && m->lowest == 0 &&
        course_shows(x->course)) { /* nothing of the set is there at all */
        x->tail = false;
        return PAWL_OK;
    }
    if (m->exact && m->grade >= DIFFERENCE_GENERATED_NAMES)
        take_state(x, m->highest);
    if (m->exact) {
        choose_state(x, m);
        return PAWL_OK;
    }
    int code = find_half(x, m);
    if (!x->half)
        find_last(x);
    return code;
}
