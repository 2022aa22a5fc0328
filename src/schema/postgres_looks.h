/*
 * postgres_looks: where changes of a schema show, one look at one catalog each, in the order in which all are counted.
 *
 * A look answers with: a count or a sum, another count, oids with hashes ("{..}", what a row belongs to, and in the lower 32 bits its
 * hash), and three numbers. Those of pg_class and pg_attribute also tell of the system's own rows: how many there are, how many young
 * ones; and that of pg_class of relations that the log does not tell about. {young x} stands for the condition that the row x is
 * young, {15?..} for what only that version and later ones have.
 */
#ifndef PAWL_SCHEMA_POSTGRES_LOOKS_H
#define PAWL_SCHEMA_POSTGRES_LOOKS_H

#include "schema/postgres_facts.h"

#define PG_CLASS 1259
#define PG_TYPE 1247
#define PG_DEPEND 2608
#define PG_ATTRIBUTE 1249
#define PG_PRIVILEGES 4 /* the group */
#define PG_OF_RELATIONS (-1)
#define PG_NOT_COUNTED PG_COUNTED
#define PG_N_LOOKS 56

struct pg_look {
    uint32_t catalog; /* its oid in pg_class */
    int group;        /* or PG_OF_RELATIONS */
    enum pg_counted counted;
    const char *sql;
    /*
     * Costs less. Of relations: the same of young rows only, for where none has gone. Of others: how many rows are young, and how many
     * there are. NULL = none.
     */
    const char *probe;
    int since; /* major version; 0 = any */
};

extern const struct pg_look pg_looks[];

#endif
