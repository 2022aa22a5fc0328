/*
 * slice: a piece of text that somebody else owns.
 *
 * Inside pawl all text carries its length; NUL-terminated strings exist only at the borders to other libraries.
 * A slice never owns its bytes: they live in an arena, a mapped file or a literal that outlives it.
 */
#ifndef PAWL_BASE_SLICE_H
#define PAWL_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const char *p; /* may be NULL only if n is 0 */
    size_t n;      /* bytes */
};

/* A slice of a string literal, without counting at run time. */
#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})
/* For printf: "%.*s" with SLICE_ARG(s). Text beyond INT_MAX bytes is cut, which no message minds. */
#define SLICE_FMT "%.*s"
#define SLICE_ARG(s) ((int)((s).n > 0x7fffffff ? 0x7fffffff : (s).n)), ((s).p ? (s).p : "")

/* The slice of a NUL-terminated string; NULL gives the empty slice. */
static inline struct slice slice_of(const char *z)
{
    return (struct slice){z, z ? strlen(z) : 0};
}

/* Bytes from..to (exclusive) of s; both are clamped to s. */
static inline struct slice slice_sub(struct slice s, size_t from, size_t to)
{
    if (to > s.n)
        to = s.n;
    if (from > to)
        from = to;
    return (struct slice){from ? s.p + from : s.p, to - from};
}

static inline bool slice_eq(struct slice a, struct slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Equal when ASCII letters are taken without case. */
bool slice_ieq(struct slice a, struct slice b);
/* <0, 0, >0 in byte order; a prefix sorts first. */
int slice_cmp(struct slice a, struct slice b);
bool slice_starts(struct slice s, struct slice prefix);
bool slice_ends(struct slice s, struct slice suffix);
/* Where `what` first stands in s, or SIZE_MAX. */
size_t slice_find(struct slice s, struct slice what);
size_t slice_find_byte(struct slice s, char c);
/* What stands behind the last slash of a path; all of it if there is none. */
struct slice slice_file_name(struct slice path);
/* s without ASCII white space at both ends. */
struct slice slice_trim(struct slice s);
/* Reads a whole decimal number with an optional sign; false if s is anything else or does not fit. */
bool slice_i64(struct slice s, int64_t *out);

#endif
