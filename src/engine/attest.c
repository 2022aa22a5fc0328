#include "engine/attest.h"

#include "base/strbuf.h"
#include "engine/differs.h"
#include "schema/fact.h"
#include "schema/shape.h"

/* ---- telling ----------------------------------------------------------------------------------------------------- */

static void tell(const struct attest *a, const struct migration *m, const struct delta *d, const char *message)
{
    if (!a->silent)
        differs_tell(a->run, m, d, message, "- is certified and not there, + is there and not certified");
}

static const char *const harmless[] = {
    [DIFFERENCE_NONE] = NULL,
    [DIFFERENCE_TEXT] = "spelling",
    [DIFFERENCE_GENERATED_NAMES] = "names that the engine made up",
    [DIFFERENCE_COLUMN_ORDER] = "the order of columns",
    [DIFFERENCE_REAL] = NULL,
};

const char *attest_harmless(enum difference grade)
{
    return harmless[grade];
}

static void tell_harmless(struct attest *a, enum difference grade)
{
    if (grade != DIFFERENCE_NONE && !a->told)
        report_note(a->run->report, PAWL_LEVEL_NOTE, "the schema is the certified one but for %s", harmless[grade]);
    a->told |= grade != DIFFERENCE_NONE;
}

/* ---- a plan ------------------------------------------------------------------------------------------------------ */

static size_t index_of(const struct attest *a, const struct migration *m)
{
    return migration_find(a->run->set, m->version);
}

bool attest_covers(const struct attest *a, const struct migration *m)
{
    return index_of(a, m) < a->covered && !attest_allows_all(a);
}

static int refuse_without(const struct attest *a, struct pawl_error *e)
{
    if (e && a->in->why.message[0])
        *e = a->in->why;
    else
        err_set(e, PAWL_UNPROVED, "there is no certificate %s, and nothing may run here that is not certified",
                a->in->path.p);
    if (e)
        e->code = PAWL_UNPROVED;
    if (!a->in->why.message[0])
        err_hint(e, "`pawl verify --write` proves the files and writes it; --no-require-proof does without");
    return PAWL_UNPROVED;
}

/* Why this one is not certified: what happened to it, or to one in front of it. */
static int refuse_step(const struct attest *a, const struct migration *m, struct pawl_error *e)
{
    const struct certified *c = &a->in->compared;
    const struct certified_item *item = certified_about(c, m->version);
    for (size_t i = 0; i < c->n && !item; i++)
        if (c->items[i].version <= m->version && c->items[i].kind != CERTIFIED_DOWN &&
            c->items[i].kind != CERTIFIED_RENAMED)
            item = &c->items[i];
    if (item) {
        err_set(e, PAWL_UNPROVED, "nothing is run: %s", item->message.p);
        err_hint(e, "%s", item->hint);
    } else {
        err_set(e, PAWL_UNPROVED, "nothing is run: migration %lld is not certified for " SLICE_FMT,
                (long long)m->version, SLICE_ARG(a->mark));
        err_hint(e, "`pawl verify --write` with a server of this engine and major version proves it");
    }
    if (e)
        e->version = m->version;
    err_place(e, m->up.path, 0, 0);
    return PAWL_UNPROVED;
}

int attest_plan(struct attest *a, const struct plan *plan, struct pawl_error *e)
{
    if (a->in->required && !a->in->certificate)
        return refuse_without(a, e);
    for (size_t i = 0; i < plan->n && a->in->required; i++)
        if (index_of(a, plan->steps[i]->migration) >= a->covered)
            return refuse_step(a, plan->steps[i]->migration, e);
    return PAWL_OK;
}

/* Are exactly the migrations in front of the first step applied, and it has not begun? Only then the state is known. */
static bool stands_before(const struct attest *a, const struct plan *plan)
{
    const struct standings *s = &a->run->standings;
    int64_t first = plan->steps[0]->version;
    bool known = plan->steps[0]->state == PAWL_STATE_PENDING && !plan_in_place(plan, 0);
    for (size_t i = 0; i < s->n && known; i++) {
        bool applied = s->items[i].state == PAWL_STATE_APPLIED || s->items[i].state == PAWL_STATE_LINE_ENDINGS;
        known = s->items[i].version < first ? applied : s->items[i].state == PAWL_STATE_PENDING;
    }
    return known;
}

int attest_before(struct attest *a, const struct plan *plan, struct pawl_error *e)
{
    const struct migration *m = plan->steps[0]->migration;
    struct delta rest;
    enum difference grade;
    if (!a->in->certificate || !attest_covers(a, m))
        return PAWL_OK;
    attest_forget(a); /* a round may follow one that was rolled back */
    if (!stands_before(a, plan)) {
        if (plan->steps[0]->state == PAWL_STATE_PENDING &&
            !plan_in_place(plan, 0)) { /* no state of the certificate: nothing can be compared */
            a->covered = 0;
            if (a->in->required)
                return err_set(
                    e, PAWL_UNPROVED,
                    "the applied migrations are not the first ones of the set, so the schema is none that was certified");
        }
        return PAWL_OK;
    }
    attest_expect(a, index_of(a, m), index_of(a, plan->steps[plan->n - 1]->migration) + 1);
    int code = attest_compare(a, index_of(a, m), &rest, &grade, e);
    if (code || grade < DIFFERENCE_REAL) {
        tell_harmless(a, code ? DIFFERENCE_NONE : grade);
        return code;
    }
    tell(a, m, &rest, "the schema is not the one for which this migration was proved");
    err_set(e, PAWL_DRIFT, "nothing is run: the schema is not the one for which migration %lld was proved",
            (long long)m->version);
    err_hint(e, "`pawl drift` shows what differs; --allow-drift OBJECT lets it pass");
    err_place(e, m->up.path, 0, 0);
    if (e)
        e->version = m->version;
    return PAWL_DRIFT;
}

/* The last of the states from .. to that makes or changes this fact, or what it is on; 0 = none of them. */
static size_t last_that_makes(const struct attest *a, const struct change *c, size_t from, size_t to)
{
    struct slice on = fact_value(c->after.p ? c->after : c->before, "on");
    STRBUF(table, 4096);
    strbuf_addf(&table, "table " SLICE_FMT, SLICE_ARG(on));
    for (size_t k = to; k >= from && k; k--) {
        const struct delta *d = &a->log->steps[k].change;
        if (delta_find(d, c->key) || (on.n && strbuf_ok(&table) && delta_find(d, strbuf_slice(&table))))
            return k;
    }
    return 0;
}

/* Of migrations that ran in one transaction: in what one of them makes does it show? NULL: that cannot be told. */
static const struct migration *find_one(const struct attest *a, size_t last, const struct delta *rest)
{
    size_t found = 0;
    for (size_t i = 0; i < rest->n && a->log; i++) {
        size_t k = last_that_makes(a, &rest->items[i], last + 2 - a->together, last + 1);
        if (!k || (found && found != k))
            return NULL;
        found = k;
    }
    return found ? &a->run->set->items[found - 1] : NULL;
}

/* Only the last state was looked at, so it need not be the last migration. */
static int refuse_together(struct attest *a, const struct migration *m, const struct delta *rest, struct pawl_error *e)
{
    size_t last = index_of(a, m);
    long long first = (long long)a->run->set->items[last + 1 - a->together].version;
    const struct migration *one = find_one(a, last, rest);
    STRBUF(where, 128);
    if (one)
        strbuf_addf(&where, "it shows in what migration %lld makes", (long long)one->version);
    else
        strbuf_addz(&where, "--per-file tells which of them it is");
    STRBUF(message, 512);
    strbuf_addf(&message,
                "migrations %lld to %lld, in one transaction, have not done here what they were proved to do; %s",
                first, (long long)m->version, strbuf_z(&where));
    if (!strbuf_ok(&message))
        return err_nomem(e);
    m = one ? one : m;
    tell(a, m, rest, "the migrations of this transaction have not done here what they were proved to do");
    err_set(e, PAWL_DRIFT, "%s", strbuf_z(&message));
    err_place(e, m->up.path, 0, 0);
    if (e)
        e->version = m->version;
    return PAWL_DRIFT;
}

int attest_after(struct attest *a, const struct migration *m, struct pawl_error *e)
{
    struct delta rest;
    enum difference grade;
    if (!attest_covers(a, m))
        return PAWL_OK;
    int code = attest_compare(a, index_of(a, m) + 1, &rest, &grade, e);
    if (!code)
        code = attest_add_made(a, &rest, &grade, e);
    if (code || grade < DIFFERENCE_REAL) {
        tell_harmless(a, code ? DIFFERENCE_NONE : grade);
        return code;
    }
    if (a->together > 1)
        return refuse_together(a, m, &rest, e);
    tell(a, m, &rest, "the migration has not done here what it was proved to do");
    err_set(e, PAWL_DRIFT, "migration %lld has not done here what it was proved to do", (long long)m->version);
    err_place(e, m->up.path, 0, 0);
    if (e)
        e->version = m->version;
    return PAWL_DRIFT;
}

/* ---- a look ------------------------------------------------------------------------------------------------------ */

/* What was there before the first migration when the set was proved, too, is nothing to speak of. */
static bool is_of_baseline(const struct attest *a, struct slice line)
{
    const struct change *c = delta_find(&a->log->steps[0].change, slice_sub(line, 0, fact_key_of(line)));
    return c && slice_eq(c->after, line);
}

static int sort_out(struct attest *a, struct attest_look *out, struct pawl_error *e)
{
    out->n_facts = facts_count(a->facts);
    out->unmanaged = arena_array(a->run->arena, out->n_facts + 1, sizeof *out->unmanaged);
    if (!out->unmanaged)
        return err_nomem(e);
    for (size_t i = 0; i < out->n_facts; i++) {
        struct slice line = facts_at(a->facts, i);
        enum scope_side side = scope_of(&a->scope, line);
        out->n_ignored += side == SCOPE_IGNORED;
        if (side == SCOPE_UNMANAGED && !is_of_baseline(a, line))
            out->unmanaged[out->n_unmanaged++] = line;
    }
    return PAWL_OK;
}

int attest_sides(struct attest *a, const struct attest_look *look, struct slice **live, size_t *n_live,
                 struct slice **certified, size_t *n_certified, struct pawl_error *e)
{
    struct arena *arena = a->run->arena;
    const struct delta *d = &look->difference;
    int code = facts_lines(a->facts, arena, live, n_live, e);
    if (code)
        return code;
    *certified = arena_array(arena, *n_live + d->n + 1, sizeof **certified);
    *n_certified = 0;
    if (!*certified)
        return err_nomem(e);
    for (size_t i = 0, k = 0; i < *n_live || k < d->n;) {
        struct slice key = i < *n_live ? slice_sub((*live)[i], 0, fact_key_of((*live)[i])) : SLICE("");
        int order = i == *n_live ? 1 : k == d->n ? -1 : slice_cmp(key, d->items[k].key);
        struct slice line = order < 0 ? (*live)[i] : d->items[k].before;
        if (line.p)
            (*certified)[(*n_certified)++] = line;
        i += order <= 0;
        k += order >= 0;
    }
    return PAWL_OK;
}

int attest_look(struct attest *a, size_t state, struct attest_look *out, struct pawl_error *e)
{
    *out = (struct attest_look){0};
    attest_forget(a);
    attest_expect(a, state, state);
    int code = attest_compare(a, state, &out->difference, &out->grade, e);
    if (code)
        return code;
    out->matches = out->grade < DIFFERENCE_REAL;
    out->known = a->exact || a->log;
    out->shapes = a->shapes && !a->exact;
    out->n_allowed = a->difference.n - out->difference.n;
    out->n_facts = facts_count(a->facts);
    return a->log && !a->exact ? sort_out(a, out, e) : PAWL_OK; /* exactly what is certified: nothing else is there */
}
