#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/course.h"
#include "postgres.h"
#include "source/directory.h"
#include "tmpdir.h"

static const char *const engines[] = {"sqlite", "postgres"};

/* One set on one engine, and a database beside it. */
struct stage {
    struct arena arena;
    struct report report;
    struct migration_set set;
    struct db_target server;
    struct db *live;
    struct course_request request;
    struct course course;
    struct pawl_error e;
};

static void must(const struct stage *s, int code)
{
    if (code)
        fail_msg("%s (%s)", s->e.message, s->e.hint);
}

static void stage_open(struct stage *s, const char *dir, const char *engine)
{
    const struct db_driver *driver = db_driver_find(engine);
    struct db_options options = {.create = true, .scratch = true};
    *s = (struct stage){0};
    report_init(&s->report, NULL, NULL);
    must(s, source_read(&s->arena, dir, SOURCE_ALL, &s->report, &s->set, &s->e));
    if (!(driver->caps & DB_CAP_FILE))
        s->server = pg_target(pgserver_url(pg_server).p);
    must(s, driver->scratch(s->server.driver ? &s->server : NULL, &options, &s->live, &s->e));
    s->request = (struct course_request){.driver = driver,
                                         .near = s->server.driver ? &s->server : NULL,
                                         .set = &s->set,
                                         .to = SIZE_MAX,
                                         .ledger = SLICE("_sqlx_migrations"),
                                         .like = &s->report};
}

static void stage_close(struct stage *s)
{
    db_close(s->live);
    arena_clear(&s->arena);
}

static void make(struct stage *s)
{
    must(s, course_make(&s->arena, &s->request, &s->course, &s->e));
}

static void run(struct stage *s, const char *const *sql)
{
    for (; *sql; sql++)
        must(s, db_exec(s->live, *sql, &s->e));
}

static struct course_match match(struct stage *s)
{
    struct slice *lines;
    struct course_match m;
    size_t n;
    must(s, course_look(&s->arena, s->live, s->request.ledger, &lines, &n, &s->e));
    must(s, course_match(&s->arena, &s->course, lines, n, &m, &s->e));
    return m;
}

/* The last part of keys differs between engines only by the schema in front. */
static struct slice line(const struct stage *s, const char *kind, const char *name, size_t state)
{
    static char key[256];
    bool schemas = !(s->request.driver->caps & DB_CAP_FILE);
    snprintf(key, sizeof key, "%s %s%s", kind, schemas ? "public." : "", name);
    return course_line(&s->course, slice_of(key), state);
}

#define EACH_ENGINE(s, dir) \
    for (size_t i_ = 0; i_ < 2; i_++) \
        for (struct stage s, *once_ = (stage_open(&s, dir, engines[i_]), make(&s), &s); once_; \
             stage_close(&s), once_ = NULL)

static void put_people(const char *dir)
{
    tmpdir_put(dir, "1_a.sql", "CREATE TABLE people (id INTEGER PRIMARY KEY);\n");
    tmpdir_put(dir, "2_b.sql",
               "ALTER TABLE people ADD COLUMN name TEXT;\n"
               "INSERT INTO people (id, name) VALUES (1, 'x');\n"
               "CREATE INDEX people_name ON people (name);\n");
    tmpdir_put(dir, "3_c.sql", "ALTER TABLE people RENAME TO persons;\n");
    tmpdir_put(dir, "4_d.sql", "INSERT INTO persons (id) VALUES (2);\n");
}

static void lines_are_known_at_each_state(void **state)
{
    put_people(*state);
    EACH_ENGINE(s, *state)
    {
        struct slice *lines;
        size_t n, before;
        assert_int_equal(s.course.n, 4);
        assert_int_equal(s.course.failed, PAWL_OK);
        assert_null(line(&s, "table", "people", 0).p);
        assert_non_null(line(&s, "table", "people", 1).p);
        assert_null(line(&s, "column", "people.name", 1).p);
        assert_non_null(line(&s, "column", "people.name", 2).p);
        assert_null(line(&s, "column", "people.name", 3).p);
        assert_non_null(line(&s, "column", "persons.name", 4).p);
        assert_int_equal(s.course.steps[3].change.n, 0);
        assert_null(s.course.steps[1].statements);
        must(&s, course_state(&s.arena, &s.course, 0, &lines, &before, &s.e));
        must(&s, course_state(&s.arena, &s.course, 1, &lines, &n, &s.e));
        assert_true(n > before);
    }
}

static void statements_are_known_where_asked_for(void **state)
{
    static const bool detail[4] = {false, true};
    put_people(*state);
    EACH_ENGINE(s, *state)
    {
        s.request.detail = detail;
        make(&s);
        const struct course_step *step = &s.course.steps[1];
        assert_null(s.course.steps[0].statements);
        assert_int_equal(step->n_statements, 3);
        assert_true(step->statements[0].change.n >= 1);
        assert_int_equal(step->statements[1].change.n, 0);
        assert_true(step->statements[2].change.n >= 1);
        assert_int_equal(step->statements[0].offset, 0);
        assert_int_equal(step->statements[1].offset, strlen("ALTER TABLE people ADD COLUMN name TEXT;\n"));
        assert_int_equal(step->change.n, step->statements[0].change.n + step->statements[2].change.n);
    }
}

static void a_live_schema_is_found(void **state)
{
    put_people(*state);
    EACH_ENGINE(s, *state)
    {
        struct course_match m = match(&s);
        assert_true(m.exact);
        assert_int_equal(m.highest, 0);
        assert_int_equal(m.n_managed, 0);
        run(&s, (const char *const[]){"CREATE TABLE people (id INTEGER PRIMARY KEY)",
                                      "create table others (id integer primary key)", NULL});
        m = match(&s);
        assert_true(m.exact);
        assert_int_equal(m.lowest, 1);
        assert_int_equal(m.highest, 1);
        assert_true(m.n_strangers > 0);
        assert_int_equal(slice_find(m.strangers[0], SLICE("people")), SIZE_MAX);
        run(&s, (const char *const[]){"ALTER TABLE people ADD COLUMN name TEXT",
                                      "create index people_name on people (name)",
                                      "alter table people rename to persons", NULL});
        m = match(&s);
        assert_true(m.exact);
        assert_int_equal(m.lowest, 3);
        assert_int_equal(m.highest, 4);
        assert_int_equal(m.grade, DIFFERENCE_NONE);
    }
}

static void half_a_step_is_no_match(void **state)
{
    put_people(*state);
    EACH_ENGINE(s, *state)
    {
        run(&s, (const char *const[]){"CREATE TABLE people (id INTEGER PRIMARY KEY)",
                                      "ALTER TABLE people ADD COLUMN name TEXT", NULL});
        struct course_match m = match(&s);
        assert_false(m.exact);
        assert_int_equal(m.highest, 2);
        assert_int_equal(m.difference.n, 1);
        assert_non_null(m.difference.items[0].after.p);
        assert_true(slice_starts(m.difference.items[0].key, SLICE("index ")));
    }
}

static void the_order_of_columns_is_forgiven(void **state)
{
    tmpdir_put(*state, "1_a.sql", "CREATE TABLE t (a INTEGER, b INTEGER);\n");
    tmpdir_put(*state, "2_b.sql", "CREATE TABLE u (a INTEGER);\n");
    EACH_ENGINE(s, *state)
    {
        run(&s, (const char *const[]){"create table t (b integer, a integer)", NULL});
        struct course_match m = match(&s);
        assert_true(m.exact);
        assert_int_equal(m.highest, 1);
        assert_int_equal(m.grade, DIFFERENCE_COLUMN_ORDER);
        run(&s, (const char *const[]){"alter table t add column c integer", NULL});
        m = match(&s);
        assert_false(m.exact);
        assert_int_equal(m.highest, 1);
    }
}

static void a_step_that_fails_ends_it(void **state)
{
    tmpdir_put(*state, "1_a.sql", "CREATE TABLE t (a INTEGER);\n");
    tmpdir_put(*state, "2_b.sql", "CREATE TABLE u (a INTEGER);\nCREATE TABLE t (a INTEGER);\n");
    tmpdir_put(*state, "3_c.sql", "CREATE TABLE v (a INTEGER);\n");
    EACH_ENGINE(s, *state)
    {
        assert_int_equal(s.course.n, 1);
        assert_int_equal(s.course.failed, PAWL_SQL);
        assert_int_equal(s.course.error.version, 2);
        assert_int_equal(s.course.error.line, 2);
        assert_null(line(&s, "table", "u", 1).p);
    }
}

static void what_needs_no_transaction_is_rehearsed(void **state)
{
    static const bool detail[2] = {true, true};
    tmpdir_put(*state, "1_a.sql",
               "-- no-transaction\nCREATE TABLE t (a INTEGER);\nVACUUM;\nCREATE INDEX i ON t (a);\n");
    EACH_ENGINE(s, *state)
    {
        s.request.detail = detail;
        make(&s);
        assert_int_equal(s.course.n, 1);
        assert_int_equal(s.course.steps[0].n_statements, 3);
        assert_int_equal(s.course.steps[0].statements[2].change.n, 1);
    }
}

/* PostgreSQL refuses the second statement inside a transaction; what the first did there was taken back. */
static void what_was_rolled_back_is_not_counted_twice(void **state)
{
    static const bool detail[2] = {true};
    struct stage s;
    tmpdir_put(*state, "1_a.sql",
               "CREATE TYPE mood AS ENUM ('a');\n"
               "CREATE TABLE t (m mood);\n"
               "ALTER TYPE mood ADD VALUE 'b';\n"
               "INSERT INTO t VALUES ('b');\n");
    tmpdir_put(*state, "2_b.sql", "ALTER TYPE mood ADD VALUE 'c';\nINSERT INTO t VALUES ('c');\n");
    stage_open(&s, *state, "postgres");
    s.request.detail = detail;
    make(&s);
    assert_int_equal(s.course.n, 2);
    assert_non_null(line(&s, "enum", "mood", 2).p);
    stage_close(&s);
}

static void the_baseline_comes_from_setup(void **state)
{
    char setup[4096];
    const char *const files[] = {setup};
    tmpdir_put(*state, "1_a.sql", "ALTER TABLE host ADD COLUMN mine INTEGER;\n");
    snprintf(setup, sizeof setup, "%s", tmpdir_path(*state, "setup.txt"));
    tmpdir_put(*state, "setup.txt", "CREATE TABLE host (a INTEGER); CREATE TABLE more (a INTEGER);");
    for (size_t i = 0; i < 2; i++) {
        struct stage s;
        struct pawl_scratch how = {.engine = engines[i], .setup = files, .n_setup = 1};
        struct scratch_config config = {.engines = &how, .n_engines = 1};
        stage_open(&s, *state, engines[i]);
        make(&s);
        assert_int_equal(s.course.failed, PAWL_SQL);
        s.request.scratch = &config;
        make(&s);
        assert_int_equal(s.course.failed, PAWL_OK);
        assert_non_null(line(&s, "table", "host", 0).p);
        run(&s, (const char *const[]){"create table host (a integer)", NULL});
        struct course_match m = match(&s); /* that `more` is not there is no matter of the set */
        assert_true(m.exact);
        assert_int_equal(m.highest, 0);
        stage_close(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMPDIR_TEST(lines_are_known_at_each_state),
        TMPDIR_TEST(statements_are_known_where_asked_for),
        TMPDIR_TEST(a_live_schema_is_found),
        TMPDIR_TEST(half_a_step_is_no_match),
        TMPDIR_TEST(the_order_of_columns_is_forgiven),
        TMPDIR_TEST(a_step_that_fails_ends_it),
        TMPDIR_TEST(what_needs_no_transaction_is_rehearsed),
        TMPDIR_TEST(what_was_rolled_back_is_not_counted_twice),
        TMPDIR_TEST(the_baseline_comes_from_setup),
    };
    return cmocka_run_group_tests(tests, pg_server_up, pg_server_down);
}
