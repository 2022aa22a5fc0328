/*
 * shape: what facts of the same schema have in common, whatever the major version of the engine.
 *
 * PostgreSQL keeps expressions, queries and definitions as trees and writes them as text when it is asked; each major version writes
 * them its own way, and knows objects that the one before did not have. So facts, and fingerprints of facts, belong to a major
 * version. The shape of a fact leaves such texts out. SQLite keeps texts as they were written: its facts are the same in all.
 */
#ifndef PAWL_SCHEMA_SHAPE_H
#define PAWL_SCHEMA_SHAPE_H

#include "schema/facts.h"

/* Do the facts of this engine belong to a major version? */
bool shape_differs(const char *engine);
/* How the fingerprints of this engine are called: "sqlite", "postgres/15". .p NULL = no memory. */
struct slice shape_mark(struct arena *a, const char *engine, int major);
/* The shape of a fact, with the same key; empty: it has no part in the shape. .p NULL = no memory. For an engine whose facts are all
 * alike it is the fact itself. */
struct slice shape_of(struct arena *a, const char *engine, struct slice line);
/* The shapes of sorted lines, sorted; in place. */
int shape_lines(struct arena *a, const char *engine, struct slice *lines, size_t *n, struct pawl_error *e);
/* A difference between shapes. */
int shape_delta(struct arena *a, const char *engine, const struct delta *d, struct delta *out, struct pawl_error *e);
/* Fingerprints of the shape after each of the changes, which lead from nothing over n states. */
int shape_fingerprints(const char *engine, const struct delta *const *changes, size_t n,
                       unsigned char (*out)[SHA256_BYTES], struct pawl_error *e);

/* For the introspector. */
struct slice postgres_shape(struct arena *a, struct slice line);

#endif
