/*
 * evidence: which version a schema shows, whatever the ledger says.
 */
#ifndef PAWL_ENGINE_EVIDENCE_H
#define PAWL_ENGINE_EVIDENCE_H

#include "engine/run.h"
#include "schema/facts.h"

enum evidence {
    EVIDENCE_NEITHER,
    EVIDENCE_BEFORE, /* the schema is S(k-1) */
    EVIDENCE_AFTER,  /* the schema is S(k) */
};

/*
 * Takes what the certificate says, or runs the migrations up to set->items[index] on a scratch database, and compares the live schema with the last two of its
 * versions. When both are the same (the migration changes no schema), PAWL_DIRTY says that nothing can be told. For
 * EVIDENCE_NEITHER *difference becomes what would make the live schema S(k); texts live in r->arena.
 */
int evidence_of(struct run *r, size_t index, enum evidence *out, struct delta *difference, struct pawl_error *e);

#endif
