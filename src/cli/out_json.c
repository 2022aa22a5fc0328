#include "cli/out.h"

#include <jansson.h>

#include "base/udiff.h"
#include "cli/clean.h"

#define TEXT_MAX (1u << 26)

/*
 * A failed request gives NULL, which the functions ending in _new take and answer with an error: put() collects that, so
 * that a half-made object is never written.
 */
static void put(struct out *o, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value))
        o->failed = true;
}

static void append(struct out *o, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value))
        o->failed = true;
}

static json_t *text_or_null(const char *z)
{
    if (!z)
        return json_null();
    STRBUF(b, TEXT_MAX);
    clean_utf8(&b, slice_of(z));
    return strbuf_ok(&b) ? json_string(strbuf_z(&b)) : NULL;
}

static json_t *number_or_null(int64_t n)
{
    return n ? json_integer(n) : json_null();
}

static json_t *milliseconds(uint64_t ns)
{
    return json_real((double)(ns / 1000) / 1000.0);
}

/* The object of this run, and an array in it. */
static json_t *object_of(struct out *o)
{
    if (!o->object)
        o->object = json_object();
    o->failed |= !o->object;
    return o->object;
}

static json_t *new_array(struct out *o, json_t *object, const char *key)
{
    json_t *array = json_array();
    put(o, object, key, array);
    return o->failed ? NULL : array;
}

static void json_event(struct out *o, const struct pawl_event *event)
{
    (void)o;
    (void)event;
}

/* ---- findings and notes ------------------------------------------------------------------------------------------ */

static json_t *one_finding(struct out *o, const struct pawl_finding *f)
{
    json_t *j = json_object();
    put(o, j, "code", json_string(pawl_finding_code(f->id)));
    put(o, j, "level", json_string(pawl_level_name(f->level)));
    put(o, j, "version", number_or_null(f->version));
    put(o, j, "engine", text_or_null(f->engine));
    put(o, j, "file", text_or_null(f->file));
    put(o, j, "line", number_or_null(f->line));
    put(o, j, "column", number_or_null(f->column));
    put(o, j, "message", text_or_null(f->message));
    put(o, j, "detail", text_or_null(f->detail));
    put(o, j, "hint", text_or_null(f->hint && f->hint[0] ? f->hint : NULL));
    return j;
}

static void put_findings(struct out *o, json_t *object)
{
    json_t *array = new_array(o, object, "findings");
    record_sort(&o->record);
    for (size_t i = 0; i < o->record.n_findings; i++)
        append(o, array, one_finding(o, &o->record.findings[i]));
}

static void put_notes(struct out *o, json_t *object)
{
    json_t *array = new_array(o, object, "notes");
    for (size_t i = 0; i < o->record.n_notes; i++) {
        json_t *j = json_object();
        put(o, j, "level", json_string(pawl_level_name(o->record.notes[i].level)));
        put(o, j, "message", text_or_null(o->record.notes[i].message));
        append(o, array, j);
    }
}

/* ---- results ----------------------------------------------------------------------------------------------------- */

static json_t *one_step(struct out *o, const struct record_step *step)
{
    json_t *j = json_object();
    put(o, j, "version", json_integer(step->version));
    put(o, j, "description", text_or_null(step->description));
    put(o, j, "file", text_or_null(step->file));
    put(o, j, "direction", json_string(step->reverting ? "down" : "up"));
    put(o, j, "dry_run", json_boolean(step->dry_run));
    put(o, j, "elapsed_ms", step->elapsed_ns ? milliseconds(step->elapsed_ns) : json_null());
    return j;
}

static void put_decisions(struct out *o, json_t *object)
{
    json_t *array = new_array(o, object, "decisions");
    for (size_t i = 0; i < o->record.n_decisions; i++) {
        const struct record_decision *d = &o->record.decisions[i];
        json_t *j = json_object();
        put(o, j, "decision", json_string(pawl_decision_name(d->decision)));
        put(o, j, "version", json_integer(d->version));
        put(o, j, "file", text_or_null(d->file));
        put(o, j, "line", number_or_null(d->line));
        put(o, j, "column", number_or_null(d->column));
        put(o, j, "why", text_or_null(d->message));
        append(o, array, j);
    }
}

static void json_steps(struct out *o, const char *did, const struct pawl_result *result, const struct pawl_error *e)
{
    (void)did;
    json_t *object = object_of(o);
    put(o, object, "ok", json_boolean(!e));
    put(o, object, "version", json_integer(result->version));
    put(o, object, "count", json_integer((json_int_t)result->steps));
    json_t *steps = new_array(o, object, "steps");
    for (size_t i = 0; i < o->record.n_steps; i++)
        append(o, steps, one_step(o, &o->record.steps[i]));
    json_t *losses = new_array(o, object, "losses");
    for (size_t i = 0; i < o->record.n_losses; i++) {
        json_t *j = json_object();
        put(o, j, "object", text_or_null(o->record.losses[i].object));
        put(o, j, "count", json_integer(o->record.losses[i].count));
        put(o, j, "perhaps", text_or_null(o->record.losses[i].perhaps));
        append(o, losses, j);
    }
    if (o->record.n_decisions)
        put_decisions(o, object);
    put_findings(o, object);
    put_notes(o, object);
}

static json_t *one_status_row(struct out *o, const struct pawl_status_row *row)
{
    json_t *j = json_object();
    bool timed = row->installed_on && row->execution_time_ns >= 0;
    put(o, j, "version", json_integer(row->version));
    put(o, j, "description", text_or_null(row->description));
    put(o, j, "state", json_string(pawl_state_name(row->state)));
    put(o, j, "file", text_or_null(row->file));
    put(o, j, "has_down", json_boolean(row->has_down));
    put(o, j, "installed_on", text_or_null(row->installed_on));
    put(o, j, "execution_time_ms", timed ? milliseconds((uint64_t)row->execution_time_ns) : json_null());
    if (row->replaces) {
        put(o, j, "replaces", json_integer((json_int_t)row->replaces));
        put(o, j, "recorded", json_integer((json_int_t)row->recorded));
    }
    return j;
}

static void json_status(struct out *o, const struct pawl_status *s)
{
    json_t *object = object_of(o);
    put(o, object, "ok", json_boolean(s->ok));
    put(o, object, "engine", text_or_null(s->engine));
    put(o, object, "engine_version", text_or_null(s->engine_version));
    put(o, object, "has_ledger", json_boolean(s->has_ledger));
    put(o, object, "version", json_integer(s->version));
    put(o, object, "latest", json_integer(s->latest));
    put(o, object, "pending", json_integer((json_int_t)s->pending));
    put(o, object, "changed", json_integer((json_int_t)s->changed));
    put(o, object, "missing", json_integer((json_int_t)s->missing));
    put(o, object, "ahead", json_integer((json_int_t)s->ahead));
    put(o, object, "dirty", json_integer((json_int_t)s->dirty));
    put(o, object, "partial", json_integer((json_int_t)s->partial));
    json_t *rows = new_array(o, object, "migrations");
    for (size_t i = 0; i < s->n; i++)
        append(o, rows, one_status_row(o, &s->rows[i]));
    put_findings(o, object);
}

static void json_health(struct out *o, const struct pawl_health *h)
{
    json_t *object = object_of(o);
    put(o, object, "status", json_string(pawl_health_name(h->status)));
    put(o, object, "version", json_integer(h->version));
    put(o, object, "latest", json_integer(h->latest));
    put(o, object, "pending", json_integer((json_int_t)h->pending));
    put(o, object, "message", text_or_null(h->message));
}

static void put_texts(struct out *o, json_t *object, const char *key, const char *const *items, size_t n)
{
    json_t *array = new_array(o, object, key);
    for (size_t i = 0; i < n; i++)
        append(o, array, text_or_null(items[i]));
}

static void json_drift(struct out *o, const struct pawl_drift *d)
{
    json_t *object = object_of(o);
    put(o, object, "ok", json_boolean(d->matches));
    put(o, object, "version", json_integer(d->version));
    put(o, object, "engine", text_or_null(d->engine));
    put(o, object, "engine_version", text_or_null(d->engine_version));
    put(o, object, "harmless", text_or_null(d->harmless));
    put(o, object, "shapes", json_boolean(d->shapes));
    put(o, object, "facts", json_integer((json_int_t)d->facts));
    put(o, object, "ignored", json_integer((json_int_t)d->ignored));
    json_t *lines = new_array(o, object, "differences");
    for (size_t i = 0; i < d->n; i++) {
        json_t *j = json_object();
        put(o, j, "object", text_or_null(d->lines[i].object));
        put(o, j, "certified", text_or_null(d->lines[i].certified));
        put(o, j, "live", text_or_null(d->lines[i].live));
        append(o, lines, j);
    }
    put(o, object, "sql", text_or_null(d->sql));
    put_texts(o, object, "unmanaged", d->unmanaged, d->n_unmanaged);
    put_notes(o, object);
}

static json_t *one_row(struct out *o, const struct record_row *row)
{
    static const char *const verdicts[] = {
        [PAWL_VERDICT_NONE] = "none",
        [PAWL_VERDICT_PASS] = "pass",
        [PAWL_VERDICT_NOTE] = "note",
        [PAWL_VERDICT_FAIL] = "fail",
    };
    json_t *j = json_object(), *proofs = json_object();
    put(o, j, "version", json_integer(row->version));
    put(o, j, "description", text_or_null(row->description));
    put(o, j, "file", text_or_null(row->file));
    for (int i = 0; i < PAWL_PROOF_COUNT; i++)
        put(o, proofs, out_proof((enum pawl_proof)i), json_string(verdicts[row->verdict[i]]));
    put(o, j, "proofs", proofs);
    put(o, j, "runner", row->runner == PAWL_RUNNER_UNKNOWN ? json_null() : json_string(pawl_runner_name(row->runner)));
    return j;
}

/* How many files may be run again by whom. */
static json_t *runners_of(struct out *o, const struct record_run *run)
{
    json_t *j = json_object();
    json_int_t count[PAWL_RUNNER_NEITHER + 1] = {0};
    for (size_t i = 0; i < run->n; i++)
        count[run->rows[i].runner]++;
    for (int i = PAWL_RUNNER_PLAIN; i <= PAWL_RUNNER_NEITHER; i++)
        put(o, j, pawl_runner_name((enum pawl_runner)i), json_integer(count[i]));
    return j;
}

static json_t *one_run(struct out *o, const struct record_run *run)
{
    json_t *j = json_object();
    put(o, j, "engine", text_or_null(run->engine));
    put(o, j, "engine_version", text_or_null(run->engine_version));
    put(o, j, "runners", runners_of(o, run));
    json_t *rows = new_array(o, j, "migrations");
    for (size_t i = 0; i < run->n; i++)
        append(o, rows, one_row(o, &run->rows[i]));
    return j;
}

static void json_verified(struct out *o, bool ok)
{
    json_t *object = object_of(o);
    put(o, object, "ok", json_boolean(ok));
    json_t *runs = new_array(o, object, "runs");
    for (size_t i = 0; i < o->record.n_runs; i++)
        append(o, runs, one_run(o, &o->record.runs[i]));
    put_findings(o, object);
    put_notes(o, object);
}

static void json_files(struct out *o, int64_t version, const char *const *paths, size_t n)
{
    json_t *object = object_of(o);
    put(o, object, "ok", json_true());
    if (version)
        put(o, object, "version", json_integer(version));
    json_t *files = new_array(o, object, "files");
    for (size_t i = 0; i < n; i++)
        append(o, files, text_or_null(paths[i]));
}

static json_t *one_fix(struct out *o, const struct pawl_fix_text *t)
{
    STRBUF(b, TEXT_MAX);
    json_t *j = json_object();
    if (t->after)
        o->failed |= !udiff(&b, slice_of(t->file), slice_of(t->before), slice_of(t->after));
    put(o, j, "version", json_integer(t->version));
    put(o, j, "file", text_or_null(t->file));
    put(o, j, "direction", json_string(t->reverting ? "down" : "up"));
    put(o, j, "state", json_string(pawl_fix_state_name(t->state)));
    put(o, j, "reason", text_or_null(t->reason));
    put(o, j, "diff", b.n ? json_stringn(b.p, b.n) : json_null());
    return j;
}

static void json_fixed(struct out *o, const struct pawl_fix_report *report, bool wrote, bool check)
{
    json_t *object = object_of(o);
    put(o, object, "ok", json_boolean(!check || !report->rewritten));
    put(o, object, "written", json_boolean(wrote));
    put(o, object, "rewritten", json_integer((json_int_t)report->rewritten));
    put(o, object, "left", json_integer((json_int_t)report->left));
    put(o, object, "applied", json_integer((json_int_t)report->applied));
    json_t *files = new_array(o, object, "files");
    for (size_t i = 0; i < report->n; i++)
        append(o, files, one_fix(o, &report->items[i]));
    put_notes(o, object);
}

static void json_dumped(struct out *o, const struct pawl_dump *d, bool sql)
{
    json_t *object = object_of(o);
    put(o, object, "engine", text_or_null(d->engine));
    if (sql) {
        put(o, object, "sql", text_or_null(d->text));
        put(o, object, "missing", json_integer((json_int_t)d->missing));
        return;
    }
    json_t *facts = new_array(o, object, "facts");
    for (struct slice rest = slice_of(d->text); rest.n;) {
        struct slice line = slice_sub(rest, 0, slice_find_byte(rest, '\n'));
        append(o, facts, json_stringn(line.p, line.n));
        rest = slice_sub(rest, line.n + 1, rest.n);
    }
}

static void json_differs(struct out *o, const struct pawl_difference *d, bool sql)
{
    json_t *object = object_of(o);
    put(o, object, "ok", json_boolean(!d->n));
    put(o, object, "engine", text_or_null(d->engine));
    json_t *changes = new_array(o, object, "changes");
    for (size_t i = 0; i < d->n; i++) {
        json_t *j = json_object();
        put(o, j, "before", text_or_null(d->items[i].before));
        put(o, j, "after", text_or_null(d->items[i].after));
        append(o, changes, j);
    }
    if (sql) {
        put(o, object, "sql", text_or_null(d->sql));
        put(o, object, "missing", json_integer((json_int_t)d->missing));
    }
}

static void json_downs(struct out *o, const struct pawl_downs_report *r, bool wrote)
{
    json_t *object = object_of(o);
    put(o, object, "ok", json_boolean(!r->left));
    put(o, object, "written", json_boolean(wrote));
    json_t *files = new_array(o, object, "files");
    for (size_t i = 0; i < r->n; i++) {
        const struct pawl_downs_text *t = &r->items[i];
        json_t *j = json_object();
        put(o, j, "version", json_integer(t->version));
        put(o, j, "file", text_or_null(t->file));
        put(o, j, "state", json_string(pawl_downs_state_name(t->state)));
        put(o, j, "reason", text_or_null(t->reason));
        put(o, j, "text", text_or_null(t->text));
        append(o, files, j);
    }
    put_notes(o, object);
}

static void json_squashed(struct out *o, const struct pawl_squash_report *r, bool wrote)
{
    json_t *object = object_of(o);
    put(o, object, "ok", json_true());
    put(o, object, "written", json_boolean(wrote));
    put(o, object, "certified", json_boolean(r->certified));
    put(o, object, "finished", json_boolean(r->finished));
    put(o, object, "version", json_integer(r->version));
    put(o, object, "replaces", json_integer((json_int_t)r->replaced));
    put(o, object, "file", text_or_null(r->file));
    put(o, object, "text", text_or_null(r->text));
    put(o, object, "down_file", text_or_null(r->down_file));
    put(o, object, "down_text", text_or_null(r->down_text));
    put(o, object, "no_down", text_or_null(r->no_down));
    put(o, object, "statements", json_integer((json_int_t)r->statements));
    put(o, object, "shared", json_integer((json_int_t)r->shared));
    put(o, object, "rows", json_integer((json_int_t)r->rows));
    put(o, object, "unseen", json_integer((json_int_t)r->unseen));
    put(o, object, "proved", json_boolean(r->proved));
    json_t *engines = new_array(o, object, "engines"), *lost = new_array(o, object, "lost"),
           *removed = new_array(o, object, "removed");
    for (size_t i = 0; i < r->n_engines; i++)
        append(o, engines, json_string(r->engines[i]));
    for (size_t i = 0; i < r->n_lost; i++)
        append(o, lost, json_string(out_proof(r->lost[i])));
    for (size_t i = 0; i < r->n_removed; i++)
        append(o, removed, text_or_null(r->removed[i]));
    put_notes(o, object);
}

static void json_version(struct out *o)
{
    put(o, object_of(o), "version", json_string(pawl_version()));
}

/* Beside what was done before it; alone if there was nothing. */
static void json_error(struct out *o, const struct pawl_error *e)
{
    json_t *object = object_of(o), *j = json_object();
    if (!json_object_get(object, "status"))
        put(o, object, "ok", json_false());
    put(o, j, "code", json_string(pawl_code_name(e->code)));
    put(o, j, "message", text_or_null(e->message));
    put(o, j, "hint", text_or_null(e->hint[0] ? e->hint : NULL));
    put(o, j, "file", text_or_null(e->file[0] ? e->file : NULL));
    put(o, j, "line", number_or_null(e->line));
    put(o, j, "column", number_or_null(e->column));
    put(o, j, "version", number_or_null(e->version));
    put(o, j, "sqlstate", text_or_null(e->sqlstate[0] ? e->sqlstate : NULL));
    put(o, object, "error", j);
    if (!json_object_get(object, "findings") && o->record.n_findings)
        put_findings(o, object);
}

static void json_end(struct out *o)
{
    json_t *object = o->object;
    if (object && !o->failed &&
        (json_dumpf(object, o->results, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) || fputc('\n', o->results) == EOF))
        o->failed = true;
    json_decref(object);
    o->object = NULL;
}

const struct out_kind out_json = {
    .event = json_event,
    .steps = json_steps,
    .status = json_status,
    .health = json_health,
    .drift = json_drift,
    .verified = json_verified,
    .files = json_files,
    .fixed = json_fixed,
    .dumped = json_dumped,
    .differs = json_differs,
    .downs = json_downs,
    .squashed = json_squashed,
    .version = json_version,
    .error = json_error,
    .end = json_end,
};
