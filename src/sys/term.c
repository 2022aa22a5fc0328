#include "sys/term.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool term_is(int fd)
{
    return isatty(fd) == 1;
}

unsigned term_width(int fd)
{
    struct winsize size;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

bool term_can_ask(void)
{
    return term_is(STDIN_FILENO) && term_is(STDERR_FILENO);
}

bool term_ask(const char *question, char *answer, size_t n)
{
    size_t length = strlen(question), used = 0;
    if (write(STDERR_FILENO, question, length) != (ssize_t)length)
        return false;
    for (char c; used < n; answer[used++] = c) {
        if (read(STDIN_FILENO, &c, 1) != 1)
            return false;
        if (c == '\n') {
            answer[used] = '\0';
            return true;
        }
    }
    return false;
}
