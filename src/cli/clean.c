#include "cli/clean.h"

#include "base/utf8.h"

/* The code point at s, which is valid and not empty; *n is its length. */
static uint32_t decode(struct slice s, size_t *n)
{
    const unsigned char *p = (const unsigned char *)s.p;
    *n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    static const unsigned char mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = p[0] & mask[*n];
    for (size_t i = 1; i < *n; i++)
        c = c << 6 | (p[i] & 0x3f);
    return c;
}

/* Controls, and the marks with which a text can show something else than it says. */
static bool is_unfit(uint32_t c, bool lines)
{
    if (c == '\n' || c == '\t')
        return !lines;
    return c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static void add_valid(struct strbuf *b, struct slice s, bool lines)
{
    while (s.n) {
        size_t n;
        uint32_t c = decode(s, &n);
        if (!is_unfit(c, lines))
            strbuf_add(b, slice_sub(s, 0, n));
        else if (c < 0x80)
            strbuf_addf(b, "\\x%02x", (unsigned)c);
        else
            strbuf_addf(b, "\\u{%x}", (unsigned)c);
        s = slice_sub(s, n, s.n);
    }
}

void clean_add(struct strbuf *b, struct slice text, bool lines)
{
    while (text.n) {
        size_t fault = utf8_fault(text);
        add_valid(b, slice_sub(text, 0, fault), lines);
        if (fault == SIZE_MAX)
            return;
        strbuf_addf(b, "\\x%02x", (unsigned)(unsigned char)text.p[fault]);
        text = slice_sub(text, fault + 1, text.n);
    }
}

void clean_utf8(struct strbuf *b, struct slice text)
{
    while (text.n) {
        size_t fault = utf8_fault(text);
        strbuf_add(b, slice_sub(text, 0, fault));
        if (fault == SIZE_MAX)
            return;
        strbuf_addz(b, "\xef\xbf\xbd");
        text = slice_sub(text, fault + 1, text.n);
    }
}

/* The last @ counts: an unescaped one may stand in a password. Whatever is no URL may be `password=...` and is not shown. */
void clean_url(struct strbuf *b, struct slice url)
{
    size_t scheme = slice_find_byte(url, ':');
    bool sqlite = scheme != SIZE_MAX && slice_ieq(slice_sub(url, 0, scheme), SLICE("sqlite"));
    struct slice head = slice_sub(url, 0, slice_find_byte(url, '?'));
    size_t slashes = slice_find(url, SLICE("://"));
    if (sqlite || (slashes == SIZE_MAX && slice_find_byte(url, '=') == SIZE_MAX)) {
        clean_add(b, head, false);
        return;
    }
    if (slashes == SIZE_MAX) {
        strbuf_addz(b, "***");
        return;
    }
    struct slice rest = slice_sub(url, slashes + 3, url.n);
    size_t at = SIZE_MAX;
    for (size_t i = 0; i < rest.n; i++)
        if (rest.p[i] == '@')
            at = i;
    clean_add(b, slice_sub(url, 0, slashes + 3), false);
    if (at != SIZE_MAX) {
        strbuf_addz(b, "***@");
        rest = slice_sub(rest, at + 1, rest.n);
    }
    clean_add(b, slice_sub(rest, 0, slice_find_byte(rest, '?')), false);
}

/* What is in from..to becomes at most three stars, in place. */
static void mask(char *text, size_t from, size_t to)
{
    size_t stars = to - from < 3 ? to - from : 3;
    memset(text + from, '*', stars);
    memmove(text + from + stars, text + to, strlen(text + to) + 1);
}

void clean_secrets(char *text)
{
    const char *scheme = strstr(text, "://"), *at = strrchr(text, '@');
    if (scheme && at && at > scheme)
        mask(text, (size_t)(scheme - text) + 3, (size_t)(at - text));
    static const char word[] = "password=";
    for (char *p = text; (p = strcasestr(p, word)); p += strlen(word)) {
        size_t from = (size_t)(p - text) + strlen(word);
        mask(text, from, from + strcspn(text + from, " &'\""));
    }
}

size_t clean_width(struct slice text)
{
    return utf8_count(text);
}
