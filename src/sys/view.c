#include "sys/view.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "sys/file.h"

/*
 * A small file is read until its end; one that grew beyond what it was a moment ago is "longer" and the caller
 * notices.
 */
static int read_small(int fd, size_t size, struct view *out)
{
    char *p = mem_alloc(size + 1);
    if (!p)
        return ENOMEM;
    size_t n = 0;
    while (n <= size) {
        ssize_t got = read(fd, p + n, size + 1 - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            int problem = errno;
            mem_free(p);
            return problem;
        }
        if (got == 0)
            break;
        n += (size_t)got;
    }
    *out = (struct view){.bytes = {p, n}, .owned = p};
    return 0;
}

static int map_large(int fd, size_t size, struct view *out)
{
    void *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED)
        return errno;
    madvise(p, size, MADV_SEQUENTIAL);
    *out = (struct view){.bytes = {p, size}, .owned = p, .size = size, .mapped = true};
    return 0;
}

int view_open(const char *path, struct view *out, struct pawl_error *e)
{
    *out = (struct view){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return file_fault("open this file", path, errno, e);
    struct stat st;
    int problem = 0;
    if (fstat(fd, &st))
        problem = errno;
    else if (!S_ISREG(st.st_mode))
        problem = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
    else if ((uint64_t)st.st_size > SIZE_MAX / 2)
        problem = EFBIG;
    else if ((size_t)st.st_size > VIEW_MAP_ABOVE)
        problem = map_large(fd, (size_t)st.st_size, out);
    else
        problem = read_small(fd, (size_t)st.st_size, out);
    close(fd);
    return problem ? file_fault("read this file", path, problem, e) : PAWL_OK;
}

void view_close(struct view *v)
{
    if (v->mapped)
        munmap(v->owned, v->size);
    else
        mem_free(v->owned);
    *v = (struct view){0};
}

void view_release(const struct view *v, size_t from, size_t to)
{
    if (!v->mapped)
        return;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (to > v->size)
        to = v->size;
    from = (from + page - 1) / page * page;
    to = to == v->size ? to : to / page * page;
    if (from < to) /* a private mapping that nobody wrote to: the pages come back from the file */
        madvise((char *)v->owned + from, to - from, MADV_DONTNEED);
}
