/*
 * postgres: a private PostgreSQL server for a test program, and short ways to ask it. Include after <cmocka.h>.
 *
 * Without server binaries the tests fail: what is not tested is not known to work.
 */
#ifndef PAWL_TESTS_POSTGRES_H
#define PAWL_TESTS_POSTGRES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/pgserver.h"

static struct pgserver *pg_server;
static struct arena pg_arena;

__attribute__((unused)) static int pg_server_up(void **state)
{
    struct pawl_error e = {0};
    struct pgserver_options options = {.bindir = getenv("PAWL_TEST_PG_BINDIR")};
    (void)state;
    if (pgserver_start(&options, &pg_server, &e) == PAWL_OK)
        return 0;
    fprintf(stderr, "no private PostgreSQL server: %s (%s)\n", e.message, e.hint);
    return -1;
}

__attribute__((unused)) static int pg_server_down(void **state)
{
    (void)state;
    pgserver_stop(pg_server);
    pg_server = NULL;
    arena_clear(&pg_arena);
    return 0;
}

__attribute__((unused)) static struct db_target pg_target(const char *url)
{
    struct db_target target;
    struct pawl_error e = {0};
    if (db_target_parse(&pg_arena, url, &target, &e))
        fail_msg("%s", e.message);
    return target;
}

/* A connection to the server's own database. */
__attribute__((unused)) static struct db *pg_open_with(struct db_options options)
{
    struct db_target target = pg_target(pgserver_url(pg_server).p);
    struct pawl_error e = {0};
    struct db *db = NULL;
    if (db_open(&target, &options, &db, &e))
        fail_msg("%s", e.message);
    return db;
}

__attribute__((unused)) static struct db *pg_open(void)
{
    return pg_open_with((struct db_options){0});
}

/* An empty database of its own. */
__attribute__((unused)) static struct db *pg_scratch_open(struct db_options options)
{
    struct db_target target = pg_target(pgserver_url(pg_server).p);
    struct pawl_error e = {0};
    struct db *db = NULL;
    if (target.driver->scratch(&target, &options, &db, &e))
        fail_msg("%s", e.message);
    return db;
}

__attribute__((unused)) static void pg_exec(struct db *db, const char *sql)
{
    struct pawl_error e = {0};
    if (db_exec(db, sql, &e))
        fail_msg("%s: %s", sql, e.message);
}

static int pg_on_text(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    char *out = context;
    (void)n;
    (void)e;
    if (v[0].type == DB_INT || v[0].type == DB_BOOL)
        snprintf(out, 256, "%lld", (long long)v[0].i);
    else if (v[0].type == DB_NULL)
        snprintf(out, 256, "null");
    else
        snprintf(out, 256, SLICE_FMT, SLICE_ARG(v[0].s));
    return PAWL_OK;
}

/* The first column of the last row as text, "" without rows. Lives until the arena is cleared. */
__attribute__((unused)) static const char *pg_text(struct db *db, const char *sql)
{
    char *out = arena_alloc(&pg_arena, 256);
    struct db_request r = {.sql = slice_of(sql), .on_row = pg_on_text, .context = out};
    struct pawl_error e = {0};
    if (db_run(db, &r, 1, NULL, &e))
        fail_msg("%s: %s", sql, e.message);
    return out;
}

/* Runs statements as one batch. */
__attribute__((unused)) static int pg_batch(struct db *db, const char *const *sql, struct db_fault *fault,
                                            struct pawl_error *e)
{
    struct db_request r[64] = {0};
    size_t n = 0;
    for (; sql[n]; n++)
        r[n].sql = slice_of(sql[n]);
    return db_run(db, r, n, fault, e);
}

#endif
