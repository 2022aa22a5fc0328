/*
 * search: finds for each text in work the mildest forms that can be run twice, in walks over the set on one engine.
 *
 * A walk goes forward as the proofs do. At the step of a text in work it runs the original, then the draft again and again, and
 * lets the statement that is refused (or that most likely is behind a change) advance, until the draft does nothing there. Then the
 * draft has to do on S(k - 1) exactly what the original did, facts and rows. At S(n) the up texts are tried again in the same way;
 * what moved there is tried at its own step in another walk. So the straight path is always the originals', and each walk
 * costs one run of the set and a few runs of each text in work.
 */
#ifndef PAWL_PROOF_SEARCH_H
#define PAWL_PROOF_SEARCH_H

#include "proof/draft.h"

/* A text that is to become safe. */
struct work {
    size_t k; /* index of its migration */
    bool reverting;
    bool to_do; /* it has moved since it was last tried at its step */
    bool left;  /* nothing helps; `reason` says what was wrong last */
    struct draft draft;
    struct slice reason; /* in the arena of the search */
};

/*
 * `trace` is of this engine. Texts that are not `left` afterwards do nothing when they are run again on this engine, at once and
 * at S(n), as far as single runs can show.
 */
int search_run(struct arena *a, const struct migration_set *set, const struct proof_options *options,
               const struct proof_trace *trace, struct work *work, size_t n, struct report *report,
               struct pawl_error *e);

#endif
