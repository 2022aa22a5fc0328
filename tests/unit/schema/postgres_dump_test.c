/* pg_dump as oracle: facts differ when, and only when, a dump of the schema does. Lines of comment and owners aside. */
#include "schema_test.h"
#include "postgres.h"
#include "postgres_mutations.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const char *pg_dump_path(void)
{
    struct slice bindir;
    struct pawl_error e = {0};
    if (pgserver_find(&pg_arena, &bindir, &e) || !bindir.p)
        fail_msg("no pg_dump: %s", e.message);
    return arena_printf(&pg_arena, SLICE_FMT "/pg_dump", SLICE_ARG(bindir)).p;
}

static bool says_nothing(const char *line)
{
    return line[0] == '\n' || strncmp(line, "--", 2) == 0 || strncmp(line, "SET ", 4) == 0 || line[0] == '\\' ||
           strncmp(line, "SELECT pg_catalog.set_config", 28) == 0;
}

static const char *dump_of(struct db *db, struct arena *a)
{
    struct slice url = pgserver_url(pg_server);
    size_t name = slice_find(url, SLICE("/postgres?"));
    assert_true(name != SIZE_MAX);
    struct slice command =
        arena_printf(a, "%s --schema-only --no-owner '" SLICE_FMT "/%s" SLICE_FMT "'", pg_dump_path(), (int)name, url.p,
                     pg_text(db, "select current_database()"), SLICE_ARG(slice_sub(url, name + 9, url.n)));
    FILE *pipe = popen(command.p, "r");
    STRBUF(text, 1u << 28);
    char *line = NULL;
    size_t cap = 0;
    while (getline(&line, &cap, pipe) > 0)
        if (!says_nothing(line))
            strbuf_addz(&text, line);
    free(line);
    assert_int_equal(pclose(pipe), 0);
    return arena_strz(a, strbuf_slice(&text));
}

static void print_delta(const struct delta *d)
{
    for (size_t i = 0; i < d->n; i++) {
        if (d->items[i].before.p)
            print_message("  - " SLICE_FMT "\n", SLICE_ARG(d->items[i].before));
        if (d->items[i].after.p)
            print_message("  + " SLICE_FMT "\n", SLICE_ARG(d->items[i].after));
    }
}

static void facts_differ_when_dumps_do(void **state)
{
    (void)state;
    struct db *db = pg_scratch_open((struct db_options){0});
    struct facts *f = open_facts(db);
    struct arena arenas[2] = {{0}};
    const char *before = dump_of(db, &arenas[0]);
    size_t faults = 0, differences = 0;
    refresh(f, &arenas[0]);
    for (size_t i = 0; i < COUNT(postgres_mutations); i++) {
        struct arena *a = &arenas[(i + 1) % 2];
        arena_reset(a);
        pg_exec(db, postgres_mutations[i]);
        struct delta d = refresh(f, a);
        const char *after = dump_of(db, a);
        bool dumps = strcmp(before, after) != 0;
        differences += dumps;
        if (dumps != (d.n > 0)) {
            print_message("dumps %s, facts %s: %s\n", dumps ? "differ" : "are the same",
                          d.n ? "differ" : "are the same", postgres_mutations[i]);
            print_delta(&d);
            faults++;
        }
        before = after;
    }
    arena_clear(&arenas[0]);
    arena_clear(&arenas[1]);
    facts_close(f);
    db_close(db);
    assert_int_equal(faults, 0);
    assert_true(differences > COUNT(postgres_mutations) * 9 / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_differ_when_dumps_do),
    };
    return cmocka_run_group_tests(tests, pg_server_up, pg_server_down);
}
