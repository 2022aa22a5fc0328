#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sql/txshape.h"

#define S &dialect_sqlite
#define P &dialect_postgres

static struct txshape read_shape(const struct dialect *d, const char *text)
{
    struct txshape x;
    struct pawl_error e;
    assert_int_equal(txshape_read(&x, d, slice_of(text), &e), PAWL_OK);
    return x;
}

static void finds_no_control(void **state)
{
    (void)state;
    struct txshape x = read_shape(P, "SET a = 1; SELECT 1; SAVEPOINT b; RELEASE b; SET CONSTRAINTS ALL DEFERRED;");
    assert_int_equal(x.kind, TXSHAPE_NONE);
    assert_int_equal(x.statements, 5);
    assert_int_equal(x.before, 0);
    x = read_shape(P, "DO $$ BEGIN COMMIT; END $$; CREATE FUNCTION f() BEGIN ATOMIC SELECT 1; END;");
    assert_int_equal(x.kind, TXSHAPE_NONE);
    x = read_shape(S, "CREATE TRIGGER a AFTER INSERT ON b BEGIN SELECT 1; END;");
    assert_int_equal(x.kind, TXSHAPE_NONE);
}

static void finds_one_pair(void **state)
{
    (void)state;
    const char *text = "-- a\nPRAGMA foreign_keys=OFF;\nBEGIN;\nCREATE TABLE a(b);\nCOMMIT;\nPRAGMA foreign_keys=ON;\n";
    struct txshape x = read_shape(S, text);
    assert_int_equal(x.kind, TXSHAPE_PAIR);
    assert_memory_equal(text + x.begin.offset, "BEGIN;", 6);
    assert_memory_equal(text + x.commit.offset, "COMMIT;", 7);
    assert_int_equal(x.before, 1);
    assert_int_equal(x.behind, 1);
    assert_int_equal(x.statements, 3);
    x = read_shape(P, "\\restrict a\nBEGIN; SELECT 1; END;\n\\unrestrict a\n");
    assert_int_equal(x.kind, TXSHAPE_PAIR);
    assert_int_equal(x.before + x.behind, 0);
}

static void is_of(enum txshape_kind kind, const struct dialect *d, const char *text, const char *offender,
                  const char *reason)
{
    struct txshape x = read_shape(d, text);
    assert_int_equal(x.kind, kind);
    assert_string_equal(x.reason, reason);
    assert_int_equal(x.offender.length, strlen(offender));
    assert_memory_equal(text + x.offender.offset, offender, strlen(offender));
}

static void finds_pairs_that_follow_each_other(void **state)
{
    (void)state;
    const char *text = "BEGIN; SELECT 1; COMMIT; BEGIN; SELECT 2; COMMIT;";
    is_of(TXSHAPE_SEVERAL, S, text, "BEGIN", "a second transaction");
    assert_int_equal(read_shape(S, text).offender.offset, 25);
    assert_int_equal(read_shape(S, text).controls, 4);
    is_of(TXSHAPE_SEVERAL, S, "SELECT 1; BEGIN; SELECT 2; COMMIT;", "BEGIN", "BEGIN behind other statements");
    is_of(TXSHAPE_SEVERAL, P, "BEGIN; SELECT 2; COMMIT; SELECT 1; SELECT 3", "SELECT 1", "a statement behind COMMIT");
    is_of(TXSHAPE_SEVERAL, P, "SELECT 1; BEGIN; SELECT 2; END; START TRANSACTION; COMMIT; SELECT 3", "BEGIN",
          "BEGIN behind other statements");
}

static void offends(const struct dialect *d, const char *text, const char *offender, const char *reason)
{
    is_of(TXSHAPE_OTHER, d, text, offender, reason);
}

static void names_what_offends(void **state)
{
    (void)state;
    offends(S, "BEGIN; SELECT 1;", "BEGIN", "BEGIN without COMMIT");
    offends(S, "SELECT 1; COMMIT;", "COMMIT", "COMMIT without BEGIN");
    offends(S, "BEGIN; SELECT 1; COMMIT; BEGIN; SELECT 2;", "BEGIN", "BEGIN without COMMIT");
    offends(S, "SELECT 1; BEGIN; SELECT 2; COMMIT; COMMIT", "COMMIT", "COMMIT without BEGIN");
    offends(S, "SELECT 1; BEGIN; SELECT 2; BEGIN; COMMIT", "BEGIN", "BEGIN inside a transaction");
    offends(S, "BEGIN; SELECT 1; COMMIT; ROLLBACK", "ROLLBACK", "ROLLBACK");
    offends(P, "BEGIN; START TRANSACTION; COMMIT;", "START TRANSACTION", "BEGIN inside a transaction");
    offends(P, "BEGIN; SELECT 1; ROLLBACK;", "ROLLBACK", "ROLLBACK");
    offends(P, "BEGIN; SELECT 1; COMMIT; COMMIT", "COMMIT", "COMMIT without BEGIN");
    offends(P, "ABORT", "ABORT", "ROLLBACK");
    offends(P, "BEGIN; SELECT 1; COMMIT AND CHAIN;", "COMMIT AND CHAIN", "COMMIT AND CHAIN");
    offends(P, "BEGIN; SELECT 1; END WORK AND CHAIN; SELECT 2; COMMIT", "END WORK AND CHAIN", "COMMIT AND CHAIN");
}

static void finds_what_must_stand_outside(void **state)
{
    (void)state;
    const char *text = "SELECT 1; CREATE INDEX CONCURRENTLY a ON b (c); VACUUM;";
    struct txshape x = read_shape(P, text);
    assert_true(x.has_outside);
    assert_string_equal(x.why, "CREATE INDEX CONCURRENTLY");
    assert_int_equal(x.outside.offset, 10);
    x = read_shape(P, "CREATE INDEX a ON b (c);");
    assert_false(x.has_outside);
}

static void passes_lexical_faults_on(void **state)
{
    (void)state;
    struct txshape x;
    struct pawl_error e;
    assert_int_equal(txshape_read(&x, S, SLICE("BEGIN;\n'a"), &e), PAWL_SOURCE);
    assert_int_equal(e.line, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_no_control),
        cmocka_unit_test(finds_one_pair),
        cmocka_unit_test(finds_pairs_that_follow_each_other),
        cmocka_unit_test(names_what_offends),
        cmocka_unit_test(finds_what_must_stand_outside),
        cmocka_unit_test(passes_lexical_faults_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
