/* PostgreSQL: what is rendered leads to the same facts, for objects of every kind. */
#include "render_test.h"

#include "postgres.h"
#include "postgres_mutations.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct db *fresh(void)
{
    return pg_scratch_open((struct db_options){0});
}

static const char *builds(struct arena *a, struct db *db, size_t *missing)
{
    struct db *other = fresh();
    struct lines wanted = lines_of(a, db);
    struct rendering r = rendered(a, "postgres", lines_of(a, other), wanted, (struct render_options){0});
    const char *how = run_rendering(a, other, &r);
    if (!how)
        how = differences(a, wanted, lines_of(a, other));
    *missing = r.n_missing;
    db_close(other);
    return how;
}

/* What is said to be missing rather than rendered, and what hangs on it. */
static bool is_left_out(const char *sql)
{
    static const char *const words[] = {
        "bare",       "operator class", "operator family", "search parser", "search template", "transform",
        "conversion", "subscription",   "user mapping",    "language l",    "access method",   "cls"};
    for (size_t i = 0; i < COUNT(words); i++)
        if (strstr(sql, words[i]))
            return true;
    return false;
}

/* The database of the facts' own test, looked at every so often. */
static void everything_there_is(void **state)
{
    (void)state;
    struct db *db = fresh();
    size_t faults = 0, step = getenv("STEP") ? (size_t)atoi(getenv("STEP")) : 25;
    for (size_t i = 0; i < COUNT(postgres_mutations); i++) {
        ARENA(a);
        struct pawl_error e = {0};
        size_t missing;
        if (!is_left_out(postgres_mutations[i]) && db_exec(db, postgres_mutations[i], &e) != PAWL_OK)
            print_message("%s: %s\n", postgres_mutations[i], e.message);
        if (i % step != step - 1 && i + 1 != COUNT(postgres_mutations))
            continue;
        const char *how = builds(&a, db, &missing);
        if (*how && !missing) {
            print_message("after %s:\n%s\n", postgres_mutations[i], how);
            faults++;
        } else if (*how) {
            print_message("after %s: %zu missing\n%s", postgres_mutations[i], missing, how);
        }
    }
    db_close(db);
    assert_int_equal(faults, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(everything_there_is)};
    return cmocka_run_group_tests(tests, pg_server_up, pg_server_down);
}
