#include "schema/named.h"

static const char *const relations[] = {
    "table", "foreign-table", "virtual-table", "view", "materialized-view", "sequence", "index", NULL};
static const char *const types[] = {"enum", "composite", "domain", "range", "type", NULL};
static const char *const constraints[] = {"primary-key", "unique", "foreign-key", "check", "exclude", "not-null", NULL};
static const char *const columns[] = {"column", NULL};
static const char *const triggers[] = {"trigger", NULL};
static const char *const policies[] = {"policy", NULL};
static const char *const extensions[] = {"extension", NULL};

const char *const *named_kinds(enum head_object object)
{
    switch ((unsigned)object) {
    case HEAD_TYPE:
    case HEAD_DOMAIN:
        return types;
    case HEAD_CONSTRAINT:
        return constraints;
    case HEAD_COLUMN:
        return columns;
    case HEAD_TRIGGER:
        return triggers;
    case HEAD_POLICY:
        return policies;
    case HEAD_EXTENSION:
        return extensions;
    default:
        return relations;
    }
}

bool named_alike(struct slice part, struct slice name)
{
    return slice_ieq(part, name);
}

bool named_is(const struct item *it, enum head_object object, struct slice name, struct slice on)
{
    bool kind = false, has_on = object == HEAD_COLUMN || object == HEAD_CONSTRAINT;
    for (const char *const *k = named_kinds(object); *k; k++)
        kind |= item_kind(it, *k);
    has_on |= (object == HEAD_TRIGGER || object == HEAD_POLICY) && on.n && it->n_parts > 2;
    return kind && it->n_parts && named_alike(it->parts[it->n_parts - 1], name) &&
           (!has_on || (it->n_parts > 1 && named_alike(it->parts[it->n_parts - 2], on)));
}
