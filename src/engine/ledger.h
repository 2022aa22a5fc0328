/*
 * ledger: the tracking table, `_sqlx_migrations` by default.
 *
 * Column for column what sqlx makes and reads; the statements themselves are the driver's data. A row with success = false is a
 * migration (or its revert) that was begun outside a transaction and not finished: its execution_time is then -1 -
 * (statements done), so that progress needs no second table. sqlx shows such a row as dirty, which is what it is.
 */
#ifndef PAWL_ENGINE_LEDGER_H
#define PAWL_ENGINE_LEDGER_H

#include "db/db.h"
#include "model/history.h"
#include "model/migration.h"

struct ledger {
    struct slice name; /* as configured */
    struct slice create, select, insert, finish, progress, measure, index, remove, restamp,
        lock;    /* measure, index, lock: .p NULL = no such thing */
    bool placed; /* the statements name the schema, so a migration that changes the search path does not matter */
};

/*
 * Makes the statements. The name is `table` or `schema.table` of letters, digits and underscores, read as sqlx's unquoted
 * name would be read; anything else is PAWL_CONFIG.
 */
int ledger_init(struct arena *a, const struct db_driver *driver, struct slice name, struct ledger *out,
                struct pawl_error *e);
/*
 * All rows by version, in one round trip; no table is an empty history with exists = false. PAWL_LEDGER if there is a table
 * of that name with another shape. Creates nothing. The first time, the statements get the schema that was found.
 */
int ledger_read(struct arena *a, struct ledger *l, struct db *db, struct history *out, struct pawl_error *e);

/* Requests to put into a batch; parameters live in `a`. .sql.p is NULL if there is no memory. */
struct db_request ledger_insert(struct arena *a, const struct ledger *l, const struct migration *m, bool success);
struct db_request ledger_finish(struct arena *a, const struct ledger *l, int64_t version, int64_t nanoseconds);
/* Measures all rows from that version on; see db_ledger_sql. */
struct db_request ledger_measure(struct arena *a, const struct ledger *l, int64_t version);
struct db_request ledger_index(struct arena *a, const struct ledger *l, struct slice schema, struct slice table,
                               struct slice index, int64_t version);
/* success = false, and how far it has come; `base` is one of the LEDGER_.. below. */
struct db_request ledger_progress(struct arena *a, const struct ledger *l, int64_t version, int64_t base, size_t done);
struct db_request ledger_remove(struct arena *a, const struct ledger *l, int64_t version);
struct db_request ledger_restamp(struct arena *a, const struct ledger *l, int64_t version,
                                 const unsigned char checksum[SHA384_BYTES]);

/* Progress counts down from one of these. A file that asks to run without a transaction: */
#define LEDGER_BEGUN ((int64_t)-1)
/* One that does not ask for it, but could not be run otherwise: the next run must go on the same way. */
#define LEDGER_OUTSIDE (INT64_MIN / 4)
/* A begun revert, so that nobody takes it for a begun migration. */
#define LEDGER_REVERTING (INT64_MIN / 2)

/* Does a row with success = false belong to a revert that was begun? */
static inline bool ledger_reverting(const struct ledger_row *row)
{
    return row->execution_time <= LEDGER_REVERTING;
}

/* Does a row with success = false belong to a file that runs without a transaction, but does not say so? */
static inline bool ledger_outside(const struct ledger_row *row)
{
    return row->execution_time <= LEDGER_OUTSIDE && !ledger_reverting(row);
}

/* How many statements a row with success = false says are done. */
static inline size_t ledger_done(const struct ledger_row *row)
{
    if (ledger_reverting(row))
        return (size_t)(LEDGER_REVERTING - row->execution_time);
    if (ledger_outside(row))
        return (size_t)(LEDGER_OUTSIDE - row->execution_time);
    return row->execution_time < LEDGER_BEGUN ? (size_t)(LEDGER_BEGUN - row->execution_time) : 0;
}

#endif
