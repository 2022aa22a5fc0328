#include "api/api.h"
#include "source/skeleton.h"
#include "sys/calendar.h"

PAWL_API int pawl_new(struct pawl *p, const struct pawl_new_options *options, struct pawl_new_files *out,
                      struct pawl_error *e)
{
    const struct skeleton skeleton = {p->config.dir, options->name, options->numbering, calendar_seconds()};
    return skeleton_write(&skeleton, out, e);
}
