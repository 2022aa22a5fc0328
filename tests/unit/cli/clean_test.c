#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "cli/clean.h"

static void nothing_reaches_a_terminal_raw(void **state)
{
    (void)state;
    static const char *const texts[][2] = {
        {"plain \xc3\xa4 \xe2\x82\xac", "plain \xc3\xa4 \xe2\x82\xac"},
        {"\033[2J\a\r", "\\x1b[2J\\x07\\x0d"},
        {"a\xc2\x9b"
         "31m",
         "a\\u{9b}31m"},
        {"\xe2\x80\xae"
         "evil",
         "\\u{202e}evil"},
        {"a\xff\xfe"
         "b\xc3",
         "a\\xff\\xfeb\\xc3"},
        {"a\nb\tc", "a\\x0ab\\x09c"},
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        STRBUF(b, 1000);
        clean_add(&b, slice_of(texts[i][0]), false);
        assert_string_equal(strbuf_z(&b), texts[i][1]);
    }
    STRBUF(b, 1000);
    clean_add(&b, SLICE("a\n\tb\033"), true);
    assert_string_equal(strbuf_z(&b), "a\n\tb\\x1b");
}

static void json_gets_valid_text(void **state)
{
    (void)state;
    STRBUF(b, 1000);
    clean_utf8(&b, SLICE("a\xff\xc3\xa4\x1b"));
    assert_string_equal(strbuf_z(&b), "a\xef\xbf\xbd\xc3\xa4\x1b");
}

static void urls_lose_their_secrets(void **state)
{
    (void)state;
    static const char *const urls[][2] = {
        {"postgres://u:secret@h:5432/d?sslmode=require&password=secret", "postgres://***@h:5432/d"},
        {"postgres://u:se@cr/et@h/d", "postgres://***@h/d"},
        {"postgres://h/d", "postgres://h/d"},
        {"host=h password=secret", "***"},
        {"sqlite:app.db?mode=ro", "sqlite:app.db"},
        {"sqlite://app.db", "sqlite://app.db"},
        {"app.db", "app.db"},
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        STRBUF(b, 1000);
        clean_url(&b, slice_of(urls[i][0]));
        assert_string_equal(strbuf_z(&b), urls[i][1]);
    }
}

static void messages_lose_the_secrets_of_urls(void **state)
{
    (void)state;
    static const char *const texts[][2] = {
        {"no 'postgres://u:se@cret@h/d' here", "no 'postgres://***@h/d' here"},
        {"'postgres://u@h/d?PASSWORD=secret&x=1'", "'postgres://*@h/d?PASSWORD=***&x=1'"},
        {"password=se password=", "password=** password="},
        {"see http://h/d", "see http://h/d"},
        {"a@b://", "a@b://"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[100];
        snprintf(text, sizeof text, "%s", texts[i][0]);
        clean_secrets(text);
        assert_string_equal(text, texts[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_reaches_a_terminal_raw),
        cmocka_unit_test(json_gets_valid_text),
        cmocka_unit_test(urls_lose_their_secrets),
        cmocka_unit_test(messages_lose_the_secrets_of_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
