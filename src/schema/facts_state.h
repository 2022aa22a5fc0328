/*
 * facts_state: what the files of facts share. For them alone.
 */
#ifndef PAWL_SCHEMA_FACTS_STATE_H
#define PAWL_SCHEMA_FACTS_STATE_H

#include "schema/facts.h"
#include "schema/introspect.h"
#include "schema/journal.h"

/*
 * Lines hang in two structures: sorted by key in `lines`, and by unit in `units`. A line without unit
 * (`orphans`) was put back by facts_rolled_back; the next scan finds its unit changed and gives it back, or
 * does not and it is gone.
 */
#define ORPHAN UINT64_MAX

struct fresh_unit {
    uint64_t id, stamp;
    size_t first, n; /* in facts.fresh_lines */
};

struct mark {
    size_t scans; /* in the journal by then */
    void *kept;   /* by the introspector */
};

struct facts {
    struct db *db;
    const struct introspector *introspector;
    void *state;
    bool known;     /* the lines are those of the last scan */
    bool stamped;   /* stamp is that of the lines */
    bool disturbed; /* rolled back over changes since the last scan: units and rows may not be those of then */
    struct db_stamp stamp;
    bool unstamped; /* see facts_unstamped */
    uint32_t round;
    struct vec marks;       /* struct mark; see facts_mark */
    bool broken;            /* went back in another way since the first of them */
    struct journal journal; /* since then */
    struct vec lines;       /* struct line *, by key */
    struct vec units;       /* struct unit, by id */
    struct vec orphans;     /* struct line * */
    /* of the scan that runs; kept for their memory */
    struct vec fresh_units, fresh_lines, edits, made_units, next_units;
#ifdef PAWL_CHECKS
    struct facts *twin; /* which takes all facts anew, each time */
    bool is_twin;
    struct slice ledger;
#endif
};

/* NULL: there is none. */
struct unit *facts_unit(const struct facts *f, uint64_t id);
/* Frees what a scan that failed had made. */
void facts_drop_fresh(struct facts *f);
/* Reads what has changed; the lines are those of the database then, and *out says how they changed. */
int facts_scan(struct facts *f, struct arena *a, struct delta *out, struct pawl_error *e);
/* Nothing at all was written since: so the introspector may build on this moment, too. */
bool facts_unchanged(struct facts *f, const struct db_stamp *now);

/* Facts that follow the database are what somebody else finds who has never seen it. */
#ifdef PAWL_CHECKS
int facts_check(struct facts *f, struct pawl_error *e);
#else
#define facts_check(f, e) PAWL_OK
#endif

#endif
