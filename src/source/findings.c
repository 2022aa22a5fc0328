#include "source/findings.h"

#include "base/slice.h"

/* What is not named here is only reported. */
static const unsigned char effects[PAWL_FINDING_COUNT] = {
    [PAWL_FINDING_DUPLICATE_VERSION] = FINDING_ALWAYS,
    [PAWL_FINDING_BAD_NAME] = FINDING_STOPS,
    [PAWL_FINDING_BAD_VERSION] = FINDING_STOPS,
    [PAWL_FINDING_NOT_UTF8] = FINDING_ALWAYS,
    [PAWL_FINDING_NUL_BYTE] = FINDING_ALWAYS,
    [PAWL_FINDING_UNREADABLE] = FINDING_ALWAYS,
    [PAWL_FINDING_LEXICAL] = FINDING_ALWAYS,
    [PAWL_FINDING_TRANSACTION_CONTROL] = FINDING_STOPS,
    [PAWL_FINDING_NEEDS_NO_TRANSACTION] = FINDING_STOPS,
    [PAWL_FINDING_CLIENT_COMMAND] = FINDING_STOPS,
    [PAWL_FINDING_TWO_HALVES] = FINDING_STOPS,
    [PAWL_FINDING_BAD_BASELINE] = FINDING_ALWAYS,
};

enum finding_effect findings_effect(enum pawl_finding_id id)
{
    return id < PAWL_FINDING_COUNT ? (enum finding_effect)effects[id] : FINDING_REPORTED;
}

void findings_init(struct findings *f, struct report *report)
{
    *f = (struct findings){.report = report};
}

void findings_add_as(struct findings *f, struct pawl_finding *finding, enum finding_effect effect)
{
    bool relaxable = effect != FINDING_ALWAYS || findings_effect(finding->id) == FINDING_ALWAYS;
    enum pawl_level level = relaxable ? f->report->levels[finding->id] : PAWL_LEVEL_ERROR;
    report_finding_at(f->report, finding, level);
    bool stops = effect == FINDING_ALWAYS || (effect == FINDING_STOPS && level == PAWL_LEVEL_ERROR);
    if (!stops || f->stopped)
        return;
    f->stopped = true;
    err_set(&f->first, PAWL_SOURCE, "%s", finding->message);
    err_place(&f->first, slice_of(finding->file), finding->line, finding->column);
    if (finding->hint)
        err_hint(&f->first, "%s", finding->hint);
    f->first.version = finding->version;
}

void findings_add(struct findings *f, struct pawl_finding *finding)
{
    findings_add_as(f, finding, findings_effect(finding->id));
}

int findings_result(const struct findings *f, struct pawl_error *e)
{
    if (!f->stopped)
        return PAWL_OK;
    if (e)
        *e = f->first;
    return PAWL_SOURCE;
}
