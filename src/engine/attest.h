/*
 * attest: is the live schema the one that the certificate says, before a migration and behind it?
 *
 * States are numbers as in engine/course: S(0) is the baseline, S(k) the schema behind the k-th migration. A fingerprint of the
 * certificate can only say yes, and mostly does. Where it does not, what the certificate says comes from its file of changes, which is
 * not read before, or else the set is rehearsed on a scratch database to show what differs. Facts are read once and then
 * followed; with the file of changes at hand each look costs what has changed.
 */
#ifndef PAWL_ENGINE_ATTEST_H
#define PAWL_ENGINE_ATTEST_H

#include "engine/plan.h"
#include "engine/run.h"
#include "schema/scope.h"
#include "source/certified.h"

struct attest_input {
    const struct certificate *certificate; /* NULL: there is none that can be used, and `why` says so */
    struct pawl_error why;
    struct slice path;         /* of pawl.lock */
    struct certified compared; /* with the set of the run */
    /* Reads the file of changes; *found = false: there is none that can be used. Called once at most; NULL: there is none. */
    int (*read_changes)(void *context, const char *engine, struct changelog *out, bool *found, struct pawl_error *e);
    void *context;
    bool no_scratch;          /* nothing is made anywhere to show what differs */
    bool required;            /* nothing runs that is not certified */
    const char *const *allow; /* patterns of objects that may differ; "*": no look is taken at all */
    size_t n_allow;
    const char *const *ignore; /* patterns of objects that are not looked at */
    size_t n_ignore;
};

struct attest {
    struct run *run;
    const struct attest_input *in;
    const char *engine;
    struct slice mark;               /* of its fingerprints in the certificate */
    const struct changelog *changes; /* the file, see attest_changes */
    bool read;                       /* it was asked for */
    const struct changelog *log; /* what is compared with: the file, or a rehearsal; NULL: only fingerprints so far */
    bool chosen;                 /* whether the file can be that was asked */
    size_t ends[2];              /* states of which the file has to tell the truth for that */
    bool shapes;                 /* the log is of another major version: only shapes are compared */
    unsigned hashed;             /* looks at fingerprints */
    bool exact;                  /* the last look was one, and it said yes */
    struct scope scope;
    struct facts *facts;     /* NULL: not read yet, or not to be relied on any more */
    size_t state;            /* what `difference` begins with */
    struct delta difference; /* from S(state) to the live schema, of what is managed */
    struct delta fresh;      /* what has changed between the last look and the one in front of it, of everything */
    size_t covered;          /* states up to this one can be compared */
    bool told;               /* a harmless difference was told */
    bool told_false;         /* the file of changes is not what the certificate says, and that was told */
    bool silent;             /* no findings: what fails is tried again in another way */
    size_t together;         /* so many migrations, in one transaction, end with the one behind which is compared */
};

/* The file of changes, in a->changes from now on (NULL = there is none): it is large, so it is read when it is needed. */
int attest_changes(struct attest *a, struct pawl_error *e);
/*
 * Does the file of changes, whatever major version of the engine it is for, say of the states from .. to what the fingerprints of the
 * certificate say? *out = false if there is none, or if it does not speak about them.
 */
int attest_log_holds(struct attest *a, size_t from, size_t to, bool *out, struct pawl_error *e);

/* A warning, once, that it is not used. */
void attest_tell_false(struct attest *a);

/* Is this the environment in which nothing runs that is not certified, unless somebody says otherwise? */
bool attest_is_required(struct slice environment);

/* Nothing is read yet. Ends with attest_close. */
int attest_open(struct run *r, const struct attest_input *in, struct attest *out, struct pawl_error *e);
void attest_close(struct attest *a); /* zeros are fine */

/*
 * May the plan run, by the files alone? PAWL_UNPROVED with place and reason if something is required that is not certified. Without
 * that, migrations that are not certified are not compared.
 */
int attest_plan(struct attest *a, const struct plan *plan, struct pawl_error *e);
/* Compares with the state before the first step of the plan, if it is known. PAWL_DRIFT, with a finding that shows the difference. */
int attest_before(struct attest *a, const struct plan *plan, struct pawl_error *e);
/*
 * Behind the texts of this migration, inside its transaction: the state behind it must be there. PAWL_DRIFT, with a finding. Does
 * nothing for a migration that is not covered.
 */
int attest_after(struct attest *a, const struct migration *m, struct pawl_error *e);
/* Is this one compared? */
bool attest_covers(const struct attest *a, const struct migration *m);
/* A transaction was rolled back, or the connection is another one: facts are read anew. */
void attest_forget(struct attest *a);

/* What a look has shown. Lists live in the run's arena. */
struct attest_look {
    bool matches;            /* but for what is allowed, and for what `grade` says */
    bool shapes;             /* only shapes were compared */
    bool known;              /* what differs is known; not so where only fingerprints could be compared */
    enum difference grade;   /* of what is not allowed */
    struct delta difference; /* from the certified schema to the live one, without what is allowed */
    struct slice *unmanaged; /* lines */
    size_t n_unmanaged;
    size_t n_facts, n_ignored, n_allowed;
};

/* Does the certificate say anything about this state that can be compared here? */
bool attest_speaks(const struct attest *a, size_t state);
/* Reads all facts and compares them with S(state). */
int attest_look(struct attest *a, size_t state, struct attest_look *out, struct pawl_error *e);
/* After a look that knows: the live facts, and what they would be if they did not differ (sorted, in the run's arena). */
int attest_sides(struct attest *a, const struct attest_look *look, struct slice **live, size_t *n_live,
                 struct slice **certified, size_t *n_certified, struct pawl_error *e);
/* In what a grade below DIFFERENCE_REAL differs, as words; NULL = in nothing. */
const char *attest_harmless(enum difference grade);

/* ---- attest_compare.c -------------------------------------------------------------------------------------------- */

/* Are all objects allowed to differ? */
bool attest_allows_all(const struct attest *a);
/* From now on these are the states that matter: a file of changes has to tell the truth about them. */
void attest_expect(struct attest *a, size_t from, size_t to);
/*
 * Adds what the open transaction has made although no version of the set makes it: tables, views and the like, since the look in front of
 * the last one. That another session makes meanwhile is its own.
 */
int attest_add_made(struct attest *a, struct delta *rest, enum difference *grade, struct pawl_error *e);
/* How the live schema differs from a state: what is not allowed of it, and how bad that is. */
int attest_compare(struct attest *a, size_t state, struct delta *rest, enum difference *grade, struct pawl_error *e);

#endif
