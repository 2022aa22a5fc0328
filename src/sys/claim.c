#include "sys/claim.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4096

static bool path_in(char out[PATH_SIZE], const char *folder, const char *name)
{
    int n = snprintf(out, PATH_SIZE, "%s/%s", folder, name);
    return n > 0 && n < PATH_SIZE;
}

/* Of the open file, not of the process: a process does not pass its own. */
static bool lock(int fd, short type)
{
#ifdef F_OFD_SETLK
    struct flock whole = {.l_type = type, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_SETLK, &whole) == 0;
#else
    (void)fd;
    (void)type;
    return false;
#endif
}

int claim_take(const char *folder)
{
    char early[PATH_SIZE], path[PATH_SIZE];
    if (!path_in(early, folder, "owner.new") || !path_in(path, folder, "owner"))
        return -1;
    int fd = open(early, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    /* It has its name only when it is locked, so that nobody finds it in between. */
    if (fd >= 0 && (!lock(fd, F_WRLCK) || rename(early, path))) {
        close(fd);
        unlink(early);
        return -1;
    }
    return fd;
}

void claim_drop(int claim)
{
    if (claim >= 0)
        close(claim);
}

bool claim_is_over(const char *folder)
{
    char path[PATH_SIZE];
    struct stat st;
    if (!path_in(path, folder, "owner"))
        return false;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool over = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && lock(fd, F_RDLCK);
    close(fd);
    return over;
}
