/*
 * file: whole files by path: look, read, create, replace, remove.
 *
 * Paths are C strings, because they go to the operating system as they are. Symbolic links are followed
 * everywhere. Failures are PAWL_IO with the path as the error's file and the system's own reason in the
 * message.
 */
#ifndef PAWL_SYS_FILE_H
#define PAWL_SYS_FILE_H

#include "base/arena.h"
#include "base/err.h"

enum file_kind { FILE_NONE, FILE_REGULAR, FILE_FOLDER, FILE_OTHER /* device, pipe, socket */ };

struct file_info {
    enum file_kind kind;
    uint64_t size; /* bytes; meaningful for FILE_REGULAR */
    uint64_t device, inode;
};

/* What stands at `path`. Nothing there, or a dangling link, is PAWL_OK with FILE_NONE; a link loop is
 * PAWL_IO. */
int file_look(const char *path, struct file_info *out, struct pawl_error *e);
/* The same, for questions where "cannot be told" means no. */
bool file_exists(const char *path);
bool file_is_folder(const char *path);
/* Do both describe one existing file (whatever their names)? */
bool file_same(const struct file_info *x, const struct file_info *y);

/* The whole file, NUL-terminated (the NUL is not counted). PAWL_IO if it is longer than `max` bytes or not a
 * regular file. */
int file_read(struct arena *a, const char *path, size_t max, struct slice *out, struct pawl_error *e);

/* Writes a new file and makes it durable. PAWL_REFUSED, and nothing changed, if something of that name is
 * there. */
int file_create(const char *path, struct slice content, struct pawl_error *e);
/*
 * Puts `content` in place of whatever `path` held, all or nothing: a temporary file beside it, fsync, rename,
 * fsync of the folder. Keeps the permissions of a file that was there, and the link if `path` is one.
 */
int file_replace(const char *path, struct slice content, struct pawl_error *e);
/* Nothing there is fine. Never removes a folder. */
int file_remove(const char *path, struct pawl_error *e);

/* Makes the folder and those above it that are missing. Already there is fine. */
int folder_make(const char *path, struct pawl_error *e);

/* For other modules of this room: PAWL_IO "cannot <what>: <the system's reason>", placed at `path`. */
int file_fault(const char *what, const char *path, int system_error, struct pawl_error *e);

#endif
