/* api: what is behind the handle; shared by the files of this room only. */
#ifndef PAWL_API_API_H
#define PAWL_API_API_H

#include "engine/run.h"
#include "engine/scratch.h"
#include "pawl.h"
#include "source/directory.h"

/* Everything the library shows to the outside is marked so; the rest is hidden. */
#define PAWL_API __attribute__((visibility("default")))

struct pawl {
    struct arena arena;     /* the configuration */
    struct arena operation; /* of the last call; results live in it until the next one */
    struct pawl_config config;
    struct db_target target; /* .driver NULL: no URL was given */
    struct report report;
    struct scratch_config scratch; /* of the configuration */
};

/* One operation on the database: its connection, ledger and folder. */
struct operation {
    struct pawl *p;
    enum source_extent extent;
    struct db_options options;
    struct ledger ledger;
    struct migration_set set;
    struct run run;
};

/* Reads the folder, opens the database. After an error everything is closed again. */
int operation_begin(struct pawl *p, struct operation *o, enum source_extent extent, const struct db_options *how,
                    struct pawl_error *e);
void operation_end(struct operation *o);

#endif
