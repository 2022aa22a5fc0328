/*
 * out: how results are shown. Text and JSON are two listeners behind one table of functions.
 *
 * Results go to standard output, everything said about the way there to standard error; with --json standard output
 * holds exactly one object. Foreign text is cleaned before it is shown.
 */
#ifndef PAWL_CLI_OUT_H
#define PAWL_CLI_OUT_H

#include <stdio.h>

#include "cli/record.h"

struct out;

struct out_kind {
    /* As it happens; the record has it already. */
    void (*event)(struct out *o, const struct pawl_event *event);
    /* Results. `e` is what went wrong, or NULL; it is told by `error` and by nothing else, be it a finding, too. */
    void (*steps)(struct out *o, const char *did, const struct pawl_result *result, const struct pawl_error *e);
    void (*status)(struct out *o, const struct pawl_status *status);
    void (*health)(struct out *o, const struct pawl_health *health);
    void (*drift)(struct out *o, const struct pawl_drift *drift);
    void (*verified)(struct out *o, bool ok);
    void (*files)(struct out *o, int64_t version, const char *const *paths, size_t n);
    void (*fixed)(struct out *o, const struct pawl_fix_report *report, bool wrote, bool check);
    void (*dumped)(struct out *o, const struct pawl_dump *dump, bool sql);
    void (*differs)(struct out *o, const struct pawl_difference *difference, bool sql);
    void (*downs)(struct out *o, const struct pawl_downs_report *report, bool wrote);
    void (*squashed)(struct out *o, const struct pawl_squash_report *report, bool wrote);
    void (*version)(struct out *o);
    void (*error)(struct out *o, const struct pawl_error *e);
    /* Writes what is still held back. */
    void (*end)(struct out *o);
};

extern const struct out_kind out_text;
extern const struct out_kind out_json;

struct out {
    const struct out_kind *kind;
    struct record record;
    FILE *results, *messages; /* standard output and error */
    bool color, color_messages;
    bool quiet, verbose;
    bool live;              /* messages go to a terminal: show progress on one line */
    unsigned live_every_ms; /* show it no more often than that */
    uint64_t live_at;       /* when it was last shown, by sys/clock */
    bool live_shown;        /* that line is there and must be wiped before the next message */
    bool failed;            /* no memory for the result */
    unsigned width;         /* columns of the terminal */
    void *object;           /* JSON: the object being built */
};

/* "replay" and so on. */
const char *out_proof(enum pawl_proof proof);

/* A pawl_event_fn; context is the struct out. */
void out_event(void *context, const struct pawl_event *event);

#endif
