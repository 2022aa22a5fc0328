#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/udiff.h"

static void check(const char *before, const char *after, const char *expected)
{
    STRBUF(b, 1 << 16);
    assert_true(udiff(&b, SLICE("f"), slice_of(before), slice_of(after)));
    assert_string_equal(strbuf_z(&b), expected);
}

static void equal_texts_have_no_difference(void **state)
{
    (void)state;
    check("a\n", "a\n", "");
    check("", "", "");
}

static void shows_three_lines_of_context(void **state)
{
    (void)state;
    check("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n6\n7\n8\n9\n",
          "--- f\n+++ f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n");
}

static void distant_changes_are_hunks_of_their_own(void **state)
{
    (void)state;
    check("a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n",
          "--- f\n+++ f\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n");
    check("a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n",
          "--- f\n+++ f\n@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n");
}

static void ends_without_a_line_end_are_marked(void **state)
{
    (void)state;
    check("a", "a\nb",
          "--- f\n+++ f\n@@ -1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n"
          "\\ No newline at end of file\n");
    check("", "a\n", "--- f\n+++ f\n@@ -0,0 +1 @@\n+a\n");
    check("a\n", "", "--- f\n+++ f\n@@ -1 +0,0 @@\n-a\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_texts_have_no_difference),
        cmocka_unit_test(shows_three_lines_of_context),
        cmocka_unit_test(distant_changes_are_hunks_of_their_own),
        cmocka_unit_test(ends_without_a_line_end_are_marked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
