/*
 * walk: the statements of a text for one engine, with the directives in front of them obeyed. No memory is taken.
 *
 * A statement that is not for this engine is split as one of its own engines reads it, since PostgreSQL's dollar
 * quotes, say, mean nothing to SQLite. It is yielded all the same, marked, so that offsets add up.
 */
#ifndef PAWL_SOURCE_WALK_H
#define PAWL_SOURCE_WALK_H

#include "source/annotate.h"
#include "sql/split.h"

/* Told of each directive that is unknown or out of place. */
typedef void walk_fault_fn(void *context, size_t offset, const char *why);

struct walk {
    struct splitter splitter;
    unsigned engine;
    bool annotated;          /* the text may carry directives */
    bool started;            /* a statement was seen */
    bool skip;               /* the whole file is for other engines: nothing is yielded */
    unsigned only;           /* the engines that the whole file is for; 0 = all */
    bool repeatable;         /* valid once the first statement was yielded or the end was reached */
    int64_t lock_timeout_ms; /* -1 = not said */
    walk_fault_fn *on_fault; /* may be NULL */
    void *context;
};

struct walk_statement {
    struct statement st;
    bool foreign;  /* not for this engine */
    unsigned only; /* the engines that directives say it is for, file and statement together; 0 = all */
};

/* `annotated`: the text may carry directives (annotate_any); false saves looking for them. */
void walk_init(struct walk *w, const struct dialect *dialect, const char *engine, struct slice text, bool annotated);
enum split_result walk_next(struct walk *w, struct walk_statement *out, struct pawl_error *e);

#endif
