/*
 * decide: which steps of a set are in place in a database, and which are to run, whatever its ledger says.
 *
 * A pure function of the course (what the set makes), the live facts, and the ledger, which counts only where the schema can
 * show nothing. A step is *in place* if all that it touched is as it is behind it or at a later state of the set; it is *to
 * run* if all that it touches is as it was in front of it. Where neither is so, the same is asked for each of its statements.
 * What is neither is an error that names the object, what is declared and what is there; nothing is ever guessed.
 */
#ifndef PAWL_ENGINE_DECIDE_H
#define PAWL_ENGINE_DECIDE_H

#include "engine/course.h"

struct decided {
    enum pawl_decision what; /* PAWL_DECISION_IN_PLACE, _RUN or _PARTLY */
    struct slice why;
    bool *in_place;    /* PARTLY: by statement */
    const char **whys; /* the same */
    bool wants_detail; /* nothing can be said before its statements are known one by one */
};

struct decisions {
    struct decided *steps; /* one for each migration of the set */
    size_t n;
    size_t version; /* index + 1 of the last step that is in place; 0 = none */
    size_t in_place, to_run;
    bool
        wants_detail; /* make the course again, with the statements of the steps that want it; nothing else is filled in */
    bool orderly;     /* in place, then at most one partly, then to run: a history that was cut off somewhere */
    bool note_order;  /* the order of columns, a spelling or a made-up name differs */
    size_t unmanaged; /* facts that are there and that are none of the set's (schema/scope) */
    size_t added;     /* facts that the set never makes, but that hang on what it makes; `first_added` is one */
    struct slice first_added;
};

/*
 * Asks the database itself about a statement that leaves no trace in its schema: as everything is now, would it change a row? Only
 * a `no` is relied on. It is run and taken back, so nobody asks unless all else has failed to tell.
 */
struct decide_trial {
    /* NULL: that is not asked. */
    bool (*changes_nothing)(void *context, const struct migration *m, const struct course_statement *s);
    /* Of a text that only inserts rows: are all of them there, and does a key keep some out (engine/ask)? */
    bool (*rows_are_there)(void *context, const struct migration *m);
    void *context;
};

/*
 * `to`: so many steps are of interest; that nothing is known about later ones is no matter. PAWL_REFUSED with version and, if
 * it is known, place, when something is neither in place nor to run or cannot be told. trial = NULL: the database is not asked.
 */
int decide(struct run *r, const struct course *c, const struct slice *lines, size_t n, size_t to,
           const struct decide_trial *trial, struct decisions *out, struct pawl_error *e);

#endif
