/*
 * Not a test of its own: applies the SQL files it is given, in this order, to a scratch database of the engine. After each it
 * renders the schema, runs that on an empty database and compares facts; then it renders the way back to the schema from
 * before, runs that twice there and compares again. Statements that fail are passed over: what is there afterwards counts.
 *
 *     render_corpus sqlite FILE...        render_corpus postgres://... FILE...
 */
#include "render_test.h"

#include "sys/file.h"

static int n_files;
static char **files;

static struct db *fresh(const char *url)
{
    ARENA(a);
    struct db *db = NULL;
    struct db_target target = {0};
    struct pawl_error e = {0};
    bool server = strcmp(url, "sqlite") != 0;
    if (server && db_target_parse(&a, url, &target, &e))
        fail_msg("%s", e.message);
    const struct db_driver *driver = server ? target.driver : db_driver_find("sqlite");
    if (driver->scratch(server ? &target : NULL, &(struct db_options){.create = true, .scratch = true}, &db, &e))
        fail_msg("%s", e.message);
    return db;
}

static size_t apply_file(struct db *db, const char *path)
{
    ARENA(a);
    struct splitter s;
    struct statement st;
    struct slice text;
    struct pawl_error e = {0};
    size_t failed = 0;
    assert_int_equal(file_read(&a, path, 1u << 28, &text, &e), PAWL_OK);
    split_init(&s, db->driver->dialect, text);
    while (split_next(&s, &st, &e) == SPLIT_STATEMENT) {
        struct slice copy = {st.data_length ? text.p + st.data_offset : NULL, st.data_length};
        if (db_run(db, &(struct db_request){.sql = {text.p + st.offset, st.length}, .copy = copy}, 1, NULL, &e)) {
            failed++;
            if (getenv("SHOW"))
                printf("%s: %s\n", path, e.message);
        }
    }
    if (db->driver->in_transaction(db))
        db_exec(db, "COMMIT", &e);
    return failed;
}

static bool tell(const char *path, const char *what, const char *how, const struct arena *a, const char *sql)
{
    (void)a;
    if (!how || !*how)
        return true;
    printf("== %s: %s\n%s\n", path, what, how);
    if (getenv("SQL"))
        printf("%s\n", sql);
    return false;
}

static void every_version(void **state)
{
    (void)state;
    const char *url = files[0];
    struct db *db = fresh(url);
    const char *driver = db->driver->name;
    bool last_only = getenv("LAST");
    ARENA(two);
    struct arena pages[2] = {{0}, {0}};
    struct lines before = lines_of(&pages[0], db);
    size_t same = 0, back = 0, again = 0, missing = 0, steps = 0, failed = 0, order = 0;
    for (int i = 1; i < n_files; i++) {
        ARENA(a);
        failed += apply_file(db, files[i]);
        if (last_only && i + 1 < n_files)
            continue;
        struct lines now = lines_of(&pages[i % 2 ? 1 : 0], db);
        struct db *other = fresh(url);
        struct rendering all = rendered(&a, driver, lines_of(&a, other), now, (struct render_options){0});
        steps++;
        missing += all.n_missing;
        const char *sql = text_of_rendering(&a, &all);
        bool ok = tell(files[i], "dump fails", run_rendering(&a, other, &all), &a, sql) &&
                  tell(files[i], "dump differs", differences(&a, now, lines_of(&a, other)), &a, sql);
        same += ok;
        if (ok && !last_only) {
            struct rendering down = rendered(&a, driver, now, before, (struct render_options){.guarded = true});
            sql = text_of_rendering(&a, &down);
            const char *how = run_rendering(&a, other, &down);
            struct lines then = lines_of(&a, other);
            ok = tell(files[i], "way back fails", how, &a, sql);
            const char *d = differences(&a, before, then);
            struct delta delta;
            struct pawl_error e = {0};
            assert_int_equal(delta_between(&a, before.items, before.n, then.items, then.n, &delta, &e), PAWL_OK);
            bool only_order = ok && *d && delta_grade(&delta) <= DIFFERENCE_COLUMN_ORDER;
            order += only_order;
            ok = ok && (only_order || tell(files[i], "way back differs", d, &a, sql));
            back += ok;
            ok = ok && tell(files[i], "way back fails again", run_rendering(&a, other, &down), &a, sql) &&
                 (only_order ||
                  tell(files[i], "way back differs again", differences(&a, before, lines_of(&a, other)), &a, sql));
            again += ok;
        }
        db_close(other);
        arena_clear(&pages[i % 2 ? 0 : 1]);
        before = now;
    }
    printf(
        "%zu versions, %zu failed statements: %zu dumps the same, %zu facts missing; %zu ways back (%zu but for order), %zu twice\n",
        steps, failed, same, missing, back, order, again);
    arena_clear(&pages[0]);
    arena_clear(&pages[1]);
    db_close(db);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_version)};
    n_files = argc - 1;
    files = argv + 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
