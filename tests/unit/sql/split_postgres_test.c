/* The splitter against PostgreSQL's own parser (libpg_query), on cases written by hand and on generated ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/strbuf.h"
#include "oracle.h"

static const char *const by_hand[] = {
    "SELECT 1; SELECT 2",
    ";;SELECT 1;;;",
    "SELECT 'a;b\\'; SELECT \"a\"\";b\"; SELECT E'a\\';b'; SELECT e'\\\\'; SELECT 1",
    "SELECT 'a'\n';b'; SELECT E'a'\n'\\';'; SELECT E'a' -- c\n -- d\n '\\';' ; SELECT 2",
    "SELECT E'a' '\\'; SELECT 2; SELECT ''",
    "SELECT U&'d\\0061t;', U&\"d\\0061t;\"; SELECT B'01;', X'0f', N';'; SELECT 2",
    "SELECT $$a;b$$, $x$ $$ ; $y$ $x $x$; SELECT $a$b$c$a$; SELECT 1",
    "SELECT a$$b$$ FROM t$1$; SELECT 1; SELECT 2 FROM x$y$z;",
    "SELECT $1, $2::text, a::int[] FROM t WHERE a[1:2] = b[x:y]; SELECT 1",
    "SELECT a[1:E'\\'2;'], a[$1:'3']; SELECT 2",
    "SELECT 1 /* a; /* b; */ c; */; SELECT 2 -- d;\r; SELECT 3",
    "SELECT 1 /*/ ; */; SELECT /**/ 2 /***/; SELECT 3 /*/*/**/;*/*/; SELECT 4",
    "SELECT 1+--;\n2; SELECT 1 */**/ 2; SELECT a <-- ;\n b; SELECT @-1; SELECT a @>b, a ? 'x;', a ?| b FROM t",
    "CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO u VALUES (1); DELETE FROM u; ); SELECT 1",
    "CREATE FUNCTION f() RETURNS int LANGUAGE SQL BEGIN ATOMIC SELECT 1; SELECT 2; END; SELECT 3",
    "create or replace procedure p(a int default 1) begin atomic insert into t values (case when a > 1 then 2 end); "
    "select a end from t; end; SELECT 1",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC END; SELECT 1; SELECT 2",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; ; CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT 2; "
    "END; SELECT 3; END; SELECT 4",
    "CREATE FUNCTION begin() RETURNS int BEGIN ATOMIC RETURN 1; END; SELECT begin FROM t; BEGIN; COMMIT; END; SELECT 1",
    "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN; RETURN 1; END; $$; SELECT 1",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1; SELECT 1",
    "CREATE FUNCTION f() RETURNS TABLE (begin int, atomic int) BEGIN ATOMIC SELECT 1, 2; END; SELECT 3",
    "CREATE TABLE begin(atomic int); BEGIN; END; SELECT begin atomic FROM t; SELECT 1",
    "DO $do$ BEGIN IF true THEN EXECUTE 'a;'; END IF; END $do$; SELECT 1;",
    "CREATE TABLE t (a text DEFAULT ';', \"b;c\" int CHECK (a <> '(')); SELECT ')'; SELECT 2",
    "CREATE SCHEMA s CREATE TABLE t (a int) CREATE VIEW v AS SELECT 1; SELECT 2",
    "SELECT 1.5e10, .5, 1e-5, 5.; SELECT 1; SELECT - 1",
    "SELECT \xc3\xa4\xc3\xb6, '\xe2\x80\x94;' FROM t; SELECT 2",
    "COPY t (a, b) FROM stdin;\n1\t'\n2\t$$;\n\\.\nSELECT 1; COPY t FROM STDIN WITH (FORMAT "
    "csv);\r\n\"a;\"\r\n\\.\r\nSELECT 2;",
    "\\restrict abc\nSELECT 1;\n\\unrestrict abc\nSELECT 2;",
    "SELECT (1; SELECT 2); SELECT 3",
    "CREATE FUNCTION f() RETURNS int BEGIN SELECT 1; SELECT 2; END;",
    "SELECT 'a'--\n'b;'; SELECT 2",
    "GRANT SELECT ON t TO u; COMMENT ON TABLE t IS E';\\''; SELECT 1",
    "CREATE OPERATOR ;; SELECT 1",
    "SELECT a FROM t WHERE b = $tag$;$tag$ AND c = $Tag$;$tag$;$Tag$; SELECT 2",
    "SELECT 1 AS \"U&\", U&1 FROM u; SELECT u&'x;' ; SELECT n\n';'; SELECT e ';'",
};

static void agrees_on_cases_by_hand(void **state)
{
    (void)state;
    struct oracle o = {0};
    for (size_t i = 0; i < sizeof by_hand / sizeof *by_hand; i++)
        oracle_postgres(&o, by_hand[i], slice_of(by_hand[i]));
    assert_int_equal(o.different, 0);
    assert_true(o.compared > 90);
    assert_true(o.refused < 8);
}

static const char *const statements[] = {
    "SELECT ~ 1",
    "SELECT ~ 'a;''b' ~ , ~ E'\\';' ~ , $$;$$",
    "SELECT ~ $a$ ; $$ $b$ $a$ ~ , U&';' , X'3b'",
    "SELECT ~ \"end;\" , a[1:2] ~ FROM ~ t WHERE a::text = ~ ';'",
    "VALUES ~ ( 1 , ';' )",
    "INSERT INTO u VALUES ~ ( 1 , CASE ~ WHEN true THEN 2 END )",
    "UPDATE t ~ SET ~ a = ~ b - ~ 1",
    "DELETE FROM ~ u",
    "SELECT CASE ~ WHEN a THEN ~ ';' ELSE b END ~ FROM t",
    "SELECT begin ~ , atomic ~ FROM t",
};
static const char *const gaps[] = {
    " ", "\n", "\t\r\n", " -- c; END;\n", "/* ; */", " /* ' \" [ ` $ */ ", "--'\r", "/**/", "/* /* ; */ */", "\f",
};

static void gap(struct strbuf *b, struct oracle_random *r)
{
    strbuf_addc(b, ' ');
    for (uint32_t n = oracle_below(r, 3); n; n--)
        strbuf_addz(b, gaps[oracle_below(r, sizeof gaps / sizeof *gaps)]);
}

static void filled(struct strbuf *b, struct oracle_random *r, const char *pattern)
{
    for (; *pattern; pattern++) {
        if (*pattern == '~')
            gap(b, r);
        else
            strbuf_addc(b, *pattern);
    }
    gap(b, r);
}

static void statement(struct strbuf *b, struct oracle_random *r)
{
    filled(b, r, statements[oracle_below(r, sizeof statements / sizeof *statements)]);
}

static void several(struct strbuf *b, struct oracle_random *r, uint32_t n)
{
    for (; n; n--) {
        statement(b, r);
        strbuf_addc(b, ';');
        gap(b, r);
    }
}

static void with_body(struct strbuf *b, struct oracle_random *r)
{
    switch (oracle_below(r, 3)) {
    case 0:
        filled(b, r, "CREATE ~ OR REPLACE ~ FUNCTION f(a int ~ DEFAULT 1) RETURNS int ~ BEGIN ~ ATOMIC ~");
        several(b, r, oracle_below(r, 4));
        strbuf_addz(b, "END");
        break;
    case 1:
        filled(b, r, "CREATE ~ RULE r AS ON ~ INSERT TO t ~ DO ALSO ( ~ DELETE FROM u ; ~");
        filled(b, r, "UPDATE t ~ SET a = ';' ~ ; INSERT INTO u VALUES (1)");
        strbuf_addz(b, ")");
        break;
    default:
        filled(b, r, "DO ~ $do$ BEGIN ; END ; $d $$ $do$");
        break;
    }
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
                with_body(&b, &r);
            else
                statement(&b, &r);
            for (uint32_t k = 1 + oracle_below(&r, 2) * oracle_below(&r, 3); k; k--) {
                strbuf_addc(&b, ';');
                gap(&b, &r);
            }
        }
        assert_true(strbuf_ok(&b));
        strbuf_addc(&b, '\0');
        oracle_postgres(&o, "generated", slice_sub(strbuf_slice(&b), 0, b.n - 1));
    }
    assert_int_equal(o.different, 0);
    assert_int_equal(o.refused, 0);
    assert_true(o.compared > 1500);
}

static int files(int argc, char **argv)
{
    struct oracle o = {0};
    for (int i = 1; i < argc; i++)
        oracle_postgres(&o, argv[i], oracle_load(argv[i]));
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
