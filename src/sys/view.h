/*
 * view: the bytes of one file as one slice, read when it is small and mapped when it is large.
 *
 * A mapped view costs memory only for what was lately looked at: view_release gives pages back, and they come again
 * from the file if they are touched once more. As with every mapped file, cutting the file short while it is being
 * looked at ends the process (SIGBUS); small files, which is nearly all of them, are copied and know no such danger.
 */
#ifndef PAWL_SYS_VIEW_H
#define PAWL_SYS_VIEW_H

#include "base/err.h"

/* Files above this many bytes are mapped. */
#define VIEW_MAP_ABOVE ((size_t)1 << 22)

struct view {
    struct slice bytes;
    void *owned; /* heap or mapping */
    size_t size; /* of the mapping */
    bool mapped;
};

/* PAWL_IO, with the path as place. A file that is not regular is PAWL_IO too. */
int view_open(const char *path, struct view *out, struct pawl_error *e);
void view_close(struct view *v);
/* The bytes from..to are not needed soon. Does nothing to a view that is not mapped. */
void view_release(const struct view *v, size_t from, size_t to);

#endif
