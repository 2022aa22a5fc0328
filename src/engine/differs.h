/* differs: the finding that shows in which facts the schema of a database is not the one that it should be. */
#ifndef PAWL_ENGINE_DIFFERS_H
#define PAWL_ENGINE_DIFFERS_H

#include "engine/run.h"
#include "schema/facts.h"

/* `d` leads from what should be, shown with -, to what there is, shown with +. The first 40 facts. */
void differs_tell(const struct run *r, const struct migration *m, const struct delta *d, const char *message,
                  const char *hint);

#endif
