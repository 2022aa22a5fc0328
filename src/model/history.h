/* history: what the ledger says, as values. */
#ifndef PAWL_MODEL_HISTORY_H
#define PAWL_MODEL_HISTORY_H

#include "base/slice.h"

struct ledger_row {
    int64_t version;
    struct slice description;
    struct slice installed_on; /* as the engine shows it in UTC */
    bool success;
    struct slice checksum;  /* raw bytes; sqlx writes 48 */
    int64_t execution_time; /* nanoseconds; -1 = not known */
};

struct history {
    bool exists;             /* is there a ledger table at all? */
    bool alone;              /* there is neither a ledger nor any other user table; not every engine says so */
    struct ledger_row *rows; /* by version */
    size_t n;
};

/* Index of the version, or SIZE_MAX. */
size_t history_find(const struct history *h, int64_t version);

#endif
