/*
 * name: what a file name says, by sqlx's grammar (sqlx-core/src/migrate/source.rs).
 *
 * The name is split at its first underscore. It is ignored unless there are two parts and the second ends in ".sql"
 * (in that spelling). The first must then be a signed 64-bit decimal number, or sqlx refuses the whole folder. The
 * second part's suffix tells up from down (".up.sql", ".down.sql", else a plain up), and is removed as often as it
 * stands there; underscores in what is left are shown as spaces. Hence "1_up.sql" is a plain up called "up", and
 * "2026_05_18_x.sql" is version 2026.
 */
#ifndef PAWL_SOURCE_NAME_H
#define PAWL_SOURCE_NAME_H

#include "base/slice.h"

enum name_kind {
    NAME_OTHER,       /* not SQL at all: ignored by sqlx and by pawl */
    NAME_STRAY,       /* a .sql file (in any spelling) that sqlx ignores without a word */
    NAME_BAD,         /* sqlx refuses the folder because of it: no number in front */
    NAME_BAD_VERSION, /* a number in front that no migration may have: 0, negative, or beyond 64 bits */
    NAME_UP,
    NAME_DOWN,
};

struct name {
    enum name_kind kind;
    int64_t version;          /* NAME_UP, NAME_DOWN, and NAME_BAD_VERSION if it fits; else 0 */
    bool has_sign;            /* "+5": sqlx reads it as 5 */
    bool split_suffix;        /* an up that ends in .up.sql */
    bool dated;               /* "2026_05_18_...": a date was meant, but the version is only the year */
    int digits;               /* of the version as written */
    struct slice description; /* within the name, underscores not yet replaced */
};

/* `file` is a name without folder. Never fails; a name that is not UTF-8 but ends in .sql is NAME_BAD. */
void name_parse(struct slice file, struct name *out);

/* Is this number a point in time (20260518..., seconds since 1970) rather than one of a sequence? */
bool version_is_timestamp(int64_t version);

#endif
