/*
 * strbuf: text that grows, born with a maximum.
 *
 * Failure is sticky: after a failed request or an overrun every further call does nothing and strbuf_ok is false, so a
 * builder is checked once at its end.
 */
#ifndef PAWL_BASE_STRBUF_H
#define PAWL_BASE_STRBUF_H

#include <stdarg.h>

#include "base/slice.h"

struct strbuf {
    char *p; /* NUL-terminated once something was added, else NULL */
    size_t n;
    size_t cap;
    size_t max; /* bytes that n may reach */
    bool failed;
};

void strbuf_init(struct strbuf *b, size_t max);
void strbuf_clear(struct strbuf *b);
/* Empties it but keeps its memory. Also forgets a failure. */
void strbuf_reset(struct strbuf *b);
void strbuf_add(struct strbuf *b, struct slice s);
void strbuf_addz(struct strbuf *b, const char *z);
void strbuf_addc(struct strbuf *b, char c);
void strbuf_addf(struct strbuf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void strbuf_vaddf(struct strbuf *b, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
bool strbuf_ok(const struct strbuf *b);
/* What it holds; valid until the next call that changes it. */
struct slice strbuf_slice(const struct strbuf *b);
/* The same as a C string, never NULL. */
const char *strbuf_z(const struct strbuf *b);

/* Scope-bound: `STRBUF(name, max);` is cleared when the scope is left. */
#define STRBUF(name, limit) struct strbuf name __attribute__((cleanup(strbuf_clear))) = {.max = (limit)}

#endif
