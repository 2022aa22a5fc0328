/*
 * tree: whole folders: a place for them, copy, remove, move into place.
 *
 * Failures are PAWL_IO with the path as the error's file. Symbolic links are neither followed nor copied.
 */
#ifndef PAWL_SYS_TREE_H
#define PAWL_SYS_TREE_H

#include "base/arena.h"
#include "base/err.h"

struct process_user;

/*
 * A place for temporary files: a file system in memory if there is one with `memory` free bytes (0 = do not look), since
 * creating thousands of files takes a fifth of the time there; else TMPDIR or /tmp.
 */
const char *tree_place(uint64_t memory);
/* Copies files and folders below `from` to the new folder `to`, which `owner` (NULL = we) then owns alone. */
int tree_copy(const char *from, const char *to, const struct process_user *owner, struct pawl_error *e);
/* Removes a folder and everything in it; what is not there is fine. */
int tree_remove(const char *path, struct pawl_error *e);
/* Moves a folder to a name on the same file system; false (and nothing moved) if it cannot, as when something is there. */
bool tree_move(const char *from, const char *to);
/* Calls `visit` with each name in a folder (a missing one has none). */
typedef int tree_visit_fn(void *context, const char *name, struct pawl_error *e);
int tree_list(const char *path, tree_visit_fn *visit, void *context, struct pawl_error *e);
/* When the file was last changed, in nanoseconds since 1970; 0 if that cannot be told. */
int64_t tree_changed_ns(const char *path);

#endif
