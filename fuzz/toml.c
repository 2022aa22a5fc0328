/* toml: any bytes are read or refused with a place inside the text, in memory that grows with the text. */
#include "cli/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct toml_value *v)
{
    for (const struct toml_entry *entry = v->first; entry; entry = entry->next) {
        if (!toml_get(v, entry->key) || entry->key.p[entry->key.n])
            __builtin_trap();
        if (entry->value.kind == TOML_STRING && entry->value.text.p[entry->value.text.n])
            __builtin_trap();
        walk(&entry->value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA(a);
    struct slice text = {(const char *)data, size};
    struct toml_value root;
    struct pawl_error e = {0};
    if (toml_parse(&a, text, SLICE("x"), &root, &e) == PAWL_OK)
        walk(&root);
    else if (e.line == 0 || e.column == 0 || e.column > size + 1)
        __builtin_trap();
    return 0;
}
