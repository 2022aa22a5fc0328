#include "sys/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int folder_open(const char *path, struct folder *out, bool *missing, struct pawl_error *e)
{
    *out = (struct folder){.path = path, .fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    int problem = out->fd < 0 ? errno : 0;
    if (missing)
        *missing = problem == ENOENT;
    return problem ? file_fault("read this folder", path, problem, e) : PAWL_OK;
}

void folder_close(struct folder *f)
{
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}

/*
 * The kind as the directory itself tells it, which saves a call a file; links and file systems that do not tell need
 * one.
 */
static void look(const struct folder *f, const struct dirent *d, struct folder_entry *out)
{
    if (d->d_type == DT_REG) {
        out->kind = FILE_REGULAR;
    } else if (d->d_type == DT_DIR) {
        out->kind = FILE_FOLDER;
    } else {
        struct stat st;
        if (fstatat(f->fd, d->d_name, &st, 0))
            out->problem = errno;
        else
            out->kind = S_ISREG(st.st_mode) ? FILE_REGULAR : S_ISDIR(st.st_mode) ? FILE_FOLDER : FILE_OTHER;
    }
}

static bool is_self_or_parent(const char *name)
{
    return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

static int by_name(const void *x, const void *y)
{
    return slice_cmp(((const struct folder_entry *)x)->name, ((const struct folder_entry *)y)->name);
}

static int read_entries(struct arena *a, const struct folder *f, DIR *d, struct folder_list *out, struct pawl_error *e)
{
    size_t cap = 0;
    for (;;) {
        errno = 0;
        const struct dirent *item = readdir(d);
        if (!item)
            return errno ? file_fault("read this folder", f->path, errno, e) : PAWL_OK;
        if (is_self_or_parent(item->d_name))
            continue;
        void *items = out->items;
        if (!arena_grow(a, &items, &cap, out->n, sizeof *out->items))
            return err_nomem(e);
        out->items = items;
        struct folder_entry *entry = &out->items[out->n];
        *entry = (struct folder_entry){.name = arena_dup(a, slice_of(item->d_name))};
        if (!entry->name.p)
            return err_nomem(e);
        look(f, item, entry);
        out->n++;
    }
}

int folder_list(struct arena *a, const struct folder *f, struct folder_list *out, struct pawl_error *e)
{
    *out = (struct folder_list){0};
    int fd = openat(f->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* closedir closes it, and f->fd keeps its place */
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (!d) {
        int problem = errno;
        if (fd >= 0)
            close(fd);
        return file_fault("read this folder", f->path, problem, e);
    }
    int code = read_entries(a, f, d, out, e);
    closedir(d);
    if (code == PAWL_OK && out->n)
        qsort(out->items, out->n, sizeof *out->items, by_name);
    return code;
}

int folder_file_open(const struct folder *f, const struct folder_entry *entry, struct folder_file *out)
{
    *out = (struct folder_file){.fd = -1};
    if (entry->kind != FILE_REGULAR)
        return EINVAL;
    out->fd = openat(f->fd, entry->name.p, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st = {0};
    int problem = out->fd < 0 || fstat(out->fd, &st) ? errno : S_ISREG(st.st_mode) ? 0 : EINVAL;
    if (problem)
        folder_file_close(out);
    else
        out->size = (uint64_t)st.st_size;
    return problem;
}

int folder_file_read(struct folder_file *f, char *buffer, size_t n, size_t *got)
{
    *got = 0;
    while (*got < n) {
        size_t wanted = n - *got;
        ssize_t more = read(f->fd, buffer + *got, wanted);
        if (more < 0 && errno == EINTR)
            continue;
        if (more < 0)
            return errno;
        *got += (size_t)more;
        f->done += (size_t)more;
        /* A short read at the size that was told is the end: asking once more costs a call a file. */
        if (more == 0 || ((size_t)more < wanted && f->size && f->done >= f->size))
            break;
    }
    return 0;
}

void folder_file_close(struct folder_file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}
