/* version: finding one in a list that is sorted by versions, each there once. */
#ifndef PAWL_MODEL_VERSION_H
#define PAWL_MODEL_VERSION_H

#include <stddef.h>
#include <stdint.h>

/*
 * `first` is the version of the first of n items, each `size` bytes behind the one before it. Its index, or SIZE_MAX. NULL and 0 are
 * fine.
 */
size_t version_find(const int64_t *first, size_t n, size_t size, int64_t version);

#endif
