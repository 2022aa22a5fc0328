#include "schema_test.h"

#include "base/mem.h"
#include "schema/tables.h"

static const char *show(struct arena *a, const struct delta *d)
{
    STRBUF(b, 1u << 20);
    for (size_t i = 0; i < d->n; i++) {
        const struct change *c = &d->items[i];
        if (c->before.p)
            strbuf_addf(&b, "-" SLICE_FMT "\n", SLICE_ARG(c->before));
        if (c->after.p)
            strbuf_addf(&b, "+" SLICE_FMT "\n", SLICE_ARG(c->after));
    }
    return arena_strz(a, slice_of(strbuf_z(&b)));
}

static void follows_changes(void **state)
{
    (void)state;
    ARENA(a);
    struct db *db = scratch();
    struct facts *f = open_facts(db);
    struct delta d = refresh(f, &a);
    assert_int_equal(d.n, 0);
    run_sql(db, "CREATE TABLE t (a); CREATE TABLE u (a)");
    d = refresh(f, &a);
    assert_int_equal(d.n, 6);
    d = refresh(f, &a);
    assert_int_equal(d.n, 0);
    run_sql(db, "ALTER TABLE t ADD COLUMN b INT; DROP TABLE u");
    d = refresh(f, &a);
    assert_string_equal(show(&a, &d), "+column t.b type=INT null=yes default=none\n"
                                      "-column u.a type=none null=yes default=none\n"
                                      "-columns t order=a\n"
                                      "+columns t order=a,b\n"
                                      "-columns u order=a\n"
                                      "-table u rowid=yes strict=no\n");
    run_sql(db, "DROP TABLE t; CREATE TABLE t (a, b INT)");
    d = refresh(f, &a);
    assert_int_equal(d.n, 0);
    assert_int_equal(facts_count(f), 4);
    facts_close(f);
    db_close(db);
}

/* Each # becomes a letter, in turn. */
static void fill_in(char *out, const char *form, char one, char other)
{
    for (bool second = false; *form; form++, out++) {
        *out = *form != '#' ? *form : second ? other : one;
        second ^= *form == '#';
    }
    *out = '\0';
}

/* Statements at random, of which some fail; what was followed must be what is read anew, step after step. */
static void facts_that_follow_are_facts_taken_anew(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "CREATE TABLE t# (a, b TEXT, UNIQUE (a))",
        "DROP TABLE t#",
        "CREATE INDEX i# ON t# (b)",
        "DROP INDEX i#",
        "ALTER TABLE t# ADD COLUMN c# INT",
        "ALTER TABLE t# RENAME TO t#",
        "CREATE VIEW v# AS SELECT '#' FROM ta",
        "DROP VIEW v#",
        "CREATE TRIGGER g# AFTER INSERT ON t# BEGIN SELECT 1; END",
        "INSERT INTO t# (a) VALUES ('#')",
    };
    ARENA(a);
    struct db *db = scratch();
    struct facts *f = open_facts(db);
    uint32_t x = 12345;
    for (int i = 0; i < 1500; i++) {
        char sql[128];
        x = x * 1664525u + 1013904223u;
        fill_in(sql, forms[(x >> 24) % 10], (char)('a' + (x >> 16 & 15)), (char)('a' + (x >> 20 & 15)));
        bool undone = i % 7 == 0;
        struct pawl_error e;
        if (undone)
            run_sql(db, "SAVEPOINT s");
        db_exec(db, sql, &e);
        struct delta d = refresh(f, &a);
        if (undone) {
            run_sql(db, "ROLLBACK TO s");
            assert_int_equal(facts_rolled_back(f, &d, &e), PAWL_OK);
            run_sql(db, "RELEASE s");
        }
        if (i % 3 == 0)
            continue; /* what was touched adds up */
        refresh(f, &a);
        struct facts *again = open_facts(db);
        refresh(again, &a);
        assert_string_equal(text_of(f, &a), text_of(again, &a));
        facts_close(again);
        arena_reset(&a);
    }
    facts_close(f);
    db_close(db);
}

/* Editing sqlite_schema by hand leaves schema_version as it is. */
static void sees_edits_by_hand(void **state)
{
    (void)state;
    ARENA(a);
    struct db *db = scratch();
    struct facts *f = open_facts(db);
    run_sql(db, "CREATE TABLE t (a)");
    refresh(f, &a);
    run_sql(
        db,
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE t (a NOT NULL)' WHERE name = 't';"
        "PRAGMA writable_schema = OFF");
    struct delta d = refresh(f, &a);
    assert_int_equal(d.n, 1);
    run_sql(db, "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = 'CREATE TABLE t (a)' WHERE name = 't'");
    d = refresh(f, &a);
    assert_int_equal(d.n, 1);
    facts_close(f);
    db_close(db);
}

static void follows_rollbacks(void **state)
{
    (void)state;
    ARENA(a);
    struct pawl_error e = {0};
    struct db *db = scratch();
    struct facts *f = open_facts(db);
    run_sql(db, "CREATE TABLE t (a, b, CHECK (a > 0)); CREATE TABLE u (a); CREATE INDEX i ON t (a)");
    refresh(f, &a);
    const char *before = text_of(f, &a);
    for (int round = 0; round < 3; round++) {
        struct delta one, two, both;
        run_sql(db, "BEGIN; ALTER TABLE t DROP COLUMN b; DROP TABLE u");
        one = refresh(f, &a);
        run_sql(db, "SAVEPOINT s; CREATE VIEW v AS SELECT a FROM t; DROP INDEX i; CREATE INDEX i ON t (a DESC)");
        two = refresh(f, &a);
        assert_int_equal(delta_join(&a, &one, &two, &both, &e), PAWL_OK);
        if (round == 1) { /* step by step */
            run_sql(db, "ROLLBACK TO s");
            assert_int_equal(facts_rolled_back(f, &two, &e), PAWL_OK);
            both = one;
        }
        run_sql(db, "ROLLBACK");
        assert_int_equal(facts_rolled_back(f, &both, &e), PAWL_OK);
        assert_string_equal(text_of(f, &a), before);
        struct delta d = refresh(f, &a);
        assert_int_equal(d.n, 0);
    }
    /* the same schema_version as the state that was rolled back, another schema */
    run_sql(db, "DROP TABLE u");
    struct delta d = refresh(f, &a);
    assert_int_equal(d.n, 3);
    assert_int_equal(facts_rolled_back(f, &(struct delta){&(struct change){SLICE("x"), SLICE("x"), SLICE("x")}, 1}, &e),
                     PAWL_INTERNAL);
    facts_close(f);
    db_close(db);
}

static void joins_and_inverts(void **state)
{
    (void)state;
    ARENA(a);
    struct pawl_error e = {0};
    struct db *db = scratch();
    struct facts *f = open_facts(db);
    refresh(f, &a);
    run_sql(db, "CREATE TABLE t (a)");
    struct delta up = refresh(f, &a), down, both, back, copy;
    run_sql(db, "DROP TABLE t; CREATE TABLE u (a)");
    down = refresh(f, &a);
    assert_int_equal(delta_join(&a, &up, &down, &both, &e), PAWL_OK);
    assert_int_equal(both.n, 3);
    assert_true(slice_eq(both.items[0].key, SLICE("column u.a")));
    assert_int_equal(delta_invert(&a, &both, &back, &e), PAWL_OK);
    assert_null(back.items[0].after.p);
    assert_int_equal(delta_join(&a, &both, &back, &both, &e), PAWL_OK);
    assert_int_equal(both.n, 0);
    assert_int_equal(delta_copy(&a, &back, &copy, &e), PAWL_OK);
    assert_string_equal(show(&a, &copy), show(&a, &back));
    facts_close(f);
    db_close(db);
}

static void fingerprint_is_that_of_the_text(void **state)
{
    (void)state;
    ARENA(a);
    struct pawl_error e = {0};
    struct db *db = scratch();
    struct facts *f = open_facts(db);
    unsigned char got[SHA256_BYTES], wanted[SHA256_BYTES];
    struct hasher h;
    run_sql(db, "CREATE TABLE t (a); CREATE VIEW v AS SELECT 1");
    refresh(f, &a);
    assert_int_equal(facts_fingerprint(f, got, &e), PAWL_OK);
    assert_true(hasher_init_sha256(&h));
    assert_true(hasher_sum(&h, slice_of(text_of(f, &a)), wanted));
    hasher_clear(&h);
    assert_memory_equal(got, wanted, SHA256_BYTES);
    facts_close(f);
    db_close(db);
}

static void reads_tables_back(void **state)
{
    (void)state;
    ARENA(a);
    struct pawl_error e = {0};
    struct db *db = scratch();
    struct facts *f = open_facts(db);
    struct table *tables;
    size_t n;
    run_sql(db, "CREATE TABLE \"b \"\"c\" (x, \"y,\nz\"); CREATE TABLE a (k); CREATE VIEW v AS SELECT 1;"
                "CREATE VIRTUAL TABLE ft USING fts5(q)");
    refresh(f, &a);
    assert_int_equal(tables_read(f, &a, &tables, &n, &e), PAWL_OK);
    assert_int_equal(n, 3);
    assert_true(slice_eq(tables[0].name, SLICE("b \"c")));
    assert_int_equal(tables[0].n_columns, 2);
    assert_true(slice_eq(tables[0].columns[1], SLICE("y,\nz")));
    assert_true(slice_eq(tables[1].name, SLICE("a")));
    assert_true(slice_eq(tables[2].name, SLICE("ft")) && tables[2].is_virtual);
    facts_close(f);
    db_close(db);
}

/* The example in the documentation, as SQL and as facts, each indented by four spaces. */
static char *indented(struct arena *a, const char **at)
{
    STRBUF(b, 1u << 16);
    const char *p = strstr(*at, "\n\n    ");
    assert_non_null(p);
    for (p += 2; strncmp(p, "    ", 4) == 0;) {
        size_t n = strcspn(p, "\n") + 1;
        strbuf_add(&b, (struct slice){p + 4, n - 4});
        p += n;
    }
    *at = p - 1;
    return arena_strz(a, strbuf_slice(&b));
}

static const char *documentation;

static void documented_example_is_true(void **state)
{
    (void)state;
    ARENA(a);
    char *text = arena_alloc(&a, 1u << 20);
    FILE *in = fopen(documentation, "r");
    assert_non_null(in);
    text[fread(text, 1, (1u << 20) - 1, in)] = '\0';
    fclose(in);
    const char *at = strstr(text, "An example:");
    assert_non_null(at);
    const char *sql = indented(&a, &at), *facts = indented(&a, &at);
    assert_string_equal(facts_of(&a, sql), facts);
}

static enum difference grade(struct arena *a, const char *before, const char *after)
{
    struct pawl_error e = {0};
    struct slice lines[2][64];
    size_t n[2] = {0};
    const char *texts[2] = {facts_of(a, before), facts_of(a, after)};
    struct delta d;
    for (int i = 0; i < 2; i++)
        for (const char *p = texts[i], *end; (end = strchr(p, '\n')); p = end + 1)
            lines[i][n[i]++] = (struct slice){p, (size_t)(end - p)};
    assert_int_equal(delta_between(a, lines[0], n[0], lines[1], n[1], &d, &e), PAWL_OK);
    return delta_grade(&d);
}

static void grades_differences(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after;
        enum difference grade;
    } grades[] = {
        {"CREATE TABLE t (a, b)", "CREATE TABLE t (a,b)", DIFFERENCE_NONE},
        {"CREATE TABLE t (a, b)", "CREATE TABLE t (b, a)", DIFFERENCE_COLUMN_ORDER},
        {"CREATE TABLE t (a, b)", "CREATE TABLE t (b, a, c)", DIFFERENCE_REAL},
        {"CREATE TABLE t (a CHECK (a IN ('x')))", "CREATE TABLE t (a, CHECK (A in ('x')))", DIFFERENCE_TEXT},
        {"CREATE TABLE t (a CHECK (a IN ('x')))", "CREATE TABLE t (a CHECK (a IN ('X')))", DIFFERENCE_REAL},
        {"CREATE TABLE t (a text)", "CREATE TABLE t (a TEXT)", DIFFERENCE_TEXT},
        {"CREATE TABLE t (a)", "CREATE TABLE t (a DEFAULT NULL)", DIFFERENCE_TEXT},
        {"CREATE TABLE t (a)", "CREATE TABLE T (a)", DIFFERENCE_REAL},
        {"CREATE TABLE t (a, b TEXT)", "CREATE TABLE t (b text, a)", DIFFERENCE_COLUMN_ORDER},
        {"CREATE VIEW v AS SELECT 1 AS \"key\"", "create view v as select 1 as key", DIFFERENCE_TEXT},
        {"CREATE VIEW v AS SELECT 1", "CREATE VIEW v AS SELECT 2", DIFFERENCE_REAL},
        {"CREATE TABLE t (a); CREATE INDEX i ON t (a)", "CREATE TABLE t (a); CREATE INDEX j ON t (a)", DIFFERENCE_REAL},
        {"CREATE TABLE t (a)", "CREATE TABLE t (a); CREATE INDEX j ON t (a)", DIFFERENCE_REAL},
    };
    for (size_t i = 0; i < sizeof grades / sizeof *grades; i++) {
        ARENA(a);
        enum difference got = grade(&a, grades[i].before, grades[i].after);
        if (got != grades[i].grade)
            fail_msg("%s -> %s: %d", grades[i].before, grades[i].after, (int)got);
    }
}

static void grades_generated_names(void **state)
{
    (void)state;
    struct change changes[] = {
        {SLICE("unique public.t.t_a_key"), SLICE("unique public.t.t_a_key columns=a name=generated"), {NULL, 0}},
        {SLICE("unique public.t.t_a_key1"), {NULL, 0}, SLICE("unique public.t.t_a_key1 columns=a name=generated")},
    };
    assert_int_equal(delta_grade(&(struct delta){changes, 2}), DIFFERENCE_GENERATED_NAMES);
    changes[1].after = SLICE("unique public.t.t_a_key1 columns=b name=generated");
    assert_int_equal(delta_grade(&(struct delta){changes, 2}), DIFFERENCE_REAL);
}

#ifdef PAWL_FAULTS
/* Whichever request for memory fails: an error, and the next call sees everything. */
static void survives_failed_allocations(void **state)
{
    (void)state;
    ARENA(a);
    struct db *db = scratch();
    struct facts *f = open_facts(db);
    struct pawl_error e;
    struct delta d;
    const char *steps[] = {"CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT DEFAULT 'x' CHECK (b <> ''), UNIQUE (b));"
                           "CREATE VIEW v AS SELECT \"a\" FROM t; CREATE INDEX i ON t (lower(b)) WHERE a > 0",
                           "ALTER TABLE t ADD COLUMN c REFERENCES t (a); DROP VIEW v;"
                           "CREATE VIRTUAL TABLE ft USING fts5(x)",
                           "DROP TABLE ft; DROP INDEX i; CREATE TABLE u (\"q w\")"};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        run_sql(db, steps[i]);
        int code = PAWL_NOMEM;
        for (long n = 1; code; n++) {
            mem_fault_set(n, 0);
            code = facts_refresh(f, &a, &d, &e);
            mem_fault_set(0, 0);
            assert_true(code == PAWL_OK || code == PAWL_NOMEM);
        }
        struct facts *again = open_facts(db);
        refresh(again, &a);
        assert_string_equal(text_of(f, &a), text_of(again, &a));
        facts_close(again);
    }
    facts_close(f);
    int code = PAWL_NOMEM;
    for (long n = 1; code; n++) {
        mem_fault_set(n, 0);
        code = facts_open(db, SLICE("x"), &f, &e);
        mem_fault_set(0, 0);
    }
    refresh(f, &a);
    const char *before = text_of(f, &a);
    run_sql(db, "BEGIN; DROP TABLE u; ALTER TABLE t RENAME TO w");
    d = refresh(f, &a);
    run_sql(db, "ROLLBACK");
    code = PAWL_NOMEM;
    for (long n = 1; code; n++) {
        mem_fault_set(n, 0);
        code = facts_rolled_back(f, &d, &e);
        mem_fault_set(0, 0);
        assert_true(code == PAWL_OK || code == PAWL_NOMEM);
    }
    assert_string_equal(text_of(f, &a), before);
    facts_close(f);
    db_close(db);
}
#endif

int main(int argc, char **argv)
{
    documentation = argc > 1 ? argv[1] : "docs/facts.md";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_changes),
        cmocka_unit_test(facts_that_follow_are_facts_taken_anew),
        cmocka_unit_test(sees_edits_by_hand),
        cmocka_unit_test(follows_rollbacks),
        cmocka_unit_test(joins_and_inverts),
        cmocka_unit_test(fingerprint_is_that_of_the_text),
        cmocka_unit_test(reads_tables_back),
        cmocka_unit_test(documented_example_is_true),
        cmocka_unit_test(grades_differences),
        cmocka_unit_test(grades_generated_names),
#ifdef PAWL_FAULTS
        cmocka_unit_test(survives_failed_allocations),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
