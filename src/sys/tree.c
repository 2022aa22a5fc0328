#include "sys/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "sys/file.h"
#include "sys/process.h"

#define DEPTH 16 /* folders in each other; the data directory of a server has five */

#define MEMORY_PLACE "/dev/shm"

const char *tree_place(uint64_t memory)
{
    struct statvfs info;
    if (memory && statvfs(MEMORY_PLACE, &info) == 0 && (uint64_t)info.f_bavail * info.f_frsize >= memory &&
        access(MEMORY_PLACE, W_OK | X_OK) == 0)
        return MEMORY_PLACE;
    const char *place = getenv("TMPDIR");
    return place && *place == '/' ? place : "/tmp";
}

static bool is_dots(const char *name)
{
    return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* ---- copying ----------------------------------------------------------------------------------------------------- */

static int copy_bytes(int from, int to, size_t size)
{
    while (size) {
        ssize_t n = copy_file_range(from, NULL, to, NULL, size, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        size -= (size_t)n;
    }
    /* Where the kernel cannot copy between these two, by hand. */
    char buffer[65536];
    ssize_t got;
    while (size && (got = read(from, buffer, sizeof buffer)) != 0) {
        for (ssize_t done = 0; got > 0 && done < got;) {
            ssize_t n = write(to, buffer + done, (size_t)(got - done));
            if (n < 0 && errno != EINTR)
                return errno;
            done += n > 0 ? n : 0;
        }
        if (got < 0 && errno != EINTR)
            return errno;
    }
    return 0;
}

static int own(int fd, const struct process_user *owner)
{
    return owner && fchown(fd, owner->uid, owner->gid) ? errno : 0;
}

static int copy_file(int from_dir, int to_dir, const char *name, size_t size, const struct process_user *owner)
{
    int error = 0;
    int from = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int to = from < 0 ? -1 : openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (to < 0)
        error = errno;
    if (!error)
        error = copy_bytes(from, to, size);
    if (!error)
        error = own(to, owner);
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    return error;
}

static int copy_level(int from, int to, const struct process_user *owner, int depth);

/* `name` in from_dir becomes `as` in to_dir; both may be whole paths. */
static int copy_folder(int from_dir, const char *name, int to_dir, const char *as, const struct process_user *owner,
                       int depth)
{
    int error = 0;
    if (mkdirat(to_dir, as, 0700))
        return errno;
    int from = openat(from_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int to = openat(to_dir, as, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (from < 0 || to < 0)
        error = errno;
    if (!error)
        error = copy_level(from, to, owner, depth + 1);
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    return error;
}

static int copy_level(int from, int to, const struct process_user *owner, int depth)
{
    int error = own(to, owner);
    int again = error || depth > DEPTH ? -1 : dup(from);
    DIR *dir = again >= 0 ? fdopendir(again) : NULL;
    if (!dir)
        return error ? error : depth > DEPTH ? ELOOP : errno;
    struct dirent *entry;
    while (!error && (entry = readdir(dir))) {
        struct stat info;
        if (is_dots(entry->d_name))
            continue;
        if (fstatat(from, entry->d_name, &info, AT_SYMLINK_NOFOLLOW))
            error = errno;
        else if (S_ISDIR(info.st_mode))
            error = copy_folder(from, entry->d_name, to, entry->d_name, owner, depth);
        else if (S_ISREG(info.st_mode))
            error = copy_file(from, to, entry->d_name, (size_t)info.st_size, owner);
    }
    closedir(dir);
    return error;
}

int tree_copy(const char *from, const char *to, const struct process_user *owner, struct pawl_error *e)
{
    int error = copy_folder(AT_FDCWD, from, AT_FDCWD, to, owner, 0);
    return error ? file_fault("copy this folder", from, error, e) : PAWL_OK;
}

/* ---- the rest ---------------------------------------------------------------------------------------------------- */

static int remove_at(int parent, const char *name, int depth)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
        return 0;
    int error = errno;
    int fd = depth > DEPTH ? -1 : openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir)
        return error;
    error = 0;
    struct dirent *entry;
    while ((entry = readdir(dir)))
        if (!is_dots(entry->d_name)) {
            int one = remove_at(fd, entry->d_name, depth + 1);
            error = error ? error : one;
        }
    closedir(dir);
    return unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : error ? error : errno;
}

int tree_remove(const char *path, struct pawl_error *e)
{
    int error = remove_at(AT_FDCWD, path, 0);
    return error ? file_fault("remove this folder", path, error, e) : PAWL_OK;
}

bool tree_move(const char *from, const char *to)
{
    return rename(from, to) == 0;
}

int tree_list(const char *path, tree_visit_fn *visit, void *context, struct pawl_error *e)
{
    DIR *dir = opendir(path);
    if (!dir)
        return errno == ENOENT || errno == ENOTDIR ? PAWL_OK : file_fault("read this folder", path, errno, e);
    int code = PAWL_OK;
    struct dirent *entry;
    while (!code && (entry = readdir(dir)))
        if (!is_dots(entry->d_name))
            code = visit(context, entry->d_name, e);
    closedir(dir);
    return code;
}

int64_t tree_changed_ns(const char *path)
{
    struct stat info;
    if (stat(path, &info))
        return 0;
    return (int64_t)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec;
}
