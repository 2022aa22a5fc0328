/*
 * run: sends one text of one migration to the scratch database, as the engine would, and says what came of it.
 */
#ifndef PAWL_PROOF_RUN_H
#define PAWL_PROOF_RUN_H

#include "proof/trial.h"

/* One text of one migration, opened for use. */
struct unit {
    const struct migration *migration;
    const struct migration_file *file;
    bool reverting;
    bool open;
    bool only_pawl; /* it applies only as the pawl runner sends it, so that is how it is sent: see schema/emulate */
    bool sets;      /* it may change session state: it has more than DDL and plain changes of rows */
    bool forgets;   /* it may make the server forget what it keeps for the session */
    struct text text;
    struct script script;
    int code; /* PAWL_SOURCE: it cannot be sent at all, and `error` says why; its findings were told */
    struct pawl_error error;
};

/*
 * Opens and looks at a text. `first` tells its findings; later visits are silent. PAWL_OK also when the text cannot be sent
 * (unit->code), since that is a result and no failure of the walk.
 */
int unit_open(struct trial *tr, const struct migration *m, bool reverting, bool first, struct unit *out,
              struct pawl_error *e);
/* The same for a text that stands in no file; `sql` outlives the unit. Its findings are not told. */
int unit_of_text(struct trial *tr, const struct migration *m, bool reverting, struct slice sql, struct unit *out,
                 struct pawl_error *e);
void unit_close(struct unit *u);

/* Scope-bound. */
#define UNIT(name) struct unit name __attribute__((cleanup(unit_close))) = {0}

/* What one run of one text did. */
struct outcome {
    bool failed; /* the engine refused a statement; `error` in its words, with file, line, column */
    struct pawl_error error;
    struct slice statement; /* the failing one, a range of the unit's text */
    bool wrote;             /* something was written; what a failing text wrote must be taken back */
    bool wrote_schema;
    bool wrote_data; /* rows were (or may have been: an engine that cannot tell says yes) */
};

/*
 * Runs the text: inside the open transaction, or, for a text that has to, outside of any. Returns PAWL_OK also when the text
 * failed; anything else is a failure of the walk (no memory, interrupted, connection lost).
 */
int unit_run(struct trial *tr, const struct unit *u, struct outcome *out, struct pawl_error *e);

/* Runs its first statements, so many at most, outside of any transaction, and leaves open what they begin. Errors are the engine's. */
int unit_run_some(struct trial *tr, const struct unit *u, size_t most, struct pawl_error *e);

/* Must it run outside any transaction? */
static inline bool unit_outside(const struct unit *u)
{
    return u->open && u->script.no_transaction;
}

/* May it make something temporary? By any word of it. */
bool unit_makes_temporary(const struct db_driver *driver, const struct unit *u);

/* Could a statement be refused with this code, so that it tells about the text and not about the walk? */
bool run_is_refusal(int code);

#endif
