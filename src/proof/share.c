#include "proof/share.h"

#include "proof/build.h"
#include "schema/fact.h"
#include "sql/head.h"

struct sharing {
    struct arena *a;
    const struct share_way *ways;
    struct share *out;
    struct build build; /* of the second engine, on which statements of the first one are tried */
};

int share_add(struct arena *a, struct share *s, struct slice sql, unsigned engines, struct pawl_error *e)
{
    void *grown = s->pieces;
    if (!arena_grow(a, &grown, &s->cap, s->n, sizeof *s->pieces))
        return err_nomem(e);
    s->pieces = grown;
    s->pieces[s->n++] = (struct share_piece){sql, engines};
    return PAWL_OK;
}

static bool makes(const struct share_way *w, const struct rendered *r, enum head_object object)
{
    struct head h;
    head_read(&h, w->options->driver->dialect, r->sql);
    return h.class == HEAD_DDL && h.action == HEAD_CREATE && h.object == object;
}

/* Behind the last statement that makes a table. */
static size_t behind_tables(const struct share_way *w, const struct rendering *r)
{
    size_t n = r->n;
    while (n && !makes(w, &r->items[n - 1], HEAD_TABLE))
        n--;
    return n;
}

static int write(struct sharing *x, size_t engine, struct slice *from, size_t n_from, struct rendering *out,
                 struct pawl_error *e)
{
    const struct share_way *w = &x->ways[engine];
    int code = render(x->a, w->options->driver->name, from, n_from, w->to, w->n_to,
                      &(struct render_options){.runner = RENDER_PLAIN, .guarded = true}, out, e);
    if (code || !out->n_missing || x->out->cannot.p)
        return code;
    x->out->cannot = arena_printf(x->a, "%s: " SLICE_FMT, w->options->driver->name, SLICE_ARG(out->missing[0]));
    return x->out->cannot.p ? PAWL_OK : err_nomem(e);
}

static int add_range(struct sharing *x, const struct rendering *r, size_t from, size_t to, unsigned engines,
                     struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = from; i < to && !code; i++)
        code = share_add(x->a, x->out, r->items[i].sql, engines, e);
    return code;
}

/* ---- each for itself --------------------------------------------------------------------------------------------- */

static int make_apart(struct sharing *x, size_t n, struct pawl_error *e)
{
    struct rendering r[SHARE_ENGINES];
    size_t tables[SHARE_ENGINES];
    int code = PAWL_OK;
    for (size_t i = 0; i < n && !code; i++) {
        code = write(x, i, x->ways[i].from, x->ways[i].n_from, &r[i], e);
        if (!code)
            tables[i] = behind_tables(&x->ways[i], &r[i]);
        if (!code)
            code = add_range(x, &r[i], 0, tables[i], 1u << i, e);
    }
    x->out->tables = x->out->n;
    for (size_t i = 0; i < n && !code; i++)
        code = add_range(x, &r[i], tables[i], r[i].n, 1u << i, e);
    return code;
}

/* ---- trying ------------------------------------------------------------------------------------------------------ */

static bool is_wanted(const struct share_way *w, const struct change *c)
{
    return c->after.p && slice_eq(fact_among(w->to, w->n_to, c->key), c->after);
}

static int exec(struct sharing *x, struct slice sql, struct pawl_error *e)
{
    return db_run(x->build.db, &(struct db_request){.sql = sql}, 1, NULL, e);
}

/* Does the second engine come to its own facts by it? Otherwise it is as if it had not run. */
static int try_one(struct sharing *x, struct slice sql, bool *taken, struct pawl_error *e)
{
    struct delta d = {.n = 0};
    struct pawl_error why;
    *taken = false;
    int code = exec(x, SLICE("SAVEPOINT pawl_try"), e);
    if (code)
        return code;
    int failed = exec(x, sql, &why);
    if (failed == PAWL_NOMEM || failed == PAWL_INTERRUPTED || failed == PAWL_UNREACHABLE) {
        if (e)
            *e = why;
        return failed;
    }
    if (!failed)
        code = facts_refresh(x->build.facts, x->a, &d, e);
    *taken = !failed && d.n;
    for (size_t i = 0; i < d.n && *taken; i++)
        *taken = is_wanted(&x->ways[1], &d.items[i]);
    if (!code && !*taken)
        code = exec(x, SLICE("ROLLBACK TO SAVEPOINT pawl_try"), e);
    if (!code && !*taken && d.n)
        code = facts_rolled_back(x->build.facts, &d, e);
    return code ? code : exec(x, SLICE("RELEASE SAVEPOINT pawl_try"), e);
}

static int share_range(struct sharing *x, const struct rendering *r, size_t from, size_t to, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = from; i < to && !code; i++) {
        bool taken = false;
        if (makes(&x->ways[0], &r->items[i], HEAD_TABLE) || makes(&x->ways[0], &r->items[i], HEAD_INDEX))
            code = try_one(x, r->items[i].sql, &taken, e);
        if (!code)
            code = share_add(x->a, x->out, r->items[i].sql, taken ? 3 : 1, e);
    }
    return code;
}

/* What the second engine still lacks. */
static int rest_of(struct sharing *x, struct rendering *out, struct pawl_error *e)
{
    struct slice *live;
    size_t n;
    int code = facts_lines(x->build.facts, x->a, &live, &n, e);
    return code ? code : write(x, 1, live, n, out, e);
}

/* The first `to` statements of it, which run now, too. */
static int take_range(struct sharing *x, const struct rendering *r, size_t to, struct pawl_error *e)
{
    struct delta d;
    int code = PAWL_OK;
    for (size_t i = 0; i < to && !code; i++)
        code = exec(x, r->items[i].sql, e);
    if (!code && to)
        code = facts_refresh(x->build.facts, x->a, &d, e);
    return code ? code : add_range(x, r, 0, to, 2, e);
}

/* Types, functions and the like that tables may need stand first. */
static size_t in_front_of_tables(const struct share_way *w, const struct rendering *r)
{
    size_t n = 0;
    while (n < r->n && !makes(w, &r->items[n], HEAD_TABLE) && !makes(w, &r->items[n], HEAD_SEQUENCE))
        n++;
    return behind_tables(w, r) ? n : 0;
}

static int make_shared(struct sharing *x, struct pawl_error *e)
{
    struct rendering first, second;
    int code = write(x, 0, x->ways[0].from, x->ways[0].n_from, &first, e);
    size_t tables = code ? 0 : behind_tables(&x->ways[0], &first);
    if (!code)
        code = rest_of(x, &second, e);
    if (!code)
        code = take_range(x, &second, in_front_of_tables(&x->ways[1], &second), e);
    if (!code)
        code = share_range(x, &first, 0, tables, e);
    if (!code)
        code = rest_of(x, &second, e);
    if (!code)
        code = take_range(x, &second, behind_tables(&x->ways[1], &second), e);
    x->out->tables = x->out->n;
    if (!code)
        code = share_range(x, &first, tables, first.n, e);
    if (!code)
        code = rest_of(x, &second, e);
    return code ? code : add_range(x, &second, 0, second.n, 2, e);
}

int share_make(struct arena *a, const struct share_way *ways, size_t n, bool apart, const struct report *like,
               struct share *out, struct pawl_error *e)
{
    struct sharing x = {.a = a, .ways = ways, .out = out};
    *out = (struct share){.n = 0};
    if (apart || n < 2)
        return make_apart(&x, n, e);
    int code = build_open(a, ways[1].options, like, &x.build, e);
    if (!code)
        code = db_exec(x.build.db, "BEGIN", e);
    if (!code)
        code = make_shared(&x, e);
    if (x.build.db)
        db_rollback(x.build.db);
    build_close(&x.build);
    return code;
}
