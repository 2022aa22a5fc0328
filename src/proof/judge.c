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

/*
 * Rows are compared when there can be a difference: some text has changed rows, now or before. (Dropping a table and making
 * it again costs its rows without an engine counting one, so it is not enough to look at what this text is said to have
 * changed.) Afterwards comes first, since going back is what leads to before.
 */
static int compare_rows(struct trial *tr, struct hold *h, struct judged *out, struct pawl_error *e)
{
    struct contents before, after;
    int code = rows_read_all(tr, h->arena, &after, e);
    if (!code)
        code = hold_back(tr, h, e);
    if (!code)
        code = rows_read_all(tr, h->arena, &before, e);
    return code ? code : rows_compare(h->arena, &before, &after, &out->rows, &out->n_rows, e);
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
    return tr->rows ? compare_rows(tr, h, out, e) : hold_back(tr, h, e);
}
