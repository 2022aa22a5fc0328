/* require: a property that must hold for every input; says which one did not, and stops as a crash. */
#ifndef PAWL_FUZZ_REQUIRE_H
#define PAWL_FUZZ_REQUIRE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define REQUIRE(property) \
    do { \
        if (!(property)) { \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #property); \
            __builtin_trap(); \
        } \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
