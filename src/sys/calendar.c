#include "sys/calendar.h"

#include <time.h>

void calendar_stamp(char out[CALENDAR_STAMP])
{
    struct tm utc;
    time_t now = time(NULL);
    gmtime_r(&now, &utc);
    strftime(out, CALENDAR_STAMP, "%Y%m%d%H%M%S", &utc);
}

int64_t calendar_seconds(void)
{
    return (int64_t)time(NULL);
}
