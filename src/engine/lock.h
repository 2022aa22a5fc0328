/*
 * lock: one run at a time, for engines whose transactions alone do not see to it.
 *
 * The lock is tried again and again outside any transaction, never waited for inside the server: a waiter blocked in
 * pg_advisory_lock and a CREATE INDEX CONCURRENTLY of the holder wait for each other, and the index is left INVALID.
 */
#ifndef PAWL_ENGINE_LOCK_H
#define PAWL_ENGINE_LOCK_H

#include "engine/batch.h"
#include "engine/run.h"

/* Tries until r->wait_ms have gone by. PAWL_LOCKED names the holder. Does nothing for an engine that needs no such lock. */
int lock_take(struct run *r, struct pawl_error *e);
void lock_release(struct run *r);

/*
 * The other way, on request: no session is locked, but the ledger, in each transaction that writes to it. That holds through a
 * pooler which gives each transaction another session, where nothing may be set that outlives its transaction.
 */
bool lock_in_transaction(const struct run *r);
/* Queues the making of the ledger, behind BEGIN. */
int lock_queue_create(const struct run *r, struct batch *b, int64_t version, struct pawl_error *e);
/* Queues that lock behind it; nothing if the run is locked otherwise. */
int lock_queue(const struct run *r, struct batch *b, int64_t version, struct pawl_error *e);
/* PAWL_REFUSED with place if a step runs without a transaction, and so would without the lock. */
int lock_allows(const struct run *r, const struct plan *plan, const struct script *scripts, struct pawl_error *e);

#endif
