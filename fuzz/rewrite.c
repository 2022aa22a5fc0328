/* rewrite: every form of a statement that is lexically whole is whole, too, is another text, and can be made only so often. */
#include "require.h"
#include "sql/rewrite.h"
#include "sql/split.h"

/* How many statements; SIZE_MAX = something is never closed. */
static size_t count(const struct dialect *d, struct slice text, struct slice *first)
{
    struct splitter s;
    struct statement st;
    enum split_result r;
    size_t n = 0;
    split_init(&s, d, text);
    while ((r = split_next(&s, &st, NULL)) == SPLIT_STATEMENT) {
        if (n++ == 0)
            *first = slice_sub(text, st.offset, st.offset + st.length);
        if (st.kind != STATEMENT_SQL || st.has_variable)
            return SIZE_MAX;
    }
    return r == SPLIT_ERROR ? SIZE_MAX : n;
}

static bool two(void *context, const struct head_name *table, size_t n, struct strbuf *out)
{
    (void)context;
    strbuf_addz(out, n == 1 ? "\"a\"" : "\"a\", \"b\"");
    return table->name.n != 1;
}

static const struct rewrite_known known = {.columns = two};

static void check(const struct dialect *d, uint32_t guards, struct slice statement)
{
    ARENA(a);
    struct rewrites r;
    struct slice first;
    if (rewrite_forms(&a, d, guards, &known, statement, &r, NULL) != PAWL_OK)
        return;
    REQUIRE(r.n <= REWRITE_MAX);
    for (size_t i = 0; i < r.n; i++) {
        REQUIRE(r.forms[i].sql.n && r.forms[i].what);
        REQUIRE(!slice_eq(r.forms[i].sql, statement));
        REQUIRE(count(d, r.forms[i].sql, &first) != 0);
        REQUIRE(count(d, r.forms[i].sql, &first) != SIZE_MAX);
        for (size_t j = 0; j < i; j++)
            REQUIRE(!slice_eq(r.forms[i].sql, r.forms[j].sql));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct dialect *const dialects[] = {&dialect_sqlite, &dialect_postgres, &dialect_mysql};
    struct slice text = {(const char *)data, size}, first;
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++)
        if (count(dialects[i], text, &first) == 1) {
            check(dialects[i], dialects[i]->guards, first);
            check(dialects[i], dialect_sqlite.guards & dialect_postgres.guards, first);
        }
    return 0;
}
