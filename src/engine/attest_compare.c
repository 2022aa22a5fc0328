/* The live schema beside a state of the certificate; the lower half of engine/attest. */
#include "engine/attest.h"

#include <stdlib.h>

#include "base/strbuf.h"
#include "engine/course.h"
#include "schema/fact.h"
#include "schema/shape.h"

/* ---- what the certificate says ----------------------------------------------------------------------------------- */

static const struct certificate_marks *marks_of(const struct attest *a, size_t state)
{
    const struct certificate *c = a->in->certificate;
    return state ? &c->lines[state - 1].marks : &c->baseline;
}

/* The fingerprint of a state for this very server; NULL: there is none. */
static const unsigned char *fingerprint_of(const struct attest *a, size_t state)
{
    const struct certificate_mark *m = certificate_mark(marks_of(a, state), a->mark);
    return m ? m->fingerprint : NULL;
}

bool attest_speaks(const struct attest *a, size_t state)
{
    return fingerprint_of(a, state) ||
           (shape_differs(a->engine) && certificate_mark(marks_of(a, state), slice_of(a->engine)));
}

static bool is_for_engine(const struct attest *a, const struct changelog *log)
{
    size_t n = strlen(a->engine);
    return slice_starts(log->engine, slice_of(a->engine)) && log->engine.n > n + 1 && log->engine.p[n] == '/';
}

void attest_tell_false(struct attest *a)
{
    if (a->told_false)
        return;
    a->told_false = true;
    report_note(a->run->report, PAWL_LEVEL_WARNING,
                "the file of changes beside %s does not say what the certificate says, and is not used", a->in->path.p);
}

int attest_changes(struct attest *a, struct pawl_error *e)
{
    if (a->read || !a->in->read_changes)
        return PAWL_OK;
    bool found = false;
    struct changelog *log = arena_alloc(a->run->arena, sizeof *log);
    int code = log ? a->in->read_changes(a->in->context, a->engine, log, &found, e) : err_nomem(e);
    a->read = !code;
    a->changes = found ? log : NULL;
    return code;
}

int attest_log_holds(struct attest *a, size_t from, size_t to, bool *out, struct pawl_error *e)
{
    ARENA(tmp);
    *out = false;
    if (!a->in->certificate)
        return PAWL_OK;
    int code = attest_changes(a, e);
    const struct changelog *log = a->changes;
    if (code || !log || !is_for_engine(a, log) || to >= log->n || to > a->in->certificate->n)
        return code;
    struct slice name = shape_mark(&tmp, a->engine, atoi(log->engine.p + strlen(a->engine) + 1));
    unsigned char(*sums)[SHA256_BYTES] = arena_array(&tmp, to - from + 1, sizeof *sums);
    if (!name.p || !sums)
        return err_nomem(e);
    code = changelog_fingerprints(log, from + 1, to + 1, sums, e);
    for (size_t state = from; !code && state <= to; state++) {
        const struct certificate_mark *m = certificate_mark(marks_of(a, state), name);
        *out = m && memcmp(sums[state - from], m->fingerprint, sizeof sums[0]) == 0;
        if (!*out)
            break;
    }
    return code;
}

static int use_log(struct attest *a, const struct changelog *log, bool shapes, struct pawl_error *e)
{
    a->log = log;
    a->shapes = shapes;
    return scope_init(a->run->arena, log, a->in->ignore, a->in->n_ignore, &a->scope, e);
}

/*
 * The file of changes is taken if it leads over all covered states to what the certificate says of the last one, and to what it says of
 * those that matter.
 */
static int choose_log(struct attest *a, struct pawl_error *e)
{
    int code = attest_changes(a, e);
    const struct changelog *log = a->changes;
    a->chosen = true;
    if (code || !log || !is_for_engine(a, log) || !attest_speaks(a, 0))
        return code;
    size_t states[] = {a->covered, a->ends[0], a->ends[1]};
    bool is_true = true;
    size_t n = states[1] == states[2] ? 2 : 3;
    for (size_t i = 0; i < n && !code && is_true; i++) /* behind what is covered nothing is compared */
        if (!i || states[i] < a->covered)
            code = attest_log_holds(a, states[i], states[i], &is_true, e);
    if (code)
        return code;
    if (is_true)
        return use_log(a, log, shape_differs(a->engine) && !slice_eq(log->engine, a->mark), e);
    attest_tell_false(a);
    return PAWL_OK;
}

void attest_expect(struct attest *a, size_t from, size_t to)
{
    a->ends[0] = from;
    a->ends[1] = to;
    if (a->log && a->log != a->changes)
        return; /* a rehearsal is true of all of them */
    a->log = NULL;
    a->chosen = false;
    a->hashed = 0;
}

/* The set rehearsed on a scratch database, as a log. */
static int rehearse(struct attest *a, struct pawl_error *e)
{
    struct arena *arena = a->run->arena;
    struct course course;
    struct course_request q = course_of_run(a->run);
    struct changelog *log = arena_alloc(arena, sizeof *log);
    if (!log)
        return err_nomem(e);
    q.to = a->covered;
    int code = course_make(arena, &q, &course, e);
    if (!code && course.failed) {
        if (e)
            *e = course.error;
        code = course.failed;
    }
    if (code)
        return code;
    *log = (struct changelog){.engine = a->mark, .steps = arena_array(arena, course.n + 1, sizeof *log->steps)};
    if (!log->steps)
        return err_nomem(e);
    log->steps[log->n++].change = course.baseline;
    for (size_t i = 0; i < course.n; i++)
        log->steps[log->n++] = (struct changelog_step){course.steps[i].migration->version,
                                                       course.steps[i].migration->description, course.steps[i].change};
    return use_log(a, log, false, e);
}

bool attest_is_required(struct slice environment)
{
    return slice_eq(environment, SLICE("production")) || slice_eq(environment, SLICE("prod"));
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

int attest_open(struct run *r, const struct attest_input *in, struct attest *out, struct pawl_error *e)
{
    const struct db_driver *driver = r->db->driver;
    *out = (struct attest){.run = r, .in = in, .engine = driver->name};
    out->mark = shape_mark(r->arena, driver->name, atoi(driver->version(r->db)));
    if (!out->mark.p)
        return err_nomem(e);
    if (!in->certificate)
        return PAWL_OK;
    while (out->covered < in->compared.prefix && attest_speaks(out, out->covered + 1))
        out->covered++;
    return PAWL_OK;
}

void attest_forget(struct attest *a)
{
    facts_close(a->facts);
    a->facts = NULL;
}

void attest_close(struct attest *a)
{
    attest_forget(a);
}

/* ---- comparing --------------------------------------------------------------------------------------------------- */

static bool is_allowed(const struct attest *a, struct slice line)
{
    for (size_t i = 0; i < a->in->n_allow; i++)
        if (scope_matches(&a->scope, a->in->allow[i], line))
            return true;
    return false;
}

/* The next column of a list that is not allowed to differ; false at the end. */
static bool next_column(const struct attest *a, struct slice table, struct slice *rest, struct slice *out)
{
    while (rest->n) {
        STRBUF(line, 1u << 16);
        size_t end = 0;
        for (bool inside = false; end < rest->n && (inside || rest->p[end] != ','); end++)
            inside ^= rest->p[end] == '"';
        *out = slice_sub(*rest, 0, end);
        *rest = slice_sub(*rest, end + 1, rest->n);
        strbuf_addf(&line, "column " SLICE_FMT "." SLICE_FMT, SLICE_ARG(table), SLICE_ARG(*out));
        if (!is_allowed(a, strbuf_slice(&line)))
            return true;
    }
    return false;
}

/* The order of columns is the same but for columns that may differ. */
static bool same_columns(const struct attest *a, const struct change *c)
{
    static const struct slice kind = {"columns ", 8};
    if (!a->in->n_allow || !slice_starts(c->key, kind) || !c->before.p || !c->after.p)
        return false;
    struct slice table = slice_sub(c->key, kind.n, c->key.n), x, y;
    struct slice before = fact_value(c->before, "order"), after = fact_value(c->after, "order");
    for (;;) {
        bool more = next_column(a, table, &before, &x);
        if (more != next_column(a, table, &after, &y))
            return false;
        if (!more || !slice_eq(x, y))
            return !more;
    }
}

bool attest_allows_all(const struct attest *a)
{
    for (size_t i = 0; i < a->in->n_allow; i++)
        if (strcmp(a->in->allow[i], "*") == 0)
            return true;
    return false;
}

static int read_facts(struct attest *a, struct delta *live, struct pawl_error *e)
{
    bool opened = a->facts != NULL;
    *live = (struct delta){0};
    int code = opened ? PAWL_OK : facts_open(a->run->db, a->run->ledger->name, &a->facts, e);
    if (!code && !opened && a->run->db->driver->caps & DB_CAP_PIPELINE)
        facts_unstamped(a->facts); /* there are statements between two looks, and each question is a round trip */
    if (!code)
        code = facts_refresh(a->facts, a->run->arena, opened ? live : NULL, e);
    if (code)
        attest_forget(a);
    return code;
}

static int narrow(struct attest *a, const struct delta *d, struct delta *out, struct pawl_error *e)
{
    int code = scope_delta(a->run->arena, &a->scope, d, out, e);
    return code || !a->shapes ? code : shape_delta(a->run->arena, a->engine, out, out, e);
}

/* All lines against all lines; what differs is kept, as it is now. */
static int compare_all(struct attest *a, size_t state, struct pawl_error *e)
{
    ARENA(tmp);
    struct slice *expected;
    struct delta all;
    size_t n_expected, n_live = facts_count(a->facts);
    struct slice *live = arena_array(&tmp, n_live + 1, sizeof *live);
    if (!live)
        return err_nomem(e);
    for (size_t i = 0; i < n_live; i++)
        live[i] = facts_at(a->facts, i);
    int code = changelog_state(&tmp, a->log, state + 1, &expected, &n_expected, e);
    if (!code)
        code = delta_between(&tmp, expected, n_expected, live, n_live, &all, e);
    if (!code)
        code = narrow(a, &all, &all, e);
    a->state = state;
    return code ? code : delta_copy(a->run->arena, &all, &a->difference, e);
}

/* What the certificate says to have changed taken off, what has changed put on. */
static int compare_changes(struct attest *a, size_t state, const struct delta *live, struct pawl_error *e)
{
    struct arena *arena = a->run->arena;
    struct delta expected, back, mine;
    int code = changelog_between(arena, a->log, a->state + 1, state + 1, &expected, e);
    if (!code)
        code = narrow(a, &expected, &expected, e);
    if (!code)
        code = delta_invert(arena, &expected, &back, e);
    if (!code)
        code = delta_join(arena, &back, &a->difference, &a->difference, e);
    if (!code)
        code = narrow(a, live, &mine, e);
    if (!code)
        code = delta_join(arena, &a->difference, &mine, &a->difference, e);
    a->state = state;
    return code;
}

/* What is not allowed of the difference, and how bad that is. */
static int judge(struct attest *a, struct delta *rest, enum difference *grade, struct pawl_error *e)
{
    const struct delta *d = &a->difference;
    *rest = (struct delta){arena_array(a->run->arena, d->n + 1, sizeof *rest->items), 0};
    if (!rest->items)
        return err_nomem(e);
    for (size_t i = 0; i < d->n; i++)
        if (!is_allowed(a, d->items[i].after.p ? d->items[i].after : d->items[i].before) &&
            !same_columns(a, &d->items[i]))
            rest->items[rest->n++] = d->items[i];
    *grade = delta_grade(rest);
    return PAWL_OK;
}

/* The name of a fact "table public.x ..". */
static struct slice object_of(const struct change *c)
{
    size_t space = slice_find_byte(c->key, ' ');
    return space == SIZE_MAX ? c->key : slice_sub(c->key, space + 1, c->key.n);
}

int attest_add_made(struct attest *a, struct delta *rest, enum difference *grade, struct pawl_error *e)
{
    struct db *db = a->run->db;
    const struct delta *d = &a->fresh;
    int code = PAWL_OK;
    if (!d->n || !a->log || a->exact || !db->driver->in_transaction(db))
        return PAWL_OK;
    struct delta made = {arena_array(a->run->arena, d->n, sizeof *made.items), 0};
    if (!made.items)
        return err_nomem(e);
    for (size_t i = 0; i < d->n && !code; i++) {
        const struct change *c = &d->items[i];
        bool ours = true;
        if (c->before.p || !scope_is_root(c->after) || scope_of(&a->scope, c->after) != SCOPE_UNMANAGED ||
            is_allowed(a, c->after))
            continue;
        if (db->driver->has_made)
            code = db->driver->has_made(db, object_of(c), &ours, e);
        if (ours)
            made.items[made.n++] = *c;
    }
    if (code || !made.n)
        return code;
    *grade = DIFFERENCE_REAL;
    return delta_join(a->run->arena, rest, &made, rest, e);
}

/* For so many looks to take a sum over all facts is cheaper than to read the file of changes. */
#define LOOKS_BY_FINGERPRINT 4

/* Is the live schema by its fingerprint the certified one? Of objects to ignore there will be some, and then it cannot say yes. */
static int look_at_fingerprint(struct attest *a, size_t state, struct pawl_error *e)
{
    unsigned char sum[SHA256_BYTES];
    const unsigned char *wanted = a->in->n_ignore ? NULL : fingerprint_of(a, state);
    int code = wanted ? facts_fingerprint(a->facts, sum, e) : PAWL_OK;
    a->hashed++;
    a->exact = !code && wanted && memcmp(sum, wanted, sizeof sum) == 0;
    if (a->exact) {
        a->difference = (struct delta){0};
        a->state = state;
    }
    return code;
}

/* The fingerprint has said no, or says nothing, and there is no file of changes: the set is rehearsed. */
static int rehearse_to_show(struct attest *a, struct pawl_error *e)
{
    int code = a->in->no_scratch ? PAWL_OK : rehearse(a, e);
    if (code && e && code != PAWL_NOMEM && code != PAWL_INTERRUPTED)
        err_hint(e,
                 "the live schema does not have the certified fingerprint; to show what differs, `pawl verify --write` "
                 "leaves a file of changes beside the certificate");
    return code;
}

/* What is compared with, unless a fingerprint says that nothing differs. */
static int find_log(struct attest *a, size_t state, struct pawl_error *e)
{
    bool looked = a->hashed < LOOKS_BY_FINGERPRINT;
    int code = looked ? look_at_fingerprint(a, state, e) : PAWL_OK;
    if (code || a->exact)
        return code;
    code = a->chosen ? PAWL_OK : choose_log(a, e);
    if (code || a->log)
        return code;
    code = looked ? PAWL_OK : look_at_fingerprint(a, state, e);
    return code || a->exact ? code : rehearse_to_show(a, e);
}

int attest_compare(struct attest *a, size_t state, struct delta *rest, enum difference *grade, struct pawl_error *e)
{
    struct delta live;
    bool followed = a->facts && a->log; /* so `difference` leads on from what it was */
    *rest = (struct delta){0};
    *grade = DIFFERENCE_NONE;
    a->exact = false;
    int code = read_facts(a, &live, e);
    a->fresh = live;
    if (!code && !a->log)
        code = find_log(a, state, e);
    if (code || a->exact)
        return code;
    if (!a->log) { /* nothing may be made anywhere: that they differ is all that can be told */
        *grade = DIFFERENCE_REAL;
        return PAWL_OK;
    }
    code = followed ? compare_changes(a, state, &live, e) : compare_all(a, state, e);
    return code ? code : judge(a, rest, grade, e);
}
