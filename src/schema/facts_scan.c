/* From what an introspector reports, unit by unit, to the lines of now and how they changed. */
#include <stdlib.h>

#include "base/mem.h"
#include "schema/facts_state.h"

struct scan {
    struct facts *f;
    size_t cursor; /* the unit that is expected next */
    size_t first;  /* units before this one stay */
};

/* The first unit that does not come before `id`. */
static size_t first_from(const struct facts *f, uint64_t id, size_t high)
{
    size_t low = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (AT(f->units, struct unit, middle).id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct unit *facts_unit(const struct facts *f, uint64_t id)
{
    struct unit *all = f->units.p;
    size_t i = first_from(f, id, f->units.n);
    return all && i < f->units.n && all[i].id == id ? &all[i] : NULL;
}

void facts_drop_fresh(struct facts *f)
{
    for (size_t i = 0; i < f->fresh_lines.n; i++)
        if (!AT(f->fresh_lines, struct line *, i)->live)
            mem_free(AT(f->fresh_lines, struct line *, i));
    f->fresh_lines.n = 0;
    f->fresh_units.n = 0;
    f->edits.n = 0;
}

/* ---- what the introspector calls --------------------------------------------------------------------------------- */

bool scan_keep(struct scan *s, uint64_t id, uint64_t stamp)
{
    struct facts *f = s->f;
    struct unit *u = s->cursor < f->units.n ? &AT(f->units, struct unit, s->cursor) : NULL;
    if (!u || u->id != id)
        u = facts_unit(f, id);
    if (!u)
        return false;
    s->cursor = (size_t)(u - (struct unit *)f->units.p) + 1;
    bool same = !u->stale && u->stamp == stamp;
    if (same)
        u->seen = f->round;
    return same;
}

int scan_unit(struct scan *s, uint64_t id, uint64_t stamp, struct pawl_error *e)
{
    struct facts *f = s->f;
    if (!vec_reserve(&f->fresh_units, f->fresh_units.n + 1, sizeof(struct fresh_unit)))
        return err_nomem(e);
    AT(f->fresh_units, struct fresh_unit, f->fresh_units.n++) = (struct fresh_unit){id, stamp, f->fresh_lines.n, 0};
    return PAWL_OK;
}

int scan_put(struct scan *s, const struct fact *fact, struct pawl_error *e)
{
    struct facts *f = s->f;
    if (!fact_ok(fact) || !vec_reserve(&f->fresh_lines, f->fresh_lines.n + 1, sizeof(struct line *)))
        return err_nomem(e);
    struct line *l = line_new(fact_line(fact), fact_key_length(fact));
    if (!l)
        return err_nomem(e);
    struct fresh_unit *u = &AT(f->fresh_units, struct fresh_unit, f->fresh_units.n - 1);
    l->unit = u->id;
    AT(f->fresh_lines, struct line *, f->fresh_lines.n++) = l;
    u->n++;
    return PAWL_OK;
}

bool scan_steady(const struct scan *s)
{
    return s->f->known && !s->f->disturbed;
}

void scan_rest_stays(struct scan *s)
{
    s->f->round--; /* that of the last scan, by which all units are marked */
    s->first = s->f->units.n;
}

void scan_gone(struct scan *s, uint64_t id)
{
    struct unit *u = facts_unit(s->f, id);
    if (!u)
        return;
    size_t at = (size_t)(u - (struct unit *)s->f->units.p);
    u->seen = 0;
    s->first = at < s->first ? at : s->first;
}

void scan_again(struct scan *s)
{
    facts_drop_fresh(s->f);
    s->f->round++;
    s->cursor = s->first = 0;
}

/* ---- from a scan to changes -------------------------------------------------------------------------------------- */

/* Lines of units that were not kept go, unless a fresh line claims them. */
static void mark_candidates(struct facts *f, size_t first)
{
    for (size_t i = first; i < f->units.n; i++) {
        const struct unit *u = &AT(f->units, struct unit, i);
        for (size_t k = 0; u->seen != f->round && k < u->n; k++)
            u->lines[k]->mark = f->round;
    }
    for (size_t i = 0; i < f->orphans.n; i++)
        AT(f->orphans, struct line *, i)->mark = f->round;
}

static int twice(struct slice key, struct pawl_error *e)
{
    return err_set(e, PAWL_INTERNAL, "two facts with the key " SLICE_FMT, SLICE_ARG(key));
}

/* An equal line that is there already takes the place of the fresh one. */
static int claim(struct facts *f, size_t i, struct pawl_error *e)
{
    struct line **fresh = &AT(f->fresh_lines, struct line *, i);
    struct line *old = lines_get(&f->lines, line_key(*fresh));
    if (old && old->mark != f->round)
        return twice(line_key(old), e);
    if (old)
        old->mark = 0;
    if (!old || !slice_eq(line_text(old), line_text(*fresh)))
        return edit_add(&f->edits, old, *fresh) ? PAWL_OK : err_nomem(e);
    mem_free(*fresh);
    *fresh = old;
    return PAWL_OK;
}

static int collect_removed(struct facts *f, struct line **lines, size_t n, struct pawl_error *e)
{
    for (size_t i = 0; i < n; i++)
        if (lines[i]->mark == f->round && !edit_add(&f->edits, lines[i], NULL))
            return err_nomem(e);
    return PAWL_OK;
}

static int collect_edits(struct facts *f, size_t first, struct pawl_error *e)
{
    struct slice key;
    int code = PAWL_OK;
    mark_candidates(f, first);
    for (size_t i = 0; !code && i < f->fresh_lines.n; i++)
        code = claim(f, i, e);
    for (size_t i = first; !code && i < f->units.n; i++) {
        const struct unit *u = &AT(f->units, struct unit, i);
        if (u->seen != f->round)
            code = collect_removed(f, u->lines, u->n, e);
    }
    if (!code)
        code = collect_removed(f, f->orphans.p, f->orphans.n, e);
    if (!code && !edits_sort(&f->edits, &key))
        code = twice(key, e);
    return code;
}

static bool dup_line(struct arena *a, const struct line *l, struct slice *out)
{
    *out = l ? arena_dup(a, line_text(l)) : (struct slice){NULL, 0};
    return !l || out->p;
}

static int edits_to_delta(const struct facts *f, struct arena *a, struct delta *out, struct pawl_error *e)
{
    out->n = 0;
    out->items = f->edits.n ? arena_array(a, f->edits.n, sizeof *out->items) : NULL;
    if (f->edits.n && !out->items)
        return err_nomem(e);
    for (size_t i = 0; i < f->edits.n; i++) {
        const struct edit *x = &AT(f->edits, struct edit, i);
        struct change *c = &out->items[i];
        if (!dup_line(a, x->old, &c->before) || !dup_line(a, x->fresh, &c->after))
            return err_nomem(e);
        c->key = slice_sub(c->before.p ? c->before : c->after, 0, x->key.n);
    }
    out->n = f->edits.n;
    return PAWL_OK;
}

static int by_id(const void *x, const void *y)
{
    const struct unit *a = x, *b = y;
    return a->id < b->id ? -1 : a->id > b->id;
}

/* The fresh units with arrays of their own, by id, in made_units. */
static int make_units(struct facts *f, struct pawl_error *e)
{
    f->made_units.n = 0;
    if (!vec_reserve(&f->made_units, f->fresh_units.n, sizeof(struct unit)) ||
        !vec_reserve(&f->next_units, f->units.n, sizeof(struct unit)) ||
        !vec_reserve(&f->units, f->units.n + f->fresh_units.n, sizeof(struct unit)))
        return err_nomem(e);
    for (size_t i = 0; i < f->fresh_units.n; i++) {
        const struct fresh_unit *x = &AT(f->fresh_units, struct fresh_unit, i);
        struct unit u = {.id = x->id, .stamp = x->stamp, .n = (uint32_t)x->n, .seen = f->round};
        u.lines = mem_alloc(x->n * sizeof *u.lines);
        if (!u.lines)
            return err_nomem(e);
        if (x->n)
            memcpy(u.lines, (struct line **)f->fresh_lines.p + x->first, x->n * sizeof *u.lines);
        AT(f->made_units, struct unit, f->made_units.n++) = u;
    }
    if (f->made_units.n)
        qsort(f->made_units.p, f->made_units.n, sizeof(struct unit), by_id);
    return PAWL_OK;
}

static void unmake_units(struct facts *f)
{
    while (f->made_units.n)
        mem_free(AT(f->made_units, struct unit, --f->made_units.n).lines);
}

/* What was kept and what was made, merged by id, from the first one that changes: mostly near the end. */
static void commit_units(struct facts *f, size_t first)
{
    struct unit *made = f->made_units.p, *end = made + f->made_units.n;
    if (made < end)
        first = first_from(f, made->id, first);
    size_t n = f->units.n - first;
    struct unit *to = (struct unit *)f->units.p + first;
    const struct unit *from = f->next_units.p;
    if (n)
        memcpy(f->next_units.p, to, n * sizeof *to);
    for (size_t i = 0; i < n; i++) {
        while (made < end && made->id <= from[i].id)
            *to++ = *made++;
        if (from[i].seen == f->round)
            *to++ = from[i];
        else if (f->marks.n)
            journal_removed(&f->journal, &from[i]);
        else
            mem_free(from[i].lines);
    }
    while (made < end)
        *to++ = *made++;
    f->units.n = (size_t)(to - (struct unit *)f->units.p);
    for (size_t i = 0; i < f->made_units.n; i++) {
        const struct unit *u = &AT(f->made_units, struct unit, i);
        if (f->marks.n)
            journal_made(&f->journal, u->id);
        for (size_t k = 0; k < u->n; k++)
            u->lines[k]->unit = u->id;
    }
    f->made_units.n = f->orphans.n = f->fresh_lines.n = f->fresh_units.n = 0;
}

/* For the way back. What others remember of `first` is not changed before it. */
static bool write_down(struct facts *f, size_t first)
{
    size_t removed = 0;
    for (size_t i = first; i < f->units.n; i++)
        removed += AT(f->units, struct unit, i).seen != f->round;
    return journal_begin(&f->journal, &f->edits, removed, f->made_units.n);
}

static int finish(struct facts *f, size_t first, struct arena *a, struct delta *out, struct pawl_error *e)
{
    int code = collect_edits(f, first, e);
    if (!code && out)
        code = edits_to_delta(f, a, out, e);
    if (!code && !vec_reserve(&f->lines, f->lines.n + f->edits.n, sizeof(struct line *)))
        code = err_nomem(e);
    if (code)
        return code;
    code = make_units(f, e);
    if (!code && f->marks.n && !write_down(f, first))
        code = err_nomem(e);
    if (code) {
        unmake_units(f);
        return code;
    }
    lines_apply(&f->lines, &f->edits, f->marks.n > 0);
    commit_units(f, first);
    return PAWL_OK;
}

int facts_scan(struct facts *f, struct arena *a, struct delta *out, struct pawl_error *e)
{
    struct scan s = {.f = f};
    f->round++;
    int code = f->introspector->scan(f->state, &s, e);
    if (!code)
        code = finish(f, s.first, a, out, e);
    if (code) {
        facts_drop_fresh(f);
        f->disturbed = true;
        if (out)
            *out = (struct delta){0};
    }
    return code;
}
