/*
 * toml: a strict subset of TOML 1.0 (https://toml.io/en/v1.0.0).
 *
 * Every text that is accepted is valid TOML and means there what it means here; everything else is PAWL_CONFIG with line
 * and column. Read are: comments, bare, quoted and dotted keys, [tables], basic and literal strings on one line,
 * integers, booleans, and arrays of strings, over several lines too. Not read, though TOML has them: floats, dates,
 * inline tables, arrays of tables, arrays of anything but strings, strings over several lines, integers beyond 64 bits.
 *
 * Keys and values live in the arena; the text itself is not needed afterwards.
 */
#ifndef PAWL_CLI_TOML_H
#define PAWL_CLI_TOML_H

#include "base/arena.h"
#include "pawl.h"

enum toml_kind { TOML_STRING, TOML_INTEGER, TOML_BOOLEAN, TOML_ARRAY, TOML_TABLE };

/* How a table came about: TOML forbids to open the same one twice, in ways that depend on it. */
enum toml_birth { TOML_BY_PATH, TOML_BY_HEADER, TOML_BY_DOTS };

struct toml_value {
    enum toml_kind kind;
    enum toml_birth birth; /* of a table */
    uint32_t line, column; /* of the key (of a table: where it was first named), from 1 */
    bool boolean;
    int64_t integer;
    struct slice text;   /* of a string, with a NUL behind it; may contain NUL bytes itself */
    struct slice *items; /* of an array */
    size_t n_items;
    struct toml_entry *first, *last; /* of a table, in the order of the file */
};

struct toml_entry {
    struct toml_entry *next;
    struct slice key; /* with a NUL behind it */
    struct toml_value value;
};

/* Reads a whole file into `root`, a table. `file` is used for error places only. */
int toml_parse(struct arena *a, struct slice text, struct slice file, struct toml_value *root, struct pawl_error *e);
/* The value of a key in a table, or NULL. */
const struct toml_value *toml_get(const struct toml_value *table, struct slice key);
/* "string", "integer", "boolean", "array", "table". */
const char *toml_kind_name(enum toml_kind kind);

#endif
