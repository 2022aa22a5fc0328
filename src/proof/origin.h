/*
 * origin: who is behind a difference: which version removed what now comes back, which statement names it.
 */
#ifndef PAWL_PROOF_ORIGIN_H
#define PAWL_PROOF_ORIGIN_H

#include "proof/run.h"

/* The change that says most: a table rather than its columns, a column rather than their order. d->n > 0. */
const struct change *origin_headline(const struct delta *d);
/*
 * The last step after k that had done the opposite of the change: removed what now is there, added what now is gone,
 * changed what now is otherwise. SIZE_MAX = none.
 */
size_t origin_find(const struct trial *tr, size_t k, const struct change *c);
/*
 * The statement of the text that most likely is behind a change of the fact: the one that names it best ("column
 * users.email": users and email). Its offset, and itself in *statement; SIZE_MAX = none names any of it.
 */
size_t origin_statement(const struct trial *tr, const struct unit *u, struct slice key, struct slice *statement);

#endif
