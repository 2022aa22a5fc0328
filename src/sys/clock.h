/* clock: the time that passes, and waiting for it or for a descriptor. */
#ifndef PAWL_SYS_CLOCK_H
#define PAWL_SYS_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Nanoseconds and milliseconds on a clock that never goes back; only differences mean something. */
uint64_t clock_ns(void);
uint64_t clock_ms(void);
/* Returns earlier when a signal arrives. */
void clock_sleep_ms(uint32_t ms);

enum { READY_READ = 1, READY_WRITE = 2 };

/*
 * Waits until the descriptor can be read or written (a set of READY_*), `ms` have gone by, or a signal arrives. The set
 * of what is ready; 0 for none of it. A descriptor in a fault is ready for everything that was asked: using it tells.
 */
int clock_wait_fd(int fd, int wanted, uint32_t ms);

#endif
