/*
 * trial: what the parts of a proof share: the scratch database, the steps, and where the walk stands.
 *
 * Only files of this room include it. States are counted as in the design: S(0) is the baseline, S(k) follows the k-th
 * migration, so steps[k - 1] leads from S(k - 1) to S(k).
 */
#ifndef PAWL_PROOF_TRIAL_H
#define PAWL_PROOF_TRIAL_H

#include "engine/ledger.h"
#include "proof/proof.h"
#include "schema/beside.h"
#include "schema/facts.h"
#include "source/script.h"
#include "source/text.h"

/* ---- steps ------------------------------------------------------------------------------------------------------- */

/* What the forward walk found out about a down text; it says how the reverse walk treats it. */
enum down_state {
    DOWN_UNKNOWN,
    DOWN_MISSING, /* there is none, or it cannot be sent: the reverse walk starts anew below it */
    DOWN_BREAKS,  /* fails at S(k): the same */
    DOWN_PARTIAL, /* runs, and alone it does not restore S(k - 1): the reverse walk tells whether its neighbours do */
    DOWN_GOOD,
};

/* A down that does not restore the schema alone; what to say about it is decided by the reverse walk. */
struct partial {
    struct delta left; /* from S(k - 1) to what the down left */
    bool vacuous;      /* it changed nothing at all */
    /* filled in by the reverse walk */
    size_t together; /* 1 + index of the step at whose down the last of `left` disappeared; 0 = never */
    bool spoiled;    /* some disappeared only with something larger */
};

/* How an up text failed earlier, so that the same failure is told once. */
struct known_failure {
    uint32_t line;    /* 0 = did not fail */
    uint64_t message; /* hash_fast of the engine's words */
};

/* A small text as it was when it was looked at first: it is run several times more. */
struct remembered {
    struct slice sql; /* .p NULL: not remembered */
    struct script script;
    bool sets, forgets; /* see unit */
};

struct step {
    const struct migration *migration;
    struct delta change;                      /* S(k - 1) to S(k) */
    unsigned char verdicts[PAWL_PROOF_COUNT]; /* enum pawl_verdict */
    unsigned char down;                       /* enum down_state */
    bool wrote_data;                          /* the up text changed rows */
    bool up_outside, down_outside;            /* runs outside any transaction */
    bool forced_outside;                      /* the up text was refused inside one, as engine/apply would find too */
    bool down_forced;                         /* the same of the down text */
    bool keys_off;                            /* a text of it switches foreign keys off for itself */
    bool only_pawl;                           /* a text of it runs only under pawl, because the engine lacks words */
    bool mentions_ledger;                     /* the up text does */
    bool left_out;                            /* the up text has something for other engines only */
    bool known;                               /* proved before: see proof_options.know */
    bool guarded;                             /* safe under pawl's own runner: see proof/guarded */
    unsigned broken; /* 1 << enum pawl_proof: does not hold, whatever level the finding about it has */
    unsigned char fingerprint[SHA256_BYTES]; /* of S(k), if it is wanted */
    bool head_wrote; /* alone at S(n) it wrote something, so all of them in a row need a run of their own */
    struct partial *partial;
    struct known_failure replay, head;
    struct remembered up, down_text;
};

/* ---- the walk ---------------------------------------------------------------------------------------------------- */

struct hold;             /* proof/hold.h */
#define HOLD_SNAPSHOTS 8 /* holds nest three deep at most */

struct trial {
    const struct migration_set *set;
    const struct proof_options *options;
    struct report *report;
    struct report quiet; /* for looking at a text again without telling its findings twice */
    struct arena *keep;  /* lives as long as the walk */
    struct arena tmp;    /* lives as long as a step */
    struct db *db;
    struct beside beside; /* of the server that it is on */
    bool pawl;            /* texts are sent as pawl sends them, not as they stand: what the engine lacks is emulated */
    struct facts *facts;
    unsigned made; /* so many scratch databases */
    struct ledger ledger;
    struct hold *hold;                             /* the innermost that is open */
    struct db_snapshot *snapshots[HOLD_SNAPSHOTS]; /* of open holds; here so that a failed walk can free them */
    struct step *steps;
    size_t applied;           /* the straight path has come to S(applied) */
    size_t reverse_from;      /* steps below this index were reverted already, from an earlier state */
    size_t end;               /* steps from here on were not tried, because one did not apply; set->n = all were */
    size_t rebuilt;           /* up texts run again to build a state anew: bounded, see trial_rebuild */
    size_t scripts;           /* written for failures */
    size_t remembered;        /* bytes of texts kept in memory */
    bool forgets;             /* some text may make the server forget what it keeps for the session */
    bool grants;              /* some text may change privileges */
    bool mentions_ledger;     /* some text does, and may have hung anything to it */
    bool session_set;         /* a text may have changed session state since it was put back */
    bool keys_off, keys_sent; /* foreign keys are said to be off by the texts at hand; by those of the last session */
    bool rows;                /* some text has changed rows: there may be data to lose */
    bool keys_broken;         /* told once; later states inherit it */
    const struct proof_known *known; /* NULL = nothing, or a state on the way was another one */
    unsigned char baseline[SHA256_BYTES];
};

/* Whatever levels the findings have. */
bool step_holds(const struct step *s, enum pawl_proof proof);
/* May any runner run its up text again? Once replay and head are settled. */
bool step_is_plain(const struct step *s);

/* A scratch database at the baseline: opened, setup run, ledger made. */
int trial_open(struct trial *tr, struct pawl_error *e);
void trial_close(struct trial *tr);
/*
 * Throws the scratch database away and builds S(state) in a new one. For what neither a savepoint nor a snapshot can bring
 * back. PAWL_CHECK (not an error of the walk) when this was needed so often that it would cost more than the proofs.
 */
int trial_rebuild(struct trial *tr, size_t state, struct pawl_error *e);
/* Puts session state back, where a text may have set it; outside any transaction, or where the driver can inside. */
int trial_session(struct trial *tr, struct pawl_error *e);
/* What a text has left in the session, as far as the driver knows it to be there and can put it back within a transaction. */
int trial_tidy(struct trial *tr, struct pawl_error *e);
/* trial_session, and begins a transaction as the engine would for a migration. */
int trial_begin(struct trial *tr, struct pawl_error *e);
/* Stops with PAWL_INTERRUPTED if the user asked for it. */
int trial_interrupted(const struct trial *tr, struct pawl_error *e);
void trial_progress(const struct trial *tr, const char *stage, size_t count, size_t total);

/* The schema's changes since the last call, in `a`; noted in the open holds. */
int trial_refresh(struct trial *tr, struct arena *a, struct delta *out, struct pawl_error *e);

void trial_verdict(struct trial *tr, size_t k, enum pawl_proof proof, enum pawl_verdict verdict);

#endif
