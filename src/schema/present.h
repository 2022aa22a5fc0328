/*
 * present: which of these names are in the database?
 *
 * A cheap question, asked for many names at once (PostgreSQL: one round trip). It says yes where the engine's own IF NOT EXISTS
 * would pass over the statement, whatever kind of object it is that has the name, and sometimes where it would not; so no is
 * sure, and yes is a reason to look at the facts.
 */
#ifndef PAWL_SCHEMA_PRESENT_H
#define PAWL_SCHEMA_PRESENT_H

#include "db/db.h"
#include "sql/guards.h"

struct present {
    enum head_object object; /* as in a struct guard */
    struct slice schema;     /* of the name, or of `on`; n = 0: none is written */
    struct slice name, on;   /* without quotes, folded as the engine does it */
    bool anywhere;           /* PostgreSQL: the text may move the search path, so every schema counts */
    bool there;              /* the answer */
};

/* Of a name and what it is on, as a text writes them; `anywhere` is the caller's. false: no memory. */
bool present_of(struct arena *a, const struct dialect *d, enum head_object object, const struct head_name *name,
                const struct head_name *on, struct present *out);
/* May the text move the search path? Then its names may be in any schema. */
bool present_anywhere(struct slice text);

int present_ask(struct arena *a, struct db *db, struct present *names, size_t n, struct pawl_error *e);

/* An engine's own part: the table in present.c finds it by the driver's name. */
typedef int present_fn(struct arena *a, struct db *db, struct present *names, size_t n, struct pawl_error *e);
present_fn present_sqlite, present_postgres;

#endif
