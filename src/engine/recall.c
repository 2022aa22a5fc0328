#include "engine/recall.h"

#include "engine/attest.h"
#include "schema/shape.h"

/* ---- what the certificate says ----------------------------------------------------------------------------------- */

/* So many migrations are covered by files, certificate and changes. */
static size_t covered(const struct run *r)
{
    const struct changelog *log = r->attest->changes;
    size_t n = 0, most = r->attest->in->compared.prefix;
    most = log->n - 1 < most ? log->n - 1 : most;
    while (n < most && log->steps[n + 1].version == r->set->items[n].version)
        n++;
    return n;
}

bool recall_shapes(const struct run *r)
{
    const struct attest *a = r->attest;
    return a && a->changes && shape_differs(a->engine) && !slice_eq(a->changes->engine, a->mark);
}

/* The texts themselves say what is not in the facts. `outside`: so it ran when it was proved, whatever its text looks like. */
static int look_at_text(struct run *r, const struct migration *m, bool outside, struct course_step *out,
                        struct pawl_error *e)
{
    struct text text;
    struct script script;
    struct script_cursor cursor;
    struct script_statement s;
    const struct db_driver *driver = r->db->driver;
    int code = run_read_up(r, m, &text, &script, e);
    if (code)
        return code;
    out->nothing = script.skip || script.statements == 0;
    out->repeatable = script.repeatable;
    out->outside = outside || script.no_transaction;
    out->blind = out->outside && script.statements > 1;
    out->only_schema = true;
    script_start(&cursor, &script, &text, driver->name, driver->dialect);
    while (out->only_schema && script_next(&cursor, &s))
        out->only_schema = course_is_of_schema(driver->dialect, s.sql);
    text_close(&text);
    return PAWL_OK;
}

static int add_step(struct run *r, size_t k, bool shapes, struct course *out, struct pawl_error *e)
{
    const struct attest_input *in = r->attest->in;
    const struct migration *m = &r->set->items[k];
    struct course_step step = {.migration = m, .change = r->attest->changes->steps[k + 1].change};
    int code = look_at_text(r, m, in->compared.lines[k]->outside, &step, e);
    if (!code && shapes)
        code = shape_delta(r->arena, r->attest->engine, &step.change, &step.change, e);
    return code ? code : course_add(r->arena, out, &step, e);
}

int recall(struct run *r, size_t to, bool shapes, struct course *out, bool *found, struct pawl_error *e)
{
    struct attest *a = r->attest;
    *found = false;
    *out = (struct course){0};
    if (!a || !a->in->certificate)
        return PAWL_OK;
    int code = attest_changes(a, e);
    if (code || !a->changes || !a->changes->n || (recall_shapes(r) && !shapes))
        return code;
    size_t n = covered(r), needed = to < r->set->n ? to : r->set->n;
    bool holds = false;
    if (n < needed)
        return PAWL_OK;
    code = attest_log_holds(a, 0, n, &holds, e);
    if (!code && !holds)
        attest_tell_false(a);
    if (code || !holds)
        return code;
    struct delta baseline = a->changes->steps[0].change;
    shapes = recall_shapes(r);
    if (shapes)
        code = shape_delta(r->arena, a->engine, &baseline, &baseline, e);
    if (!code)
        code = course_start(r->arena, out, n, &baseline, e);
    for (size_t k = 0; k < n && !code; k++)
        code = add_step(r, k, shapes, out, e);
    *found = !code;
    return code;
}

/* ---- statements -------------------------------------------------------------------------------------------------- */

/* Of one that leaves no trace; false: no memory. */
static bool look_at_silent(struct run *r, const struct script_statement *s, struct course_statement *out)
{
    enum again again;
    bool good = course_read_silent(r->arena, r->db->driver->dialect, s->sql, out, &again);
    out->untried = again == AGAIN_GUARDED;
    return good;
}

/*
 * What a single statement does is what its migration does; where a migration leaves no trace, each of its statements is taken to
 * leave none. *enough = false: there are more.
 */
static int fill_statements(struct run *r, struct course_step *step, const struct script *script,
                           const struct text *text, bool *enough, struct pawl_error *e)
{
    struct script_cursor cursor;
    struct script_statement s;
    bool memory = true;
    step->statements = arena_array(r->arena, script->statements + 1, sizeof *step->statements);
    if (!step->statements)
        return err_nomem(e);
    *enough = script->statements <= 1 || step->change.n == 0;
    script_start(&cursor, script, text, r->db->driver->name, r->db->driver->dialect);
    for (step->n_statements = 0; *enough && script_next(&cursor, &s); step->n_statements++) {
        struct course_statement *out = &step->statements[step->n_statements];
        *out = (struct course_statement){
            .offset = s.offset, .length = s.sql.n, .begins = s.begins, .ends = s.ends, .change = step->change};
        memory &= step->change.n || look_at_silent(r, &s, out);
    }
    return memory ? PAWL_OK : err_nomem(e);
}

static int detail_of(struct run *r, struct course_step *step, bool *enough, struct pawl_error *e)
{
    struct text text;
    struct script script;
    int code = run_read_up(r, step->migration, &text, &script, e);
    if (code)
        return code;
    code = fill_statements(r, step, &script, &text, enough, e);
    text_close(&text);
    return code;
}

int recall_detail(struct run *r, struct course *c, const bool *wanted, bool *enough, struct pawl_error *e)
{
    int code = PAWL_OK;
    *enough = true;
    for (size_t k = 0; k < c->n && !code && *enough; k++) {
        if (wanted[k] && c->steps[k].statements) /* it is known already, and not enough */
            *enough = false;
        else if (wanted[k])
            code = detail_of(r, &c->steps[k], enough, e);
    }
    return code;
}
