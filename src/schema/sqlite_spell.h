/*
 * sqlite_spell: expressions and types written for PostgreSQL, as SQLite reads them the same way.
 */
#ifndef PAWL_SCHEMA_SQLITE_SPELL_H
#define PAWL_SCHEMA_SQLITE_SPELL_H

#include "base/arena.h"
#include "base/err.h"

/* What SQLite makes of a declared type (its documentation, "Determination Of Column Affinity"). */
enum affinity { AFFINITY_BLOB, AFFINITY_TEXT, AFFINITY_NUMERIC, AFFINITY_INTEGER, AFFINITY_REAL };
enum affinity spell_affinity(struct slice type);

/*
 * `x::type` becomes x for a literal and CAST(x AS TEXT) where the type is one of text. PAWL_SQL for any other cast: SQLite's CAST
 * reads any text as a number, and a date as its year. E'..' becomes '..', or PAWL_SQL if it has a backslash. The result is `text`
 * itself if it has neither.
 */
int spell_casts(struct arena *a, struct slice text, struct slice *out, struct pawl_error *e);

/*
 * The same for a USING expression of a column whose type becomes `type`: a cast of the whole to a type of the same affinity is left
 * out, since the column does that itself and keeps what does not fit, for which there is a check.
 */
int spell_using(struct arena *a, struct slice text, struct slice type, struct slice *out, struct pawl_error *e);

/* A default as SQLite wants it: literals as they are, anything else in parentheses. */
int spell_default(struct arena *a, struct slice text, struct slice *out, struct pawl_error *e);

#endif
