/*
 * plan: what stands where, and what would be done about it.
 *
 * Everything here is a pure function of the files, the ledger and what was asked for: `status`, `--dry-run`, JSON and `up`
 * all look at the same value, and `up` computes it again under the lock.
 */
#ifndef PAWL_ENGINE_PLAN_H
#define PAWL_ENGINE_PLAN_H

#include "base/arena.h"
#include "base/err.h"
#include "model/history.h"
#include "model/migration.h"

/* One version, from the folder, the ledger or both. */
struct standing {
    int64_t version;
    enum pawl_state state;
    const struct migration *migration; /* NULL: no file */
    const struct ledger_row *row;      /* NULL: not in the ledger */
    /*
     * Of a baseline (migration->replaces): rows of versions in front of its own that it stands for. They have no standing of
     * their own. It is PARTIAL if some that it stands for have none.
     */
    const struct ledger_row **covered;
    size_t n_covered;
    int64_t at_fault; /* PARTIAL: the first that has none; CHANGED: whose row is of another text, if not its own */
};

struct standings {
    struct standing *items; /* by version */
    size_t n;
    int64_t version; /* highest applied; 0 = none */
    int64_t latest;  /* highest file; 0 = none */
    size_t count[PAWL_STATE_PARTIAL + 1];
};

/*
 * Does a stored checksum (48 bytes) belong to a file whose line endings or byte order mark are another way? Asked only for
 * files whose checksum differs. A file that cannot be read is not alike; PAWL_NOMEM is the only error.
 */
typedef int plan_alike_fn(const struct migration_file *file, struct slice stored, bool *out);

/* Lays files and ledger beside each other. */
int plan_stand(struct arena *a, const struct migration_set *set, const struct history *history, plan_alike_fn *alike,
               struct standings *out, struct pawl_error *e);

/* Was it recorded with this very text? */
static inline bool plan_has_text(const struct ledger_row *row, const struct migration *m)
{
    return row->checksum.n == SHA384_BYTES && memcmp(row->checksum.p, m->up.checksum, SHA384_BYTES) == 0;
}

struct plan_policy {
    bool ignore_missing;
    bool out_of_order; /* pending versions older than the newest applied one may run */
};

struct plan {
    const struct standing **steps; /* in the order in which they run */
    size_t n;
    bool reverting;
    /* By step: by statement as it would be sent: is it in place already, so that it is passed over? NULL, and NULL for a step:
     * all of them run. */
    const bool *const *in_place;
};

/* Of the i-th step; NULL = all of its statements run. */
static inline const bool *plan_in_place(const struct plan *p, size_t i)
{
    return p->in_place ? p->in_place[i] : NULL;
}

/* PAWL_MISSING: the database stands below the baseline `s`, which is PARTIAL. */
int plan_refuse_partial(const struct standings *all, const struct standing *s, struct pawl_error *e);
/* CHANGED: it is the row of a migration that a baseline replaces which is of another text, not its own. */
static inline bool plan_is_squashed(const struct standing *s)
{
    return s->at_fault && s->at_fault != s->version;
}

/* PAWL_CHANGED, of a standing that is so. */
int plan_refuse_changed(const struct standing *s, struct pawl_error *e);

/*
 * What `up` does. Refusals, the worst first: PAWL_DIRTY, PAWL_MISSING, PAWL_CHANGED, PAWL_REFUSED (out of order). A dirty version
 * that can be resumed (its file is unchanged and runs without a transaction) is a step.
 * to = 0: all; steps = 0: all. PAWL_USAGE if `to` is no version of the folder.
 */
int plan_up(struct arena *a, const struct standings *s, const struct plan_policy *policy, int64_t to, uint32_t steps,
            struct plan *out, struct pawl_error *e);

/*
 * What `down` does, newest first, every step with a down file, or nothing at all: PAWL_REFUSED names the first version that
 * has none. to = -1: not given; steps = 0: not given (one, then).
 */
int plan_down(struct arena *a, const struct standings *s, int64_t to, uint32_t steps, struct plan *out,
              struct pawl_error *e);

/* Everything is applied and unchanged. */
bool plan_holds(const struct standings *s, const struct plan_policy *policy);
/* Of all states, the one that matters most for health, and a line about it. Missing files may be no matter (policy). */
void plan_health(const struct standings *s, const struct plan_policy *policy, struct pawl_health *out);

#endif
