#include "model/version.h"

static int64_t version_at(const int64_t *first, size_t size, size_t i)
{
    return *(const int64_t *)(const void *)((const char *)first + i * size);
}

size_t version_find(const int64_t *first, size_t n, size_t size, int64_t version)
{
    size_t low = 0;
    size_t high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (version_at(first, size, middle) < version)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && version_at(first, size, low) == version ? low : SIZE_MAX;
}
