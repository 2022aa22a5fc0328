#include "sql/locate.h"

void locator_init(struct locator *l, struct slice text)
{
    *l = (struct locator){text, 0, 1};
}

/* Where the line after the one that begins at `at` begins, if that is not behind `limit`; else SIZE_MAX. */
static size_t next_line(struct slice text, size_t at, size_t limit)
{
    if (at >= limit)
        return SIZE_MAX;
    const char *lf = memchr(text.p + at, '\n', limit - at);
    size_t end = lf ? (size_t)(lf - text.p) : limit;
    const char *cr = memchr(text.p + at, '\r', end - at);
    if (cr) {
        size_t behind = (size_t)(cr - text.p) + 1;
        if (behind >= text.n || text.p[behind] != '\n')
            return behind;
    }
    return lf ? end + 1 : SIZE_MAX;
}

static uint32_t characters(const char *p, size_t n)
{
    uint32_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)p[i] & 0xc0) != 0x80;
    return count;
}

struct place locate(struct locator *l, size_t offset)
{
    if (offset > l->text.n)
        offset = l->text.n;
    if (offset < l->start)
        locator_init(l, l->text);
    for (size_t next; (next = next_line(l->text, l->start, offset)) != SIZE_MAX; l->line++)
        l->start = next;
    if (offset == l->start)
        return (struct place){l->line, 1};
    return (struct place){l->line, 1 + characters(l->text.p + l->start, offset - l->start)};
}

struct place locate_once(struct slice text, size_t offset)
{
    struct locator l;
    locator_init(&l, text);
    return locate(&l, offset);
}
