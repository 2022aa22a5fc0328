#include "proof/tell.h"

#include "proof/hint.h"
#include "proof/origin.h"
#include "proof/repro.h"
#include "schema/fact.h"
#include "sql/locate.h"

#define MAX_MESSAGE 1500
#define MAX_DETAIL 3000
#define MAX_LINES 24      /* of a difference */
#define MAX_STATEMENT 300 /* bytes of a statement that are shown */

struct slice step_name(const struct trial *tr, size_t k)
{
    return slice_file_name(tr->steps[k].migration->up.path);
}

/* ---- pieces ------------------------------------------------------------------------------------------------------ */

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* On one line, and not all of a long one. Never cut inside a character. */
static void add_statement(struct strbuf *b, struct slice sql)
{
    size_t end = sql.n > MAX_STATEMENT ? MAX_STATEMENT : sql.n;
    while (end < sql.n && end > 0 && ((unsigned char)sql.p[end] & 0xc0) == 0x80)
        end--;
    bool space = false;
    for (size_t i = 0; i < end; i++) {
        if (is_space(sql.p[i])) {
            space = true;
            continue;
        }
        if (space)
            strbuf_addc(b, ' ');
        space = false;
        strbuf_addc(b, sql.p[i]);
    }
    if (end < sql.n)
        strbuf_addz(b, " ...");
    strbuf_addc(b, '\n');
}

static void add_difference(struct strbuf *b, const struct trial *tr, const struct tale *t)
{
    size_t lines = 0;
    for (size_t i = 0; i < t->delta->n; i++) {
        const struct change *c = &t->delta->items[i];
        if (lines >= MAX_LINES || b->n > MAX_DETAIL - 700) {
            strbuf_addf(b, "and %zu more\n", t->delta->n - i);
            return;
        }
        if (c->before.p)
            strbuf_addf(b, "- %.*s\n", (int)(c->before.n > 300 ? 300 : c->before.n), c->before.p);
        if (c->after.p)
            strbuf_addf(b, "+ %.*s\n", (int)(c->after.n > 300 ? 300 : c->after.n), c->after.p);
        lines += c->before.p && c->after.p ? 2 : 1;
    }
    (void)tr;
}

/* "table old comes back; 0007_drop_old.sql had removed it", or without a later version "adds table old". */
static void add_change(struct strbuf *b, const struct trial *tr, const struct tale *t, const struct change *c)
{
    static const char *const verbs[3][3] = {
        [TALE_AGAIN] = {"adds", "removes", "changes"},
        [TALE_HEAD] = {"brings back", "takes away", "sets back"},
        [TALE_LEFT] = {"leaves behind", "does not bring back", "does not restore"},
    };
    static const char *const plain[] = {"adds", "takes away", "changes"};
    static const char *const did[] = {"removed", "added", "changed"};
    size_t which = !c->before.p ? 0 : !c->after.p ? 1 : 2;
    size_t by = t->kind == TALE_HEAD ? origin_find(tr, t->k, c) : SIZE_MAX;
    const char *verb = t->kind == TALE_HEAD && by == SIZE_MAX ? plain[which] : verbs[t->kind][which];
    strbuf_addf(b, "%s " SLICE_FMT, verb, SLICE_ARG(c->key));
    if (by != SIZE_MAX)
        strbuf_addf(b, ", which " SLICE_FMT " had %s", SLICE_ARG(step_name(tr, by)), did[which]);
}

static void add_rows(struct strbuf *b, const struct tale *t)
{
    for (size_t i = 0; i < t->n_rows; i++) {
        const struct row_change *r = &t->rows[i];
        if (i == 8) {
            strbuf_addf(b, " and %zu more", t->n_rows - i);
            return;
        }
        strbuf_addf(b, "%s" SLICE_FMT, i ? ", " : " ", SLICE_ARG(r->name));
        if (r->before == r->after)
            strbuf_addz(b, " has other values in its rows");
        else
            strbuf_addf(b, " has %lld rows instead of %lld", (long long)r->after, (long long)r->before);
    }
}

static void add_message(struct strbuf *b, const struct trial *tr, const struct tale *t)
{
    strbuf_addz(b, t->said);
    if (t->failed) {
        strbuf_addf(b, ": %s", t->failed->error.message);
    } else if (t->delta && t->delta->n) {
        const struct change *c = origin_headline(t->delta);
        strbuf_addz(b, ": it ");
        add_change(b, tr, t, c);
        if (t->delta->n > 1)
            strbuf_addf(b, " (and %zu more fact%s)", t->delta->n - 1, t->delta->n > 2 ? "s" : "");
    } else if (t->n_rows) {
        strbuf_addc(b, ':');
        add_rows(b, t);
    }
}

/* ---- where ------------------------------------------------------------------------------------------------------- */

/* A refused statement has its place; for a difference it is the first statement that names the object. */
static void find_place(const struct trial *tr, const struct tale *t, struct pawl_finding *f, struct slice *statement)
{
    if (!t->unit || !t->unit->open)
        return;
    if (t->failed) {
        f->line = t->failed->error.line;
        f->column = t->failed->error.column;
        *statement = t->failed->statement;
        return;
    }
    struct slice name = t->delta && t->delta->n ? origin_headline(t->delta)->key
                        : t->n_rows             ? t->rows[0].name
                                                : (struct slice){NULL, 0};
    size_t offset = name.n ? origin_statement(tr, t->unit, name, statement) : SIZE_MAX;
    if (offset == SIZE_MAX && t->delta && t->delta->n) { /* an index goes with its table */
        const struct change *c = origin_headline(t->delta);
        name = fact_value(c->before.p ? c->before : c->after, "on");
        offset = name.p ? origin_statement(tr, t->unit, name, statement) : SIZE_MAX;
    }
    if (offset != SIZE_MAX) {
        struct place at = locate_once(t->unit->text.sql, offset);
        f->line = at.line;
        f->column = at.column;
    }
}

/* ---- telling ----------------------------------------------------------------------------------------------------- */

/* A message that was too long ends where it was cut; a detail too. What was said so far is true all the same. */
static int report(struct trial *tr, struct pawl_finding *f, enum pawl_level *level, struct strbuf *message,
                  struct strbuf *detail, struct pawl_error *e)
{
    if (!message->p)
        return err_nomem(e);
    if (detail->n && detail->p[detail->n - 1] == '\n')
        detail->p[--detail->n] = '\0';
    f->engine = tr->options->driver->name;
    f->message = strbuf_z(message);
    f->detail = detail->n ? strbuf_z(detail) : NULL;
    if (f->hint && !*f->hint)
        f->hint = NULL;
    *level = report_finding(tr->report, f);
    return PAWL_OK;
}

int tell(struct trial *tr, const struct tale *t, struct pawl_error *e)
{
    STRBUF(message, MAX_MESSAGE);
    STRBUF(detail, MAX_DETAIL);
    struct pawl_finding f = {.id = t->id, .version = tr->steps[t->k].migration->version, .hint = t->hint};
    struct slice statement = {NULL, 0};
    enum pawl_level level = PAWL_LEVEL_OFF;
    const struct migration *m = tr->steps[t->k].migration;
    f.file = t->unit && t->unit->file->path.p ? t->unit->file->path.p : m->up.path.p;
    find_place(tr, t, &f, &statement);
    add_message(&message, tr, t);
    if (statement.n)
        add_statement(&detail, statement);
    if (t->delta)
        add_difference(&detail, tr, t);
    if (!f.hint && t->failed)
        f.hint = hint_find(t->id, &t->failed->error, tr->options->driver->dialect, t->failed->statement);
    if (!f.hint && t->failed && t->failed->error.hint[0])
        f.hint = t->failed->error.hint;
    int code = report(tr, &f, &level, &message, &detail, e);
    if (code)
        return code;
    trial_verdict(tr, t->k, t->proof, level == PAWL_LEVEL_ERROR ? PAWL_VERDICT_FAIL : PAWL_VERDICT_NOTE);
    if (!report_harmless(t->id))
        tr->steps[t->k].broken |= 1u << t->proof;
    return tr->options->repro_dir && level == PAWL_LEVEL_ERROR ? repro_write(tr, t, strbuf_z(&message), e) : PAWL_OK;
}

int tell_plain(struct trial *tr, size_t k, enum pawl_finding_id id, const char *hint, struct pawl_error *e,
               const char *format, ...)
{
    STRBUF(message, MAX_MESSAGE);
    STRBUF(detail, 1);
    enum pawl_level level = PAWL_LEVEL_OFF;
    const struct migration *m = tr->steps[k].migration;
    struct pawl_finding f = {.id = id, .version = m->version, .file = m->up.path.p, .hint = hint};
    va_list args;
    va_start(args, format);
    strbuf_vaddf(&message, format, args);
    va_end(args);
    return report(tr, &f, &level, &message, &detail, e);
}

int tell_refused(struct trial *tr, size_t k, enum pawl_finding_id id, const char *said, const struct pawl_error *why,
                 struct pawl_error *e)
{
    STRBUF(message, MAX_MESSAGE);
    STRBUF(detail, 1);
    enum pawl_level level = PAWL_LEVEL_OFF;
    const struct migration *m = tr->steps[k].migration;
    struct pawl_finding f = {.id = id, .version = m->version, .file = m->up.path.p, .hint = why->hint};
    if (why->file[0]) {
        f.file = why->file;
        f.line = why->line;
        f.column = why->column;
    }
    strbuf_addf(&message, "%s: %s", said, why->message);
    return report(tr, &f, &level, &message, &detail, e);
}
