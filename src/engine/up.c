#include "engine/up.h"

#include <stdio.h>

#include "engine/apply.h"
#include "engine/attest.h"
#include "engine/honest.h"
#include "engine/limits.h"
#include "engine/lock.h"
#include "engine/replay.h"
#include "engine/unanswered.h"

/* A run, and what the schema has shown in its course. */
struct upping {
    struct run *run;
    struct up_request request;
    bool empty;                       /* nothing is recorded, and nothing is there */
    bool ask;                         /* the schema is to be asked first */
    bool asked;                       /* what the texts make was compared with what is there */
    const struct behind_signs *signs; /* while that is done */
    struct replay replay;
};

/* Which statements of the steps are in place already. */
static int plan_around(struct upping *u, struct plan *plan, struct pawl_error *e)
{
    struct run *r = u->run;
    const bool **in_place = arena_array(r->arena, plan->n + 1, sizeof *in_place);
    if (!in_place)
        return err_nomem(e);
    for (size_t i = 0; i < plan->n; i++)
        in_place[i] = u->replay.in_place[plan->steps[i]->migration - r->set->items];
    plan->in_place = in_place;
    return PAWL_OK;
}

static int look_and_plan(struct upping *u, struct plan *plan, struct pawl_error *e)
{
    struct run *r = u->run;
    const struct up_request *q = &u->request;
    int code = run_look(r, e);
    if (!code)
        code = plan_up(r->arena, &r->standings, &q->policy, q->to, q->steps, plan, e);
    return code || !u->replay.found ? code : plan_around(u, plan, e);
}

static int tell(struct run *r, const struct plan *plan, struct pawl_result *out)
{
    for (size_t i = 0; i < plan->n; i++)
        run_step_end(r, plan->steps[i], false, true, 0);
    out->steps = plan->n;
    return PAWL_OK;
}

/* Why one transaction for the whole run is not possible, as an error; PAWL_OK if it is. */
static int allows_single(const struct run *r, const struct plan *plan, const struct script *scripts,
                         struct pawl_error *e)
{
    if (!(r->db->driver->caps & DB_CAP_TRANSACTIONAL_DDL))
        return err_set(e, PAWL_REFUSED, "this engine commits at each DDL statement");
    for (size_t i = 0; i < plan->n; i++) {
        const struct migration *m = plan->steps[i]->migration;
        if (!scripts[i].no_transaction && plan->steps[i]->state != PAWL_STATE_DIRTY)
            continue;
        err_set(e, PAWL_REFUSED, "migration %lld runs without a transaction, so the run cannot be one",
                (long long)m->version);
        err_hint(e, "leave out --single-transaction");
        err_place(e, m->up.path, 0, 0);
        return PAWL_REFUSED;
    }
    return PAWL_OK;
}

static int choose_single(struct upping *u, const struct plan *plan, const struct script *scripts, bool *single,
                         struct pawl_error *e)
{
    struct run *r = u->run;
    const struct up_request *q = &u->request;
    *single = false;
    if (q->transactions == PAWL_TRANSACTIONS_PER_FILE)
        return PAWL_OK;
    int code = allows_single(r, plan, scripts, e);
    if (q->transactions == PAWL_TRANSACTIONS_SINGLE) {
        *single = !code;
        return code;
    }
    *single = !code && !r->history.n && plan->n > 1 && u->empty;
    return PAWL_OK;
}

/*
 * One transaction for an empty database is pawl's own idea. If it fails, the run is made again file by file: either that
 * works (PostgreSQL forbids some things within one transaction), or everything in front of the faulty file stays.
 */
static int apply_as_chosen(struct upping *u, const struct plan *plan, const struct script *scripts,
                           struct applied *done, struct pawl_error *e)
{
    bool single;
    struct run *r = u->run;
    int code = choose_single(u, plan, scripts, &single, e);
    if (code)
        return code;
    bool again = single && u->request.transactions != PAWL_TRANSACTIONS_SINGLE;
    if (r->attest)
        r->attest->silent = again; /* which file it was is seen when they are run one by one */
    code = apply_plan(r, plan, scripts, single, done, e);
    if ((code != PAWL_SQL && code != PAWL_DRIFT) || !again || done->overtaken)
        return code;
    if (r->attest)
        r->attest->silent = false;
    return apply_plan(r, plan, scripts, false, done, e);
}

/* ---- what the schema shows ----------------------------------------------------------------------------------------- */

static int ask_schema(struct upping *u, enum replay_why why, struct pawl_error *e)
{
    struct replay_request q = {
        .why = why,
        .policy = u->request.policy,
        .to = u->request.to,
        .course = u->request.course,
        .facts = u->request.facts,
        .dry_run = u->request.dry_run,
        .signs = u->signs,
    };
    int code = replay_prepare(u->run, &q, &u->replay, e);
    u->request.policy.out_of_order |= u->replay.found;
    return code;
}

/* Of the schema that tells nothing, and a rehearsal would take as long. */
static bool was_stopped(const struct run *r, const struct pawl_error *why)
{
    return r->db->driver->refusal(why->sqlstate) == DB_REFUSAL_STOPPED;
}

/* A failure tells most itself; only if the schema shows that the ledger is stale is there a better way. */
static bool was_stale(struct upping *u, enum replay_why why)
{
    struct pawl_error ignored;
    const struct run *r = u->run;
    if (u->replay.found || run_look(u->run, &ignored)) /* steps in front of the one that failed are recorded now */
        return false;
    bool dirty = r->standings.count[PAWL_STATE_DIRTY] != 0;
    if (!r->history.n) /* no table is there, but there may be versions that make none */
        why = REPLAY_EMPTY;
    return !dirty && (r->history.n || u->empty) && ask_schema(u, why, &ignored) == PAWL_OK && u->replay.found;
}

/* The schema is another than the ledger says; but it may be that of another version, and then it is the ledger that is wrong. */
static int explain_drift(struct upping *u, const struct plan *plan, bool *stale, struct pawl_error *e)
{
    struct run *r = u->run;
    const struct decisions *d = &u->replay.decisions;
    *stale = was_stale(u, REPLAY_DRIFT);
    if (*stale)
        return PAWL_OK;
    r->attest->silent = false;
    int code = attest_before(r->attest, plan, e);
    long long version = u->replay.decided && d->version ? (long long)r->set->items[d->version - 1].version : 0;
    if (code == PAWL_DRIFT && u->replay.decided && version < r->standings.version)
        err_hint(e,
                 "the schema is that of version %lld, while the ledger says %lld; `pawl replay` puts the ledger right",
                 version, (long long)r->standings.version);
    return code;
}

/* What the certificate has to say about files and schema. *again: the ledger was put right, so all begins anew. */
static int attest(struct upping *u, const struct plan *plan, bool *again, struct pawl_error *e)
{
    struct run *r = u->run;
    *again = false;
    if (!r->attest || !plan->n)
        return PAWL_OK;
    int code = attest_plan(r->attest, plan, e);
    if (code)
        return code;
    r->attest->silent = true;
    code = attest_before(r->attest, plan, e);
    if (code == PAWL_DRIFT)
        code = explain_drift(u, plan, again, e);
    r->attest->silent = false;
    return code;
}

/* Reads the ledger again. Has another process, which needs no lock on this engine, got on meanwhile? */
static int look_again(struct run *r, bool *moved, struct pawl_error *e)
{
    size_t n = r->history.n;
    int64_t version = r->standings.version;
    int code = run_look(r, e);
    *moved = !code && (r->history.n != n || r->standings.version != version);
    return code;
}

/* Is it the ledger that is behind? *moved: it is not as it was any more, so what was seen may be another's work. */
static int find_behind(struct upping *u, const struct behind_signs *signs, bool *moved, struct pawl_error *e)
{
    struct pawl_error ignored;
    struct plan_policy policy = u->request.policy;
    int code = look_again(u->run, moved, e);
    if (code || *moved)
        return code;
    u->signs = signs;
    code = ask_schema(u, REPLAY_BEHIND, e);
    u->signs = NULL;
    if (!code || look_again(u->run, moved, &ignored) || !*moved)
        return code;
    u->request.policy = policy;
    u->replay = (struct replay){0};
    return PAWL_OK;
}

/*
 * What pending texts make, beside what is there: is it the ledger that is behind (*again: it was put right, or has
 * moved by itself), and if it is not, is what they pass over what they declare? Of a schema that was decided about statement by statement, or that is empty, all this is known.
 */
static int compare_catalog(struct upping *u, const struct plan *plan, const struct script *scripts, bool *again,
                           struct pawl_error *e)
{
    struct run *r = u->run;
    struct behind_signs signs = {.guards = true};
    if (u->replay.found || u->empty || u->asked)
        return PAWL_OK;
    u->asked = true;
    bool dirty = r->standings.count[PAWL_STATE_DIRTY] != 0, moved = false;
    int code = r->history.n && !dirty ? behind_look(r, plan, scripts, &signs, e) : PAWL_OK;
    if (!code && (signs.fails || signs.made || signs.guarded))
        code = find_behind(u, &signs, &moved, e);
    u->asked = !moved;
    *again = u->replay.found || moved;
    return code || *again || !signs.guards ? code : honest_check(r, plan, scripts, e);
}

/* One round: look, plan, apply. */
static int apply_round(struct upping *u, struct pawl_result *out, struct applied *applied, bool *again,
                       struct pawl_error *e)
{
    struct run *r = u->run;
    struct plan plan;
    struct script *scripts = NULL;
    *applied = (struct applied){0};
    *again = false;
    int code = look_and_plan(u, &plan, e);
    if (!code && plan.n)
        code = run_check(r, &plan, &scripts, e);
    if (!code && plan.n)
        code = lock_allows(r, &plan, scripts, e);
    if (!code)
        code = attest(u, &plan, again, e);
    if (!code && plan.n && !*again)
        code = compare_catalog(u, &plan, scripts, again, e);
    if (!code && plan.n && !*again)
        code = apply_as_chosen(u, &plan, scripts, applied, e);
    out->steps += applied->done;
    out->version = r->standings.version;
    if (applied->done && plan.steps[applied->done - 1]->version > out->version)
        out->version = plan.steps[applied->done - 1]->version;
    return code;
}

/*
 * Another process, which needs no lock on this engine, was faster: begin again. Its row must show, though: a ledger that
 * refuses ours for another reason is an error, not a race.
 */
static int is_there(struct run *r, struct pawl_error *why)
{
    struct pawl_error e = {0};
    int code = run_look(r, &e);
    if (code)
        *why = e;
    return code ? code : history_find(&r->history, why->version) != SIZE_MAX ? PAWL_OK : PAWL_SQL;
}

/* The connection broke, perhaps behind a COMMIT. */
static void find_lost(struct run *r, int64_t version, struct pawl_result *out, struct pawl_error *why)
{
    char what[64];
    snprintf(what, sizeof what, "migration %lld", (long long)version);
    if (!unanswered_look(r, what, "up", why))
        return;
    out->version = r->standings.version;
    err_hint(
        why,
        "a new connection shows that %s was%s committed and the database is at version %lld; run `pawl up` again to "
        "go on",
        what, unanswered_is_recorded(r, version) ? "" : " not", (long long)out->version);
}

/* Nothing is recorded, and yet something is there: is it ours? */
static int see_whether_to_ask(struct upping *u, struct pawl_error *e)
{
    struct run *r = u->run;
    u->empty = r->history.alone;
    int code = r->history.n || u->empty ? PAWL_OK : r->db->driver->is_empty(r->db, r->ledger->name, &u->empty, e);
    u->ask = u->request.replay || (!code && !r->history.n && !u->empty);
    return code;
}

static int ask_now(struct upping *u, struct pawl_error *e)
{
    if (u->request.replay)
        return ask_schema(u, REPLAY_ASKED, e);
    return u->run->history.n ? PAWL_OK : ask_schema(u, REPLAY_EMPTY, e);
}

static int apply_rounds(struct upping *u, struct pawl_result *out, struct pawl_error *e)
{
    struct run *r = u->run;
    struct applied applied;
    struct pawl_error why = {0};
    uint32_t tried = 0;
    for (;;) {
        bool again;
        int code = apply_round(u, out, &applied, &again, &why);
        tried = applied.done ? 0 : tried;
        if (code == PAWL_SQL && applied.overtaken)
            code = is_there(r, &why);
        else if (code == PAWL_SQL && !applied.lost && !was_stopped(r, &why) && was_stale(u, REPLAY_FAILED))
            code = PAWL_OK;
        else if (limits_allow(r, code, tried)) {
            limits_pause(r, tried++, "migration", why.version, &why);
            code = PAWL_OK;
        } else if (code && applied.lost)
            find_lost(r, applied.unsure, out, &why);
        else if (!code && !again)
            return PAWL_OK;
        if (code) {
            if (e)
                *e = why;
            return code;
        }
    }
}

/* In the order in which they would run: the ledger is not put right in a dry run, so the plan is made from the decisions. */
static int tell_decided(struct upping *u, struct pawl_result *out)
{
    struct run *r = u->run;
    const struct decisions *d = &u->replay.decisions;
    for (size_t i = 0; i < r->standings.n; i++) {
        const struct standing *s = &r->standings.items[i];
        bool runs = s->migration && d->steps[s->migration - r->set->items].what != PAWL_DECISION_IN_PLACE;
        bool within =
            (!u->request.to || s->version <= u->request.to) && (!u->request.steps || out->steps < u->request.steps);
        if (!runs || !within)
            continue;
        run_step_end(r, s, false, true, 0);
        out->steps++;
    }
    out->version = d->version ? r->set->items[d->version - 1].version : 0;
    return PAWL_OK;
}

static int rehearse_up(struct upping *u, const struct plan *plan, struct pawl_result *out, struct pawl_error *e)
{
    struct script *scripts;
    bool again;
    int code = u->ask ? ask_now(u, e) : PAWL_OK;
    if (code || u->replay.found)
        return code ? code : tell_decided(u, out);
    code = run_check(u->run, plan, &scripts, e);
    if (!code)
        code = lock_allows(u->run, plan, scripts, e);
    if (!code)
        code = attest(u, plan, &again, e);
    if (!code && again)
        return tell_decided(u, out);
    if (!code)
        code = compare_catalog(u, plan, scripts, &again, e);
    if (!code && u->replay.found)
        return tell_decided(u, out);
    return code ? code : tell(u->run, plan, out);
}

static int look_first(struct upping *u, struct plan *plan, struct pawl_error *e)
{
    *plan = (struct plan){0};
    return u->request.replay ? run_look(u->run, e) : look_and_plan(u, plan, e);
}

static int run_all(struct upping *u, struct plan *plan, struct pawl_result *out, struct pawl_error *e)
{
    struct run *r = u->run;
    if (u->request.dry_run)
        return rehearse_up(u, plan, out, e);
    int code = r->attest ? attest_plan(r->attest, plan, e) : PAWL_OK; /* before anybody else is kept waiting */
    if (!code)
        code = lock_take(r, e);
    if (code)
        return code;
    if (u->ask)
        code = look_first(u, plan, e);
    if (!code && u->ask)
        code = ask_now(u, e);
    if (!code)
        code = apply_rounds(u, out, e);
    lock_release(r);
    return code;
}

static int run_attested(struct upping *u, struct plan *plan, struct pawl_result *out, struct pawl_error *e)
{
    struct run *r = u->run;
    const struct up_request *q = &u->request;
    struct attest_input input = {0};
    struct attest attested = {0};
    int code = q->certificate ? q->certificate(q->certificate_context, r, &input, e) : PAWL_OK;
    if (!code && (input.certificate || input.required)) {
        code = attest_open(r, &input, &attested, e);
        r->attest = &attested;
    }
    if (!code)
        code = run_all(u, plan, out, e);
    r->attest = NULL;
    attest_close(&attested);
    return code;
}

int up_run(struct run *r, const struct up_request *q, struct pawl_result *out, struct pawl_error *e)
{
    struct plan plan;
    struct upping u = {.run = r, .request = *q};
    *out = (struct pawl_result){0};
    int code = look_first(&u, &plan, e);
    out->version = r->standings.version;
    if (code || (plan.n == 0 && !q->replay))
        return code;
    code = see_whether_to_ask(&u, e);
    return code ? code : run_attested(&u, &plan, out, e);
}
