#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>

#include "sys/clock.h"
#include "sys/process.h"

static void output_is_read_and_status_known(void **state)
{
    (void)state;
    ARENA(a);
    struct slice out;
    struct pawl_error e = {0};
    const char *const echo[] = {"echo", "hello world", NULL};
    assert_int_equal(process_output(&a, echo, 100, &out, &e), PAWL_OK);
    assert_true(slice_eq(out, SLICE("hello world\n")));
    assert_int_equal(process_output(&a, echo, 5, &out, &e), PAWL_OK);
    assert_true(slice_eq(out, SLICE("hello")));
    const char *const bad[] = {"/bin/sh", "-c", "exit 3", NULL};
    assert_int_equal(process_output(&a, bad, 100, &out, &e), PAWL_IO);
    assert_string_equal(e.message, "/bin/sh failed with status 3");
}

static void what_cannot_be_run_is_said_at_once(void **state)
{
    (void)state;
    struct process p;
    struct pawl_error e = {0};
    const char *const missing[] = {"/nonexistent/program", NULL};
    assert_int_equal(process_start(&(struct process_options){.argv = missing}, &p, &e), PAWL_IO);
    assert_string_equal(e.message, "cannot run /nonexistent/program: No such file or directory");
    const char *const nowhere[] = {"no-such-program-in-path", NULL};
    assert_int_equal(process_start(&(struct process_options){.argv = nowhere}, &p, &e), PAWL_IO);
    assert_true(process_wait(&p, 0));
}

static void input_ends_when_it_is_closed(void **state)
{
    (void)state;
    struct process p;
    struct pawl_error e = {0};
    const char *const cat[] = {"/bin/sh", "-c", "read x; [ \"$x\" = go ] && cat && exit 7", NULL};
    assert_int_equal(process_start(&(struct process_options){.argv = cat, .pipe_input = true}, &p, &e), PAWL_OK);
    assert_true(kill(p.id, 0) == 0);
    assert_false(process_wait(&p, 30));
    assert_true(process_tell(&p, SLICE("go\n")));
    assert_false(process_wait(&p, 30));
    process_close_input(&p);
    assert_true(process_wait(&p, 5000));
    assert_int_equal(p.status, 7);
}

static void killing_and_telling_the_dead(void **state)
{
    (void)state;
    struct process p;
    struct pawl_error e = {0};
    const char *const sleep[] = {"sleep", "60", NULL};
    assert_int_equal(process_start(&(struct process_options){.argv = sleep, .pipe_input = true}, &p, &e), PAWL_OK);
    process_kill(&p, false);
    assert_true(process_wait(&p, 5000));
    assert_int_equal(p.status, 128 + 15);
    assert_false(process_tell(&p, SLICE("anybody there?"))); /* and no SIGPIPE */
    process_close_input(&p);
}

static void the_environment_can_be_cut(void **state)
{
    (void)state;
    struct process p;
    struct pawl_error e = {0};
    const char *const check[] = {"/bin/sh", "-c", "[ -z \"$PAWL_ONE$PAWL_TWO\" ] && [ -n \"$PATH\" ]", NULL};
    const char *const unset[] = {"PAWL_", NULL};
    setenv("PAWL_ONE", "1", 1);
    setenv("PAWL_TWO", "2", 1);
    assert_int_equal(process_start(&(struct process_options){.argv = check, .unset = unset}, &p, &e), PAWL_OK);
    assert_true(process_wait(&p, 5000));
    assert_int_equal(p.status, 0);
    assert_int_equal(process_start(&(struct process_options){.argv = check}, &p, &e), PAWL_OK);
    assert_true(process_wait(&p, 5000));
    assert_int_equal(p.status, 1);
    unsetenv("PAWL_ONE");
    unsetenv("PAWL_TWO");
}

static void who_we_are(void **state)
{
    (void)state;
    ARENA(a);
    struct process_user user;
    struct pawl_error e = {0};
    const char *const names[] = {"no-such-account", "root", NULL};
    const char *const none[] = {"no-such-account", NULL};
    assert_int_equal(process_user_find(&a, names, &user, &e), PAWL_OK);
    assert_int_equal(user.uid, 0);
    assert_int_equal(process_user_find(&a, none, &user, &e), PAWL_IO);
    assert_true(process_random() != process_random());
    assert_non_null(process_find(&a, "sh").p);
    assert_null(process_find(&a, "no-such-program-in-path").p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_is_read_and_status_known), cmocka_unit_test(what_cannot_be_run_is_said_at_once),
        cmocka_unit_test(input_ends_when_it_is_closed),    cmocka_unit_test(killing_and_telling_the_dead),
        cmocka_unit_test(the_environment_can_be_cut),      cmocka_unit_test(who_we_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
