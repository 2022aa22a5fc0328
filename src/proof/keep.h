/*
 * keep: may the straight path go on after down, down, up, instead of going back to where it was?
 *
 * The facts are those of S(k) again; it is rows that the round trip may have cost: a dropped column that came back is empty
 * now, and a later replay that changes data would go unnoticed. Going back is always right. But SQLite reads the whole
 * schema again after a rollback over DDL, which for a thousand versions is most of the time, so it is worth a look: where the
 * driver tells which tables were touched (db_driver.touched), their rows are compared, and if they are the same, nothing was
 * lost. Whatever cannot be told means going back.
 */
#ifndef PAWL_PROOF_KEEP_H
#define PAWL_PROOF_KEEP_H

#include "proof/rows.h"

struct keep {
    bool known;    /* `before` was taken */
    uint64_t mark; /* when the round trip began */
    struct table *tables;
    size_t n;
    struct contents before;
};

/* At S(k), before the round trip; the up text began at `up_mark`. */
int keep_begin(struct trial *tr, struct arena *a, uint64_t up_mark, struct keep *out, struct pawl_error *e);
/* After it, with the facts of S(k) restored: is everything as it was? `counted`: the engine counted rows that changed. */
int keep_look(struct trial *tr, struct arena *a, const struct keep *k, bool counted, bool *out, struct pawl_error *e);
/* Now, for keep_begin. */
uint64_t keep_mark(const struct trial *tr);

#endif
