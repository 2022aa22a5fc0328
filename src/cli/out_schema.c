#include "cli/clean.h"
#include "cli/text.h"

static void show(struct out *o, FILE *stream, const char *text)
{
    STRBUF(b, (size_t)256 << 20);
    strbuf_addz(&b, text);
    text_emit(o, stream, &b);
}

static void count_missing(struct out *o, size_t missing)
{
    STRBUF(b, 256);
    if (!missing)
        return;
    strbuf_addf(&b, "no SQL could be written for %zu fact%s; comments name %s\n", missing, missing == 1 ? "" : "s",
                missing == 1 ? "it" : "them");
    text_emit(o, o->messages, &b);
}

void text_dumped(struct out *o, const struct pawl_dump *d, bool sql)
{
    (void)sql;
    show(o, o->results, d->text);
    count_missing(o, d->missing);
}

void text_differs(struct out *o, const struct pawl_difference *d, bool sql)
{
    STRBUF(b, (size_t)256 << 20);
    if (sql) {
        show(o, o->results, d->sql);
        count_missing(o, d->missing);
        return;
    }
    for (size_t i = 0; i < d->n; i++)
        for (int after = 0; after < 2; after++) {
            const char *line = after ? d->items[i].after : d->items[i].before;
            if (!line)
                continue;
            text_color_on(&b, o->color, after ? GREEN : RED);
            strbuf_addc(&b, after ? '+' : '-');
            clean_add(&b, slice_of(line), false);
            text_color_off(&b, o->color, after ? GREEN : RED);
            strbuf_addc(&b, '\n');
        }
    text_emit(o, o->results, &b);
}

/* ---- generated downs ----------------------------------------------------------------------------------------------- */

static void one_down(struct out *o, const struct pawl_downs_text *t, bool wrote)
{
    STRBUF(b, TEXT_MAX);
    if (t->state == PAWL_DOWNS_WRITTEN && !wrote) {
        strbuf_addz(&b, "-- ");
        clean_add(&b, slice_of(t->file), false);
        strbuf_addf(&b, "\n%s\n", t->text);
        text_emit(o, o->results, &b);
    } else if (t->state == PAWL_DOWNS_WRITTEN) {
        strbuf_addz(&b, "wrote ");
        clean_add(&b, slice_of(t->file), false);
        strbuf_addc(&b, '\n');
        text_emit(o, o->results, &b);
    } else {
        strbuf_addz(&b, t->state == PAWL_DOWNS_HOLDS ? "holds already: " : "left ");
        clean_add(&b, slice_of(t->file), false);
        if (t->reason) {
            strbuf_addz(&b, ": ");
            clean_add(&b, slice_of(t->reason), false);
        }
        strbuf_addc(&b, '\n');
        text_emit(o, o->messages, &b);
    }
}

void text_downs(struct out *o, const struct pawl_downs_report *r, bool wrote)
{
    STRBUF(b, 1024);
    const char *comma = "";
    for (size_t i = 0; i < r->n; i++)
        if (r->items[i].state == PAWL_DOWNS_WRITTEN || !o->quiet)
            one_down(o, &r->items[i], wrote);
    text_count(&b, r->written, wrote ? "down text written" : "down text to write",
               wrote ? "down texts written" : "down texts to write", &comma);
    text_count(&b, r->left, "cannot be written", "cannot be written", &comma);
    strbuf_addz(&b, r->written || r->left ? "\n" : "nothing to write\n");
    if (!o->quiet)
        text_emit(o, o->messages, &b);
}
