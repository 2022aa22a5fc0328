/* dotenv: any bytes are read or refused with a line, and every value is a whole C string. */
#include "cli/dotenv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const environment[] = {"A=1", "HOME=/home", NULL};
    ARENA(a);
    struct slice text = {(const char *)data, size};
    struct dotenv d;
    struct pawl_error e = {0};
    if (dotenv_parse(&a, text, SLICE("x"), environment, &d, &e)) {
        if (e.code != PAWL_NOMEM && e.line == 0)
            __builtin_trap();
        return 0;
    }
    for (const struct dotenv_entry *entry = d.first; entry; entry = entry->next)
        if (!entry->name[0] || !entry->line || dotenv_get(&d, slice_of(entry->name)) != entry)
            __builtin_trap();
    return 0;
}
