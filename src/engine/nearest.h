/* nearest: the schema is that of no version; to which is it nearest, and what differs from that? */
#ifndef PAWL_ENGINE_NEAREST_H
#define PAWL_ENGINE_NEAREST_H

#include "engine/course.h"
#include "engine/run.h"

/*
 * Of a database that has no usable history. The lines are the facts of its schema, sorted. PAWL_REFUSED, with all that differs as a
 * finding; or `why`, and nothing else, if the schema is that of a version after all.
 */
int nearest_refuse(const struct run *r, const struct course *course, const struct slice *lines, size_t n, int why,
                   struct pawl_error *e);

#endif
