/*
 * item: one fact taken apart: its kind, the parts of its name, its attributes, all without the quotes of docs/facts.md.
 *
 * Texts are copied into the arena where they have to be changed, else they are ranges of the line.
 */
#ifndef PAWL_SCHEMA_ITEM_H
#define PAWL_SCHEMA_ITEM_H

#include "base/arena.h"
#include "base/err.h"

#define ITEM_PARTS 5

struct item {
    struct slice line, key, kind;
    struct slice parts[ITEM_PARTS];
    size_t n_parts;
    struct slice content; /* behind the colon; .p NULL = none */
};

/* One member of a list of keys: a name or an expression, and what stands behind it. */
struct key {
    struct slice name;       /* .p NULL: an expression */
    struct slice expression; /* without its parentheses */
    struct slice collation;  /* as written in the fact, which is as SQL has it */
    struct slice class;      /* the same, of operators */
    bool desc, first, last;  /* NULLS FIRST and NULLS LAST where they are said */
};

int item_read(struct arena *a, struct slice line, struct item *out, struct pawl_error *e);
/* .p NULL: not there, or the format's word none; or no memory, which leaves `a` without room for anything else either. */
struct slice item_get(struct arena *a, const struct item *it, const char *attribute);
bool item_is(const struct item *it, const char *attribute, const char *word);
bool item_kind(const struct item *it, const char *kind);

/* A name or value with the quotes of facts, as the text it stands for. */
struct slice item_plain(struct arena *a, struct slice written);
/* The next member of a list (raw value of an attribute) from *rest; false at its end. */
bool item_next(struct arena *a, struct slice *rest, struct key *out);
/* "schema.name" or "name" at the beginning of *rest, which then stands behind it. */
bool item_path(struct arena *a, struct slice *rest, struct slice parts[ITEM_PARTS], size_t *n);
/* Reads "{a,b}" as the server writes arrays: the next element from *rest. */
bool item_element(struct arena *a, struct slice *rest, struct slice *out);
/* What a foreign key does to its rows, in SQL: SET NULL for set-null, NO ACTION for what says nothing else. */
const char *item_action_words(struct slice action);

#endif
