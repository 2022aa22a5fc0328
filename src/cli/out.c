#include "cli/out.h"

void out_event(void *context, const struct pawl_event *event)
{
    struct out *o = context;
    record_event(&o->record, event);
    o->kind->event(o, event);
}
