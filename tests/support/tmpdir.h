/*
 * tmpdir: a fresh folder for each test, removed afterwards with all it holds.
 *
 * List a test with TMPDIR_TEST(name); *state is then the folder's path. Include after <cmocka.h>.
 */
#ifndef PAWL_TESTS_TMPDIR_H
#define PAWL_TESTS_TMPDIR_H

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline int tmpdir_setup(void **state)
{
    const char *base = getenv("TMPDIR");
    char *path = malloc(4096);
    if (!path)
        return -1;
    snprintf(path, 4096, "%s/pawl-test-XXXXXX", base && *base ? base : "/tmp");
    *state = path;
    return mkdtemp(path) ? 0 : -1;
}

static inline int tmpdir_drop(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static inline int tmpdir_teardown(void **state)
{
    int failed = nftw(*state, tmpdir_drop, 16, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return failed;
}

#define TMPDIR_TEST(test) cmocka_unit_test_setup_teardown(test, tmpdir_setup, tmpdir_teardown)

/* folder/name; one of eight buffers in turn, so that a few of them can stand in one expression. */
static inline const char *tmpdir_path(const char *folder, const char *name)
{
    static char paths[8][4096];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline void tmpdir_write(const char *folder, const char *name, const void *bytes, size_t n)
{
    FILE *f = fopen(tmpdir_path(folder, name), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

/* Writes a text. */
static inline void tmpdir_put(const char *folder, const char *name, const char *text)
{
    tmpdir_write(folder, name, text, strlen(text));
}

/* Entries in the folder, without . and .. */
static inline int tmpdir_count(const char *folder)
{
    int n = -2;
    DIR *d = opendir(folder);
    assert_non_null(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

#endif
