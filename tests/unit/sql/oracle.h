/*
 * oracle: what the engines' own parsers take as statements, compared with what the splitter says.
 *
 * Both functions print the first difference and return how many there are. Given files as arguments, the two oracle
 * tests check those instead of their own cases: real folders of any project can be tried that way.
 */
#ifndef PAWL_TEST_SQL_ORACLE_H
#define PAWL_TEST_SQL_ORACLE_H

#include <sqlite3.h>

#include "sql/locate.h"
#include "sql/split.h"

struct oracle {
    size_t compared; /* statements on which both spoke */
    size_t refused;  /* statements or texts that the engine does not accept, so that nothing can be said */
    size_t different;
};

/* Runs the statements on db, so that later ones find what earlier ones made. */
void oracle_sqlite(struct oracle *o, sqlite3 *db, const char *name, struct slice text);
/* text is NUL-terminated. Only where libpg_query is installed. */
void oracle_postgres(struct oracle *o, const char *name, struct slice text);
/* Both ask the other only about whole texts that are free of lexical faults; whether that is so. */
bool oracle_lexical(const struct dialect *d, struct slice text);

/* A file in memory with a NUL behind it and without a byte order mark; free(text.p - skipped) is left to the exit. */
struct slice oracle_load(const char *path);

/* A small generator of numbers, the same everywhere. */
struct oracle_random {
    uint64_t state;
};
uint32_t oracle_below(struct oracle_random *r, uint32_t limit);

#endif
