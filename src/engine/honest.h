/*
 * honest: IF NOT EXISTS in a pending file, where what it names is there already.
 *
 * The engine passes over such a statement, and the schema is not what the file says unless what is there is what the file
 * declares. The catalog is asked for all those names at once; only if one is there, the set is rehearsed (engine/course) and the
 * live schema compared with what the statement makes on a scratch database, or with what a later one makes of it. What pending
 * statements in front of it make, rename or drop is taken into account. What the set itself had made already when it came to
 * the statement is no matter: the statement makes nothing then on any database.
 */
#ifndef PAWL_ENGINE_HONEST_H
#define PAWL_ENGINE_HONEST_H

#include "engine/run.h"

/*
 * Nothing of the plan has run. A difference that is shown is a finding (guard-differs) and, if that is an error, PAWL_REFUSED;
 * what cannot be compared, because there is no place for a scratch database, say, is a finding, too (guard-unknown), and by default a
 * warning. What is the same is an event. Steps that a certificate covers are left to it.
 */
int honest_check(struct run *r, const struct plan *plan, const struct script *scripts, struct pawl_error *e);

#endif
