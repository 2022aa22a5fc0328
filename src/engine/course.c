#include "engine/course.h"

#include <stdlib.h>

#include "engine/apply.h"
#include "schema/beside.h"
#include "sql/quote.h"
#include "sql/session.h"

/* ---- keys and their turns ---------------------------------------------------------------------------------------- */

static struct course_key *add_key(struct arena *a, struct course *c, struct slice key)
{
    struct course_key *k = map_get(&c->keys, key);
    if (k)
        return k;
    void *list = c->list;
    k = arena_alloc(a, sizeof *k);
    if (!k || !arena_grow(a, &list, &c->cap_keys, c->n_keys, sizeof *c->list))
        return NULL;
    k->key = key;
    k->index = c->n_keys;
    c->list = list;
    c->list[c->n_keys] = k;
    if (!map_set(a, &c->keys, key, k))
        return NULL;
    c->n_keys++;
    return k;
}

static int add_turns(struct arena *a, struct course *c, const struct delta *d, size_t state, struct pawl_error *e)
{
    for (size_t i = 0; i < d->n; i++) {
        struct course_key *k = add_key(a, c, d->items[i].key);
        void *turns = k ? k->turns : NULL;
        if (!k || !arena_grow(a, &turns, &k->cap, k->n, sizeof *k->turns))
            return err_nomem(e);
        k->turns = turns;
        k->turns[k->n++] = (struct course_turn){state, d->items[i].after};
        k->managed |= state > 0;
    }
    return PAWL_OK;
}

int course_start(struct arena *a, struct course *c, size_t n, const struct delta *baseline, struct pawl_error *e)
{
    *c = (struct course){.baseline = *baseline, .steps = arena_array(a, n + 1, sizeof *c->steps)};
    return c->steps ? add_turns(a, c, baseline, 0, e) : err_nomem(e);
}

int course_add(struct arena *a, struct course *c, const struct course_step *s, struct pawl_error *e)
{
    int code = add_turns(a, c, &s->change, c->n + 1, e);
    if (!code)
        c->steps[c->n++] = *s;
    return code;
}

bool course_shows(const struct course *c)
{
    bool shows = !c->failed;
    for (size_t k = 0; k < c->n && !shows; k++)
        shows = c->steps[k].change.n > 0;
    return shows;
}

const struct course_key *course_key(const struct course *c, struct slice key)
{
    return map_get(&c->keys, key);
}

struct slice course_key_line(const struct course_key *k, size_t state)
{
    size_t low = 0, high = k->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (k->turns[middle].state <= state)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? k->turns[low - 1].line : (struct slice){NULL, 0};
}

struct slice course_line(const struct course *c, struct slice key, size_t state)
{
    const struct course_key *k = course_key(c, key);
    return k ? course_key_line(k, state) : (struct slice){NULL, 0};
}

static int by_line(const void *x, const void *y)
{
    const struct slice *p = x, *q = y;
    return slice_cmp(*p, *q);
}

int course_state(struct arena *a, const struct course *c, size_t state, struct slice **lines, size_t *n,
                 struct pawl_error *e)
{
    *n = 0;
    *lines = arena_array(a, c->n_keys + 1, sizeof **lines);
    if (!*lines)
        return err_nomem(e);
    for (size_t i = 0; i < c->n_keys; i++) {
        struct slice line = course_key_line(c->list[i], state);
        if (line.p)
            (*lines)[(*n)++] = line;
    }
    qsort(*lines, *n, sizeof **lines, by_line);
    return PAWL_OK;
}

/* ---- rehearsing -------------------------------------------------------------------------------------------------- */

struct rehearsal {
    struct arena *arena;
    const struct course_request *request;
    struct course *course;
    struct facts *facts;
    struct run run;
    struct run_watch watch;
    struct report silent;
    struct ledger ledger;
    struct script *scripts;
    struct course_step now; /* the step that is running */
    size_t cap_statements;
    bool undone;     /* it was begun in a transaction, and runs without one now */
    size_t n;        /* steps that are asked for */
    size_t sendable; /* those in front of the first whose text cannot be sent */
    int lost;        /* what an undo could not do */
};

/* Changes since the last look, as part of the step. */
static int look(struct rehearsal *x, struct delta *change, struct pawl_error *e)
{
    if (x->lost)
        return err_set(e, (enum pawl_code)x->lost, "a step of the rehearsal could not be taken back");
    int code = facts_refresh(x->facts, x->arena, change, e);
    return code ? code : delta_join(x->arena, &x->now.change, change, &x->now.change, e);
}

#define LOOKS 16 /* others who write to the same server make an engine say that something was written */

/* Runs it once more and takes that back: did it change anything? An engine that cannot tell says that it did. */
static bool settles_now(struct db *db, const struct script_statement *s)
{
    struct db_stamp before, after;
    struct db_request again = {.sql = s->sql, .copy = s->copy};
    if (db_exec(db, "SAVEPOINT pawl_again", NULL))
        return false;
    bool same = db->driver->stamp(db, &before, NULL) == PAWL_OK && db_run(db, &again, 1, NULL, NULL) == PAWL_OK &&
                db->driver->stamp(db, &after, NULL) == PAWL_OK && before.data == after.data &&
                before.schema == after.schema;
    db_exec(db, "ROLLBACK TO SAVEPOINT pawl_again", NULL);
    db_exec(db, "RELEASE SAVEPOINT pawl_again", NULL);
    return same;
}

/* Once is enough to know that nothing was written. */
static bool settles(struct db *db, const struct script_statement *s)
{
    bool own = !db->driver->in_transaction(db), same = false;
    if (own && db_exec(db, db->driver->begin, NULL))
        return false;
    for (int i = 0; i < LOOKS && !same; i++)
        same = settles_now(db, s);
    if (own)
        db_rollback(db);
    return same;
}

bool course_read_silent(struct arena *a, const struct dialect *dialect, struct slice sql, struct course_statement *out,
                        enum again *again)
{
    struct head h;
    STRBUF(name, 4096);
    head_read(&h, dialect, sql);
    *again = again_of(&h, dialect, sql);
    bool rows = h.class == HEAD_INSERT || h.class == HEAD_UPDATE || h.class == HEAD_DELETE || h.class == HEAD_COPY;
    out->again = *again == AGAIN_YES;
    out->sets = h.class == HEAD_SET || session_is_set(dialect, sql);
    if (!rows || !quote_strip(&name, dialect, h.name.name))
        return true;
    out->table = arena_dup(a, strbuf_slice(&name));
    return out->table.p != NULL;
}

bool course_is_of_schema(const struct dialect *dialect, struct slice sql)
{
    struct head h;
    head_read(&h, dialect, sql);
    bool ddl = h.class == HEAD_DDL && h.action != HEAD_ACTION_NONE && h.action != HEAD_TRUNCATE;
    return ddl || again_of(&h, dialect, sql) == AGAIN_YES;
}

static int look_at_silent(struct rehearsal *x, const struct script_statement *s, struct course_statement *out,
                          struct pawl_error *e)
{
    enum again again;
    if (!course_read_silent(x->arena, x->request->driver->dialect, s->sql, out, &again))
        return err_nomem(e);
    if (again == AGAIN_GUARDED)
        out->again = settles(x->run.db, s);
    return PAWL_OK;
}

/* What is made and gone again within a step is in no state, but may be left behind by half of it. */
static int know_keys(struct rehearsal *x, const struct delta *d, struct pawl_error *e)
{
    for (size_t i = 0; i < d->n; i++) {
        struct course_key *k = add_key(x->arena, x->course, d->items[i].key);
        if (!k)
            return err_nomem(e);
        k->managed = true;
    }
    return PAWL_OK;
}

static int on_statement(void *context, const struct script_statement *s, struct pawl_error *e)
{
    struct rehearsal *x = context;
    struct course_statement st = {.offset = s->offset, .length = s->sql.n, .begins = s->begins, .ends = s->ends};
    void *all = x->now.statements;
    if (!arena_grow(x->arena, &all, &x->cap_statements, x->now.n_statements, sizeof st))
        return err_nomem(e);
    int code = look(x, &st.change, e);
    if (!code && st.change.n == 0)
        code = look_at_silent(x, s, &st, e);
    if (!code)
        code = know_keys(x, &st.change, e);
    x->now.statements = all;
    x->now.statements[x->now.n_statements++] = st;
    return code;
}

static void on_undo(void *context)
{
    struct rehearsal *x = context;
    x->lost = facts_rolled_back(x->facts, &x->now.change, NULL);
    x->now.change.n = x->now.n_statements = 0;
    x->undone = true;
}

/* The next step begins. */
static void begin(struct rehearsal *x)
{
    const bool *detail = x->request->detail;
    size_t k = x->course->n;
    x->now = (struct course_step){.migration = k < x->n ? &x->request->set->items[k] : NULL};
    x->cap_statements = 0;
    x->undone = false;
    /* What runs without a transaction can be left half done, so what it makes and removes again is known always. */
    x->watch.statements = k < x->sendable && (x->scripts[k].no_transaction || (detail && detail[k]));
}

static int on_step(void *context, struct pawl_error *e)
{
    struct rehearsal *x = context;
    struct course *c = x->course;
    struct delta rest;
    int code = look(x, &rest, e);
    x->now.repeatable = x->scripts[c->n].repeatable;
    x->now.outside = x->undone || x->scripts[c->n].no_transaction;
    x->now.nothing = x->scripts[c->n].skip || x->scripts[c->n].statements == 0;
    if (!code)
        code = course_add(x->arena, c, &x->now, e);
    if (!code)
        begin(x);
    return code;
}

/* Of a text that cannot be sent, what stands in front of it is known all the same. *n becomes the steps in front of it. */
static int check_steps(struct rehearsal *x, const struct plan *all, size_t *n, struct pawl_error *e)
{
    x->scripts = arena_array(x->arena, all->n + 1, sizeof *x->scripts);
    *n = 0;
    if (!x->scripts)
        return err_nomem(e);
    for (*n = 0; *n < all->n; ++*n) {
        struct plan one = {.steps = &all->steps[*n], .n = 1};
        struct script *script;
        int code = run_check(&x->run, &one, &script, e);
        if (code)
            return code;
        x->scripts[*n] = *script;
    }
    return PAWL_OK;
}

static int run_steps(struct rehearsal *x, struct pawl_error *e)
{
    struct history nothing = {0};
    struct standings all;
    struct applied done;
    struct plan plan = {.steps = arena_array(x->arena, x->n + 1, sizeof *plan.steps), .n = x->n};
    int code = plan.steps ? plan_stand(x->arena, x->request->set, &nothing, NULL, &all, e) : err_nomem(e);
    if (code)
        return code;
    for (size_t i = 0; i < x->n; i++)
        plan.steps[i] = &all.items[i];
    int unsendable = check_steps(x, &plan, &x->sendable, e);
    plan.n = x->sendable;
    begin(x);
    if (unsendable == PAWL_NOMEM || !plan.n)
        return unsendable;
    struct pawl_error own;
    code = apply_plan(&x->run, &plan, x->scripts, false, &done, &own);
    if (code && e)
        *e = own;
    return code ? code : unsendable;
}

/* Does an error tell about the set, so that what comes before it is known all the same? */
static bool is_about_set(const struct rehearsal *x, int code)
{
    return !x->lost && (code == PAWL_SQL || code == PAWL_DATA || code == PAWL_LOCKED || code == PAWL_REFUSED ||
                        code == PAWL_SOURCE);
}

static int rehearse(struct rehearsal *x, struct pawl_error *e)
{
    struct course *c = x->course;
    struct delta baseline;
    struct history nothing;
    int code = ledger_init(x->arena, x->request->driver, x->request->ledger, &x->ledger, e);
    if (!code) /* its statements get their schema, so that a step may change the search path */
        code = ledger_read(x->arena, &x->ledger, x->run.db, &nothing, e);
    if (!code)
        code = facts_open(x->run.db, x->request->ledger, &x->facts, e);
    if (!code)
        code = facts_refresh(x->facts, x->arena, &baseline, e);
    if (!code)
        code = course_start(x->arena, c, x->n, &baseline, e);
    if (code)
        return code;
    code = run_steps(x, &c->error);
    if (code && is_about_set(x, code)) {
        c->failed = code;
        return PAWL_OK;
    }
    if (code && e)
        *e = c->error;
    return code;
}

struct course_request course_of_run(const struct run *r)
{
    return (struct course_request){.driver = r->db->driver,
                                   .near = r->target,
                                   .scratch = r->scratch,
                                   .db = {.interrupt = r->interrupt,
                                          .wait_ms = r->wait_ms,
                                          .connect_wait_ms = r->options ? r->options->connect_wait_ms : 0,
                                          .foreign_keys = r->options && r->options->foreign_keys},
                                   .set = r->set,
                                   .to = SIZE_MAX,
                                   .ledger = r->ledger->name,
                                   .like = r->report};
}

int course_make(struct arena *a, const struct course_request *q, struct course *out, struct pawl_error *e)
{
    struct scratch scratch;
    struct rehearsal x = {.arena = a, .request = q, .course = out, .n = q->to < q->set->n ? q->to : q->set->n};
    *out = (struct course){0};
    int code = scratch_open(a, q->driver, q->near, q->scratch, &q->db, &scratch, e);
    if (code)
        return code;
    report_init_silent(&x.silent, q->like);
    x.watch = (struct run_watch){.on_statement = on_statement, .on_step = on_step, .on_undo = on_undo, .context = &x};
    x.run = (struct run){.arena = a,
                         .db = scratch.db,
                         .options = &q->db,
                         .ledger = &x.ledger,
                         .set = q->set,
                         .report = &x.silent,
                         .interrupt = q->db.interrupt,
                         .watch = &x.watch};
    struct beside beside = {.a = a};
    scratch.db->beside = q->driver->caps & DB_CAP_FILE ? NULL : &beside;
    code = rehearse(&x, e);
    facts_close(x.facts);
    scratch.db = x.run.db;
    db_close(scratch.db);
    scratch.db = NULL;
    beside_end(&beside, scratch.where);
    scratch_close(&scratch);
    return code;
}

int course_look(struct arena *a, struct db *db, struct slice ledger, struct slice **lines, size_t *n,
                struct pawl_error *e)
{
    struct facts *facts = NULL;
    struct delta all;
    int code = facts_open(db, ledger, &facts, e);
    if (!code)
        code = facts_refresh(facts, a, &all, e);
    if (!code)
        code = facts_lines(facts, a, lines, n, e);
    facts_close(facts);
    return code;
}
