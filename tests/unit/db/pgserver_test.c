#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "postgres.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/tree.h"

static bool is_running(int id)
{
    return id > 0 && (kill((pid_t)id, 0) == 0 || errno == EPERM);
}

/* A new folder that only we may enter. */
static struct slice temporary(const char *place, const char *prefix)
{
    struct slice path = arena_printf(&pg_arena, "%s/%sXXXXXX", place, prefix);
    char *z = arena_strz(&pg_arena, path);
    assert_non_null(z);
    assert_non_null(mkdtemp(z));
    return slice_of(z);
}

static void it_is_private_and_leaves_nothing(void **state)
{
    (void)state;
    struct stat info;
    assert_int_equal(pg_server_up(NULL), 0);
    const char *folder = arena_strz(&pg_arena, pgserver_folder(pg_server));
    assert_int_equal(stat(folder, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    struct db *db = pg_open();
    assert_string_equal(pg_text(db, "show listen_addresses"), "");
    assert_string_equal(pg_text(db, "show server_encoding"), "UTF8");
    assert_string_equal(pg_text(db, "show fsync"), "off");
    db_close(db);
    pgserver_stop(pg_server);
    pg_server = NULL;
    assert_false(file_exists(folder));
    arena_clear(&pg_arena);
}

/* Environment variables that point libpq and the server elsewhere. */
static void the_environment_does_not_lead_astray(void **state)
{
    (void)state;
    setenv("PGHOST", "nowhere.invalid", 1);
    setenv("PGPORT", "1", 1);
    setenv("PGHOSTADDR", "192.0.2.1", 1);
    setenv("PGDATA", "/nonexistent", 1);
    setenv("PGOPTIONS", "-c search_path=nonsense", 1);
    assert_int_equal(pg_server_up(NULL), 0);
    struct db *db = pg_open();
    assert_string_equal(pg_text(db, "show search_path"), "\"$user\", public");
    db_close(db);
    assert_int_equal(pg_server_down(NULL), 0);
    unsetenv("PGHOST");
    unsetenv("PGPORT");
    unsetenv("PGHOSTADDR");
    unsetenv("PGDATA");
    unsetenv("PGOPTIONS");
}

struct told {
    pid_t child;
    char folder[200];
};

/* A child that starts a server, tells its folder, and waits to be killed. */
static struct told start_in_child(const char *place, bool tell_early)
{
    int ends[2];
    struct told told = {0};
    assert_int_equal(pipe(ends), 0);
    told.child = fork();
    if (told.child == 0) {
        struct pgserver *s = NULL;
        struct pawl_error e;
        if (tell_early && write(ends[1], "x", 1) != 1)
            _exit(1);
        if (pgserver_start(&(struct pgserver_options){.place = place}, &s, &e))
            _exit(1);
        struct slice folder = pgserver_folder(s);
        if (!tell_early && write(ends[1], folder.p, folder.n) != (ssize_t)folder.n)
            _exit(1);
        sleep(60);
        _exit(0);
    }
    close(ends[1]);
    assert_true(read(ends[0], told.folder, sizeof told.folder - 1) > 0);
    close(ends[0]);
    return told;
}

static bool gone_soon(const char *path)
{
    uint64_t end = clock_ms() + 10000;
    while (file_exists(path) && clock_ms() < end)
        clock_sleep_ms(10);
    return !file_exists(path);
}

static void it_dies_with_a_parent_that_is_killed(void **state)
{
    (void)state;
    static const int signals[] = {SIGKILL, SIGTERM, SIGINT};
    for (size_t i = 0; i < 3; i++) {
        struct told told = start_in_child(NULL, false);
        assert_true(file_exists(told.folder));
        struct slice pid_file = arena_printf(&pg_arena, "%s/data/postmaster.pid", told.folder);
        struct slice text = {NULL, 0};
        assert_int_equal(file_read(&pg_arena, pid_file.p, 4096, &text, NULL), PAWL_OK);
        int server = atoi(text.p);
        assert_true(is_running(server));
        kill(told.child, signals[i]);
        waitpid(told.child, NULL, 0);
        assert_true(gone_soon(told.folder));
        assert_false(is_running(server));
    }
    arena_clear(&pg_arena);
}

static int parent_of(int id)
{
    struct slice text = {NULL, 0};
    struct slice path = arena_printf(&pg_arena, "/proc/%d/status", id);
    assert_int_equal(file_read(&pg_arena, path.p, 1 << 16, &text, NULL), PAWL_OK);
    size_t at = slice_find(text, SLICE("PPid:"));
    return at == SIZE_MAX ? 0 : atoi(text.p + at + 5);
}

/* The next start sweeps what nobody is left to remove, and nothing else. */
static void what_is_left_when_the_shell_is_killed_too_is_swept(void **state)
{
    (void)state;
    struct pawl_error e;
    struct pgserver *other = NULL;
    struct slice place = temporary(tree_place(1), "pawl-test-");
    assert_int_equal(chmod(place.p, 01777), 0);
    struct slice strange = arena_printf(&pg_arena, SLICE_FMT "/pawl-server-strange", SLICE_ARG(place));
    assert_int_equal(mkdir(strange.p, 0700), 0);
    struct told alive = start_in_child(place.p, false), dead = start_in_child(place.p, false);
    struct slice pid_file = arena_printf(&pg_arena, "%s/data/postmaster.pid", dead.folder);
    struct slice text = {NULL, 0};
    assert_int_equal(file_read(&pg_arena, pid_file.p, 4096, &text, NULL), PAWL_OK);
    kill((pid_t)parent_of(atoi(text.p)), SIGKILL);
    kill(dead.child, SIGKILL);
    waitpid(dead.child, NULL, 0);
    assert_true(file_exists(dead.folder));
    assert_int_equal(pgserver_start(&(struct pgserver_options){.place = place.p}, &other, &e), PAWL_OK);
    assert_false(file_exists(dead.folder));
    assert_true(file_exists(alive.folder));
    assert_true(file_exists(strange.p));
    pgserver_stop(other);
    kill(alive.child, SIGKILL);
    waitpid(alive.child, NULL, 0);
    assert_true(gone_soon(alive.folder));
    assert_int_equal(tree_remove(place.p, &e), PAWL_OK);
    arena_clear(&pg_arena);
}

static int count_all(void *context, const char *name, struct pawl_error *e)
{
    (void)name;
    (void)e;
    ++*(int *)context;
    return PAWL_OK;
}

static int folders_in(const char *place)
{
    int n = 0;
    tree_list(place, count_all, &n, NULL);
    return n;
}

static void it_dies_with_a_parent_that_is_killed_at_any_moment_of_the_start(void **state)
{
    (void)state;
    struct pawl_error e;
    struct slice place = temporary(tree_place(1), "pawl-test-");
    assert_int_equal(chmod(place.p, 01777), 0); /* the server runs as another user */
    for (uint32_t ms = 0; ms < 80; ms += 10) {
        struct told told = start_in_child(place.p, true);
        clock_sleep_ms(ms);
        kill(told.child, SIGKILL);
        waitpid(told.child, NULL, 0);
    }
    uint64_t end = clock_ms() + 10000;
    while (folders_in(place.p) && clock_ms() < end)
        clock_sleep_ms(20);
    assert_int_equal(folders_in(place.p), 0);
    assert_int_equal(tree_remove(place.p, &e), PAWL_OK);
    arena_clear(&pg_arena);
}

/* Runs at once with an empty cache: each makes the data directory, one is kept. */
static void racing_runs_share_a_cache(void **state)
{
    (void)state;
    enum { N = 3 };
    pid_t children[N];
    struct slice cache = temporary("/tmp", "pawl-cache-");
    int n = 0;
    for (int i = 0; i < N; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            struct pgserver *s = NULL;
            setenv("XDG_CACHE_HOME", cache.p, 1);
            int code = pgserver_start(&(struct pgserver_options){0}, &s, NULL);
            pgserver_stop(s);
            _exit(code);
        }
    }
    for (int i = 0; i < N; i++) {
        int status = -1;
        waitpid(children[i], &status, 0);
        assert_int_equal(status, 0);
    }
    struct slice kept = arena_printf(&pg_arena, "%s/pawl", cache.p);
    struct pawl_error e;
    assert_int_equal(tree_list(kept.p, count_all, &n, &e), PAWL_OK);
    assert_int_equal(n, 1);
    assert_int_equal(tree_remove(cache.p, &e), PAWL_OK);
    arena_clear(&pg_arena);
}

static void without_binaries_it_says_so(void **state)
{
    (void)state;
    struct pgserver *s = NULL;
    struct pawl_error e = {0};
    assert_int_equal(pgserver_start(&(struct pgserver_options){.bindir = "/nonexistent"}, &s, &e), PAWL_CONFIG);
    assert_null(s);
    assert_non_null(strstr(e.message, "/nonexistent"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_private_and_leaves_nothing),
        cmocka_unit_test(the_environment_does_not_lead_astray),
        cmocka_unit_test(it_dies_with_a_parent_that_is_killed),
        cmocka_unit_test(what_is_left_when_the_shell_is_killed_too_is_swept),
        cmocka_unit_test(it_dies_with_a_parent_that_is_killed_at_any_moment_of_the_start),
        cmocka_unit_test(racing_runs_share_a_cache),
        cmocka_unit_test(without_binaries_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
