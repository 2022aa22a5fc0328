/*
 * replay: brings ledger and database together by what the schema shows.
 *
 * The set is rehearsed (engine/course), each step is decided (engine/decide), and the ledger is put right in one transaction,
 * in which the schema must still be the one that was looked at: rows of what is in place are added, rows of what is not are
 * removed. Whatever happens behind that, each row tells the truth. What is to run is then run as always (engine/up).
 */
#ifndef PAWL_ENGINE_REPLAY_H
#define PAWL_ENGINE_REPLAY_H

#include "engine/behind.h"
#include "engine/decide.h"

enum replay_why {
    REPLAY_ASKED, /* whatever the ledger says */
    REPLAY_EMPTY, /* the ledger is empty, and the database is not: only a history that was cut off somewhere is taken */
    REPLAY_FAILED, /* a step failed: the same, and only if the schema shows more than the ledger */
    REPLAY_BEHIND, /* the catalog has what pending files make: the same as for a failure, unless the ledger may well be right */
    REPLAY_DRIFT, /* the schema is not the certified one: the same as for a failure, and only by the certificate */
};

struct replay_request {
    enum replay_why why;
    struct plan_policy policy;
    int64_t to;                       /* the last version of interest; 0 = all */
    bool dry_run;                     /* tell, and change nothing */
    const struct behind_signs *signs; /* REPLAY_BEHIND: what was seen */
    const struct course *course;      /* see up_request; NULL: it is made */
    struct facts *facts;              /* the same */
};

struct replay {
    bool found; /* something of the set is there (or it was asked for): `decisions` hold, and the ledger is put right */
    bool decided; /* `decisions` hold, though nothing was done about them */
    struct decisions decisions;
    const bool *const *in_place; /* by migration of the set, as in struct plan */
    size_t changes;              /* of the ledger */
};

/*
 * Looks, decides, tells each decision, puts the ledger right and reads it again (run_look). The run is locked already, but in
 * a dry run. PAWL_REFUSED if it cannot be told; the ledger is then as it was.
 */
int replay_prepare(struct run *r, const struct replay_request *q, struct replay *out, struct pawl_error *e);

/* Records what the schema shows to be in place, and runs nothing; an exact match is needed, as for `pawl up`. */
int replay_detect(struct run *r, struct pawl_result *out, struct pawl_error *e);

#endif
