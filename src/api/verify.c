#include "api/certificate.h"

#include <string.h>

#include "api/engines.h"
#include "proof/across.h"
#include "source/directory.h"
#include "source/portable.h"

struct verifying {
    struct pawl *p;
    const struct pawl_verify_options *options;
    struct migration_set set;
    size_t ran; /* engines */
    struct proof_trace traces[ENGINES];
    struct certifying certifying;
};

static int prove(struct verifying *v, struct proof_options *o, struct pawl_error *e)
{
    o->repro_dir = v->options->repro_dir;
    o->fingerprints = v->options->certify != PAWL_CERTIFY_NOTHING;
    o->know = v->options->certify ? certify_know : NULL;
    o->know_context = &v->certifying.c;
    o->trace = &v->traces[v->ran++];
    return proof_run(&v->p->operation, &v->set, o, &v->p->report, e);
}

/* An engine that is not at hand is missed only if it was asked for by name. */
static int prove_on(struct verifying *v, const char *engine, struct pawl_error *e)
{
    struct scratch_server server;
    struct proof_options o;
    int code = engine_open(v->p, engine, v->options->engine != NULL, &server, &o, e);
    if (!code && server.found)
        code = prove(v, &o, e);
    else if (!code)
        report_note(&v->p->report, PAWL_LEVEL_NOTE,
                    "PostgreSQL was not proved: there are no server binaries and no --scratch-url");
    engine_close(v->p, &server);
    return code;
}

static bool wanted(const struct verifying *v, const char *engine)
{
    return !v->options->engine || strcmp(v->options->engine, engine) == 0;
}

/* The worse of two results: why nothing could be proved, then what does not hold, then nothing. */
static int worse(int first, const struct pawl_error *why_first, int second, const struct pawl_error *why_second,
                 struct pawl_error *e)
{
    bool take_second = second && (!first || (first == PAWL_CHECK && second != PAWL_CHECK));
    if (e)
        *e = take_second ? *why_second : *why_first;
    return take_second ? second : first;
}

static int prove_all(struct verifying *v, struct pawl_error *e)
{
    struct pawl_error first = {0};
    struct pawl_error second = {0};
    int sqlite = wanted(v, "sqlite") ? prove_on(v, "sqlite", &first) : PAWL_OK;
    if (sqlite == PAWL_INTERRUPTED || sqlite == PAWL_NOMEM)
        return worse(sqlite, &first, PAWL_OK, &second, e);
    int postgres = wanted(v, "postgres") ? prove_on(v, "postgres", &second) : PAWL_OK;
    bool whole = (!sqlite || sqlite == PAWL_CHECK) && (!postgres || postgres == PAWL_CHECK);
    if (v->ran == ENGINES && whole) {
        int code = across_compare(&v->set, v->traces, &v->p->report, e);
        if (code)
            return code;
    }
    return worse(sqlite, &first, postgres, &second, e);
}

/*
 * Where pawl's own runner is enough, what another would do is worth a note, and what pawl cannot do is an error. What the
 * configuration has relaxed itself stays as it is. Told to enforce foreign keys, pawl deletes what any other would.
 */
static void demand_runner(enum pawl_runner runner, bool foreign_keys, enum pawl_level levels[PAWL_FINDING_COUNT])
{
    static const enum pawl_finding_id of_plain[] = {
        PAWL_FINDING_REPLAY_FAILS,    PAWL_FINDING_REPLAY_CHANGES_SCHEMA, PAWL_FINDING_REPLAY_CHANGES_DATA,
        PAWL_FINDING_HEAD_FAILS,      PAWL_FINDING_HEAD_CHANGES_SCHEMA,   PAWL_FINDING_HEAD_CHANGES_DATA,
        PAWL_FINDING_HEAD_ROW_FAILS,  PAWL_FINDING_HEAD_ROW_CHANGES,      PAWL_FINDING_ONLY_PAWL,
        PAWL_FINDING_CASCADE_DELETES,
    };
    if (runner != PAWL_RUNNER_PAWL)
        return;
    for (size_t i = 0; i < sizeof of_plain / sizeof of_plain[0]; i++)
        if (levels[of_plain[i]] > PAWL_LEVEL_NOTE && !(of_plain[i] == PAWL_FINDING_CASCADE_DELETES && foreign_keys))
            levels[of_plain[i]] = PAWL_LEVEL_NOTE;
    if (levels[PAWL_FINDING_GUARDED_FAILS] == PAWL_LEVEL_NOTE)
        levels[PAWL_FINDING_GUARDED_FAILS] = PAWL_LEVEL_ERROR;
}

static int verify(struct verifying *v, struct pawl_error *e);

PAWL_API int pawl_verify(struct pawl *p, const struct pawl_verify_options *options, struct pawl_error *e)
{
    static const struct pawl_verify_options defaults;
    struct verifying v = {.p = p, .options = options ? options : &defaults};
    if (engines_check(v.options->engine, e))
        return PAWL_USAGE;
    enum pawl_level levels[PAWL_FINDING_COUNT];
    memcpy(levels, p->report.levels, sizeof levels);
    demand_runner(v.options->runner, p->config.foreign_keys, p->report.levels);
    int code = verify(&v, e);
    memcpy(p->report.levels, levels, sizeof levels);
    return code;
}

static int verify(struct verifying *v, struct pawl_error *e)
{
    struct pawl *p = v->p;
    arena_reset(&p->operation);
    p->report.errors = p->report.warnings = p->report.notes = 0;
    report_hold(&p->report, NULL);
    int code = source_read(&p->operation, p->config.dir, SOURCE_ALL, &p->report, &v->set, e);
    if (code == PAWL_SOURCE) { /* for a proof, files that cannot be used are a check that does not hold */
        if (e)
            e->code = PAWL_CHECK;
        return PAWL_CHECK;
    }
    if (code)
        return code;
    const struct db_driver *reader = db_driver_find(v->options->engine ? v->options->engine : "sqlite");
    code = portable_check(&v->set, reader->name, reader->dialect, &p->report, e);
    if (!code && v->options->certify)
        code = certifying_begin(&v->certifying, p, v->options, &v->set, e);
    if (!code)
        code = prove_all(v, e);
    if (v->options->certify && (!code || code == PAWL_CHECK)) {
        int certified = certifying_end(&v->certifying, v->traces, ENGINES, !code && !p->report.errors, e);
        code = certified ? certified : code;
    }
    if (!code && p->report.errors)
        code =
            err_set(e, PAWL_CHECK, "%zu finding%s of level error", p->report.errors, p->report.errors == 1 ? "" : "s");
    return code;
}
