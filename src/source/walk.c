#include "source/walk.h"

/* What stands between two statements. */
struct gap {
    unsigned only;      /* engines that the next statement is for; 0 = all */
    size_t only_at;     /* the directive's offset */
    unsigned file_only; /* the same for the whole file */
    unsigned line_ends; /* since the last comment began: two mean an empty line */
};

void walk_init(struct walk *w, const struct dialect *dialect, const char *engine, struct slice text, bool annotated)
{
    *w = (struct walk){
        .engine = annotate_engine(slice_of(engine)),
        .annotated = annotated,
        .lock_timeout_ms = -1,
    };
    split_init(&w->splitter, dialect, text);
}

static void fault(const struct walk *w, size_t offset, const char *why)
{
    if (w->on_fault)
        w->on_fault(w->context, offset, why);
}

static bool alone_on_line(struct slice text, size_t offset)
{
    while (offset && (text.p[offset - 1] == ' ' || text.p[offset - 1] == '\t'))
        offset--;
    return offset == 0 || text.p[offset - 1] == '\n' || text.p[offset - 1] == '\r';
}

/* Line ends in from..to; CRLF is one, counted at its LF. */
static unsigned count_line_ends(struct slice text, size_t from, size_t to)
{
    unsigned n = 0;
    for (size_t i = from; i < to; i++)
        n += text.p[i] == '\n' || (text.p[i] == '\r' && (i + 1 == text.n || text.p[i + 1] != '\n'));
    return n;
}

/* An `only` that no statement follows directly is for the file, if it stands at its head, or for nothing. */
static void detach(struct walk *w, struct gap *g)
{
    if (!g->only)
        return;
    if (w->started)
        fault(w, g->only_at, "no statement follows on the next line, so it is for nothing");
    else
        g->file_only = g->file_only ? g->file_only & g->only : g->only;
    g->only = 0;
}

static void take_comment(struct walk *w, struct gap *g, const struct token *t)
{
    struct annotation found;
    struct slice text = w->splitter.lx.text;
    size_t end = t->offset + t->length;
    g->line_ends = count_line_ends(text, end - 1, end); /* some dialects take the line end into the comment */
    annotate_read(slice_sub(text, t->offset, end), &found);
    if (found.kind == ANNOTATION_NONE)
        return;
    if (!alone_on_line(text, t->offset)) {
        fault(w, t->offset, "it does not stand on a line of its own, so it is not read");
        return;
    }
    if (found.kind == ANNOTATION_UNKNOWN) {
        fault(w, t->offset, found.why);
    } else if (found.kind == ANNOTATION_ONLY) {
        g->only = found.engines;
        g->only_at = t->offset;
    } else if (w->started) {
        fault(w, t->offset, "it is for the whole file, so it must stand before the first statement");
    } else if (found.kind == ANNOTATION_REPEATABLE) {
        w->repeatable = true;
    } else if (found.kind == ANNOTATION_LOCK_TIMEOUT) {
        w->lock_timeout_ms = found.milliseconds;
    }
}

/* Client lines that split passes over, and terminators of nothing, do not end a gap. */
static bool is_nothing(const struct lexer *lx, const struct token *t)
{
    struct slice s = lexer_slice(lx, t);
    if (t->kind == TOKEN_CLIENT)
        return slice_starts(s, SLICE("\\restrict ")) || slice_starts(s, SLICE("\\unrestrict "));
    return t->kind == TOKEN_PUNCTUATION && t->c == ';';
}

/* Reads ahead to the next statement; false if there is none. */
static bool read_gap(struct walk *w, struct gap *g)
{
    struct lexer lx = w->splitter.lx;
    struct token t;
    lx.keep = true;
    while (lexer_next(&lx, &t)) {
        if (t.kind == TOKEN_SPACE) {
            g->line_ends += count_line_ends(lx.text, t.offset, t.offset + t.length);
            if (g->line_ends > 1)
                detach(w, g);
        } else if (t.kind == TOKEN_COMMENT) {
            take_comment(w, g, &t);
        } else if (!is_nothing(&lx, &t)) {
            return true;
        }
    }
    detach(w, g);
    return false;
}

/* As the engine that it is for would split it; the walk goes on behind it. */
static enum split_result split_foreign(struct walk *w, unsigned engines, struct statement *st, struct pawl_error *e)
{
    struct splitter other;
    split_init(&other, annotate_dialect(engines), w->splitter.lx.text);
    other.lx.at = w->splitter.lx.at;
    enum split_result result = split_next(&other, st, e);
    w->splitter.lx.at = other.lx.at;
    w->splitter.error = other.error;
    return result;
}

enum split_result walk_next(struct walk *w, struct walk_statement *out, struct pawl_error *e)
{
    struct gap g = {0};
    out->foreign = false;
    if (w->skip)
        return SPLIT_END;
    if (w->annotated) {
        read_gap(w, &g);
        if (g.file_only)
            w->only = g.file_only;
        w->skip = w->only && !(w->only & w->engine);
        if (w->skip)
            return SPLIT_END;
    }
    w->started = true;
    out->only = g.only && w->only ? g.only & w->only : g.only | w->only;
    out->foreign = g.only && !(g.only & w->engine);
    return out->foreign ? split_foreign(w, g.only, &out->st, e) : split_next(&w->splitter, &out->st, e);
}
