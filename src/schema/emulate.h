/*
 * emulate: statements that pawl carries out although the engine has no words for them (sql/lacks).
 *
 * The one seam through which the engine and the pawl runner of the proofs send such a statement: it looks at the catalog as it
 * is at that moment, inside the transaction that is open, and gives what is to be sent in its place.
 */
#ifndef PAWL_SCHEMA_EMULATE_H
#define PAWL_SCHEMA_EMULATE_H

#include "db/db.h"
#include "sql/lacks.h"

struct emulation {
    bool as_is;                  /* the statement itself is to be sent */
    struct db_request *requests; /* else these, in this order; none: what it asks for is so already */
    size_t n;
    struct slice note; /* what the user should know, without a file or version; n = 0: nothing */
};

/* Can `emulate` have something to say about it? From the text alone. */
bool emulate_may(const struct db *db, struct slice sql);

/* Is it one about the whole server (schema/beside)? It needs no transaction around it. */
bool emulate_beside(const struct db *db, struct slice sql);

/*
 * What is to be sent for one statement, in `a`. All that goes before it must have been sent. The requests must go out one after
 * the other in the transaction that is open, and a failure of any must undo them all; some of them look at what the others did
 * and fail if it is not what it should be. Errors say what the statement names and why it cannot be done; nothing has been
 * changed then.
 */
int emulate(struct arena *a, struct db *db, struct slice sql, struct emulation *out, struct pawl_error *e);

/* An engine's own part: the table in emulate.c finds it by the driver's name. */
typedef int emulate_fn(struct arena *a, struct db *db, const struct head *h, struct slice sql, struct emulation *out,
                       struct pawl_error *e);
emulate_fn emulate_sqlite, emulate_postgres;

#endif
