#include "cli/text.h"

#include <inttypes.h>

#include "cli/clean.h"

static const char *const colors[] = {"", "\033[1m", "\033[2m", "\033[1;31m", "\033[32m", "\033[33m", "\033[36m"};

void text_color_on(struct strbuf *b, bool on, enum color color)
{
    if (on && color != PLAIN)
        strbuf_addz(b, colors[color]);
}

void text_color_off(struct strbuf *b, bool on, enum color color)
{
    if (on && color != PLAIN)
        strbuf_addz(b, "\033[0m");
}

void text_colored(struct strbuf *b, bool on, enum color color, const char *text)
{
    text_color_on(b, on, color);
    clean_add(b, slice_of(text), false);
    text_color_off(b, on, color);
}

void text_pad(struct strbuf *b, size_t used, size_t width)
{
    for (; used < width; used++)
        strbuf_addc(b, ' ');
}

/* 1.2 ms, 340 us, 2.5 s: three digits say enough. */
void text_time(struct strbuf *b, uint64_t ns)
{
    if (ns < 1000000)
        strbuf_addf(b, "%" PRIu64 " us", ns / 1000);
    else if (ns < 1000000000)
        strbuf_addf(b, "%.1f ms", (double)ns / 1e6);
    else
        strbuf_addf(b, "%.1f s", (double)ns / 1e9);
}

const char *text_plural(size_t n, const char *one, const char *many)
{
    return n == 1 ? one : many;
}

/* The progress line stays at the bottom: whatever is written wipes it first. */
void text_wipe(struct out *o)
{
    if (o->live_shown)
        fputs("\r\033[K", o->messages);
    o->live_shown = false;
}

void text_emit(struct out *o, FILE *stream, const struct strbuf *b)
{
    text_wipe(o);
    if (stream == o->messages) /* what came first stands first, where both go to one place */
        fflush(o->results);
    if (!strbuf_ok(b))
        o->failed = true;
    else if (b->n)
        fwrite(b->p, 1, b->n, stream);
}

enum color text_level_color(enum pawl_level level)
{
    return level == PAWL_LEVEL_ERROR ? RED : level == PAWL_LEVEL_WARNING ? YELLOW : CYAN;
}

void text_place(struct strbuf *b, const char *file, uint32_t line, uint32_t column)
{
    clean_add(b, slice_of(file), false);
    if (line)
        strbuf_addf(b, ":%u", line);
    if (line && column)
        strbuf_addf(b, ":%u", column);
}

/* Every line of a text, indented. */
void text_lines(struct strbuf *b, const char *text, const char *indent)
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

/* The wider of `width` and what a description takes, but not more than a table bears. */
size_t text_wider(struct out *o, size_t width, const char *name)
{
    STRBUF(b, TEXT_MAX);
    clean_add(&b, slice_of(name), false);
    o->failed |= !strbuf_ok(&b);
    size_t n = clean_width(strbuf_slice(&b));
    n = n > width ? n : width;
    return n < TEXT_NAME_MAX ? n : TEXT_NAME_MAX;
}

/* A description that is too long ends in two dots. */
void text_name(struct strbuf *b, const char *name, size_t width)
{
    STRBUF(clean, TEXT_MAX);
    clean_add(&clean, slice_of(name), false);
    b->failed |= !strbuf_ok(&clean);
    struct slice s = strbuf_slice(&clean);
    size_t n = clean_width(s);
    if (n <= width) {
        strbuf_add(b, s);
        text_pad(b, n, width);
        return;
    }
    size_t end = 0;
    for (size_t seen = 0; end < s.n; end++)
        if (((unsigned char)s.p[end] & 0xc0) != 0x80 && seen++ == width - 2)
            break;
    strbuf_add(b, slice_sub(s, 0, end));
    strbuf_addz(b, "..");
}

void text_count(struct strbuf *b, size_t n, const char *one, const char *many, const char **comma)
{
    if (!n)
        return;
    strbuf_addf(b, "%s%zu %s", *comma, n, text_plural(n, one, many));
    *comma = ", ";
}
