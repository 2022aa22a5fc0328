/* What the facts of all majors of PostgreSQL have in common. */
#include "schema/fact.h"
#include "schema/shape.h"

/* Attributes whose texts the server makes from a tree, each major its own way. */
static bool is_deparsed(struct slice attribute)
{
    static const char *const names[] = {"default", "expression", "query", "definition", "where",     "using",
                                        "check",   "keys",       "bound", "body",       "arguments", "subscript"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_eq(attribute, slice_of(names[i])))
            return true;
    return false;
}

/* Facts that not all versions have, because the objects are not there, or are no objects of their own. */
static bool is_of_some_versions(struct slice key, struct slice line)
{
    if (slice_starts(key, SLICE("not-null "))) /* since 18; the columns say it before */
        return true;
    if (slice_starts(key,
                     SLICE("function "))) /* since 14 a range brings a type for many of its kind, and what makes one */
        return slice_starts(fact_value(line, "body"), SLICE("multirange_constructor"));
    return slice_starts(key, SLICE("cast ")) &&
           slice_find(fact_value(line, "function"), SLICE("multirange")) != SIZE_MAX;
}

/* Of such a text it counts whether there is one. */
static void add_field(struct strbuf *b, struct slice field)
{
    size_t equals = slice_find_byte(field, '=');
    strbuf_addc(b, ' ');
    if (equals == SIZE_MAX || !is_deparsed(slice_sub(field, 0, equals)) ||
        slice_eq(slice_sub(field, equals + 1, field.n), SLICE("none"))) {
        strbuf_add(b, field);
        return;
    }
    strbuf_add(b, slice_sub(field, 0, equals + 1));
    strbuf_addc(b, '*');
}

struct slice postgres_shape(struct arena *a, struct slice line)
{
    size_t at = fact_key_of(line);
    struct slice key = slice_sub(line, 0, at), field;
    STRBUF(b, line.n + 64);
    if (is_of_some_versions(key, line))
        return SLICE("");
    strbuf_add(&b, key);
    while (fact_field(line, &at, &field))
        if (!slice_starts(field, SLICE("multirange=")))
            add_field(&b, field);
    return strbuf_ok(&b) ? arena_dup(a, strbuf_slice(&b)) : (struct slice){NULL, 0};
}
