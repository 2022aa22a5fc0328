/*
 * behind: do pending files make what is there already? Then the ledger may be older than the schema.
 *
 * Asked before anything is sent, of the texts and in one question to the catalog: each name that a pending statement makes or
 * renames something to, and each that it drops or renames away. A name that pending statements in front of it remove again may be
 * there, and one that they make may be missing. What is seen here is a reason to look closer (engine/replay), and proves nothing.
 */
#ifndef PAWL_ENGINE_BEHIND_H
#define PAWL_ENGINE_BEHIND_H

#include "engine/decide.h"

struct behind_signs {
    bool fails; /* some statement cannot but fail: what it makes without a guard is there, or what it drops is not */
    bool made;  /* something is there that no applied file speaks of, and that a pending one makes */
    bool
        guarded; /* the same, but made by statements that pass over it (IF NOT EXISTS), as when it was made by hand ahead */
    bool guards; /* some name with such a guard is there, whoever made it (engine/honest) */
    const bool
        *rows; /* by migration of the set: pending, and its text changes rows in a way that may not be done again */
};

/* Steps that a certificate covers are left to it. Lists live in the run's arena. */
int behind_look(struct run *r, const struct plan *plan, const struct script *scripts, struct behind_signs *out,
                struct pawl_error *e);
/*
 * Is the schema indeed that of a later version than the ledger says? Or, if some statement would fail, at least nearer to one? What
 * somebody made by hand leaves it nearest to where it was.
 */
int behind_shows(struct run *r, const struct course *c, const struct slice *lines, size_t n,
                 const struct behind_signs *signs, bool *out, struct pawl_error *e);

/*
 * Of what was decided: if all that was seen stands behind IF NOT EXISTS, somebody may have made it by hand ahead of the file. Would a
 * change of rows be passed over for that?
 */
bool behind_is_ahead(const struct run *r, const struct decisions *d, const struct behind_signs *signs);

#endif
