/*
 * postgres_groups: what PostgreSQL has besides relations, in groups that are read again as a whole.
 */
#ifndef PAWL_SCHEMA_POSTGRES_GROUPS_H
#define PAWL_SCHEMA_POSTGRES_GROUPS_H

#include "schema/postgres_facts.h"

/* Each list ends with an entry without spec. */
extern const struct pg_query pg_type_queries[];
extern const struct pg_query pg_other_queries[];
extern const struct pg_query pg_search_queries[];
extern const struct pg_query pg_comment_queries[];
extern const struct pg_query pg_grant_queries[];

#endif
