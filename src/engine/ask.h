/*
 * ask: would a statement change any row of the database as it is?
 *
 * It is run in a transaction of its own, behind the SET statements in front of it in its text, and taken back; so it must call
 * nothing that outlives a rollback. An engine that counts what was written (rows that an UPDATE sets to what they were count,
 * too) answers for itself.
 */
#ifndef PAWL_ENGINE_ASK_H
#define PAWL_ENGINE_ASK_H

#include "engine/run.h"

/*
 * Of the up text of m, the statement at this byte: an INSERT, UPDATE, DELETE or MERGE, else the answer is no. No transaction may be open.
 * false also if it fails, or if nobody can tell.
 */
bool ask_changes_nothing(struct run *r, const struct migration *m, size_t offset);

/*
 * Are the rows there that the up text of m inserts, as it says them? Only for a text that does nothing but insert rows of VALUES with
 * literals in them: each of those rows has an equal, and of one INSERT at least a key keeps them out, so that it can only fail. No transaction
 * may be open. false also if nobody can tell.
 */
bool ask_rows_are_there(struct run *r, const struct migration *m);

#endif
