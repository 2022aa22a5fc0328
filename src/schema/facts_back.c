/* Taking facts back with the database: over a rollback, and to a mark. */
#include "schema/facts_state.h"

/* ---- rolling back ------------------------------------------------------------------------------------------------ */

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
    struct unit *u = facts_unit(f, gone->unit);
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
        facts_drop_fresh(f);
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
    return facts_check(f, e);
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
    facts_unchanged(f, &stamp);
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
    bool inside = f->db->driver->in_transaction(f->db) && !f->db->waiting;
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
    return facts_check(f, e);
}
