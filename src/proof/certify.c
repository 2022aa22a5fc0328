#include "proof/certify.h"

#include <inttypes.h>
#include <stdlib.h>

#include "schema/shape.h"

#define BIT(proof) (1u << PAWL_PROOF_##proof)
#define FORWARD_UP (BIT(APPLY) | BIT(REPLAY))
#define FORWARD_DOWN (BIT(DOWN) | BIT(REDOWN) | BIT(REUP))

static const struct certificate_setup *setup_now(const struct certify *c, struct slice engine)
{
    for (size_t i = 0; i < c->n_setups; i++)
        if (slice_eq(c->setups[i].engine, engine))
            return &c->setups[i];
    return NULL;
}

/* The engine of a mark or of a name with its major version. */
static struct slice engine_of(struct slice mark)
{
    return slice_sub(mark, 0, slice_find_byte(mark, '/'));
}

/* What was shown on scratch databases that were prepared otherwise says nothing. */
static bool same_setup(const struct certify *c, struct slice engine)
{
    const struct certificate_setup *was = c->old ? certificate_setup(c->old, engine) : NULL;
    const struct certificate_setup *is = setup_now(c, engine);
    return was && is && strcmp(was->digits, is->digits) == 0;
}

static bool same_rules(const struct certify *c)
{
    return c->old && c->old->facts == FACTS_VERSION && c->old->proofs == PROOFS_VERSION;
}

/* ---- what is known ----------------------------------------------------------------------------------------------- */

static bool same_down(const struct certificate_line *l, const struct migration *m)
{
    bool has = m->down.path.p != NULL;
    return has == l->has_down && (!has || memcmp(l->down, m->down.checksum, SHA384_BYTES) == 0);
}

static bool was_proved(const struct certificate_line *l, const struct migration *m)
{
    unsigned wanted = FORWARD_UP | (m->down.path.p ? FORWARD_DOWN : 0);
    /* How a text runs that does not run as it stands in a transaction is found out by the proofs. */
    return same_down(l, m) && (l->proofs & wanted) == wanted && !l->outside && l->runner == CERTIFICATE_PLAIN;
}

int certify_know(void *context, const struct db_driver *driver, int major, const struct proof_known **out,
                 struct pawl_error *e)
{
    struct certify *c = context;
    *out = NULL;
    if (c->all || !same_rules(c) || !same_setup(c, slice_of(driver->name)))
        return PAWL_OK;
    struct slice name = shape_mark(c->arena, driver->name, major);
    struct proof_known *known = arena_alloc(c->arena, sizeof *known);
    if (!name.p || !known)
        return err_nomem(e);
    const struct certificate_mark *mark = certificate_mark(&c->old->baseline, name);
    if (!mark)
        return PAWL_OK;
    memcpy(known->baseline, mark->fingerprint, SHA256_BYTES);
    known->versions = arena_array(c->arena, c->set->n + 1, sizeof *known->versions);
    if (!known->versions)
        return err_nomem(e);
    for (size_t k = 0; k < c->compared.prefix; k++) {
        const struct certificate_line *l = &c->old->lines[k];
        mark = certificate_mark(&l->marks, name);
        if (!mark)
            break;
        memcpy(known->versions[k].fingerprint, mark->fingerprint, SHA256_BYTES);
        known->versions[k].proved = was_proved(l, &c->set->items[k]);
    }
    *out = known;
    return PAWL_OK;
}

bool certify_whole(const struct certify *c, const struct proof_trace *trace)
{
    return trace->engine && trace->n == c->set->n;
}

/* ---- marks ------------------------------------------------------------------------------------------------------- */

/* What one engine was shown to do, as marks. */
struct shown {
    const struct proof_trace *trace;
    struct slice mark, shape;              /* shape.p NULL: there is no such mark */
    unsigned char (*shapes)[SHA256_BYTES]; /* of the baseline, then of each version */
};

static int show(const struct certify *c, const struct proof_trace *trace, struct shown *out, struct pawl_error *e)
{
    *out = (struct shown){.trace = trace, .mark = shape_mark(c->arena, trace->engine, trace->major)};
    if (!out->mark.p)
        return err_nomem(e);
    if (!shape_differs(trace->engine))
        return PAWL_OK;
    out->shape = slice_of(trace->engine);
    out->shapes = arena_array(c->arena, trace->n + 1, sizeof *out->shapes);
    const struct delta **changes = arena_array(c->arena, trace->n + 1, sizeof(struct delta *));
    if (!out->shapes || !changes)
        return err_nomem(e);
    changes[0] = &trace->baseline;
    for (size_t k = 0; k < trace->n; k++)
        changes[k + 1] = &trace->versions[k].change;
    return shape_fingerprints(trace->engine, changes, trace->n + 1, out->shapes, e);
}

static int by_name(const void *x, const void *y)
{
    return slice_cmp(((const struct certificate_mark *)x)->name, ((const struct certificate_mark *)y)->name);
}

static bool is_shown(const struct shown *shown, size_t n, struct slice name)
{
    for (size_t i = 0; i < n; i++)
        if (slice_eq(shown[i].mark, name) || (shown[i].shape.p && slice_eq(shown[i].shape, name)))
            return true;
    return false;
}

static void put_mark(struct certificate_marks *out, struct slice name, const unsigned char *fingerprint)
{
    struct certificate_mark *m = &out->items[out->n++];
    m->name = name;
    memcpy(m->fingerprint, fingerprint, SHA256_BYTES);
}

/* `k` counts states: 0 is the baseline. Old marks of what was not walked now are taken over. *kept: some were. */
static int make_marks(const struct certify *c, const struct shown *shown, size_t n, size_t k,
                      const struct certificate_marks *old, struct certificate_marks *out, bool *kept,
                      struct pawl_error *e)
{
    *kept = false;
    *out =
        (struct certificate_marks){.items = arena_array(c->arena, 2 * n + (old ? old->n : 0) + 1, sizeof *out->items)};
    if (!out->items)
        return err_nomem(e);
    for (size_t i = 0; i < n; i++) {
        const struct proof_trace *t = shown[i].trace;
        put_mark(out, shown[i].mark, k ? t->versions[k - 1].fingerprint : t->baseline_fingerprint);
        if (shown[i].shape.p)
            put_mark(out, shown[i].shape, shown[i].shapes[k]);
    }
    for (size_t i = 0; old && i < old->n; i++) {
        if (is_shown(shown, n, old->items[i].name) || !same_setup(c, engine_of(old->items[i].name)))
            continue;
        put_mark(out, old->items[i].name, old->items[i].fingerprint);
        *kept = true;
    }
    qsort(out->items, out->n, sizeof *out->items, by_name);
    return PAWL_OK;
}

/* ---- making ------------------------------------------------------------------------------------------------------ */

/* The old line whose fingerprints of other engines still hold: nothing up to it has changed. */
static const struct certificate_line *old_line(const struct certify *c, size_t k)
{
    if (!same_rules(c) || k >= c->compared.prefix || !same_down(&c->old->lines[k], &c->set->items[k]))
        return NULL;
    return &c->old->lines[k];
}

static int make_line(const struct certify *c, const struct shown *shown, size_t n, size_t k,
                     struct certificate_line *out, struct pawl_error *e)
{
    const struct migration *m = &c->set->items[k];
    const struct certificate_line *old = old_line(c, k);
    bool kept;
    *out = (struct certificate_line){.version = m->version,
                                     .description = m->description,
                                     .has_down = m->down.path.p != NULL,
                                     .proofs = (1u << PAWL_PROOF_COUNT) - 1};
    memcpy(out->up, m->up.checksum, SHA384_BYTES);
    if (out->has_down)
        memcpy(out->down, m->down.checksum, SHA384_BYTES);
    int code = make_marks(c, shown, n, k + 1, old ? &old->marks : NULL, &out->marks, &kept, e);
    for (size_t i = 0; i < n; i++) {
        const struct proof_version *v = &shown[i].trace->versions[k];
        out->proofs &= v->proofs;
        out->outside |= v->outside;
        out->runner = v->only_pawl ? CERTIFICATE_PAWL : out->runner;
    }
    if (!code && kept) {
        out->proofs &= old->proofs;
        out->outside |= old->outside;
        out->runner = old->runner == CERTIFICATE_PAWL ? CERTIFICATE_PAWL : out->runner;
    }
    return code;
}

static bool add_name(struct slice *names, size_t *n, struct slice name)
{
    for (size_t i = 0; i < *n; i++)
        if (slice_eq(names[i], name))
            return false;
    names[(*n)++] = name;
    return true;
}

static int by_text(const void *x, const void *y)
{
    return slice_cmp(*(const struct slice *)x, *(const struct slice *)y);
}

/* Engines that the file speaks about: those walked now, and those of the old one that keep a fingerprint of the baseline. */
static int make_engines(const struct certify *c, const struct shown *shown, size_t n, struct certificate *out,
                        struct pawl_error *e)
{
    size_t old = c->old ? c->old->n_engines : 0;
    out->engines = arena_array(c->arena, n + old + 1, sizeof *out->engines);
    out->setups = arena_array(c->arena, n + old + 1, sizeof *out->setups);
    if (!out->engines || !out->setups)
        return err_nomem(e);
    for (size_t i = 0; i < n; i++) {
        struct slice name = arena_printf(c->arena, "%s/%d", shown[i].trace->engine, shown[i].trace->major);
        if (!name.p)
            return err_nomem(e);
        add_name(out->engines, &out->n_engines, name);
    }
    for (size_t i = 0; i < old; i++) {
        struct slice name = c->old->engines[i], engine = engine_of(name);
        bool walked = false; /* an engine whose major does not count has one name only */
        for (size_t k = 0; k < n; k++)
            walked |= !shown[k].shape.p && slice_eq(engine, slice_of(shown[k].trace->engine));
        if (!walked && same_rules(c) && same_setup(c, engine))
            add_name(out->engines, &out->n_engines, name);
    }
    qsort(out->engines, out->n_engines, sizeof *out->engines, by_text);
    for (size_t i = 0; i < out->n_engines; i++) { /* sorted as the engines are */
        const struct certificate_setup *s = setup_now(c, engine_of(out->engines[i]));
        if (s && (!out->n_setups || !slice_eq(out->setups[out->n_setups - 1].engine, s->engine)))
            out->setups[out->n_setups++] = *s;
    }
    return PAWL_OK;
}

int certify_make(const struct certify *c, const struct proof_trace *const *traces, size_t n, struct certificate *out,
                 struct pawl_error *e)
{
    bool kept;
    struct shown *shown = arena_array(c->arena, n + 1, sizeof *shown);
    *out = (struct certificate){.facts = FACTS_VERSION, .proofs = PROOFS_VERSION};
    out->lines = arena_array(c->arena, c->set->n + 1, sizeof *out->lines);
    int code = shown && out->lines ? PAWL_OK : err_nomem(e);
    for (size_t i = 0; i < n && !code; i++)
        code = show(c, traces[i], &shown[i], e);
    if (!code)
        code = make_engines(c, shown, n, out, e);
    if (!code)
        code = make_marks(c, shown, n, 0, same_rules(c) ? &c->old->baseline : NULL, &out->baseline, &kept, e);
    for (; out->n < c->set->n && !code; out->n++)
        code = make_line(c, shown, n, out->n, &out->lines[out->n], e);
    return code;
}

/* ---- checking ---------------------------------------------------------------------------------------------------- */

struct checking {
    const struct certify *c;
    struct slice path;
    struct report *report;
    const char *engine;
};

static void stale(const struct checking *x, int64_t version, uint32_t line, const char *message)
{
    report_finding(x->report, &(struct pawl_finding){
                                  .id = PAWL_FINDING_CERTIFICATE_STALE,
                                  .version = version,
                                  .engine = x->engine,
                                  .file = x->path.p,
                                  .line = line,
                                  .message = message,
                                  .hint = "`pawl verify --write` writes what was proved now",
                              });
}

/* 1: as marked; 0: otherwise; -1: there is no mark that could be compared. */
static int compare_marks(const struct certificate_marks *marks, const struct shown *s, size_t k,
                         const unsigned char *fingerprint)
{
    const struct certificate_mark *m = certificate_mark(marks, s->mark);
    if (m)
        return memcmp(m->fingerprint, fingerprint, SHA256_BYTES) == 0;
    m = s->shape.p ? certificate_mark(marks, s->shape) : NULL;
    return m ? memcmp(m->fingerprint, s->shapes[k], SHA256_BYTES) == 0 : -1;
}

static int check_line(const struct checking *x, const struct shown *s, size_t k, bool *differs, struct pawl_error *e)
{
    const struct migration *m = &x->c->set->items[k];
    const struct certificate_line *l = x->c->compared.lines[k];
    const struct proof_version *v = &s->trace->versions[k];
    STRBUF(text, 1024);
    if (!l || k >= x->c->compared.prefix || *differs)
        return PAWL_OK; /* told as such, or follows from what was told */
    int same = compare_marks(&l->marks, s, k + 1, v->fingerprint);
    if (same < 0)
        strbuf_addf(&text, "migration %" PRId64 " is not certified for %s", m->version, s->trace->engine);
    else if (!same)
        strbuf_addf(&text, "the schema after migration %" PRId64 " is another one than was certified", m->version);
    *differs = same != 1;
    unsigned lost = l->proofs & ~v->proofs;
    if (same == 1 && lost && same_down(l, m)) {
        static const char *const names[] = {
#define X(name, key, heading, meaning) key,
            PAWL_PROOFS(X)
#undef X
        };
        strbuf_addf(&text, "migration %" PRId64 " is certified for what does not hold:", m->version);
        for (int i = 0; i < PAWL_PROOF_COUNT; i++)
            if (lost >> i & 1)
                strbuf_addf(&text, " %s", names[i]);
    }
    if (!strbuf_ok(&text))
        return err_nomem(e);
    if (text.n)
        stale(x, m->version, l->line, strbuf_z(&text));
    return PAWL_OK;
}

int certify_check(const struct certify *c, const struct proof_trace *trace, struct slice path, struct report *report,
                  struct pawl_error *e)
{
    struct checking x = {c, path, report, trace->engine};
    struct shown s;
    bool differs = false;
    if (!same_rules(c)) {
        stale(&x, 0, 2, "it was made by other rules than those of this pawl");
        return PAWL_OK;
    }
    if (!same_setup(c, slice_of(trace->engine))) {
        stale(&x, 0, 4,
              certificate_setup(c->old, slice_of(trace->engine))
                  ? "the scratch databases are prepared otherwise than when it was written"
                  : "it says nothing about this engine");
        return PAWL_OK;
    }
    int code = show(c, trace, &s, e);
    if (!code && compare_marks(&c->old->baseline, &s, 0, trace->baseline_fingerprint) == 0) {
        stale(&x, 0, 5, "the schema in front of the first migration is another one than was certified");
        differs = true;
    }
    for (size_t k = 0; k < trace->n && !code; k++)
        code = check_line(&x, &s, k, &differs, e);
    return code;
}

int certify_changelog(const struct certify *c, const struct proof_trace *trace, struct changelog *out,
                      struct pawl_error *e)
{
    *out = (struct changelog){.engine = arena_printf(c->arena, "%s/%d", trace->engine, trace->major),
                              .steps = arena_array(c->arena, trace->n + 1, sizeof *out->steps)};
    if (!out->engine.p || !out->steps)
        return err_nomem(e);
    out->steps[out->n++].change = trace->baseline;
    for (size_t k = 0; k < trace->n; k++) {
        const struct migration *m = &c->set->items[k];
        out->steps[out->n++] = (struct changelog_step){m->version, m->description, trace->versions[k].change};
    }
    return PAWL_OK;
}
