/*
 * proof: shows on a scratch database of one engine what a migration set does.
 *
 * One scratch database, one connection, one walk (docs/proofs.md says what each proof shows and what it does not):
 *
 *   forward   up k; its facts; up k again; down k, down k again, up k again; for each k
 *   head      each up again at S(n) alone, then all in a row, with the ledger as it is, gone and wrong
 *   reverse   the downs from S(n) to the baseline
 *
 * Schemas are never stored n times: a step keeps the difference that it makes (schema/facts), and everything else is a
 * question about sums of differences.
 */
#ifndef PAWL_PROOF_PROOF_H
#define PAWL_PROOF_PROOF_H

#include "base/arena.h"
#include "base/err.h"
#include "db/db.h"
#include "model/migration.h"
#include "model/report.h"
#include "schema/facts.h"

/*
 * What the set makes of the schema, version by version; proof/across compares it with what another engine has made, and
 * proof/certify makes a certificate of it.
 */
struct proof_trace {
    const char *engine;
    int major; /* version of the engine */
    struct delta baseline;
    unsigned char baseline_fingerprint[SHA256_BYTES]; /* these only with proof_options.fingerprints */
    struct proof_version {
        struct delta change;
        bool left_out;  /* the up text has statements that are for other engines only */
        bool known;     /* was proved before, and applied only */
        bool outside;   /* a text of it ran outside of any transaction */
        bool only_pawl; /* and one runs only under pawl */
        unsigned char fingerprint[SHA256_BYTES];
        unsigned
            proofs; /* 1 << enum pawl_proof: those that hold, whatever levels the configuration gives to findings */
    } * versions;
    size_t n; /* that were applied */
};

#define PROOFS_VERSION \
    1 /* of the rules; a change that lets less pass is a new version, and nothing is known any more */

/* What an earlier walk has shown. */
struct proof_known {
    unsigned char baseline[SHA256_BYTES]; /* fingerprint of S(0) */
    struct proof_known_version {
        bool proved; /* all proofs of the forward walk hold, for these very texts and what stands in front of them */
        unsigned char fingerprint[SHA256_BYTES]; /* of S(k) */
    } * versions;                                /* of the set */
};

/* Asked once the scratch database is there. *out = NULL: nothing is known about this major version of the engine. */
typedef int proof_know_fn(void *context, const struct db_driver *driver, int major, const struct proof_known **out,
                          struct pawl_error *e);

/* Texts (without byte order mark) that stand in for a migration's files; .p NULL: the file itself. */
struct proof_texts {
    struct slice up, down;
};

struct proof_options {
    const struct db_driver *driver;
    const struct db_target *server; /* where scratch databases are made; NULL for an engine that needs none */
    struct db_options db;           /* for the scratch connection: interrupt, stubs, extensions, foreign_keys, waits */
    struct slice ledger;            /* as configured */
    const char *const *setup;       /* SQL files that run first; what they make is the baseline */
    size_t n_setup;
    struct proof_trace *trace;       /* filled in, with texts in the arena of proof_run; NULL = not wanted */
    const struct proof_texts *texts; /* one for each migration, or NULL: the files */
    const char *repro_dir;           /* a script for each failure is written here; NULL = nowhere */
    bool fingerprints;               /* the trace is to have them */
    bool plain;                      /* what pawl's own runner makes of the files is of no interest */
    /*
     * NULL = nothing is known. As long as the baseline and each S(k) on the way have the fingerprints that they had then, a version
     * that was proved is applied and not proved forward again. Head and reverse are walked for all.
     */
    proof_know_fn *know;
    void *know_context;
};

/*
 * Walks the whole set. Findings, one PAWL_EVENT_ENGINE, progress, and at the end one PAWL_EVENT_PROOF for each proof of each
 * version (by version, in the order of PAWL_PROOFS) go to `report`.
 *
 * PAWL_OK: every required proof holds, that is, no finding of level error was reported. PAWL_CHECK: one does not hold, with
 * how many as the error's message. Anything else: why the walk could not be made or not be finished.
 */
int proof_run(struct arena *a, const struct migration_set *set, const struct proof_options *options,
              struct report *report, struct pawl_error *e);

#endif
