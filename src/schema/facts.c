#include "schema/facts.h"

#include "base/mem.h"
#include "schema/facts_state.h"

/* ---- opening ----------------------------------------------------------------------------------------------------- */

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

void facts_close(struct facts *f)
{
    if (!f)
        return;
#ifdef PAWL_CHECKS
    facts_close(f->twin);
#endif
    facts_unmark(f, 1);
    f->introspector->close(f->state);
    facts_drop_fresh(f);
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

/* ---- following the database -------------------------------------------------------------------------------------------- */

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

int facts_check(struct facts *f, struct pawl_error *e)
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
#endif

/*
 * Two facts of one key mean that what an introspector remembers of earlier scans is wrong: then everything is read anew, but not
 * where mistakes are looked for.
 */
static int scan_or_again(struct facts *f, struct arena *a, struct delta *out, struct pawl_error *e)
{
    int code = facts_scan(f, a, out, e);
#ifndef PAWL_CHECKS
    if (code == PAWL_INTERNAL && f->introspector->forget) {
        f->introspector->forget(f->state);
        code = facts_scan(f, a, out, e);
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

bool facts_unchanged(struct facts *f, const struct db_stamp *now)
{
    bool unchanged = f->known && f->stamped && now->schema == f->stamp.schema;
    if (unchanged && f->introspector->unchanged && !f->disturbed)
        f->introspector->unchanged(f->state);
    return unchanged;
}

int facts_refresh(struct facts *f, struct arena *a, struct delta *out, struct pawl_error *e)
{
    struct db_stamp stamp = {0};
    if (out)
        *out = (struct delta){0};
    int code = f->unstamped ? PAWL_OK : f->db->driver->stamp(f->db, &stamp, e);
    if (code)
        return code;
    if (facts_unchanged(f, &stamp))
        return facts_check(f, e);
    code = scan_or_again(f, a, out, e);
    if (code)
        return code;
    f->stamp = stamp;
    f->known = f->stamped = !f->unstamped;
    f->disturbed = false;
    return facts_check(f, e);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

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
