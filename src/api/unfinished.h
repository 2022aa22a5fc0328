/*
 * unfinished: a squash that was interrupted between its first file and its last.
 *
 * The baseline's down text is written first, then its up text, which says in its list what it stands for. From then on it is known what
 * is still to be removed: the files whose checksums are in the list. Each has its down removed first. The certificate comes last.
 */
#ifndef PAWL_API_UNFINISHED_H
#define PAWL_API_UNFINISHED_H

#include "api/api.h"

struct unfinished {
    bool begun;             /* files that the baseline replaces stand beside it */
    bool baseline;          /* there is one of that version, whatever stands beside it */
    const char *up, *down;  /* of the baseline; down NULL: it has none */
    const char **leftovers; /* what is still to be removed, each up in front of its down; from the end on */
    size_t n, cap;
    const char *stray; /* a down of a baseline whose up was not written any more; NULL: there is none */
};

/* Looks into the folder, which need not be in order. Everything lives as long as the handle. */
int unfinished_look(struct pawl *p, int64_t version, struct unfinished *out, struct pawl_error *e);

#endif
