/*
 * undo: down texts made from what each migration does, and proved.
 *
 * 1. The set is proved as it is, on each engine, which gives S(k-1) and S(k).
 * 2. For each migration that is asked for, the way from S(k) back to S(k-1) is rendered (schema/render), in a form that can run
 *    twice: what was renamed gets its old name back (proof/renamed), and names stand without the schema that the engine looks
 *    into first, unless the up text names it. Where engines need different statements, directives say whose they are. An up that
 *    changes neither schema nor rows gets a text that does nothing.
 * 3. The set is proved with these texts. One that does not restore S(k-1), fails when run again, or after which its up fails,
 *    gives way to the next draft: with nothing renamed, then with full names. Behind the last it is dropped with the reason; so
 *    is one that makes a proof of another version worse.
 *
 * Nothing is written here.
 */
#ifndef PAWL_PROOF_UNDO_H
#define PAWL_PROOF_UNDO_H

#include "proof/proof.h"
#include "schema/render.h"

struct undo_request {
    const struct proof_options *engines; /* with their servers open; trace, texts and repro are not looked at */
    size_t n_engines;
    const bool *asked; /* one for each migration; NULL = all that have no down */
    bool any;          /* pass over an engine on which the set does not apply, if it applies on another */
    enum render_runner runner;
};

#define UNDO_DRAFTS 3

struct undo_text {
    size_t k;                         /* of the set */
    bool written;                     /* there is a text that holds */
    bool replaces;                    /* there is a down already, which does not hold */
    bool holds;                       /* there is a down already, and it holds: nothing is to be done */
    struct slice path;                /* of the down file, there or not */
    struct slice before;              /* what the file has now; .p NULL = there is none */
    struct slice text;                /* if written */
    struct slice drafts[UNDO_DRAFTS]; /* what else can be tried, best first; the first is tried already */
    size_t n_drafts;
    struct slice reason; /* if not */
};

struct undo_result {
    struct undo_text *items; /* by version */
    size_t n;
};

/*
 * Progress goes to `report`, findings do not. PAWL_CHECK: the set does not apply, so nothing can be proved. Texts live in `a`.
 */
int undo_run(struct arena *a, const struct migration_set *set, const struct undo_request *request,
             struct report *report, struct undo_result *out, struct pawl_error *e);

/* ---- undo_idle.c ------------------------------------------------------------------------------------------------- */

/*
 * An up that does not change the schema: does it surely leave the rows alone, too? It does if it has no statement, or only SELECTs that
 * call nothing and CREATE IF NOT EXISTS or DROP IF EXISTS.
 */
int undo_idle(const struct migration *m, const struct proof_options *engine, bool *idle, struct pawl_error *e);

/* ---- undo_text.c ------------------------------------------------------------------------------------------------- */

/*
 * One text of the statements of several engines. `what`: the name of the file that it reverts. `full`: names keep the schema that
 * the engine would look into first.
 */
int undo_compose(struct arena *a, const struct proof_options *engines, const struct rendering *r, size_t n,
                 struct slice what, bool full, struct slice *out, struct pawl_error *e);
/* The text that reverts an idle up. */
int undo_nothing(struct arena *a, struct slice what, struct slice *out, struct pawl_error *e);

#endif
