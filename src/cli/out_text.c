#include "cli/out.h"

#include <inttypes.h>

#include "cli/clean.h"

#define TEXT_MAX (1u << 24)

enum color { PLAIN, BOLD, DIM, RED, GREEN, YELLOW, CYAN };

static const char *const colors[] = {"", "\033[1m", "\033[2m", "\033[1;31m", "\033[32m", "\033[33m", "\033[36m"};

/* ---- pieces ------------------------------------------------------------------------------------------------------ */

static void put_color(struct strbuf *b, bool on, enum color color)
{
    if (on && color != PLAIN)
        strbuf_addz(b, colors[color]);
}

static void put_plain(struct strbuf *b, bool on, enum color color)
{
    if (on && color != PLAIN)
        strbuf_addz(b, "\033[0m");
}

static void put_colored(struct strbuf *b, bool on, enum color color, const char *text)
{
    put_color(b, on, color);
    clean_add(b, slice_of(text), false);
    put_plain(b, on, color);
}

static void pad(struct strbuf *b, size_t used, size_t width)
{
    for (; used < width; used++)
        strbuf_addc(b, ' ');
}

/* 1.2 ms, 340 us, 2.5 s: three digits say enough. */
static void put_time(struct strbuf *b, uint64_t ns)
{
    if (ns < 1000000)
        strbuf_addf(b, "%" PRIu64 " us", ns / 1000);
    else if (ns < 1000000000)
        strbuf_addf(b, "%.1f ms", (double)ns / 1e6);
    else
        strbuf_addf(b, "%.1f s", (double)ns / 1e9);
}

static const char *plural(size_t n, const char *one, const char *many)
{
    return n == 1 ? one : many;
}

/* The progress line stays at the bottom: whatever is written wipes it first. */
static void wipe(struct out *o)
{
    if (o->live_shown)
        fputs("\r\033[K", o->messages);
    o->live_shown = false;
}

static void emit(struct out *o, FILE *stream, const struct strbuf *b)
{
    wipe(o);
    if (!strbuf_ok(b))
        o->failed = true;
    else if (b->n)
        fwrite(b->p, 1, b->n, stream);
}

static enum color level_color(enum pawl_level level)
{
    return level == PAWL_LEVEL_ERROR ? RED : level == PAWL_LEVEL_WARNING ? YELLOW : CYAN;
}

static void put_place(struct strbuf *b, const char *file, uint32_t line, uint32_t column)
{
    clean_add(b, slice_of(file), false);
    if (line)
        strbuf_addf(b, ":%u", line);
    if (line && column)
        strbuf_addf(b, ":%u", column);
}

/* Every line of a text, indented. */
static void put_lines(struct strbuf *b, const char *text, const char *indent)
{
    struct slice rest = slice_of(text);
    while (rest.n) {
        size_t end = slice_find_byte(rest, '\n');
        strbuf_addz(b, indent);
        clean_add(b, slice_sub(rest, 0, end), true);
        strbuf_addc(b, '\n');
        rest = end == SIZE_MAX ? SLICE("") : slice_sub(rest, end + 1, rest.n);
    }
}

/* ---- as it happens ----------------------------------------------------------------------------------------------- */

static void show_step(struct out *o, const struct pawl_event *event)
{
    STRBUF(b, TEXT_MAX);
    if (o->quiet && !event->dry_run)
        return;
    const char *done = event->reverting ? "down" : "up", *planned = event->reverting ? "would revert" : "would apply";
    strbuf_addz(&b, "  ");
    put_colored(&b, o->color, event->reverting ? YELLOW : GREEN, event->dry_run ? planned : done);
    strbuf_addf(&b, " %" PRId64 " ", event->version);
    clean_add(&b, slice_of(event->description), false);
    if (event->elapsed_ns) { /* several steps sent in one go have no times of their own */
        strbuf_addz(&b, " (");
        put_time(&b, event->elapsed_ns);
        strbuf_addc(&b, ')');
    }
    strbuf_addc(&b, '\n');
    emit(o, o->results, &b);
    fflush(o->results);
}

static void show_note(struct out *o, const struct pawl_event *event)
{
    STRBUF(b, TEXT_MAX);
    if (o->quiet && event->level < PAWL_LEVEL_WARNING)
        return;
    strbuf_addz(&b, "pawl: ");
    put_colored(&b, o->color_messages, level_color(event->level), pawl_level_name(event->level));
    strbuf_addz(&b, ": ");
    clean_add(&b, slice_of(event->message), false);
    strbuf_addc(&b, '\n');
    emit(o, o->messages, &b);
}

/*
 * What is lost must be seen before it is lost, quiet or not. The object is "table users", "column users.email" or "rows of
 * users"; the count is one of rows, or of values for a column.
 */
static void show_loss(struct out *o, const struct pawl_event *event)
{
    STRBUF(b, TEXT_MAX);
    struct slice object = slice_of(event->object);
    bool column = slice_starts(object, SLICE("column ")), rows = slice_starts(object, SLICE("rows of "));
    const char *unit = plural((size_t)event->count, column ? "value" : "row", column ? "values" : "rows");
    strbuf_addz(&b, "  ");
    put_colored(&b, o->color_messages, RED, "loses");
    strbuf_addc(&b, ' ');
    if (rows) {
        strbuf_addf(&b, "%" PRId64 " %s of ", event->count, unit);
        clean_add(&b, slice_sub(object, strlen("rows of "), object.n), false);
    } else {
        clean_add(&b, object, false);
        strbuf_addf(&b, ": %" PRId64 " %s", event->count, unit);
    }
    strbuf_addc(&b, '\n');
    emit(o, o->messages, &b);
}

static void show_progress(struct out *o, const struct pawl_event *event)
{
    STRBUF(b, TEXT_MAX);
    if (!o->live || o->quiet)
        return;
    strbuf_addz(&b, "  ");
    clean_add(&b, slice_sub(slice_of(event->message), 0, 40), false);
    strbuf_addf(&b, " %" PRId64, event->count);
    if (event->total)
        strbuf_addf(&b, "/%" PRId64, event->total);
    if (b.n >= o->width)
        return;
    emit(o, o->messages, &b);
    fflush(o->messages);
    o->live_shown = true;
}

static void text_event(struct out *o, const struct pawl_event *event)
{
    switch (event->kind) {
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
    case PAWL_EVENT_STEP_BEGIN:
    case PAWL_EVENT_FINDING:
    case PAWL_EVENT_ENGINE:
    case PAWL_EVENT_PROOF:
        break;
    }
}

/* ---- findings ---------------------------------------------------------------------------------------------------- */

/* file:line:column first, as editors and terminals know it from compilers. */
static void put_finding(struct strbuf *b, bool color, const struct pawl_finding *f)
{
    if (f->file) {
        put_color(b, color, BOLD);
        put_place(b, f->file, f->line, f->column);
        put_plain(b, color, BOLD);
        strbuf_addz(b, ": ");
    }
    put_colored(b, color, level_color(f->level), pawl_level_name(f->level));
    strbuf_addz(b, ": ");
    clean_add(b, slice_of(f->message), false);
    strbuf_addf(b, " [%s%s%s]", pawl_finding_code(f->id), f->engine ? ", " : "", f->engine ? f->engine : "");
    strbuf_addc(b, '\n');
    put_lines(b, f->detail, "    ");
    if (f->hint && f->hint[0]) {
        put_colored(b, color, CYAN, "  hint:");
        strbuf_addc(b, ' ');
        clean_add(b, slice_of(f->hint), false);
        strbuf_addc(b, '\n');
    }
}

static void show_findings(struct out *o, FILE *stream, bool color)
{
    record_sort(&o->record);
    for (size_t i = 0; i < o->record.n_findings; i++) {
        const struct pawl_finding *f = &o->record.findings[i];
        if (f->level < PAWL_LEVEL_WARNING && o->quiet)
            continue;
        STRBUF(b, TEXT_MAX);
        put_finding(&b, color, f);
        emit(o, stream, &b);
    }
}

/* ---- verify ------------------------------------------------------------------------------------------------------ */

static const char *const headings[PAWL_PROOF_COUNT] = {
#define X(name, key, heading, meaning) heading,
    PAWL_PROOFS(X)
#undef X
};

static const struct {
    const char *text;
    enum color color;
} verdicts[] = {
    [PAWL_VERDICT_NONE] = {"-", DIM},
    [PAWL_VERDICT_PASS] = {"ok", GREEN},
    [PAWL_VERDICT_NOTE] = {"note", CYAN},
    [PAWL_VERDICT_FAIL] = {"FAIL", RED},
};

#define CELL(heading) (strlen(heading) < 4 ? 4 : strlen(heading))
#define NAME_MAX_WIDTH 40

static size_t version_width(const struct record_run *run)
{
    size_t width = strlen("version");
    for (size_t i = 0; i < run->n; i++) {
        size_t n = (size_t)snprintf(NULL, 0, "%" PRId64, run->rows[i].version);
        width = n > width ? n : width;
    }
    return width;
}

/* The wider of `width` and what a description takes, but not more than a table bears. */
static size_t wider_name(struct out *o, size_t width, const char *name)
{
    STRBUF(b, TEXT_MAX);
    clean_add(&b, slice_of(name), false);
    o->failed |= !strbuf_ok(&b);
    size_t n = clean_width(strbuf_slice(&b));
    n = n > width ? n : width;
    return n < NAME_MAX_WIDTH ? n : NAME_MAX_WIDTH;
}

static size_t name_width(struct out *o, const struct record_run *run)
{
    size_t width = strlen("description");
    for (size_t i = 0; i < run->n && width < NAME_MAX_WIDTH; i++)
        width = wider_name(o, width, run->rows[i].description);
    return width;
}

/* A description that is too long ends in two dots. */
static void put_name(struct strbuf *b, const char *name, size_t width)
{
    STRBUF(clean, TEXT_MAX);
    clean_add(&clean, slice_of(name), false);
    b->failed |= !strbuf_ok(&clean);
    struct slice s = strbuf_slice(&clean);
    size_t n = clean_width(s);
    if (n <= width) {
        strbuf_add(b, s);
        pad(b, n, width);
        return;
    }
    size_t end = 0;
    for (size_t seen = 0; end < s.n; end++)
        if (((unsigned char)s.p[end] & 0xc0) != 0x80 && seen++ == width - 2)
            break;
    strbuf_add(b, slice_sub(s, 0, end));
    strbuf_addz(b, "..");
}

static void put_row(struct strbuf *b, bool color, const struct record_row *row, size_t versions, size_t names)
{
    char number[32];
    int n = snprintf(number, sizeof number, "%" PRId64, row->version);
    strbuf_addz(b, "  ");
    pad(b, (size_t)n, versions);
    strbuf_addf(b, "%s  ", number);
    put_name(b, row->description, names);
    for (int i = 0; i < PAWL_PROOF_COUNT; i++) {
        const char *text = verdicts[row->verdict[i]].text;
        strbuf_addz(b, "  ");
        put_colored(b, color, verdicts[row->verdict[i]].color, text);
        if (i + 1 < PAWL_PROOF_COUNT)
            pad(b, strlen(text), CELL(headings[i]));
    }
    strbuf_addc(b, '\n');
}

static void put_heading(struct strbuf *b, bool color, size_t versions, size_t names)
{
    strbuf_addz(b, "  ");
    put_color(b, color, DIM);
    pad(b, strlen("version"), versions);
    strbuf_addz(b, "version  description");
    pad(b, strlen("description"), names);
    for (int i = 0; i < PAWL_PROOF_COUNT; i++) {
        strbuf_addf(b, "  %s", headings[i]);
        if (i + 1 < PAWL_PROOF_COUNT)
            pad(b, strlen(headings[i]), CELL(headings[i]));
    }
    put_plain(b, color, DIM);
    strbuf_addc(b, '\n');
}

static bool is_clean_row(const struct record_row *row)
{
    for (int i = 0; i < PAWL_PROOF_COUNT; i++)
        if (row->verdict[i] != PAWL_VERDICT_PASS)
            return false;
    return true;
}

static void show_run(struct out *o, const struct record_run *run)
{
    size_t versions = version_width(run), names = name_width(o, run);
    STRBUF(head, TEXT_MAX);
    put_colored(&head, o->color, BOLD, run->engine);
    strbuf_addc(&head, ' ');
    clean_add(&head, slice_of(run->engine_version), false);
    strbuf_addc(&head, '\n');
    put_heading(&head, o->color, versions, names);
    bool shown = !o->quiet;
    if (shown)
        emit(o, o->results, &head);
    for (size_t i = 0; i < run->n; i++) {
        if (o->quiet && is_clean_row(&run->rows[i]))
            continue;
        if (!shown)
            emit(o, o->results, &head);
        shown = true;
        STRBUF(row, TEXT_MAX);
        put_row(&row, o->color, &run->rows[i], versions, names);
        emit(o, o->results, &row);
    }
    if (shown)
        fputc('\n', o->results);
}

static void put_count(struct strbuf *b, size_t n, const char *one, const char *many, const char **comma)
{
    if (!n)
        return;
    strbuf_addf(b, "%s%zu %s", *comma, n, plural(n, one, many));
    *comma = ", ";
}

static void text_verified(struct out *o, bool ok)
{
    const struct record *r = &o->record;
    for (size_t i = 0; i < r->n_runs; i++)
        show_run(o, &r->runs[i]);
    show_findings(o, o->results, o->color);
    if (o->quiet || !r->n_runs)
        return;
    STRBUF(b, TEXT_MAX);
    const char *comma = "";
    size_t n = r->n_runs ? r->runs[0].n : 0;
    if (r->n_findings)
        strbuf_addc(&b, '\n');
    put_colored(&b, o->color, ok ? GREEN : RED, ok ? "proved" : "not proved");
    strbuf_addz(&b, ": ");
    put_count(&b, n, "migration", "migrations", &comma);
    for (size_t i = 0; i < r->n_runs; i++)
        strbuf_addf(&b, "%s%s %s", i ? " and " : " on ", r->runs[i].engine, r->runs[i].engine_version);
    comma = n ? "; " : "";
    put_count(&b, r->errors, "error", "errors", &comma);
    comma = r->errors ? ", " : comma;
    put_count(&b, r->warnings, "warning", "warnings", &comma);
    put_count(&b, r->hints, "note", "notes", &comma);
    strbuf_addc(&b, '\n');
    emit(o, o->results, &b);
}

/* ---- other results ----------------------------------------------------------------------------------------------- */

static void text_steps(struct out *o, const char *did, const struct pawl_result *result, bool ok)
{
    STRBUF(b, TEXT_MAX);
    bool dry = o->record.n_steps && o->record.steps[0].dry_run;
    show_findings(o, o->messages, o->color_messages);
    if (o->quiet || (!ok && !result->steps))
        return;
    if (result->steps)
        strbuf_addf(&b, "%s%s %zu %s", dry ? "would have " : "", did, result->steps,
                    plural(result->steps, "migration", "migrations"));
    else
        strbuf_addz(&b, "nothing to do");
    if (dry)
        strbuf_addz(&b, "; nothing was changed\n");
    else if (result->version)
        strbuf_addf(&b, "; the database is at version %" PRId64 "\n", result->version);
    else
        strbuf_addz(&b, "; no migration is applied\n");
    emit(o, o->results, &b);
}

static void put_state(struct strbuf *b, bool color, enum pawl_state state)
{
    static const enum color colors_of[] = {
        [PAWL_STATE_PENDING] = YELLOW,      [PAWL_STATE_APPLIED] = GREEN, [PAWL_STATE_CHANGED] = RED,
        [PAWL_STATE_LINE_ENDINGS] = YELLOW, [PAWL_STATE_MISSING] = RED,   [PAWL_STATE_AHEAD] = YELLOW,
        [PAWL_STATE_DIRTY] = RED,
    };
    const char *name = pawl_state_name(state);
    put_colored(b, color, colors_of[state], name);
    pad(b, strlen(name), strlen(pawl_state_name(PAWL_STATE_LINE_ENDINGS)));
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
    for (size_t i = 0; i < s->n && w.name < NAME_MAX_WIDTH; i++)
        w.name = wider_name(o, w.name, s->rows[i].description);
    return w;
}

static void put_status_row(struct strbuf *b, const struct out *o, const struct pawl_status_row *row,
                           struct status_widths w)
{
    strbuf_addf(b, "  %*" PRId64 "  ", w.version, row->version);
    put_state(b, o->color, row->state);
    strbuf_addz(b, "  ");
    put_name(b, row->description, w.name);
    if (row->installed_on) {
        strbuf_addz(b, "  ");
        clean_add(b, slice_of(row->installed_on), false);
    }
    if (row->installed_on && row->execution_time_ns >= 0 && o->verbose) {
        strbuf_addz(b, "  ");
        put_time(b, (uint64_t)row->execution_time_ns);
    }
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
    put_count(b, s->pending, "pending", "pending", &comma);
    put_count(b, s->changed, "changed", "changed", &comma);
    put_count(b, s->missing, "missing", "missing", &comma);
    put_count(b, s->ahead, "ahead of the files", "ahead of the files", &comma);
    put_count(b, s->dirty, "dirty", "dirty", &comma);
    if (comma[0] == ';')
        strbuf_addz(b, "; up to date");
    strbuf_addc(b, '\n');
}

static void text_status(struct out *o, const struct pawl_status *s)
{
    show_findings(o, o->messages, o->color_messages);
    struct status_widths w = status_widths(o, s);
    for (size_t i = 0; i < s->n; i++) {
        if (o->quiet && s->rows[i].state == PAWL_STATE_APPLIED)
            continue;
        STRBUF(row, TEXT_MAX);
        put_status_row(&row, o, &s->rows[i], w);
        emit(o, o->results, &row);
    }
    STRBUF(b, TEXT_MAX);
    if (o->verbose && s->engine)
        strbuf_addf(&b, "%s %s\n", s->engine, s->engine_version ? s->engine_version : "");
    put_status_counts(&b, s);
    if (!o->quiet)
        emit(o, o->results, &b);
}

static void text_health(struct out *o, const struct pawl_health *h)
{
    STRBUF(b, TEXT_MAX);
    bool ok = h->status == PAWL_HEALTH_OK;
    put_colored(&b, o->color, ok ? GREEN : RED, pawl_health_name(h->status));
    if (h->status != PAWL_HEALTH_UNREACHABLE)
        strbuf_addf(&b, ": version %" PRId64 ", latest %" PRId64 ", pending %zu", h->version, h->latest, h->pending);
    strbuf_addc(&b, '\n');
    if (h->message[0])
        put_lines(&b, h->message, "  ");
    if (!o->quiet || !ok)
        emit(o, o->results, &b);
}

static void text_files(struct out *o, int64_t version, const char *const *paths, size_t n)
{
    (void)version;
    for (size_t i = 0; i < n; i++) {
        STRBUF(b, TEXT_MAX);
        clean_add(&b, slice_of(paths[i]), false);
        strbuf_addc(&b, '\n');
        emit(o, o->results, &b);
    }
}

static void text_version(struct out *o)
{
    fprintf(o->results, "pawl %s\n", pawl_version());
}

static void text_error(struct out *o, const struct pawl_error *e)
{
    STRBUF(b, TEXT_MAX);
    put_colored(&b, o->color_messages, RED, "pawl:");
    strbuf_addc(&b, ' ');
    clean_add(&b, slice_of(e->message), false);
    strbuf_addc(&b, '\n');
    if (e->file[0]) {
        strbuf_addz(&b, "  at ");
        put_place(&b, e->file, e->line, e->column);
        strbuf_addc(&b, '\n');
    }
    if (e->hint[0]) {
        strbuf_addz(&b, "  hint: ");
        clean_add(&b, slice_of(e->hint), false);
        strbuf_addc(&b, '\n');
    }
    emit(o, o->messages, &b);
}

static void text_end(struct out *o)
{
    wipe(o);
}

const struct out_kind out_text = {
    .event = text_event,
    .steps = text_steps,
    .status = text_status,
    .health = text_health,
    .verified = text_verified,
    .files = text_files,
    .version = text_version,
    .error = text_error,
    .end = text_end,
};
