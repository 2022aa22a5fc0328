/* schema_test: a scratch database, its facts as one text, and what changed. For the tests of this room. */
#ifndef PAWL_TESTS_SCHEMA_TEST_H
#define PAWL_TESTS_SCHEMA_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "schema/facts.h"
#include "sql/split.h"

static inline struct db *scratch(void)
{
    struct db *db = NULL;
    struct pawl_error e = {0};
    if (db_driver_find("sqlite")->scratch(NULL, &(struct db_options){0}, &db, &e))
        fail_msg("%s", e.message);
    return db;
}

/* All statements of a text. */
static inline int try_sql(struct db *db, struct slice text, struct pawl_error *e)
{
    struct splitter s;
    struct statement st;
    enum split_result r;
    int code = PAWL_OK;
    split_init(&s, db->driver->dialect, text);
    while (!code && (r = split_next(&s, &st, e)) == SPLIT_STATEMENT)
        code = db_run(db, &(struct db_request){.sql = slice_sub(text, st.offset, st.offset + st.length)}, 1, NULL, e);
    return code;
}

static inline void run_sql(struct db *db, const char *text)
{
    struct pawl_error e = {0};
    if (try_sql(db, slice_of(text), &e))
        fail_msg("%s\n%s", text, e.message);
}

static inline struct facts *open_facts(struct db *db)
{
    struct facts *f = NULL;
    struct pawl_error e = {0};
    if (facts_open(db, SLICE("_sqlx_migrations"), &f, &e))
        fail_msg("%s", e.message);
    return f;
}

static inline struct delta refresh(struct facts *f, struct arena *a)
{
    struct delta d;
    struct pawl_error e = {0};
    if (facts_refresh(f, a, &d, &e))
        fail_msg("%s", e.message);
    return d;
}

static inline const char *text_of(struct facts *f, struct arena *a)
{
    struct slice *lines;
    size_t n;
    struct pawl_error e = {0};
    STRBUF(b, 1u << 28);
    if (facts_lines(f, a, &lines, &n, &e))
        fail_msg("%s", e.message);
    for (size_t i = 0; i < n; i++) {
        strbuf_add(&b, lines[i]);
        strbuf_addc(&b, '\n');
    }
    return arena_strz(a, strbuf_slice(&b));
}

/* The facts of a database made by these statements. */
static inline const char *facts_of(struct arena *a, const char *sql)
{
    struct db *db = scratch();
    run_sql(db, sql);
    struct facts *f = open_facts(db);
    refresh(f, a);
    const char *text = text_of(f, a);
    facts_close(f);
    db_close(db);
    return text;
}

#endif
