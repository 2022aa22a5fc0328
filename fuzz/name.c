/* name: any file name is told apart; a version is a number that is written there, a description a part of the name. */
#include "require.h"
#include "source/annotate.h"
#include "source/inspect.h"
#include "source/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = {(const char *)data, size};
    struct name name;
    struct annotation annotation;
    uint32_t line;
    name_parse(text, &name);
    REQUIRE(name.description.n <= size);
    if (name.kind == NAME_UP || name.kind == NAME_DOWN) {
        REQUIRE(name.version > 0 && name.digits > 0);
        REQUIRE(name.description.p > text.p && name.description.p + name.description.n <= text.p + size);
    }
    annotate_read(text, &annotation);
    REQUIRE(annotation.kind != ANNOTATION_UNKNOWN || annotation.why);
    if (inspect_no_transaction(text, &line))
        REQUIRE(annotate_any(text) || slice_find(text, SLICE("no-transaction")) != SIZE_MAX);
    return 0;
}
