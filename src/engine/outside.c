#include "engine/outside.h"

#include "engine/attest.h"
#include "engine/batch.h"
#include "engine/leftover.h"
#include "engine/limits.h"
#include "sql/locate.h"
#include "sql/session.h"
#include "sys/clock.h"

struct outside {
    struct run *run;
    struct batch batch;
    const struct migration *m;
    const struct migration_file *file;
    const struct text *text;
    const struct script *script;
    bool reverting;
    const bool *in_place; /* see struct plan; NULL = nothing is */
    int64_t base;         /* what progress counts from: see engine/ledger */
    size_t done;          /* statements known to be committed */
    size_t resumed;       /* SIZE_MAX, or where a run was interrupted before: at this statement or right behind it */
};

static struct batch_origin frame(const struct outside *x)
{
    return (struct batch_origin){.role = BATCH_FRAME, .version = x->m->version};
}

static int add_statement(struct outside *x, const struct script_statement *s, struct pawl_error *e)
{
    return batch_statement(
        &x->batch, x->script, s,
        (struct batch_origin){BATCH_STATEMENT, x->m->version, x->file, x->text->sql, s->offset, false}, e);
}

static int add_progress(struct outside *x, size_t done, struct pawl_error *e)
{
    struct db_request progress = ledger_progress(&x->batch.arena, x->run->ledger, x->m->version, x->base, done);
    return batch_add(&x->batch, progress, frame(x), e);
}

/*
 * The limit on waiting for locks is only for what can be tried again, so it is none here, unless the file says one itself. Both
 * are the session's, so that a SET in the file is stronger.
 */
static int queue_limits(struct outside *x, struct pawl_error *e)
{
    int64_t lock_ms = x->script->lock_timeout_ms >= 0 ? x->script->lock_timeout_ms : 0;
    return lock_ms || x->run->statement_timeout_ms
               ? limits_queue(x->run, &x->batch, x->m->version, lock_ms, x->run->statement_timeout_ms, false, e)
               : PAWL_OK;
}

/* The row says "begun" before anything else happens. */
static int begin(struct outside *x, const struct standing *s, struct pawl_error *e)
{
    int code = batch_session(&x->batch, x->m->version, x->script->rebuilds, e);
    if (!code)
        code = queue_limits(x, e);
    if (!code)
        code = batch_flush(&x->batch, e);
    if (code)
        return code;
    if (s->row && !s->row->success) { /* goes on */
        x->resumed = x->done = ledger_done(s->row);
        return PAWL_OK;
    }
    if (x->reverting)
        code = add_progress(x, 0, e);
    else if (!x->run->history.exists)
        code = batch_add(&x->batch, (struct db_request){.sql = x->run->ledger->create}, frame(x), e);
    if (!code && !x->reverting)
        code = batch_add(&x->batch, ledger_insert(&x->batch.arena, x->run->ledger, x->m, false),
                         (struct batch_origin){.role = BATCH_RECORD, .version = x->m->version}, e);
    if (!code && x->base == LEDGER_OUTSIDE)
        code = add_progress(x, 0, e);
    if (!code)
        code = batch_flush(&x->batch, e);
    if (!code)
        x->run->history.exists = true;
    return code;
}

/* COMMIT AND CHAIN, say, leaves a transaction open that nobody sees in the text. */
static int check_closed(struct outside *x, struct pawl_error *e)
{
    const struct db *db = x->run->db;
    if (!db->driver->in_transaction(x->run->db))
        return PAWL_OK;
    err_set(e, PAWL_SQL, "the file has left a transaction open behind its statement %zu", x->done);
    err_place(e, x->file->path, 0, 0);
    if (e)
        e->version = x->m->version;
    return PAWL_SQL;
}

/* A statement that may be in a transaction, together with its progress. */
static int run_inside(struct outside *x, const struct script_statement *s, size_t index, struct pawl_error *e)
{
    const struct db_driver *driver = x->run->db->driver;
    int code = batch_frame(&x->batch, driver->begin, x->m->version, e);
    if (!code)
        code = add_statement(x, s, e);
    if (!code)
        code = add_progress(x, index + 1, e);
    if (!code)
        code = batch_frame(&x->batch, driver->commit, x->m->version, e);
    return code ? code : batch_flush(&x->batch, e);
}

static void place_of(const struct outside *x, const struct script_statement *s, struct pawl_error *e)
{
    struct place at = locate_once(x->text->sql, s->offset);
    err_place(e, x->file->path, at.line, at.column);
}

/* One that may not: its progress comes right behind it. */
static int run_alone(struct outside *x, const struct script_statement *s, size_t index, struct pawl_error *e)
{
    bool done = false;
    /* With a part of it in place by what the schema shows, it was interrupted, whatever the ledger says. */
    bool resumed = index == x->resumed || x->in_place;
    int code = leftover_clear(x->run, s->sql, x->m->version, resumed, &done, e);
    if (code)
        place_of(x, s, e);
    if (!code && !done)
        code = add_statement(x, s, e);
    if (!code && !done)
        code = batch_flush(&x->batch, e);
    if (!code)
        code = add_progress(x, index + 1, e);
    return code ? code : batch_flush(&x->batch, e);
}

/* A statement of a group that the file itself holds together; the progress goes in front of the group's COMMIT. */
static int run_grouped(struct outside *x, const struct script_statement *s, size_t index, struct pawl_error *e)
{
    int code = s->ends ? add_progress(x, index + 1, e) : PAWL_OK;
    if (!code)
        code = add_statement(x, s, e);
    return code ? code : batch_flush(&x->batch, e);
}

/*
 * Together with its progress if it can be, else alone. No transaction may be open here: the statement's own COMMIT would
 * end it, and what came before would be called done or lost by chance.
 */
static int run_single(struct outside *x, const struct script_statement *s, size_t index, struct pawl_error *e)
{
    struct db *db = x->run->db;
    int code = check_closed(x, e);
    if (code || s->outside)
        return code ? code : run_alone(x, s, index, e);
    code = run_inside(x, s, index, e);
    if (code != PAWL_SQL || db->driver->refusal(e->sqlstate) != DB_REFUSAL_INSIDE)
        return code;
    db_rollback(db);
    return run_alone(x, s, index, e);
}

/*
 * A statement that is done, of a run that was interrupted: what it set in the session is gone with that session, and what
 * follows may depend on it.
 */
static int set_again(struct outside *x, const struct script_statement *s, struct pawl_error *e)
{
    if (!session_is_set(x->run->db->driver->dialect, s->sql))
        return PAWL_OK;
    int code = add_statement(x, s, e);
    return code ? code : batch_flush(&x->batch, e);
}

static int run_one(struct outside *x, const struct script_statement *s, size_t index, bool grouped,
                   struct pawl_error *e)
{
    const struct run_watch *watch = x->run->watch;
    if (x->in_place && x->in_place[index])
        return PAWL_OK;
    int code = grouped ? run_grouped(x, s, index, e) : run_single(x, s, index, e);
    return !code && watch && watch->statements ? watch->on_statement(watch->context, s, e) : code;
}

static int run_statements(struct outside *x, const struct script *script, struct pawl_error *e)
{
    struct script_cursor cursor;
    struct script_statement s;
    const struct db *db = x->run->db;
    int code = PAWL_OK;
    bool grouped = false;
    size_t skip = x->done;
    script_start(&cursor, script, x->text, db->driver->name, db->driver->dialect);
    for (size_t i = 0; !code && script_next(&cursor, &s); i++) {
        grouped |= s.begins;
        if (i < skip)
            code = set_again(x, &s, e);
        else
            code = run_interrupted(x->run, e);
        if (!code && i >= skip)
            code = run_one(x, &s, i, grouped, e);
        grouped &= !s.ends;
        if (!code && i >= skip && !grouped) /* a group is done with its COMMIT, and not before */
            x->done = i + 1;
    }
    return code ? code : check_closed(x, e);
}

/* Nothing can be rolled back any more; but the migration is not called done. */
static int attest(struct outside *x, struct pawl_error *e)
{
    struct attest *at = x->run->attest;
    int code = at && !x->reverting ? attest_after(at, x->m, e) : PAWL_OK;
    if (code == PAWL_DRIFT)
        err_hint(
            e, "it ran without a transaction, so what it has done stays; mend the schema and run again, or let it pass "
               "with --allow-drift");
    return code;
}

/* With a baseline the rows of what it stands for go, too, and before its own: that one says that the revert was begun. */
static int remove_covered(struct outside *x, const struct standing *s, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = 0; x->reverting && i < s->n_covered && !code; i++)
        code =
            batch_add(&x->batch, ledger_remove(&x->batch.arena, x->run->ledger, s->covered[i]->version), frame(x), e);
    return code;
}

static int finish(struct outside *x, const struct standing *s, uint64_t started, struct pawl_error *e)
{
    int code = remove_covered(x, s, e);
    if (code)
        return code;
    struct db_request last =
        x->reverting ? ledger_remove(&x->batch.arena, x->run->ledger, x->m->version)
                     : ledger_finish(&x->batch.arena, x->run->ledger, x->m->version, (int64_t)(clock_ns() - started));
    code = batch_add(&x->batch, last, frame(x), e);
    return code ? code : batch_flush(&x->batch, e);
}

int outside_run(struct run *r, const struct standing *s, const struct script *script, bool reverting,
                const bool *in_place, struct pawl_error *e)
{
    struct text text;
    struct outside x = {.run = r,
                        .m = s->migration,
                        .file = reverting ? &s->migration->down : &s->migration->up,
                        .text = &text,
                        .script = script,
                        .reverting = reverting,
                        .in_place = in_place,
                        .resumed = SIZE_MAX};
    struct pawl_error own;
    uint64_t started = clock_ns();
    e = e ? e : &own;
    err_clear(e);
    x.base = reverting ? LEDGER_REVERTING : x.file->no_transaction ? LEDGER_BEGUN : LEDGER_OUTSIDE;
    int code = text_open(x.file, &text, e);
    if (code)
        return code;
    batch_init(&x.batch, r->db);
    x.batch.report = r->report;
    code = begin(&x, s, e);
    if (!code)
        code = run_statements(&x, script, e);
    if (!code)
        code = attest(&x, e);
    if (!code)
        code = finish(&x, s, started, e);
    if (code) {
        db_rollback(r->db);
        if (code == PAWL_SQL && !e->hint[0])
            err_hint(e, "it runs without a transaction: %zu statement%s in front of this one %s; mend it and run again",
                     x.done, x.done == 1 ? "" : "s", x.done == 1 ? "is done" : "are done");
    }
    batch_clear(&x.batch);
    text_close(&text);
    return code;
}
