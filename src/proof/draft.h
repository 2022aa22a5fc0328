/*
 * draft: one text of one migration with a form chosen for each of its statements.
 *
 * At first every statement is as it stands. Whoever finds out which one is at fault lets it advance to its next form, from
 * mild to strong (sql/rewrite); there is no way back, so a search ends. The last resort is one guard around all of it.
 */
#ifndef PAWL_PROOF_DRAFT_H
#define PAWL_PROOF_DRAFT_H

#include "proof/proof.h"
#include "sql/rewrite.h"

struct draft_statement {
    size_t offset, length, end; /* in the original; `end` is behind the terminator */
    struct rewrites forms;
    size_t chosen;   /* 0: as it stands; i: forms[i - 1] */
    size_t at;       /* where it begins in `text` */
    bool everywhere; /* every engine reads it */
};

struct draft {
    struct slice original; /* without byte order mark */
    struct slice text;     /* as it is now */
    struct draft_statement *items;
    size_t n;
    bool whole; /* nothing that is not a plain statement stands in it: a guard may go around it */
    bool once;  /* .. and does */
};

/*
 * Reads the text as each of the engines would. Statements that not all engines read get the forms of those that do. A text that
 * cannot be read has no statements.
 */
int draft_read(struct arena *a, const struct migration *m, const struct migration_file *file, struct slice original,
               const struct proof_options *engines, size_t n_engines, const struct rewrite_known *known,
               struct draft *out, struct pawl_error *e);

/* The statement that holds the byte of `text`; SIZE_MAX = none. */
size_t draft_find(const struct draft *d, size_t offset);
/* The next form of a statement, and `text` anew. *moved = false: there is none. */
int draft_advance(struct arena *a, struct draft *d, size_t i, bool *moved, struct pawl_error *e);
/* One guard around the original. *moved = false: it cannot have one. */
int draft_once(struct arena *a, struct draft *d, const struct dialect *dialect, struct slice done, bool *moved,
               struct pawl_error *e);
/* Back to the original. */
void draft_drop(struct draft *d);

static inline bool draft_changed(const struct draft *d)
{
    return !slice_eq(d->text, d->original);
}

#endif
