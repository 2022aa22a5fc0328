#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/strbuf.h"
#include "sql/lexer.h"

static const char letters[] = {
    [TOKEN_END] = '.',     [TOKEN_ERROR] = '!',  [TOKEN_WORD] = 'w',      [TOKEN_QUOTED] = 'q',
    [TOKEN_STRING] = 's',  [TOKEN_NUMBER] = 'n', [TOKEN_PARAMETER] = 'p', [TOKEN_PUNCTUATION] = '-',
    [TOKEN_COMMENT] = 'c', [TOKEN_SPACE] = '_',  [TOKEN_CLIENT] = '\\',
};

/* w<SELECT> s<'a'> .. */
static void render(struct strbuf *b, const struct dialect *d, const char *text)
{
    struct lexer lx;
    struct token t;
    lexer_init(&lx, d, slice_of(text));
    strbuf_reset(b);
    while (lexer_next(&lx, &t))
        strbuf_addf(b, "%c<" SLICE_FMT "> ", letters[t.kind], SLICE_ARG(lexer_slice(&lx, &t)));
    if (t.kind == TOKEN_ERROR)
        strbuf_addf(b, "!<%s at %zu>", lx.what, t.offset);
}

struct sample {
    const struct dialect *dialect;
    const char *text;
    const char *tokens;
};

#define S &dialect_sqlite
#define P &dialect_postgres
#define M &dialect_mysql

static const struct sample samples[] = {
    {S, "a\"b\"\"c\"[d\"]`e``f`'g''h'", "w<a> q<\"b\"\"c\"> q<[d\"]> q<`e``f`> s<'g''h'> "},
    {S, "x'00'X'ff' e'a\\' 1", "s<x'00'> s<X'ff'> w<e> s<'a\\'> n<1> "},
    {S, "?1 :a @b $c::d(e) #2 ? ::", "p<?1> p<:a> p<@b> p<$c::d(e)> p<#2> p<?> -<:> -<:> "},
    {S, "1.5e+3.e1 0x1f-2 a->>'b'", "n<1.5e+3.e1> n<0x1f> -<-> n<2> w<a> -<-> -<>> -<>> s<'b'> "},
    {S, "a--b\rc\nd/*e/*f*/g", "w<a> w<d> w<g> "},
    {S,
     "a \xef\xbb\xbf"
     "b",
     "w<a> w<b> "},
    {S, "a/*/b", "w<a> !<comment at 1>"},
    {S, "a 'b", "w<a> !<string at 2>"},
    {S, "a [b", "w<a> !<quoted identifier at 2>"},
    {S, "a x'b", "w<a> !<string at 2>"},
    {P, "a\"b\"\"c\"[d]", "w<a> q<\"b\"\"c\"> -<[> w<d> -<]> "},
    {P, "'a\\' E'b\\'' e'c''d' U&'e' u&\"f\" B'1' N'g' x'2'",
     "s<'a\\'> s<E'b\\''> s<e'c''d'> s<U&'e'> q<u&\"f\"> s<B'1'> s<N'g'> s<x'2'> "},
    {P, "E'a'\n'\\'b' E'a' '\\'b", "s<E'a'\n'\\'b'> s<E'a'> s<'\\'> w<b> "},
    {P, "E'a' -- c\r '\\'b'", "s<E'a' -- c\r '\\'b'> "},
    {P, "$$a$b$$ $x$ $$ $X$ $x$ a$$b $1 $1a", "s<$$a$b$$> s<$x$ $$ $X$ $x$> w<a$$b> p<$1> p<$1> w<a> "},
    {P, "a/*b/*c*/d*/e--f\rg", "w<a> w<e> w<g> "},
    {P, "a::int b:=c :d :'e f' :\"g\" h[1:i] [1:E'\\'']",
     "w<a> -<::> w<int> w<b> -<:=> w<c> p<:d> p<:'e f'> p<:\"g\"> w<h> -<[> n<1> p<:i> -<]> -<[> n<1> -<:> s<E'\\''> "
     "-<]> "},
    {P, "a @> b ?| c #>> d `", "w<a> -<@> -<>> w<b> -<?> -<|> w<c> -<#> -<>> -<>> w<d> -<`> "},
    {P, "a \\gset b\r\nc", "w<a> \\<\\gset b> w<c> "},
    {P, "$a$ b $a", "!<dollar-quoted string at 0>"},
    {P, "$ $a", "-<$> -<$> w<a> "},
    {P, "/*/*a*/", "!<comment at 0>"},
    {P, "\"a", "!<quoted identifier at 0>"},
    {P, "E'a\\'", "!<string at 0>"},
    {P, "\xc3\xa4$1 \xc3\xb6", "w<\xc3\xa4$1> w<\xc3\xb6> "},
    {M, "a'b\\'c''d'\"e\\\"f\"`g``h`", "w<a> s<'b\\'c''d'> s<\"e\\\"f\"> q<`g``h`> "},
    {M, "a#b'\nc--d\n-- e'\nf--", "w<a> w<c> -<-> -<-> w<d> w<f> "},
    {M, "/*!40101 SET*/ /*!a*/ /*M!100 b*/ c/* d */",
     "-</*!40101> w<SET> -<*/> -</*!> w<a> -<*/> -</*M!100> w<b> -<*/> w<c> "},
    {M, "@a @@b @'c d' $e :f ? n'\\''", "p<@a> p<@@b> p<@'c d'> w<$e> -<:> w<f> p<?> s<n'\\''> "},
    {M, "a /*! b", "w<a> -</*!> w<b> !<comment with code at 2>"},
    {M, "a*/b", "w<a> -<*> -</> w<b> "},
};

static void reads_tokens(void **state)
{
    (void)state;
    STRBUF(b, 4096);
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        render(&b, samples[i].dialect, samples[i].text);
        assert_string_equal(strbuf_z(&b), samples[i].tokens);
    }
}

static void every_byte_belongs_to_a_token(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct lexer lx;
        struct token t;
        size_t at = 0;
        lexer_init(&lx, samples[i].dialect, slice_of(samples[i].text));
        lx.keep = true;
        while (lexer_next(&lx, &t)) {
            assert_int_equal(t.offset, at);
            assert_true(t.length > 0);
            at += t.length;
        }
        if (t.kind == TOKEN_END)
            assert_int_equal(at, lx.text.n);
        assert_false(lexer_next(&lx, &t));
        assert_int_equal(t.kind, TOKEN_END);
    }
}

static void compares_words_without_case(void **state)
{
    (void)state;
    struct lexer lx;
    struct token t;
    lexer_init(&lx, S, SLICE("CreatE"));
    assert_true(lexer_next(&lx, &t));
    assert_true(lexer_word(&lx, &t, "create"));
    assert_false(lexer_word(&lx, &t, "creat"));
    assert_false(lexer_word(&lx, &t, "created"));
    lexer_init(&lx, S, SLICE("\"create\""));
    assert_true(lexer_next(&lx, &t));
    assert_false(lexer_word(&lx, &t, "create"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_tokens),
        cmocka_unit_test(every_byte_belongs_to_a_token),
        cmocka_unit_test(compares_words_without_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
