/* The splitter against sqlite3_prepare_v2, on cases written by hand and on generated ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "oracle.h"
#include "base/strbuf.h"

static const char setup[] = "CREATE TABLE t(a, b, c, begin, end);"
                            "CREATE TABLE u(a, b);"
                            "CREATE VIEW v AS SELECT a, b FROM t;";

static const char *const by_hand[] = {
    "SELECT 1; SELECT 2",
    ";;;SELECT 1;;;;",
    "SELECT 'a;b'; SELECT \"a\"\";\"\"b\" FROM (SELECT 1 AS \"a\"\";\"\"b\");",
    "SELECT [a;b] FROM (SELECT 1 AS [a;b]); SELECT `a``;` FROM (SELECT 1 AS `a``;`);",
    "SELECT 1 -- a; 'b\n; SELECT 2 /* c; /* 'd */; SELECT 3",
    "SELECT 1 /* never; 'closed'; */ ; --\n--\n",
    "SELECT x'00'';--'''; SELECT 2;",
    "SELECT 1 --\r; SELECT 2\n; SELECT 3",
    "CREATE TRIGGER r1 AFTER INSERT ON t BEGIN SELECT 1; END; SELECT 1",
    "create temp trigger r2 after insert on t begin select case when 1 then 2 end; select end from t; end; SELECT 1",
    "CREATE TRIGGER IF NOT EXISTS begin AFTER UPDATE OF a, begin ON t WHEN new.begin > 0 BEGIN\n"
    " UPDATE t SET end = CASE WHEN a THEN 1 ELSE 2 END WHERE end; DELETE FROM t WHERE begin AND end; END; SELECT 2;",
    "CREATE TEMPORARY TRIGGER [x;y] INSTEAD OF DELETE ON v FOR EACH ROW BEGIN DELETE FROM t; -- END;\n /* ; END; */ "
    "SELECT '; END;'; END /* */ ; SELECT 3",
    "EXPLAIN CREATE TRIGGER r5 AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; END; SELECT 4",
    "EXPLAIN QUERY PLAN SELECT 1; SELECT 5",
    "CREATE TABLE trigger_t(a); CREATE INDEX trigger_i ON t(a); BEGIN; SELECT 1; END; SELECT 2",
    "BEGIN; CREATE TABLE w(begin, end); COMMIT; END; SELECT 1",
    "SELECT :a, @b, $c, ?1, ?, $d::e(f;g), #1; SELECT 2",
    "SELECT $a::b(';'); SELECT 2; SELECT $c(x y); SELECT 3;",
    "SELECT 1.5e+3, .5, 0x1F, 1e5; SELECT 1.; SELECT -.5e-2",
    "SELECT a->'x;', a->>'$.y' FROM t; SELECT a<>b, a!=b, a||b FROM t; SELECT 1",
    "SELECT \xc3\xa4\xc3\xb6 FROM (SELECT 1 AS \xc3\xa4\xc3\xb6); SELECT '\xe2\x80\x94;'",
    "SELECT 1;\xef\xbb\xbfSELECT 2;",
    "CREATE TABLE 'a;b'(c); SELECT \"c\" FROM 'a;b';",
    "SELECT (1; SELECT 2",
    "CREATE TRIGGER; SELECT 1; SELECT 2;",
    "SELECT 'a\\'; SELECT 'b;'",
    "SELECT 1 /;* ; SELECT 2",
    "WITH q(a) AS (SELECT 1) INSERT INTO u SELECT a, 'end' FROM q; SELECT end FROM t; DELETE FROM u;",
    "CREATE TRIGGER r6 BEFORE INSERT ON t BEGIN INSERT INTO u VALUES (1, 2) ON CONFLICT DO NOTHING; "
    "WITH z AS (SELECT 1) SELECT * FROM z; VALUES (1), (2); REPLACE INTO u VALUES (CASE new.a WHEN 1 THEN ';' END, 2); "
    "END",
};

static sqlite3 *open_memory(void)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, setup, NULL, NULL, NULL), SQLITE_OK);
    return db;
}

static void agrees_on_cases_by_hand(void **state)
{
    (void)state;
    struct oracle o = {0};
    for (size_t i = 0; i < sizeof by_hand / sizeof *by_hand; i++) {
        sqlite3 *db = open_memory();
        oracle_sqlite(&o, db, by_hand[i], slice_of(by_hand[i]));
        sqlite3_close(db);
    }
    assert_int_equal(o.different, 0);
    assert_true(o.compared > 60);
}

/* Statements that SQLite accepts, and pieces that may stand between any two tokens. */
static const char *const statements[] = {
    "SELECT ~ 1",
    "SELECT ~ 'a;''b' ~ , ~ x'3b'",
    "SELECT ~ \"end\" , [begin] , `c` ~ FROM ~ t",
    "VALUES ~ ( 1 , ';' )",
    "INSERT INTO u VALUES ~ ( 1 , CASE ~ WHEN 1 THEN 2 END )",
    "UPDATE t ~ SET ~ end = begin",
    "DELETE FROM ~ u",
    "SELECT CASE ~ begin WHEN 1 THEN ~ ';' ELSE 2 END ~ FROM t",
    "SELECT ~ end ~ FROM t",
    "SELECT a AS end ~ FROM ~ u",
};
static const char *const gaps[] = {
    " ", "\n", "\t\r\n", " -- c; END;\n", "/* ; */", " /* ' \" [ ` $ */ ", "--'\n", "/**/", "/* /* */", "\f",
};

static void gap(struct strbuf *b, struct oracle_random *r)
{
    strbuf_addc(b, ' ');
    for (uint32_t n = oracle_below(r, 3); n; n--)
        strbuf_addz(b, gaps[oracle_below(r, sizeof gaps / sizeof *gaps)]);
}

static void statement(struct strbuf *b, struct oracle_random *r)
{
    for (const char *p = statements[oracle_below(r, sizeof statements / sizeof *statements)]; *p; p++) {
        if (*p == '~')
            gap(b, r);
        else
            strbuf_addc(b, *p);
    }
    gap(b, r);
}

static void trigger(struct strbuf *b, struct oracle_random *r)
{
    static const char *const temp[] = {"", "TEMP", "temporary"};
    strbuf_addz(b, "CREATE");
    gap(b, r);
    strbuf_addz(b, temp[oracle_below(r, 3)]);
    gap(b, r);
    strbuf_addf(b, "TRIGGER r%u AFTER INSERT ON t WHEN new.begin", oracle_below(r, 1u << 30));
    gap(b, r);
    strbuf_addz(b, "BEGIN");
    gap(b, r);
    for (uint32_t n = 1 + oracle_below(r, 3); n; n--) {
        statement(b, r);
        strbuf_addc(b, ';');
        gap(b, r);
    }
    strbuf_addz(b, "END");
    gap(b, r);
}

static void agrees_on_generated_texts(void **state)
{
    (void)state;
    const char *given = getenv("PAWL_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 20240229;
    printf("# seed %llu\n", (unsigned long long)seed);
    struct oracle o = {0};
    struct oracle_random r = {seed};
    STRBUF(b, 1 << 20);
    for (int i = 0; i < 400; i++) {
        strbuf_reset(&b);
        gap(&b, &r);
        for (uint32_t n = oracle_below(&r, 12); n; n--) {
            if (oracle_below(&r, 4) == 0)
                trigger(&b, &r);
            else
                statement(&b, &r);
            for (uint32_t k = 1 + oracle_below(&r, 2) * oracle_below(&r, 3); k; k--) {
                strbuf_addc(&b, ';');
                gap(&b, &r);
            }
        }
        assert_true(strbuf_ok(&b));
        sqlite3 *db = open_memory();
        oracle_sqlite(&o, db, "generated", strbuf_slice(&b));
        sqlite3_close(db);
    }
    assert_int_equal(o.different, 0);
    assert_int_equal(o.refused, 0);
    assert_true(o.compared > 1500);
}

static int files(int argc, char **argv)
{
    struct oracle o = {0};
    sqlite3 *db = NULL;
    if (sqlite3_open(":memory:", &db) != SQLITE_OK)
        return 2;
    for (int i = 1; i < argc; i++)
        oracle_sqlite(&o, db, argv[i], oracle_load(argv[i]));
    sqlite3_close(db);
    printf("%zu compared, %zu refused, %zu different\n", o.compared, o.refused, o.different);
    return o.different != 0;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return files(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_on_cases_by_hand),
        cmocka_unit_test(agrees_on_generated_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
