#include "proof/across.h"

#include <string.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/strbuf.h"
#include "schema/fact.h"
#include "schema/parity.h"

#define MAX_MESSAGE 1500
#define MAX_DETAIL 3000
#define MAX_LINE 300
#define BASELINE SIZE_MAX

/* A list of words, kept in an arena. */
struct numbers {
    uint64_t *items;
    size_t n, cap;
};

/* A table, by the name that both engines have for it. */
struct object {
    struct slice name;
    struct object_side {
        struct slice *lines; /* its facts, in no order */
        size_t n, cap;
        size_t touched; /* 1 + the state at which it changed last */
    } sides[2];
    struct numbers known; /* its differences so far, told or meant */
    size_t listed;        /* 1 + the state for which it was listed last */
};

struct across {
    const struct migration_set *set;
    const struct proof_trace *traces;
    struct report *report;
    bool schemas[2];
    struct arena keep, tmp;
    struct map objects;
    struct object **touched; /* at the state at hand; in tmp, as are the next two */
    size_t n_touched, cap_touched;
    struct numbers gone; /* known differences of tables that are there no more */
};

/* ---- the facts of both sides -------------------------------------------------------------------------------------- */

static struct object *find_object(struct across *x, struct slice name)
{
    struct object *o = map_get(&x->objects, name);
    if (o)
        return o;
    o = arena_alloc(&x->keep, sizeof *o);
    if (!o)
        return NULL;
    o->name = arena_dup(&x->keep, name);
    return o->name.p && map_set(&x->keep, &x->objects, o->name, o) ? o : NULL;
}

/* The table that a line is about, listed as touched; *out NULL: none that matters here. false: no memory. */
static bool touch(struct across *x, size_t side, size_t state, struct slice line, struct object **out)
{
    struct slice name;
    *out = NULL;
    if (!parity_table(&x->tmp, line, x->schemas[side], &name))
        return false;
    if (!name.p)
        return true;
    struct object *o = find_object(x, name);
    if (!o)
        return false;
    *out = o;
    o->sides[side].touched = state;
    if (o->listed == state)
        return true;
    if (!arena_grow(&x->tmp, (void **)&x->touched, &x->cap_touched, x->n_touched, sizeof *x->touched))
        return false;
    x->touched[x->n_touched++] = o;
    o->listed = state;
    return true;
}

static void take_line(struct object_side *s, struct slice key)
{
    for (size_t i = 0; i < s->n; i++)
        if (slice_eq(slice_sub(s->lines[i], 0, fact_key_of(s->lines[i])), key)) {
            s->lines[i] = s->lines[--s->n];
            return;
        }
}

static bool add_line(struct across *x, struct object_side *s, struct slice line)
{
    if (!arena_grow(&x->keep, (void **)&s->lines, &s->cap, s->n, sizeof *s->lines))
        return false;
    s->lines[s->n++] = line;
    return true;
}

static bool replay(struct across *x, size_t side, size_t state, const struct delta *d)
{
    struct object *o;
    for (size_t i = 0; i < d->n; i++) {
        const struct change *c = &d->items[i];
        if (c->before.p && !touch(x, side, state, c->before, &o))
            return false;
        if (c->before.p && o)
            take_line(&o->sides[side], c->key);
        if (c->after.p && !touch(x, side, state, c->after, &o))
            return false;
        if (c->after.p && o && !add_line(x, &o->sides[side], c->after))
            return false;
    }
    return true;
}

/* ---- differences of one table ------------------------------------------------------------------------------------- */

static bool add_number(struct arena *a, struct numbers *list, uint64_t number)
{
    if (!arena_grow(a, (void **)&list->items, &list->cap, list->n, sizeof *list->items))
        return false;
    list->items[list->n++] = number;
    return true;
}

static bool has_number(const struct numbers *list, uint64_t number)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i] == number)
            return true;
    return false;
}

/* Without the table's name, so that it is the same after a renaming. */
static uint64_t hash_line(const struct object *o, struct slice line)
{
    size_t space = slice_find_byte(line, ' ');
    if (!line.p || space == SIZE_MAX)
        return 0;
    struct slice rest = slice_sub(line, space + 1, line.n);
    if (slice_starts(rest, o->name))
        rest = slice_sub(rest, o->name.n, rest.n);
    return hash_fast(slice_sub(line, 0, space)) * 31 + hash_fast(rest);
}

static uint64_t hash_difference(const struct object *o, const struct parity_difference *d)
{
    return hash_line(o, d->first) * 0x9e3779b97f4a7c15u + hash_line(o, d->second);
}

/* The primary keys of the tables that this one's foreign keys point to. */
static bool find_others(struct across *x, const struct object *o, size_t side, struct parity_side *out)
{
    const struct object_side *s = &o->sides[side];
    struct slice *others = NULL, target;
    size_t n = 0, cap = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (!parity_target(&x->tmp, s->lines[i], x->schemas[side], &target))
            return false;
        const struct object *to = target.p ? map_get(&x->objects, target) : NULL;
        for (size_t k = 0; to && to != o && k < to->sides[side].n; k++) {
            struct slice line = to->sides[side].lines[k];
            if (!slice_starts(line, SLICE("primary-key ")))
                continue;
            if (!arena_grow(&x->tmp, (void **)&others, &cap, n, sizeof *others))
                return false;
            others[n++] = line;
        }
    }
    *out = (struct parity_side){s->lines, s->n, others, n, x->schemas[side]};
    return true;
}

/* A table on one side only is one difference. What neither side has as a table (an index on a view) is none. */
static void reduce(const struct object *o, struct parity *p)
{
    bool table = false;
    for (size_t side = 0; side < 2 && !table; side++)
        for (size_t i = 0; i < o->sides[side].n && !table; i++)
            table = slice_starts(o->sides[side].lines[i], SLICE("table "));
    if (!table)
        p->n = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct parity_difference *d = &p->items[i];
        if (slice_starts(d->first.p ? d->first : d->second, SLICE("table "))) {
            p->items[0] = *d;
            p->n = 1;
        }
    }
}

/* Something that a statement of its own makes, and that is not one part of a text written twice. */
static bool is_whole(const struct parity_difference *d)
{
    struct slice line = d->first.p ? d->first : d->second;
    return slice_starts(line, SLICE("table ")) || slice_starts(line, SLICE("index ")) ||
           slice_starts(line, SLICE("unique-index "));
}

/* Directives in the texts of this version say that it is to be so. */
static bool is_meant(const struct across *x, size_t k, const struct object *o, const struct parity_difference *d)
{
    if (k == BASELINE)
        return true;
    bool own[2] = {x->traces[1].versions[k].left_out, x->traces[0].versions[k].left_out};
    bool touched[2] = {o->sides[0].touched == o->listed, o->sides[1].touched == o->listed};
    for (size_t side = 0; side < 2; side++) {
        bool alone = side == 0 ? !d->second.p : !d->first.p;
        if (own[side] && ((touched[side] && !touched[!side]) || (alone && (!own[!side] || is_whole(d)))))
            return true;
    }
    return false;
}

/* ---- telling ------------------------------------------------------------------------------------------------------ */

/* Not all of a long line, and never cut inside a character. */
static void add_cut(struct strbuf *b, struct slice line)
{
    size_t end = line.n > MAX_LINE ? MAX_LINE : line.n;
    while (end < line.n && end > 0 && ((unsigned char)line.p[end] & 0xc0) == 0x80)
        end--;
    strbuf_add(b, slice_sub(line, 0, end));
    if (end < line.n)
        strbuf_addz(b, " ...");
}

static void add_side(struct strbuf *b, const struct across *x, size_t side, struct slice line)
{
    strbuf_addf(b, "%s: ", x->traces[side].engine);
    add_cut(b, line.p ? line : SLICE("none"));
    strbuf_addc(b, '\n');
}

/* "only sqlite has index t keys=a partial=no", "sqlite and postgres differ in column t.a" */
static void add_headline(struct strbuf *b, const struct across *x, const struct parity_difference *d)
{
    struct slice line = d->first.p ? d->first : d->second;
    bool both = d->first.p && d->second.p;
    if (both)
        strbuf_addf(b, "%s and %s differ in ", x->traces[0].engine, x->traces[1].engine);
    else
        strbuf_addf(b, "only %s has ", x->traces[d->first.p ? 0 : 1].engine);
    add_cut(b, both ? slice_sub(line, 0, fact_key_of(line)) : line);
}

static int tell(struct across *x, size_t k, const struct parity_difference *items, size_t n, struct pawl_error *e)
{
    STRBUF(message, MAX_MESSAGE);
    STRBUF(detail, MAX_DETAIL);
    const struct migration *m = &x->set->items[k];
    add_headline(&message, x, &items[0]);
    if (n > 1)
        strbuf_addf(&message, " (and %zu more difference%s)", n - 1, n > 2 ? "s" : "");
    size_t shown = 0;
    for (; shown < n && detail.n < MAX_DETAIL - 3 * MAX_LINE; shown++) {
        add_side(&detail, x, 0, items[shown].first);
        add_side(&detail, x, 1, items[shown].second);
    }
    if (shown < n)
        strbuf_addf(&detail, "and %zu more\n", n - shown);
    if (!strbuf_ok(&message) || !strbuf_ok(&detail))
        return err_nomem(e);
    detail.p[detail.n - 1] = '\0';
    report_finding(x->report,
                   &(struct pawl_finding){
                       .id = PAWL_FINDING_PARITY,
                       .version = m->version,
                       .file = m->up.path.p,
                       .message = strbuf_z(&message),
                       .detail = detail.p,
                       .hint = "write it so that both engines make the same of it; where one of them is meant, "
                               "put `-- pawl: only sqlite` or `-- pawl: only postgres` in the line above",
                   });
    return PAWL_OK;
}

/* ---- versions ----------------------------------------------------------------------------------------------------- */

/* Tells what is new, and remembers all that is there now. */
static int compare(struct across *x, size_t k, struct object *o, struct pawl_error *e)
{
    struct parity_side sides[2];
    struct parity found;
    if (!find_others(x, o, 0, &sides[0]) || !find_others(x, o, 1, &sides[1]))
        return err_nomem(e);
    int code = parity_compare(&x->tmp, &sides[0], &sides[1], &found, e);
    if (code)
        return code;
    reduce(o, &found);
    size_t n = 0, known = o->known.n;
    struct numbers old = o->known;
    if (known) { /* kept while the list is written anew */
        old.items = arena_array(&x->tmp, known, sizeof *old.items);
        if (!old.items)
            return err_nomem(e);
        memcpy(old.items, o->known.items, known * sizeof *old.items);
    }
    o->known.n = 0;
    for (size_t i = 0; i < found.n; i++) {
        const struct parity_difference d = found.items[i];
        uint64_t hash = hash_difference(o, &d);
        if (!add_number(&x->keep, &o->known, hash))
            return err_nomem(e);
        if (!has_number(&old, hash) && !has_number(&x->gone, hash) && !is_meant(x, k, o, &d))
            found.items[n++] = d;
    }
    return n ? tell(x, k, found.items, n, e) : PAWL_OK;
}

/* State 1 is the baseline, state k + 2 follows the version with index k. */
static int step(struct across *x, size_t k, const struct delta *first, const struct delta *second, struct pawl_error *e)
{
    size_t state = k == BASELINE ? 1 : k + 2;
    int code = PAWL_OK;
    arena_reset(&x->tmp);
    x->touched = NULL;
    x->n_touched = x->cap_touched = 0;
    x->gone = (struct numbers){0};
    if (!replay(x, 0, state, first) || !replay(x, 1, state, second))
        return err_nomem(e);
    for (size_t i = 0; i < x->n_touched; i++) {
        struct object *o = x->touched[i];
        for (size_t j = 0; !o->sides[0].n && !o->sides[1].n && j < o->known.n; j++)
            if (!add_number(&x->tmp, &x->gone, o->known.items[j]))
                return err_nomem(e);
    }
    for (size_t i = 0; !code && i < x->n_touched; i++)
        code = compare(x, k, x->touched[i], e);
    return code;
}

int across_compare(const struct migration_set *set, const struct proof_trace traces[2], struct report *report,
                   struct pawl_error *e)
{
    struct across x = {.set = set, .traces = traces, .report = report};
    size_t n = traces[0].n < traces[1].n ? traces[0].n : traces[1].n;
    if (!n || report->levels[PAWL_FINDING_PARITY] == PAWL_LEVEL_OFF)
        return PAWL_OK;
    for (size_t i = 0; i < 2; i++)
        x.schemas[i] = strcmp(traces[i].engine, "postgres") == 0;
    int code = step(&x, BASELINE, &traces[0].baseline, &traces[1].baseline, e);
    for (size_t k = 0; !code && k < n; k++)
        code = step(&x, k, &traces[0].versions[k].change, &traces[1].versions[k].change, e);
    arena_clear(&x.tmp);
    arena_clear(&x.keep);
    return code;
}
