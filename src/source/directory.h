/*
 * directory: reads a folder of migrations into a migration set.
 *
 * The name grammar and the description rule are sqlx's (see source/name). What sqlx silently accepts and users regret
 * is reported as findings (see PAWL_FINDINGS); what makes the set ambiguous is an error (see source/findings).
 * Regular files directly in the folder, symbolic links followed. Findings and migrations come in the same order on
 * every machine.
 */
#ifndef PAWL_SOURCE_DIRECTORY_H
#define PAWL_SOURCE_DIRECTORY_H

#include "base/arena.h"
#include "base/err.h"
#include "model/migration.h"
#include "model/report.h"

/* dir/name, NUL-terminated. .p NULL: no memory. */
struct slice source_path(struct arena *a, const char *dir, struct slice name);

/*
 * How much of the files is wanted. With SOURCE_UPS a down is known by its path alone, and nothing but that may be asked
 * of it: who only goes forward does not pay for texts that are not going to run, and is not stopped by what is in them.
 */
enum source_extent { SOURCE_UPS, SOURCE_ALL };

/*
 * Reads names and checksums; each file is opened once and closed again. All findings go to `report`. PAWL_SOURCE if
 * one of them makes the set unusable (the first such one is the error); *out then holds what can be told all the
 * same, so that `status` and `verify` may still look at it. PAWL_IO if the folder cannot be read; a missing one has a
 * hint that names --dir and `pawl new`. A folder without migrations is
 * an empty set, with a remark to `report`.
 */
int source_read(struct arena *a, const char *dir, enum source_extent extent, struct report *report,
                struct migration_set *out, struct pawl_error *e);

/* Something else that wants to be seen to from time to time while files are read; it must not wait for anything. */
typedef void source_tick_fn(void *context);

/* source_read that calls `tick` (NULL = nothing) every so many bytes: some ten times in a thousand small files. */
int source_read_ticking(struct arena *a, const char *dir, enum source_extent extent, struct report *report,
                        source_tick_fn *tick, void *context, struct migration_set *out, struct pawl_error *e);

#endif
