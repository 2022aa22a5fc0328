/*
 * Not a test of its own: applies the SQL files it is given, in this order, to a scratch database, and compares the facts
 * with SQLite's pragmas after each. Statements that fail are passed over: what is there afterwards counts.
 */
#include "sqlite_oracle.h"

#include "base/mem.h"

static char *read_file(const char *path, size_t *n)
{
    FILE *in = fopen(path, "rb");
    if (!in)
        return NULL;
    fseek(in, 0, SEEK_END);
    *n = (size_t)ftell(in);
    rewind(in);
    char *text = malloc(*n + 1);
    *n = fread(text, 1, *n, in);
    fclose(in);
    return text;
}

static int n_files;
static char **files;

static void facts_are_what_pragmas_say(void **state)
{
    (void)state;
    struct db *db = scratch();
    struct facts *f = open_facts(db);
    size_t failed = 0, facts = 0;
    for (int i = 0; i < n_files; i++) {
        ARENA(a);
        size_t n;
        char *text = read_file(files[i], &n);
        struct splitter s;
        struct statement st;
        struct pawl_error e = {0};
        assert_non_null(text);
        split_init(&s, db->driver->dialect, (struct slice){text, n});
        while (split_next(&s, &st, &e) == SPLIT_STATEMENT)
            if (db_run(db, &(struct db_request){.sql = {text + st.offset, st.length}}, 1, NULL, &e)) {
                failed++;
                if (getenv("SHOW"))
                    printf("%s: %s\n", files[i], e.message);
            }
        refresh(f, &a);
        struct facts *again = open_facts(db);
        refresh(again, &a);
        assert_string_equal(text_of(f, &a), text_of(again, &a));
        facts_close(again);
        facts = facts_count(f);
        if (i % 10 == 0 || i == n_files - 1)
            compare_with_pragmas(db, f);
        free(text);
    }
    printf("%d files, %zu statements failed, %zu facts at the end\n", n_files, failed, facts);
    facts_close(f);
    db_close(db);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(facts_are_what_pragmas_say)};
    n_files = argc - 1;
    files = argv + 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
