#include "proof/judge.h"

enum pawl_finding_id judge_note(enum difference grade)
{
    switch (grade) {
    case DIFFERENCE_COLUMN_ORDER:
        return PAWL_FINDING_COLUMN_ORDER;
    case DIFFERENCE_GENERATED_NAMES:
        return PAWL_FINDING_GENERATED_NAMES;
    case DIFFERENCE_NONE:
    case DIFFERENCE_TEXT:
    case DIFFERENCE_REAL:
        break;
    }
    return PAWL_FINDING_TEXT_ONLY;
}

int judge_unchanged(struct trial *tr, struct hold *h, const struct outcome *o, struct judged *out, struct pawl_error *e)
{
    struct delta now;
    *out = (struct judged){0};
    if (!o->wrote)
        return hold_drop(tr, h, e);
    int code = trial_refresh(tr, h->arena, &now, e);
    if (!code)
        code = hold_changes(h->arena, h, &out->delta, e);
    if (code)
        return code;
    out->grade = delta_grade(&out->delta);
    return hold_back(tr, h, e);
}
