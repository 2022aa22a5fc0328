#include <stdio.h>
#include <string.h>

#include "api/certificate.h"
#include "schema/fact.h"
#include "schema/render.h"

/* One comparison of the live schema with the certificate. */
struct looking {
    struct operation o;
    struct attest_input input;
    struct attest attest;
    struct attest_look look;
    size_t state; /* of the migrations that are applied */
};

/* Who has applied the first ones of the set is at a state of the certificate. */
static bool applied_prefix(const struct run *r, size_t *n)
{
    const struct standings *s = &r->standings;
    bool whole = true, prefix = true;
    *n = 0;
    for (size_t i = 0; i < s->n; i++) {
        bool applied = s->items[i].state != PAWL_STATE_PENDING;
        prefix &= !applied || whole;
        whole &= applied;
        *n += applied && s->items[i].migration;
        prefix &= s->items[i].migration != NULL && s->items[i].state != PAWL_STATE_DIRTY &&
                  s->items[i].state != PAWL_STATE_PARTIAL;
    }
    return prefix;
}

static int cannot(const struct looking *x, struct pawl_error *e)
{
    const struct migration_set *set = &x->o.set;
    for (size_t i = 0; i < x->input.compared.n; i++) {
        const struct certified_item *item = &x->input.compared.items[i];
        if (item->version > (x->state ? set->items[x->state - 1].version : 0))
            continue;
        err_set(e, PAWL_UNPROVED, "the certificate does not say what the schema is: %s", item->message.p);
        err_hint(e, "%s", item->hint);
        return PAWL_UNPROVED;
    }
    err_set(e, PAWL_UNPROVED, "the certificate does not speak about " SLICE_FMT " at this version",
            SLICE_ARG(x->attest.mark));
    err_hint(e, "`pawl verify --write` with a server of this major version adds it");
    return PAWL_UNPROVED;
}

static int no_certificate(const struct looking *x, struct pawl_error *e)
{
    if (x->input.why.message[0] && e) {
        *e = x->input.why;
    } else if (!x->input.why.message[0]) {
        err_set(e, PAWL_UNPROVED, "there is no certificate %s to compare with", x->input.path.p);
        err_hint(e, "`pawl verify --write` writes it");
    }
    return e ? (int)(e->code = PAWL_UNPROVED) : PAWL_UNPROVED;
}

static int look(struct looking *x, bool no_scratch, struct pawl_error *e)
{
    struct run *r = &x->o.run;
    int code = certificate_input(x->o.p, r, false, NULL, 0, &x->input, e);
    x->input.no_scratch = no_scratch;
    if (!code && !x->input.certificate)
        code = no_certificate(x, e);
    if (!code)
        code = attest_open(r, &x->input, &x->attest, e);
    if (code)
        return code;
    if (!applied_prefix(r, &x->state)) {
        err_set(e, PAWL_UNPROVED,
                "the applied migrations are not the first ones of the set, so the schema is none that was certified");
        err_hint(e, "`pawl status` shows them");
        return PAWL_UNPROVED;
    }
    if (x->state > x->attest.covered || !attest_speaks(&x->attest, x->state))
        return cannot(x, e);
    return attest_look(&x->attest, x->state, &x->look, e);
}

/* ---- drift ------------------------------------------------------------------------------------------------------- */

static const char *text_of(struct arena *a, struct slice s, bool *ok)
{
    char *z = s.p ? arena_strz(a, s) : NULL;
    *ok &= !s.p || z;
    return z;
}

static int fill_lines(struct arena *a, const struct delta *d, struct pawl_drift *out, struct pawl_error *e)
{
    struct pawl_drift_line *lines = arena_array(a, d->n + 1, sizeof *lines);
    bool ok = lines != NULL;
    for (size_t i = 0; i < d->n && ok; i++) {
        lines[i].object = text_of(a, d->items[i].key, &ok);
        lines[i].certified = text_of(a, d->items[i].before, &ok);
        lines[i].live = text_of(a, d->items[i].after, &ok);
    }
    out->lines = lines;
    out->n = d->n;
    return ok ? PAWL_OK : err_nomem(e);
}

/* Objects only: what belongs to one that is listed need not be. */
static int fill_unmanaged(struct looking *x, struct arena *a, struct pawl_drift *out, struct pawl_error *e)
{
    const char **list = arena_array(a, x->look.n_unmanaged + 1, sizeof *list);
    struct scope theirs = {0};
    bool ok = list != NULL;
    for (size_t i = 0; i < x->look.n_unmanaged && ok; i++)
        ok = scope_add_root(a, &theirs, x->look.unmanaged[i]);
    for (size_t i = 0; i < x->look.n_unmanaged && ok; i++) {
        struct slice line = x->look.unmanaged[i];
        if (!scope_is_root(line) && scope_of(&theirs, line) == SCOPE_MANAGED)
            continue;
        list[out->n_unmanaged++] = text_of(a, slice_sub(line, 0, fact_key_of(line)), &ok);
    }
    out->unmanaged = list;
    return ok ? PAWL_OK : err_nomem(e);
}

/* Statements that would make the live schema the certified one; the rest as remarks. */
static int fill_sql(struct looking *x, struct arena *a, struct pawl_drift *out, struct pawl_error *e)
{
    struct rendering r;
    struct slice *live, *certified;
    size_t n_live, n_certified;
    STRBUF(sql, 1u << 24);
    if (!x->look.difference.n || !x->look.known || x->attest.shapes)
        return PAWL_OK;
    int code = attest_sides(&x->attest, &x->look, &live, &n_live, &certified, &n_certified, e);
    if (!code)
        code = render(a, x->attest.engine, live, n_live, certified, n_certified, &(struct render_options){.back = true},
                      &r, e);
    if (code)
        return code;
    for (size_t i = 0; i < r.n; i++) {
        struct slice rest = r.items[i].remark;
        while (rest.n) {
            size_t end = slice_find_byte(rest, '\n');
            strbuf_addf(&sql, "-- " SLICE_FMT "\n", SLICE_ARG(slice_sub(rest, 0, end)));
            rest = end == SIZE_MAX ? SLICE("") : slice_sub(rest, end + 1, rest.n);
        }
        strbuf_addf(&sql, SLICE_FMT ";\n", SLICE_ARG(r.items[i].sql));
    }
    for (size_t i = 0; i < r.n_missing; i++)
        strbuf_addf(&sql, "-- not rendered: " SLICE_FMT "\n", SLICE_ARG(r.missing[i]));
    bool ok = strbuf_ok(&sql);
    out->sql = sql.n ? text_of(a, strbuf_slice(&sql), &ok) : NULL;
    return ok ? PAWL_OK : err_nomem(e);
}

static int fill(struct looking *x, struct pawl_drift *out, struct pawl_error *e)
{
    struct arena *a = &x->o.p->operation;
    struct slice version = arena_dup(a, slice_of(x->o.run.db->driver->version(x->o.run.db)));
    *out = (struct pawl_drift){
        .matches = x->look.matches,
        .harmless = x->look.matches ? attest_harmless(x->look.grade) : NULL,
        .version = x->o.run.standings.version,
        .facts = x->look.n_facts,
        .ignored = x->look.n_ignored,
        .shapes = x->look.shapes,
        .engine = x->attest.engine,
        .engine_version = version.p,
    };
    int code = version.p ? fill_lines(a, &x->look.difference, out, e) : err_nomem(e);
    if (!code)
        code = fill_unmanaged(x, a, out, e);
    return code ? code : fill_sql(x, a, out, e);
}

PAWL_API int pawl_drift(struct pawl *p, struct pawl_drift *out, struct pawl_error *e)
{
    struct looking x = {0};
    *out = (struct pawl_drift){0};
    int code =
        operation_begin(p, &x.o, SOURCE_UPS, &(struct db_options){.read_only = true, .empty_if_missing = true}, e);
    if (code)
        return code;
    code = run_look(&x.o.run, e);
    if (!code)
        code = look(&x, false, e);
    if (!code)
        code = fill(&x, out, e);
    attest_close(&x.attest);
    operation_end(&x.o);
    return code;
}

/* ---- health ------------------------------------------------------------------------------------------------------ */

static void tell_health(const struct looking *x, struct pawl_health *out)
{
    const struct delta *d = &x->look.difference;
    if (x->look.matches || out->status == PAWL_HEALTH_DIRTY || out->status == PAWL_HEALTH_CHANGED ||
        out->status == PAWL_HEALTH_MISSING)
        return;
    out->status = PAWL_HEALTH_DRIFT;
    if (d->n)
        snprintf(out->message, sizeof out->message,
                 "the schema is not the certified one: %zu fact%s differ%s, first \"" SLICE_FMT "\"", d->n,
                 d->n == 1 ? "" : "s", d->n == 1 ? "s" : "", SLICE_ARG(d->items[0].key));
    else
        snprintf(out->message, sizeof out->message, "the schema does not have the certified fingerprint");
}

PAWL_API int pawl_health_deep(struct pawl *p, struct pawl_health *out, struct pawl_error *e)
{
    struct looking x = {0};
    struct pawl_error why = {0};
    *out = (struct pawl_health){0};
    int code = operation_begin(p, &x.o, SOURCE_UPS, &(struct db_options){.read_only = true}, &why);
    if (!code) {
        code = run_look(&x.o.run, &why);
        if (!code)
            plan_health(&x.o.run.standings, &(struct plan_policy){.ignore_missing = p->config.ignore_missing}, out);
        if (!code)
            code = look(&x, true, &why);
        if (!code)
            tell_health(&x, out);
        attest_close(&x.attest);
        operation_end(&x.o);
    }
    if (code == PAWL_UNREACHABLE) { /* that is an answer too */
        out->status = PAWL_HEALTH_UNREACHABLE;
        memcpy(out->message, why.message, sizeof out->message - 1);
        return PAWL_OK;
    }
    if (code && e)
        *e = why;
    return code;
}
