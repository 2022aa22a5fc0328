/*
 * recall: the course of a set as its certificate tells it, without running anything.
 *
 * The file of changes beside the certificate says what each migration does to the facts, and the certificate's fingerprints say
 * whether that is true. So what a database without a ledger is at can be told where no scratch database can be made. What it
 * does not say is what the statements of a migration do one by one: that is known only where the text leaves no choice, and else
 * the set has to be rehearsed (engine/course).
 */
#ifndef PAWL_ENGINE_RECALL_H
#define PAWL_ENGINE_RECALL_H

#include "engine/course.h"

/*
 * Fills *out, all of it in the run's arena, and says so in *found, if the run has a certificate (run.attest) whose changes cover the
 * first `to` migrations of the set (more than there are = all) and say of each state what its fingerprints say. out->n may be more than
 * `to`, up to where that holds.
 *
 * `shapes`: if the changes are of another major version of the engine, of which only the shapes can be compared, they are taken too,
 * as shapes; without it they are not.
 */
int recall(struct run *r, size_t to, bool shapes, struct course *out, bool *found, struct pawl_error *e);
/* Behind recall: are the changes of another major version, so that it gives shapes? */
bool recall_shapes(const struct run *r);

/*
 * Fills in the statements of the steps that are wanted. *enough = false: of some of them they are not known, or were not enough when
 * they were; nothing is to be relied on then.
 */
int recall_detail(struct run *r, struct course *c, const bool *wanted, bool *enough, struct pawl_error *e);

#endif
