#include <inttypes.h>

#include "cli/clean.h"
#include "cli/text.h"

/* ---- findings ---------------------------------------------------------------------------------------------------- */

/* How the configuration calls it. */
void text_code(struct strbuf *b, const struct pawl_finding *f)
{
    strbuf_addf(b, " [%s%s%s]", pawl_finding_code(f->id), f->engine ? ", " : "", f->engine ? f->engine : "");
}

/* file:line:column first, as editors and terminals know it from compilers. */
static void put_finding(struct strbuf *b, bool color, const struct pawl_finding *f)
{
    if (f->file) {
        text_color_on(b, color, BOLD);
        text_place(b, f->file, f->line, f->column);
        text_color_off(b, color, BOLD);
        strbuf_addz(b, ": ");
    }
    text_colored(b, color, text_level_color(f->level), pawl_level_name(f->level));
    strbuf_addz(b, ": ");
    clean_add(b, slice_of(f->message), false);
    text_code(b, f);
    strbuf_addc(b, '\n');
    text_lines(b, f->detail, "    ");
    if (f->hint && f->hint[0]) {
        text_colored(b, color, CYAN, "  hint:");
        strbuf_addc(b, ' ');
        clean_add(b, slice_of(f->hint), false);
        strbuf_addc(b, '\n');
    }
}

void text_findings(struct out *o, FILE *stream, bool color, size_t most, const struct pawl_error *e)
{
    size_t shown = 0, left = 0;
    record_sort(&o->record);
    const struct pawl_finding *told = e ? record_find(&o->record, e) : NULL;
    for (size_t i = 0; i < o->record.n_findings; i++) {
        const struct pawl_finding *f = &o->record.findings[i];
        if (f == told || (f->level < PAWL_LEVEL_ERROR && o->quiet))
            continue;
        if (f->level < PAWL_LEVEL_ERROR && shown++ >= most) {
            left++;
            continue;
        }
        STRBUF(b, TEXT_MAX);
        put_finding(&b, color, f);
        text_emit(o, stream, &b);
    }
    STRBUF(rest, TEXT_MAX);
    if (left)
        strbuf_addf(&rest, "pawl: %zu more like these; `pawl verify` lists them\n", left);
    text_emit(o, stream, &rest);
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

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

static size_t version_width(const struct record_run *run)
{
    size_t width = strlen("version");
    for (size_t i = 0; i < run->n; i++) {
        size_t n = (size_t)snprintf(NULL, 0, "%" PRId64, run->rows[i].version);
        width = n > width ? n : width;
    }
    return width;
}

static size_t name_width(struct out *o, const struct record_run *run)
{
    size_t width = strlen("description");
    for (size_t i = 0; i < run->n && width < TEXT_NAME_MAX; i++)
        width = text_wider(o, width, run->rows[i].description);
    return width;
}

static void put_row(struct strbuf *b, bool color, const struct record_row *row, size_t versions, size_t names)
{
    char number[32];
    int n = snprintf(number, sizeof number, "%" PRId64, row->version);
    strbuf_addz(b, "  ");
    text_pad(b, (size_t)n, versions);
    strbuf_addf(b, "%s  ", number);
    text_name(b, row->description, names);
    for (int i = 0; i < PAWL_PROOF_COUNT; i++) {
        const char *text = verdicts[row->verdict[i]].text;
        strbuf_addz(b, "  ");
        text_colored(b, color, verdicts[row->verdict[i]].color, text);
        text_pad(b, strlen(text), CELL(headings[i]));
    }
    strbuf_addz(b, "  ");
    text_colored(b, color,
                 row->runner == PAWL_RUNNER_NEITHER ? RED
                 : row->runner == PAWL_RUNNER_PLAIN ? GREEN
                                                    : CYAN,
                 pawl_runner_name(row->runner));
    strbuf_addc(b, '\n');
}

static void put_heading(struct strbuf *b, bool color, size_t versions, size_t names)
{
    strbuf_addz(b, "  ");
    text_color_on(b, color, DIM);
    text_pad(b, strlen("version"), versions);
    strbuf_addz(b, "version  description");
    text_pad(b, strlen("description"), names);
    for (int i = 0; i < PAWL_PROOF_COUNT; i++) {
        strbuf_addf(b, "  %s", headings[i]);
        text_pad(b, strlen(headings[i]), CELL(headings[i]));
    }
    strbuf_addz(b, "  runner");
    text_color_off(b, color, DIM);
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
    text_colored(&head, o->color, BOLD, run->engine);
    strbuf_addc(&head, ' ');
    clean_add(&head, slice_of(run->engine_version), false);
    strbuf_addc(&head, '\n');
    put_heading(&head, o->color, versions, names);
    bool shown = !o->quiet;
    if (shown)
        text_emit(o, o->results, &head);
    for (size_t i = 0; i < run->n; i++) {
        if (o->quiet && is_clean_row(&run->rows[i]))
            continue;
        if (!shown)
            text_emit(o, o->results, &head);
        shown = true;
        STRBUF(row, TEXT_MAX);
        put_row(&row, o->color, &run->rows[i], versions, names);
        text_emit(o, o->results, &row);
    }
    if (shown)
        fputc('\n', o->results);
}

void text_verified(struct out *o, bool ok)
{
    const struct record *r = &o->record;
    for (size_t i = 0; i < r->n_runs; i++)
        show_run(o, &r->runs[i]);
    text_findings(o, o->results, o->color, SIZE_MAX, NULL);
    if (o->quiet || !r->n_runs)
        return;
    STRBUF(b, TEXT_MAX);
    const char *comma = "";
    size_t n = r->n_runs ? r->runs[0].n : 0;
    if (r->n_findings)
        strbuf_addc(&b, '\n');
    text_colored(&b, o->color, ok ? GREEN : RED, ok ? "proved" : "not proved");
    comma = ": ";
    text_count(&b, n, "migration", "migrations", &comma);
    for (size_t i = 0; i < r->n_runs; i++)
        strbuf_addf(&b, "%s%s %s", i ? " and " : " on ", r->runs[i].engine, r->runs[i].engine_version);
    comma = "; ";
    text_count(&b, r->errors, "error", "errors", &comma);
    comma = r->errors ? ", " : comma;
    text_count(&b, r->warnings, "warning", "warnings", &comma);
    text_count(&b, r->hints, "note", "notes", &comma);
    strbuf_addc(&b, '\n');
    text_emit(o, o->results, &b);
}
