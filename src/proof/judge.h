/*
 * judge: what did a text change since a hold was opened, in schema and in rows?
 */
#ifndef PAWL_PROOF_JUDGE_H
#define PAWL_PROOF_JUDGE_H

#include "proof/hold.h"
#include "proof/rows.h"
#include "proof/run.h"

struct judged {
    struct delta delta; /* of the schema, in the hold's arena */
    enum difference grade;
    struct row_change *rows; /* tables whose rows differ */
    size_t n_rows;
};

/*
 * For a text that ran without a refusal and should have changed nothing. Closes the hold: the database goes on as it is if
 * nothing was written, and goes back if something was.
 */
int judge_unchanged(struct trial *tr, struct hold *h, const struct outcome *o, struct judged *out,
                    struct pawl_error *e);

/* The finding for a difference of a grade below DIFFERENCE_REAL. */
enum pawl_finding_id judge_note(enum difference grade);

#endif
