/*
 * introspect: the seam between facts and engines.
 *
 * An introspector reads one engine's catalog and nothing else; order, differences, fingerprints and memory of
 * what was live in facts.c. What is read and re-read as a whole is a *unit*: SQLite's are the rows of
 * sqlite_schema, PostgreSQL's are relations with their columns, and so on. A unit has an id that no other
 * live unit has, and a stamp that changes whenever its facts can have changed. A scan names every unit there
 * is:
 *
 *     for each unit:
 *         if (!scan_keep(scan, id, stamp)) {
 *             scan_unit(scan, id, stamp, e);
 *             for each of its facts: fact_begin(..); ..; scan_put(scan, &fact, e);
 *         }
 *
 * so that a unit whose stamp is known costs a comparison. Units that were not named are gone with their
 * facts. A fact may move from one unit to another (a table that was dropped and made again); that is no
 * difference.
 */
#ifndef PAWL_SCHEMA_INTROSPECT_H
#define PAWL_SCHEMA_INTROSPECT_H

#include "base/arena.h"
#include "db/db.h"
#include "schema/fact.h"

struct scan; /* facts.c: one pass over the catalog */

/* Was the unit there before with this very stamp? Then its facts stay. Cheapest when ids come in ascending
 * order. */
bool scan_keep(struct scan *s, uint64_t id, uint64_t stamp);
/* The unit is new or changed: what is put from now on are its facts. */
int scan_unit(struct scan *s, uint64_t id, uint64_t stamp, struct pawl_error *e);
/* One fact of the last unit. The text is copied. */
int scan_put(struct scan *s, const struct fact *fact, struct pawl_error *e);
/*
 * Is what the last scan named still what there is, but for statements run since? Not after a rollback over changes, and
 * not in a scan that started over. Then an introspector that knows what statements touched need not look at the rest.
 */
bool scan_steady(const struct scan *s);
/*
 * In a steady scan, before anything is named: only what changed is going to be. Every unit stays that is not given to
 * scan_gone, which forgets it, be it that it is not there any more or that it is named anew by scan_unit.
 */
void scan_rest_stays(struct scan *s);
void scan_gone(struct scan *s, uint64_t id);
/*
 * The scan turned out to rest on something that has changed (and that is part of the stamps): it starts over, as if nothing
 * had been named yet.
 */
void scan_again(struct scan *s);

struct introspector {
    const char *driver; /* db_driver.name */
    /* `ledger` names the table whose facts are left out. The state is the introspector's own. */
    int (*open)(struct db *db, struct slice ledger, void **state, struct pawl_error *e);
    void (*close)(void *state);
    int (*scan)(void *state, struct scan *s, struct pawl_error *e);
    /* No stamp is taken in front of scans. NULL: that makes no difference. */
    void (*unstamped)(void *state);
    /* The database went back to an earlier state, and some facts with it. NULL: stamps of units tell it all. */
    void (*rolled_back)(void *state);
    /* Nothing was written between the last scan and the stamp that was taken just now. NULL: that means nothing to it. */
    void (*unchanged)(void *state);
    /*
     * What is remembered, to be put back when the database goes back to this moment: *out NULL if it would not be what is there. `kept` is
     * given up when it is put back, too. NULL: cannot.
     */
    int (*save)(void *state, void **out, struct pawl_error *e);
    void (*put_back)(void *state, void *kept);
    void (*give_up)(void *state, void *kept);
    /* What is remembered of earlier scans does not fit: the next one reads everything. NULL: nothing is remembered. */
    void (*forget)(void *state);
    /* Facts of the same schema differ between major versions of the engine, and this is what they have in common; see
     * schema/shape. NULL: they do not. */
    struct slice (*shape)(struct arena *a, struct slice line);
};

/* The one place where engines are found; NULL = none of that name. */
const struct introspector *introspector_find(const char *driver);

extern const struct introspector introspect_postgres;
extern const struct introspector introspect_sqlite;

#endif
