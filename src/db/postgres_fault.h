/*
 * postgres_fault: calls into libpq that fail one after the other, in tests. Only a build with -Dfaults=true has this.
 *
 * Every call that asks for memory or uses the connection counts. Refused, it answers as libpq does without memory: NULL,
 * 0 or -1, or for an answer of the server an error without any text in its place, while the connection stays.
 * Cut, the connection is shut down beneath libpq just before the call, which then finds that out by itself.
 */
#ifndef PAWL_DB_POSTGRES_FAULT_H
#define PAWL_DB_POSTGRES_FAULT_H

struct pq;

enum pq_fault { PQ_FAULT_REFUSE, PQ_FAULT_CUT };

/* Puts itself between the calls of `pq` and libpq. */
void pq_fault_wrap(struct pq *pq);
/* Call number `countdown` from now on (1 is the next) and, if `repeat`, every later one fails; 0 turns it off. */
void pq_fault_set(enum pq_fault kind, long countdown, int repeat);
/* How many calls failed since pq_fault_set. */
long pq_fault_hits(void);

#endif
