#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collect.h"
#include "source/inspect.h"
#include "source/script.h"

static struct collect seen;
static struct script script;
static struct pawl_error error;
static enum pawl_finding_id strict = PAWL_FINDING_COUNT, relaxed = PAWL_FINDING_COUNT; /* findings of another level */

/* Checks a text as the up (or down) of version 7. */
static int check(const char *engine, const struct dialect *dialect, const char *sql, bool down)
{
    uint32_t hidden;
    struct migration m = {
        .version = 7,
        .up = {.path = SLICE("m/7_x.sql")},
        .down = {.path = SLICE("m/7_x.down.sql")},
    };
    struct migration_file *file = down ? &m.down : &m.up;
    struct text t = {.raw = slice_of(sql), .sql = slice_of(sql)};
    file->no_transaction = inspect_no_transaction(t.sql, &hidden);
    collect_init(&seen);
    if (strict != PAWL_FINDING_COUNT)
        seen.report.levels[strict] = PAWL_LEVEL_ERROR;
    if (relaxed != PAWL_FINDING_COUNT)
        seen.report.levels[relaxed] = PAWL_LEVEL_WARNING;
    err_clear(&error);
    return script_check(&m, file, &t, engine, dialect, SLICE("_sqlx_migrations"), &seen.report, &script, &error);
}

static int check_lite(const char *sql)
{
    return check("sqlite", &dialect_sqlite, sql, false);
}

static int check_pg(const char *sql)
{
    return check("postgres", &dialect_postgres, sql, false);
}

/* All that is sent, each statement in angle brackets, COPY data in square ones; flags in front. */
static const char *sent(const char *engine, const struct dialect *dialect, const char *sql)
{
    static char out[4096];
    size_t n = 0;
    struct text t = {.raw = slice_of(sql), .sql = slice_of(sql)};
    struct script_cursor c;
    struct script_statement st;
    assert_int_equal(check(engine, dialect, sql, false), PAWL_OK);
    out[0] = '\0';
    size_t count = 0;
    script_start(&c, &script, &t, engine, dialect);
    while (script_next(&c, &st)) {
        count++;
        assert_memory_equal(sql + st.offset, st.sql.p, st.sql.n);
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%s%s<" SLICE_FMT ">", st.begins ? "+" : "",
                              st.ends ? "-" : "", st.outside ? "!" : "", SLICE_ARG(st.sql));
        if (st.copy.p)
            n += (size_t)snprintf(out + n, sizeof out - n, "[" SLICE_FMT "]", SLICE_ARG(st.copy));
    }
    assert_int_equal(count, script.statements);
    return out;
}

static const char *sent_lite(const char *sql)
{
    return sent("sqlite", &dialect_sqlite, sql);
}

static const char *sent_pg(const char *sql)
{
    return sent("postgres", &dialect_postgres, sql);
}

static void yields_statements(void **state)
{
    (void)state;
    assert_string_equal(sent_lite("-- x\nselect 1;; /* y */ select 2 ; select 3"), "<select 1><select 2><select 3>");
    assert_int_equal(seen.n, 0);
    assert_false(script.own_transaction);
    assert_true(script.lock_timeout_ms == -1);
}

static void leaves_out_one_pair_around_everything(void **state)
{
    (void)state;
    assert_string_equal(
        sent_lite("pragma foreign_keys=off;\nbegin;\nselect 1;\nselect 2;\ncommit;\npragma foreign_keys=on;"),
        "<pragma foreign_keys=off><select 1><select 2><pragma foreign_keys=on>");
    assert_true(script.own_transaction);
    assert_string_equal(sent_pg("START TRANSACTION; select 1; END"), "<select 1>");
    assert_int_equal(seen.n, 0);
}

/* The way out of sqlx's transaction and back that folders for SQLite use. */
static void leaves_out_what_leads_out_of_the_runners_transaction(void **state)
{
    (void)state;
    const char *sql = "select 0;\nCOMMIT;\nPRAGMA foreign_keys = OFF;\nBEGIN TRANSACTION;\nselect 1;\nCOMMIT;\n"
                      "PRAGMA foreign_keys = ON;\nBEGIN TRANSACTION;\n";
    assert_string_equal(sent_lite(sql), "<select 0><PRAGMA foreign_keys = OFF><select 1><PRAGMA foreign_keys = ON>");
    assert_true(script.inside_out);
    assert_false(script.own_transaction);
    assert_true(script.foreign_keys_off);
    assert_int_equal(seen.n, 0);
    assert_string_equal(sent_lite("commit; select 1; begin;"), "<select 1>");
    assert_string_equal(sent_lite("commit; vacuum; begin;"), "!<vacuum>");
    assert_found(&seen, "warning needs-no-transaction 7_x.sql:1:9 VACUUM cannot run");
    assert_int_equal(check_lite("commit; begin; select 1; commit;"), PAWL_SOURCE);
    assert_found(&seen, "error transaction-control 7_x.sql:1:1 COMMIT without BEGIN");
    assert_int_equal(check_lite("commit; begin; begin;"), PAWL_SOURCE);
    assert_found(&seen, "error transaction-control 7_x.sql:1:16 BEGIN inside a transaction");
    assert_int_equal(check_lite("commit; commit; begin;"), PAWL_SOURCE);
    assert_found(&seen, "error transaction-control 7_x.sql:1:9 COMMIT without BEGIN");
    assert_int_equal(check_lite("commit; pragma foreign_keys; begin;"), PAWL_OK);
    assert_false(script.foreign_keys_off);
}

static void pairs_that_follow_each_other_are_one_transaction(void **state)
{
    (void)state;
    assert_string_equal(sent_lite("select 1;\n  begin; select 2; commit;"), "<select 1><select 2>");
    assert_found(&seen,
                 "warning transaction-control 7_x.sql:2:3 BEGIN behind other statements: the whole file runs as one");
    assert_true(script.several);
    assert_false(script.no_transaction);
    assert_int_equal(script.statements, 2);
    assert_string_equal(sent_pg("begin; select 1; end; begin; select 2; commit; select 3;"),
                        "<select 1><select 2><select 3>");
    assert_found(&seen, "warning transaction-control 7_x.sql:1:23 a second transaction");
    assert_int_equal(check_lite("begin; commit; begin; commit;"), PAWL_OK);
    assert_true(script.empty);
    strict = PAWL_FINDING_TRANSACTION_CONTROL;
    assert_int_equal(check_lite("select 1;\n  begin; select 2; commit;"), PAWL_SOURCE);
    assert_found(&seen, "error transaction-control 7_x.sql:2:3 BEGIN behind other statements: the file is more");
    assert_int_equal(error.line, 2);
    assert_int_equal(error.column, 3);
    assert_true(error.version == 7);
    strict = PAWL_FINDING_COUNT;
}

static void pairs_stay_apart_where_something_ends_with_one(void **state)
{
    static const char *const apart[] = {
        "begin; set local search_path = a; commit; select 1;",
        "begin; select set_config('a.b', 'c', true); commit; select 1;",
        "begin; set constraints all deferred; commit; select 1;",
        "begin; create temp table a (b int) on commit drop; commit; select 1;",
        "alter type a add value 'b'; begin; select 'b'::a; commit;",
        "begin; select 1; commit; vacuum;",
    };
    (void)state;
    for (size_t i = 0; i < sizeof apart / sizeof *apart; i++) {
        assert_int_equal(check_pg(apart[i]), PAWL_OK);
        assert_true(script.no_transaction);
        assert_false(script.several);
    }
    assert_string_equal(sent_pg("begin; set local a.b = 1; end; begin; select 2; commit; vacuum"),
                        "+<begin><set local a.b = 1>-<end>+<begin><select 2>-<commit>!<vacuum>");
    assert_found(&seen,
                 "warning transaction-control 7_x.sql:1:32 a second transaction: the file runs statement by statement");
    assert_string_equal(sent_lite("begin; pragma defer_foreign_keys = on; commit; begin; select 2; commit;"),
                        "+<begin><pragma defer_foreign_keys = on>-<commit>+<begin><select 2>-<commit>");
    assert_string_equal(sent_lite("pragma foreign_keys = off; begin; select 1; commit; select 2"),
                        "<pragma foreign_keys = off><select 1><select 2>");
}

static void transaction_control_that_does_not_pair_stops(void **state)
{
    static const char *const never[] = {"begin; select 1;",
                                        "select 1; rollback;",
                                        "select 1; commit;",
                                        "begin; begin; commit;",
                                        "begin; select 1; commit; commit;",
                                        "begin; select 1; commit; savepoint a; release a;",
                                        "select 1; begin; select 2; rollback;"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        relaxed = i ? PAWL_FINDING_TRANSACTION_CONTROL : PAWL_FINDING_COUNT;
        for (size_t k = 0; k < sizeof never / sizeof never[0]; k++)
            assert_int_equal(check_lite(never[k]), PAWL_SOURCE);
    }
    relaxed = PAWL_FINDING_COUNT;
    assert_int_equal(check_lite("begin; select 1;"), PAWL_SOURCE);
    assert_found(&seen, "error transaction-control 7_x.sql:1:1 BEGIN without COMMIT");
    assert_int_equal(check_lite("select 1; rollback;"), PAWL_SOURCE);
    assert_found(&seen, "error transaction-control 7_x.sql:1:11 ROLLBACK");
    assert_int_equal(check_lite("select 1; savepoint a; release a;"), PAWL_OK);
}

static void a_file_without_a_transaction_keeps_its_own(void **state)
{
    (void)state;
    assert_string_equal(sent_pg("-- no-transaction\nbegin; select 1; commit; vacuum; begin; select 2; end;"),
                        "+<begin><select 1>-<commit>!<vacuum>+<begin><select 2>-<end>");
    assert_true(script.no_transaction);
    assert_false(script.own_transaction);
    assert_int_equal(check_pg("-- no-transaction\nbegin; vacuum; commit;"), PAWL_SOURCE);
    assert_found(&seen, "error transaction-control 7_x.sql:2:8 VACUUM cannot run inside a transaction");
    assert_int_equal(check_pg("-- no-transaction\nbegin; begin; commit;"), PAWL_SOURCE);
    assert_found(&seen, "error transaction-control 7_x.sql:2:8 BEGIN inside");
    assert_int_equal(check_pg("-- no-transaction\ncommit;"), PAWL_SOURCE);
    assert_found(&seen, "error transaction-control 7_x.sql:2:1 COMMIT without BEGIN");
    assert_int_equal(check_pg("-- no-transaction\nbegin; select 1; rollback;"), PAWL_SOURCE);
    assert_found(&seen, "error transaction-control 7_x.sql:2:18 ROLLBACK");
    assert_int_equal(check_pg("-- no-transaction\nselect 1;\nbegin;"), PAWL_SOURCE);
    assert_found(&seen, "error transaction-control 7_x.sql:3:1 BEGIN without COMMIT");
    assert_int_equal(check_lite("-- no-transaction\nsavepoint a;"), PAWL_SOURCE);
    assert_found(&seen, "error transaction-control 7_x.sql:2:1 a savepoint outside");
}

static void statements_that_need_no_transaction(void **state)
{
    (void)state;
    const char *sql = "select 1;\ncreate index concurrently i on t (a);";
    assert_string_equal(sent_pg(sql), "<select 1>!<create index concurrently i on t (a)>");
    assert_true(script.no_transaction);
    assert_found(&seen,
                 "warning needs-no-transaction 7_x.sql:2:1 CREATE INDEX CONCURRENTLY cannot run inside a transaction");
    assert_string_equal(sent_pg("-- no-transaction\ncreate index concurrently i on t (a);"),
                        "!<create index concurrently i on t (a)>");
    assert_int_equal(seen.n, 0);
    strict = PAWL_FINDING_NEEDS_NO_TRANSACTION;
    assert_int_equal(check_pg(sql), PAWL_SOURCE);
    assert_non_null(strstr(error.hint, "-- no-transaction"));
    strict = PAWL_FINDING_COUNT;
    assert_int_equal(check_lite("begin; vacuum; commit;"), PAWL_SOURCE); /* whatever the level */
}

static void lexical_faults_name_where_it_opened(void **state)
{
    (void)state;
    assert_int_equal(check_lite("select 1;\nselect 'abc;\n\n"), PAWL_SOURCE);
    assert_found(&seen, "error lexical 7_x.sql:2:8 unterminated string");
    assert_int_equal(error.line, 2);
    assert_string_equal(error.file, "m/7_x.sql");
    assert_int_equal(check_pg("do $x$ begin\nend $y$;"), PAWL_SOURCE);
    assert_found(&seen, "error lexical 7_x.sql:1:4 unterminated dollar-quoted string");
    assert_int_equal(check_pg("select 1 /* /* */"), PAWL_SOURCE);
    assert_found(&seen, "error lexical 7_x.sql:1:10 unterminated comment");
}

static void client_commands(void **state)
{
    (void)state;
    assert_int_equal(check_pg("select 1;\n\\i other.sql\nselect :x;"), PAWL_SOURCE);
    assert_found(&seen, "error client-command 7_x.sql:2:1 this line");
    assert_found(&seen, "error client-command 7_x.sql:3:8 this variable");
    assert_int_equal(check_lite(".mode csv\nselect 1;"), PAWL_SOURCE);
    assert_found(&seen, "error client-command 7_x.sql:1:1 this line");
    assert_string_equal(sent_pg("\\restrict abc\nselect 1;\n\\unrestrict abc\n"), "<select 1>");
}

static void both_halves_in_one_file(void **state)
{
    static const char *const marks[] = {"-- migrate:down",   "--migrate:down transaction:false",
                                        "-- +goose Down",    "-- +GOOSE  DOWN",
                                        "-- +migrate Down",  "-- Down Migration",
                                        "--- down migration"};
    static const char *const others[] = {"-- migrate:up", "-- migrate:downs",   "-- +goose StatementEnd",
                                         "-- down",       "-- down migrations", "-- down migration comes later"};
    char text[200];
    (void)state;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        snprintf(text, sizeof text, "select 1;\n\n  %s\n/* x */ select 2;\n%s\nselect 3;", marks[i], marks[i]);
        assert_int_equal(check_lite(text), PAWL_SOURCE);
        assert_found(&seen, "error two-halves 7_x.sql:3:1 from here on");
        assert_int_equal(seen.report.errors, 1);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        snprintf(text, sizeof text, "select 1;\n%s\nselect 2;", others[i]);
        assert_int_equal(check_lite(text), PAWL_OK);
    }
    assert_int_equal(check_lite("-- migrate:up\nselect 1;\n-- migrate:down\n"), PAWL_OK);
    assert_int_equal(check_lite("-- Down Migration\nselect 1;"), PAWL_OK);
    assert_int_equal(check_lite("select '\n-- migrate:down\n'; select 2;"), PAWL_OK);
    assert_int_equal(check("sqlite", &dialect_sqlite, "select 1;\n-- Down Migration\nselect 2;", true), PAWL_OK);
}

static void copy_data_goes_along(void **state)
{
    (void)state;
    assert_string_equal(sent_pg("COPY t (a) FROM stdin;\n1\n2\n\\.\nselect 1;"),
                        "<COPY t (a) FROM stdin>[1\n2\n]<select 1>");
    assert_string_equal(sent_pg("COPY t FROM stdin;\n\\.\n"), "<COPY t FROM stdin>[]");
}

static void empty_texts(void **state)
{
    (void)state;
    assert_int_equal(check_lite("-- nothing\n"), PAWL_OK);
    assert_true(script.empty);
    assert_found(&seen, "warning empty-up 7_x.sql");
    assert_int_equal(check("sqlite", &dialect_sqlite, "-- write it\n;;", true), PAWL_OK);
    assert_found(&seen, "error empty-down 7_x.down.sql");
    assert_int_equal(check("sqlite", &dialect_sqlite, "begin; commit;", true), PAWL_OK);
    assert_found(&seen, "error empty-down 7_x.down.sql");
    assert_int_equal(check("sqlite", &dialect_sqlite, "-- pawl: only postgres\n\n", true), PAWL_OK);
    assert_false(script.empty);
    assert_true(script.skip);
    assert_int_equal(check("sqlite", &dialect_sqlite, "-- pawl: only postgres\nselect 1;", true), PAWL_OK);
    assert_false(script.empty);
    assert_int_equal(script.statements, 0);
    assert_int_equal(seen.n, 0);
}

static void the_ledger_is_not_theirs(void **state)
{
    (void)state;
    assert_int_equal(check_lite("-- _sqlx_migrations\nselect '_sqlx_migration';"), PAWL_OK);
    assert_false(script.mentions_ledger);
    assert_int_equal(check_lite("select 1; delete from \"_sqlx_migrations\"; delete from _sqlx_migrations;"), PAWL_OK);
    assert_true(script.mentions_ledger);
    assert_int_equal(seen.n, 1);
    assert_found(&seen, "warning text-mentions-ledger 7_x.sql:1:23");
    assert_int_equal(check_pg("do $$ begin delete from _sqlx_migrations; end $$;"), PAWL_OK);
    assert_true(script.mentions_ledger);
    assert_int_equal(check_lite("select * from old_sqlx_migrations /* _sqlx_migrations */;"), PAWL_OK);
    assert_false(script.mentions_ledger);
}

static void directives_for_one_statement(void **state)
{
    (void)state;
    const char *sql = "create table t (a);\n"
                      "-- pawl: only postgres\n"
                      "-- because SQLite has none\n"
                      "create function f() returns int as $$ it's; begin; $$ language sql;\n"
                      "-- pawl: only sqlite, mysql\n"
                      "create trigger r after insert on t begin select 1; end;\n"
                      "select 2;";
    assert_string_equal(sent_lite(sql),
                        "<create table t (a)><create trigger r after insert on t begin select 1; end><select 2>");
    assert_string_equal(sent_pg(sql), "<create table t (a)><create function f() returns int as $$ it's; begin; $$ "
                                      "language sql><select 2>");
    assert_int_equal(seen.n, 0);
    assert_string_equal(sent_lite("-- pawl: only postgres\ncreate extension x;\nselect 1;"), "<select 1>");
    assert_string_equal(sent_lite("-- pawl: only postgres\r\ncreate extension x;\r\nselect 1;"), "<select 1>");
    assert_string_equal(sent_lite("begin;\n-- pawl: only postgres\nvacuum;\nselect 1; commit;"), "<select 1>");
}

static void directives_for_the_file(void **state)
{
    (void)state;
    const char *sql = "-- a licence\n-- pawl: repeatable\n-- pawl: lock_timeout = 5s\n-- pawl: only postgres\n\n"
                      "select $$ ' $$;\nselect 2;";
    assert_string_equal(sent_lite(sql), "");
    assert_true(script.skip);
    assert_string_equal(sent_pg(sql), "<select $$ ' $$><select 2>");
    assert_false(script.skip);
    assert_true(script.repeatable);
    assert_true(script.lock_timeout_ms == 5000);
    assert_int_equal(seen.n, 0);
}

static void directives_nobody_can_follow(void **state)
{
    (void)state;
    assert_int_equal(check_lite("-- pawl: only sqllite\nselect 1; -- pawl: only sqlite\n"
                                "-- pawl: only sqlite\n\nselect 2;\n-- pawl: repeatable\nselect 3;\n"
                                "--pawl: lock_timeout = 5\nselect 4;\n-- pawl: no-transaction\n-- pawl: frobnicate\n"
                                "select 5;\n-- pawl: only sqlite\n"),
                     PAWL_OK);
    assert_int_equal(script.statements, 5);
    assert_int_equal(seen.n, 8);
    assert_found(&seen,
                 "warning unknown-directive 7_x.sql:1:1 a directive that pawl cannot follow: `only` names an engine");
    assert_found(&seen,
                 "warning unknown-directive 7_x.sql:2:11 a directive that pawl cannot follow: it does not stand");
    assert_found(&seen,
                 "warning unknown-directive 7_x.sql:3:1 a directive that pawl cannot follow: no statement follows");
    assert_found(&seen,
                 "warning unknown-directive 7_x.sql:6:1 a directive that pawl cannot follow: it is for the whole");
    assert_found(&seen, "warning unknown-directive 7_x.sql:8:1 a directive that pawl cannot follow: `lock_timeout`");
    assert_found(&seen, "warning unknown-directive 7_x.sql:10:1");
    assert_found(&seen, "warning unknown-directive 7_x.sql:11:1");
    assert_found(&seen, "warning unknown-directive 7_x.sql:13:1");
    assert_int_equal(check_lite("select '-- pawl: nonsense'; /* -- pawl: more */"), PAWL_OK);
    assert_int_equal(seen.n, 0);
}

static void reads_times(void **state)
{
    (void)state;
    struct annotation a;
    annotate_read(SLICE("-- pawl: lock_timeout = 500ms"), &a);
    assert_int_equal(a.kind, ANNOTATION_LOCK_TIMEOUT);
    assert_true(a.milliseconds == 500);
    annotate_read(SLICE("--pawl:lock_timeout=2 min\r\n"), &a);
    assert_true(a.milliseconds == 120000);
    annotate_read(SLICE("-- pawl: lock_timeout = -5s"), &a);
    assert_int_equal(a.kind, ANNOTATION_UNKNOWN);
    annotate_read(SLICE("-- pawl: lock_timeout = 99999999999999999999s"), &a);
    assert_int_equal(a.kind, ANNOTATION_UNKNOWN);
    annotate_read(SLICE("-- pawl: lock_timeout"), &a);
    assert_int_equal(a.kind, ANNOTATION_UNKNOWN);
    annotate_read(SLICE("-- pawl: only"), &a);
    assert_int_equal(a.kind, ANNOTATION_UNKNOWN);
    annotate_read(SLICE("-- pawl: only sqlite ,postgres"), &a);
    assert_int_equal(a.engines, annotate_engine(SLICE("sqlite")) | annotate_engine(SLICE("postgres")));
    annotate_read(SLICE("-- pawlish: only sqlite"), &a);
    assert_int_equal(a.kind, ANNOTATION_NONE);
    annotate_read(SLICE("/* pawl: only sqlite */"), &a);
    assert_int_equal(a.kind, ANNOTATION_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yields_statements),
        cmocka_unit_test(leaves_out_one_pair_around_everything),
        cmocka_unit_test(leaves_out_what_leads_out_of_the_runners_transaction),
        cmocka_unit_test(pairs_that_follow_each_other_are_one_transaction),
        cmocka_unit_test(pairs_stay_apart_where_something_ends_with_one),
        cmocka_unit_test(transaction_control_that_does_not_pair_stops),
        cmocka_unit_test(a_file_without_a_transaction_keeps_its_own),
        cmocka_unit_test(statements_that_need_no_transaction),
        cmocka_unit_test(lexical_faults_name_where_it_opened),
        cmocka_unit_test(client_commands),
        cmocka_unit_test(both_halves_in_one_file),
        cmocka_unit_test(copy_data_goes_along),
        cmocka_unit_test(empty_texts),
        cmocka_unit_test(the_ledger_is_not_theirs),
        cmocka_unit_test(directives_for_one_statement),
        cmocka_unit_test(directives_for_the_file),
        cmocka_unit_test(directives_nobody_can_follow),
        cmocka_unit_test(reads_times),
    };
    return cmocka_run_group_tests_name("source/script", tests, NULL, NULL);
}
