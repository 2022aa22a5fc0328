/*
 * script: what a migration text is made of, found out before its first statement is sent.
 */
#ifndef PAWL_SOURCE_SCRIPT_H
#define PAWL_SOURCE_SCRIPT_H

#include "base/arena.h"
#include "base/err.h"
#include "model/migration.h"
#include "model/report.h"
#include "source/text.h"

struct dialect; /* sql/dialect.h */

struct script {
    size_t statements;      /* that will be sent: without an own BEGIN/COMMIT pair and harmless client lines */
    bool no_transaction;    /* the file asks for it */
    bool own_transaction;   /* one BEGIN/COMMIT pair stands around everything; both are not sent */
    size_t begin, commit;   /* byte offsets of those two statements in text.sql */
    bool skip;              /* `-- pawl: only ENGINE` names other engines than this one */
    bool repeatable;        /* `-- pawl: repeatable` */
    int64_t lock_timeout_ms; /* `-- pawl: lock_timeout = 5s`; -1 = not said */
    bool mentions_ledger;
};

/*
 * Splits and looks at the whole text for one engine (by driver name and dialect). Findings go to `report` with line and
 * column. PAWL_SOURCE if the text cannot be run as it is; the error is then the first such finding.
 */
int script_check(const struct migration *m, const struct migration_file *file, const struct text *text,
                 const char *engine, const struct dialect *dialect, struct slice ledger, struct report *report,
                 struct script *out, struct pawl_error *e);

/* Should this statement be sent (offset in text.sql)? False for an own transaction's two ends and for statements that a
 * directive gives to other engines. */

#endif
