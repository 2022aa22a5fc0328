#include "api/certificate.h"

#include <string.h>

#include "sys/file.h"

#define SCHEMA_MAX CHANGELOG_MAX

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static int find_path(struct pawl *p, struct certificate_files *f, struct pawl_error *e)
{
    f->path = p->config.certificate ? arena_dup(&p->operation, slice_of(p->config.certificate))
                                    : source_path(&p->operation, p->config.dir, SLICE(CERTIFICATE_NAME));
    if (!f->path.p)
        return err_nomem(e);
    f->folder = slice_sub(f->path, 0, f->path.n - slice_file_name(f->path).n);
    return PAWL_OK;
}

int certificate_files_read(struct pawl *p, struct certificate_files *f, struct pawl_error *e)
{
    struct file_info info;
    *f = (struct certificate_files){0};
    int code = find_path(p, f, e);
    if (!code)
        code = file_look(f->path.p, &info, e);
    if (code || info.kind == FILE_NONE)
        return code;
    f->exists = true;
    code = file_read(&p->operation, f->path.p, CERTIFICATE_MAX, &f->text, e);
    if (code)
        return code;
    code = certificate_parse(&p->operation, f->text, f->path, &f->certificate, &f->fault, &f->why);
    if (code == PAWL_NOMEM)
        return err_nomem(e);
    f->sound = code == PAWL_OK;
    if (f->sound && f->certificate.facts > FACTS_VERSION) {
        f->sound = false;
        f->fault = CERTIFICATE_NEWER;
        err_set(&f->why, PAWL_SOURCE, "it was written by a newer pawl: it has facts %u, this pawl %d",
                f->certificate.facts, FACTS_VERSION);
        err_hint(&f->why, "use the pawl that wrote it, or a newer one");
        err_place(&f->why, f->path, 2, 0);
    }
    return PAWL_OK;
}

struct slice certificate_files_schema(struct pawl *p, const struct certificate_files *f, const char *engine,
                                      const char *what)
{
    return arena_printf(&p->operation, SLICE_FMT "schema/%s.%s", SLICE_ARG(f->folder), engine, what);
}

int certificate_files_changes(struct pawl *p, const struct certificate_files *f, const char *engine,
                              struct changelog *out, bool *found, struct pawl_error *e)
{
    struct slice path = certificate_files_schema(p, f, engine, "changes"), text;
    struct file_info info;
    struct pawl_error why = {0};
    *found = false;
    int code = path.p ? file_look(path.p, &info, e) : err_nomem(e);
    if (code || info.kind == FILE_NONE)
        return code;
    code = file_read(&p->operation, path.p, SCHEMA_MAX, &text, e);
    if (!code)
        code = changelog_parse(&p->operation, text, path, out, &why);
    if (code == PAWL_SOURCE) {
        report_note(&p->report, PAWL_LEVEL_WARNING, "%s:%u cannot be used: %s", path.p, why.line, why.message);
        return PAWL_OK;
    }
    if (code && e)
        *e = why;
    *found = !code;
    return code;
}

int certificate_outdated(struct pawl *p, struct pawl_error *e)
{
    struct certificate_files f = {0};
    struct file_info info;
    int code = find_path(p, &f, e);
    if (!code)
        code = file_look(f.path.p, &info, e);
    if (!code && info.kind != FILE_NONE)
        report_note(&p->report, PAWL_LEVEL_WARNING,
                    "%s is of the files as they were: `pawl verify --write` brings it up to date", f.path.p);
    return code;
}

struct reading {
    struct pawl *p;
    struct certificate_files files;
};

static int read_changes(void *context, const char *engine, struct changelog *out, bool *found, struct pawl_error *e)
{
    struct reading *b = context;
    return certificate_files_changes(b->p, &b->files, engine, out, found, e);
}

int certificate_input(struct pawl *p, struct run *r, bool required, const char *const *allow, size_t n_allow,
                      struct attest_input *out, struct pawl_error *e)
{
    struct reading *b = arena_alloc(&p->operation, sizeof *b);
    *out = (struct attest_input){.required = required,
                                 .allow = allow,
                                 .n_allow = n_allow,
                                 .ignore = p->config.ignore,
                                 .n_ignore = p->config.n_ignore,
                                 .read_changes = read_changes,
                                 .context = b};
    if (!b)
        return err_nomem(e);
    struct certificate_files *f = &b->files;
    b->p = p;
    int code = certificate_files_read(p, f, e);
    out->path = f->path;
    if (code || !f->sound) {
        out->why = f->why;
        return code;
    }
    out->certificate = &f->certificate;
    return certified_compare(&p->operation, &f->certificate, r->set, false, &out->compared, e);
}

/* ---- setups ------------------------------------------------------------------------------------------------------ */

static bool add_files(struct arena *a, struct hasher *h, const char *const *paths, size_t n)
{
    struct pawl_error e;
    bool ok = true;
    for (size_t i = 0; i < n && ok; i++) {
        struct slice text = SLICE(""); /* one that cannot be read stops the walk itself */
        ok = file_read(a, paths[i], SCHEMA_MAX, &text, &e) != PAWL_NOMEM && hasher_add(h, text) &&
             hasher_add(h, SLICE("\nend of file\n"));
    }
    return ok;
}

static bool add_names(struct hasher *h, const char *what, const char *const *names, size_t n)
{
    bool ok = true;
    for (size_t i = 0; i < n && ok; i++) {
        const char *slash = strrchr(names[i], '/'); /* of a library: where it lies is the machine's matter */
        ok = hasher_add(h, slice_of(what)) && hasher_add(h, slice_of(slash ? slash + 1 : names[i])) &&
             hasher_add(h, SLICE("\n"));
    }
    return ok;
}

/* All that the configuration says about the scratch databases of one engine, in 64 bits. */
static int setup_of(struct pawl *p, const char *engine, struct certificate_setup *out, struct pawl_error *e)
{
    struct pawl_scratch s = scratch_of(&p->scratch, engine);
    unsigned char sum[SHA256_BYTES];
    char digits[2 * SHA256_BYTES + 1];
    struct hasher h;
    ARENA(tmp);
    if (!hasher_init_sha256(&h))
        return err_nomem(e);
    bool ok = hasher_begin(&h) && add_files(&tmp, &h, s.setup, s.n_setup) &&
              add_names(&h, "stub ", s.stubs, s.n_stubs) && add_names(&h, "extension ", s.extensions, s.n_extensions) &&
              hasher_add(&h, p->config.foreign_keys ? SLICE("foreign keys\n") : SLICE("")) && hasher_end(&h, sum);
    hasher_clear(&h);
    if (!ok)
        return err_nomem(e);
    hex_encode(digits, sum, sizeof sum);
    *out = (struct certificate_setup){.engine = slice_of(engine)};
    memcpy(out->digits, digits, SETUP_DIGITS);
    return PAWL_OK;
}

/* ---- for verify: begin ------------------------------------------------------------------------------------------- */

static void broken(const struct certifying *x)
{
    const struct pawl_error *why = &x->files.why;
    report_finding(&x->p->report, &(struct pawl_finding){
                                      .id = PAWL_FINDING_CERTIFICATE_BROKEN,
                                      .file = x->files.path.p,
                                      .line = why->line,
                                      .message = why->message,
                                      .hint = why->hint,
                                  });
}

/* Whether it can be relied on, and if not, what that means for what is wanted. */
static int look_at_old(struct certifying *x, struct pawl_error *e)
{
    struct certificate_files *f = &x->files;
    if (f->sound)
        x->c.old = &f->certificate;
    if (f->sound || (!f->exists && x->what == PAWL_CERTIFY_WRITE))
        return PAWL_OK;
    if (x->what == PAWL_CERTIFY_CHECK && f->exists) {
        broken(x);
    } else if (x->what == PAWL_CERTIFY_CHECK) {
        report_finding(&x->p->report, &(struct pawl_finding){.id = PAWL_FINDING_CERTIFICATE_STALE,
                                                             .file = f->path.p,
                                                             .message = "there is no certificate",
                                                             .hint = "`pawl verify --write` writes it"});
    } else if (f->fault == CERTIFICATE_FOREIGN || f->fault == CERTIFICATE_NEWER) {
        if (e)
            *e = f->why;
        return PAWL_SOURCE;
    } else {
        report_note(&x->p->report, PAWL_LEVEL_WARNING,
                    "everything is proved again, since %s:%u cannot be relied on: %s", f->path.p, f->why.line,
                    f->why.message);
    }
    return PAWL_OK;
}

static void tell_differences(const struct certifying *x)
{
    for (size_t i = 0; i < x->c.compared.n; i++) {
        const struct certified_item *item = &x->c.compared.items[i];
        report_finding(&x->p->report, &(struct pawl_finding){
                                          .id = PAWL_FINDING_CERTIFICATE_STALE,
                                          .version = item->version,
                                          .file = item->migration ? item->migration->up.path.p : x->files.path.p,
                                          .line = item->migration ? 0 : item->line,
                                          .message = item->message.p,
                                          .hint = item->hint,
                                      });
    }
}

int certifying_begin(struct certifying *x, struct pawl *p, const struct pawl_verify_options *options,
                     const struct migration_set *set, struct pawl_error *e)
{
    static const char *const engines[] = {"postgres", "sqlite"};
    const size_t n = sizeof engines / sizeof *engines;
    struct certificate_setup *setups = arena_array(&p->operation, n, sizeof *setups);
    *x = (struct certifying){.p = p, .what = options->certify};
    x->c = (struct certify){.set = set, .all = options->all, .arena = &p->operation, .setups = setups, .n_setups = n};
    int code = setups ? certificate_files_read(p, &x->files, e) : err_nomem(e);
    for (size_t i = 0; i < n && !code; i++)
        code = setup_of(p, engines[i], &setups[i], e);
    if (!code)
        code = look_at_old(x, e);
    if (code || !x->c.old)
        return code;
    code = certified_compare(&p->operation, x->c.old, set, true, &x->c.compared, e);
    if (!code && x->what == PAWL_CERTIFY_CHECK)
        tell_differences(x);
    return code;
}

/* ---- for verify: end --------------------------------------------------------------------------------------------- */

/* The two files of one engine. */
static int schema_texts(struct certifying *x, const struct proof_trace *trace, struct strbuf *facts,
                        struct strbuf *changes, struct pawl_error *e)
{
    struct changelog log;
    struct slice *lines;
    size_t n;
    int code = certify_changelog(&x->c, trace, &log, e);
    if (!code)
        code = changelog_state(&x->p->operation, &log, log.n, &lines, &n, e);
    if (code)
        return code;
    changelog_write(&log, changes);
    for (size_t i = 0; i < n; i++) {
        strbuf_add(facts, lines[i]);
        strbuf_addc(facts, '\n');
    }
    return strbuf_ok(facts) && strbuf_ok(changes) ? PAWL_OK : err_nomem(e);
}

/* Is that what the file holds? */
static int holds(struct certifying *x, const char *path, struct slice text, bool *same, struct pawl_error *e)
{
    struct file_info info;
    struct slice now;
    ARENA(tmp);
    int code = file_look(path, &info, e);
    (void)x;
    *same = false;
    if (code || info.kind != FILE_REGULAR || info.size != text.n)
        return code;
    code = file_read(&tmp, path, SCHEMA_MAX, &now, e);
    *same = !code && slice_eq(now, text);
    return code;
}

static int write_file(struct certifying *x, const char *path, struct slice text, struct pawl_error *e)
{
    bool same;
    int code = holds(x, path, text, &same, e);
    if (code || same)
        return code;
    x->wrote = true;
    code = file_replace(path, text, e);
    if (!code)
        report_note(&x->p->report, PAWL_LEVEL_NOTE, "wrote %s", path);
    return code;
}

static int check_file(struct certifying *x, const struct proof_trace *trace, const char *path, struct slice text,
                      struct pawl_error *e)
{
    bool same;
    int code = holds(x, path, text, &same, e);
    if (!code && !same)
        report_finding(&x->p->report, &(struct pawl_finding){
                                          .id = PAWL_FINDING_CERTIFICATE_STALE,
                                          .engine = trace->engine,
                                          .file = path,
                                          .message = "this file does not say what the schema is, or is missing",
                                          .hint = "`pawl verify --write` writes it; it is not made to be edited",
                                      });
    return code;
}

/* Of an engine whose facts belong to a major version, the files may be those of another one; then they are left alone. */
static int is_of_another_major(struct certifying *x, const struct proof_trace *trace, bool *other, struct pawl_error *e)
{
    struct changelog log;
    bool found;
    int code = certificate_files_changes(x->p, &x->files, trace->engine, &log, &found, e);
    struct slice now = arena_printf(&x->p->operation, "%s/%d", trace->engine, trace->major);
    if (!now.p)
        return err_nomem(e);
    *other = !code && found && !slice_eq(log.engine, now);
    return code;
}

static int schema_files(struct certifying *x, const struct proof_trace *trace, struct pawl_error *e)
{
    struct slice facts_path = certificate_files_schema(x->p, &x->files, trace->engine, "facts");
    struct slice changes_path = certificate_files_schema(x->p, &x->files, trace->engine, "changes");
    struct slice folder = arena_printf(&x->p->operation, SLICE_FMT "schema", SLICE_ARG(x->files.folder));
    STRBUF(facts, SCHEMA_MAX);
    STRBUF(changes, SCHEMA_MAX);
    bool other = false;
    int code = facts_path.p && changes_path.p && folder.p ? schema_texts(x, trace, &facts, &changes, e) : err_nomem(e);
    if (!code && x->what == PAWL_CERTIFY_CHECK)
        code = is_of_another_major(x, trace, &other, e);
    if (code || other)
        return code;
    if (x->what == PAWL_CERTIFY_CHECK) {
        code = check_file(x, trace, facts_path.p, strbuf_slice(&facts), e);
        return code ? code : check_file(x, trace, changes_path.p, strbuf_slice(&changes), e);
    }
    code = folder_make(folder.p, e);
    if (!code)
        code = write_file(x, facts_path.p, strbuf_slice(&facts), e);
    return code ? code : write_file(x, changes_path.p, strbuf_slice(&changes), e);
}

/* What the certificate does not say (any more) about engines that were not proved now. */
static void tell_unproved(const struct certifying *x, const struct certificate *c,
                          const struct proof_trace *const *traces, size_t n)
{
    for (size_t i = 0; i < c->n_engines; i++) {
        struct slice engine = slice_sub(c->engines[i], 0, slice_find_byte(c->engines[i], '/'));
        size_t marked = 0;
        bool proved = false;
        for (size_t k = 0; k < n; k++)
            proved |= slice_eq(engine, slice_of(traces[k]->engine));
        while (!proved && marked < c->n &&
               (certificate_mark(&c->lines[marked].marks, c->engines[i]) ||
                certificate_mark(&c->lines[marked].marks, engine)))
            marked++;
        if (!proved && marked < c->n)
            report_note(&x->p->report, PAWL_LEVEL_WARNING,
                        SLICE_FMT " was not proved now: from migration %lld on the certificate does not speak about it",
                        SLICE_ARG(engine), (long long)c->lines[marked].version);
    }
}

static int write_certificate(struct certifying *x, const struct proof_trace *const *traces, size_t n,
                             struct pawl_error *e)
{
    struct certificate c;
    STRBUF(text, CERTIFICATE_MAX);
    int code = certify_make(&x->c, traces, n, &c, e);
    if (!code)
        code = certificate_write(&c, &text, e);
    for (size_t i = 0; i < n && !code; i++)
        code = schema_files(x, traces[i], e);
    if (!code)
        code = write_file(x, x->files.path.p, strbuf_slice(&text), e);
    if (code)
        return code;
    tell_unproved(x, &c, traces, n);
    if (!x->wrote)
        report_note(&x->p->report, PAWL_LEVEL_NOTE, "%s is up to date", x->files.path.p);
    return PAWL_OK;
}

static int check_certificate(struct certifying *x, const struct proof_trace *const *traces, size_t n,
                             struct pawl_error *e)
{
    int code = PAWL_OK;
    if (!x->c.old)
        return PAWL_OK;
    for (size_t i = 0; i < n && !code; i++) {
        code = certify_check(&x->c, traces[i], x->files.path, &x->p->report, e);
        if (!code && !x->p->report.errors)
            code = schema_files(x, traces[i], e);
    }
    return code;
}

/* How much was not proved again, or else nobody could tell a short run from a whole one. */
static void tell_known(const struct certifying *x, const struct proof_trace *trace)
{
    size_t known = 0;
    for (size_t k = 0; k < trace->n; k++)
        known += trace->versions[k].known;
    if (known)
        report_note(
            &x->p->report, PAWL_LEVEL_NOTE,
            "%zu of %zu migrations were proved before on %s and have led to the same schemas; --all proves them again",
            known, trace->n, trace->engine);
}

int certifying_end(struct certifying *x, const struct proof_trace *traces, size_t n, bool holds, struct pawl_error *e)
{
    const struct proof_trace **whole = arena_array(&x->p->operation, n + 1, sizeof(struct proof_trace *));
    size_t count = 0;
    if (!whole)
        return err_nomem(e);
    for (size_t i = 0; i < n; i++)
        if (certify_whole(&x->c, &traces[i])) {
            whole[count++] = &traces[i];
            tell_known(x, &traces[i]);
        }
    if (x->what == PAWL_CERTIFY_CHECK)
        return check_certificate(x, whole, count, e);
    if (holds && count)
        return write_certificate(x, whole, count, e);
    report_note(&x->p->report, PAWL_LEVEL_WARNING, "%s was not written: it is for files that were proved",
                x->files.path.p);
    return PAWL_OK;
}
