#include "proof/hold.h"

#include <stdio.h>

static int run_marks(struct trial *tr, const struct db_request *requests, size_t n, struct pawl_error *e)
{
    tr->db->marks_wait = true;
    int code = db_run(tr->db, requests, n, NULL, e);
    tr->db->marks_wait = false;
    return code;
}

static int savepoint(struct trial *tr, const char *verb, size_t level, struct pawl_error *e)
{
    char sql[64];
    snprintf(sql, sizeof sql, "%s pawl_%zu", verb, level);
    return run_marks(tr, &(struct db_request){.sql = slice_of(sql)}, 1, e);
}

static int back_to(struct trial *tr, size_t level, struct pawl_error *e)
{
    char back[64], release[64];
    snprintf(back, sizeof back, "ROLLBACK TO pawl_%zu", level);
    snprintf(release, sizeof release, "RELEASE pawl_%zu", level);
    struct db_request requests[] = {{.sql = slice_of(back)}, {.sql = slice_of(release)}};
    return run_marks(tr, requests, 2, e);
}

static int take_snapshot(struct trial *tr, struct hold *h, struct pawl_error *e)
{
    size_t i = 0;
    while (i < HOLD_SNAPSHOTS && tr->snapshots[i])
        i++;
    if (i == HOLD_SNAPSHOTS)
        return err_set(e, PAWL_INTERNAL, "too many snapshots at once");
    h->snapshot = &tr->snapshots[i];
    return tr->db->driver->snapshot(tr->db, h->snapshot, e);
}

int hold_open(struct trial *tr, struct arena *a, struct hold *h, bool outside, size_t state, struct pawl_error *e)
{
    const struct db_driver *driver = tr->db->driver;
    int code = PAWL_OK;
    *h = (struct hold){.state = state, .outer = tr->hold, .arena = a, .session_set = tr->session_set};
    if (outside) {
        h->kind = driver->snapshot ? HOLD_SNAPSHOT : HOLD_REBUILD;
        if (driver->snapshot)
            code = take_snapshot(tr, h, e);
    } else if (!driver->in_transaction(tr->db)) {
        h->kind = HOLD_TRANSACTION;
        code = trial_begin(tr, e);
    } else {
        h->kind = HOLD_SAVEPOINT;
        h->level = tr->hold ? tr->hold->level + 1 : 1;
        tr->db->stamp_behind = true;
        code = savepoint(tr, "SAVEPOINT", h->level, e);
        tr->db->stamp_behind = false;
    }
    h->made = tr->made;
    if (!code && (h->kind == HOLD_TRANSACTION || h->kind == HOLD_SAVEPOINT))
        code = facts_mark(tr->facts, &h->mark, e);
    if (code)
        return code;
    tr->hold = h;
    return PAWL_OK;
}

static void close_hold(struct trial *tr, struct hold *h)
{
    if (h->made == tr->made)
        facts_unmark(tr->facts, h->mark);
    if (h->snapshot) {
        tr->options->driver->forget(*h->snapshot);
        *h->snapshot = NULL;
    }
    tr->hold = h->outer;
}

int hold_drop(struct trial *tr, struct hold *h, struct pawl_error *e)
{
    const struct db_driver *driver = tr->db->driver;
    int code = PAWL_OK;
    /* A transaction that the engine has thrown away, with the state built anew: there is nothing to release. */
    if (h->kind == HOLD_TRANSACTION && driver->in_transaction(tr->db))
        code = db_exec(tr->db, driver->commit, e);
    else if (h->kind == HOLD_SAVEPOINT && driver->in_transaction(tr->db))
        code = savepoint(tr, "RELEASE", h->level, e);
    if (code)
        return code;
    if (h->outer && h->first) {
        if (h->outer->last)
            h->outer->last->next = h->first;
        else
            h->outer->first = h->first;
        h->outer->last = h->last;
    }
    close_hold(tr, h);
    return PAWL_OK;
}

static int undo(struct trial *tr, struct hold *h, struct pawl_error *e)
{
    const struct db_driver *driver = tr->db->driver;
    int code;
    switch (h->kind) {
    case HOLD_TRANSACTION:
        tr->db->goes_back = h->made == tr->made && facts_can_return(tr->facts, h->mark);
        return db_exec(tr->db, driver->rollback, e);
    case HOLD_SAVEPOINT:
        tr->db->stamp_behind = true;
        code = back_to(tr, h->level, e);
        tr->db->stamp_behind = false;
        return code;
    case HOLD_SNAPSHOT:
        if (driver->in_transaction(tr->db))
            db_rollback(tr->db);
        return driver->restore(tr->db, *h->snapshot, e);
    case HOLD_REBUILD:
        break;
    }
    return PAWL_OK;
}

int hold_back(struct trial *tr, struct hold *h, struct pawl_error *e)
{
    bool in_transaction = h->kind == HOLD_TRANSACTION || h->kind == HOLD_SAVEPOINT;
    if (h->kind == HOLD_REBUILD || (in_transaction && !tr->db->driver->in_transaction(tr->db))) {
        size_t state = h->state;
        close_hold(tr, h);
        return trial_rebuild(tr, state, e);
    }
    ARENA(tmp);
    struct delta changes = {0};
    int code = hold_changes(&tmp, h, &changes, e);
    if (!code)
        code = undo(tr, h, e);
    tr->session_set |= h->session_set;
    if (!code)
        code = facts_return(tr->facts, h->made == tr->made ? h->mark : 0, &changes, e);
    if (!code)
        close_hold(tr, h);
    return code;
}

int hold_changes(struct arena *a, const struct hold *h, struct delta *out, struct pawl_error *e)
{
    size_t n = 0;
    *out = (struct delta){0};
    for (const struct noted *i = h->first; i; i = i->next)
        n++;
    if (!n)
        return PAWL_OK;
    struct delta *all = arena_array(a, n, sizeof *all);
    if (!all)
        return err_nomem(e);
    n = 0;
    for (const struct noted *i = h->first; i; i = i->next)
        all[n++] = i->delta;
    return delta_sum(a, all, n, out, e);
}

int hold_note(struct trial *tr, const struct delta *d, struct pawl_error *e)
{
    struct hold *h = tr->hold;
    if (!h || !d->n)
        return PAWL_OK;
    struct noted *entry = arena_alloc(h->arena, sizeof *entry);
    if (!entry)
        return err_nomem(e);
    entry->delta = *d;
    if (h->last)
        h->last->next = entry;
    else
        h->first = entry;
    h->last = entry;
    return PAWL_OK;
}

void hold_abandon(struct trial *tr)
{
    for (size_t i = 0; i < HOLD_SNAPSHOTS; i++)
        if (tr->snapshots[i]) {
            tr->options->driver->forget(tr->snapshots[i]);
            tr->snapshots[i] = NULL;
        }
    tr->hold = NULL;
}
