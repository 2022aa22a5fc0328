/* suggest: the nearest of some known words, for "did you mean" hints. */
#ifndef PAWL_CLI_SUGGEST_H
#define PAWL_CLI_SUGGEST_H

#include "base/slice.h"

/* Offer words one by one; `best` stays NULL while none is near enough to be worth showing. */
struct suggest {
    struct slice word;
    const char *best;
    size_t distance;
};

struct suggest suggest_for(struct slice word);
void suggest_offer(struct suggest *s, const char *known);

#endif
