#include "schema/journal.h"

#include "base/mem.h"

struct journal_scan {
    struct vec edits;   /* struct edit; the old lines belong to it */
    struct vec removed; /* struct unit */
    struct vec made;    /* uint64_t */
};

static struct journal_scan *last(struct journal *j)
{
    return &AT(j->scans, struct journal_scan, j->scans.n - 1);
}

static void clear_scan(struct journal_scan *s)
{
    mem_free(s->edits.p);
    mem_free(s->removed.p);
    mem_free(s->made.p);
}

bool journal_begin(struct journal *j, const struct vec *edits, size_t removed, size_t made)
{
    struct journal_scan s = {.edits = {NULL, 0, 0}};
    bool ok = vec_reserve(&j->scans, j->scans.n + 1, sizeof s) &&
              vec_reserve(&s.edits, edits->n, sizeof(struct edit)) &&
              vec_reserve(&s.removed, removed, sizeof(struct unit)) && vec_reserve(&s.made, made, sizeof(uint64_t));
    if (!ok) {
        clear_scan(&s);
        return false;
    }
    if (edits->n)
        memcpy(s.edits.p, edits->p, edits->n * sizeof(struct edit));
    s.edits.n = edits->n;
    AT(j->scans, struct journal_scan, j->scans.n++) = s;
    return true;
}

void journal_removed(struct journal *j, const struct unit *u)
{
    struct journal_scan *s = last(j);
    AT(s->removed, struct unit, s->removed.n++) = *u;
}

void journal_made(struct journal *j, uint64_t id)
{
    struct journal_scan *s = last(j);
    AT(s->made, uint64_t, s->made.n++) = id;
}

/* ---- taking back ------------------------------------------------------------------------------------------------- */

/* Where the unit stands, or would stand. */
static size_t unit_at(const struct vec *units, uint64_t id)
{
    size_t low = 0, high = units->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (AT(*units, struct unit, middle).id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void remove_unit(struct vec *units, uint64_t id)
{
    size_t at = unit_at(units, id);
    struct unit *u = (struct unit *)units->p + at;
    mem_free(u->lines);
    memmove(u, u + 1, (--units->n - at) * sizeof *u);
}

static void insert_unit(struct vec *units, const struct unit *old, uint32_t round)
{
    size_t at = unit_at(units, old->id);
    struct unit *u = (struct unit *)units->p + at;
    memmove(u + 1, u, (units->n++ - at) * sizeof *u);
    *u = *old;
    u->seen = round;
    for (size_t i = 0; i < u->n; i++)
        u->lines[i]->unit = u->id;
}

bool journal_undo(struct journal *j, struct vec *lines, struct vec *units, struct vec *edits, uint32_t round)
{
    struct journal_scan *s = last(j);
    struct slice key;
    bool ok = vec_reserve(units, units->n + s->removed.n, sizeof(struct unit)) &&
              vec_reserve(lines, lines->n + s->edits.n, sizeof(struct line *));
    for (size_t i = 0; i < s->edits.n && ok; i++) {
        const struct edit *x = &AT(s->edits, struct edit, i);
        ok = edit_add(edits, x->fresh, x->old);
    }
    if (!ok || !edits_sort(edits, &key)) {
        edits->n = 0;
        return false;
    }
    lines_apply(lines, edits, false);
    for (size_t i = 0; i < s->made.n; i++)
        remove_unit(units, AT(s->made, uint64_t, i));
    for (size_t i = 0; i < s->removed.n; i++)
        insert_unit(units, &AT(s->removed, struct unit, i), round);
    clear_scan(s);
    j->scans.n--;
    return true;
}

void journal_clear(struct journal *j)
{
    for (; j->scans.n; j->scans.n--) {
        struct journal_scan *s = last(j);
        for (size_t i = 0; i < s->edits.n; i++)
            mem_free(AT(s->edits, struct edit, i).old);
        for (size_t i = 0; i < s->removed.n; i++)
            mem_free(AT(s->removed, struct unit, i).lines);
        clear_scan(s);
    }
    mem_free(j->scans.p);
    j->scans = (struct vec){NULL, 0, 0};
}
