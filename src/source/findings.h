/*
 * findings: reporting what is wrong with files, and knowing which of it must stop `up`.
 *
 * Everything found is reported. Only what makes applying ambiguous or impossible stops it, so that a folder with,
 * say, an empty down can still be deployed while `verify` says what is missing. One table decides (findings_effect).
 */
#ifndef PAWL_SOURCE_FINDINGS_H
#define PAWL_SOURCE_FINDINGS_H

#include "base/err.h"
#include "model/report.h"

enum finding_effect {
    FINDING_REPORTED, /* never stops anything */
    FINDING_STOPS,    /* stops while its level is error; the configuration may relax it */
    FINDING_ALWAYS,   /* stops whatever its level: there is no way to go on */
};

enum finding_effect findings_effect(enum pawl_finding_id id);

struct findings {
    struct report *report;
    bool stopped;            /* something was found that stops */
    struct pawl_error first; /* the first such finding */
};

void findings_init(struct findings *f, struct report *report);
/* Reports it and remembers the first that stops. */
void findings_add(struct findings *f, struct pawl_finding *finding);
/* The same with another effect than the table's; what stops although its kind could be relaxed is an error. */
void findings_add_as(struct findings *f, struct pawl_finding *finding, enum finding_effect effect);
/* PAWL_OK, or PAWL_SOURCE with the first finding that stops. */
int findings_result(const struct findings *f, struct pawl_error *e);

#endif
