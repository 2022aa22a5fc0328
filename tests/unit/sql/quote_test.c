#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sqlite3.h>

#include "sql/quote.h"

static void quotes(void **state)
{
    (void)state;
    STRBUF(b, 256);
    quote_qualified(&b, &dialect_postgres, SLICE("s"), SLICE("a\"b"));
    strbuf_addc(&b, ' ');
    quote_qualified(&b, &dialect_mysql, (struct slice){0}, SLICE("a`b\""));
    strbuf_addc(&b, ' ');
    quote_literal(&b, &dialect_postgres, SLICE("a'b\\c"));
    strbuf_addc(&b, ' ');
    quote_literal(&b, &dialect_mysql, SLICE("a'b\\c"));
    strbuf_addc(&b, ' ');
    quote_literal(&b, &dialect_sqlite, (struct slice){0});
    assert_string_equal(strbuf_z(&b), "\"s\".\"a\"\"b\" `a``b\"` 'a''b\\c' 'a''b\\\\c' ''");
}

static void stripped(const struct dialect *d, const char *written, const char *name)
{
    STRBUF(b, 256);
    assert_int_equal(quote_strip(&b, d, slice_of(written)), name != NULL);
    assert_string_equal(strbuf_z(&b), name ? name : "");
}

static void strips(void **state)
{
    (void)state;
    stripped(&dialect_postgres, "FooBar", "foobar");
    stripped(&dialect_postgres, "\"Foo\"\"B\"", "Foo\"B");
    stripped(&dialect_postgres, "U&\"a\"", NULL);
    stripped(&dialect_postgres, "\"", NULL);
    stripped(&dialect_postgres, "", NULL);
    stripped(&dialect_postgres, "\"\"", "");
#define TEN "abcdefghij"
    stripped(&dialect_postgres, TEN TEN TEN TEN TEN TEN "12345", TEN TEN TEN TEN TEN TEN "123");
    stripped(&dialect_postgres, "\"" TEN TEN TEN TEN TEN TEN "12\xc3\xa4\"", TEN TEN TEN TEN TEN TEN "12");
    stripped(&dialect_sqlite, TEN TEN TEN TEN TEN TEN TEN, TEN TEN TEN TEN TEN TEN TEN);
    stripped(&dialect_sqlite, "FooBar", "FooBar");
    stripped(&dialect_sqlite, "[a\"b]", "a\"b");
    stripped(&dialect_sqlite, "`a``b`", "a`b");
    stripped(&dialect_sqlite, "'a''b'", "a'b");
}

/* What is quoted is read back by the engine as what it was. */
static void sqlite_reads_it_back(void **state)
{
    (void)state;
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    const char nasty[] = "a'b\"c`d[e]\\f\n;--/*";
    STRBUF(b, 256);
    strbuf_addz(&b, "SELECT ");
    quote_literal(&b, &dialect_sqlite, SLICE(nasty));
    strbuf_addz(&b, " AS ");
    quote_identifier(&b, &dialect_sqlite, SLICE(nasty));
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, strbuf_z(&b), -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_string_equal(sqlite3_column_text(stmt, 0), nasty);
    assert_string_equal(sqlite3_column_name(stmt, 0), nasty);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes),
        cmocka_unit_test(strips),
        cmocka_unit_test(sqlite_reads_it_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
