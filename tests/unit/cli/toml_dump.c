/* toml_dump: for each file named, prints one line: its content as JSON, or "error LINE:COLUMN MESSAGE". */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "cli/toml.h"
#include "sys/file.h"

static json_t *to_json(const struct toml_value *v)
{
    json_t *out;
    switch (v->kind) {
    case TOML_STRING:
        return json_stringn(v->text.p, v->text.n);
    case TOML_INTEGER:
        return json_integer(v->integer);
    case TOML_BOOLEAN:
        return json_boolean(v->boolean);
    case TOML_ARRAY:
        out = json_array();
        for (size_t i = 0; i < v->n_items; i++)
            json_array_append_new(out, json_stringn(v->items[i].p, v->items[i].n));
        return out;
    case TOML_TABLE:
        break;
    }
    out = json_object();
    for (const struct toml_entry *entry = v->first; entry; entry = entry->next) {
        /* Keys may contain NUL, which the keys of jansson cannot: numbered pairs. */
        json_t *pair = json_array();
        json_array_append_new(pair, json_stringn(entry->key.p, entry->key.n));
        json_array_append_new(pair, to_json(&entry->value));
        char name[32];
        snprintf(name, sizeof name, "%zu", json_object_size(out));
        json_object_set_new(out, name, pair);
    }
    return out;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        ARENA(a);
        struct slice text;
        struct toml_value root;
        struct pawl_error e = {0};
        if (file_read(&a, argv[i], 1 << 24, &text, &e))
            return 1;
        if (toml_parse(&a, text, SLICE("x"), &root, &e)) {
            printf("error %u:%u %s\n", e.line, e.column, e.message);
            continue;
        }
        json_t *json = to_json(&root);
        char *line = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);
        printf("%s\n", line);
        free(line);
        json_decref(json);
    }
    return 0;
}
