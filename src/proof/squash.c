#include "proof/squash.h"

#include "base/hash.h"
#include "proof/seed.h"
#include "proof/share.h"
#include "proof/told.h"
#include "proof/undo.h"
#include "schema/changelog.h"
#include "source/replaces.h"
#include "sql/head.h"
#include "sql/quote.h"
#include "sql/shorten.h"
#include "sys/clock.h"

#define TEXT_MAX ((size_t)256 << 20)
#define ENGINES SHARE_ENGINES
#define ALL(n) ((1u << (n)) - 1)
#define BIT(proof) (1u << PAWL_PROOF_##proof)
#define TICK_MS 1100 /* engines tell seconds: what depends on the time differs after so long */

struct squashing {
    struct arena *a;
    const struct squash_request *request;
    const struct migration_set *set;
    struct report *report;
    struct squash_result *out;
    struct proof_options asked[ENGINES]; /* the request's, with fingerprints */
    struct told_set now;                 /* the set as it is */
    struct told after[ENGINES];          /* and with the baseline */
    size_t n;                            /* engines */
    struct share_way ways[ENGINES];
    struct seeds seeds[ENGINES], end[ENGINES]; /* at V; at the newest version */
    bool settled[ENGINES];                     /* the rows at the newest version are the same each time */
    struct migration_set fresh;                /* the set with the baseline */
    struct slice why;                          /* the last try does not hold: the reason */
    bool of_down;                              /* which lies in its down text */
};

static int refuse(const struct squashing *x, struct slice why, struct pawl_error *e)
{
    err_set(e, PAWL_CHECK, "no baseline was made: " SLICE_FMT, SLICE_ARG(why));
    err_place(e, x->set->items[x->request->last].up.path, 0, 0);
    return PAWL_CHECK;
}

/* ---- proofs ------------------------------------------------------------------------------------------------------ */

static int prove_before(struct squashing *x, struct pawl_error *e)
{
    for (size_t i = 0; i < x->request->n_engines; i++) {
        x->asked[i] = x->request->engines[i];
        x->asked[i].fingerprints = true;
    }
    x->now = (struct told_set){
        .asked = x->asked, .n_asked = x->request->n_engines, .any = x->request->any, .only = "squashed"};
    int code = told_set(x->a, x->set, x->report, &x->now, e);
    x->n = x->out->engines = code ? 0 : x->now.n;
    for (size_t i = 0; i < x->n; i++)
        x->out->names[i] = x->now.engines[i].driver->name;
    return code;
}

/* Of all that was told, the first; .p NULL = every required proof holds. */
static struct slice fault_of(const struct told *t)
{
    for (size_t k = 0; k < t->set->n; k++)
        if (t->first[k].p)
            return t->first[k];
    return (struct slice){NULL, 0};
}

/* The schemas between which the baseline leads. */
static int find_ways(struct squashing *x, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = 0; i < x->n && !code; i++) {
        const struct proof_trace *t = &x->now.before[i].trace;
        struct share_way *w = &x->ways[i];
        struct changelog log = {.steps = arena_array(x->a, t->n + 1, sizeof *log.steps), .n = t->n + 1};
        if (!log.steps)
            return err_nomem(e);
        log.steps[0].change = t->baseline;
        for (size_t k = 0; k < t->n; k++)
            log.steps[k + 1].change = t->versions[k].change;
        w->options = &x->now.engines[i];
        code = changelog_state(x->a, &log, 1, &w->from, &w->n_from, e);
        if (!code)
            code = changelog_state(x->a, &log, x->request->last + 2, &w->to, &w->n_to, e);
    }
    return code;
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

/* Rows in front of the first migration, at V, and at the newest version; `text`: see build_apply. */
struct seen {
    struct seeds first, at, end;
};

static int see(struct squashing *x, size_t engine, const struct migration_set *set, size_t at, struct slice text,
               struct seen *out, struct pawl_error *e)
{
    struct build b;
    int code = build_open(x->a, &x->now.engines[engine], x->report, &b, e);
    if (!code)
        code = seed_read(&b, &out->first, e);
    if (!code)
        code = build_apply(&b, set, at, text, e);
    if (!code)
        code = seed_read(&b, &out->at, e);
    if (!code)
        code = build_apply(&b, set, set->n, text, e);
    if (!code)
        code = seed_read(&b, &out->end, e);
    build_close(&b);
    return code;
}

static bool has_any(const struct seen *s)
{
    return s->at.n || s->at.n_counters || s->end.n || s->end.n_counters;
}

/* What was there before is none of the migrations' doing. */
static int take_first_out(struct squashing *x, const struct seeds *first, struct seeds *s, struct pawl_error *e)
{
    size_t kept = 0, counters = 0;
    for (size_t i = 0; i < s->n; i++) {
        struct seeds one = {.tables = &s->tables[i], .n = 1}, was = {.n = 0};
        struct slice differs;
        for (size_t k = 0; k < first->n; k++)
            if (slice_eq(first->tables[k].name, s->tables[i].name) &&
                slice_eq(first->tables[k].schema, s->tables[i].schema))
                was = (struct seeds){.tables = &first->tables[k], .n = 1};
        int code = was.n ? seed_compare(x->a, &one, &was, &differs, e) : PAWL_OK;
        if (code)
            return code;
        if (was.n && differs.p)
            return refuse(x, SLICE("rows that were there before the first migration are changed by one"), e);
        if (!was.n)
            s->tables[kept++] = s->tables[i];
    }
    s->n = kept;
    for (size_t i = 0; i < s->n_counters; i++) {
        bool was = false;
        for (size_t k = 0; k < first->n_counters; k++)
            was |= slice_eq(first->counters[k], s->counters[i]);
        if (!was)
            s->counters[counters++] = s->counters[i];
    }
    s->n_counters = counters;
    return PAWL_OK;
}

static int see_before(struct squashing *x, size_t engine, struct pawl_error *e)
{
    struct seen one = {0}, two = {0};
    struct slice cannot = {NULL, 0}, at_end = {NULL, 0};
    const struct slice none = {NULL, 0};
    size_t at = x->request->last + 1;
    int code = see(x, engine, x->set, at, none, &one, e);
    if (!code && one.at.cannot.p)
        return refuse(x, one.at.cannot, e);
    if (!code && has_any(&one)) {
        clock_sleep_ms(TICK_MS);
        code = see(x, engine, x->set, at, none, &two, e);
        if (!code)
            code = seed_settle(x->a, &one.at, &two.at, &cannot, e);
        if (!code)
            code = seed_settle(x->a, &one.end, &two.end, &at_end, e);
    }
    if (!code && cannot.p)
        return refuse(x, cannot, e);
    x->settled[engine] = !at_end.p;
    x->seeds[engine] = one.at;
    x->end[engine] = one.end;
    return code ? code : take_first_out(x, &one.first, &x->seeds[engine], e);
}

static int same_rows(struct squashing *x, const struct seeds *was, struct seeds *is, const char *engine,
                     struct pawl_error *e)
{
    struct slice differs;
    seed_follow(is, was);
    int code = seed_compare(x->a, was, is, &differs, e);
    if (code || !differs.p || x->why.p)
        return code;
    x->why = arena_printf(x->a, "%s: " SLICE_FMT, engine, SLICE_ARG(differs));
    return x->why.p ? PAWL_OK : err_nomem(e);
}

static int see_after(struct squashing *x, size_t engine, struct pawl_error *e)
{
    struct seen now = {0};
    const char *name = x->now.engines[engine].driver->name;
    struct pawl_error why;
    int code = see(x, engine, &x->fresh, 1, x->out->up, &now, &why);
    if (code == PAWL_SQL || code == PAWL_SOURCE || code == PAWL_DATA) {
        x->why = arena_printf(x->a, "%s: %s", name, why.message);
        return x->why.p ? PAWL_OK : err_nomem(e);
    }
    if (code) {
        if (e)
            *e = why;
        return code;
    }
    code = take_first_out(x, &now.first, &now.at, e);
    if (!code)
        code = same_rows(x, &x->seeds[engine], &now.at, name, e);
    return code || !x->settled[engine] ? code : same_rows(x, &x->end[engine], &now.end, name, e);
}

/* ---- the text ---------------------------------------------------------------------------------------------------- */

static void add_statement(struct squashing *x, struct strbuf *b, struct slice sql, unsigned engines)
{
    for (size_t i = 0; i < x->n && engines != ALL(x->n); i++)
        if (engines & 1u << i)
            strbuf_addf(b, "-- pawl: only %s\n", x->now.engines[i].driver->name);
    strbuf_add(b, sql);
    strbuf_addz(b, ";\n");
    x->out->statements++;
    x->out->shared += engines == ALL(x->n);
}

static struct seed_table *seeds_named(const struct seeds *s, struct slice name, bool *done)
{
    for (size_t i = 0; i < s->n; i++)
        if (!done[i] && (!name.p || slice_eq(s->tables[i].name, name)))
            return &s->tables[i];
    return NULL;
}

static int add_rows(struct squashing *x, struct strbuf *b, const struct seed_table *t, unsigned engines, bool qualified,
                    struct pawl_error *e)
{
    for (size_t i = 0; i < seed_statements(t); i++) {
        STRBUF(sql, TEXT_MAX);
        seed_statement(&sql, t, i, qualified);
        if (!strbuf_ok(&sql))
            return err_nomem(e);
        add_statement(x, b, strbuf_slice(&sql), engines);
    }
    return PAWL_OK;
}

/* Rows of one table (NULL: of any that is left) on all engines, once if they are alike. */
static int add_table(struct squashing *x, struct strbuf *b, struct slice name, bool *done[ENGINES],
                     struct pawl_error *e)
{
    for (size_t i = 0; i < x->n; i++) {
        struct seed_table *t = seeds_named(&x->seeds[i], name, done[i]);
        if (!t)
            continue;
        done[i][t - x->seeds[i].tables] = true;
        struct seed_table *other = i + 1 < x->n ? seeds_named(&x->seeds[i + 1], t->name, done[i + 1]) : NULL;
        bool alike = other && seed_alike(t, other) && slice_eq(other->schema, SLICE("public"));
        if (alike)
            done[i + 1][other - x->seeds[i + 1].tables] = true;
        int code = add_rows(x, b, alike ? other : t, alike ? ALL(x->n) : 1u << i,
                            !alike && !slice_eq(t->schema, SLICE("public")), e);
        if (code)
            return code;
    }
    return PAWL_OK;
}

/* In the order in which the tables are made, so that what refers to others comes behind them. */
static int add_seeds(struct squashing *x, struct strbuf *b, const struct share *s, struct pawl_error *e)
{
    bool *done[ENGINES] = {NULL};
    size_t left = 0;
    int code = PAWL_OK;
    for (size_t i = 0; i < x->n; i++) {
        done[i] = arena_array(x->a, x->seeds[i].n + 1, sizeof *done[i]);
        if (!done[i])
            return err_nomem(e);
        left += x->seeds[i].n;
    }
    for (size_t i = 0; i < s->tables && !code; i++) {
        struct head h;
        STRBUF(name, 4096);
        const struct dialect *d = x->now.engines[s->pieces[i].engines & 1 ? 0 : x->n - 1].driver->dialect;
        head_read(&h, d, s->pieces[i].sql);
        if (h.class == HEAD_DDL && h.object == HEAD_TABLE && quote_strip(&name, d, h.name.name))
            code = add_table(x, b, strbuf_slice(&name), done, e);
    }
    for (size_t i = 0; i < left && !code; i++) /* at most so many are left */
        code = add_table(x, b, (struct slice){NULL, 0}, done, e);
    return code;
}

/* `full`: names keep the schema that the engine would look into first. */
static void add_piece(struct squashing *x, struct strbuf *b, const struct share_piece *piece, bool full)
{
    size_t engine = 0;
    while (!(piece->engines & 1u << engine))
        engine++;
    const struct dialect *d = x->now.engines[engine].driver->dialect;
    add_statement(x, b, full ? piece->sql : shorten(x->a, d, piece->sql), piece->engines);
}

static int compose(struct squashing *x, const struct share *s, bool full, struct pawl_error *e)
{
    STRBUF(b, TEXT_MAX);
    const struct migration *last = &x->set->items[x->request->last];
    x->out->replaced = 0;
    for (size_t k = 0; k <= x->request->last; k++)
        x->out->replaced += x->set->items[k].n_replaces ? migration_replaced(&x->set->items[k]) : 1;
    x->out->statements = x->out->shared = 0;
    strbuf_addf(
        &b,
        "-- Baseline of version %lld: what %zu migrations made, and the rows they put there. Written by pawl, and proved.\n",
        (long long)last->version, x->out->replaced);
    strbuf_addz(&b, "-- A database that has all of them, with these checksums, counts as having it.\n");
    replaces_write(&b, x->set->items, x->request->last + 1);
    strbuf_addc(&b, '\n');
    for (size_t i = 0; i < s->tables; i++)
        add_piece(x, &b, &s->pieces[i], full);
    int code = add_seeds(x, &b, s, e);
    for (size_t i = s->tables; i < s->n; i++)
        add_piece(x, &b, &s->pieces[i], full);
    for (size_t i = 0; i < x->n; i++)
        for (size_t k = 0; k < x->seeds[i].n_counters; k++)
            add_statement(x, &b, x->seeds[i].counters[k], 1u << i);
    if (!code && !strbuf_ok(&b))
        code = err_nomem(e);
    x->out->up = code ? SLICE("") : arena_dup(x->a, strbuf_slice(&b));
    return x->out->up.p ? code : err_nomem(e);
}

static int compose_down(struct squashing *x, bool full, struct pawl_error *e)
{
    struct rendering r[ENGINES];
    struct render_options o = {.runner = RENDER_PLAIN, .guarded = true};
    size_t statements = 0;
    for (size_t i = 0; i < x->n; i++) {
        const struct share_way *w = &x->ways[i];
        const char *name = x->now.engines[i].driver->name;
        int code = render(x->a, name, w->to, w->n_to, w->from, w->n_from, &o, &r[i], e);
        if (code)
            return code;
        statements += r[i].n;
        if (r[i].n_missing) {
            x->out->no_down =
                arena_printf(x->a, "it cannot be written for %s: " SLICE_FMT, name, SLICE_ARG(r[i].missing[0]));
            return x->out->no_down.p ? PAWL_OK : err_nomem(e);
        }
    }
    if (!statements) {
        x->out->no_down = SLICE("the schema is the one from before the first migration");
        return PAWL_OK;
    }
    return undo_compose(x->a, x->now.engines, r, x->n, slice_file_name(x->request->up_path), full, &x->out->down, e);
}

/* ---- the set with it --------------------------------------------------------------------------------------------- */

static int sum_of(struct slice text, unsigned char out[SHA384_BYTES], struct pawl_error *e)
{
    struct hasher h;
    if (!hasher_init_sha384(&h))
        return err_nomem(e);
    bool ok = hasher_sum(&h, text, out);
    hasher_clear(&h);
    return ok ? PAWL_OK : err_nomem(e);
}

static int put_together(struct squashing *x, struct pawl_error *e)
{
    size_t from = x->request->last + 1;
    struct replaces_fault fault;
    x->fresh = *x->set;
    x->fresh.n = x->set->n - from + 1;
    x->fresh.items = arena_array(x->a, x->fresh.n, sizeof *x->fresh.items);
    if (!x->fresh.items)
        return err_nomem(e);
    struct migration *m = &x->fresh.items[0];
    *m = (struct migration){.version = x->set->items[x->request->last].version, .description = SLICE("baseline")};
    m->up = (struct migration_file){.path = x->request->up_path, .size = x->out->up.n};
    if (x->out->down.p)
        m->down = (struct migration_file){.path = x->request->down_path, .size = x->out->down.n};
    for (size_t k = from; k < x->set->n; k++)
        x->fresh.items[k - from + 1] = x->set->items[k];
    int code = sum_of(x->out->up, m->up.checksum, e);
    if (!code && x->out->down.p)
        code = sum_of(x->out->down, m->down.checksum, e);
    if (!code)
        code = replaces_read(x->a, x->out->up, m->version, &m->replaces, &m->n_replaces, &fault, e);
    if (!code && !m->n_replaces)
        return err_set(e, PAWL_INTERNAL, "the list of what the baseline replaces cannot be read: %s", fault.why);
    return code;
}

/* ---- does it hold? ----------------------------------------------------------------------------------------------- */

static const char *not_the_same(struct squashing *x, size_t engine)
{
    size_t last = x->request->last;
    const struct told *was = &x->now.before[engine], *is = &x->after[engine];
    unsigned down = BIT(DOWN) | BIT(REDOWN) | BIT(REUP), all = (1u << PAWL_PROOF_COUNT) - 1;
    if (is->trace.n != x->fresh.n)
        return "it does not apply";
    for (size_t k = 0; k < is->trace.n; k++) {
        const struct proof_version *a = &was->trace.versions[k + last], *b = &is->trace.versions[k];
        if (memcmp(a->fingerprint, b->fingerprint, SHA256_BYTES) != 0)
            return k ? "a later version comes to another schema" : "it comes to another schema";
        if (k && (a->proofs & ~b->proofs))
            return "a later version is not proved any more";
    }
    const struct proof_version *b = &is->trace.versions[0];
    if (b->only_pawl || (b->proofs & (BIT(APPLY) | BIT(REPLAY))) != (BIT(APPLY) | BIT(REPLAY)))
        return "it cannot be run twice";
    x->of_down = x->out->down.p && (b->proofs & down) != down;
    if (x->of_down)
        return "it cannot be reverted";
    unsigned held = all;
    for (size_t k = 0; k <= last; k++)
        held &= was->trace.versions[k].proofs;
    x->out->lost |= held & ~b->proofs;
    bool holds = !fault_of(is).p;
    if (!fault_of(was).p && !holds)
        return "the folder is not proved any more";
    x->out->proved &= holds;
    return NULL;
}

static int judge(struct squashing *x, struct pawl_error *e)
{
    struct proof_texts *texts = arena_array(x->a, x->fresh.n + 1, sizeof *texts);
    int code = texts ? PAWL_OK : err_nomem(e);
    x->why = (struct slice){NULL, 0};
    x->of_down = false;
    x->out->proved = true;
    x->out->lost = 0;
    if (!code)
        texts[0] = (struct proof_texts){x->out->up, x->out->down};
    for (size_t i = 0; i < x->n && !code && !x->why.p; i++) {
        code = told_prove(x->a, &x->fresh, &x->now.engines[i], texts, x->report, &x->after[i], e);
        const char *why = code ? NULL : not_the_same(x, i);
        struct slice fault = why ? fault_of(&x->after[i]) : SLICE("");
        if (why)
            x->why = arena_printf(x->a, "%s: %s%s" SLICE_FMT "%s", x->now.engines[i].driver->name, why,
                                  fault.p ? " (" : "", SLICE_ARG(fault), fault.p ? ")" : "");
        if (why && !x->why.p)
            return err_nomem(e);
    }
    for (size_t i = 0; i < x->n && !code && !x->why.p; i++)
        code = see_after(x, i, e);
    return code;
}

/* One try, with all that can be shared and left out, or (`apart`) with nothing of it. x->why.p is set if it does not hold. */
static int attempt(struct squashing *x, bool apart, bool down, struct pawl_error *e)
{
    struct share s;
    struct pawl_error own;
    int code = share_make(x->a, x->ways, x->n, apart, x->report, &s, &own);
    if (code == PAWL_SQL && !apart) { /* then each for itself */
        x->why = arena_printf(x->a, "%s", own.message);
        return x->why.p ? PAWL_OK : err_nomem(e);
    }
    if (code) {
        if (e)
            *e = own;
        return code;
    }
    if (s.cannot.p)
        return refuse(x, s.cannot, e);
    x->out->down = (struct slice){NULL, 0};
    code = compose(x, &s, apart, e);
    if (!code && down)
        code = compose_down(x, apart, e);
    if (!code)
        code = put_together(x, e);
    return code ? code : judge(x, e);
}

/* Without a down as the last resort: a baseline that cannot be reverted is better than none, and that is said. */
static int try_all(struct squashing *x, struct pawl_error *e)
{
    bool down = true;
    int code = attempt(x, false, down, e);
    if (!code && x->why.p)
        code = attempt(x, true, down, e);
    if (!code && x->why.p && x->of_down) {
        x->out->no_down = x->why;
        code = attempt(x, false, false, e);
    }
    if (!code && x->why.p)
        return refuse(x, x->why, e);
    return code;
}

/* A schema at V is that of as many versions in front of it, too. */
static size_t count_unseen(const struct squashing *x)
{
    size_t n = 0;
    for (; n <= x->request->last; n++)
        for (size_t i = 0; i < x->n; i++)
            if (x->now.before[i].trace.versions[x->request->last - n].change.n)
                return n;
    return n;
}

int squash_run(struct arena *a, const struct migration_set *set, const struct squash_request *request,
               struct report *report, struct squash_result *out, struct pawl_error *e)
{
    struct squashing x = {.a = a, .request = request, .set = set, .report = report, .out = out};
    *out = (struct squash_result){.statements = 0};
    if (request->n_engines > ENGINES)
        return err_set(e, PAWL_INTERNAL, "more engines than there are");
    int code = prove_before(&x, e);
    if (!code)
        code = find_ways(&x, e);
    for (size_t i = 0; i < x.n && !code; i++)
        code = see_before(&x, i, e);
    if (!code)
        code = try_all(&x, e);
    if (!code)
        out->unseen = count_unseen(&x);
    for (size_t i = 0; i < x.n; i++)
        out->traces[i] = x.after[i].trace;
    for (size_t k = 0; k < (x.n ? x.seeds[0].n : 0) && !code; k++)
        out->rows += x.seeds[0].tables[k].n;
    return code;
}
