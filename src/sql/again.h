/*
 * again: may a statement that leaves no trace in the schema be run once more, as far as its text shows?
 *
 * What counts is that a second run right behind the first changes nothing. Only what is surely so is said to be.
 */
#ifndef PAWL_SQL_AGAIN_H
#define PAWL_SQL_AGAIN_H

#include "sql/head.h"

enum again {
    AGAIN_NO,      /* it may change something a second time */
    AGAIN_GUARDED, /* written so that it need not (ON CONFLICT, WHERE NOT EXISTS): a trial shows whether it is so */
    AGAIN_YES,
};

/* `text` as given to head_read. */
enum again again_of(const struct head *h, const struct dialect *dialect, struct slice text);

#endif
