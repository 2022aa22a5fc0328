#include "schema/facts.h"

#include <stdlib.h>

#include "base/mem.h"
#include "schema/introspect.h"
#include "schema/journal.h"

/*
 * Lines hang in two structures: sorted by key in `lines`, and by unit in `units`. A line without unit
 * (`orphans`) was put back by facts_rolled_back; the next scan finds its unit changed and gives it back, or
 * does not and it is gone.
 */
#define ORPHAN UINT64_MAX

struct fresh_unit {
    uint64_t id, stamp;
    size_t first, n; /* in facts.fresh_lines */
};

struct mark {
    size_t scans; /* in the journal by then */
    void *kept;   /* by the introspector */
};

struct facts {
    struct db *db;
    const struct introspector *introspector;
    void *state;
    bool known;     /* the lines are those of the last scan */
    bool stamped;   /* stamp is that of the lines */
    bool disturbed; /* rolled back over changes since the last scan: units and rows may not be those of then */
    struct db_stamp stamp;
    bool unstamped; /* see facts_unstamped */
    uint32_t round;
    struct vec marks;       /* struct mark; see facts_mark */
    bool broken;            /* went back in another way since the first of them */
    struct journal journal; /* since then */
    struct vec lines;       /* struct line *, by key */
    struct vec units;       /* struct unit, by id */
    struct vec orphans;     /* struct line * */
    /* of the scan that runs; kept for their memory */
    struct vec fresh_units, fresh_lines, edits, made_units, next_units;
#ifdef PAWL_CHECKS
    struct facts *twin; /* which takes all facts anew, each time */
    bool is_twin;
    struct slice ledger;
#endif
};

struct scan {
    struct facts *f;
    size_t cursor; /* the unit that is expected next */
    size_t first;  /* units before this one stay */
};

static struct unit *find_unit(const struct facts *f, uint64_t id)
{
    size_t low = 0, high = f->units.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (AT(f->units, struct unit, middle).id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < f->units.n && AT(f->units, struct unit, low).id == id ? &AT(f->units, struct unit, low) : NULL;
}

/* ---- opening
 * ----------------------------------------------------------------------------------------------------- */

int facts_open(struct db *db, struct slice ledger, struct facts **out, struct pawl_error *e)
{
    *out = NULL;
    const struct introspector *in = introspector_find(db->driver->name);
    if (!in)
        return err_set(e, PAWL_INTERNAL, "no introspection for the engine %s", db->driver->name);
    struct facts *f = mem_alloc(sizeof *f);
    if (!f)
        return err_nomem(e);
    f->db = db;
    f->introspector = in;
#ifdef PAWL_CHECKS
    f->ledger = ledger;
#endif
    int code = in->open(db, ledger, &f->state, e);
    if (code) {
        mem_free(f);
        return code;
    }
    *out = f;
    return PAWL_OK;
}

static void drop_fresh(struct facts *f)
{
    for (size_t i = 0; i < f->fresh_lines.n; i++)
        if (!AT(f->fresh_lines, struct line *, i)->live)
            mem_free(AT(f->fresh_lines, struct line *, i));
    f->fresh_lines.n = 0;
    f->fresh_units.n = 0;
    f->edits.n = 0;
}

void facts_close(struct facts *f)
{
    if (!f)
        return;
#ifdef PAWL_CHECKS
    facts_close(f->twin);
#endif
    facts_unmark(f, 1);
    f->introspector->close(f->state);
    drop_fresh(f);
    for (size_t i = 0; i < f->lines.n; i++)
        mem_free(AT(f->lines, struct line *, i));
    for (size_t i = 0; i < f->units.n; i++)
        mem_free(AT(f->units, struct unit, i).lines);
    struct vec *all[] = {&f->lines, &f->units,      &f->orphans,    &f->fresh_units, &f->fresh_lines,
                         &f->edits, &f->made_units, &f->next_units, &f->marks};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        mem_free(all[i]->p);
    mem_free(f);
}

/* ---- what the introspector calls
 * --------------------------------------------------------------------------------- */

bool scan_keep(struct scan *s, uint64_t id, uint64_t stamp)
{
    struct facts *f = s->f;
    struct unit *u = s->cursor < f->units.n ? &AT(f->units, struct unit, s->cursor) : NULL;
    if (!u || u->id != id)
        u = find_unit(f, id);
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
    struct unit *u = find_unit(s->f, id);
    if (!u)
        return;
    size_t at = (size_t)(u - (struct unit *)s->f->units.p);
    u->seen = 0;
    s->first = at < s->first ? at : s->first;
}

void scan_again(struct scan *s)
{
    drop_fresh(s->f);
    s->f->round++;
    s->cursor = s->first = 0;
}

/* ---- from a scan to changes
 * -------------------------------------------------------------------------------------- */

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
    if (!code)
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

static int scan(struct facts *f, struct arena *a, struct delta *out, struct pawl_error *e)
{
    struct scan s = {.f = f};
    f->round++;
    int code = f->introspector->scan(f->state, &s, e);
    if (!code)
        code = finish(f, s.first, a, out, e);
    if (code) {
        drop_fresh(f);
        f->disturbed = true;
        *out = (struct delta){0};
    }
    return code;
}

#ifdef PAWL_CHECKS
static int same_line(const struct facts *f, const struct facts *twin, size_t i, struct pawl_error *e)
{
    struct slice has = i < f->lines.n ? facts_at(f, i) : SLICE("nothing more");
    struct slice should = i < twin->lines.n ? facts_at(twin, i) : SLICE("nothing more");
    return slice_eq(has, should)
               ? PAWL_OK
               : err_set(e, PAWL_INTERNAL, "facts that follow say: " SLICE_FMT "; taken anew: " SLICE_FMT,
                         SLICE_ARG(slice_sub(has, 0, has.n < 200 ? has.n : 200)),
                         SLICE_ARG(slice_sub(should, 0, should.n < 200 ? should.n : 200)));
}

/* Facts that follow the database are what somebody else finds who has never seen it. */
static int check(struct facts *f, struct pawl_error *e)
{
    ARENA(a);
    struct delta ignored;
    if (f->is_twin)
        return PAWL_OK;
    if (f->twin && !f->introspector->forget) {
        facts_close(f->twin);
        f->twin = NULL;
    }
    int code = f->twin ? PAWL_OK : facts_open(f->db, f->ledger, &f->twin, e);
    if (code)
        return code;
    f->twin->is_twin = true;
    f->twin->known = false;
    if (f->introspector->forget)
        f->introspector->forget(f->twin->state);
    code = facts_refresh(f->twin, &a, &ignored, e);
    for (size_t i = 0; !code && i < f->lines.n + 1 && i < f->twin->lines.n + 1; i++)
        code = same_line(f, f->twin, i, e);
    return code;
}
#else
#define check(f, e) PAWL_OK
#endif

/*
 * Two facts of one key mean that what an introspector remembers of earlier scans is wrong: then everything is read anew, but not
 * where mistakes are looked for.
 */
static int scan_or_again(struct facts *f, struct arena *a, struct delta *out, struct pawl_error *e)
{
    int code = scan(f, a, out, e);
#ifndef PAWL_CHECKS
    if (code == PAWL_INTERNAL && f->introspector->forget) {
        f->introspector->forget(f->state);
        code = scan(f, a, out, e);
    }
#endif
    return code;
}

void facts_unstamped(struct facts *f)
{
    f->unstamped = true;
    f->known = false;
    if (f->introspector->unstamped)
        f->introspector->unstamped(f->state);
}

/* Nothing at all was written since: so the introspector may build on this moment, too. */
static bool is_unchanged(struct facts *f, const struct db_stamp *now)
{
    bool unchanged = f->known && f->stamped && now->schema == f->stamp.schema;
    if (unchanged && f->introspector->unchanged && !f->disturbed)
        f->introspector->unchanged(f->state);
    return unchanged;
}

int facts_refresh(struct facts *f, struct arena *a, struct delta *out, struct pawl_error *e)
{
    struct db_stamp stamp = {0};
    *out = (struct delta){0};
    int code = f->unstamped ? PAWL_OK : f->db->driver->stamp(f->db, &stamp, e);
    if (code)
        return code;
    if (is_unchanged(f, &stamp))
        return check(f, e);
    code = scan_or_again(f, a, out, e);
    if (code)
        return code;
    f->stamp = stamp;
    f->known = f->stamped = !f->unstamped;
    f->disturbed = false;
    return check(f, e);
}

/* ---- rolling back
 * ------------------------------------------------------------------------------------------------ */

static int undo_edits(struct facts *f, const struct delta *d, struct pawl_error *e)
{
    for (size_t i = 0; i < d->n; i++) {
        const struct change *c = &d->items[i];
        struct line *now = lines_get(&f->lines, c->key);
        if ((now == NULL) != (c->after.p == NULL) || (now && !slice_eq(line_text(now), c->after)))
            return err_set(e, PAWL_INTERNAL, "rolled back over something else at " SLICE_FMT, SLICE_ARG(c->key));
        struct line *before = NULL;
        if (c->before.p) {
            if (!vec_reserve(&f->fresh_lines, f->fresh_lines.n + 1, sizeof(struct line *)))
                return err_nomem(e);
            before = line_new(c->before, c->key.n);
            if (!before)
                return err_nomem(e);
            before->unit = ORPHAN;
            AT(f->fresh_lines, struct line *, f->fresh_lines.n++) = before;
        }
        if ((now || before) && !edit_add(&f->edits, now, before))
            return err_nomem(e);
    }
    if (!vec_reserve(&f->lines, f->lines.n + f->edits.n, sizeof(struct line *)) ||
        !vec_reserve(&f->orphans, f->orphans.n + f->fresh_lines.n, sizeof(struct line *)))
        return err_nomem(e);
    return PAWL_OK;
}

static size_t without(struct line **lines, size_t n, const struct line *gone)
{
    for (size_t i = 0; i < n; i++)
        if (lines[i] == gone) {
            lines[i] = lines[n - 1];
            return n - 1;
        }
    return n;
}

static void forget_line(struct facts *f, const struct line *gone)
{
    if (gone->unit == ORPHAN) {
        f->orphans.n = without(f->orphans.p, f->orphans.n, gone);
        return;
    }
    struct unit *u = find_unit(f, gone->unit);
    if (u) {
        u->n = (uint32_t)without(u->lines, u->n, gone);
        u->stale = true;
    }
}

int facts_rolled_back(struct facts *f, const struct delta *d, struct pawl_error *e)
{
    struct db_stamp stamp;
    int code = f->db->driver->stamp(f->db, &stamp, e);
    if (!code)
        code = undo_edits(f, d, e);
    if (code) {
        drop_fresh(f);
        return code;
    }
    /* Even where no fact is another: what was dropped and made again is another object with the same name. */
    if (f->introspector->rolled_back)
        f->introspector->rolled_back(f->state);
    f->disturbed |= f->edits.n > 0 || !f->known || !f->stamped || stamp.schema != f->stamp.schema;
    for (size_t i = 0; i < f->edits.n; i++) {
        const struct edit *x = &AT(f->edits, struct edit, i);
        if (x->old)
            forget_line(f, x->old);
        if (x->fresh)
            AT(f->orphans, struct line *, f->orphans.n++) = x->fresh;
    }
    lines_apply(&f->lines, &f->edits, false);
    f->broken = f->marks.n > 0;
    f->fresh_lines.n = 0;
    f->stamp = stamp;
    f->stamped = true;
    return check(f, e);
}

/* ---- marks ------------------------------------------------------------------------------------------------------- */

int facts_mark(struct facts *f, size_t *out, struct pawl_error *e)
{
    void *kept = NULL;
    struct db_stamp stamp;
    *out = 0;
    if (!f->introspector->save || !f->known || f->disturbed || f->orphans.n || f->broken)
        return PAWL_OK;
    if (!vec_reserve(&f->marks, f->marks.n + 1, sizeof(struct mark)))
        return err_nomem(e);
    int code = f->db->driver->stamp(f->db, &stamp, e);
    if (code)
        return code;
    is_unchanged(f, &stamp);
    code = f->introspector->save(f->state, &kept, e);
    if (code || !kept)
        return code;
    AT(f->marks, struct mark, f->marks.n++) = (struct mark){f->journal.scans.n, kept};
    *out = f->marks.n;
    return PAWL_OK;
}

void facts_unmark(struct facts *f, size_t mark)
{
    while (mark && f->marks.n >= mark)
        f->introspector->give_up(f->state, AT(f->marks, struct mark, --f->marks.n).kept);
    if (f->marks.n)
        return;
    journal_clear(&f->journal);
    f->broken = false;
}

bool facts_can_return(const struct facts *f, size_t mark)
{
    return mark && mark <= f->marks.n && !f->broken;
}

int facts_return(struct facts *f, size_t mark, const struct delta *d, struct pawl_error *e)
{
    if (!facts_can_return(f, mark))
        return facts_rolled_back(f, d, e);
    const struct mark *m = &AT(f->marks, struct mark, mark - 1);
    bool inside = f->db->driver->in_transaction(f->db);
    int code = inside ? f->db->driver->stamp(f->db, &f->stamp, e) : PAWL_OK;
    while (!code && f->journal.scans.n > m->scans)
        if (!journal_undo(&f->journal, &f->lines, &f->units, &f->edits, f->round))
            code = err_nomem(e);
    if (code)
        return code;
    while (f->marks.n > mark)
        f->introspector->give_up(f->state, AT(f->marks, struct mark, --f->marks.n).kept);
    f->marks.n--;
    f->introspector->put_back(f->state, m->kept);
    f->known = true;
    f->stamped = inside;
    f->disturbed = false;
    facts_unmark(f, 0);
    return check(f, e);
}

/* ---- reading
 * ----------------------------------------------------------------------------------------------------- */

int facts_fingerprint(struct facts *f, unsigned char out[SHA256_BYTES], struct pawl_error *e)
{
    struct hasher h;
    if (!hasher_init_sha256(&h))
        return err_nomem(e);
    bool ok = hasher_begin(&h);
    for (size_t i = 0; ok && i < f->lines.n; i++)
        ok = hasher_add(&h, line_text(AT(f->lines, struct line *, i))) && hasher_add(&h, SLICE("\n"));
    ok = ok && hasher_end(&h, out);
    hasher_clear(&h);
    return ok ? PAWL_OK : err_nomem(e);
}

int facts_lines(struct facts *f, struct arena *a, struct slice **lines, size_t *n, struct pawl_error *e)
{
    *n = 0;
    *lines = arena_array(a, f->lines.n ? f->lines.n : 1, sizeof **lines);
    if (!*lines)
        return err_nomem(e);
    for (size_t i = 0; i < f->lines.n; i++) {
        (*lines)[i] = arena_dup(a, line_text(AT(f->lines, struct line *, i)));
        if (!(*lines)[i].p)
            return err_nomem(e);
    }
    *n = f->lines.n;
    return PAWL_OK;
}

struct slice facts_get(const struct facts *f, struct slice key)
{
    const struct line *l = lines_get(&f->lines, key);
    return l ? line_text(l) : (struct slice){NULL, 0};
}

size_t facts_count(const struct facts *f)
{
    return f->lines.n;
}

struct slice facts_at(const struct facts *f, size_t i)
{
    return line_text(AT(f->lines, struct line *, i));
}

void facts_range(const struct facts *f, struct slice prefix, size_t *from, size_t *to)
{
    bool found;
    *from = lines_find(&f->lines, prefix, &found);
    for (*to = *from; *to < f->lines.n && slice_starts(facts_at(f, *to), prefix); ++*to)
        ;
}
