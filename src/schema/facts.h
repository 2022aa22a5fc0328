/*
 * facts: a schema as sorted lines of text, one for each object or group of attributes.
 *
 * A fact is "kind name attributes" (schema/fact.h). Its key is kind and name; a schema has each key once.
 * Facts are engine-neutral in form and documented in docs/facts.md. The fingerprint is the SHA-256 of all
 * lines, sorted bytewise, each ended by a newline.
 *
 * A `struct facts` is a live set that follows a database as it changes; the differences between two moments
 * are a `struct delta`, which is small. So a walk over n migrations keeps n deltas, not n schemas, and costs
 * what changed.
 */
#ifndef PAWL_SCHEMA_FACTS_H
#define PAWL_SCHEMA_FACTS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "db/db.h"

#define FACTS_VERSION 1 /* of the format, in docs/facts.md */

/* One fact that differs between two moments. */
struct change {
    struct slice key;    /* "column users.email" */
    struct slice before; /* the whole line, or .p NULL: was not there */
    struct slice after;  /* the whole line, or .p NULL: is not there any more */
};

struct delta {
    struct change *items; /* by key, each key once */
    size_t n;
};

/* How two schemas differ, from harmless to real; the worst of all changes counts. */
enum difference {
    DIFFERENCE_NONE,
    DIFFERENCE_TEXT,            /* spelled differently (case of stored text, a constraint at its column or at the table)
                      */
    DIFFERENCE_GENERATED_NAMES, /* only names the engine made up */
    DIFFERENCE_COLUMN_ORDER,    /* only the order of columns */
    DIFFERENCE_REAL,
};

struct facts; /* the live set of one connection */

/* Nothing is read yet. `ledger` names the table that is left out (as in the configuration). */
int facts_open(struct db *db, struct slice ledger, struct facts **out, struct pawl_error *e);
void facts_close(struct facts *f); /* NULL is fine */

/*
 * Brings the set up to date with the database; *out becomes what changed since the last call (in `a`; the
 * first call gives all facts as new). Costs what changed; when nothing can have changed (db_stamp), next to
 * nothing. After an error the set is what it was before the call, and the next call sees all that changed
 * since. `out` may be NULL if nobody wants to know.
 */
int facts_refresh(struct facts *f, struct arena *a, struct delta *out, struct pawl_error *e);
/*
 * From now on each refresh looks for what has changed without asking first whether anything was written (db_stamp): for who knows
 * that something was sent each time, and has to wait a while for every answer. Such a set is not told of rollbacks.
 */
void facts_unstamped(struct facts *f);
/*
 * The database was rolled back over the changes `d` (all refreshes since that moment, joined): tells the set,
 * which is spared reading anything now. To be called after the rollback and before anything else is written.
 * Without this call a later refresh may take an old state for a new one. PAWL_INTERNAL if `d` does not lead
 * to what the set holds.
 */
int facts_rolled_back(struct facts *f, const struct delta *d, struct pawl_error *e);
/*
 * A state to which facts_return leads back, if the introspector knows how, and else what facts_rolled_back does. Marks nest; *out is 0
 * if there is nothing to return to. A mark that is not returned to is given up with facts_unmark, and those made since with it.
 */
int facts_mark(struct facts *f, size_t *out, struct pawl_error *e);
void facts_unmark(struct facts *f, size_t mark);
bool facts_can_return(const struct facts *f, size_t mark);
/* Behind a rollback to the mark over the changes `d`. */
int facts_return(struct facts *f, size_t mark, const struct delta *d, struct pawl_error *e);
int facts_fingerprint(struct facts *f, unsigned char out[SHA256_BYTES], struct pawl_error *e);
/* All lines, sorted, in `a`. */
int facts_lines(struct facts *f, struct arena *a, struct slice **lines, size_t *n, struct pawl_error *e);
/* The line with that key, valid until the set changes; .p NULL = there is none. */
struct slice facts_get(const struct facts *f, struct slice key);
size_t facts_count(const struct facts *f);
/* The i-th line in order, and which lines begin with `prefix`: from..to, exclusive. Valid until the set changes. */
struct slice facts_at(const struct facts *f, size_t i);
void facts_range(const struct facts *f, struct slice prefix, size_t *from, size_t *to);

/*
 * Deltas share their texts: what join and invert give is valid as long as what they were given.
 */

/* Two deltas in a row as one; what was changed and changed back disappears. */
int delta_join(struct arena *a, const struct delta *first, const struct delta *second, struct delta *out,
               struct pawl_error *e);
/* Any number in a row as one; `all` is overwritten. */
int delta_sum(struct arena *a, struct delta *all, size_t n, struct delta *out, struct pawl_error *e);
/* The change of that key, or NULL. */
const struct change *delta_find(const struct delta *d, struct slice key);
/* A delta backwards. */
int delta_invert(struct arena *a, const struct delta *d, struct delta *out, struct pawl_error *e);
/* The lines that a delta from nothing leads to, in its order, sharing its texts. */
int delta_lines(struct arena *a, const struct delta *d, struct slice **lines, size_t *n, struct pawl_error *e);
/* A copy with texts of its own. */
int delta_copy(struct arena *a, const struct delta *d, struct delta *out, struct pawl_error *e);
/* How harmless is it? Judged over the whole delta: lines that went are compared with lines that came. */
enum difference delta_grade(const struct delta *d);
/* From one sorted list of lines to another, for facts kept in files. */
int delta_between(struct arena *a, const struct slice *before, size_t n_before, const struct slice *after,
                  size_t n_after, struct delta *out, struct pawl_error *e);

#endif
