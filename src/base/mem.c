#include "base/mem.h"

#include <stdlib.h>

#ifdef PAWL_FAULTS
static long fault_at;
static int fault_repeat;
static long fault_seen;
static long fault_hits;

void mem_fault_set(long countdown, int repeat)
{
    fault_at = countdown;
    fault_repeat = repeat;
    fault_seen = 0;
    fault_hits = 0;
}

long mem_fault_seen(void)
{
    return fault_seen;
}

long mem_fault_hits(void)
{
    return fault_hits;
}

bool mem_fault(void)
{
    fault_seen++;
    if (fault_at <= 0 || fault_seen < fault_at || (fault_seen > fault_at && !fault_repeat))
        return false;
    fault_hits++;
    return true;
}
#endif

void *mem_alloc(size_t n)
{
    return mem_fault() ? NULL : calloc(1, n ? n : 1);
}

void *mem_realloc(void *p, size_t n)
{
    return mem_fault() ? NULL : realloc(p, n ? n : 1);
}

void mem_free(void *p)
{
    free(p);
}
