#include "model/history.h"

size_t history_find(const struct history *h, int64_t version)
{
    size_t low = 0;
    size_t high = h->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (h->rows[mid].version < version)
            low = mid + 1;
        else
            high = mid;
    }
    return low < h->n && h->rows[low].version == version ? low : SIZE_MAX;
}
