#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/ledger.h"
#include "engine/plan.h"

/*
 * A situation in a few characters, one for each version from 1:
 *   a applied   p pending   c changed   e line endings   m applied, file gone   d dirty   r dirty but resumable
 *   v a revert that was begun   n applied, no down file
 */
struct situation {
    struct arena arena;
    struct migration_set set;
    struct history history;
    struct standings standings;
};

static int alike(const struct migration_file *file, struct slice stored, bool *out)
{
    (void)stored;
    *out = file->bom; /* the situation says so */
    return PAWL_OK;
}

static void make(struct situation *x, const char *letters)
{
    size_t n = strlen(letters);
    *x = (struct situation){0};
    x->set.items = arena_array(&x->arena, n, sizeof *x->set.items);
    x->history.rows = arena_array(&x->arena, n, sizeof *x->history.rows);
    x->history.exists = true;
    for (size_t i = 0; i < n; i++) {
        char c = letters[i];
        int64_t version = (int64_t)i + 1;
        struct migration m = {
            .version = version, .description = SLICE("x"), .up.path = SLICE("up"), .down.path = SLICE("down")};
        m.up.checksum[0] = (unsigned char)version;
        m.up.bom = c == 'e';
        m.up.no_transaction = c == 'r' || c == 'v';
        if (c == 'n')
            m.down.path = (struct slice){NULL, 0};
        unsigned char *sum = arena_alloc(&x->arena, SHA384_BYTES);
        sum[0] = c == 'c' || c == 'e' ? 0xff : (unsigned char)version;
        if (c != 'm')
            x->set.items[x->set.n++] = m;
        if (c != 'p')
            x->history.rows[x->history.n++] = (struct ledger_row){
                .version = version,
                .success = !strchr("drv", c),
                .checksum = {(char *)sum, SHA384_BYTES},
                .execution_time = c == 'v'   ? LEDGER_REVERTING
                                  : c == 'r' ? -3
                                             : 5,
            };
    }
    assert_int_equal(plan_stand(&x->arena, &x->set, &x->history, alike, &x->standings, NULL), PAWL_OK);
}

/* The versions of a plan as text: "3 4", or the name of the error. */
static const char *text_of(struct situation *x, int code, const struct plan *plan, const struct pawl_error *e)
{
    static const char *const names[] = {
#define X(name, status, text, meaning) text,
        PAWL_CODES(X)
#undef X
    };
    struct slice text = SLICE("");
    if (code) {
        assert_int_equal(code, e->code);
        assert_true(e->hint[0]);
        return names[code];
    }
    for (size_t i = 0; i < plan->n; i++)
        text = arena_printf(&x->arena, SLICE_FMT "%s%lld", SLICE_ARG(text), i ? " " : "",
                            (long long)plan->steps[i]->version);
    return text.p;
}

static void up_goes_forward_or_says_why_not(void **state)
{
    (void)state;
    static const struct {
        const char *letters;
        int64_t to;
        uint32_t steps;
        bool ignore_missing, out_of_order;
        const char *expected;
    } cases[] = {
        {"", 0, 0, false, false, ""},           {"ppp", 0, 0, false, false, "1 2 3"},
        {"aapp", 0, 0, false, false, "3 4"},    {"aaa", 0, 0, false, false, ""},
        {"apppp", 3, 0, false, false, "2 3"},   {"apppp", 0, 2, false, false, "2 3"},
        {"apppp", 2, 5, false, false, "2"},     {"aaap", 2, 0, false, false, "usage"},
        {"aaap", 9, 0, false, false, "usage"},  {"acp", 0, 0, false, false, "changed"},
        {"aep", 0, 0, false, false, "changed"}, {"amap", 0, 0, false, false, "missing"},
        {"amap", 0, 0, true, false, "4"},       {"aapm", 0, 0, true, true, "3"},
        {"aam", 0, 0, false, false, "missing"}, {"adp", 0, 0, false, false, "dirty"},
        {"arp", 0, 0, false, false, "2 3"},     {"avp", 0, 0, false, false, "dirty"},
        {"apa", 0, 0, false, false, "refused"}, {"apa", 0, 0, false, true, "2"},
        {"dcm", 0, 0, false, false, "dirty"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct situation x;
        struct plan plan;
        struct pawl_error e = {0};
        struct plan_policy policy = {cases[i].ignore_missing, cases[i].out_of_order};
        make(&x, cases[i].letters);
        int code = plan_up(&x.arena, &x.standings, &policy, cases[i].to, cases[i].steps, &plan, &e);
        const char *got = text_of(&x, code, &plan, &e);
        if (strcmp(got, cases[i].expected) != 0)
            fail_msg("%s to %d steps %u: %s, expected %s", cases[i].letters, (int)cases[i].to, cases[i].steps, got,
                     cases[i].expected);
        arena_clear(&x.arena);
    }
}

static void down_goes_back_in_strict_order(void **state)
{
    (void)state;
    static const struct {
        const char *letters;
        int64_t to;
        uint32_t steps;
        const char *expected;
    } cases[] = {
        {"aaap", -1, 0, "3"},      {"aaap", -1, 2, "3 2"},    {"aaap", 1, 0, "3 2"},    {"aaap", 0, 0, "3 2 1"},
        {"aaap", -1, 9, "3 2 1"},  {"ppp", -1, 0, ""},        {"aaa", 3, 0, ""},        {"aaa", 4, 0, "usage"},
        {"apa", 2, 0, "usage"},    {"apa", 0, 0, "3 1"},      {"ana", 0, 0, "refused"}, {"ana", 2, 0, "3"},
        {"aam", -1, 0, "missing"}, {"aac", -1, 0, "changed"}, {"aae", -1, 0, "3"},      {"aad", -1, 0, "dirty"},
        {"aav", -1, 0, "3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct situation x;
        struct plan plan;
        struct pawl_error e = {0};
        make(&x, cases[i].letters);
        int code = plan_down(&x.arena, &x.standings, cases[i].to, cases[i].steps, &plan, &e);
        const char *got = text_of(&x, code, &plan, &e);
        if (strcmp(got, cases[i].expected) != 0)
            fail_msg("%s to %d steps %u: %s, expected %s", cases[i].letters, (int)cases[i].to, cases[i].steps, got,
                     cases[i].expected);
        arena_clear(&x.arena);
    }
}

static void health_names_what_matters_most(void **state)
{
    (void)state;
    static const struct {
        const char *letters;
        enum pawl_health_status status;
        int64_t version, latest;
        size_t pending;
    } cases[] = {
        {"", PAWL_HEALTH_OK, 0, 0, 0},          {"aaa", PAWL_HEALTH_OK, 3, 3, 0},
        {"aapp", PAWL_HEALTH_PENDING, 2, 4, 2}, {"aam", PAWL_HEALTH_AHEAD, 3, 2, 0},
        {"ama", PAWL_HEALTH_MISSING, 3, 3, 0},  {"acp", PAWL_HEALTH_CHANGED, 2, 3, 1},
        {"aep", PAWL_HEALTH_CHANGED, 2, 3, 1},  {"adcp", PAWL_HEALTH_DIRTY, 3, 4, 1},
        {"apam", PAWL_HEALTH_PENDING, 4, 3, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct situation x;
        struct pawl_health h;
        make(&x, cases[i].letters);
        plan_health(&x.standings, &(struct plan_policy){0}, &h);
        assert_int_equal(h.status, cases[i].status);
        assert_int_equal(h.version, cases[i].version);
        assert_int_equal(h.latest, cases[i].latest);
        assert_int_equal(h.pending, cases[i].pending);
        assert_int_equal(h.message[0] == '\0', h.status == PAWL_HEALTH_OK);
        arena_clear(&x.arena);
    }
}

/*
 * Versions 1 to 3 were squashed into a baseline at 3, which is `b` in a ledger; 2 had been one before (`s`). 4 has its file. Other
 * letters as above.
 */
static void make_squashed(struct situation *x, const char *letters)
{
    static const struct replaced list[] = {{1, {1}, false}, {2, {2}, false}, {2, {0x82}, true}, {3, {3}, false}};
    *x = (struct situation){0};
    x->set.items = arena_array(&x->arena, 2, sizeof *x->set.items);
    x->history.rows = arena_array(&x->arena, 4, sizeof *x->history.rows);
    x->set.n = 2;
    for (size_t i = 0; i < 2; i++) {
        struct migration *m = &x->set.items[i];
        *m = (struct migration){.version = (int64_t)i + 3, .up.path = SLICE("up"), .down.path = SLICE("down")};
        m->up.checksum[0] = i ? 4 : 0x83;
    }
    x->set.items[0].replaces = list;
    x->set.items[0].n_replaces = 4;
    for (size_t i = 0; i < strlen(letters); i++) {
        unsigned char *sum = arena_alloc(&x->arena, SHA384_BYTES);
        char c = letters[i];
        sum[0] = (unsigned char)(c == 'c' ? 0xff : c == 'b' || c == 's' ? 0x80 + i + 1 : i + 1);
        if (c != 'p')
            x->history.rows[x->history.n++] = (struct ledger_row){
                .version = (int64_t)i + 1, .success = c != 'd', .checksum = {(char *)sum, SHA384_BYTES}};
    }
    assert_int_equal(plan_stand(&x->arena, &x->set, &x->history, alike, &x->standings, NULL), PAWL_OK);
}

static void a_baseline_stands_for_the_rows_of_what_it_replaces(void **state)
{
    (void)state;
    static const struct {
        const char *letters, *state, *up, *down;
        size_t standings, covered;
    } cases[] = {
        {"pppp", "pending", "3 4", "", 2, 0},
        {"ppbp", "applied", "4", "3", 2, 0},
        {"aaap", "applied", "4", "3", 2, 2},
        {"aaaa", "applied", "", "4 3", 2, 2},
        {"psap", "applied", "4", "3", 2, 1},
        {"csap", "applied", "4", "3", 2, 2},
        {"aabp", "applied", "4", "3", 2, 2},
        {"appp", "partial", "missing", "missing", 2, 1},
        {"aapp", "partial", "missing", "missing", 2, 2},
        {"psp", "partial", "missing", "missing", 2, 1},
        {"paap", "partial", "missing", "missing", 2, 1},
        {"caap", "changed", "changed", "changed", 2, 2},
        {"cpap", "partial", "missing", "missing", 2, 1},
        {"ppcp", "changed", "changed", "changed", 2, 0},
        {"aacp", "changed", "changed", "changed", 2, 2},
        {"adap", "partial", "dirty", "missing", 3, 1},
        {"aadp", "dirty", "dirty", "dirty", 2, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct situation x;
        struct plan plan;
        struct pawl_error e = {0};
        make_squashed(&x, cases[i].letters);
        const struct standing *s = &x.standings.items[x.standings.n - 2];
        int code = plan_up(&x.arena, &x.standings, &(struct plan_policy){.ignore_missing = true}, 0, 0, &plan, &e);
        const char *up = text_of(&x, code, &plan, &e);
        code = plan_down(&x.arena, &x.standings, 0, 0, &plan, &e);
        const char *down = text_of(&x, code, &plan, &e);
        static const char *const names[] = {"pending", "applied", "changed", "ends",
                                            "missing", "ahead",   "dirty",   "partial"};
        if (strcmp(names[s->state], cases[i].state) != 0 || strcmp(up, cases[i].up) != 0 ||
            strcmp(down, cases[i].down) != 0)
            fail_msg("%s: %s, up %s, down %s", cases[i].letters, names[s->state], up, down);
        assert_int_equal(x.standings.n, cases[i].standings);
        assert_int_equal(s->n_covered, cases[i].covered);
        arena_clear(&x.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(up_goes_forward_or_says_why_not),
        cmocka_unit_test(down_goes_back_in_strict_order),
        cmocka_unit_test(a_baseline_stands_for_the_rows_of_what_it_replaces),
        cmocka_unit_test(health_names_what_matters_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
