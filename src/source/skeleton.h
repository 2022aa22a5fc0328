/*
 * skeleton: a new migration, numbered and named as the others of its folder are.
 */
#ifndef PAWL_SOURCE_SKELETON_H
#define PAWL_SOURCE_SKELETON_H

#include "base/err.h"
#include "pawl.h"

struct skeleton {
    const char *dir;
    const char *name; /* description; spaces become underscores */
    enum pawl_numbering numbering;
    int64_t now; /* seconds since 1970, for timestamps */
};

/*
 * Writes NNNN_name.sql and NNNN_name.down.sql (or .up.sql, if the newest up of the folder is named so), both with a
 * comment that says what to write. AUTO numbers as the folder does, and sequentially, with four digits, in a folder
 * without migrations. The version is greater than every other, of downs too. Makes the folder if there is none.
 * PAWL_USAGE: no fit name. PAWL_REFUSED: such a file exists. PAWL_IO. After a failure neither file is there.
 */
int skeleton_write(const struct skeleton *s, struct pawl_new_files *out, struct pawl_error *e);

#endif
