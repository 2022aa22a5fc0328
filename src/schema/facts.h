/*
 * facts: a schema as sorted lines of text, one for each object or group of attributes.
 *
 * A fact is "kind name attributes". Its key is kind and name; a schema has each key once. Facts are engine-neutral in form
 * and documented in docs/facts.md. The fingerprint is the SHA-256 of all lines, sorted bytewise, each ended by a newline.
 *
 * A `struct facts` is a live set that follows a database as it changes; the differences between two moments are a `struct
 * delta`, which is small. So a walk over n migrations keeps n deltas, not n schemas, and costs what changed.
 */
#ifndef PAWL_SCHEMA_FACTS_H
#define PAWL_SCHEMA_FACTS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "db/db.h"

/* One fact that differs between two moments. */
struct change {
    struct slice key;    /* "column public.users.email" */
    struct slice before; /* the whole line, or .p NULL: was not there */
    struct slice after;  /* the whole line, or .p NULL: is not there any more */
};

struct delta {
    struct change *items; /* by key */
    size_t n;
};

/* How two schemas differ, from harmless to real; the worst of all changes counts. */
enum difference {
    DIFFERENCE_NONE,
    DIFFERENCE_TEXT,            /* spelled differently (white space, comments, case of keywords in stored text) */
    DIFFERENCE_GENERATED_NAMES, /* only names the engine made up */
    DIFFERENCE_COLUMN_ORDER,    /* only the order of columns */
    DIFFERENCE_REAL,
};

struct facts; /* the live set of one connection */

/* Nothing is read yet. `ledger` names the table that is left out. */
int facts_open(struct db *db, struct slice ledger, struct facts **out, struct pawl_error *e);
void facts_close(struct facts *f);

/*
 * Brings the set up to date with the database and appends what changed since the last call to *out (in `a`). Costs what
 * changed; when nothing can have changed (db_stamp), next to nothing.
 */
int facts_refresh(struct facts *f, struct arena *a, struct delta *out, struct pawl_error *e);
/*
 * Tells the set that the database was rolled back over the changes `d` (all of them since that moment, joined), which
 * spares reading anything again.
 */
int facts_rolled_back(struct facts *f, const struct delta *d, struct pawl_error *e);
int facts_fingerprint(struct facts *f, unsigned char out[SHA256_BYTES], struct pawl_error *e);
/* All lines, sorted, in `a`. */
int facts_lines(struct facts *f, struct arena *a, struct slice **lines, size_t *n, struct pawl_error *e);

/* Two deltas in a row as one; what was changed and changed back disappears. */
int delta_join(struct arena *a, const struct delta *first, const struct delta *second, struct delta *out,
               struct pawl_error *e);
/* The same backwards. */
int delta_invert(struct arena *a, const struct delta *d, struct delta *out, struct pawl_error *e);
/* How harmless is it? Columns with generated names and order are judged over the whole delta. */
enum difference delta_grade(const struct delta *d);

#endif
