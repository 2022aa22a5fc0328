#include "cli/cli.h"

#include <signal.h>
#include <time.h>

#define SAME_SIGNAL_MS 1000

static volatile int interrupted;
static struct timespec first; /* only the handler looks at it, and nothing interrupts that */

static int64_t ms_since(const struct timespec *then)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)(now.tv_sec - then->tv_sec) * 1000 + (now.tv_nsec - then->tv_nsec) / 1000000;
}

/*
 * The first asks for an end in good order, a later one ends at once. What comes right behind the first is the same once more:
 * timeout(1), make and npm signal the process and its group.
 */
static void on_signal(int number)
{
    if (!interrupted) {
        clock_gettime(CLOCK_MONOTONIC, &first);
        interrupted = 1;
    } else if (ms_since(&first) >= SAME_SIGNAL_MS) {
        signal(number, SIG_DFL);
        raise(number);
    }
}

const volatile int *interrupt_watch(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaddset(&action.sa_mask, numbers[i]);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction before;
        /* nohup and shells in the background ignore signals on purpose. */
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
    }
    /* `pawl up | head -1` must not stop in the middle because nobody reads on. */
    signal(SIGPIPE, SIG_IGN);
    return &interrupted;
}
