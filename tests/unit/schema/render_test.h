/* render_test: schemas rendered, run on scratch databases, and compared by their facts. */
#ifndef PAWL_TESTS_RENDER_TEST_H
#define PAWL_TESTS_RENDER_TEST_H

#include "schema_test.h"

#include "schema/render.h"

struct lines {
    struct slice *items;
    size_t n;
};

static inline struct lines lines_of(struct arena *a, struct db *db)
{
    struct facts *f = open_facts(db);
    struct lines l, out = {0};
    struct pawl_error e = {0};
    refresh(f, a);
    if (facts_lines(f, a, &l.items, &l.n, &e))
        fail_msg("%s", e.message);
    out.items = arena_array(a, l.n + 1, sizeof *out.items);
    for (size_t i = 0; i < l.n; i++)
        out.items[out.n++] = arena_dup(a, l.items[i]);
    facts_close(f);
    return out;
}

static inline const char *text_of_rendering(struct arena *a, const struct rendering *r)
{
    STRBUF(b, 1u << 28);
    for (size_t i = 0; i < r->n; i++) {
        if (r->items[i].remark.n)
            strbuf_addf(&b, "-- " SLICE_FMT "\n", SLICE_ARG(r->items[i].remark));
        strbuf_add(&b, r->items[i].sql);
        strbuf_addz(&b, ";\n");
    }
    for (size_t i = 0; i < r->n_missing; i++)
        strbuf_addf(&b, "-- missing: " SLICE_FMT "\n", SLICE_ARG(r->missing[i]));
    return arena_strz(a, slice_of(strbuf_z(&b)));
}

/* The differences of two lists of facts, empty if there are none. */
static inline const char *differences(struct arena *a, struct lines x, struct lines y)
{
    struct delta d;
    struct pawl_error e = {0};
    STRBUF(b, 1u << 28);
    if (delta_between(a, x.items, x.n, y.items, y.n, &d, &e))
        fail_msg("%s", e.message);
    strbuf_addz(&b, "");
    for (size_t i = 0; i < d.n; i++) {
        if (d.items[i].before.p)
            strbuf_addf(&b, "-" SLICE_FMT "\n", SLICE_ARG(d.items[i].before));
        if (d.items[i].after.p)
            strbuf_addf(&b, "+" SLICE_FMT "\n", SLICE_ARG(d.items[i].after));
    }
    return arena_strz(a, strbuf_slice(&b));
}

static inline struct rendering rendered(struct arena *a, const char *driver, struct lines from, struct lines to,
                                        struct render_options o)
{
    struct rendering r;
    struct pawl_error e = {0};
    if (render(a, driver, from.items, from.n, to.items, to.n, &o, &r, &e))
        fail_msg("%s", e.message);
    return r;
}

/* NULL if all statements run, else the first error with its statement. */
static inline const char *run_rendering(struct arena *a, struct db *db, const struct rendering *r)
{
    struct pawl_error e = {0};
    for (size_t i = 0; i < r->n; i++)
        if (db_run(db, &(struct db_request){.sql = r->items[i].sql}, 1, NULL, &e))
            return arena_printf(a, "%s: " SLICE_FMT, e.message, SLICE_ARG(r->items[i].sql)).p;
    return NULL;
}

#endif
