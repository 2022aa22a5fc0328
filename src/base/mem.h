/*
 * mem: every heap request of pawl goes through here.
 *
 * One seam, so that a test can make the n-th request fail and watch what happens. A build with -Dfaults=true
 * (tests only) has the counter; any other build has no state at all here. NULL means no memory; nothing aborts.
 */
#ifndef PAWL_BASE_MEM_H
#define PAWL_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed memory for n bytes (n = 0 gives a valid pointer), or NULL. The caller frees it with mem_free. */
void *mem_alloc(size_t n);
/* realloc; on NULL the old block is untouched. New bytes are not zeroed. */
void *mem_realloc(void *p, size_t n);
void mem_free(void *p);

#ifdef PAWL_FAULTS
/* Request number `countdown` from now on (1 is the next) and, if `repeat`, every later one returns NULL; 0 turns it off. */
void mem_fault_set(long countdown, int repeat);
/* Requests seen since mem_fault_set, and how many of them were refused. */
long mem_fault_seen(void);
long mem_fault_hits(void);
/* Counts one request; whether it is to be refused. For what gives out memory that it already has, as arenas do. */
bool mem_fault(void);
#else
#define mem_fault() false
#endif

#endif
