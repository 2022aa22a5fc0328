/*
 * shown: what the live schema shows of a course, fact by fact, with all that was decided to run done.
 *
 * Two lines are alike if they differ in nothing but spelling, the order of columns, or a name that the engine made up.
 */
#ifndef PAWL_ENGINE_SHOWN_H
#define PAWL_ENGINE_SHOWN_H

#include "engine/course.h"

struct shown {
    const struct course *course;
    struct slice *now; /* by key of the course: its line; .p NULL = it is not there */
    bool *odd;         /* by key: a list of columns with one that no state of the set has */
    bool harmless;     /* since somebody set it to false, lines were alike that are not the same */
    bool rests; /* since somebody set it to false, an index was taken for what an interrupted statement left of it */
};

/* `lines`: all facts of the live schema; their texts are shared. */
int shown_init(struct arena *a, const struct course *c, const struct slice *lines, size_t n, struct shown *out,
               struct pawl_error *e);
/* The key of a change that the course has made. */
const struct course_key *shown_key(const struct shown *s, const struct change *c);
bool shown_alike(struct shown *s, const struct course_key *k, struct slice line);
/*
 * All that the change touches, as it was in front of it, or as CREATE INDEX CONCURRENTLY leaves it when it is interrupted. *off becomes
 * the first fact that is not.
 */
bool shown_before(struct shown *s, const struct delta *d, const struct change **off);
/* The same at state `from`, or at a later one at which something that the change touches is another. */
bool shown_since(struct shown *s, const struct delta *d, size_t from);
/* The same at the baseline or at any state up to `state`. */
bool shown_until(struct shown *s, const struct delta *d, size_t state);
/*
 * Is all that the set manages as it is somewhere between two statements of step k, which are known? Then the step was
 * interrupted there. PAWL_NOMEM.
 */
int shown_within(struct arena *a, struct shown *s, size_t k, bool *is, struct pawl_error *e);
/* What statement i of step k touches, as it is in front of the step or of any of its statements up to this one. */
bool shown_ahead(struct shown *s, size_t k, size_t i);
/* What statement i of step k touches, as it is behind it or behind a later one of the step, or at a later state. */
bool shown_behind(struct shown *s, size_t k, size_t i, const struct delta *of);
/* From here on it counts as done. */
void shown_do(struct shown *s, const struct delta *d);

#endif
