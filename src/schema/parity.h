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
 *     index users keys=email,name:desc partial=no
 *
 * Names lose the schema public. Classes of types: integer, real, numeric, text, blob, boolean, timestamp, date, time, interval,
 * uuid, json, any (SQLite: nothing declared), or the declared name. A column of a primary key is not null on either engine.
 */
#ifndef PAWL_SCHEMA_PARITY_H
#define PAWL_SCHEMA_PARITY_H

#include "base/arena.h"
#include "base/err.h"

struct parity_side {
    const struct slice *lines; /* facts in their order */
    size_t n;
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
int parity_compare(struct arena *a, const struct parity_side *first, const struct parity_side *second, struct parity *out,
                   struct pawl_error *e);
/* The class of a declared type, as above. */
struct slice parity_class(struct arena *a, struct slice type);

#endif
