/*
 * parity: do the schemas that two engines have made of the same set mean the same to an application?
 *
 * Facts of either engine are turned into portable facts, which say only what both can say, and these are compared:
 *
 *     table users
 *     column users.email class=text null=no
 *     default users.email value='x'
 *     primary-key users columns=id
 *     unique users columns=email                  (a constraint or an index)
 *     foreign-key users columns=a references=b(id) on_delete=cascade on_update=none
 *     checks users count=2                        (their texts cannot be compared)
 *     index users keys=email,name:desc partial=no (expressions in keys: "(expression)")
 *
 * Names lose the schema public and the case of their letters; classes of types are those of schema/likeness, which also says where
 * two lines mean the same in other words. A column of a primary key is not null on either engine. Indexes of methods that SQLite has
 * not (gin, brin) are left out.
 */
#ifndef PAWL_SCHEMA_PARITY_H
#define PAWL_SCHEMA_PARITY_H

#include "base/arena.h"
#include "base/err.h"

struct parity_side {
    const struct slice *lines; /* facts in their order */
    size_t n;
    const struct slice *others; /* primary keys of other tables, which REFERENCES may mean without saying so */
    size_t n_others;
    bool schemas; /* names begin with a schema (PostgreSQL) */
};

struct parity_difference {
    struct slice first, second; /* portable facts; .p NULL = that side has none */
};

struct parity {
    struct parity_difference *items; /* sorted */
    size_t n;
};

/* Texts live in `a`. */
int parity_compare(struct arena *a, const struct parity_side *first, const struct parity_side *second,
                   struct parity *out, struct pawl_error *e);
/*
 * The table that a fact is about, as portable facts name it, in `a`; .p NULL: parity is not concerned with that fact. The second:
 * the table that a foreign key points to, .p NULL for other facts. false: no memory.
 */
bool parity_table(struct arena *a, struct slice line, bool schemas, struct slice *table);
bool parity_target(struct arena *a, struct slice line, bool schemas, struct slice *table);
#endif
