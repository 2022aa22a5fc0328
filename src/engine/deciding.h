/*
 * deciding: what the files of decide share.
 */
#ifndef PAWL_ENGINE_DECIDING_H
#define PAWL_ENGINE_DECIDING_H

#include "engine/decide.h"
#include "engine/shown.h"

struct deciding {
    struct run *run;
    struct arena *arena;
    const struct course *course;
    struct decisions *out;
    const struct decide_trial *trial; /* NULL: nobody asks the database */
    size_t to;                        /* see decide */
    struct shown shown;               /* the live schema, with all that was decided to run done */
    size_t reached;                   /* steps up to this one are behind the database */
    size_t half;  /* the last of them was interrupted between two of its statements; 0 = not known */
    size_t doubt; /* of steps from here up to `reached` the schema does not show that they ran: they undo each other */
    const struct slice *strangers; /* lines that the course does not know */
    size_t n_strangers;
    bool tail; /* behind `reached`, nothing has been decided to run yet that shows in the schema */
    struct pawl_error *e;
};

/* Is all that the step touches as it leaves it, or as a later state has it? */
static inline bool deciding_in_place(struct deciding *x, size_t k)
{
    return shown_since(&x->shown, &x->course->steps[k].change, k + 1);
}

/* Is all of it as the step finds it? */
static inline bool deciding_to_run(struct deciding *x, size_t k)
{
    const struct change *off;
    return shown_before(&x->shown, &x->course->steps[k].change, &off);
}

/* Fills in `reached`, `half`, `doubt` and `tail`: where the database is, by its schema. */
int deciding_reached(struct deciding *x, const struct course_match *m);

#endif
