/*
 * renamed: what a migration gave another name, so that a down text can give the old one back instead of making it anew.
 *
 * That something was renamed is read from the statements, and believed only where the facts agree: the old name was there
 * before and the new one was not, and behind the migration it is the other way round. What follows from it is proved like any
 * down text.
 */
#ifndef PAWL_PROOF_RENAMED_H
#define PAWL_PROOF_RENAMED_H

#include "base/arena.h"
#include "base/err.h"
#include "schema/render.h"
#include "sql/dialect.h"

struct renamed {
    struct render_rename *items; /* tables and sequences first */
    size_t n;
};

/* `text`: the up text. `before` and `after`: the sorted facts around it. Names that would need quotes are passed over. */
int renamed_find(struct arena *a, const struct dialect *d, struct slice text, const struct slice *before,
                 size_t n_before, const struct slice *after, size_t n_after, struct renamed *out, struct pawl_error *e);

/* The facts of `after` when everything has its old name again, sorted. */
int renamed_back(struct arena *a, const struct renamed *r, const struct slice *before, size_t n_before,
                 const struct slice *after, size_t n_after, struct slice **out, size_t *n, struct pawl_error *e);

/*
 * Adds the statements that give the old names back and can run twice, for pawl as the runner or for any. *said = false, and
 * nothing is added: the engine has no words for it.
 */
int renamed_say(struct arena *a, const struct dialect *d, const struct renamed *r, enum render_runner runner,
                struct rendering *out, bool *said, struct pawl_error *e);

#endif
