#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "source/certificate.h"
#include "source/certified.h"

struct fixture {
    struct arena a;
    struct certificate c;
    struct strbuf text;
    struct migration items[4];
    struct migration_set set;
    struct slice engines[1];
    struct certificate_setup setups[1];
    struct certificate_mark marks[4];
    struct certificate_line lines[4];
};

static void fill(struct fixture *f, size_t n)
{
    static const char *const names[] = {"init", "add users", "50%_ \"odd\"", ""};
    f->engines[0] = SLICE("sqlite/3");
    f->setups[0] = (struct certificate_setup){SLICE("sqlite"), "0123456789abcdef"};
    f->c = (struct certificate){.facts = 1,
                                .proofs = 1,
                                .engines = f->engines,
                                .n_engines = 1,
                                .setups = f->setups,
                                .n_setups = 1,
                                .baseline = {&f->marks[0], 1},
                                .lines = f->lines,
                                .n = n};
    for (size_t i = 0; i < 4; i++) {
        f->marks[i] = (struct certificate_mark){SLICE("sqlite"), {0}};
        memset(f->marks[i].fingerprint, (int)i + 1, SHA256_BYTES);
        f->lines[i] = (struct certificate_line){.version = (int64_t)i + 1,
                                                .description = slice_of(names[i]),
                                                .has_down = i != 1,
                                                .marks = {&f->marks[i], 1},
                                                .proofs = i == 2 ? 0 : 127,
                                                .runner = i == 3,
                                                .outside = i == 2};
        memset(f->lines[i].up, (int)(0x10 + i), SHA384_BYTES);
        memset(f->lines[i].down, (int)(0x20 + i), SHA384_BYTES);
        f->items[i] = (struct migration){.version = (int64_t)i + 1, .description = slice_of(names[i])};
        f->items[i].up.path = SLICE("nowhere/up.sql");
        memset(f->items[i].up.checksum, (int)(0x10 + i), SHA384_BYTES);
        if (i != 1)
            f->items[i].down.path = SLICE("nowhere/down.sql");
        memset(f->items[i].down.checksum, (int)(0x20 + i), SHA384_BYTES);
    }
    f->set = (struct migration_set){.items = f->items, .n = n};
    assert_int_equal(certificate_write(&f->c, &f->text, NULL), PAWL_OK);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    strbuf_init(&f->text, 1 << 20);
    fill(f, 3);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    arena_clear(&f->a);
    strbuf_clear(&f->text);
    free(f);
    return 0;
}

static enum certificate_fault parse(struct fixture *f, struct slice text, struct certificate *c, struct pawl_error *e)
{
    enum certificate_fault fault;
    memset(e, 0, sizeof *e);
    int code = certificate_parse(&f->a, text, SLICE("x/pawl.lock"), c, &fault, e);
    assert_int_equal(code, fault == CERTIFICATE_SOUND ? PAWL_OK : PAWL_SOURCE);
    return fault;
}

/* The written text with the line `number` (from 1) replaced, NULL = left out. */
static struct slice with_line(struct fixture *f, unsigned number, const char *line)
{
    struct slice rest = strbuf_slice(&f->text);
    char *out = arena_alloc(&f->a, rest.n + 2000);
    size_t n = 0;
    for (unsigned i = 1; rest.n; i++) {
        size_t end = slice_find_byte(rest, '\n') + 1;
        struct slice now = i == number ? slice_of(line) : slice_sub(rest, 0, end);
        memcpy(out + n, now.p ? now.p : "", now.n);
        n += now.n;
        rest = slice_sub(rest, end, rest.n);
    }
    return (struct slice){out, n};
}

static struct slice followed_by(struct fixture *f, const char *more)
{
    return arena_printf(&f->a, SLICE_FMT "%s", SLICE_ARG(strbuf_slice(&f->text)), more);
}

static struct slice get_line(struct fixture *f, unsigned number)
{
    struct slice rest = strbuf_slice(&f->text);
    while (--number)
        rest = slice_sub(rest, slice_find_byte(rest, '\n') + 1, rest.n);
    return arena_dup(&f->a, slice_sub(rest, 0, slice_find_byte(rest, '\n') + 1));
}

static void expect(struct fixture *f, struct slice text, enum certificate_fault fault, unsigned line, const char *words)
{
    struct certificate c;
    struct pawl_error e;
    assert_int_equal(parse(f, text, &c, &e), fault);
    assert_int_equal(e.line, line);
    assert_string_equal(e.file, "x/pawl.lock");
    assert_non_null(strstr(e.message, words));
    assert_true(e.hint[0]);
}

static void what_is_written_is_read(void **state)
{
    struct fixture *f = *state;
    struct certificate c;
    struct pawl_error e;
    STRBUF(again, 1 << 20);
    strbuf_reset(&f->text);
    fill(f, 4);
    assert_int_equal(parse(f, strbuf_slice(&f->text), &c, &e), CERTIFICATE_SOUND);
    assert_int_equal(c.n, 4);
    assert_true(slice_eq(c.lines[2].description, SLICE("50%_ \"odd\"")));
    assert_int_equal(c.lines[2].proofs, 0);
    assert_false(c.lines[1].has_down);
    assert_int_equal(c.lines[3].runner, CERTIFICATE_PAWL);
    assert_true(c.lines[2].outside);
    assert_int_equal(c.lines[0].line, 6);
    assert_non_null(certificate_mark(&c.lines[0].marks, SLICE("sqlite")));
    assert_null(certificate_mark(&c.lines[0].marks, SLICE("postgres")));
    assert_string_equal(certificate_setup(&c, SLICE("sqlite"))->digits, "0123456789abcdef");
    assert_int_equal(certificate_write(&c, &again, NULL), PAWL_OK);
    assert_true(slice_eq(strbuf_slice(&again), strbuf_slice(&f->text)));
}

static void every_changed_byte_is_seen(void **state)
{
    struct fixture *f = *state;
    struct slice text = arena_dup(&f->a, strbuf_slice(&f->text));
    struct certificate c;
    struct pawl_error e;
    char *p = (char *)(uintptr_t)text.p;
    for (size_t i = 0; i < text.n; i++) {
        char was = p[i];
        for (int k = 0; k < 3; k++) {
            p[i] = (char)(k == 0 ? was ^ 1 : k == 1 ? '\n' : '0');
            if (p[i] != was)
                assert_int_not_equal(parse(f, text, &c, &e), CERTIFICATE_SOUND);
        }
        p[i] = was;
        assert_int_not_equal(parse(f, slice_sub(text, 0, i), &c, &e), CERTIFICATE_SOUND);
    }
    assert_int_equal(parse(f, text, &c, &e), CERTIFICATE_SOUND);
}

static void faults_are_told_apart(void **state)
{
    struct fixture *f = *state;
    struct slice all = strbuf_slice(&f->text);
    expect(f, SLICE("hello\n"), CERTIFICATE_FOREIGN, 1, "no pawl.lock");
    expect(f, SLICE(""), CERTIFICATE_TRUNCATED, 1, "it is empty");
    expect(f, SLICE("pawl.lo"), CERTIFICATE_TRUNCATED, 1, "within its first line");
    expect(f, with_line(f, 1, "pawl.lock 2 more\n"), CERTIFICATE_FOREIGN, 1, "no pawl.lock");
    expect(f, with_line(f, 1, "pawl.lock 2\n"), CERTIFICATE_NEWER, 1, "newer pawl: its format is 2");
    expect(f, with_line(f, 7, "<<<<<<< HEAD\n"), CERTIFICATE_CONFLICT, 7, "conflict");
    expect(f, with_line(f, 8, "=======\n"), CERTIFICATE_CONFLICT, 8, "conflict");
    expect(f, with_line(f, 7, "x\r\n"), CERTIFICATE_ENDINGS, 1, "line endings");
    expect(f, with_line(f, 1, "\xef\xbb\xbfpawl.lock 1\n"), CERTIFICATE_ENCODING, 1, "byte order mark");
    expect(f, SLICE("\xff\xfep\0a\0"), CERTIFICATE_ENCODING, 1, "byte order mark");
    expect(f, followed_by(f, "\n"), CERTIFICATE_EDITED, 9, "what follows the line `end`");
    expect(f, followed_by(f, "x"), CERTIFICATE_EDITED, 9, "what follows the line `end`");
    expect(f, slice_sub(all, 0, all.n - 60), CERTIFICATE_TRUNCATED, 7, "cut off");
    expect(f, slice_sub(all, 0, all.n - 1), CERTIFICATE_TRUNCATED, 8, "cut off");
    expect(f, with_line(f, 3, "engines postgres/15 sqlite/3\n"), CERTIFICATE_EDITED, 5, "head of the file");
    expect(f, with_line(f, 7, "2 add_users\n"), CERTIFICATE_EDITED, 7, "this line was edited");
    expect(f, with_line(f, 7, NULL), CERTIFICATE_GAP, 7, "a line in front of this one is gone");
    expect(f, with_line(f, 8, NULL), CERTIFICATE_GAP, 8, "gone");
    struct slice x = get_line(f, 7), y = get_line(f, 8);
    struct slice last = get_line(f, 9);
    STRBUF(swapped, 1 << 20);
    strbuf_add(&swapped, slice_sub(all, 0, all.n - x.n - y.n - last.n));
    strbuf_add(&swapped, y);
    strbuf_add(&swapped, x);
    strbuf_add(&swapped, last);
    expect(f, strbuf_slice(&swapped), CERTIFICATE_GAP, 7, "gone or was replaced");
}

/* Two branches that both add version 3 to the first two; whoever merges keeps both lines. */
static void merged_branches_are_seen(void **state)
{
    struct fixture *f = *state;
    struct slice ours = get_line(f, 8);
    STRBUF(theirs, 1 << 20);
    f->lines[2] = f->lines[3];
    f->c.n = 3;
    strbuf_reset(&f->text);
    assert_int_equal(certificate_write(&f->c, &f->text, NULL), PAWL_OK);
    strbuf_add(&theirs, ours);
    strbuf_add(&theirs, get_line(f, 8));
    expect(f, with_line(f, 8, strbuf_z(&theirs)), CERTIFICATE_MERGED, 9, "two branches");
    expect(f, with_line(f, 8, ours.p), CERTIFICATE_MERGED, 9, "another branch");
    strbuf_reset(&theirs);
    strbuf_add(&theirs, get_line(f, 9));
    strbuf_add(&theirs, get_line(f, 9));
    expect(f, with_line(f, 9, strbuf_z(&theirs)), CERTIFICATE_EDITED, 9, "what follows");
}

static void compare_one(struct fixture *f, enum certified_kind kind, int64_t version, size_t prefix, const char *words)
{
    struct certified out;
    assert_int_equal(certified_compare(&f->a, &f->c, &f->set, true, &out, NULL), PAWL_OK);
    assert_int_equal(out.n, 1);
    assert_int_equal(out.items[0].kind, kind);
    assert_int_equal(out.items[0].version, version);
    assert_int_equal(out.prefix, prefix);
    assert_non_null(strstr(out.items[0].message.p, words));
    assert_non_null(out.items[0].hint);
    assert_ptr_equal(certified_about(&out, version), &out.items[0]);
}

static void same_is_same(void **state)
{
    struct fixture *f = *state;
    struct certified out;
    assert_int_equal(certified_compare(&f->a, &f->c, &f->set, true, &out, NULL), PAWL_OK);
    assert_int_equal(out.n, 0);
    assert_int_equal(out.prefix, 3);
    assert_ptr_equal(out.lines[1], &f->lines[1]);
}

static void changes_are_told_apart(void **state)
{
    struct fixture *f = *state;
    f->items[1].up.checksum[7] ^= 1;
    compare_one(f, CERTIFIED_UP, 2, 1, "the up text of migration 2 was changed");
    fill(f, 3);
    f->items[2].down.checksum[7] ^= 1;
    compare_one(f, CERTIFIED_DOWN, 3, 3, "the down text of migration 3 was changed");
    fill(f, 3);
    f->items[1].down.path = SLICE("down");
    compare_one(f, CERTIFIED_DOWN_ADDED, 2, 3, "has got a down file");
    fill(f, 3);
    f->items[0].down.path = (struct slice){NULL, 0};
    compare_one(f, CERTIFIED_DOWN_REMOVED, 1, 3, "was removed");
    fill(f, 3);
    f->items[0].description = SLICE("start");
    compare_one(f, CERTIFIED_RENAMED, 1, 3, "certified as \"init\"");
    fill(f, 3);
    f->items[2].version = 4;
    compare_one(f, CERTIFIED_RENUMBERED, 4, 2, "migration 4 was certified as version 3");
    fill(f, 3);
    memset(f->items[1].up.checksum, 0x12, SHA384_BYTES);
    memset(f->items[2].up.checksum, 0x11, SHA384_BYTES);
    compare_one(f, CERTIFIED_SWAPPED, 2, 1, "the files of 2 and 3 have changed places");
    fill(f, 3);
    f->set.n = 2;
    compare_one(f, CERTIFIED_GONE, 3, 2, "\"50%_ \"odd\"\", which is certified, is gone");
    fill(f, 3);
    f->set.n = 4;
    compare_one(f, CERTIFIED_NEW, 4, 3, "migration 4 is not certified");
    fill(f, 3);
    f->c.lines++;
    f->c.n = 2;
    compare_one(f, CERTIFIED_BETWEEN, 1, 0, "older than others");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(every_changed_byte_is_seen, setup, teardown),
        cmocka_unit_test_setup_teardown(faults_are_told_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(merged_branches_are_seen, setup, teardown),
        cmocka_unit_test_setup_teardown(same_is_same, setup, teardown),
        cmocka_unit_test_setup_teardown(changes_are_told_apart, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
