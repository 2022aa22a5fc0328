#include "model/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void report_init(struct report *r, pawl_event_fn *on_event, void *context)
{
    *r = (struct report){
        .on_event = on_event,
        .context = context,
        .levels =
            {
#define X(name, code, level, meaning) [PAWL_FINDING_##name] = PAWL_LEVEL_##level,
                PAWL_FINDINGS(X)
#undef X
            },
    };
}

void report_init_silent(struct report *r, const struct report *like)
{
    report_init(r, NULL, NULL);
    memcpy(r->levels, like->levels, sizeof r->levels);
}

void report_event(struct report *r, const struct pawl_event *event)
{
    if (r->on_event)
        r->on_event(r->context, event);
}

enum pawl_level report_finding(struct report *r, struct pawl_finding *finding)
{
    report_finding_at(r, finding, r->levels[finding->id]);
    return finding->level;
}

void report_finding_at(struct report *r, struct pawl_finding *finding, enum pawl_level level)
{
    finding->level = level;
    r->errors += finding->level == PAWL_LEVEL_ERROR;
    r->warnings += finding->level == PAWL_LEVEL_WARNING;
    r->notes += finding->level == PAWL_LEVEL_NOTE;
    if (finding->level != PAWL_LEVEL_OFF)
        report_event(r, &(struct pawl_event){
                            .kind = PAWL_EVENT_FINDING,
                            .level = finding->level,
                            .version = finding->version,
                            .file = finding->file,
                            .finding = finding,
                        });
}

void report_note(struct report *r, enum pawl_level level, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    report_event(r, &(struct pawl_event){.kind = PAWL_EVENT_NOTE, .level = level, .message = text});
}
