/*
 * squash: one migration in place of the first ones of a set, proved to do what they did.
 *
 * 1. The set is proved as it is, on each engine: S(V) and all states behind it. It is built twice, and rows are read.
 * 2. What builds S(V) on an empty database is written (schema/render), shared by the engines where it can be (proof/share), with
 *    the rows that the migrations put there (proof/seed), and what leads back.
 * 3. The set with that in place of the first ones is proved: the same facts at V and at every version behind it, the same rows at V
 *    and at the end, and no proof that comes off worse. Otherwise nothing is given.
 *
 * Nothing is written here. Ledgers that have the replaced versions: see engine/plan.
 */
#ifndef PAWL_PROOF_SQUASH_H
#define PAWL_PROOF_SQUASH_H

#include "proof/proof.h"

struct squash_request {
    const struct proof_options *engines; /* with their servers open; trace, texts and repro are not looked at */
    size_t n_engines;
    bool any;                        /* pass over an engine on which the set does not apply, if it applies on another */
    size_t last;                     /* index of the last one that is replaced */
    struct slice up_path, down_path; /* of the files that would be written */
};

struct squash_result {
    struct slice up, down; /* texts; down.p NULL: there is none, and `no_down` says why */
    struct slice no_down;
    size_t replaced;           /* how many migrations it stands for */
    size_t statements, shared; /* of the up text; those that all engines run */
    size_t rows;               /* that it brings, on the first engine */
    size_t unseen;             /* so many of the last replaced migrations leave no trace in the schema of any engine */
    size_t engines;            /* for which it is */
    const char *names[2];
    unsigned lost;                /* 1 << enum pawl_proof: the baseline does not have it, though all it replaces have */
    struct proof_trace traces[2]; /* of the set with the baseline, with fingerprints */
    bool proved;                  /* every proof that is demanded holds for the whole folder, as it did before */
};

/* PAWL_CHECK: it cannot be done, and the error says why. Texts live in `a`. Progress goes to `report`, findings do not. */
int squash_run(struct arena *a, const struct migration_set *set, const struct squash_request *request,
               struct report *report, struct squash_result *out, struct pawl_error *e);

#endif
