/*
 * run: what every operation of the engine works with.
 */
#ifndef PAWL_ENGINE_RUN_H
#define PAWL_ENGINE_RUN_H

#include "db/db.h"
#include "engine/ledger.h"
#include "engine/plan.h"
#include "model/report.h"
#include "source/script.h"

struct scratch_config; /* engine/scratch.h */
struct attest;         /* engine/attest.h */

/*
 * Somebody who looks at the database each time that a step, or one statement of it, has run. Then nothing travels together.
 */
struct run_watch {
    bool statements; /* look behind each statement, too; may be changed between steps */
    int (*on_statement)(void *context, const struct script_statement *s, struct pawl_error *e);
    int (*on_step)(void *context, struct pawl_error *e); /* it is committed */
    void (*on_undo)(void *context); /* it was rolled back, and begins again outside a transaction */
    void *context;
};

struct run {
    struct arena *arena; /* lives as long as the operation */
    struct db *db;
    const struct db_target *target;   /* where db leads to; scratch databases are made on the same server */
    const struct db_options *options; /* how db was opened */
    struct ledger *ledger;
    const struct migration_set *set;
    struct report *report;
    bool checked;                  /* run_check has told what is to be said about the texts */
    const volatile int *interrupt; /* may be NULL */
    uint32_t wait_ms;              /* for locks */
    uint32_t lock_timeout_ms, statement_timeout_ms, lock_retries; /* of a migration's statements; see pawl_config */
    enum pawl_lock lock;
    bool alone;                           /* a throw-away database, which nobody else works on: no lock is needed */
    const struct scratch_config *scratch; /* where and how throw-away databases are made; NULL = nothing was said */
    const struct run_watch *watch;        /* NULL = nobody looks */
    struct attest *attest;                /* what the certificate says about the schema; NULL = there is none */
    /* Kept up to date by run_look. */
    struct history history;
    struct standings standings;
};

/*
 * Reads the ledger and lays the folder beside it. Of the findings that the report holds, those about files that are still to
 * be run are told: about the others `verify` tells, and nobody can mend them any more while something is deployed.
 */
int run_look(struct run *r, struct pawl_error *e);
/* After the connection broke: a new one in its place. r->db is never left NULL. */
int run_reconnect(struct run *r, struct pawl_error *e);
/* PAWL_INTERRUPTED if somebody asked for it. */
int run_interrupted(const struct run *r, struct pawl_error *e);

/*
 * An up text that is looked at once more: what there is to tell of it has been told. Without an error the caller closes the text
 * (text_close), and the script is valid until then.
 */
int run_read_up(struct run *r, const struct migration *m, struct text *text, struct script *out, struct pawl_error *e);
/*
 * Looks at the texts of all steps before the first statement is sent. `scripts` has one entry for each step. PAWL_SOURCE with
 * place if one cannot be run; the database is not touched. Findings are told the first time only.
 */
int run_check(struct run *r, const struct plan *plan, struct script **scripts, struct pawl_error *e);

/* Does it say that foreign keys are off, or need it? Inside a transaction that is too late, so it is said in front of it. */
static inline bool run_script_keys_off(const struct script *script)
{
    return script->foreign_keys_off || script->rebuilds;
}
/* Does one of them? */
bool run_keys_off(const struct plan *plan, const struct script *scripts);

/* Events about one step. */
void run_step_begin(struct run *r, const struct standing *s, bool reverting, bool dry_run);
void run_step_end(struct run *r, const struct standing *s, bool reverting, bool dry_run, uint64_t elapsed_ns);

#endif
