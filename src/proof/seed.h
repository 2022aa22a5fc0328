/*
 * seed: the rows that migrations have put into a schema, as statements that put them there again.
 *
 * Values are read as the engine itself writes literals, so that two databases hold the same rows if, and only if, they give the
 * same text. Rows are in the order of their values. What cannot be written in such a form is said (`cannot`).
 */
#ifndef PAWL_PROOF_SEED_H
#define PAWL_PROOF_SEED_H

#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "proof/build.h"

struct seed_column {
    struct slice name;
    bool left_out; /* its value is made anew in each database, by its default: see seed_settle */
    bool defaults; /* it has a default that is more than a literal */
};

struct seed_table {
    struct slice schema, name; /* schema "" where it need not be said */
    struct seed_column *columns;
    size_t n_columns;
    struct slice *values; /* row by row, as literals */
    size_t n;             /* rows; more than 0 */
    bool keyed;           /* it has a key or a unique constraint, so that a row can be told to be there */
    bool overriding;      /* some column takes a value only if that is said */
};

struct seeds {
    struct seed_table *tables;
    size_t n;
    struct slice *counters; /* statements that bring sequences, counters of AUTOINCREMENT, to where they are */
    size_t n_counters;
    struct slice cannot; /* .p set: rows that no statement can bring back */
};

/* Of a database whose facts are up to date. */
int seed_read(struct build *b, struct seeds *out, struct pawl_error *e);

/*
 * What two runs of the same texts left: a column whose values differ is left out if its default makes them, in both.
 * *cannot: what else differs between two runs, so that nobody can say what it should be.
 */
int seed_settle(struct arena *a, struct seeds *x, struct seeds *y, struct slice *cannot, struct pawl_error *e);
/* Leaves out what is left out there. */
void seed_follow(struct seeds *s, const struct seeds *settled);
/* .p NULL: the same rows in the same tables; otherwise what differs. */
int seed_compare(struct arena *a, const struct seeds *x, const struct seeds *y, struct slice *differs,
                 struct pawl_error *e);

/* The same rows, told by engines that write them in their own way? y's literals are then good for both. */
bool seed_alike(const struct seed_table *x, const struct seed_table *y);
/* How many statements add the rows of a table: one for all, or without a key one for each. */
size_t seed_statements(const struct seed_table *t);
/* The i-th of them, without terminator; it does nothing where its rows are. `qualified`: with the schema. */
void seed_statement(struct strbuf *b, const struct seed_table *t, size_t i, bool qualified);

#endif
