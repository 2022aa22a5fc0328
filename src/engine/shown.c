#include "engine/shown.h"

#include "schema/fact.h"

static bool is_columns(struct slice key)
{
    return slice_starts(key, SLICE("columns "));
}

static bool same(struct slice x, struct slice y)
{
    return (x.p == NULL) == (y.p == NULL) && slice_eq(x, y);
}

const struct course_key *shown_key(const struct shown *s, const struct change *c)
{
    return course_key(s->course, c->key);
}

/*
 * The list of a table's columns adds to the facts of the columns only their order, which is no matter here, and that there
 * are no others.
 */
bool shown_alike(struct shown *s, const struct course_key *k, struct slice line)
{
    struct slice now = s->now[k->index];
    if (same(now, line))
        return true;
    if (!now.p || !line.p)
        return false;
    if (is_columns(k->key)) {
        s->harmless = true;
        return !s->odd[k->index];
    }
    struct change c = {k->key, now, line};
    bool harmless = delta_grade(&(struct delta){&c, 1}) != DIFFERENCE_REAL;
    s->harmless |= harmless;
    return harmless;
}

/* What an interrupted CREATE INDEX CONCURRENTLY leaves is the index but for one word. */
static bool is_rest(struct slice now, const struct change *c)
{
    static const struct slice index = {"index ", 6}, not_valid = {" valid=no", 9}, valid = {" valid=yes", 10};
    if (c->before.p || !now.p || !c->after.p || !slice_starts(now, index))
        return false;
    size_t at = slice_find(now, not_valid), there = slice_find(c->after, valid);
    return at != SIZE_MAX && at == there && slice_eq(slice_sub(now, 0, at), slice_sub(c->after, 0, at)) &&
           slice_eq(slice_sub(now, at + not_valid.n, now.n), slice_sub(c->after, at + valid.n, c->after.n));
}

bool shown_before(struct shown *s, const struct delta *d, const struct change **off)
{
    for (size_t i = 0; i < d->n; i++) {
        const struct course_key *k = shown_key(s, &d->items[i]);
        bool rest = is_rest(s->now[k->index], &d->items[i]);
        s->rests |= rest;
        if (!rest && !shown_alike(s, k, d->items[i].before)) {
            *off = &d->items[i];
            return false;
        }
    }
    return true;
}

static bool all_at(struct shown *s, const struct delta *d, size_t state)
{
    for (size_t i = 0; i < d->n; i++) {
        const struct course_key *k = shown_key(s, &d->items[i]);
        if (!shown_alike(s, k, course_key_line(k, state)))
            return false;
    }
    return true;
}

bool shown_since(struct shown *s, const struct delta *d, size_t from)
{
    if (all_at(s, d, from))
        return true;
    for (size_t i = 0; i < d->n; i++) {
        const struct course_key *k = shown_key(s, &d->items[i]);
        for (size_t t = 0; t < k->n; t++)
            if (k->turns[t].state > from && all_at(s, d, k->turns[t].state))
                return true;
    }
    return false;
}

bool shown_until(struct shown *s, const struct delta *d, size_t state)
{
    if (all_at(s, d, 0))
        return true;
    for (size_t i = 0; i < d->n; i++) {
        const struct course_key *k = shown_key(s, &d->items[i]);
        for (size_t t = 0; t < k->n && k->turns[t].state <= state; t++)
            if (all_at(s, d, k->turns[t].state))
                return true;
    }
    return false;
}

/* The lines of one point of a course; those of `touched` keys are not of a state. */
struct point {
    struct slice *lines; /* by key */
    bool *touched;
};

/* All but what the step touches is as it is at state k. */
static bool rest_is(struct shown *s, const struct point *p, size_t k)
{
    const struct course *c = s->course;
    for (size_t i = 0; i < c->n_keys; i++)
        if (c->list[i]->managed && !p->touched[i] && !shown_alike(s, c->list[i], course_key_line(c->list[i], k)))
            return false;
    return true;
}

static bool touched_is(struct shown *s, const struct point *p)
{
    const struct course *c = s->course;
    for (size_t i = 0; i < c->n_keys; i++)
        if (p->touched[i] && !shown_alike(s, c->list[i], p->lines[i]))
            return false;
    return true;
}

int shown_within(struct arena *a, struct shown *s, size_t k, bool *is, struct pawl_error *e)
{
    const struct course_step *step = &s->course->steps[k];
    struct point p = {.lines = arena_array(a, s->course->n_keys + 1, sizeof *p.lines),
                      .touched = arena_array(a, s->course->n_keys + 1, sizeof *p.touched)};
    *is = false;
    if (!p.lines || !p.touched)
        return err_nomem(e);
    for (size_t i = 0; i < step->n_statements; i++)
        for (size_t q = 0; q < step->statements[i].change.n; q++) {
            const struct course_key *key = shown_key(s, &step->statements[i].change.items[q]);
            p.touched[key->index] = true;
            p.lines[key->index] = course_key_line(key, k);
        }
    if (!rest_is(s, &p, k))
        return PAWL_OK;
    for (size_t i = 0; i + 1 < step->n_statements && !*is; i++) {
        const struct delta *d = &step->statements[i].change;
        for (size_t q = 0; q < d->n; q++)
            p.lines[shown_key(s, &d->items[q])->index] = d->items[q].after;
        *is = touched_is(s, &p);
    }
    return PAWL_OK;
}

/* Is the fact as it is in front of statement `to` of step k? */
static bool fact_ahead(struct shown *s, size_t k, size_t to, const struct change *c)
{
    const struct course_key *key = shown_key(s, c);
    struct slice line = course_key_line(key, k);
    for (size_t j = 0; j < to; j++) {
        const struct change *earlier = delta_find(&s->course->steps[k].statements[j].change, c->key);
        line = earlier ? earlier->after : line;
    }
    return shown_alike(s, key, line);
}

bool shown_ahead(struct shown *s, size_t k, size_t i)
{
    const struct delta *of = &s->course->steps[k].statements[i].change;
    for (size_t to = 0; to <= i; to++) {
        bool all = true;
        for (size_t q = 0; q < of->n && all; q++)
            all = fact_ahead(s, k, to, &of->items[q]);
        if (all)
            return true;
    }
    return false;
}

/* Is the fact as it is behind statement `to` of the step? Statement i changed it. */
static bool fact_behind(struct shown *s, const struct course_step *step, size_t i, const struct change *c, size_t to)
{
    struct slice line = c->after;
    for (size_t j = i + 1; j <= to; j++) {
        const struct change *later = delta_find(&step->statements[j].change, c->key);
        line = later ? later->after : line;
    }
    return shown_alike(s, shown_key(s, c), line);
}

bool shown_behind(struct shown *s, size_t k, size_t i, const struct delta *of)
{
    const struct course_step *step = &s->course->steps[k];
    for (size_t to = i; to < step->n_statements; to++) {
        bool all = true;
        for (size_t q = 0; q < of->n && all; q++)
            all = fact_behind(s, step, i, &of->items[q], to);
        if (all)
            return true;
    }
    return shown_since(s, of, k + 1);
}

void shown_do(struct shown *s, const struct delta *d)
{
    for (size_t i = 0; i < d->n; i++) {
        const struct course_key *k = shown_key(s, &d->items[i]);
        bool altered = is_columns(k->key) && d->items[i].before.p && d->items[i].after.p;
        if (!altered || same(s->now[k->index], d->items[i].before)) /* else: another order, and it stays one */
            s->now[k->index] = d->items[i].after;
    }
}

/* ---- taking the live schema -------------------------------------------------------------------------------------- */

/* The names in a list of columns, each looked up as a column of the set. */
static int find_odd(struct shown *s, const struct course_key *k, struct slice line, struct pawl_error *e)
{
    STRBUF(b, 1u << 16);
    struct slice table = slice_sub(k->key, strlen("columns "), k->key.n), list = fact_value(line, "order");
    size_t at = 0;
    bool quoted = false;
    for (size_t i = 0; i <= list.n; i++) {
        quoted ^= i < list.n && list.p[i] == '"' && !(i && list.p[i - 1] == '\\');
        if (i < list.n && (quoted || list.p[i] != ','))
            continue;
        strbuf_reset(&b);
        strbuf_addf(&b, "column " SLICE_FMT "." SLICE_FMT, SLICE_ARG(table), (int)(i - at), list.p + at);
        if (!strbuf_ok(&b))
            return err_nomem(e);
        s->odd[k->index] |= !course_key(s->course, strbuf_slice(&b));
        at = i + 1;
    }
    return PAWL_OK;
}

int shown_init(struct arena *a, const struct course *c, const struct slice *lines, size_t n, struct shown *out,
               struct pawl_error *e)
{
    *out = (struct shown){.course = c,
                          .now = arena_array(a, c->n_keys + 1, sizeof *out->now),
                          .odd = arena_array(a, c->n_keys + 1, sizeof *out->odd)};
    int code = out->now && out->odd ? PAWL_OK : err_nomem(e);
    for (size_t i = 0; i < n && !code; i++) {
        const struct course_key *k = course_key(c, slice_sub(lines[i], 0, fact_key_of(lines[i])));
        if (!k)
            continue;
        out->now[k->index] = lines[i];
        code = is_columns(k->key) ? find_odd(out, k, lines[i], e) : PAWL_OK;
    }
    return code;
}
