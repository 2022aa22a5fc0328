#include "sys/clock.h"

#include <limits.h>
#include <poll.h>
#include <time.h>

uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t clock_ms(void)
{
    return clock_ns() / 1000000u;
}

void clock_sleep_ms(uint32_t ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&time, NULL);
}

int clock_wait_fd(int fd, int wanted, uint32_t ms)
{
    struct pollfd p = {.fd = fd};
    if (wanted & READY_READ)
        p.events |= POLLIN;
    if (wanted & READY_WRITE)
        p.events |= POLLOUT;
    if (poll(&p, 1, ms > INT_MAX ? INT_MAX : (int)ms) <= 0)
        return 0;
    if (p.revents & (POLLERR | POLLHUP | POLLNVAL))
        return wanted;
    return (p.revents & POLLIN ? READY_READ : 0) | (p.revents & POLLOUT ? READY_WRITE : 0);
}
