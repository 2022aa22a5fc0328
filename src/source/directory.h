/*
 * directory: reads a folder of migrations into a migration set.
 *
 * The name grammar and the description rule are sqlx's (sqlx-core/src/migrate/source.rs): split at the first underscore,
 * version in front, description behind, suffix removed, underscores shown as spaces. What sqlx silently accepts and users
 * regret is reported as findings (see PAWL_FINDINGS); what makes the set ambiguous is an error. Regular files directly in
 * the folder, symbolic links followed.
 */
#ifndef PAWL_SOURCE_DIRECTORY_H
#define PAWL_SOURCE_DIRECTORY_H

#include "base/arena.h"
#include "base/err.h"
#include "model/migration.h"
#include "model/report.h"

/*
 * Reads names and checksums; each file is opened once and closed again. Findings go to `report`. PAWL_SOURCE if findings of
 * level error leave the set unusable (the first one is the error's message), PAWL_IO if the folder cannot be read.
 * A missing folder is PAWL_IO with a hint that names --dir and `pawl new`.
 */
int source_read(struct arena *a, const char *dir, struct report *report, struct migration_set *out,
                struct pawl_error *e);

#endif
