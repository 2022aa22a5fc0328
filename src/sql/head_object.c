#include "sql/head_ddl.h"

/* Longer phrases before their own beginnings. */
static const struct object_words {
    const char *words;
    enum head_object object;
    const char *name; /* for messages; NULL = another line says it */
} object_words[] = {
    {"table", HEAD_TABLE, "table"},
    {"column", HEAD_COLUMN, "column"},
    {"constraint", HEAD_CONSTRAINT, "constraint"},
    {"index", HEAD_INDEX, "index"},
    {"view", HEAD_VIEW, "view"},
    {"materialized view", HEAD_MATVIEW, "materialized view"},
    {"sequence", HEAD_SEQUENCE, "sequence"},
    {"type", HEAD_TYPE, "type"},
    {"domain", HEAD_DOMAIN, "domain"},
    {"function", HEAD_FUNCTION, "function"},
    {"procedure", HEAD_PROCEDURE, "procedure"},
    {"aggregate", HEAD_AGGREGATE, "aggregate"},
    {"trigger", HEAD_TRIGGER, "trigger"},
    {"event trigger", HEAD_EVENT_TRIGGER, "event trigger"},
    {"rule", HEAD_RULE, "rule"},
    {"policy", HEAD_POLICY, "policy"},
    {"schema", HEAD_SCHEMA, "schema"},
    {"extension", HEAD_EXTENSION, "extension"},
    {"statistics", HEAD_STATISTICS, "statistics object"},
    {"publication", HEAD_PUBLICATION, "publication"},
    {"subscription", HEAD_SUBSCRIPTION, "subscription"},
    {"collation", HEAD_COLLATION, "collation"},
    {"database", HEAD_DATABASE, "database"},
    {"tablespace", HEAD_TABLESPACE, "tablespace"},
    {"foreign table", HEAD_TABLE, NULL},
    {"user mapping", HEAD_OTHER, "object"},
    {"role", HEAD_ROLE, "role"},
    {"user", HEAD_ROLE, NULL},
    {"group", HEAD_ROLE, NULL},
    {"access method", HEAD_OTHER, NULL},
    {"cast", HEAD_OTHER, NULL},
    {"conversion", HEAD_OTHER, NULL},
    {"default conversion", HEAD_OTHER, NULL},
    {"default privileges", HEAD_OTHER, NULL},
    {"event", HEAD_OTHER, NULL},
    {"foreign data wrapper", HEAD_OTHER, NULL},
    {"language", HEAD_OTHER, NULL},
    {"procedural language", HEAD_OTHER, NULL},
    {"trusted language", HEAD_OTHER, NULL},
    {"trusted procedural language", HEAD_OTHER, NULL},
    {"large object", HEAD_OTHER, NULL},
    {"operator", HEAD_OTHER, NULL},
    {"owned", HEAD_OTHER, NULL},
    {"routine", HEAD_OTHER, NULL},
    {"server", HEAD_OTHER, NULL},
    {"system", HEAD_OTHER, NULL},
    {"text search", HEAD_OTHER, NULL},
    {"transform", HEAD_OTHER, NULL},
};

const char *head_object_name(enum head_object object)
{
    if (object == HEAD_ENUM_VALUE)
        return "enum value";
    if (object == HEAD_ATTRIBUTE)
        return "attribute";
    for (size_t i = 0; i < sizeof object_words / sizeof *object_words; i++)
        if (object_words[i].object == object && object_words[i].name)
            return object_words[i].name;
    return "object";
}

enum head_object head_object_words(struct cursor *c)
{
    for (size_t i = 0; i < sizeof object_words / sizeof *object_words; i++)
        if (object_words[i].words[0] == (c->t.c | 0x20) && cursor_phrase(c, object_words[i].words))
            return object_words[i].object;
    return HEAD_OBJECT_NONE;
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

void head_names_init(struct head_names *n, const struct head *h, const struct dialect *dialect, struct slice text)
{
    *n = (struct head_names){0};
    lexer_init(&n->lx, dialect, text);
    const struct slice *first = h->name.schema.n ? &h->name.schema : &h->name.name;
    n->done = first->n == 0;
    if (!n->done)
        n->lx.at = (size_t)(first->p - text.p);
}

bool head_names_next(struct head_names *n, struct head_name *name)
{
    struct cursor c;
    if (n->done)
        return false;
    cursor_from(&c, &n->lx);
    n->done = true;
    if (!cursor_name(&c, name))
        return false;
    cursor_eat_mark(&c, '*');
    cursor_group(&c);
    if (cursor_eat_mark(&c, ',')) {
        cursor_eat(&c, "only");
        n->done = false;
        n->lx.at = c.t.offset;
    }
    return true;
}
