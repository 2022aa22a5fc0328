/* utf8: the place of the first fault is inside the text, what stands before it is valid, and counting stays inside. */
#include "base/utf8.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = {(const char *)data, size};
    size_t fault = utf8_fault(text);
    if (fault == SIZE_MAX)
        fault = size;
    REQUIRE(fault <= size);
    struct slice valid = slice_sub(text, 0, fault);
    REQUIRE(utf8_fault(valid) == SIZE_MAX && utf8_count(valid) <= fault);
    return 0;
}
