/*
 * report: the one way by which the library tells what happens.
 *
 * It knows the level of each finding (defaults from PAWL_FINDINGS, changed by the configuration), drops those that are off,
 * and counts the rest, so that no caller decides this again.
 */
#ifndef PAWL_MODEL_REPORT_H
#define PAWL_MODEL_REPORT_H

#include "base/arena.h"
#include "pawl.h"

struct report {
    pawl_event_fn *on_event; /* may be NULL */
    void *context;
    enum pawl_level levels[PAWL_FINDING_COUNT];
    size_t errors, warnings, notes;
    struct arena *hold; /* not NULL: findings below the level of an error wait here, see report_hold */
    struct pawl_finding *held;
    size_t n_held, cap_held;
};

void report_init(struct report *r, pawl_event_fn *on_event, void *context);
/* One that tells nobody, with the levels of another: what is relaxed there is relaxed here. */
void report_init_silent(struct report *r, const struct report *like);
/* "replay-fails" and so on: the stable code of a finding; NULL for what is none. */
const char *report_code(enum pawl_finding_id id);
/* Is a proof that such a finding is about one that holds all the same, unless somebody wants it stricter? */
bool report_harmless(enum pawl_finding_id id);
/* Fills in finding->level and passes it on; returns that level. */
enum pawl_level report_finding(struct report *r, struct pawl_finding *finding);
/* The same at a level of its own. */
void report_finding_at(struct report *r, struct pawl_finding *finding, enum pawl_level level);
/*
 * From now on findings below the level of an error wait in `a`, until report_release tells those that matter: what a folder
 * is like is known before it is known which of its files are still to be run. With no memory to keep one it is told at once. NULL:
 * nothing waits.
 */
void report_hold(struct report *r, struct arena *a);
/* Tells what was held about the versions that are `wanted`, forgets the rest and holds nothing any more. */
void report_release(struct report *r, bool (*wanted)(const void *context, int64_t version), const void *context);
void report_event(struct report *r, const struct pawl_event *event);
/* A remark outside any file: printf into a PAWL_EVENT_NOTE. */
void report_note(struct report *r, enum pawl_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
