/*
 * repair: puts the ledger right where it can be shown what is right.
 */
#ifndef PAWL_ENGINE_REPAIR_H
#define PAWL_ENGINE_REPAIR_H

#include "engine/run.h"

/*
 * Checksums that differ from their files only in line endings or byte order mark are recorded anew. A dirty row is
 * cleared by evidence: the migrations are run on a scratch database, and if the schema is S(k), the row is marked done; if it is
 * S(k-1), removed; else PAWL_DIRTY says how both differ. Nothing is ever guessed.
 * With `fold`, a baseline that is applied by the rows of what it stands for gets one row of its own instead, as sqlx would have it;
 * who still has the replaced files must not run any more.
 * A file that differs in more is left as it is and is PAWL_CHANGED, after the rest was repaired. Notes tell each change; out->steps counts them.
 */
int repair_run(struct run *r, bool dry_run, bool fold, struct pawl_result *out, struct pawl_error *e);

#endif
