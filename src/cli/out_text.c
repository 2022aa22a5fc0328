#include "cli/out.h"

#include <inttypes.h>

#include "cli/clean.h"
#include "cli/text.h"
#include "sys/clock.h"

/* ---- as it happens ----------------------------------------------------------------------------------------------- */

static void show_step(struct out *o, const struct pawl_event *event)
{
    STRBUF(b, TEXT_MAX);
    if (o->quiet && !event->dry_run)
        return;
    const char *done = event->reverting ? "down" : "up", *planned = event->reverting ? "would revert" : "would apply";
    strbuf_addz(&b, "  ");
    text_colored(&b, o->color, event->reverting ? YELLOW : GREEN, event->dry_run ? planned : done);
    strbuf_addf(&b, " %" PRId64 " ", event->version);
    clean_add(&b, slice_of(event->description), false);
    if (event->elapsed_ns) { /* several steps sent in one go have no times of their own */
        strbuf_addz(&b, " (");
        text_time(&b, event->elapsed_ns);
        strbuf_addc(&b, ')');
    }
    strbuf_addc(&b, '\n');
    text_emit(o, o->results, &b);
    fflush(o->results);
}

static void show_note(struct out *o, const struct pawl_event *event)
{
    STRBUF(b, TEXT_MAX);
    if (o->quiet && event->level < PAWL_LEVEL_ERROR)
        return;
    strbuf_addz(&b, "pawl: ");
    text_colored(&b, o->color_messages, text_level_color(event->level), pawl_level_name(event->level));
    strbuf_addz(&b, ": ");
    clean_add(&b, slice_of(event->message), false);
    strbuf_addc(&b, '\n');
    text_emit(o, o->messages, &b);
}

/* Of many losses the first are shown, and behind the last one what the others add up to. */
static void show_more_losses(struct out *o)
{
    STRBUF(b, TEXT_MAX);
    size_t tables = 0, others = 0;
    int64_t rows = 0;
    const char *comma = " ";
    for (size_t i = TEXT_MOST; i < o->record.n_losses; i++) {
        bool table = slice_starts(slice_of(o->record.losses[i].object), SLICE("table "));
        tables += table;
        others += !table;
        rows += table ? o->record.losses[i].count : 0;
    }
    strbuf_addz(&b, "  and");
    text_count(&b, tables, "more table", "more tables", &comma);
    if (tables)
        strbuf_addf(&b, " with %" PRId64 " %s", rows, text_plural((size_t)rows, "row", "rows"));
    text_count(&b, others, "more column or part of a table", "more columns or parts of tables", &comma);
    strbuf_addz(&b, "; --json lists them\n");
    text_emit(o, o->messages, &b);
}

/*
 * What is lost must be seen before it is lost, quiet or not. The object is "table users", "column users.email" or "rows of
 * users"; the count is one of rows, or of values for a column.
 */
static void show_loss(struct out *o, const struct pawl_event *event)
{
    STRBUF(b, TEXT_MAX);
    if (o->record.n_losses > TEXT_MOST) {
        if ((int64_t)o->record.n_losses == event->total)
            show_more_losses(o);
        return;
    }
    struct slice object = slice_of(event->object);
    bool column = slice_starts(object, SLICE("column ")), rows = slice_starts(object, SLICE("rows of "));
    const char *unit = text_plural((size_t)event->count, column ? "value" : "row", column ? "values" : "rows");
    strbuf_addz(&b, "  ");
    text_colored(&b, o->color_messages, RED, "loses");
    strbuf_addc(&b, ' ');
    if (rows) {
        strbuf_addf(&b, "%" PRId64 " %s of ", event->count, unit);
        clean_add(&b, slice_sub(object, strlen("rows of "), object.n), false);
    } else {
        clean_add(&b, object, false);
        strbuf_addf(&b, ": %" PRId64 " %s", event->count, unit);
    }
    if (event->message) {
        strbuf_addz(&b, ", unless it becomes ");
        clean_add(&b, slice_of(event->message), false);
        strbuf_addz(&b, ", which is new and has as many");
    }
    strbuf_addc(&b, '\n');
    text_emit(o, o->messages, &b);
}

static void show_progress(struct out *o, const struct pawl_event *event)
{
    STRBUF(b, TEXT_MAX);
    if (!o->live || o->quiet || (o->live_at && clock_ms() - o->live_at < o->live_every_ms))
        return;
    o->live_at = clock_ms();
    strbuf_addz(&b, "  ");
    clean_add(&b, slice_sub(slice_of(event->message), 0, 40), false);
    strbuf_addf(&b, " %" PRId64, event->count);
    if (event->total)
        strbuf_addf(&b, "/%" PRId64, event->total);
    if (b.n >= o->width)
        return;
    text_emit(o, o->messages, &b);
    fflush(o->messages);
    o->live_shown = true;
}

/* What was decided, and why: the summary comes as a note. */
static void show_decision(struct out *o, const struct pawl_event *event)
{
    STRBUF(b, TEXT_MAX);
    bool statement = event->line != 0;
    if (!o->verbose)
        return;
    strbuf_addz(&b, statement ? "    " : "  ");
    strbuf_addz(&b, pawl_decision_name(event->decision));
    strbuf_addc(&b, ' ');
    if (statement) {
        clean_add(&b, slice_of(event->file), false);
        strbuf_addf(&b, ":%" PRIu32 ":%" PRIu32, event->line, event->column);
    } else {
        strbuf_addf(&b, "%" PRId64 " ", event->version);
        clean_add(&b, slice_of(event->description), false);
    }
    strbuf_addz(&b, ": ");
    clean_add(&b, slice_of(event->message), false);
    strbuf_addc(&b, '\n');
    text_emit(o, o->messages, &b);
}

static void text_event(struct out *o, const struct pawl_event *event)
{
    switch (event->kind) {
    case PAWL_EVENT_STEP_BEGIN:
        /* What was found in the files is said before they run: a step may take hours. */
        text_findings(o, o->messages, o->color_messages, TEXT_MOST, NULL);
        o->record.n_findings = 0;
        break;
    case PAWL_EVENT_STEP_END:
        show_step(o, event);
        break;
    case PAWL_EVENT_NOTE:
        show_note(o, event);
        break;
    case PAWL_EVENT_LOSS:
        show_loss(o, event);
        break;
    case PAWL_EVENT_PROGRESS:
        show_progress(o, event);
        break;
    case PAWL_EVENT_DECISION:
        show_decision(o, event);
        break;
    case PAWL_EVENT_FINDING:
    case PAWL_EVENT_ENGINE:
    case PAWL_EVENT_PROOF:
    case PAWL_EVENT_RUNNER:
        break;
    }
}

/* ---- other results ----------------------------------------------------------------------------------------------- */

static void text_steps(struct out *o, const char *did, const struct pawl_result *result, const struct pawl_error *e)
{
    STRBUF(b, TEXT_MAX);
    bool dry = o->record.n_steps && o->record.steps[0].dry_run;
    text_findings(o, o->messages, o->color_messages, TEXT_MOST, e);
    if (o->quiet || (e && !result->steps))
        return;
    if (result->steps)
        strbuf_addf(&b, "%s%s %zu %s", dry ? "would have " : "", did, result->steps,
                    text_plural(result->steps, "migration", "migrations"));
    else
        strbuf_addz(&b, "nothing to do");
    if (dry)
        strbuf_addz(&b, "; nothing was changed\n");
    else if (result->version)
        strbuf_addf(&b, "; the database is at version %" PRId64 "\n", result->version);
    else
        strbuf_addz(&b, "; no migration is applied\n");
    text_emit(o, o->results, &b);
}

static void put_state(struct strbuf *b, bool color, enum pawl_state state)
{
    static const enum color colors_of[] = {
        [PAWL_STATE_PENDING] = YELLOW,      [PAWL_STATE_APPLIED] = GREEN, [PAWL_STATE_CHANGED] = RED,
        [PAWL_STATE_LINE_ENDINGS] = YELLOW, [PAWL_STATE_MISSING] = RED,   [PAWL_STATE_AHEAD] = YELLOW,
        [PAWL_STATE_DIRTY] = RED,           [PAWL_STATE_PARTIAL] = RED,
    };
    const char *name = pawl_state_name(state);
    text_colored(b, color, colors_of[state], name);
    text_pad(b, strlen(name), strlen(pawl_state_name(PAWL_STATE_LINE_ENDINGS)));
}

struct status_widths {
    int version;
    size_t name;
};

static struct status_widths status_widths(struct out *o, const struct pawl_status *s)
{
    int64_t newest = s->n ? s->rows[s->n - 1].version : 0;
    int digits = snprintf(NULL, 0, "%" PRId64, newest);
    struct status_widths w = {digits < 4 ? 4 : digits, 0};
    for (size_t i = 0; i < s->n && w.name < TEXT_NAME_MAX; i++)
        w.name = text_wider(o, w.name, s->rows[i].description);
    return w;
}

static void put_status_row(struct strbuf *b, const struct out *o, const struct pawl_status_row *row,
                           struct status_widths w)
{
    strbuf_addf(b, "  %*" PRId64 "  ", w.version, row->version);
    put_state(b, o->color, row->state);
    strbuf_addz(b, "  ");
    text_name(b, row->description, w.name);
    if (row->installed_on) {
        strbuf_addz(b, "  ");
        clean_add(b, slice_of(row->installed_on), false);
    }
    if (row->installed_on && row->execution_time_ns >= 0 && o->verbose) {
        strbuf_addz(b, "  ");
        text_time(b, (uint64_t)row->execution_time_ns);
    }
    if (row->state == PAWL_STATE_PARTIAL)
        strbuf_addf(b, "  %zu of the %zu that it replaces %s applied", row->recorded, row->replaces,
                    row->recorded == 1 ? "is" : "are");
    else if (row->replaces)
        strbuf_addf(b, "  replaces %zu", row->replaces);
    if (row->file && !row->has_down)
        strbuf_addz(b, "  no down");
    while (strbuf_ok(b) && b->n && b->p[b->n - 1] == ' ')
        b->n--;
    strbuf_addc(b, '\n');
}

static void put_status_counts(struct strbuf *b, const struct pawl_status *s)
{
    const char *comma = "; ";
    if (s->version)
        strbuf_addf(b, "at version %" PRId64, s->version);
    else
        strbuf_addz(b, s->has_ledger ? "nothing applied" : "nothing applied, and there is no ledger yet");
    text_count(b, s->pending, "pending", "pending", &comma);
    text_count(b, s->changed, "changed", "changed", &comma);
    text_count(b, s->missing, "missing", "missing", &comma);
    text_count(b, s->ahead, "ahead of the files", "ahead of the files", &comma);
    text_count(b, s->dirty, "dirty", "dirty", &comma);
    text_count(b, s->partial, "baseline that it stands below", "baselines that it stands below", &comma);
    if (comma[0] == ';')
        strbuf_addz(b, "; up to date");
    strbuf_addc(b, '\n');
}

static void text_status(struct out *o, const struct pawl_status *s)
{
    text_findings(o, o->messages, o->color_messages, TEXT_MOST, NULL);
    struct status_widths w = status_widths(o, s);
    for (size_t i = 0; i < s->n; i++) {
        if (o->quiet && s->rows[i].state == PAWL_STATE_APPLIED)
            continue;
        STRBUF(row, TEXT_MAX);
        put_status_row(&row, o, &s->rows[i], w);
        text_emit(o, o->results, &row);
    }
    STRBUF(b, TEXT_MAX);
    if (o->verbose && s->engine)
        strbuf_addf(&b, "%s %s\n", s->engine, s->engine_version ? s->engine_version : "");
    put_status_counts(&b, s);
    if (!o->quiet)
        text_emit(o, o->results, &b);
}

static void text_health(struct out *o, const struct pawl_health *h)
{
    STRBUF(b, TEXT_MAX);
    bool ok = h->status == PAWL_HEALTH_OK;
    text_colored(&b, o->color, ok ? GREEN : RED, pawl_health_name(h->status));
    if (h->status != PAWL_HEALTH_UNREACHABLE)
        strbuf_addf(&b, ": version %" PRId64 ", latest %" PRId64 ", pending %zu", h->version, h->latest, h->pending);
    strbuf_addc(&b, '\n');
    if (h->message[0])
        text_lines(&b, h->message, "  ");
    if (!o->quiet || !ok)
        text_emit(o, o->results, &b);
}

static void put_fact(struct strbuf *b, const struct out *o, const char *sign, enum color color, const char *line)
{
    if (!line)
        return;
    strbuf_addz(b, "  ");
    text_colored(b, o->color, color, sign);
    strbuf_addc(b, ' ');
    clean_add(b, slice_of(line), false);
    strbuf_addc(b, '\n');
}

static void put_unmanaged(struct strbuf *b, const struct out *o, const struct pawl_drift *d)
{
    size_t shown = o->verbose || d->n_unmanaged <= TEXT_MOST ? d->n_unmanaged : TEXT_MOST;
    if (d->n_unmanaged)
        strbuf_addz(b, "not made by any migration, and not counted:\n");
    for (size_t i = 0; i < shown; i++) {
        strbuf_addz(b, "  ");
        clean_add(b, slice_of(d->unmanaged[i]), false);
        strbuf_addc(b, '\n');
    }
    if (shown < d->n_unmanaged)
        strbuf_addf(b, "  and %zu more; --verbose lists them\n", d->n_unmanaged - shown);
}

static void text_drift(struct out *o, const struct pawl_drift *d)
{
    STRBUF(b, TEXT_MAX);
    for (size_t i = 0; i < d->n; i++) {
        put_fact(&b, o, "-", RED, d->lines[i].certified);
        put_fact(&b, o, "+", GREEN, d->lines[i].live);
    }
    if (d->sql && !d->matches && !o->quiet) {
        strbuf_addz(&b, "this would make it the certified one:\n");
        text_lines(&b, d->sql, "  ");
    }
    if (!o->quiet)
        put_unmanaged(&b, o, d);
    if (!o->quiet || !d->matches) {
        text_colored(&b, o->color, d->matches ? GREEN : RED, d->matches ? "matches" : "drift");
        strbuf_addf(&b, ": version %" PRId64 " on %s %s, %zu facts", d->version, d->engine, d->engine_version,
                    d->facts);
        if (d->ignored)
            strbuf_addf(&b, ", %zu ignored", d->ignored);
        if (d->harmless)
            strbuf_addf(&b, "; the same but for %s", d->harmless);
        if (d->shapes)
            strbuf_addz(&b, "; compared by shape, since the certificate is of another major version");
        if (!d->matches)
            strbuf_addf(&b, ", %zu %s", d->n, text_plural(d->n, "differs", "differ"));
        strbuf_addc(&b, '\n');
    }
    text_emit(o, o->results, &b);
}

static void text_files(struct out *o, int64_t version, const char *const *paths, size_t n)
{
    (void)version;
    for (size_t i = 0; i < n; i++) {
        STRBUF(b, TEXT_MAX);
        clean_add(&b, slice_of(paths[i]), false);
        strbuf_addc(&b, '\n');
        text_emit(o, o->results, &b);
    }
}

static void text_version(struct out *o)
{
    fprintf(o->results, "pawl %s\n", pawl_version());
}

static void text_error(struct out *o, const struct pawl_error *e)
{
    STRBUF(b, TEXT_MAX);
    text_colored(&b, o->color_messages, RED, "pawl:");
    strbuf_addc(&b, ' ');
    clean_add(&b, slice_of(e->message), false);
    const struct pawl_finding *finding = record_find(&o->record, e);
    if (finding)
        text_code(&b, finding);
    strbuf_addc(&b, '\n');
    if (e->file[0]) {
        strbuf_addz(&b, "  at ");
        text_place(&b, e->file, e->line, e->column);
        strbuf_addc(&b, '\n');
    }
    if (e->hint[0]) {
        strbuf_addz(&b, "  hint: ");
        clean_add(&b, slice_of(e->hint), false);
        strbuf_addc(&b, '\n');
    }
    text_emit(o, o->messages, &b);
}

static void text_end(struct out *o)
{
    text_wipe(o);
}

const struct out_kind out_text = {
    .event = text_event,
    .steps = text_steps,
    .status = text_status,
    .health = text_health,
    .drift = text_drift,
    .verified = text_verified,
    .files = text_files,
    .fixed = text_fixed,
    .dumped = text_dumped,
    .differs = text_differs,
    .downs = text_downs,
    .squashed = text_squashed,
    .version = text_version,
    .error = text_error,
    .end = text_end,
};
