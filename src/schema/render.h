/*
 * render: SQL that leads from one schema to another, made from their facts.
 *
 * Both schemas are sorted lists of facts of one engine; from none to a schema gives the SQL that builds it. Statements come
 * in an order in which they can be run. What facts do not tell (rows, values) is not brought back; a remark at the statement
 * says so. What cannot be rendered is counted and named, never left out in silence.
 */
#ifndef PAWL_SCHEMA_RENDER_H
#define PAWL_SCHEMA_RENDER_H

#include "base/arena.h"
#include "base/err.h"

enum render_runner {
    RENDER_PLAIN, /* whatever sends the text as it is */
    RENDER_PAWL,  /* pawl, which knows ALTER TABLE in PostgreSQL's spelling, and IF EXISTS, on every engine */
};

/* Something of the first schema that had another name in the second, for an engine that cannot simply rename it back twice. */
struct render_rename {
    const char *kind; /* "table", "sequence", "column" */
    struct slice schema;
    struct slice table;     /* of a column, as it is called in the first schema; n = 0: no column */
    struct slice old_table; /* of a column, as it is called in the second */
    struct slice now, was;  /* in the first schema, and in the second */
};

struct render_options {
    enum render_runner runner;
    bool back;    /* to what was there before: a remark says what does not come back with the schema */
    bool guarded; /* statements that may run again on what they lead to: no error, nothing changes */
    const struct render_rename *renames; /* rows follow them; only SQLite's tables, else see proof/renamed */
    size_t n_renames;
};

struct rendered {
    struct slice sql;    /* without terminator */
    struct slice remark; /* what a reader should know, one line or more; n = 0: nothing */
    bool pawl;           /* only pawl runs it */
    bool unguarded;      /* run again, it fails */
};

struct rendering {
    struct rendered *items;
    size_t n, cap;
    struct slice *missing; /* keys of facts that could not be rendered, or text that says what could not */
    size_t n_missing, cap_missing;
};

int render(struct arena *a, const char *driver, const struct slice *from, size_t n_from, const struct slice *to,
           size_t n_to, const struct render_options *options, struct rendering *out, struct pawl_error *e);

/* ---- for the renderers ------------------------------------------------------------------------------------------- */

struct strbuf;

/* Adds the statement that the buffer holds, and empties it. The remark is kept as it is given. */
int render_put(struct arena *a, struct rendering *r, struct strbuf *sql, struct slice remark, struct pawl_error *e);
int render_missing(struct arena *a, struct rendering *r, struct slice what, struct pawl_error *e);

int render_sqlite(struct arena *a, const struct slice *from, size_t n_from, const struct slice *to, size_t n_to,
                  const struct render_options *o, struct rendering *out, struct pawl_error *e);
int render_postgres(struct arena *a, const struct slice *from, size_t n_from, const struct slice *to, size_t n_to,
                    const struct render_options *o, struct rendering *out, struct pawl_error *e);

#endif
