#include "cli/out.h"

void out_event(void *context, const struct pawl_event *event)
{
    struct out *o = context;
    record_event(&o->record, event);
    o->kind->event(o, event);
}

bool status_holds(const struct pawl_status *status)
{
    for (size_t i = 0; i < status->n; i++)
        if (status->rows[i].state != PAWL_STATE_APPLIED)
            return false;
    return true;
}
