#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"

#define PATH_LIMIT (1 << 16)
#define TEMPORARY_TRIES 100

int file_fault(const char *what, const char *path, int system_error, struct pawl_error *e)
{
    if (system_error == ENOMEM)
        return err_nomem(e);
    err_set(e, PAWL_IO, "cannot %s: %s", what, strerror(system_error));
    err_place(e, slice_of(path), 0, 0);
    return PAWL_IO;
}

static enum file_kind kind_of(mode_t mode)
{
    return S_ISREG(mode) ? FILE_REGULAR : S_ISDIR(mode) ? FILE_FOLDER : FILE_OTHER;
}

int file_look(const char *path, struct file_info *out, struct pawl_error *e)
{
    struct stat st;
    *out = (struct file_info){.kind = FILE_NONE};
    if (stat(path, &st)) {
        if (errno == ENOENT || errno == ENOTDIR)
            return PAWL_OK;
        return file_fault("look at this path", path, errno, e);
    }
    *out = (struct file_info){
        .kind = kind_of(st.st_mode),
        .size = (uint64_t)st.st_size,
        .device = (uint64_t)st.st_dev,
        .inode = (uint64_t)st.st_ino,
    };
    return PAWL_OK;
}

bool file_exists(const char *path)
{
    struct file_info info;
    return file_look(path, &info, NULL) == PAWL_OK && info.kind != FILE_NONE;
}

bool file_is_folder(const char *path)
{
    struct file_info info;
    return file_look(path, &info, NULL) == PAWL_OK && info.kind == FILE_FOLDER;
}

bool file_same(const struct file_info *x, const struct file_info *y)
{
    return x->kind != FILE_NONE && y->kind != FILE_NONE && x->device == y->device && x->inode == y->inode;
}

/* ---- reading
 * ----------------------------------------------------------------------------------------------------- */

static int too_long(const char *path, size_t max, struct pawl_error *e)
{
    err_set(e, PAWL_IO, "this file is longer than %zu bytes", max);
    err_place(e, slice_of(path), 0, 0);
    return PAWL_IO;
}

/* Reads until the end, so that a file whose size is not known beforehand (/proc, one that is growing) is
 * whole too. */
static int read_all(struct arena *a, int fd, const char *path, size_t expect, size_t max, struct slice *out,
                    struct pawl_error *e)
{
    size_t cap = expect + 1;
    char *p = arena_alloc(a, cap + 1);
    size_t n = 0;
    while (p) {
        ssize_t got = read(fd, p + n, cap - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return file_fault("read this file", path, errno, e);
        if (got == 0) {
            p[n] = '\0';
            *out = (struct slice){p, n};
            return PAWL_OK;
        }
        n += (size_t)got;
        if (n > max)
            return too_long(path, max, e);
        if (n == cap) {
            char *more = arena_alloc(a, cap * 2 + 1);
            if (more)
                memcpy(more, p, n);
            p = more;
            cap *= 2;
        }
    }
    return err_nomem(e);
}

int file_read(struct arena *a, const char *path, size_t max, struct slice *out, struct pawl_error *e)
{
    *out = (struct slice){NULL, 0};
    /* O_NONBLOCK: opening a pipe must not wait for a writer; it means nothing for regular files. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return file_fault("open this file", path, errno, e);
    struct stat st;
    int code;
    if (fstat(fd, &st))
        code = file_fault("read this file", path, errno, e);
    else if (!S_ISREG(st.st_mode))
        code = file_fault("read this file", path, S_ISDIR(st.st_mode) ? EISDIR : EINVAL, e);
    else if ((uint64_t)st.st_size > max)
        code = too_long(path, max, e);
    else
        code = read_all(a, fd, path, (size_t)st.st_size, max, out, e);
    close(fd);
    return code;
}

/* ---- writing
 * ----------------------------------------------------------------------------------------------------- */

static int write_all(int fd, struct slice content)
{
    while (content.n) {
        ssize_t done = write(fd, content.p, content.n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return errno;
        content = slice_sub(content, (size_t)done, content.n);
    }
    return 0;
}

/* Writes, makes durable and closes; 0 or an errno. The descriptor is closed in any case. */
static int finish_file(int fd, struct slice content)
{
    int problem = write_all(fd, content);
    if (!problem && fsync(fd))
        problem = errno;
    if (close(fd) && !problem)
        problem = errno;
    return problem;
}

/* A new name is durable once its folder is. Some file systems cannot sync a folder (EINVAL); nothing more can
 * be done there. */
static int sync_folder_of(const char *path)
{
    STRBUF(folder, PATH_LIMIT);
    const char *slash = strrchr(path, '/');
    if (!slash)
        strbuf_addz(&folder, ".");
    else
        strbuf_add(&folder, (struct slice){path, slash == path ? 1 : (size_t)(slash - path)});
    if (!strbuf_ok(&folder))
        return ENOMEM;
    int fd = open(strbuf_z(&folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == EACCES ? 0 : errno; /* writable but not readable: the file is there all the same */
    int problem = fsync(fd) && errno != EINVAL ? errno : 0;
    close(fd);
    return problem;
}

int file_create(const char *path, struct slice content, struct pawl_error *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0 && errno == EEXIST) {
        err_set(e, PAWL_REFUSED, "this file exists already");
        err_place(e, slice_of(path), 0, 0);
        return PAWL_REFUSED;
    }
    if (fd < 0)
        return file_fault("create this file", path, errno, e);
    int problem = finish_file(fd, content);
    if (!problem)
        problem = sync_folder_of(path);
    if (!problem)
        return PAWL_OK;
    unlink(path);
    return file_fault("write this file", path, problem, e);
}

/* Opens a file that nobody has beside `path`; its name is left in `name`. -1 with errno on failure. */
static int open_temporary(const char *path, struct strbuf *name)
{
    for (int try = 0; try < TEMPORARY_TRIES; try++) {
        strbuf_reset(name);
        strbuf_addf(name, "%s.%ld-%d.tmp", path, (long)getpid(), try);
        if (!strbuf_ok(name)) {
            errno = ENOMEM;
            return -1;
        }
        int fd = open(strbuf_z(name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

static int replace(const char *path, struct slice content)
{
    STRBUF(name, PATH_LIMIT);
    struct stat st;
    bool existed = stat(path, &st) == 0;
    int fd = open_temporary(path, &name);
    if (fd < 0)
        return errno;
    int problem = existed && fchmod(fd, st.st_mode & 07777) ? errno : 0;
    int written = finish_file(fd, content);
    if (!problem)
        problem = written;
    if (!problem && rename(strbuf_z(&name), path))
        problem = errno;
    if (problem) {
        unlink(strbuf_z(&name));
        return problem;
    }
    return sync_folder_of(path);
}

int file_replace(const char *path, struct slice content, struct pawl_error *e)
{
    char target[PATH_MAX];
    const char *real = realpath(path, target); /* rename would put a file in place of a link */
    int problem = replace(real ? real : path, content);
    return problem ? file_fault("write this file", path, problem, e) : PAWL_OK;
}

int file_remove(const char *path, struct pawl_error *e)
{
    if (unlink(path) == 0 || errno == ENOENT)
        return PAWL_OK;
    return file_fault("remove this file", path, errno, e);
}

static int make_one(const char *path)
{
    struct stat st;
    if (mkdir(path, 0777) == 0)
        return 0;
    int problem = errno;
    if (stat(path, &st) == 0) /* also where mkdir is told EROFS or EACCES although the folder is there */
        return S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
    return problem;
}

int folder_make(const char *path, struct pawl_error *e)
{
    STRBUF(part, PATH_LIMIT);
    strbuf_addz(&part, path);
    if (!strbuf_ok(&part))
        return err_nomem(e);
    int problem = part.n ? 0 : ENOENT;
    for (size_t i = 1; i <= part.n && !problem; i++) {
        if (part.p[i] != '/' && part.p[i] != '\0')
            continue;
        char kept = part.p[i];
        part.p[i] = '\0';
        problem = make_one(part.p);
        part.p[i] = kept;
    }
    return problem ? file_fault("make this folder", path, problem, e) : PAWL_OK;
}
