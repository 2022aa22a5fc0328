#include "proof/squash.h"

#include "api/certificate.h"
#include "api/engines.h"
#include "api/unfinished.h"
#include "base/strbuf.h"
#include "source/directory.h"
#include "sys/file.h"

struct squashing {
    struct pawl *p;
    const struct pawl_squash_options *options;
    struct migration_set set;
    struct engines engines;
    struct certificate_files files;
    struct squash_request request;
    struct squash_result result;
    struct pawl_squash_report *out;
};

/* ---- may it be? -------------------------------------------------------------------------------------------------- */

static int find_last(struct squashing *x, struct pawl_error *e)
{
    long long to = (long long)x->options->to;
    size_t at = migration_find(&x->set, x->options->to);
    if (at == SIZE_MAX) {
        err_set(e, PAWL_USAGE, "there is no migration %lld", to);
        err_hint(e, "give the last version that is to be in the baseline; `pawl status` lists them");
        return PAWL_USAGE;
    }
    if (at == 0) {
        err_set(e, PAWL_USAGE, "migration %lld is the first one, so there is nothing to squash", to);
        err_hint(e, "give a later version");
        return PAWL_USAGE;
    }
    x->request.last = at;
    return PAWL_OK;
}

/* What was certified must be what is there, or nobody knows what was proved. */
static int check_certificate(struct squashing *x, struct pawl_error *e)
{
    struct certified compared;
    int code = certificate_files_read(x->p, &x->files, e);
    if (code || !x->files.exists)
        return code;
    if (!x->files.sound) {
        if (e)
            *e = x->files.why;
        return e ? (int)(e->code = PAWL_CHECK) : PAWL_CHECK;
    }
    code = certified_compare(&x->p->operation, &x->files.certificate, &x->set, true, &compared, e);
    if (code || !compared.n)
        return code;
    err_set(e, PAWL_CHECK, "the files are not those of their certificate: %s", compared.items[0].message.p);
    err_hint(e, "%s", compared.items[0].hint);
    err_place(e, x->files.path, compared.items[0].line, 0);
    return PAWL_CHECK;
}

/* Whoever has proved a folder on two engines does not want it to lose one. */
static int check_engines(const struct squashing *x, struct pawl_error *e)
{
    const struct certificate *c = &x->files.certificate;
    for (size_t i = 0; x->files.exists && i < c->n_engines; i++) {
        struct slice engine = slice_sub(c->engines[i], 0, slice_find_byte(c->engines[i], '/'));
        bool has = false;
        for (size_t k = 0; k < x->result.engines; k++)
            has |= slice_eq(engine, slice_of(x->result.names[k]));
        if (has)
            continue;
        err_set(e, PAWL_CHECK, "the folder is certified for " SLICE_FMT ", and the baseline would not be proved there",
                SLICE_ARG(engine));
        err_hint(e, "squash with a server of it at hand: install its binaries, or name one with --scratch-url");
        return PAWL_CHECK;
    }
    return PAWL_OK;
}

static int open_engines(struct squashing *x, struct pawl_error *e)
{
    int code = engines_open(x->p, x->options->engine, &x->engines, e);
    if (code || x->options->engine || x->engines.n == ENGINES)
        return code;
    err_set(e, PAWL_CONFIG, "only %s is at hand, and the files may be for other engines, too",
            x->engines.n ? x->engines.options[0].driver->name : "nothing");
    err_hint(e, "name a server with --scratch-url, or say by --engine for which one alone the baseline is to be");
    return PAWL_CONFIG;
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

/* The folder and the version as the last file spells them. */
static int find_paths(struct squashing *x, struct pawl_error *e)
{
    struct arena *a = &x->p->operation;
    struct slice path = x->set.items[x->request.last].up.path;
    struct slice name = slice_file_name(path);
    size_t version = path.n - name.n + slice_find_byte(name, '_');
    const char *suffix = slice_ends(path, SLICE(".up.sql")) ? ".up.sql" : ".sql";
    struct slice stem = slice_sub(path, 0, version);
    x->request.up_path = arena_printf(a, SLICE_FMT "_baseline%s", SLICE_ARG(stem), suffix);
    x->request.down_path = arena_printf(a, SLICE_FMT "_baseline.down.sql", SLICE_ARG(stem));
    return x->request.up_path.p && x->request.down_path.p ? PAWL_OK : err_nomem(e);
}

static int list_removed(struct squashing *x, struct pawl_error *e)
{
    struct pawl_squash_report *out = x->out;
    const char **removed = arena_array(&x->p->operation, 2 * x->request.last + 3, sizeof *removed);
    if (!removed)
        return err_nomem(e);
    for (size_t k = 0; k <= x->request.last; k++) {
        const struct migration *m = &x->set.items[k];
        const struct slice paths[] = {m->up.path, m->down.path};
        for (size_t i = 0; i < 2; i++) {
            bool again = slice_eq(paths[i], x->request.up_path) ||
                         (x->result.down.p && slice_eq(paths[i], x->request.down_path));
            if (paths[i].p && !again)
                removed[out->n_removed++] = paths[i].p;
        }
    }
    out->removed = removed;
    return PAWL_OK;
}

static int tell(struct squashing *x, struct pawl_error *e)
{
    const struct squash_result *r = &x->result;
    struct pawl_squash_report *out = x->out;
    *out = (struct pawl_squash_report){
        .version = x->options->to,
        .file = x->request.up_path.p,
        .down_file = r->down.p ? x->request.down_path.p : NULL,
        .text = r->up.p,
        .down_text = r->down.p,
        .no_down = r->down.p ? NULL : r->no_down.p,
        .replaced = r->replaced,
        .statements = r->statements,
        .shared = r->shared,
        .rows = r->rows,
        .unseen = r->unseen,
        .n_engines = r->engines,
        .proved = r->proved,
    };
    for (size_t i = 0; i < r->engines; i++)
        out->engines[i] = r->names[i];
    for (int i = 0; i < PAWL_PROOF_COUNT; i++)
        if (r->lost >> i & 1)
            out->lost[out->n_lost++] = (enum pawl_proof)i;
    return list_removed(x, e);
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* What was proved, in the certificate: by the traces of the proof that was just made. */
static int certify(struct squashing *x, struct pawl_error *e)
{
    struct certifying c;
    struct migration_set set;
    struct pawl *p = x->p;
    const struct pawl_verify_options verify = {.certify = PAWL_CERTIFY_WRITE};
    int code = source_read(&p->operation, p->config.dir, SOURCE_ALL, &p->report, &set, e);
    if (!code)
        code = certifying_begin(&c, p, &verify, &set, e);
    if (!code)
        code = certifying_end(&c, x->result.traces, x->result.engines, true, e);
    x->out->certified = !code;
    return code;
}

/* In an order in which `finish` can go on wherever it stops: see api/unfinished. */
static int write_all(struct squashing *x, struct pawl_error *e)
{
    const struct squash_result *r = &x->result;
    int code = r->down.p ? file_replace(x->request.down_path.p, r->down, e) : PAWL_OK;
    if (!code)
        code = file_replace(x->request.up_path.p, r->up, e);
    for (size_t i = x->out->n_removed; i-- > 0 && !code;) /* a down before its up, which tells whose it is */
        code = file_remove(x->out->removed[i], e);
    return code || !x->files.exists ? code : certify(x, e);
}

/* ---- an earlier one that was interrupted --------------------------------------------------------------------------- */

/* The certificate of a folder whose last squash is finished but for that. *stale: it is not that of the files. */
static int is_stale(struct pawl *p, bool *stale, struct pawl_error *e)
{
    struct migration_set set;
    struct certificate_files files;
    struct certified compared;
    *stale = false;
    int code = certificate_files_read(p, &files, e);
    if (code || !files.exists)
        return code;
    *stale = !files.sound;
    code = source_read(&p->operation, p->config.dir, SOURCE_ALL, &p->report, &set, e);
    if (!code && files.sound)
        code = certified_compare(&p->operation, &files.certificate, &set, true, &compared, e);
    *stale |= !code && files.sound && compared.n > 0;
    return code;
}

static int remove_leftovers(const struct unfinished *u, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = u->n; i-- > 0 && !code;)
        code = file_remove(u->leftovers[i], e);
    return code;
}

/* The proofs of the baseline are gone with the run that made it, so the folder is proved anew. */
static int finish(struct pawl *p, const struct pawl_squash_options *options, const struct unfinished *u,
                  struct pawl_squash_report *out, struct pawl_error *e)
{
    bool stale = false;
    const struct pawl_verify_options verify = {.engine = options->engine, .certify = PAWL_CERTIFY_WRITE};
    int code = remove_leftovers(u, e);
    if (!code)
        code = is_stale(p, &stale, e);
    if (!code && (u->begun || stale))
        *out = (struct pawl_squash_report){.version = options->to,
                                           .finished = true,
                                           .certified = stale,
                                           .file = u->up,
                                           .down_file = u->down,
                                           .removed = u->leftovers,
                                           .n_removed = u->n};
    return code || !stale ? code : pawl_verify(p, &verify, e);
}

static int go_on(struct pawl *p, const struct pawl_squash_options *options, struct pawl_squash_report *out,
                 struct pawl_error *e)
{
    struct unfinished u;
    int code = unfinished_look(p, options->to, &u, e);
    if (!code && u.begun && !options->write) {
        err_set(e, PAWL_REFUSED,
                "a squash up to version %lld was interrupted: %zu file%s that it replaces %s still there",
                (long long)options->to, u.n, u.n == 1 ? "" : "s", u.n == 1 ? "is" : "are");
        err_hint(e, "`pawl squash --to %lld --write` finishes it", (long long)options->to);
        return PAWL_REFUSED;
    }
    if (!code && options->write && u.stray) /* nothing was removed yet, and the folder is as it was without it */
        code = file_remove(u.stray, e);
    return code || !options->write || !u.baseline ? code : finish(p, options, &u, out, e);
}

static int squash(struct squashing *x, struct pawl_error *e)
{
    struct pawl *p = x->p;
    int code = source_read(&p->operation, p->config.dir, SOURCE_ALL, &p->report, &x->set, e);
    if (!code)
        code = find_last(x, e);
    if (!code)
        code = find_paths(x, e);
    if (!code)
        code = check_certificate(x, e);
    if (!code)
        code = open_engines(x, e);
    x->request.engines = x->engines.options;
    x->request.n_engines = x->engines.n;
    x->request.any = !x->options->engine;
    if (!code)
        code = squash_run(&p->operation, &x->set, &x->request, &p->report, &x->result, e);
    if (!code)
        code = check_engines(x, e);
    if (!code)
        code = tell(x, e);
    return code || !x->options->write ? code : write_all(x, e);
}

PAWL_API int pawl_squash(struct pawl *p, const struct pawl_squash_options *options, struct pawl_squash_report *out,
                         struct pawl_error *e)
{
    struct squashing x = {.p = p, .options = options, .out = out};
    *out = (struct pawl_squash_report){.version = options->to};
    if (engines_check(options->engine, e))
        return PAWL_USAGE;
    arena_reset(&p->operation);
    p->report.errors = p->report.warnings = p->report.notes = 0;
    report_hold(&p->report, &p->operation); /* verify tells them */
    int code = go_on(p, options, out, e);
    if (!code && !out->finished)
        code = squash(&x, e);
    engines_close(p, &x.engines);
    return code;
}
