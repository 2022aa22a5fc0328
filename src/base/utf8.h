/* utf8: is a text valid UTF-8 (RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF)? */
#ifndef PAWL_BASE_UTF8_H
#define PAWL_BASE_UTF8_H

#include "base/slice.h"

/* The byte offset of the first fault, or SIZE_MAX if all is valid. */
size_t utf8_fault(struct slice s);
/* Characters in s, which must be valid; used for columns. */
size_t utf8_count(struct slice s);

/* Drops the half of a character that a full buffer, as of snprintf, has left at the end of a text. */
void utf8_whole(char *text);

/* The UTF-8 form of U+FEFF, the byte order mark. */
#define UTF8_BOM SLICE("\xef\xbb\xbf")

#endif
