/*
 * fix: rewrites texts into ones that any runner may run twice, and proves the whole set with them.
 *
 * 1. The set is proved as it is, on each engine. In work are up texts whose `replay` or `head` fails, and down texts whose
 *    `redown` fails although they do their work once.
 * 2. A search on each engine finds the mildest forms that help (proof/search).
 * 3. The whole set is proved with the drafts in place of their files. A draft stays only if its own proofs hold, every S(k) is
 *    exactly what it was, and no proof of any version is worse than before. What does not stay is dropped, and the rest proved
 *    again, until nothing is dropped.
 *
 * Nothing is written here.
 */
#ifndef PAWL_PROOF_FIX_H
#define PAWL_PROOF_FIX_H

#include "proof/proof.h"

struct fix_request {
    const struct proof_options *engines; /* with their servers open; trace, texts and repro are not looked at */
    size_t n_engines;
    const bool *asked; /* one for each migration: may its files be rewritten? NULL = all */
    bool any;          /* pass over an engine on which the set does not apply, if it applies on another */
};

struct fix_text {
    const struct migration_file *file;
    int64_t version;
    bool reverting;
    bool rewritten;
    struct slice before, after; /* all bytes of the file; `after` only if rewritten */
    struct slice reason;        /* why not, if it was not */
};

struct fix_result {
    struct fix_text *items; /* every text that is not safe to run twice, by version */
    size_t n;
};

/*
 * Progress goes to `report`, findings do not. PAWL_CHECK: the set does not apply on an engine, so nothing can be proved.
 * Texts live in `a`.
 */
int fix_run(struct arena *a, const struct migration_set *set, const struct fix_request *request, struct report *report,
            struct fix_result *out, struct pawl_error *e);

#endif
