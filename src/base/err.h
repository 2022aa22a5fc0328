/*
 * err: filling in the error value.
 *
 * Functions that can fail return an enum pawl_code (as int; PAWL_OK is 0) and take `struct pawl_error *` last; NULL is
 * allowed there. Only the bottom writes the message; above it only place is added, and only where it is still empty.
 */
#ifndef PAWL_BASE_ERR_H
#define PAWL_BASE_ERR_H

#include "base/slice.h"
#include "pawl.h"

void err_clear(struct pawl_error *e);
/* Sets code and message, forgets everything else, and returns the code: `return err_set(e, PAWL_IO, ...)`. */
int err_set(struct pawl_error *e, enum pawl_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Sets the hint: the next action, one sentence in lower case. */
void err_hint(struct pawl_error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds a place where none is yet. line 0 = unknown. A path that is too long keeps its end. */
void err_place(struct pawl_error *e, struct slice file, uint32_t line, uint32_t column);
int err_nomem(struct pawl_error *e);

/* The analyzer looks at one file at a time, so it is told what the two return. */
#ifdef __clang_analyzer__
#define err_set(e, code, ...) ((void)err_set(e, code, __VA_ARGS__), (int)(code))
#define err_nomem(e) ((void)err_nomem(e), (int)PAWL_NOMEM)
#endif

#endif
