/* large: a migration of 200 MB, and what memory it costs. Include after <cmocka.h>. */
#ifndef PAWL_TESTS_LARGE_H
#define PAWL_TESTS_LARGE_H

#include <stdio.h>
#include <unistd.h>

#include "tmpdir.h"

/* dir/1_a.sql: about 87 bytes a statement. */
static inline void large_write(const char *dir, size_t statements)
{
    FILE *f = fopen(tmpdir_path(dir, "1_a.sql"), "wb");
    assert_non_null(f);
    for (size_t i = 0; i < statements; i++)
        fprintf(f, "insert into t values (%12zu, 'Vögel, Bäume und anderes, was eine Zeile lang macht');\n", i);
    assert_int_equal(fclose(f), 0);
}

/* Resident memory in KiB, of files and of the heap alike. */
static inline long large_resident(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%*d %ld", &pages), 1);
    fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

#endif
