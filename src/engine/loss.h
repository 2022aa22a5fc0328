/*
 * loss: what a revert destroys, counted exactly.
 *
 * Rows and values are counted before the downs run and looked at again behind them, in the same transaction, before anything is
 * committed: tables and columns that are gone, and rows that are gone from tables that stay.
 */
#ifndef PAWL_ENGINE_LOSS_H
#define PAWL_ENGINE_LOSS_H

#include "engine/run.h"

struct loss; /* the counts from before */

/* Counts all rows, and the values of each column that are not null. */
int loss_count(struct run *r, struct loss **out, struct pawl_error *e);
/*
 * Tells each loss (PAWL_EVENT_LOSS): "table users" and its rows, "column users.email" and its values, "rows of users" and how
 * many are gone. Empty tables and columns lose nothing. What is counted goes by names; something new that has as many rows or
 * values may be the same under another name, which is the event's message. *losses is how many were told.
 */
int loss_tell(struct loss *l, size_t *losses, struct pawl_error *e);
void loss_free(struct loss *l); /* NULL is fine */

#endif
