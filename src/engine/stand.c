/* Files and ledger beside each other; the other half of engine/plan. */
#include "engine/plan.h"

static int changed_how(const struct migration *m, const struct ledger_row *row, plan_alike_fn *alike,
                       enum pawl_state *out)
{
    bool is_alike = false;
    int code = alike ? alike(&m->up, row->checksum, &is_alike) : PAWL_OK;
    *out = is_alike ? PAWL_STATE_LINE_ENDINGS : PAWL_STATE_CHANGED;
    return code;
}

/* All but in what way a file differs. */
static enum pawl_state state_of(const struct migration *m, const struct ledger_row *row)
{
    if (!row)
        return PAWL_STATE_PENDING;
    if (!row->success)
        return PAWL_STATE_DIRTY;
    if (!m)
        return PAWL_STATE_MISSING;
    return plan_has_text(row, m) ? PAWL_STATE_APPLIED : PAWL_STATE_CHANGED;
}

/* ---- baselines --------------------------------------------------------------------------------------------------- */

/* Files and rows while they are laid beside each other. */
struct standing_up {
    struct arena *a;
    const struct migration_set *set;
    const struct history *history;
    plan_alike_fn *alike;
    bool *taken; /* by row: it is covered by a baseline */
};

static const struct ledger_row *row_of(const struct history *h, int64_t version)
{
    size_t i = history_find(h, version);
    return i == SIZE_MAX ? NULL : &h->rows[i];
}

/*
 * What the rows say of the versions from..to of m's list, which are one version in different texts: as it was at first, as a
 * baseline that replaced it later, or, for the last one, as m itself. A baseline stands for all in front of it, too.
 */
static void judge_version(const struct migration *m, size_t from, size_t to, const struct ledger_row *row,
                          struct standing *s, int64_t *changed)
{
    bool whole = row && row->version == m->version && plan_has_text(row, m), known = whole;
    for (size_t i = from; i < to && row; i++) {
        known |= replaced_is(&m->replaces[i], row->checksum);
        whole |= m->replaces[i].baseline && replaced_is(&m->replaces[i], row->checksum);
    }
    if (whole)
        s->at_fault = *changed = 0;
    else if (!row || !row->success)
        s->at_fault = s->at_fault ? s->at_fault : m->replaces[from].version;
    else if (!known)
        *changed = *changed ? *changed : row->version;
}

/* Rows of all that the baseline m stands for; *changed: the first that is of a text which it does not know. */
static int cover(struct standing_up *x, const struct migration *m, struct standing *s, int64_t *changed,
                 struct pawl_error *e)
{
    *changed = s->at_fault = 0;
    s->n_covered = 0;
    s->covered = arena_array(x->a, m->n_replaces + 1, sizeof *s->covered);
    if (!s->covered)
        return err_nomem(e);
    for (size_t i = 0, to; i < m->n_replaces; i = to) {
        const struct ledger_row *row = row_of(x->history, m->replaces[i].version);
        for (to = i + 1; to < m->n_replaces && m->replaces[to].baseline;)
            to++;
        judge_version(m, i, to, row, s, changed);
        if (!row || !row->success || row->version == m->version)
            continue;
        s->covered[s->n_covered++] = row;
        x->taken[row - x->history->rows] = true;
    }
    return PAWL_OK;
}

static int stand_baseline(struct standing_up *x, struct standing *s, struct pawl_error *e)
{
    int64_t changed;
    const struct migration *m = s->migration;
    int code = cover(x, m, s, &changed, e);
    if (code || (s->row && !s->row->success) || (!s->row && !s->n_covered)) /* begun, or wholly pending */
        return code;
    if (changed && (changed == m->version || !s->at_fault)) {
        s->at_fault = changed;
        s->state = PAWL_STATE_CHANGED;
        return changed == m->version && s->row ? changed_how(m, s->row, x->alike, &s->state) : PAWL_OK;
    }
    s->state = s->at_fault ? PAWL_STATE_PARTIAL : PAWL_STATE_APPLIED;
    return PAWL_OK;
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

static int stand_one(struct standing_up *x, struct standing *s, struct pawl_error *e)
{
    const struct migration *m = s->migration;
    s->state = state_of(m, s->row);
    int code = PAWL_OK;
    if (m && m->n_replaces)
        code = stand_baseline(x, s, e);
    else if (m && s->row && s->state == PAWL_STATE_CHANGED)
        code = changed_how(m, s->row, x->alike, &s->state);
    return code ? err_nomem(e) : PAWL_OK;
}

/* Standings of all files, and of all rows without one that no baseline covers; these are taken, in both lists, by version. */
static int stand_all(struct standing_up *x, struct standings *out, struct pawl_error *e)
{
    int code = PAWL_OK;
    const struct migration_set *set = x->set;
    struct standing *files = arena_array(x->a, set->n + 1, sizeof *files);
    if (!files)
        return err_nomem(e);
    for (size_t i = 0; i < set->n && !code; i++) {
        const struct migration *m = &set->items[i];
        files[i] = (struct standing){.version = m->version, .migration = m, .row = row_of(x->history, m->version)};
        code = stand_one(x, &files[i], e);
    }
    for (size_t i = 0, k = 0; (i < set->n || k < x->history->n) && !code;) {
        const struct ledger_row *row = k < x->history->n ? &x->history->rows[k] : NULL;
        bool file = i < set->n && (!row || set->items[i].version <= row->version);
        if (file && row && row->version == set->items[i].version)
            k++;
        else if (!file && x->taken[k++])
            continue;
        if (file) {
            out->items[out->n++] = files[i++];
        } else {
            struct standing *s = &out->items[out->n++];
            *s = (struct standing){.version = row->version, .row = row};
            code = stand_one(x, s, e);
        }
    }
    return code;
}

int plan_stand(struct arena *a, const struct migration_set *set, const struct history *history, plan_alike_fn *alike,
               struct standings *out, struct pawl_error *e)
{
    struct standing_up x = {a, set, history, alike, arena_array(a, history->n + 1, sizeof *x.taken)};
    *out = (struct standings){.items = arena_array(a, set->n + history->n, sizeof *out->items)};
    if (!out->items || !x.taken)
        return err_nomem(e);
    int code = stand_all(&x, out, e);
    if (code)
        return code;
    out->latest = set->n ? set->items[set->n - 1].version : 0;
    out->version = history->n ? history->rows[history->n - 1].version : 0;
    for (size_t n = 0; n < out->n; n++) {
        struct standing *s = &out->items[n];
        if (s->state == PAWL_STATE_MISSING && s->version > out->latest)
            s->state = PAWL_STATE_AHEAD;
        out->count[s->state]++;
    }
    return PAWL_OK;
}
