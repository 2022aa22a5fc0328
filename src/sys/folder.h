/*
 * folder: what is directly in a folder, and reading those files in pieces.
 *
 * Files are opened relative to the folder's descriptor: cheaper than whole paths, and all from one and the same
 * folder even if it is renamed meanwhile.
 */
#ifndef PAWL_SYS_FOLDER_H
#define PAWL_SYS_FOLDER_H

#include "sys/file.h"

struct folder {
    const char *path; /* as given; must outlive the folder */
    int fd;
};

struct folder_entry {
    struct slice name;   /* NUL-terminated; any bytes but NUL and slash */
    enum file_kind kind; /* links followed; FILE_NONE: a dangling link, or `problem` says why it cannot be told */
    int problem;         /* errno of looking at it (ELOOP, EACCES, ...), 0 = none */
};

struct folder_list {
    struct folder_entry *items; /* in byte order of their names, without . and .. */
    size_t n;
};

/* PAWL_IO if it is missing, no folder, or may not be read; *missing (may be NULL) tells the first case apart. */
int folder_open(const char *path, struct folder *out, bool *missing, struct pawl_error *e);
void folder_close(struct folder *f);
int folder_list(struct arena *a, const struct folder *f, struct folder_list *out, struct pawl_error *e);

struct folder_file {
    int fd;
    uint64_t size; /* when it was opened; 0: perhaps a file system that does not tell */
    uint64_t done; /* bytes read */
};

/*
 * A file in the folder, for reading from its start. Returns 0 or an errno, since the caller makes a finding of it and
 * goes on; only after 0 it must be closed. A file that is not regular is EINVAL.
 */
int folder_file_open(const struct folder *f, const struct folder_entry *entry, struct folder_file *out);
/*
 * Fills `buffer` as far as the file goes, be that less or more than its size was; *got < n means that its end was
 * reached. 0 or an errno.
 */
int folder_file_read(struct folder_file *f, char *buffer, size_t n, size_t *got);
void folder_file_close(struct folder_file *f);

#endif
