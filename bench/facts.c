/*
 * facts URL [STATEMENT...]: takes all facts of a database and prints how many milliseconds that took; then runs each statement and
 * prints how long it takes to follow it. A rollback goes back over what the statement before it has changed. What pg_dump -s of
 * the same database is measured against.
 */
#include <stdio.h>
#include <string.h>

#include "schema/facts.h"
#include "sys/clock.h"

static int take(struct facts *f, struct arena *a, struct delta *d, bool back, struct pawl_error *e)
{
    uint64_t begin = clock_ns();
    int code = back ? facts_rolled_back(f, d, e) : PAWL_OK;
    if (!code)
        code = facts_refresh(f, a, d, e);
    if (!code)
        printf("%.3f %zu\n", (double)(clock_ns() - begin) / 1e6, facts_count(f));
    return code;
}

int main(int argc, char **argv)
{
    ARENA(a);
    struct pawl_error e = {0};
    struct db_target target;
    struct db *db = NULL;
    struct facts *f = NULL;
    struct delta d;
    int code = argc < 2 ? err_set(&e, PAWL_USAGE, "usage: facts URL [STATEMENT]") : PAWL_OK;
    if (!code)
        code = db_target_parse(&a, argv[1], &target, &e);
    if (!code)
        code = db_open(&target, &(struct db_options){0}, &db, &e);
    if (!code)
        code = facts_open(db, SLICE("_sqlx_migrations"), &f, &e);
    if (!code)
        code = take(f, &a, &d, false, &e);
    for (int i = 2; i < argc && !code; i++) {
        code = db_exec(db, argv[i], &e);
        if (!code)
            code = take(f, &a, &d, strncmp(argv[i], "rollback", 8) == 0, &e);
    }
    if (code)
        fprintf(stderr, "%s\n", e.message);
    facts_close(f);
    db_close(db);
    return code != PAWL_OK;
}
