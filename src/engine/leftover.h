/*
 * leftover: what an interrupted statement left behind that no transaction could take back.
 *
 * CREATE INDEX CONCURRENTLY that is interrupted leaves an index that nobody uses and that IF NOT EXISTS takes for the real
 * one; one that ended just before its progress was recorded is complete and would fail when it is run again.
 */
#ifndef PAWL_ENGINE_LEFTOVER_H
#define PAWL_ENGINE_LEFTOVER_H

#include "engine/run.h"

/*
 * Before a statement is run outside any transaction. `resumed`: a run was interrupted at or right behind it. An incomplete
 * index of its name is dropped if resumed, and PAWL_SQL if not, since then somebody else may be building it. *done: the
 * interrupted run had finished the statement, so it is not to run again.
 */
int leftover_clear(struct run *r, struct slice sql, int64_t version, bool resumed, bool *done, struct pawl_error *e);

#endif
