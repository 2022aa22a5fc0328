/*
 * sqlite_account: that a rebuilt table has what the old one had: its rows, the values of each column, and foreign keys as whole as
 * they were.
 */
#ifndef PAWL_SCHEMA_SQLITE_ACCOUNT_H
#define PAWL_SCHEMA_SQLITE_ACCOUNT_H

#include "db/db.h"
#include "schema/sqlite_edit.h"

/* Requests that only look, and fail if something is not as it should be. In the arena. */
struct account {
    struct db_request
        *rows; /* while both tables are there: counts; values that fit their new type; no NULL in a new key */
    size_t n_rows, cap_rows;
    struct db_request *keys; /* at the end: foreign keys of the table and of those that refer to it */
    size_t n_keys, cap_keys;
};

/* Before anything is changed: counts what is broken already. `old`: the name that the old table will have meanwhile. */
int account_begin(struct arena *a, struct db *db, const struct outline *before, const struct edit *after,
                  struct slice old, struct account *out, struct pawl_error *e);

#endif
