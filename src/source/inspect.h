/*
 * inspect: everything about a migration file that needs its bytes but not its meaning, in one pass and bounded memory.
 */
#ifndef PAWL_SOURCE_INSPECT_H
#define PAWL_SOURCE_INSPECT_H

#include "base/err.h"
#include "base/hash.h"
#include "sys/folder.h"

struct inspection {
    int problem; /* errno: it could not be read, and nothing else below is known */
    uint64_t size;
    unsigned char checksum[SHA384_BYTES]; /* of all bytes */
    bool bom;
    bool no_transaction;  /* asked for, wherever it stands */
    uint32_t hidden_line; /* it stands where sqlx does not look: this line; 0 = not so */
    bool replaces;        /* it is a baseline: see source/replaces */
    uint64_t utf8_fault;  /* offset of the first byte that is no UTF-8; UINT64_MAX = none */
    uint64_t nul;         /* offset of the first NUL byte; UINT64_MAX = none */
    uint32_t utf8_line, nul_line;
};

/* Made once for a whole folder: one buffer, one hasher. */
struct inspector {
    struct hasher hasher;
    char *buffer;
};

bool inspector_init(struct inspector *in); /* false: no memory */
void inspector_clear(struct inspector *in);
/* PAWL_NOMEM if the hasher has no memory; what is wrong with the file itself is in *out. */
int inspect_file(struct inspector *in, const struct folder *folder, const struct folder_entry *entry,
                 struct inspection *out, struct pawl_error *e);

/*
 * Does a text ask to be run outside a transaction? sqlx: it begins exactly with "-- no-transaction". Besides, a line
 * that holds nothing else, behind a byte order mark, blank lines and comments, is taken; *hidden_line is then its
 * number.
 */
bool inspect_no_transaction(struct slice text, uint32_t *hidden_line);

#endif
