/*
 * tell: turns what a proof saw into a finding that a person can act on: what, where, in whose words, what to do.
 */
#ifndef PAWL_PROOF_TELL_H
#define PAWL_PROOF_TELL_H

#include "proof/rows.h"
#include "proof/run.h"

/* How differences read. */
enum tale_kind {
    TALE_AGAIN, /* a text that was run again "adds", "removes", "changes" */
    TALE_HEAD,  /* the same at S(n): "brings back .., which 0007_x had removed" */
    TALE_LEFT,  /* a down "leaves .. behind", "does not bring back .." */
};

struct tale {
    enum pawl_finding_id id;
    enum pawl_proof proof; /* whose verdict it settles */
    size_t k;
    enum tale_kind kind;
    const struct unit *unit;       /* the text; NULL: none to point at */
    const struct outcome *failed;  /* the engine refused it */
    const struct delta *delta;     /* the schema differs */
    const struct row_change *rows; /* rows of these tables differ */
    size_t n_rows;
    const char *said; /* the message's beginning: "the up text fails when it is run again" */
    const char *hint; /* NULL: one is chosen from the engine's words, if there is one */
};

/* Reports it, and sets the step's verdict: fail if the finding's level is error, else note. */
int tell(struct trial *tr, const struct tale *t, struct pawl_error *e);
/* A finding without an engine's refusal or a difference. `format` makes the message; the verdict is not touched. */
int tell_plain(struct trial *tr, size_t k, enum pawl_finding_id id, const char *hint, struct pawl_error *e,
               const char *format, ...) __attribute__((format(printf, 6, 7)));

/* What pawl itself refused: "said: its words", at its place (if it has none, the up file), with its hint. */
int tell_refused(struct trial *tr, size_t k, enum pawl_finding_id id, const char *said, const struct pawl_error *why,
                 struct pawl_error *e);

/* How a version is called in messages: the name of its up file. */
struct slice step_name(const struct trial *tr, size_t k);

#endif
