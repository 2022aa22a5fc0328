/*
 * certify: between what a walk has shown and what a certificate says; no files are touched here.
 */
#ifndef PAWL_PROOF_CERTIFY_H
#define PAWL_PROOF_CERTIFY_H

#include "proof/proof.h"
#include "schema/changelog.h"
#include "source/certified.h"

struct certify {
    const struct migration_set *set;
    const struct certificate *old;          /* NULL: there is none that can be relied on */
    struct certified compared;              /* old and set; empty without old */
    const struct certificate_setup *setups; /* as the scratch databases of each engine are prepared now, by engine */
    size_t n_setups;
    bool all; /* nothing is taken as known */
    struct proof_known known;
    struct arena *arena;
};

/* A proof_know_fn, with a struct certify as context. */
int certify_know(void *context, const struct db_driver *driver, int major, const struct proof_known **out,
                 struct pawl_error *e);

/* Did the walk come to the end, so that a certificate can be made of it? */
bool certify_whole(const struct certify *c, const struct proof_trace *trace);

/*
 * The certificate for the set: fingerprints of the engines that were walked, and those of the old certificate for other engines and
 * major versions as far as nothing they rest on has changed. A line's proofs are those that hold on all engines of its marks.
 */
int certify_make(const struct certify *c, const struct proof_trace *const *traces, size_t n, struct certificate *out,
                 struct pawl_error *e);

/*
 * Does the old certificate say what this walk has shown? Each way in which it does not becomes a finding (certificate-stale). A major
 * version that the certificate does not have is compared by its shape.
 */
int certify_check(const struct certify *c, const struct proof_trace *trace, struct slice path, struct report *report,
                  struct pawl_error *e);

/* What the walk made of the schema, as a file; texts are those of the trace. */
int certify_changelog(const struct certify *c, const struct proof_trace *trace, struct changelog *out,
                      struct pawl_error *e);

#endif
