#include "model/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const enum pawl_level defaults[PAWL_FINDING_COUNT] = {
#define X(name, code, level, meaning) [PAWL_FINDING_##name] = PAWL_LEVEL_##level,
    PAWL_FINDINGS(X)
#undef X
};

void report_init(struct report *r, pawl_event_fn *on_event, void *context)
{
    *r = (struct report){.on_event = on_event, .context = context};
    memcpy(r->levels, defaults, sizeof r->levels);
}

const char *report_code(enum pawl_finding_id id)
{
    static const char *const codes[] = {
#define X(name, code, level, meaning) code,
        PAWL_FINDINGS(X)
#undef X
    };
    return (size_t)id < PAWL_FINDING_COUNT ? codes[id] : NULL;
}

bool report_harmless(enum pawl_finding_id id)
{
    return defaults[id] < PAWL_LEVEL_WARNING;
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

static void tell(struct report *r, const struct pawl_finding *finding)
{
    r->errors += finding->level == PAWL_LEVEL_ERROR;
    r->warnings += finding->level == PAWL_LEVEL_WARNING;
    r->notes += finding->level == PAWL_LEVEL_NOTE;
    report_event(r, &(struct pawl_event){
                        .kind = PAWL_EVENT_FINDING,
                        .level = finding->level,
                        .version = finding->version,
                        .file = finding->file,
                        .finding = finding,
                    });
}

/* ---- held back --------------------------------------------------------------------------------------------------- */

void report_hold(struct report *r, struct arena *a)
{
    r->hold = a;
    r->held = NULL;
    r->n_held = r->cap_held = 0;
}

static bool keep(struct report *r, const struct pawl_finding *finding)
{
    struct pawl_finding kept = *finding;
    const char **const texts[] = {&kept.engine, &kept.file, &kept.message, &kept.detail, &kept.hint};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (*texts[i] && !(*texts[i] = arena_strz(r->hold, slice_of(*texts[i]))))
            return false;
    if (!arena_grow(r->hold, (void **)&r->held, &r->cap_held, r->n_held, sizeof kept))
        return false;
    r->held[r->n_held++] = kept;
    return true;
}

void report_release(struct report *r, bool (*wanted)(const void *context, int64_t version), const void *context)
{
    size_t n = r->hold ? r->n_held : 0;
    r->hold = NULL;
    for (size_t i = 0; i < n; i++)
        if (wanted(context, r->held[i].version))
            tell(r, &r->held[i]);
    r->n_held = 0;
}

void report_finding_at(struct report *r, struct pawl_finding *finding, enum pawl_level level)
{
    finding->level = level;
    if (level != PAWL_LEVEL_OFF && (!r->hold || level == PAWL_LEVEL_ERROR || !keep(r, finding)))
        tell(r, finding);
}

enum pawl_level report_finding(struct report *r, struct pawl_finding *finding)
{
    report_finding_at(r, finding, r->levels[finding->id]);
    return finding->level;
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
