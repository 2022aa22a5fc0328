/* calendar: the date and time of day, for names of files and versions; never for measuring (see clock). */
#ifndef PAWL_SYS_CALENDAR_H
#define PAWL_SYS_CALENDAR_H

#include <stdint.h>

/* Seconds since 1970 in UTC. */
int64_t calendar_seconds(void);

#define CALENDAR_STAMP 15 /* bytes of "20260518093000" and its NUL */

/* The present second in UTC as year, month, day, hour, minute, second. */
void calendar_stamp(char out[CALENDAR_STAMP]);

#endif
