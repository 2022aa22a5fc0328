/*
 * scope: which facts of a live schema are the set's own, and which are somebody else's.
 *
 * *Managed* is a fact that some version of the set makes, changes or removes, and whatever hangs on a table, view or the like
 * that it makes: a column or an index that somebody added by hand there counts. Everything else is *unmanaged*: tables of another
 * program, what an extension has made, what was there before the first version. Patterns take away from both sides what is not
 * to be looked at (partitions that are made at run time).
 *
 * This is the one place that says so. What differs is what follows from it: for drift all that is managed counts, while the version of
 * a schema (engine/course) shows in what the set itself makes, so that an index that was added by hand keeps nobody from
 * finding it; it is told as such.
 */
#ifndef PAWL_SCHEMA_SCOPE_H
#define PAWL_SCHEMA_SCOPE_H

#include "base/map.h"
#include "schema/changelog.h"

struct scope {
    struct map keys, roots;
    bool schemas;              /* names begin with one */
    const char *const *ignore; /* patterns, see scope_matches */
    size_t n_ignore;
};

/* Texts are those of the log, which must stay. */
int scope_init(struct arena *a, const struct changelog *log, const char *const *ignore, size_t n_ignore,
               struct scope *out, struct pawl_error *e);

/* One thing more that is managed, if it is one on which others hang. */
bool scope_add_root(struct arena *a, struct scope *s, struct slice line);
/* A table, view, index or the like: does anything hang on it? */
bool scope_is_root(struct slice line);

enum scope_side { SCOPE_MANAGED, SCOPE_UNMANAGED, SCOPE_IGNORED };
enum scope_side scope_of(const struct scope *s, struct slice line);

/*
 * Does the pattern (* any text, ? any byte) mean this fact? It is held against the object's name, those of the objects it hangs on, each
 * with and without its schema, and kind and name together: "ext_*", "queue.*", "index users_*_idx". No case is folded.
 */
bool scope_matches(const struct scope *s, const char *pattern, struct slice line);

/* The changes whose facts are managed, sharing their texts. */
int scope_delta(struct arena *a, const struct scope *s, const struct delta *d, struct delta *managed,
                struct pawl_error *e);

#endif
