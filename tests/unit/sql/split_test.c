#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/strbuf.h"
#include "sql/split.h"

/* [statement] [statement;] with its terminator, C[..;]{data}, L[client line], $ before one with a psql variable */
static void render(struct strbuf *b, const struct dialect *d, const char *text)
{
    struct splitter s;
    struct statement st;
    struct pawl_error e;
    enum split_result r;
    size_t at = 0;
    struct slice all = slice_of(text);
    strbuf_reset(b);
    split_init(&s, d, all);
    while ((r = split_next(&s, &st, &e)) == SPLIT_STATEMENT) {
        assert_true(st.offset >= at && st.length > 0 && st.end >= st.offset + st.length && st.end <= all.n);
        at = st.end;
        strbuf_addf(b, "%s%s[" SLICE_FMT "%s]", st.has_variable ? "$" : "",
                    st.kind == STATEMENT_CLIENT ? "L"
                    : st.kind == STATEMENT_COPY ? "C"
                                                : "",
                    SLICE_ARG(slice_sub(all, st.offset, st.offset + st.length)), st.terminated ? ";" : "");
        if (st.kind == STATEMENT_COPY)
            strbuf_addf(b, "{" SLICE_FMT "}",
                        SLICE_ARG(slice_sub(all, st.data_offset, st.data_offset + st.data_length)));
    }
    if (r == SPLIT_ERROR) {
        strbuf_addf(b, "!%s %u:%u", e.message, e.line, e.column);
        assert_int_equal(e.code, PAWL_SOURCE);
        assert_true(e.hint[0] != '\0');
        assert_int_equal(split_next(&s, &st, NULL), SPLIT_END);
    }
}

struct sample {
    const struct dialect *dialect;
    const char *text;
    const char *statements;
};

#define S &dialect_sqlite
#define P &dialect_postgres
#define M &dialect_mysql

static const struct sample samples[] = {
    {S, "", ""},
    {S, " -- only\n/* comments */ ;;; ", ""},
    {S, "-- a\n SELECT 1 -- b\n ; -- c\nSELECT 2 /* d */ ", "[SELECT 1;][SELECT 2]"},
    {S, "a;b;;c", "[a;][b;][c]"},
    {S, "create trigger t after insert on a begin select 1; select case when 1 then 2 end; end; select 2;",
     "[create trigger t after insert on a begin select 1; select case when 1 then 2 end; end;][select 2;]"},
    {S, "create trigger t begin select 1; select 2;", "!unterminated body 1:18"},
    {S, "create trigger t; select 1;", "[create trigger t;][select 1;]"},
    {S, "a;\n  'b", "[a;]!unterminated string 2:3"},
    {S, "a;\n  /* b", "[a;]!unterminated comment 2:3"},
    {S, ".read x.sql\nSELECT 1;\n .mode csv", "L[.read x.sql][SELECT 1;]L[.mode csv]"},
    {S, "SELECT a\n.b FROM a;", "[SELECT a\n.b FROM a;]"},
    {S, "SELECT (1; SELECT 2", "[SELECT (1;][SELECT 2]"},
    {S, "begin; update a set b = 1; end; select 1", "[begin;][update a set b = 1;][end;][select 1]"},
    {P, "select (1; select 2); select 3", "[select (1; select 2);][select 3]"},
    {P, "create table a (b int; select 1;", "!unterminated parenthesis 1:16"},
    {P, "create function f() begin atomic select 1; end; select 2",
     "[create function f() begin atomic select 1; end;][select 2]"},
    {P, "create function f() begin atomic select 1;", "!unterminated body 1:27"},
    {P, "create function f() as $$ begin; end; $$; begin; end;",
     "[create function f() as $$ begin; end; $$;][begin;][end;]"},
    {P, "a;\n$x$ b; $y$", "[a;]!unterminated dollar-quoted string 2:1"},
    {P, "select e'\\", "!unterminated string 1:8"},
    {P, "copy a from stdin;\n1\t2\n\\.\nselect 1;", "C[copy a from stdin;]{1\t2\n}[select 1;]"},
    {P, "COPY a.b (c, d) FROM STDIN WITH (FORMAT csv); -- x\r\n'\r\n\\.\r\nselect 1;",
     "C[COPY a.b (c, d) FROM STDIN WITH (FORMAT csv);]{'\r\n}[select 1;]"},
    {P, "copy a from stdin;\n\\.", "C[copy a from stdin;]{}"},
    {P, "copy a from stdin;\n1\n\\.x\n \\.\n", "!unterminated COPY data 1:1"},
    {P, "copy a from stdin; select 1;\n\\.\n", "!unterminated COPY 1:1"},
    {P, "copy a from 'stdin'; copy (select 1 from stdin) to stdout; select 1",
     "[copy a from 'stdin';][copy (select 1 from stdin) to stdout;][select 1]"},
    {P, "\\restrict x\n\\connect y\nselect 1;\n\\unrestrict x\n", "L[\\connect y][select 1;]"},
    {P, "select 1 \\gset\nselect 2;", "[select 1]L[\\gset][select 2;]"},
    {P, "select :a; select b[c:d], e::f; select :'g'; select x ? :\"h\"",
     "$[select :a;][select b[c:d], e::f;]$[select :'g';]$[select x ? :\"h\"]"},
    {M, "a;\nDELIMITER //\ncreate procedure p() begin x; y; end//\ndelimiter ;\nb;",
     "[a;][create procedure p() begin x; y; end;][b;]"},
    {M, "DELIMITER $$\ncreate trigger a begin b; END$$\nselect '$$' $$\nDELIMITER ;\nselect 1;",
     "[create trigger a begin b; END;][select '$$';][select 1;]"},
    {M,
     "create procedure p() begin if a then b; elseif c then d; end if; case e when 1 then f; end case; "
     "l: loop g; leave l; end loop l; while h do i; end while; repeat j; until k end repeat; end; select 1;",
     "[create procedure p() begin if a then b; elseif c then d; end if; case e when 1 then f; end case; "
     "l: loop g; leave l; end loop l; while h do i; end while; repeat j; until k end repeat; end;][select 1;]"},
    {M, "create definer=`a`@`b` trigger t before insert on u for each row set new.a = if(1, 2, 3); select 1;",
     "[create definer=`a`@`b` trigger t before insert on u for each row set new.a = if(1, 2, 3);][select 1;]"},
    {M, "create function f() returns int begin return case when a then if(b, 1, 2) else if(c, 3, 4) end; end; select 1",
     "[create function f() returns int begin return case when a then if(b, 1, 2) else if(c, 3, 4) end; end;][select "
     "1]"},
    {M, "/*!40101 SET NAMES utf8 */; # c;\nselect \"a;\\\"\"; -- d;\nselect 1--2;",
     "[/*!40101 SET NAMES utf8 */;][select \"a;\\\"\";][select 1--2;]"},
    {M, "create table a (b int); begin; insert into a values (1); end; select 1",
     "[create table a (b int);][begin;][insert into a values (1);][end;][select 1]"},
};

static void splits(void **state)
{
    (void)state;
    STRBUF(b, 4096);
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        render(&b, samples[i].dialect, samples[i].text);
        assert_string_equal(strbuf_z(&b), samples[i].statements);
    }
}

static void knows_an_empty_text(void **state)
{
    (void)state;
    assert_false(split_any(S, SLICE(" ; -- a\n /* b */ ;")));
    assert_false(split_any(P, SLICE("\\restrict a\n")));
    assert_true(split_any(S, SLICE("/* b */ a")));
    assert_true(split_any(S, SLICE("'")));
}

static void hints_name_what_closes(void **state)
{
    (void)state;
    struct splitter s;
    struct statement st;
    struct pawl_error e;
    split_init(&s, P, SLICE("a;\r\rb $tag$ c"));
    assert_int_equal(split_next(&s, &st, &e), SPLIT_STATEMENT);
    assert_int_equal(split_next(&s, &st, &e), SPLIT_ERROR);
    assert_string_equal(e.hint, "it opens at line 3, column 3 and is never closed: add $tag$");
    assert_int_equal(s.error, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits),
        cmocka_unit_test(knows_an_empty_text),
        cmocka_unit_test(hints_name_what_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
