#include "cli/suggest.h"

#define WORD_MAX 40

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Edits between a and b, a swap of neighbours counting as one (optimal string alignment). */
static size_t distance(struct slice a, struct slice b)
{
    size_t row[3][WORD_MAX + 1];
    size_t *before = row[0], *last = row[1], *now = row[2];
    for (size_t j = 0; j <= b.n; j++)
        last[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + (a.p[i - 1] != b.p[j - 1]));
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1] && before[j - 2] + 1 < now[j])
                now[j] = before[j - 2] + 1;
        }
        size_t *swap = before;
        before = last;
        last = now;
        now = swap;
    }
    return last[b.n];
}

struct suggest suggest_for(struct slice word)
{
    return (struct suggest){word, NULL, word.n < 3 ? 2 : word.n / 3 + 2};
}

void suggest_offer(struct suggest *s, const char *known)
{
    struct slice k = slice_of(known);
    if (k.n > WORD_MAX || s->word.n > WORD_MAX || s->word.n == 0)
        return;
    /* The start of a word is as good as one edit: who types --single means --single-transaction. */
    size_t d = s->word.n >= 2 && slice_starts(k, s->word) ? 1 : distance(s->word, k);
    if (d < s->distance) {
        s->best = known;
        s->distance = d;
    }
}
