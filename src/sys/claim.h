/*
 * claim: a folder that is in use for as long as one process lives.
 *
 * The kernel knows who lives, whatever has become of the numbers of processes since: a file `owner` in the folder is locked, and the
 * lock goes with the process, however it ends.
 */
#ifndef PAWL_SYS_CLAIM_H
#define PAWL_SYS_CLAIM_H

#include <stdbool.h>

/* Claims a folder that we may write to. A descriptor to be closed when the folder is done with, or -1: then nobody ever sweeps it. */
int claim_take(const char *folder);
void claim_drop(int claim); /* -1 is fine */
/* Was it claimed by a process of our user that has ended? Not, if nobody has claimed it. */
bool claim_is_over(const char *folder);

#endif
