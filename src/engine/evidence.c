#include "engine/evidence.h"

#include "engine/recall.h"

static int cannot_tell(const struct run *r, const struct course *c, size_t index, struct pawl_error *e)
{
    long long version = (long long)r->set->items[index].version;
    if (c->failed && c->n <= index) {
        if (e)
            *e = c->error;
        return c->failed;
    }
    err_set(e, PAWL_DIRTY, "migration %lld changes no schema, so the schema cannot show whether it ran", version);
    err_hint(e, "look at its data, then delete the row from %s or set success to true by hand", r->ledger->name.p);
    return PAWL_DIRTY;
}

int evidence_of(struct run *r, size_t index, enum evidence *out, struct delta *difference, struct pawl_error *e)
{
    struct course_request q = course_of_run(r);
    struct course c;
    struct slice *lines;
    struct delta before;
    enum difference before_grade, after_grade = DIFFERENCE_REAL;
    size_t n;
    bool known = false;
    q.to = index + 1;
    *difference = (struct delta){0};
    int code = course_look(r->arena, r->db, r->ledger->name, &lines, &n, e);
    if (!code)
        code = recall(r, index + 1, false, &c, &known, e);
    if (!code && !known)
        code = course_make(r->arena, &q, &c, e);
    if (!code && (c.n <= index || c.steps[index].change.n == 0))
        code = cannot_tell(r, &c, index, e);
    if (!code)
        code = course_difference(r->arena, &c, lines, n, index, &before, &before_grade, e);
    if (!code)
        code = course_difference(r->arena, &c, lines, n, index + 1, difference, &after_grade, e);
    if (!code)
        *out = after_grade != DIFFERENCE_REAL    ? EVIDENCE_AFTER
               : before_grade != DIFFERENCE_REAL ? EVIDENCE_BEFORE
                                                 : EVIDENCE_NEITHER;
    return code;
}
