/*
 * The recogniser against what SQLite tells its authorizer while it compiles the same statement. Given files, those are
 * run and compared instead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/strbuf.h"
#include "oracle.h"
#include "sql/head.h"
#include "sql/quote.h"

static const struct {
    int code;
    const char *words;
} known[] = {
    {SQLITE_CREATE_TABLE, "create table"},
    {SQLITE_CREATE_TEMP_TABLE, "create table"},
    {SQLITE_CREATE_VTABLE, "create table"},
    {SQLITE_CREATE_INDEX, "create index"},
    {SQLITE_CREATE_TEMP_INDEX, "create index"},
    {SQLITE_CREATE_VIEW, "create view"},
    {SQLITE_CREATE_TEMP_VIEW, "create view"},
    {SQLITE_CREATE_TRIGGER, "create trigger"},
    {SQLITE_CREATE_TEMP_TRIGGER, "create trigger"},
    {SQLITE_DROP_TABLE, "drop table"},
    {SQLITE_DROP_TEMP_TABLE, "drop table"},
    {SQLITE_DROP_VTABLE, "drop table"},
    {SQLITE_DROP_INDEX, "drop index"},
    {SQLITE_DROP_TEMP_INDEX, "drop index"},
    {SQLITE_DROP_VIEW, "drop view"},
    {SQLITE_DROP_TEMP_VIEW, "drop view"},
    {SQLITE_DROP_TRIGGER, "drop trigger"},
    {SQLITE_DROP_TEMP_TRIGGER, "drop trigger"},
    {SQLITE_ALTER_TABLE, "alter table"},
    {SQLITE_INSERT, "insert"},
    {SQLITE_UPDATE, "update"},
    {SQLITE_DELETE, "delete"},
    {SQLITE_PRAGMA, "pragma"},
    {SQLITE_TRANSACTION, "transaction"},
    {SQLITE_SAVEPOINT, "savepoint"},
    {SQLITE_SELECT, "select"},
};

/* The first thing that is more than looking at or writing into SQLite's own tables. */
static int authorize(void *context, int code, const char *one, const char *two, const char *db, const char *trigger)
{
    struct strbuf *b = context;
    bool data = code == SQLITE_INSERT || code == SQLITE_UPDATE || code == SQLITE_DELETE;
    (void)db;
    /* Full text search asks for data_version on its own while its tables are compiled. */
    if (trigger || (data && strncmp(one, "sqlite_", 7) == 0) ||
        (code == SQLITE_PRAGMA && strcmp(one, "data_version") == 0))
        return SQLITE_OK;
    if (b->n && strcmp(strbuf_z(b), "select") != 0)
        return SQLITE_OK;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].code != code || (b->n && code == SQLITE_SELECT))
            continue;
        strbuf_reset(b);
        strbuf_addz(b, known[i].words);
        if (code == SQLITE_ALTER_TABLE)
            strbuf_addf(b, " %s", two);
        else if (code != SQLITE_SELECT && code != SQLITE_SAVEPOINT)
            strbuf_addf(b, " %s", one);
    }
    return SQLITE_OK;
}

static void ours(struct strbuf *b, const struct head *h)
{
    static const char *const data[] = {[HEAD_INSERT] = "insert", [HEAD_UPDATE] = "update", [HEAD_DELETE] = "delete"};
    switch (h->class) {
    case HEAD_DDL:
        strbuf_addz(b, h->action == HEAD_CREATE ? "create " : h->action == HEAD_DROP ? "drop " : "alter ");
        strbuf_addf(b, "%s ", h->action ? head_object_name(h->object) : "?");
        quote_strip(b, &dialect_sqlite, h->name.name);
        return;
    case HEAD_INSERT:
    case HEAD_UPDATE:
    case HEAD_DELETE:
        strbuf_addf(b, "%s ", data[h->class]);
        quote_strip(b, &dialect_sqlite, h->name.name);
        return;
    case HEAD_PRAGMA:
        strbuf_addz(b, "pragma ");
        quote_strip(b, &dialect_sqlite, h->pragma);
        return;
    case HEAD_TRANSACTION:
        strbuf_addz(b, h->transaction == HEAD_TX_BEGIN      ? "transaction BEGIN"
                       : h->transaction == HEAD_TX_COMMIT   ? "transaction COMMIT"
                       : h->transaction == HEAD_TX_ROLLBACK ? "transaction ROLLBACK"
                                                            : "savepoint");
        return;
    case HEAD_SELECT:
        strbuf_addz(b, "select");
        return;
    case HEAD_OPAQUE:
    case HEAD_MERGE:
    case HEAD_COPY:
    case HEAD_SET:
    case HEAD_CALL:
    case HEAD_MAINTENANCE:
    case HEAD_SESSION:
        strbuf_addz(b, "?");
    }
}

struct tally {
    size_t same, different, silent;
};

static void check(struct tally *t, sqlite3 *db, const char *where, struct slice statement)
{
    struct head h;
    sqlite3_stmt *stmt = NULL;
    STRBUF(theirs, 1 << 16);
    STRBUF(mine, 1 << 16);
    sqlite3_set_authorizer(db, authorize, &theirs);
    int rc = sqlite3_prepare_v2(db, statement.p, (int)statement.n, &stmt, NULL);
    sqlite3_set_authorizer(db, NULL, NULL);
    head_read(&h, &dialect_sqlite, statement);
    ours(&mine, &h);
    /* What exists already, or does not exist, is not told. */
    if (rc != SQLITE_OK || theirs.n == 0 || h.class == HEAD_SESSION || h.class == HEAD_MAINTENANCE) {
        t->silent++;
    } else if (slice_ieq(strbuf_slice(&theirs), strbuf_slice(&mine))) {
        t->same++;
    } else {
        t->different++;
        printf("# %s: " SLICE_FMT "\n#   ours:   %s\n#   theirs: %s\n", where, SLICE_ARG(slice_sub(statement, 0, 100)),
               strbuf_z(&mine), strbuf_z(&theirs));
    }
    for (int i = 0; sqlite3_step(stmt) == SQLITE_ROW && i < 1000; i++)
        continue;
    sqlite3_finalize(stmt);
}

static void all(struct tally *t, sqlite3 *db, const char *where, struct slice text)
{
    struct splitter s;
    struct statement st;
    split_init(&s, &dialect_sqlite, text);
    while (split_next(&s, &st, NULL) == SPLIT_STATEMENT)
        if (st.kind == STATEMENT_SQL)
            check(t, db, where, slice_sub(text, st.offset, st.offset + st.length));
}

static void agrees_with_the_authorizer(void **state)
{
    (void)state;
    static const char script[] =
        "CREATE TABLE a(b INTEGER PRIMARY KEY, c TEXT, \"on\" INT); CREATE TABLE IF NOT EXISTS main.[x y](z, end);"
        "CREATE TEMP TABLE 'temp''s'(a); CREATE TABLE d AS SELECT 1 AS e; CREATE TABLE if(exists_ INT);"
        "CREATE VIRTUAL TABLE ft USING fts5(body); CREATE UNIQUE INDEX IF NOT EXISTS i1 ON a(c) WHERE c > 1;"
        "CREATE INDEX main.\"i 2\" ON a(lower(c), \"on\" DESC); CREATE INDEX if ON a(b, c); CREATE INDEX concurrently "
        "ON a(c);"
        "CREATE VIEW v(w) AS SELECT b FROM a; CREATE TEMP VIEW IF NOT EXISTS tv AS SELECT 1;"
        "CREATE TRIGGER t1 AFTER INSERT ON a BEGIN UPDATE a SET c = 1; END;"
        "CREATE TRIGGER main.[t 2] INSTEAD OF UPDATE OF w ON v BEGIN DELETE FROM a; END;"
        "CREATE TEMPORARY TRIGGER IF NOT EXISTS begin BEFORE DELETE ON a WHEN old.b BEGIN SELECT 1; END;"
        "INSERT INTO a VALUES (1, 2, 3); INSERT OR IGNORE INTO main.a(b) SELECT 5; REPLACE INTO `x y` VALUES (1, 2);"
        "WITH q AS (SELECT 7) INSERT INTO a(b) SELECT * FROM q; WITH q(r) AS MATERIALIZED (VALUES (1)) SELECT r FROM q;"
        "UPDATE a SET c = 2 WHERE b = 1; UPDATE OR IGNORE a SET \"on\" = 1; DELETE FROM main.a WHERE b = 9; SELECT 1; "
        "VALUES (1);"
        "ALTER TABLE a ADD COLUMN f; ALTER TABLE a ADD g TEXT; ALTER TABLE a RENAME COLUMN f TO h; ALTER TABLE a "
        "RENAME h TO f;"
        "ALTER TABLE a DROP COLUMN g; ALTER TABLE [x y] RENAME TO xy; PRAGMA user_version = 3; PRAGMA "
        "main.table_info(a);"
        "BEGIN IMMEDIATE; SAVEPOINT s; ROLLBACK TO s; RELEASE SAVEPOINT s; COMMIT; BEGIN TRANSACTION; END TRANSACTION;"
        "BEGIN DEFERRED; ROLLBACK TRANSACTION;"
        "DROP TRIGGER main.[t 2]; DROP TRIGGER IF EXISTS t1; DROP INDEX i1; DROP INDEX \"i 2\"; DROP VIEW IF EXISTS v;"
        "DROP VIEW tv; DROP TABLE ft; DROP TABLE IF EXISTS main.xy; DROP TABLE 'temp''s'; DROP TABLE if; DROP TABLE a";
    struct tally t = {0};
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    all(&t, db, "by hand", SLICE(script));
    sqlite3_close(db);
    printf("# %zu same, %zu different, %zu silent\n", t.same, t.different, t.silent);
    assert_int_equal(t.different, 0);
    assert_true(t.same >= 50);
    assert_true(t.silent < 5);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_authorizer),
    };
    if (argc < 2)
        return cmocka_run_group_tests(tests, NULL, NULL);
    struct tally t = {0};
    sqlite3 *db = NULL;
    if (sqlite3_open(":memory:", &db) != SQLITE_OK)
        return 2;
    for (int i = 1; i < argc; i++)
        all(&t, db, argv[i], oracle_load(argv[i]));
    sqlite3_close(db);
    printf("%zu same, %zu different, %zu silent\n", t.same, t.different, t.silent);
    return t.different != 0;
}
