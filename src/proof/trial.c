#include "proof/trial.h"

#include <stdlib.h>

#include "engine/scratch.h"
#include "proof/hold.h"
#include "proof/record.h"
#include "proof/run.h"

/* Up texts run again for rebuilt states, at most this many times the set: beyond it the rest is better left unproved. */
#define REBUILD_FACTOR 4
#define PROGRESS_EVERY 16
#define MAX_SESSION 16 /* statements that put a session back */

int trial_interrupted(const struct trial *tr, struct pawl_error *e)
{
    const volatile int *flag = tr->options->db.interrupt;
    return flag && *flag ? err_set(e, PAWL_INTERRUPTED, "interrupted") : PAWL_OK;
}

void trial_progress(const struct trial *tr, const char *stage, size_t count, size_t total)
{
    if (count % PROGRESS_EVERY == 0 || count == total)
        report_event(tr->report, &(struct pawl_event){
                                     .kind = PAWL_EVENT_PROGRESS,
                                     .engine = tr->options->driver->name,
                                     .message = stage,
                                     .count = (int64_t)count,
                                     .total = (int64_t)total,
                                 });
}

void trial_verdict(struct trial *tr, size_t k, enum pawl_proof proof, enum pawl_verdict verdict)
{
    tr->steps[k].verdicts[proof] = (unsigned char)verdict;
}

int trial_refresh(struct trial *tr, struct arena *a, struct delta *out, struct pawl_error *e)
{
    tr->db->locks_tell = !tr->grants;
    int code = facts_refresh(tr->facts, a, out, e);
    tr->db->locks_tell = false;
    return code ? code : hold_note(tr, out, e);
}

int trial_tidy(struct trial *tr, struct pawl_error *e)
{
    return tr->db->driver->tidy ? tr->db->driver->tidy(tr->db, e) : PAWL_OK;
}

int trial_session(struct trial *tr, struct pawl_error *e)
{
    const struct db_driver *driver = tr->db->driver;
    int code = trial_tidy(tr, e);
    if (code || !driver->session || (!tr->session_set && tr->keys_off == tr->keys_sent))
        return code;
    struct db_request requests[MAX_SESSION];
    size_t n = 0;
    for (const char *const *s = driver->session(tr->db, tr->keys_off); *s && n < MAX_SESSION; s++)
        requests[n++] = (struct db_request){.sql = slice_of(*s)};
    code = db_run(tr->db, requests, n, NULL, e);
    if (code)
        return code;
    tr->session_set = false;
    tr->keys_sent = tr->keys_off;
    return PAWL_OK;
}

int trial_begin(struct trial *tr, struct pawl_error *e)
{
    int code = trial_session(tr, e);
    tr->db->stamp_behind = true;
    if (!code)
        code = db_exec(tr->db, tr->db->driver->begin, e);
    tr->db->stamp_behind = false;
    return code;
}

/* ---- the scratch database ---------------------------------------------------------------------------------------- */

static int open_scratch(struct trial *tr, struct pawl_error *e)
{
    const struct proof_options *o = tr->options;
    struct db_options options = o->db;
    options.scratch = true;
    int code = o->driver->scratch(o->server, &options, &tr->db, e);
    for (size_t i = 0; !code && i < o->n_setup; i++)
        code = scratch_setup(tr->db, o->setup[i], e);
    tr->beside.a = tr->keep;
    tr->beside.sends = true;
    if (!code)
        tr->db->beside = &tr->beside;
    tr->rows |= o->n_setup > 0;
    tr->grants |= o->n_setup > 0;
    tr->session_set = true;
    if (!code)
        code = record_create(tr, e);
    if (!code)
        code = facts_open(tr->db, o->ledger, &tr->facts, e);
    tr->made++;
    return code;
}

/* The server is behind it what it was in front of it. */
static void drop_scratch(struct trial *tr)
{
    facts_close(tr->facts);
    db_close(tr->db);
    beside_end(&tr->beside, tr->options->server);
    tr->facts = NULL;
    tr->db = NULL;
}

/* The baseline: all that is there before the first migration. */
static int read_baseline(struct trial *tr, struct delta *keep, struct pawl_error *e)
{
    ARENA(a);
    struct delta all;
    return facts_refresh(tr->facts, keep ? tr->keep : &a, keep ? keep : &all, e);
}

int trial_open(struct trial *tr, struct pawl_error *e)
{
    int code = ledger_init(tr->keep, tr->options->driver, tr->options->ledger, &tr->ledger, e);
    if (!code)
        code = open_scratch(tr, e);
    if (!code)
        code = read_baseline(tr, tr->options->trace ? &tr->options->trace->baseline : NULL, e);
    if (!code && tr->options->fingerprints)
        code = facts_fingerprint(tr->facts, tr->baseline, e);
    if (!code && tr->options->know)
        code = tr->options->know(tr->options->know_context, tr->options->driver,
                                 atoi(tr->options->driver->version(tr->db)), &tr->known, e);
    if (tr->known && memcmp(tr->baseline, tr->known->baseline, sizeof tr->baseline) != 0)
        tr->known = NULL;
    return code;
}

void trial_close(struct trial *tr)
{
    hold_abandon(tr);
    drop_scratch(tr);
}

static int apply_again(struct trial *tr, size_t k, struct pawl_error *e)
{
    UNIT(up);
    struct outcome o;
    int code = unit_open(tr, tr->steps[k].migration, false, false, &up, e);
    if (!code && up.code)
        code = err_set(e, PAWL_INTERNAL, "a text that could be sent cannot be sent any more");
    if (!code)
        code = unit_run(tr, &up, &o, e);
    if (!code && o.failed) {
        if (e)
            *e = o.error;
        code = (int)o.error.code;
    }
    return code ? code : record_add(tr, tr->steps[k].migration, e);
}

int trial_rebuild(struct trial *tr, size_t state, struct pawl_error *e)
{
    if (tr->rebuilt + state > REBUILD_FACTOR * (tr->set->n + 16))
        return err_set(e, PAWL_CHECK, "too many states had to be built again");
    tr->rebuilt += state;
    drop_scratch(tr);
    int code = open_scratch(tr, e);
    for (size_t k = 0; !code && k < state; k++)
        code = apply_again(tr, k, e);
    return code ? code : read_baseline(tr, NULL, e);
}

bool step_holds(const struct step *s, enum pawl_proof proof)
{
    enum pawl_verdict v = (enum pawl_verdict)s->verdicts[proof];
    return (v == PAWL_VERDICT_PASS || v == PAWL_VERDICT_NOTE) && !(s->broken >> proof & 1);
}

bool step_is_plain(const struct step *s)
{
    return step_holds(s, PAWL_PROOF_REPLAY) && step_holds(s, PAWL_PROOF_HEAD) && !s->only_pawl;
}
