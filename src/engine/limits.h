/*
 * limits: how long a statement may wait for a lock, and how long it may run.
 *
 * A statement that waits for a lock makes everybody behind it wait too, so it gives up, and what was rolled back is tried again.
 */
#ifndef PAWL_ENGINE_LIMITS_H
#define PAWL_ENGINE_LIMITS_H

#include "engine/batch.h"
#include "engine/run.h"

/*
 * Queues the limits, nothing on an engine without any: for the session, or, with `local`, until the transaction ends.
 * 0 ms = none.
 */
int limits_queue(const struct run *r, struct batch *b, int64_t version, int64_t lock_ms, int64_t statement_ms,
                 bool local, struct pawl_error *e);
/* For how long the statements of this text may wait for a lock: as long as it says itself, or else as the run does. */
int64_t limits_lock_ms(const struct run *r, const struct script *script);
/* May it be tried again? `code` is what it ended with, and `tried` how often it was tried again before. */
bool limits_allow(const struct run *r, int code, uint32_t tried);
/* Says so, and waits: twice as long each time, and by chance up to half as long again, so that two who disturb each other come apart. */
void limits_pause(struct run *r, uint32_t tried, const char *what, int64_t version, const struct pawl_error *why);

#endif
