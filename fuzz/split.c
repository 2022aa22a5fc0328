/*
 * split: for every dialect the tokens of a text lie end to end and cover it, whether white space is kept or not, and its statements follow each other
 * inside it; what a statement's place and name are is found without leaving the text.
 */
#include "require.h"
#include "sql/locate.h"
#include "sql/quote.h"
#include "sql/split.h"

static void check_tokens(const struct dialect *dialect, struct slice text)
{
    struct lexer lx, skipping;
    struct token t, same;
    size_t at = 0;
    lexer_init(&lx, dialect, text);
    lexer_init(&skipping, dialect, text);
    lx.keep = true;
    while (lexer_next(&lx, &t)) {
        REQUIRE(t.offset == at && t.length > 0 && t.length <= text.n - at);
        if (t.kind == TOKEN_QUOTED || t.kind == TOKEN_WORD) {
            struct strbuf name;
            strbuf_init(&name, 1 << 20);
            quote_strip(&name, dialect, lexer_slice(&lx, &t));
            strbuf_clear(&name);
        }
        at += t.length;
        if (t.kind == TOKEN_SPACE || t.kind == TOKEN_COMMENT)
            continue;
        lexer_next(&skipping, &same);
        REQUIRE(same.kind == t.kind && same.offset == t.offset && same.length == t.length && same.c == t.c);
    }
    /* What is never closed may have opened before tokens that were read in between: MySQL's code comments. */
    REQUIRE(t.kind == TOKEN_ERROR ? lx.what != NULL && t.offset <= at : at == text.n);
}

static void check_statements(const struct dialect *dialect, struct slice text)
{
    struct splitter s;
    struct statement st;
    struct pawl_error e;
    struct locator locator;
    enum split_result result;
    size_t at = 0, count = 0;
    split_init(&s, dialect, text);
    locator_init(&locator, text);
    while ((result = split_next(&s, &st, &e)) == SPLIT_STATEMENT) {
        REQUIRE(st.offset >= at && st.length > 0 && st.offset + st.length <= st.end && st.end <= text.n);
        if (st.kind == STATEMENT_COPY)
            REQUIRE(st.data_offset + st.data_length <= st.end);
        struct place place = locate(&locator, st.offset);
        struct place once = locate_once(text, st.offset);
        REQUIRE(place.line > 0 && place.column > 0 && place.line == once.line && place.column == once.column);
        if (st.has_variable)
            REQUIRE(st.variable >= st.offset && st.variable < st.offset + st.length);
        at = st.end;
        count++;
    }
    if (result == SPLIT_ERROR)
        REQUIRE(e.code == PAWL_SOURCE && e.line > 0 && s.error <= text.n && split_next(&s, &st, &e) == SPLIT_END);
    REQUIRE(split_any(dialect, text) == (count > 0 || result == SPLIT_ERROR));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct dialect *const dialects[] = {&dialect_sqlite, &dialect_postgres, &dialect_mysql};
    struct slice text = {(const char *)data, size};
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++) {
        check_tokens(dialects[i], text);
        check_statements(dialects[i], text);
    }
    return 0;
}
