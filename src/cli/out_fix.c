#include <unistd.h>

#include "base/udiff.h"
#include "cli/clean.h"
#include "cli/text.h"
#include "sys/term.h"

static enum color line_color(struct slice line)
{
    if (slice_starts(line, SLICE("@@")))
        return CYAN;
    return slice_starts(line, SLICE("+")) ? GREEN : slice_starts(line, SLICE("-")) ? RED : PLAIN;
}

/* On a terminal clean and in colours; elsewhere byte by byte, so that patch can read it. */
static void show_diff(struct out *o, const struct pawl_fix_text *t)
{
    STRBUF(b, TEXT_MAX);
    STRBUF(shown, TEXT_MAX);
    if (!udiff(&b, slice_of(t->file), slice_of(t->before), slice_of(t->after))) {
        o->failed = true;
        return;
    }
    struct slice rest = strbuf_slice(&b);
    bool terminal = term_is(STDOUT_FILENO);
    while (terminal && rest.n) {
        size_t end = slice_find_byte(rest, '\n');
        struct slice line = slice_sub(rest, 0, end);
        text_color_on(&shown, o->color, line_color(line));
        clean_add(&shown, line, false);
        text_color_off(&shown, o->color, line_color(line));
        strbuf_addc(&shown, '\n');
        rest = slice_sub(rest, end == SIZE_MAX ? rest.n : end + 1, rest.n);
    }
    text_emit(o, o->results, terminal ? &shown : &b);
}

static void show_name(struct out *o, FILE *stream, const char *did, const struct pawl_fix_text *t)
{
    STRBUF(b, TEXT_MAX);
    strbuf_addf(&b, "%s ", did);
    clean_add(&b, slice_of(t->file), false);
    if (t->reason && t->state != PAWL_FIX_REWRITTEN) {
        strbuf_addz(&b, ": ");
        clean_add(&b, slice_of(t->reason), false);
    }
    strbuf_addc(&b, '\n');
    text_emit(o, stream, &b);
}

static void sum_up(struct out *o, const struct pawl_fix_report *r, bool wrote)
{
    STRBUF(b, 1024);
    const char *comma = "";
    text_count(&b, r->rewritten, wrote ? "file rewritten" : "file to rewrite",
               wrote ? "files rewritten" : "files to rewrite", &comma);
    text_count(&b, r->left, "left as it is", "left as they are", &comma);
    text_count(&b, r->applied, "applied already", "applied already", &comma);
    strbuf_addz(&b, r->n ? "\n" : "every file can be run twice as it is\n");
    text_emit(o, o->messages, &b);
}

void text_fixed(struct out *o, const struct pawl_fix_report *report, bool wrote, bool check)
{
    for (size_t i = 0; i < report->n; i++) {
        const struct pawl_fix_text *t = &report->items[i];
        if (t->state == PAWL_FIX_REWRITTEN && wrote)
            show_name(o, o->results, "rewrote", t);
        else if (t->state == PAWL_FIX_REWRITTEN && check)
            show_name(o, o->results, "would rewrite", t);
        else if (t->state == PAWL_FIX_REWRITTEN)
            show_diff(o, t);
    }
    for (size_t i = 0; i < report->n && !o->quiet; i++)
        if (report->items[i].state == PAWL_FIX_LEFT)
            show_name(o, o->messages, "left", &report->items[i]);
    if (!o->quiet)
        sum_up(o, report, wrote);
}
