/*
 * course: what a set makes of a schema, version by version, found out by running it.
 *
 * The set is rehearsed once on a scratch database, in the way in which `up` runs it; what is kept are differences of facts.
 * So what a statement does is never guessed from its text, and every question about an earlier or later schema is a question
 * about sums of differences. docs/decisions/0007 says why.
 *
 * A *state* is a number: 0 is the baseline, before the first migration; k is the schema behind the k-th step.
 */
#ifndef PAWL_ENGINE_COURSE_H
#define PAWL_ENGINE_COURSE_H

#include "base/map.h"
#include "engine/run.h"
#include "engine/scratch.h"
#include "model/migration.h"
#include "model/report.h"
#include "schema/facts.h"
#include "sql/again.h"

/* One statement of an up text, in the order in which `up` sends them. */
struct course_statement {
    size_t offset, length; /* in the text (source/text: .sql) */
    struct delta change;   /* since the statement in front of it */
    bool begins, ends;     /* its own BEGIN; its own COMMIT, END or ROLLBACK, in a file without a transaction */
    bool again;            /* without a change: run once more right behind itself it surely changes nothing */
    bool sets;             /* it sets something in the session for those behind it */
    bool untried;          /* it looks so, but that was not tried (engine/recall) */
    struct slice table;    /* without a change: the table whose rows it changes, without its schema; n = 0: not known */
};

/*
 * What the text of a statement that leaves no trace in the schema tells of it: again (AGAIN_GUARDED counts as no), sets, table.
 * false: no memory.
 */
bool course_read_silent(struct arena *a, const struct dialect *dialect, struct slice sql, struct course_statement *out,
                        enum again *again);

/* By its text: does the statement leave a trace in the schema, or may it be run again? */
bool course_is_of_schema(const struct dialect *dialect, struct slice sql);

struct course_step {
    const struct migration *migration;
    struct delta change;
    bool nothing;     /* it has no statement for this engine */
    bool repeatable;  /* its file says so */
    bool outside;     /* it ran without a transaction around it */
    bool only_schema; /* by its text: each statement leaves a trace in the schema, or may be run again */
    bool blind;       /* outside, and what it makes and removes again itself is not known (engine/recall) */
    struct course_statement *statements; /* NULL: nobody asked for them */
    size_t n_statements;
};

/* What becomes of one fact: its line from that state on; line.p NULL = it is not there. */
struct course_turn {
    size_t state;
    struct slice line;
};

/* The turns of one fact by state. The first is that of the baseline if it is there already. */
struct course_key {
    struct slice key;
    size_t index; /* in the course's list */
    struct course_turn *turns;
    size_t n, cap;
    bool managed; /* some step makes, changes or removes it */
};

struct course {
    struct delta baseline;     /* from nothing */
    struct course_step *steps; /* those that ran */
    size_t n;
    int failed; /* not PAWL_OK: the step behind them, if it was asked for, does not apply; `error` says why and where */
    struct pawl_error error;
    struct map keys;          /* of struct course_key, by key */
    struct course_key **list; /* the same in the order in which they came up */
    size_t n_keys, cap_keys;
};

struct course_request {
    const struct db_driver *driver;
    const struct db_target *near; /* the database on whose server a scratch one may be made; NULL = none is at hand */
    const struct scratch_config *scratch; /* NULL = nothing is configured */
    struct db_options db;                 /* of the scratch connection: interrupt, foreign_keys, waits */
    const struct migration_set *set;
    size_t to;          /* so many steps of it; more than there are = all */
    const bool *detail; /* by step: its statements one by one, too; NULL = of none */
    struct slice ledger;
    const struct report *like; /* whose levels of findings hold; nothing is told to it */
};

/* The whole set of a run, near its database. */
struct course_request course_of_run(const struct run *r);

/*
 * Rehearses. A step that does not apply ends the course and is no error (out->failed). An error is what keeps it from being
 * made at all: no place for a scratch database, its setup fails, no memory, interrupted. Everything lives in `a`.
 */
int course_make(struct arena *a, const struct course_request *q, struct course *out, struct pawl_error *e);

/* For who knows it without a rehearsal: room for n steps, and the baseline; then step by step, each with its change. */
int course_start(struct arena *a, struct course *c, size_t n, const struct delta *baseline, struct pawl_error *e);
int course_add(struct arena *a, struct course *c, const struct course_step *s, struct pawl_error *e);

/* Does it make anything in a schema, or is known to make nothing? Not if it ended before it could. */
bool course_shows(const struct course *c);
/* The line of a fact at a state; .p NULL = it is not there. */
struct slice course_line(const struct course *c, struct slice key, size_t state);
/* The same for a fact that is known. */
struct slice course_key_line(const struct course_key *k, size_t state);
/* NULL: no state has it. */
const struct course_key *course_key(const struct course *c, struct slice key);
/* All lines of a state, sorted, in `a`. */
int course_state(struct arena *a, const struct course *c, size_t state, struct slice **lines, size_t *n,
                 struct pawl_error *e);

/* A live schema beside the course. What the set never touches does not count. */
struct course_match {
    bool exact;              /* the schema is that of a state, but for what `grade` says */
    size_t lowest, highest;  /* the states that it is; without a match both are the nearest one */
    enum difference grade;   /* NONE, or one that is harmless, with a match */
    struct delta difference; /* from the live schema to that of `highest` */
    struct slice *strangers; /* lines that are there and that no state has */
    size_t n_strangers;
    size_t n_added;     /* of them, how many are managed all the same (schema/scope): they hang on what the set makes */
    struct slice added; /* the first of those */
    size_t n_managed;   /* lines that are there and that the set manages */
};

/* `lines`: all facts of the live schema, sorted. Lists live in `a`, texts are shared. */
int course_match(struct arena *a, const struct course *c, const struct slice *lines, size_t n, struct course_match *out,
                 struct pawl_error *e);

/* From the live schema to that of a state, over what the set manages, and how bad that is. */
int course_difference(struct arena *a, const struct course *c, const struct slice *lines, size_t n, size_t state,
                      struct delta *out, enum difference *grade, struct pawl_error *e);

/* All facts of a database, sorted, in `a`. */
int course_look(struct arena *a, struct db *db, struct slice ledger, struct slice **lines, size_t *n,
                struct pawl_error *e);

#endif
