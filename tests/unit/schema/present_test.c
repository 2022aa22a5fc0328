/* SQLite: few names are each asked for alone, many all at once; the answers are the same. */
#include "schema_test.h"

#include "schema/present.h"

static const struct wanted {
    enum head_object object;
    const char *schema, *name, *on;
    bool there;
} wanted[] = {
    {HEAD_TABLE, "", "T", "", true},       {HEAD_VIEW, "main", "t", "", true},
    {HEAD_INDEX, "", "v", "", true},       {HEAD_TABLE, "", "t_a", "", true},
    {HEAD_TABLE, "", "g", "", false},      {HEAD_TRIGGER, "", "G", "t", true},
    {HEAD_TRIGGER, "", "t", "t", false},   {HEAD_TABLE, "temp", "t", "", false},
    {HEAD_TABLE, "", "none", "", false},   {HEAD_COLUMN, "", "A", "T", true},
    {HEAD_COLUMN, "", "c", "t", false},    {HEAD_COLUMN, "", "a", "none", false},
    {HEAD_CONSTRAINT, "", "k", "t", true}, {HEAD_CONSTRAINT, "", "q", "t", false},
    {HEAD_TABLE, "", "t", "", true},
};
#define N (sizeof wanted / sizeof *wanted)

static struct present of(const struct wanted *w)
{
    return (struct present){
        .object = w->object, .schema = slice_of(w->schema), .name = slice_of(w->name), .on = slice_of(w->on)};
}

static void expect(const struct wanted *w, const struct present *p)
{
    if (p->there != w->there)
        fail_msg("%s on %s: %s", w->name, w->on, p->there ? "there" : "not there");
}

static void alone_or_together(void **state)
{
    (void)state;
    ARENA(a);
    struct present all[N];
    struct pawl_error e = {0};
    struct db *db = scratch();
    run_sql(db, "CREATE TABLE t (a INT, b INT CONSTRAINT k CHECK (b > 0)); CREATE INDEX t_a ON t (a);"
                "CREATE VIEW v AS SELECT a FROM t; CREATE TRIGGER g AFTER DELETE ON t BEGIN SELECT 1; END");
    for (size_t i = 0; i < N; i++) {
        all[i] = of(&wanted[i]);
        struct present one = all[i];
        assert_int_equal(present_ask(&a, db, &one, 1, &e), PAWL_OK);
        expect(&wanted[i], &one);
    }
    assert_int_equal(present_ask(&a, db, all, N, &e), PAWL_OK);
    for (size_t i = 0; i < N; i++)
        expect(&wanted[i], &all[i]);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(alone_or_together)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
