/*
 * changelog: what each version of a set does to the facts, as a file beside the certificate.
 *
 *     pawl.changes 1 postgres/15
 *     = baseline
 *     + schema public
 *     = 1 init
 *     + column public.users.id type=bigint null=no default=none
 *     = 2 wider
 *     - column public.users.id type=integer null=no default=none
 *     + column public.users.id type=bigint null=no default=none
 *     end 2
 *
 * By key, what was before what is. So each state, and what leads from one to the next, can be shown where no scratch database can
 * be made. The certificate's fingerprints say whether the file tells the truth; it carries no sum of its own.
 */
#ifndef PAWL_SCHEMA_CHANGELOG_H
#define PAWL_SCHEMA_CHANGELOG_H

#include "base/strbuf.h"
#include "schema/facts.h"

#define CHANGELOG_FORMAT 1
#define CHANGELOG_MAX ((size_t)1 << 30) /* bytes */

struct changelog_step {
    int64_t version; /* 0 = the baseline, which is steps[0] */
    struct slice description;
    struct delta change;
};

struct changelog {
    struct slice engine; /* "postgres/15" */
    struct changelog_step *steps;
    size_t n; /* 1 or more */
};

/* PAWL_SOURCE with place if it cannot be read. Texts are slices of `text`. */
int changelog_parse(struct arena *a, struct slice text, struct slice path, struct changelog *out, struct pawl_error *e);
void changelog_write(const struct changelog *log, struct strbuf *out);

/* All changes of steps[from] .. steps[to - 1] as one. */
int changelog_between(struct arena *a, const struct changelog *log, size_t from, size_t to, struct delta *out,
                      struct pawl_error *e);
/* The lines after the first `count` steps. */
int changelog_state(struct arena *a, const struct changelog *log, size_t count, struct slice **lines, size_t *n,
                    struct pawl_error *e);

/*
 * Fingerprints of the states behind the first `from`, `from` + 1, .. `to` steps, in out[0], out[1], ..; from <= to <= n. Costs a hash over
 * each state that differs from the one in front of it.
 */
int changelog_fingerprints(const struct changelog *log, size_t from, size_t to, unsigned char (*out)[SHA256_BYTES],
                           struct pawl_error *e);

/* SHA-256 over sorted lines, each ended by a newline: the fingerprint of docs/facts.md. */
int lines_fingerprint(const struct slice *lines, size_t n, unsigned char out[SHA256_BYTES], struct pawl_error *e);

#endif
