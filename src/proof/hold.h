/*
 * hold: a state of the scratch database that can be gone back to.
 *
 * Holds nest. The outermost one around texts that may run in a transaction is that transaction, inner ones are savepoints.
 * Around texts that may not, a hold is a snapshot where the driver has those; else, and when an engine has thrown away the
 * transaction, going back builds the state anew.
 *
 * Going back is avoided where it is not needed: SQLite reads the whole schema again after a rollback over DDL.
 */
#ifndef PAWL_PROOF_HOLD_H
#define PAWL_PROOF_HOLD_H

#include "proof/trial.h"

enum hold_kind { HOLD_TRANSACTION, HOLD_SAVEPOINT, HOLD_SNAPSHOT, HOLD_REBUILD };

/* Schema changes noted since the hold was opened, in order. */
struct noted {
    struct delta delta;
    struct noted *next;
};

struct hold {
    enum hold_kind kind;
    size_t state;                  /* it holds S(state) */
    size_t level;                  /* of savepoints */
    struct db_snapshot **snapshot; /* in trial.snapshots */
    struct noted *first, *last;
    struct hold *outer;
    size_t mark;         /* of facts, 0 = none; */
    unsigned made;       /* in this scratch database: see trial.made */
    bool session_set;    /* see trial.session_set */
    struct arena *arena; /* where the notes are; outlives the hold */
};

/* `outside`: a text that runs before the hold is closed must not be in a transaction (then none may be open). */
int hold_open(struct trial *tr, struct arena *a, struct hold *h, bool outside, size_t state, struct pawl_error *e);
/* Closes it and goes on from the state that is there. */
int hold_drop(struct trial *tr, struct hold *h, struct pawl_error *e);
/* Closes it and goes back to the state it held. */
int hold_back(struct trial *tr, struct hold *h, struct pawl_error *e);
/* All changes since it was opened, as one. */
int hold_changes(struct arena *a, const struct hold *h, struct delta *out, struct pawl_error *e);
/* Notes a change in the innermost hold. */
int hold_note(struct trial *tr, const struct delta *d, struct pawl_error *e);
/* After a failure of the walk itself: forgets all holds, and frees what they hold. */
void hold_abandon(struct trial *tr);

#endif
