/*
 * certified: a certificate laid beside a folder: what has changed since it was written, each way told apart.
 */
#ifndef PAWL_SOURCE_CERTIFIED_H
#define PAWL_SOURCE_CERTIFIED_H

#include "model/migration.h"
#include "source/certificate.h"

enum certified_kind {
    CERTIFIED_NEW,          /* a file without a line, newer than all lines */
    CERTIFIED_BETWEEN,      /* the same, older than some line */
    CERTIFIED_UP,           /* the up text is another one */
    CERTIFIED_DOWN,         /* the down text is another one */
    CERTIFIED_DOWN_ADDED,   /* there was none */
    CERTIFIED_DOWN_REMOVED, /* there is none any more */
    CERTIFIED_ENDINGS,      /* a text differs only in line endings, byte order mark or final newline */
    CERTIFIED_RENAMED,      /* the same texts under another description */
    CERTIFIED_RENUMBERED,   /* the same up text under another version, whose line is gone or another one */
    CERTIFIED_SWAPPED,      /* the up texts of two versions have changed places; told for the lower one */
    CERTIFIED_GONE,         /* a line without a file */
};

struct certified_item {
    enum certified_kind kind;
    int64_t version, other;            /* other: of RENUMBERED (as it was) and SWAPPED */
    const struct migration *migration; /* NULL: CERTIFIED_GONE */
    uint32_t line;                     /* of the certificate; 0 = it has none */
    struct slice message;              /* one line that names the version, NUL-terminated */
    const char *hint;
};

struct certified {
    struct certified_item *items; /* by version */
    size_t n;
    /* So many migrations at the beginning of the set have lines with the same versions and up texts, and no line in between has
     * no file: their states are those of the certificate. */
    size_t prefix;
    const struct certificate_line **lines; /* by migration of the set; NULL = there is none of that version */
};

/* `downs`: the set was read with them (source/directory). */
int certified_compare(struct arena *a, const struct certificate *c, const struct migration_set *set, bool downs,
                      struct certified *out, struct pawl_error *e);
/* The item that says why `version` is not (wholly) certified; NULL = nothing about it. */
const struct certified_item *certified_about(const struct certified *c, int64_t version);

#endif
