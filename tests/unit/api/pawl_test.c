#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pawl.h"
#ifdef PAWL_REVERT
#include "pawl_revert.h"
#endif

struct place {
    char folder[64], dir[96], url[96];
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    snprintf(p->folder, sizeof p->folder, "/tmp/pawl-api-XXXXXX");
    if (!p || !mkdtemp(p->folder))
        return -1;
    snprintf(p->dir, sizeof p->dir, "%s/migrations", p->folder);
    snprintf(p->url, sizeof p->url, "sqlite:%s/app.db", p->folder);
    mkdir(p->dir, 0700);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    char command[96];
    snprintf(command, sizeof command, "rm -r %s", p->folder);
    int code = system(command);
    free(p);
    return code;
}

static void write_file(const struct place *p, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", p->dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static struct pawl *open_pawl(const struct place *p, const char *environment)
{
    struct pawl *pawl;
    struct pawl_error e = {0};
    struct pawl_config c = PAWL_CONFIG_INIT;
    c.dir = p->dir;
    c.url = p->url;
    c.environment = environment;
    if (pawl_open(&pawl, &c, &e))
        fail_msg("%s", e.message);
    return pawl;
}

static void two_tables(const struct place *p)
{
    write_file(p, "0001_users.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);\n");
    write_file(p, "0001_users.down.sql", "DROP TABLE IF EXISTS users;\n");
    write_file(p, "0002_names.sql",
               "ALTER TABLE users ADD COLUMN name TEXT;\nINSERT INTO users (name) VALUES ('a'), (NULL);\n");
    write_file(p, "0002_names.down.sql", "ALTER TABLE users DROP COLUMN name;\nDELETE FROM users WHERE id = 2;\n");
}

static void a_message_ends_with_a_whole_character(void **state)
{
    const struct place *p = *state;
    two_tables(p);
    for (size_t shift = 0; shift < 3; shift++) {
        char url[512] = "sqlite:xxx";
        struct pawl *pawl;
        struct pawl_health h;
        struct pawl_error e = {0};
        struct pawl_config c = PAWL_CONFIG_INIT;
        url[7 + shift] = '\0';
        for (int i = 0; i < 120; i++)
            strcat(url, "\xe2\x82\xac");
        c.dir = p->dir;
        c.url = url;
        assert_int_equal(pawl_open(&pawl, &c, &e), PAWL_OK);
        assert_int_equal(pawl_health(pawl, &h, &e), PAWL_OK);
        assert_int_equal(h.status, PAWL_HEALTH_UNREACHABLE);
        assert_in_range(strlen(h.message), sizeof h.message - 3, sizeof h.message - 1);
        assert_string_equal(h.message + strlen(h.message) - 3, "\xe2\x82\xac");
        pawl_close(pawl);
    }
}

static void goes_up_and_tells_where_it_stands(void **state)
{
    const struct place *p = *state;
    struct pawl *pawl = open_pawl(p, NULL);
    struct pawl_error e = {0};
    struct pawl_status s;
    struct pawl_health h;
    struct pawl_result r;
    two_tables(p);

    assert_int_equal(pawl_status(pawl, &s, &e), PAWL_OK); /* no database yet, and none is made */
    assert_int_equal(s.pending, 2);
    assert_false(s.has_ledger);
    assert_int_equal(pawl_health(pawl, &h, &e), PAWL_OK);
    assert_int_equal(h.status, PAWL_HEALTH_UNREACHABLE);

    assert_int_equal(pawl_up(pawl, &(struct pawl_up_options){.steps = 1}, &r, &e), PAWL_OK);
    assert_int_equal(r.steps, 1);
    assert_int_equal(pawl_health(pawl, &h, &e), PAWL_OK);
    assert_int_equal(h.status, PAWL_HEALTH_PENDING);
    assert_int_equal(pawl_up(pawl, NULL, &r, &e), PAWL_OK);
    assert_int_equal(r.steps, 1);
    assert_int_equal(r.version, 2);
    assert_int_equal(pawl_up(pawl, NULL, &r, &e), PAWL_OK);
    assert_int_equal(r.steps, 0);
    assert_int_equal(r.version, 2);
    assert_int_equal(pawl_status(pawl, &s, &e), PAWL_OK);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.rows[1].state, PAWL_STATE_APPLIED);
    assert_true(s.rows[1].execution_time_ns >= 0);
    assert_string_equal(s.rows[1].description, "names");
    pawl_close(pawl);
}

static void a_fault_leaves_whole_migrations_only(void **state)
{
    const struct place *p = *state;
    struct pawl *pawl = open_pawl(p, NULL);
    struct pawl_error e = {0};
    struct pawl_result r;
    struct pawl_status s;
    two_tables(p);
    write_file(p, "0003_bad.sql", "CREATE TABLE c (id INTEGER);\n\nINSERT INTO c VALUES (1, 2);\n");
    assert_int_equal(pawl_up(pawl, NULL, &r, &e), PAWL_SQL);
    assert_int_equal(r.steps, 2);
    assert_int_equal(r.version, 2);
    assert_int_equal(e.line, 3);
    assert_int_equal(e.version, 3);
    assert_non_null(strstr(e.file, "0003_bad.sql"));
    assert_int_equal(pawl_status(pawl, &s, &e), PAWL_OK);
    assert_int_equal(s.version, 2);
    assert_int_equal(s.pending, 1);
    assert_int_equal(pawl_up(pawl, &(struct pawl_up_options){.transactions = PAWL_TRANSACTIONS_SINGLE}, &r, &e),
                     PAWL_SQL);
    assert_int_equal(r.steps, 0);
    pawl_close(pawl);
}

#ifdef PAWL_REVERT
struct losses {
    int n;
    char text[400];
};

static void on_event(void *context, const struct pawl_event *event)
{
    struct losses *l = context;
    if (event->kind != PAWL_EVENT_LOSS)
        return;
    l->n++;
    size_t used = strlen(l->text);
    snprintf(l->text + used, sizeof l->text - used, "%s %lld\n", event->object, (long long)event->count);
}

static bool no(void *context, size_t steps, size_t losses)
{
    (void)steps;
    *(size_t *)context = losses;
    return false;
}

static void goes_down_only_where_it_may(void **state)
{
    const struct place *p = *state;
    struct pawl_error e = {0};
    struct pawl_result r;
    two_tables(p);
    struct pawl *pawl = open_pawl(p, "production");
    assert_int_equal(pawl_up(pawl, NULL, &r, &e), PAWL_UNPROVED);
    assert_int_equal(pawl_up(pawl, &(struct pawl_up_options){.require_proof = PAWL_REQUIRE_PROOF_NO}, &r, &e), PAWL_OK);
    assert_int_equal(pawl_down(pawl, NULL, &r, &e), PAWL_REFUSED);
    pawl_close(pawl);
    pawl = open_pawl(p, NULL);
    assert_int_equal(pawl_down(pawl, NULL, &r, &e), PAWL_REFUSED);
    pawl_close(pawl);

    struct losses losses = {0};
    size_t asked = 99;
    struct pawl_config c = PAWL_CONFIG_INIT;
    c.dir = p->dir;
    c.url = p->url;
    c.environment = "dev";
    c.on_event = on_event;
    c.context = &losses;
    assert_int_equal(pawl_open(&pawl, &c, &e), PAWL_OK);
    struct pawl_down_options ask = {.to = -1, .confirm = no, .confirm_context = &asked};
    assert_int_equal(pawl_down(pawl, &ask, &r, &e), PAWL_REFUSED);
    assert_int_equal(r.steps, 0);
    assert_int_equal(asked, 2);
    assert_string_equal(losses.text, "column users.name 1\nrows of users 1\n");
    assert_int_equal(pawl_redo(pawl, NULL, &r, &e), PAWL_OK);
    assert_int_equal(r.version, 2);
    losses = (struct losses){0};
    assert_int_equal(pawl_down(pawl, &(struct pawl_down_options){.to = 0}, &r, &e), PAWL_OK);
    assert_int_equal(r.steps, 2);
    assert_int_equal(r.version, 0);
    assert_non_null(strstr(losses.text, "table users "));
    pawl_close(pawl);
}

static void a_protected_database_stays_protected_under_another_name(void **state)
{
    const struct place *p = *state;
    struct pawl_error e = {0};
    struct pawl_result r;
    struct pawl *pawl = open_pawl(p, NULL);
    two_tables(p);
    assert_int_equal(pawl_up(pawl, NULL, &r, &e), PAWL_OK);
    pawl_close(pawl);
    char link[128], url[160], target[128];
    snprintf(link, sizeof link, "%s/other.db", p->folder);
    snprintf(target, sizeof target, "%s/app.db", p->folder);
    assert_int_equal(symlink(target, link), 0);
    snprintf(url, sizeof url, "sqlite:%s", link);
    const char *urls[] = {p->url};
    struct pawl_config c = PAWL_CONFIG_INIT;
    c.dir = p->dir;
    c.url = url;
    c.environment = "dev";
    c.protected_urls = urls;
    c.n_protected_urls = 1;
    assert_int_equal(pawl_open(&pawl, &c, &e), PAWL_OK);
    assert_int_equal(pawl_down(pawl, NULL, &r, &e), PAWL_REFUSED);
    assert_non_null(strstr(e.message, "protected"));
    pawl_close(pawl);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_message_ends_with_a_whole_character, setup, teardown),
        cmocka_unit_test_setup_teardown(goes_up_and_tells_where_it_stands, setup, teardown),
        cmocka_unit_test_setup_teardown(a_fault_leaves_whole_migrations_only, setup, teardown),
#ifdef PAWL_REVERT
        cmocka_unit_test_setup_teardown(goes_down_only_where_it_may, setup, teardown),
        cmocka_unit_test_setup_teardown(a_protected_database_stays_protected_under_another_name, setup, teardown),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
