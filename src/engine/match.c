#include "engine/course.h"
#include "schema/fact.h"
#include "schema/scope.h"

struct live {
    struct map lines; /* of struct slice, by key */
    const struct slice *all;
    size_t n;
};

static int index_lines(struct arena *a, const struct slice *lines, size_t n, struct live *out, struct pawl_error *e)
{
    *out = (struct live){.all = lines, .n = n};
    struct slice *copies = arena_array(a, n + 1, sizeof *copies);
    if (!copies)
        return err_nomem(e);
    for (size_t i = 0; i < n; i++) {
        copies[i] = lines[i];
        if (!map_set(a, &out->lines, slice_sub(lines[i], 0, fact_key_of(lines[i])), &copies[i]))
            return err_nomem(e);
    }
    return PAWL_OK;
}

static struct slice live_line(const struct live *l, struct slice key)
{
    const struct slice *line = map_get(&l->lines, key);
    return line ? *line : (struct slice){NULL, 0};
}

static bool same(struct slice x, struct slice y)
{
    return (x.p == NULL) == (y.p == NULL) && slice_eq(x, y);
}

/* How many managed facts differ, by state. Each turn of a fact can only change it for the states from there to the next. */
static int count_different(struct arena *a, const struct course *c, const struct live *l, int64_t **out,
                           struct pawl_error *e)
{
    int64_t *change = *out = arena_array(a, c->n + 2, sizeof *change);
    if (!change)
        return err_nomem(e);
    for (size_t i = 0; i < c->n_keys; i++) {
        const struct course_key *k = c->list[i];
        struct slice line = live_line(l, k->key);
        size_t from = 0;
        bool differs = line.p != NULL; /* in front of the first turn it is not there */
        if (!k->managed)
            continue;
        for (size_t t = 0; t <= k->n; t++) {
            size_t to = t < k->n ? k->turns[t].state : c->n + 1;
            change[from] += differs;
            change[to] -= differs;
            from = to;
            differs = t < k->n && !same(k->turns[t].line, line);
        }
    }
    for (size_t s = 1; s <= c->n; s++)
        change[s] += change[s - 1];
    return PAWL_OK;
}

/* A live line that no state has, but whose name the engine made up: it may stand for one with another such name. */
static bool may_stand_in(struct slice line)
{
    return slice_eq(fact_value(line, "name"), SLICE("generated"));
}

static int subtract(struct arena *a, const struct course *c, const struct live *l, size_t state, bool stand_in,
                    struct delta *out, struct pawl_error *e)
{
    size_t n_from = 0, n_to = 0, n = 0;
    struct slice *to, *from = arena_array(a, l->n + 1, sizeof *from);
    int code = from ? course_state(a, c, state, &to, &n_to, e) : err_nomem(e);
    if (code)
        return code;
    for (size_t i = 0; i < l->n; i++) {
        const struct course_key *k = course_key(c, slice_sub(l->all[i], 0, fact_key_of(l->all[i])));
        if (k ? k->managed : stand_in && may_stand_in(l->all[i]))
            from[n_from++] = l->all[i];
    }
    for (size_t i = 0; i < n_to; i++)
        if (course_key(c, slice_sub(to[i], 0, fact_key_of(to[i])))->managed)
            to[n++] = to[i];
    return delta_between(a, from, n_from, to, n, out, e);
}

/* From the live schema to a state, over what is managed, and how bad it is. */
static int difference(struct arena *a, const struct course *c, const struct live *l, size_t state, struct delta *out,
                      enum difference *grade, struct pawl_error *e)
{
    struct delta wider;
    int code = subtract(a, c, l, state, false, out, e);
    if (code)
        return code;
    *grade = delta_grade(out);
    if (*grade != DIFFERENCE_REAL)
        return PAWL_OK;
    code = subtract(a, c, l, state, true, &wider, e);
    if (code || delta_grade(&wider) == DIFFERENCE_REAL)
        return code;
    *out = wider;
    *grade = delta_grade(&wider);
    return PAWL_OK;
}

/* What the set makes, as schema/scope knows it. */
static int make_scope(struct arena *a, const struct course *c, struct scope *out, struct pawl_error *e)
{
    *out = (struct scope){0};
    for (size_t i = 0; i < c->n_keys; i++) {
        const struct course_key *k = c->list[i];
        if (k->managed && k->n && !course_key_line(k, 0).p && !scope_add_root(a, out, k->turns[0].line))
            return err_nomem(e);
    }
    return PAWL_OK;
}

static int list_strangers(struct arena *a, const struct course *c, const struct live *l, struct course_match *out,
                          struct pawl_error *e)
{
    struct scope scope;
    out->strangers = arena_array(a, l->n + 1, sizeof *out->strangers);
    int code = out->strangers ? make_scope(a, c, &scope, e) : err_nomem(e);
    for (size_t i = 0; i < l->n && !code; i++) {
        struct slice line = l->all[i];
        const struct course_key *k = course_key(c, slice_sub(line, 0, fact_key_of(line)));
        out->n_managed += k && k->managed;
        if (k)
            continue;
        out->strangers[out->n_strangers++] = line;
        if (scope_of(&scope, line) == SCOPE_MANAGED && out->n_added++ == 0)
            out->added = line;
    }
    return code;
}

/* Of the states that differ least, those that do so harmlessly, or else the highest. */
static int choose(struct arena *a, const struct course *c, const struct live *l, const int64_t *different,
                  int64_t least, struct course_match *out, struct pawl_error *e)
{
    bool any = false;
    for (size_t s = c->n + 1; s-- > 0;) {
        struct delta d;
        enum difference grade;
        if (different[s] != least)
            continue;
        int code = difference(a, c, l, s, &d, &grade, e);
        if (code)
            return code;
        bool harmless = grade != DIFFERENCE_REAL;
        if (!any || (harmless && !out->exact)) {
            out->lowest = out->highest = s;
            out->exact = harmless;
            out->grade = grade;
            out->difference = d;
        } else if (harmless) {
            out->lowest = s;
        }
        any = true;
    }
    return PAWL_OK;
}

int course_match(struct arena *a, const struct course *c, const struct slice *lines, size_t n, struct course_match *out,
                 struct pawl_error *e)
{
    struct live live;
    int64_t *different = NULL;
    *out = (struct course_match){0};
    int code = index_lines(a, lines, n, &live, e);
    if (!code)
        code = count_different(a, c, &live, &different, e);
    if (!code)
        code = list_strangers(a, c, &live, out, e);
    if (code)
        return code;
    int64_t least = different[0];
    for (size_t s = 1; s <= c->n; s++)
        least = different[s] < least ? different[s] : least;
    return choose(a, c, &live, different, least, out, e);
}

int course_difference(struct arena *a, const struct course *c, const struct slice *lines, size_t n, size_t state,
                      struct delta *out, enum difference *grade, struct pawl_error *e)
{
    struct live live;
    int code = index_lines(a, lines, n, &live, e);
    return code ? code : difference(a, c, &live, state, out, grade, e);
}
