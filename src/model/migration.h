/*
 * migration: what a folder holds, as values.
 *
 * Texts are not kept here: a set of 100,000 files or a file of 200 MB must not fill the memory. A file is opened when it
 * is needed (source/text) and its checksum compared with the one taken when the folder was read.
 */
#ifndef PAWL_MODEL_MIGRATION_H
#define PAWL_MODEL_MIGRATION_H

#include "base/hash.h"
#include "base/slice.h"

struct migration_file {
    struct slice path; /* as given plus name, NUL-terminated; .p NULL = there is no such file */
    uint64_t size;     /* bytes */
    bool bom;
    bool
        no_transaction; /* begins with `-- no-transaction` as sqlx defines it, or carries it after a BOM, blank lines or comments */
    unsigned char checksum[SHA384_BYTES]; /* SHA-384 of all bytes as they are */
};

#define REPLACED_BYTES 16

/* What a baseline stands for. */
struct replaced {
    int64_t version;
    unsigned char digest[REPLACED_BYTES]; /* the first bytes of its checksum */
    bool
        baseline; /* a baseline itself, of the version in front of it: its row alone is as good as those of all in front */
};

struct migration {
    int64_t version; /* > 0 */
    struct slice description;
    struct migration_file up;
    struct migration_file down;      /* perhaps only its path: see source/directory */
    const struct replaced *replaces; /* by version, the last is its own; see source/replaces */
    size_t n_replaces;               /* 0 = it is no baseline */
};

/* Does a stored checksum belong to it? */
static inline bool replaced_is(const struct replaced *r, struct slice checksum)
{
    return checksum.n == SHA384_BYTES && memcmp(checksum.p, r->digest, REPLACED_BYTES) == 0;
}
/* Of the migrations that it stands for, those that were no baselines. */
size_t migration_replaced(const struct migration *m);

enum numbering { NUMBERING_NONE, NUMBERING_SEQUENTIAL, NUMBERING_TIMESTAMP, NUMBERING_MIXED };

struct migration_set {
    struct migration *items; /* by version, each version once */
    size_t n;
    enum numbering numbering;
    bool split_suffix; /* up files end .up.sql rather than .sql */
    int width;         /* digits of sequential numbers, 0 if they vary */
};

/* Index of the version, or SIZE_MAX. */
size_t migration_find(const struct migration_set *set, int64_t version);
/* The baseline of the set that stands for this version, which is not its own; SIZE_MAX = none. */
size_t migration_find_baseline(const struct migration_set *set, int64_t version);

#endif
