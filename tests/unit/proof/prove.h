/*
 * prove: a tiny set of files, proved on a real SQLite, and what was told about it as text.
 *
 * `found` has one line a finding, in the order told: "code file:line" (":line" only if known). `verdicts` has one line a
 * version: "1 PPPPPPP", a letter for each proof in the order of PAWL_PROOFS (P pass, N note, F fail, - none). Include
 * after <cmocka.h> and tmpdir.h.
 */
#ifndef PAWL_TESTS_PROVE_H
#define PAWL_TESTS_PROVE_H

#include "proof/proof.h"
#include "source/directory.h"

struct proved {
    int code;
    struct pawl_error error;
    char found[1 << 14], verdicts[1 << 12], messages[1 << 16];
    size_t n_engines, n_progress;
    int64_t version;
};

static inline void prove_add(char *to, size_t room, const char *text)
{
    size_t n = strlen(to);
    snprintf(to + n, room - n, "%s", text);
}

static inline void prove_event(void *context, const struct pawl_event *event)
{
    struct proved *p = context;
    const struct pawl_finding *f = event->finding;
    char line[8192];
    p->n_engines += event->kind == PAWL_EVENT_ENGINE;
    p->n_progress += event->kind == PAWL_EVENT_PROGRESS;
    if (event->kind == PAWL_EVENT_FINDING) {
        const char *slash = f->file ? strrchr(f->file, '/') : NULL;
        int n = snprintf(line, sizeof line, "%s %s", report_code(f->id), slash ? slash + 1 : "-");
        if (f->line)
            n += snprintf(line + n, sizeof line - (size_t)n, ":%u", f->line);
        snprintf(line + n, sizeof line - (size_t)n, "\n");
        prove_add(p->found, sizeof p->found, line);
        snprintf(line, sizeof line, "%s\n%s\n%s\n", f->message, f->detail ? f->detail : "", f->hint ? f->hint : "");
        prove_add(p->messages, sizeof p->messages, line);
    } else if (event->kind == PAWL_EVENT_PROOF) {
        if (event->version != p->version) {
            snprintf(line, sizeof line, "%s%lld ", p->version ? "\n" : "", (long long)event->version);
            prove_add(p->verdicts, sizeof p->verdicts, line);
        }
        p->version = event->version;
        snprintf(line, sizeof line, "%c", "-PNF"[event->verdict]);
        prove_add(p->verdicts, sizeof p->verdicts, line);
    }
}

/* Reads the folder (its own findings are not kept) and proves it. */
static inline void prove_with(const char *dir, struct proved *p, struct proof_options options)
{
    ARENA(a);
    struct report r;
    struct migration_set set;
    memset(p, 0, sizeof *p);
    report_init(&r, NULL, NULL);
    assert_int_equal(source_read(&a, dir, SOURCE_ALL, &r, &set, &p->error), PAWL_OK);
    report_init(&r, prove_event, p);
    r.levels[PAWL_FINDING_GUARDED_FAILS] = PAWL_LEVEL_OFF; /* cases look at that */
    options.driver = db_driver_find("sqlite");
    if (!options.ledger.p)
        options.ledger = SLICE("_sqlx_migrations");
    p->code = proof_run(&a, &set, &options, &r, &p->error);
}

static inline void prove(const char *dir, struct proved *p)
{
    prove_with(dir, p, (struct proof_options){0});
}

/* Exactly these findings and verdicts. */
#define assert_proved(dir, findings, rows) \
    do { \
        struct proved proved_; \
        prove(dir, &proved_); \
        if (proved_.code != PAWL_OK && proved_.code != PAWL_CHECK) \
            fail_msg("%s", proved_.error.message); \
        if (strcmp(proved_.found, findings) != 0 || strcmp(proved_.verdicts, rows) != 0) \
            fail_msg("found:\n%s\n%s\n%s", proved_.found, proved_.verdicts, proved_.messages); \
    } while (0)

/* NAME.sql and, if down is not NULL, NAME.down.sql. */
static inline void put(const char *dir, const char *name, const char *up, const char *down)
{
    char file[256];
    snprintf(file, sizeof file, "%s.sql", name);
    tmpdir_put(dir, file, up);
    if (!down)
        return;
    snprintf(file, sizeof file, "%s.down.sql", name);
    tmpdir_put(dir, file, down);
}

/* A table that can be made and dropped as often as one likes. */
#define PUT_TABLE(dir, name, table) \
    put(dir, name, "CREATE TABLE IF NOT EXISTS " table " (id INTEGER PRIMARY KEY, n INTEGER);\n", \
        "DROP TABLE IF EXISTS " table ";\n")

#endif
