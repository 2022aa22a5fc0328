/*
 * text: the text of one migration file, opened for use.
 *
 * Small files are read, large ones mapped (sys/view); either way the whole text is at hand as a slice, and
 * text_release keeps memory bounded by what is looked at. Validation happens here, once: the checksum, UTF-8 (with
 * the byte offset of the first fault), no NUL byte.
 */
#ifndef PAWL_SOURCE_TEXT_H
#define PAWL_SOURCE_TEXT_H

#include "base/err.h"
#include "model/migration.h"
#include "sys/view.h"

struct text {
    struct slice raw; /* all bytes of the file */
    struct slice sql; /* without the byte order mark: what is sent */
    size_t skipped;   /* bytes of `raw` in front of `sql` */
    struct view view; /* owned */
};

/*
 * PAWL_IO: cannot be read. PAWL_SOURCE: not UTF-8, or a NUL byte. PAWL_CHANGED: the file is not the one whose
 * checksum is in `file` (somebody wrote to it while pawl was running). All with file and line. *out needs no closing
 * after a failure.
 */
int text_open(const struct migration_file *file, struct text *out, struct pawl_error *e);
void text_close(struct text *t);
/*
 * Says that the bytes of `sql` in from..to were dealt with: a large file's memory is given back. Looking again is
 * fine.
 */
void text_release(const struct text *t, size_t from, size_t to);

#endif
