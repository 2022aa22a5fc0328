#include "engine/attest.h"

#include <stdlib.h>

#include "base/strbuf.h"
#include "engine/course.h"
#include "schema/fact.h"
#include "schema/shape.h"

#define MOST_LINES 40
#define DETAIL_MAX (1u << 20)

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

int attest_log_holds(struct attest *a, size_t from, size_t to, bool *out, struct pawl_error *e)
{
    ARENA(tmp);
    const struct changelog *log = a->in->changes;
    *out = false;
    if (!a->in->certificate || !log || !is_for_engine(a, log) || to >= log->n || to > a->in->certificate->n)
        return PAWL_OK;
    struct slice name = shape_mark(&tmp, a->engine, atoi(log->engine.p + strlen(a->engine) + 1));
    unsigned char(*sums)[SHA256_BYTES] = arena_array(&tmp, to - from + 1, sizeof *sums);
    if (!name.p || !sums)
        return err_nomem(e);
    int code = changelog_fingerprints(log, from + 1, to + 1, sums, e);
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

/* The file of changes is taken if it leads over all covered states to what the certificate says of the last one. */
static int choose_log(struct attest *a, struct pawl_error *e)
{
    const struct changelog *log = a->in->changes;
    bool is_true = false;
    if (!log || !is_for_engine(a, log))
        return PAWL_OK;
    int code = attest_log_holds(a, a->covered, a->covered, &is_true, e);
    if (code)
        return code;
    if (is_true)
        return use_log(a, log, shape_differs(a->engine) && !slice_eq(log->engine, a->mark), e);
    attest_tell_false(a);
    return PAWL_OK;
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
    return attest_speaks(out, 0) ? choose_log(out, e) : PAWL_OK;
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

static bool allows_all(const struct attest *a)
{
    for (size_t i = 0; i < a->in->n_allow; i++)
        if (strcmp(a->in->allow[i], "*") == 0)
            return true;
    return false;
}

static int read_facts(struct attest *a, struct delta *live, struct pawl_error *e)
{
    int code = a->facts ? PAWL_OK : facts_open(a->run->db, a->run->ledger->name, &a->facts, e);
    if (!code)
        code = facts_refresh(a->facts, a->run->arena, live, e);
    if (code)
        attest_forget(a);
    return code;
}

static int narrow(struct attest *a, const struct delta *d, struct delta *out, struct pawl_error *e)
{
    int code = scope_delta(a->run->arena, &a->scope, d, out, e);
    return code || !a->shapes ? code : shape_delta(a->run->arena, a->engine, out, out, e);
}

/* All lines against all lines. */
static int compare_all(struct attest *a, size_t state, struct pawl_error *e)
{
    struct arena *arena = a->run->arena;
    struct slice *expected, *live;
    struct delta all;
    size_t n_expected, n_live;
    int code = changelog_state(arena, a->log, state + 1, &expected, &n_expected, e);
    if (!code)
        code = facts_lines(a->facts, arena, &live, &n_live, e);
    if (!code)
        code = delta_between(arena, expected, n_expected, live, n_live, &all, e);
    if (!code)
        code = narrow(a, &all, &a->difference, e);
    a->state = state;
    return code;
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

/* By the fingerprint alone; the set is rehearsed if that says no. *same: it says yes. */
static int compare_fingerprint(struct attest *a, size_t state, bool *same, struct pawl_error *e)
{
    unsigned char sum[SHA256_BYTES];
    const unsigned char *wanted = fingerprint_of(a, state);
    *same = false;
    int code = wanted && !a->in->n_ignore ? facts_fingerprint(a->facts, sum, e) : PAWL_OK;
    *same = !code && wanted && !a->in->n_ignore && memcmp(sum, wanted, sizeof sum) == 0;
    if (code || *same || a->in->no_scratch)
        return code;
    code = rehearse(a, e);
    if (code && e && code != PAWL_NOMEM && code != PAWL_INTERRUPTED)
        err_hint(e,
                 "the live schema does not have the certified fingerprint; to show what differs, `pawl verify --write` "
                 "leaves a file of changes beside the certificate");
    return code;
}

/* The changes are of another major version, but the certificate may have a fingerprint of this one: then that can say yes. */
static int compare_exactly(struct attest *a, size_t state, bool *same, struct pawl_error *e)
{
    unsigned char sum[SHA256_BYTES];
    const unsigned char *wanted = a->in->n_ignore ? NULL : fingerprint_of(a, state);
    int code = wanted ? facts_fingerprint(a->facts, sum, e) : PAWL_OK;
    *same = !code && wanted && memcmp(sum, wanted, sizeof sum) == 0;
    if (*same) {
        a->difference = (struct delta){0};
        a->state = state;
    }
    a->exact = *same;
    return code;
}

/* Where nothing may be made anywhere, that they differ is all that can be told. */
static bool is_blind(const struct attest *a)
{
    return a->in->no_scratch && !a->log;
}

static int compare(struct attest *a, size_t state, struct delta *rest, enum difference *grade, struct pawl_error *e)
{
    struct delta live;
    bool fresh = !a->facts, same = false;
    *rest = (struct delta){0};
    *grade = DIFFERENCE_NONE;
    int code = read_facts(a, &live, e);
    if (!code && !a->log) {
        code = compare_fingerprint(a, state, &same, e);
        fresh = true;
    }
    if (!code && a->shapes && fresh)
        code = compare_exactly(a, state, &same, e);
    if (!code && !same && is_blind(a))
        *grade = DIFFERENCE_REAL;
    if (code || same || is_blind(a))
        return code;
    code = fresh ? compare_all(a, state, e) : compare_changes(a, state, &live, e);
    return code ? code : judge(a, rest, grade, e);
}

/* ---- telling ----------------------------------------------------------------------------------------------------- */

static void add_lines(struct strbuf *b, const struct delta *d)
{
    for (size_t i = 0; i < d->n && i < MOST_LINES; i++) {
        if (d->items[i].before.p)
            strbuf_addf(b, "- " SLICE_FMT "\n", SLICE_ARG(d->items[i].before));
        if (d->items[i].after.p)
            strbuf_addf(b, "+ " SLICE_FMT "\n", SLICE_ARG(d->items[i].after));
    }
    if (d->n > MOST_LINES)
        strbuf_addf(b, "(and %zu more)\n", d->n - MOST_LINES);
    if (b->n && b->p[b->n - 1] == '\n')
        b->p[--b->n] = '\0';
}

static int tell(struct attest *a, const struct migration *m, const struct delta *d, const char *message,
                struct pawl_error *e)
{
    STRBUF(detail, DETAIL_MAX);
    add_lines(&detail, d);
    report_finding_at(a->run->report,
                      &(struct pawl_finding){.id = PAWL_FINDING_DRIFT,
                                             .version = m->version,
                                             .engine = a->engine,
                                             .file = m->up.path.p,
                                             .message = message,
                                             .detail = strbuf_z(&detail),
                                             .hint = "- is certified and not there, + is there and not certified"},
                      PAWL_LEVEL_ERROR);
    (void)e;
    return PAWL_OK;
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
    return index_of(a, m) < a->covered && !allows_all(a);
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

/* That the file of changes tells the truth about the last state was looked at; these two are what the plan leads from and to. */
static int trust_ends(struct attest *a, const struct plan *plan, struct pawl_error *e)
{
    size_t ends[] = {index_of(a, plan->steps[0]->migration), index_of(a, plan->steps[plan->n - 1]->migration) + 1};
    for (size_t i = 0; i < 2 && a->log && a->log == a->in->changes; i++) {
        bool holds = ends[i] >= a->covered; /* behind them nothing is compared */
        int code = holds ? PAWL_OK : attest_log_holds(a, ends[i], ends[i], &holds, e);
        if (code)
            return code;
        if (!holds) {
            attest_tell_false(a);
            a->log = NULL;
        }
    }
    return PAWL_OK;
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
    int code = trust_ends(a, plan, e);
    if (!code)
        code = compare(a, index_of(a, m), &rest, &grade, e);
    if (code || grade < DIFFERENCE_REAL) {
        tell_harmless(a, code ? DIFFERENCE_NONE : grade);
        return code;
    }
    if (!a->silent)
        tell(a, m, &rest, "the schema is not the one for which this migration was proved", e);
    err_set(e, PAWL_DRIFT, "nothing is run: the schema is not the one for which migration %lld was proved",
            (long long)m->version);
    err_hint(e, "`pawl drift` shows what differs; --allow-drift OBJECT lets it pass");
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
    int code = compare(a, index_of(a, m) + 1, &rest, &grade, e);
    if (code || grade < DIFFERENCE_REAL) {
        tell_harmless(a, code ? DIFFERENCE_NONE : grade);
        return code;
    }
    if (!a->silent)
        tell(a, m, &rest, "the migration has not done here what it was proved to do", e);
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
    const struct delta *d = &a->log->steps[0].change;
    struct slice key = slice_sub(line, 0, fact_key_of(line));
    size_t low = 0, high = d->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (slice_cmp(d->items[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < d->n && slice_eq(d->items[low].after, line);
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
    bool holds = true;
    *out = (struct attest_look){0};
    attest_forget(a);
    int code = a->log && state < a->covered ? attest_log_holds(a, state, state, &holds, e) : PAWL_OK;
    if (!code && !holds) {
        attest_tell_false(a);
        a->log = NULL;
    }
    if (!code)
        code = compare(a, state, &out->difference, &out->grade, e);
    if (code)
        return code;
    out->matches = out->grade < DIFFERENCE_REAL;
    out->known = a->log != NULL;
    out->shapes = a->shapes && !a->exact;
    out->n_allowed = a->log ? a->difference.n - out->difference.n : 0;
    out->n_facts = facts_count(a->facts);
    return a->log ? sort_out(a, out, e) : PAWL_OK;
}
