/*
 * die: preloaded into a program that works with SQLite, kills it without warning at the n-th event.
 *
 * DIE_ON=statement: a statement is being prepared; DIE_ON=write: a write to a file. DIE_AT=n; 0 or more events than there are:
 * never. DIE_COUNT names a file that gets the number of events at the end.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

struct sqlite3;
struct sqlite3_stmt;

static long seen;

static void event(const char *kind)
{
    const char *on = getenv("DIE_ON"), *at = getenv("DIE_AT");
    if (!on || strcmp(on, kind) != 0)
        return;
    if (++seen == (at ? atol(at) : 0))
        kill(getpid(), SIGKILL);
}

__attribute__((destructor)) static void tell(void)
{
    const char *name = getenv("DIE_COUNT");
    FILE *f = name ? fopen(name, "w") : NULL;
    if (!f)
        return;
    fprintf(f, "%ld\n", seen);
    fclose(f);
}

/* The program leaves without destructors. */
void _exit(int status)
{
    static void (*real)(int);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "_exit");
    tell();
    real(status);
    abort(); /* never */
}

int sqlite3_prepare_v2(struct sqlite3 *db, const char *sql, int n, struct sqlite3_stmt **out, const char **tail);
int sqlite3_prepare_v2(struct sqlite3 *db, const char *sql, int n, struct sqlite3_stmt **out, const char **tail)
{
    static int (*real)(struct sqlite3 *, const char *, int, struct sqlite3_stmt **, const char **);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "sqlite3_prepare_v2");
    event("statement");
    return real(db, sql, n, out, tail);
}

int sqlite3_prepare_v3(struct sqlite3 *db, const char *sql, int n, unsigned flags, struct sqlite3_stmt **out,
                       const char **tail);
int sqlite3_prepare_v3(struct sqlite3 *db, const char *sql, int n, unsigned flags, struct sqlite3_stmt **out,
                       const char **tail)
{
    static int (*real)(struct sqlite3 *, const char *, int, unsigned, struct sqlite3_stmt **, const char **);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "sqlite3_prepare_v3");
    event("statement");
    return real(db, sql, n, flags, out, tail);
}

ssize_t pwrite64(int fd, const void *buffer, size_t n, off64_t offset)
{
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "pwrite64");
    event("write");
    return real(fd, buffer, n, offset);
}
