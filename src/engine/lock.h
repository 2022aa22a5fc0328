/*
 * lock: one run at a time, for engines whose transactions alone do not see to it.
 *
 * The lock is tried again and again outside any transaction, never waited for inside the server: a waiter blocked in
 * pg_advisory_lock and a CREATE INDEX CONCURRENTLY of the holder wait for each other, and the index is left INVALID.
 */
#ifndef PAWL_ENGINE_LOCK_H
#define PAWL_ENGINE_LOCK_H

#include "engine/run.h"

/* Tries until r->wait_ms have gone by. PAWL_LOCKED names the holder. Does nothing for an engine that needs no such lock. */
int lock_take(struct run *r, struct pawl_error *e);
void lock_release(struct run *r);

#endif
