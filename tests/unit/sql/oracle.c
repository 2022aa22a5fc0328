#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>

uint32_t oracle_below(struct oracle_random *r, uint32_t limit)
{
    /* xorshift64* */
    r->state ^= r->state >> 12;
    r->state ^= r->state << 25;
    r->state ^= r->state >> 27;
    return (uint32_t)((r->state * UINT64_C(2685821657736338717)) >> 33) % limit;
}

struct slice oracle_load(const char *path)
{
    FILE *f = fopen(path, "rb");
    size_t n = 0, cap = 1 << 16;
    char *p = malloc(cap + 1);
    while (f && p) {
        size_t got = fread(p + n, 1, cap - n, f);
        n += got;
        if (got == 0)
            break;
        if (n == cap)
            p = realloc(p, (cap *= 2) + 1);
    }
    if (!f || !p) {
        printf("cannot read %s\n", path);
        exit(2);
    }
    fclose(f);
    p[n] = '\0';
    size_t bom = n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    return (struct slice){p + bom, n - bom};
}

bool oracle_lexical(const struct dialect *d, struct slice text)
{
    struct splitter s;
    struct statement st;
    enum split_result r;
    split_init(&s, d, text);
    while ((r = split_next(&s, &st, NULL)) == SPLIT_STATEMENT)
        continue;
    return r == SPLIT_END;
}

static void differ(struct oracle *o, const char *name, struct slice text, size_t at, const char *what)
{
    struct place p = locate_once(text, at);
    struct slice near = slice_sub(text, at, at + 60);
    o->different++;
    printf("# %s:%u:%u: %s, near: " SLICE_FMT "\n", name, p.line, p.column, what, SLICE_ARG(near));
}

/*
 * SQLite's tail after an error means nothing. Then the slice alone must give the same error, and not the one that says
 * that something is missing at its end.
 */
static bool same_error(sqlite3 *db, struct slice rest, struct slice ours)
{
    char *first = NULL;
    sqlite3_stmt *stmt = NULL;
    sqlite3_prepare_v2(db, rest.p, (int)rest.n, &stmt, NULL);
    first = sqlite3_mprintf("%s", sqlite3_errmsg(db));
    sqlite3_finalize(stmt);
    int rc = sqlite3_prepare_v2(db, ours.p, (int)ours.n, &stmt, NULL);
    bool same = rc != SQLITE_OK && first && strcmp(first, sqlite3_errmsg(db)) == 0 && !strstr(first, "incomplete");
    sqlite3_finalize(stmt);
    sqlite3_free(first);
    return same;
}

static void run(sqlite3_stmt *stmt)
{
    for (int i = 0; sqlite3_step(stmt) == SQLITE_ROW && i < 1000; i++)
        continue;
    sqlite3_finalize(stmt);
}

void oracle_sqlite(struct oracle *o, sqlite3 *db, const char *name, struct slice text)
{
    struct splitter s;
    struct statement st;
    struct pawl_error e = {0};
    size_t at = 0;
    enum split_result r;
    split_init(&s, &dialect_sqlite, text);
    while ((r = split_next(&s, &st, &e)) == SPLIT_STATEMENT) {
        sqlite3_stmt *stmt = NULL;
        const char *tail = NULL;
        struct slice rest = slice_sub(text, at, text.n);
        int rc = sqlite3_prepare_v2(db, rest.p, (int)rest.n, &stmt, &tail);
        if (rc != SQLITE_OK || st.kind == STATEMENT_CLIENT) {
            o->refused++;
            if (st.kind != STATEMENT_CLIENT && !same_error(db, rest, slice_sub(text, st.offset, st.end)))
                differ(o, name, text, st.offset, sqlite3_errmsg(db));
        } else if (!stmt) {
            differ(o, name, text, st.offset, "sqlite sees no statement");
        } else {
            o->compared++;
            if ((size_t)(tail - text.p) != st.end)
                differ(o, name, text, st.offset, "sqlite ends the statement elsewhere");
            run(stmt);
        }
        at = st.end;
    }
    sqlite3_stmt *stmt = NULL;
    struct slice rest = slice_sub(text, at, text.n);
    if (r == SPLIT_ERROR)
        printf("# %s: %s\n", name, e.message);
    else if (rest.n && sqlite3_prepare_v2(db, rest.p, (int)rest.n, &stmt, NULL) == SQLITE_OK && stmt)
        differ(o, name, text, at, "sqlite sees one more statement");
    sqlite3_finalize(stmt);
}
