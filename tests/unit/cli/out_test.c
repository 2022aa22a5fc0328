#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include <jansson.h>

#include "cli/out.h"

/* An output whose two streams are texts. */
struct shown {
    struct out o;
    struct arena arena;
    char *results, *messages;
    size_t n_results, n_messages;
};

static void start(struct shown *s, const struct out_kind *kind)
{
    *s = (struct shown){.o.kind = kind, .o.width = 80};
    s->o.results = open_memstream(&s->results, &s->n_results);
    s->o.messages = open_memstream(&s->messages, &s->n_messages);
    record_init(&s->o.record, &s->arena);
}

static void stop(struct shown *s)
{
    if (s->o.results) {
        s->o.kind->end(&s->o);
        fclose(s->o.results);
        fclose(s->o.messages);
        s->o.results = NULL;
    }
    assert_false(s->o.failed || s->o.record.failed);
}

static void shown_clear(struct shown *s)
{
    stop(s);
    free(s->results);
    free(s->messages);
    arena_clear(&s->arena);
}
#define SHOWN(name, kind) \
    struct shown name __attribute__((cleanup(shown_clear))); \
    start(&name, kind)

static json_t *parsed(struct shown *s)
{
    stop(s);
    json_t *j = json_loads(s->results, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(j);
    return j;
}

static const char *text_at(json_t *j, const char *key)
{
    return json_string_value(json_object_get(j, key));
}

#define TELL(s, ...) out_event(&(s)->o, &(struct pawl_event){__VA_ARGS__})

static void tell_verify(struct shown *s)
{
    static const struct pawl_finding head = {
        .id = PAWL_FINDING_HEAD_FAILS,
        .level = PAWL_LEVEL_ERROR,
        .version = 2,
        .engine = "sqlite",
        .file = "m/0002_b.sql",
        .line = 4,
        .column = 7,
        .message = "no such \033table",
        .detail = "one\ntwo",
        .hint = "look",
    };
    static const struct pawl_finding gap = {
        .id = PAWL_FINDING_GAP, .level = PAWL_LEVEL_WARNING, .message = "3 is missing"};
    TELL(s, .kind = PAWL_EVENT_ENGINE, .engine = "sqlite", .engine_version = "3.40.1");
    for (int proof = 0; proof < PAWL_PROOF_COUNT; proof++)
        for (int v = 1; v <= 2; v++)
            TELL(s, .kind = PAWL_EVENT_PROOF, .version = v, .file = v == 1 ? "m/0001_a.sql" : "m/0002_b.sql",
                 .description = v == 1 ? "a" : "b", .proof = (enum pawl_proof)proof,
                 .verdict = v == 1                     ? PAWL_VERDICT_PASS
                            : proof == PAWL_PROOF_HEAD ? PAWL_VERDICT_FAIL
                            : proof == PAWL_PROOF_DOWN ? PAWL_VERDICT_NOTE
                                                       : PAWL_VERDICT_PASS);
    TELL(s, .kind = PAWL_EVENT_RUNNER, .version = 1, .file = "m/0001_a.sql", .runner = PAWL_RUNNER_PLAIN);
    TELL(s, .kind = PAWL_EVENT_RUNNER, .version = 2, .file = "m/0002_b.sql", .runner = PAWL_RUNNER_NEITHER);
    TELL(s, .kind = PAWL_EVENT_FINDING, .finding = &head);
    TELL(s, .kind = PAWL_EVENT_FINDING, .finding = &gap);
    s->o.kind->verified(&s->o, false);
}

static void verify_is_a_table_and_findings(void **state)
{
    (void)state;
    SHOWN(s, &out_text);
    tell_verify(&s);
    stop(&s);
    assert_string_equal(s.results, "sqlite 3.40.1\n"
                                   "  version  description  up    replay  down  redown  reup  head  reverse  runner\n"
                                   "        1  a            ok    ok      ok    ok      ok    ok    ok       plain\n"
                                   "        2  b            ok    ok      note  ok      ok    FAIL  ok       neither\n"
                                   "\n"
                                   "warning: 3 is missing [gap]\n"
                                   "m/0002_b.sql:4:7: error: no such \\x1btable [head-fails, sqlite]\n"
                                   "    one\n"
                                   "    two\n"
                                   "  hint: look\n"
                                   "\n"
                                   "not proved: 2 migrations on sqlite 3.40.1; 1 error, 1 warning\n");
    assert_string_equal(s.messages, "");
}

static void quiet_leaves_out_what_holds(void **state)
{
    (void)state;
    SHOWN(s, &out_text);
    s.o.quiet = true;
    tell_verify(&s);
    stop(&s);
    assert_null(strstr(s.results, "  1  a"));
    assert_non_null(strstr(s.results, "  2  b"));
}

static void verify_json_keeps_the_contract(void **state)
{
    (void)state;
    SHOWN(s, &out_json);
    tell_verify(&s);
    json_t *j = parsed(&s);
    assert_true(json_is_false(json_object_get(j, "ok")));
    json_t *run = json_array_get(json_object_get(j, "runs"), 0);
    assert_string_equal(text_at(run, "engine"), "sqlite");
    assert_string_equal(text_at(run, "engine_version"), "3.40.1");
    json_t *row = json_array_get(json_object_get(run, "migrations"), 1);
    assert_int_equal(json_integer_value(json_object_get(row, "version")), 2);
    assert_string_equal(text_at(row, "description"), "b");
    assert_string_equal(text_at(row, "file"), "m/0002_b.sql");
    static const char *const proofs[][2] = {{"apply", "pass"},  {"replay", "pass"}, {"down", "note"},
                                            {"redown", "pass"}, {"reup", "pass"},   {"head", "fail"},
                                            {"reverse", "pass"}};
    for (size_t i = 0; i < sizeof proofs / sizeof *proofs; i++)
        assert_string_equal(text_at(json_object_get(row, "proofs"), proofs[i][0]), proofs[i][1]);
    json_t *finding = json_array_get(json_object_get(j, "findings"), 1);
    assert_string_equal(text_at(finding, "code"), "head-fails");
    assert_string_equal(text_at(finding, "level"), "error");
    assert_string_equal(text_at(finding, "message"), "no such \033table");
    assert_int_equal(json_integer_value(json_object_get(finding, "line")), 4);
    assert_true(json_is_null(json_object_get(json_array_get(json_object_get(j, "findings"), 0), "file")));
    json_decref(j);
}

static void steps_are_told_as_they_happen(void **state)
{
    (void)state;
    SHOWN(s, &out_text);
    TELL(&s, .kind = PAWL_EVENT_STEP_END, .version = 1, .description = "init", .elapsed_ns = 1234567);
    fflush(s.o.results);
    assert_string_equal(s.results, "  up 1 init (1.2 ms)\n");
    TELL(&s, .kind = PAWL_EVENT_LOSS, .object = "table users", .count = 12);
    TELL(&s, .kind = PAWL_EVENT_LOSS, .object = "column users.email", .count = 1);
    TELL(&s, .kind = PAWL_EVENT_LOSS, .object = "rows of posts", .count = 3);
    TELL(&s, .kind = PAWL_EVENT_STEP_END, .version = 1, .description = "init", .elapsed_ns = 2000, .reverting = true);
    TELL(&s, .kind = PAWL_EVENT_NOTE, .level = PAWL_LEVEL_WARNING, .message = "mind\033");
    struct pawl_result result = {.steps = 2, .version = 0};
    s.o.kind->steps(&s.o, "moved", &result, NULL);
    struct pawl_error e = {.message = "it broke", .file = "a\033.sql", .line = 3, .column = 4, .hint = "mend it"};
    s.o.kind->error(&s.o, &e);
    stop(&s);
    assert_string_equal(s.results, "  up 1 init (1.2 ms)\n  down 1 init (2 us)\n"
                                   "moved 2 migrations; no migration is applied\n");
    assert_string_equal(s.messages, "  loses table users: 12 rows\n  loses column users.email: 1 value\n"
                                    "  loses 3 rows of posts\n"
                                    "pawl: warning: mind\\x1b\n"
                                    "pawl: it broke\n  at a\\x1b.sql:3:4\n  hint: mend it\n");
}

static void an_error_stands_beside_what_was_done(void **state)
{
    (void)state;
    SHOWN(s, &out_json);
    TELL(&s, .kind = PAWL_EVENT_STEP_END, .version = 1, .file = "f\xff", .description = "init", .elapsed_ns = 1500000);
    struct pawl_result result = {.steps = 1, .version = 1};
    s.o.kind->steps(&s.o, "applied", &result, false);
    struct pawl_error e = {.code = PAWL_SQL, .message = "it broke", .version = 2};
    s.o.kind->error(&s.o, &e);
    json_t *j = parsed(&s);
    assert_true(json_is_false(json_object_get(j, "ok")));
    json_t *step = json_array_get(json_object_get(j, "steps"), 0);
    assert_string_equal(text_at(step, "file"), "f\xef\xbf\xbd");
    assert_string_equal(text_at(step, "direction"), "up");
    assert_true(json_real_value(json_object_get(step, "elapsed_ms")) == 1.5);
    json_t *error = json_object_get(j, "error");
    assert_string_equal(text_at(error, "code"), "sql");
    assert_string_equal(text_at(error, "message"), "it broke");
    assert_int_equal(json_integer_value(json_object_get(error, "version")), 2);
    assert_true(json_is_null(json_object_get(error, "hint")));
    json_decref(j);
}

static const struct pawl_status_row rows[] = {
    {1, PAWL_STATE_APPLIED, true, "init", "m/0001_init.sql", "2026-01-01 10:00:00", 1500000, 0, 0},
    {2, PAWL_STATE_CHANGED, false, "b", "m/0002_b.sql", "2026-01-01 10:00:01", -1, 0, 0},
    {30, PAWL_STATE_PENDING, true, "c", "m/0030_c.sql", NULL, -1, 0, 0},
};
static const struct pawl_status status = {
    .rows = rows,
    .n = 3,
    .version = 2,
    .latest = 30,
    .pending = 1,
    .changed = 1,
    .has_ledger = true,
    .engine = "sqlite",
};

static void status_shows_each_migration(void **state)
{
    (void)state;
    SHOWN(s, &out_text);
    s.o.kind->status(&s.o, &status);
    stop(&s);
    assert_string_equal(s.results, "     1  applied       init  2026-01-01 10:00:00\n"
                                   "     2  changed       b     2026-01-01 10:00:01  no down\n"
                                   "    30  pending       c\n"
                                   "at version 2; 1 pending, 1 changed\n");
}

static void status_json_has_rows_and_counts(void **state)
{
    (void)state;
    SHOWN(s, &out_json);
    s.o.kind->status(&s.o, &status);
    json_t *j = parsed(&s);
    assert_int_equal(json_integer_value(json_object_get(j, "pending")), 1);
    json_t *row = json_array_get(json_object_get(j, "migrations"), 1);
    assert_string_equal(text_at(row, "state"), "changed");
    assert_true(json_is_null(json_object_get(row, "execution_time_ms")));
    json_decref(j);
}

static void health_is_one_line_or_one_object(void **state)
{
    (void)state;
    struct pawl_health health = {.status = PAWL_HEALTH_PENDING, .version = 2, .latest = 3, .pending = 1};
    SHOWN(text, &out_text);
    text.o.kind->health(&text.o, &health);
    stop(&text);
    assert_string_equal(text.results, "pending: version 2, latest 3, pending 1\n");
    SHOWN(s, &out_json);
    s.o.kind->health(&s.o, &health);
    json_t *j = parsed(&s);
    assert_string_equal(text_at(j, "status"), "pending");
    assert_int_equal(json_integer_value(json_object_get(j, "version")), 2);
    assert_int_equal(json_integer_value(json_object_get(j, "latest")), 3);
    assert_int_equal(json_integer_value(json_object_get(j, "pending")), 1);
    json_decref(j);
}

static void progress_is_one_line_on_a_terminal(void **state)
{
    (void)state;
    SHOWN(s, &out_text);
    s.o.live = true;
    TELL(&s, .kind = PAWL_EVENT_PROGRESS, .message = "replay", .count = 1, .total = 9);
    TELL(&s, .kind = PAWL_EVENT_PROGRESS, .message = "replay", .count = 2, .total = 9);
    stop(&s);
    assert_string_equal(s.messages, "  replay 1/9\r\033[K  replay 2/9\r\033[K");
    SHOWN(piped, &out_text);
    TELL(&piped, .kind = PAWL_EVENT_PROGRESS, .message = "replay", .count = 1, .total = 9);
    stop(&piped);
    assert_string_equal(piped.messages, "");
}

static void rows_are_found_in_any_order(void **state)
{
    (void)state;
    SHOWN(s, &out_text);
    TELL(&s, .kind = PAWL_EVENT_ENGINE, .engine = "sqlite", .engine_version = "3");
    for (int v = 1; v <= 2000; v++)
        TELL(&s, .kind = PAWL_EVENT_PROOF, .version = v, .file = "f", .description = "d", .verdict = PAWL_VERDICT_PASS);
    for (int v = 2000; v >= 1; v--)
        TELL(&s, .kind = PAWL_EVENT_PROOF, .version = v, .file = "f", .proof = PAWL_PROOF_REVERSE,
             .verdict = PAWL_VERDICT_FAIL);
    TELL(&s, .kind = PAWL_EVENT_PROOF, .version = 700, .file = "f", .proof = PAWL_PROOF_HEAD,
         .verdict = PAWL_VERDICT_NOTE);
    const struct record_run *run = &s.o.record.runs[0];
    assert_int_equal(run->n, 2000);
    for (size_t i = 0; i < run->n; i++)
        assert_int_equal(run->rows[i].verdict[PAWL_PROOF_REVERSE], PAWL_VERDICT_FAIL);
    assert_int_equal(run->rows[699].verdict[PAWL_PROOF_HEAD], PAWL_VERDICT_NOTE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verify_is_a_table_and_findings),       cmocka_unit_test(quiet_leaves_out_what_holds),
        cmocka_unit_test(verify_json_keeps_the_contract),       cmocka_unit_test(steps_are_told_as_they_happen),
        cmocka_unit_test(an_error_stands_beside_what_was_done), cmocka_unit_test(status_shows_each_migration),
        cmocka_unit_test(status_json_has_rows_and_counts),      cmocka_unit_test(health_is_one_line_or_one_object),
        cmocka_unit_test(progress_is_one_line_on_a_terminal),   cmocka_unit_test(rows_are_found_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
