/*
 * told: what one silent proof of a set has told, for those that write texts and must know whether these hold.
 */
#ifndef PAWL_PROOF_TOLD_H
#define PAWL_PROOF_TOLD_H

#include "proof/proof.h"

#define TOLD_ENGINES 4

struct told {
    struct report *outer;
    const struct migration_set *set;
    struct arena *a;
    unsigned char *verdicts; /* by migration and proof */
    struct slice *first;     /* by migration: the first message of level error; .p NULL = none */
    struct slice *of_down;   /* the same, of those about a down */
    struct proof_trace trace;
    bool nomem;
};

/*
 * Proves the set with `texts` (NULL: none) in place of its files. `o`: its server is open; trace, texts and repro are not looked
 * at. Progress goes to `outer`, findings do not. That something does not hold is no error. Texts live in `a`.
 */
int told_prove(struct arena *a, const struct migration_set *set, const struct proof_options *o,
               const struct proof_texts *texts, struct report *outer, struct told *out, struct pawl_error *e);
enum pawl_verdict told_verdict(const struct told *t, size_t k, enum pawl_proof proof);

/* What the set does as it is, on each engine on which it applies. */
struct told_set {
    const struct proof_options *asked;
    size_t n_asked;
    bool any;         /* pass over an engine on which the set does not apply, if it applies on another */
    const char *only; /* for the hint: only what applies can be ... */
    struct proof_options engines[TOLD_ENGINES]; /* the result */
    struct told before[TOLD_ENGINES];
    size_t n;
};

/* PAWL_CHECK: the set does not apply, so nothing can be proved. */
int told_set(struct arena *a, const struct migration_set *set, struct report *report, struct told_set *all,
             struct pawl_error *e);

#endif
