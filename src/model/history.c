#include "model/history.h"

#include "model/version.h"

size_t history_find(const struct history *h, int64_t version)
{
    return h->n ? version_find(&h->rows->version, h->n, sizeof *h->rows, version) : SIZE_MAX;
}
