/*
 * eol: is a file that no longer has the recorded checksum really another one, or only spelled differently?
 *
 * sqlx hashes every byte, so a checkout with other line endings, an editor that adds a byte order mark or a final
 * newline changes the checksum of a file whose meaning is the same. Those spellings are tried one after the other.
 */
#ifndef PAWL_SOURCE_EOL_H
#define PAWL_SOURCE_EOL_H

#include "base/err.h"
#include "model/migration.h"

enum eol_flag {
    EOL_ENDINGS = 1 << 0, /* the recorded text ended its lines with LF and the file with CRLF, or the other way round */
    EOL_BOM = 1 << 1,     /* only one of them begins with a byte order mark */
    EOL_FINAL = 1 << 2,   /* only one of them ends with a line end */
};

struct eol_difference {
    bool equal;     /* the checksum is that of the file as it is */
    unsigned flags; /* enum eol_flag: the file differs in nothing but this; 0 and not equal = it is another text */
};

/*
 * Compares a file with the checksum that was recorded for it (48 bytes; any other length is another text). Opens the
 * file only if the checksums differ; errors are those of text_open.
 */
int eol_compare(const struct migration_file *file, struct slice recorded, struct eol_difference *out,
                struct pawl_error *e);

/* "line endings", "byte order mark", "line endings and byte order mark", ...; "" for 0. */
const char *eol_words(unsigned flags);

#endif
