/*
 * record: what the library told, kept until it can be shown as a whole.
 *
 * Proofs of one migration come at different times and findings in between, but a reader wants one row a migration and the
 * findings together. Everything is copied into the arena.
 */
#ifndef PAWL_CLI_RECORD_H
#define PAWL_CLI_RECORD_H

#include "base/arena.h"
#include "pawl.h"

struct record_row {
    int64_t version;
    const char *file, *description; /* never NULL */
    enum pawl_verdict verdict[PAWL_PROOF_COUNT];
    enum pawl_runner runner;
};

/* One engine that was proved on. */
struct record_run {
    const char *engine, *engine_version;
    struct record_row *rows;
    size_t n, cap;
    size_t last; /* where the last event belonged; the next is near */
};

struct record_step {
    int64_t version;
    const char *file, *description;
    bool reverting, dry_run;
    uint64_t elapsed_ns;
};

struct record_loss {
    const char *object;
    int64_t count;
    const char *perhaps; /* or NULL */
};

struct record_decision {
    enum pawl_decision decision;
    int64_t version;
    const char *file, *message;
    uint32_t line, column;
};

struct record_note {
    enum pawl_level level;
    const char *message;
};

struct record {
    struct arena *arena;
    struct record_run *runs;
    size_t n_runs, cap_runs;
    struct pawl_finding *findings;
    size_t n_findings, cap_findings;
    struct record_step *steps;
    size_t n_steps, cap_steps;
    struct record_loss *losses;
    size_t n_losses, cap_losses;
    struct record_decision *decisions;
    size_t n_decisions, cap_decisions;
    struct record_note *notes;
    size_t n_notes, cap_notes;
    size_t errors, warnings, hints; /* findings of level error, warning, note */
    bool failed;                    /* something could not be kept: no memory */
};

void record_init(struct record *r, struct arena *a);
/* Keeps what the event says. Failure is remembered in r->failed. */
void record_event(struct record *r, const struct pawl_event *event);
/* Puts findings into the order in which they are shown: by version, then as they came. */
void record_sort(struct record *r);
/* The finding that an error repeats, or NULL. */
const struct pawl_finding *record_find(const struct record *r, const struct pawl_error *e);

#endif
