#include "cli/out.h"

void out_event(void *context, const struct pawl_event *event)
{
    struct out *o = context;
    record_event(&o->record, event);
    o->kind->event(o, event);
}

const char *out_proof(enum pawl_proof proof)
{
    static const char *const keys[] = {
#define X(name, key, heading, meaning) key,
        PAWL_PROOFS(X)
#undef X
    };
    return keys[proof];
}
