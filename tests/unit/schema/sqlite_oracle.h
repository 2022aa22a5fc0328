/*
 * sqlite_oracle: do the facts say what SQLite's own pragmas say? Both are brought to one reduced form, in lower case, which
 * has what the pragmas can tell: columns, keys, unique constraints, indexes without their expressions, foreign keys.
 */
#ifndef PAWL_TESTS_SQLITE_ORACLE_H
#define PAWL_TESTS_SQLITE_ORACLE_H

#include <ctype.h>

#include "schema/fact.h"
#include "schema_test.h"

/* Tables and created objects that are facts: not SQLite's own, not shadow tables, not the ledger. */
#define ORACLE_TABLES \
    "(SELECT m.name, l.wr, l.strict FROM sqlite_schema m JOIN pragma_table_list l ON l.name = m.name AND l.schema = " \
    "'main'" \
    " WHERE m.type = 'table' AND l.type = 'table' AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!'" \
    " AND m.name <> '_sqlx_migrations') t"
#define ORACLE_KEYS(what) \
    "(SELECT group_concat(" what ") FROM (SELECT * FROM pragma_index_xinfo(i.name) WHERE key ORDER BY seqno))"

static const char *const oracle_queries[] = {
    "SELECT 'table ' || t.name || ' ' || (1 - t.wr) || t.strict FROM " ORACLE_TABLES,
    "SELECT 'columns ' || t.name || ' ' || (SELECT group_concat(name) FROM (SELECT name FROM pragma_table_xinfo(t.name)"
    " ORDER BY cid)) FROM " ORACLE_TABLES,
    "SELECT 'column ' || t.name || '.' || x.name || ' type=' || iif(x.type = '', 'none', x.type) || ' null=' ||"
    " iif(x.pk > 0, '?', NOT x.\"notnull\") || ' default=' || ifnull(x.dflt_value, 'none') || ' hidden=' || x.hidden"
    " FROM " ORACLE_TABLES ", pragma_table_xinfo(t.name) x",
    "SELECT 'primary-key ' || t.name || ' ' || (SELECT group_concat(name) FROM (SELECT name FROM "
    "pragma_table_xinfo(t.name)"
    " WHERE pk > 0 ORDER BY pk)) AS line FROM " ORACLE_TABLES " WHERE line IS NOT NULL",
    "SELECT 'unique ' || t.name || ' ' || " ORACLE_KEYS(
        "name || '/' || coll") " FROM " ORACLE_TABLES ", pragma_index_list(t.name) i WHERE i.origin = 'u'",
    "SELECT 'index ' || i.name || ' ' || t.name || ' ' || i.\"unique\" || i.partial || ' ' || " ORACLE_KEYS(
        "iif(cid = -2, '?', name || '/' || coll) || iif(desc, '/desc', '')") " FROM " ORACLE_TABLES
                                                                             ", pragma_index_list(t.name) i WHERE "
                                                                             "i.origin = 'c'",
    "SELECT 'foreign-key ' || t.name || ' ' || (SELECT group_concat(\"from\" || '>' || ifnull(\"to\", '')) FROM"
    " (SELECT * FROM pragma_foreign_key_list(t.name) y WHERE y.id = k.id ORDER BY seq)) || ' ' || k.\"table\" || ' ' ||"
    " k.on_delete || ' ' || k.on_update FROM " ORACLE_TABLES ", pragma_foreign_key_list(t.name) k WHERE k.seq = 0",
};

struct lines {
    struct arena *a;
    const char **items;
    size_t n, cap;
    struct lines *known; /* the pragmas' lines, where those of the facts are made */
};

/* Reduced: lower case, no white space, no quotes of names and no parentheses, which SQLite keeps as they were written. */
static inline void add_reduced(struct lines *l, struct slice s)
{
    char *to = arena_strz(l->a, s);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (!isspace(c) && !strchr("\"`[]()\\", c))
            to[n++] = (char)tolower(c);
    }
    to[n] = '\0';
    assert_true(arena_grow(l->a, (void **)&l->items, &l->cap, l->n, sizeof *l->items));
    l->items[l->n++] = to;
}

static inline int on_oracle_line(void *context, const struct db_value *columns, size_t n, struct pawl_error *e)
{
    (void)n;
    (void)e;
    add_reduced(context, columns[0].s);
    return PAWL_OK;
}

static inline int by_text(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* Sorted, each once: SQLite makes one index of two equal UNIQUE constraints. */
static inline void settle(struct lines *l)
{
    size_t n = 0;
    if (l->n)
        qsort(l->items, l->n, sizeof *l->items, by_text);
    for (size_t i = 0; i < l->n; i++)
        if (n == 0 || strcmp(l->items[n - 1], l->items[i]) != 0)
            l->items[n++] = l->items[i];
    l->n = n;
}

/* The next element of a list in a fact. */
static inline bool next_element(struct slice *list, struct slice *element)
{
    bool inside = false;
    size_t i = 0;
    if (list->n == 0)
        return false;
    for (; i < list->n && (inside || list->p[i] != ','); i++) {
        if (list->p[i] == '"')
            inside = !inside;
        else if (inside && list->p[i] == '\\')
            i++;
    }
    *element = slice_sub(*list, 0, i);
    *list = slice_sub(*list, i + 1, list->n);
    return true;
}

static inline struct slice text_value(struct slice line, const char *attribute)
{
    struct slice v = fact_value(line, attribute);
    return v.p ? v : SLICE("");
}

/* The part of a key element before ":collate=" or ":desc". */
static inline struct slice element_name(struct slice element)
{
    bool inside = false;
    for (size_t i = 0; i < element.n; i++) {
        if (element.p[i] == '"')
            inside = !inside;
        else if (!inside && element.p[i] == ':')
            return slice_sub(element, 0, i);
    }
    return element;
}

static inline struct slice collation_of(struct lines *l, struct facts *f, struct slice table, struct slice element)
{
    size_t at = slice_find(element, SLICE(":collate="));
    if (at != SIZE_MAX) {
        struct slice rest = slice_sub(element, at + 9, element.n);
        return element_name(rest);
    }
    /* names are found without case, facts are not: look at all columns */
    struct slice *lines, wanted = arena_printf(l->a, "column " SLICE_FMT "." SLICE_FMT, SLICE_ARG(table),
                                               SLICE_ARG(element_name(element)));
    size_t n;
    assert_int_equal(facts_lines(f, l->a, &lines, &n, NULL), PAWL_OK);
    for (size_t i = 0; i < n; i++)
        if (slice_ieq(slice_sub(lines[i], 0, fact_key_of(lines[i])), wanted) && fact_value(lines[i], "collation").p)
            return fact_value(lines[i], "collation");
    return SLICE("binary");
}

static inline struct slice reduced_keys(struct lines *l, struct facts *f, struct slice table, struct slice list,
                                        bool collations, bool order)
{
    STRBUF(b, 1u << 20);
    struct slice element;
    while (next_element(&list, &element)) {
        if (b.n)
            strbuf_addc(&b, ',');
        if (element.p[0] == '(') {
            strbuf_addc(&b, '?');
        } else {
            strbuf_add(&b, element_name(element));
            if (collations) {
                strbuf_addc(&b, '/');
                strbuf_add(&b, collation_of(l, f, table, element));
            }
        }
        if (order && slice_ends(element, SLICE(":desc")))
            strbuf_addz(&b, "/desc");
    }
    return arena_dup(l->a, strbuf_slice(&b));
}

static inline bool in_primary_key(struct lines *l, struct facts *f, struct slice table, struct slice column)
{
    struct slice line = facts_get(f, arena_printf(l->a, "primary-key " SLICE_FMT, SLICE_ARG(table)));
    struct slice list = text_value(line, "columns"), element;
    while (next_element(&list, &element))
        if (slice_ieq(element_name(element), column))
            return true;
    return false;
}

static inline struct slice upper_action(struct lines *l, struct slice line, const char *attribute)
{
    struct slice v = fact_value(line, attribute);
    char *z = arena_strz(l->a, v.p ? v : SLICE("no-action"));
    for (char *p = z; *p; p++)
        if (*p == '-')
            *p = ' ';
    return slice_of(z);
}

static inline void reduce_foreign_key(struct lines *l, struct slice line, struct slice table)
{
    struct slice from = fact_value(line, "columns"), to = {NULL, 0}, x, y;
    struct slice references = fact_value(line, "references");
    size_t open = 0;
    for (bool inside = false; open < references.n && (inside || references.p[open] != '('); open++)
        if (references.p[open] == '"')
            inside = !inside;
    if (open < references.n)
        to = slice_sub(references, open + 1, references.n - 1);
    STRBUF(b, 1u << 20);
    while (next_element(&from, &x)) {
        strbuf_addf(&b, "%s" SLICE_FMT ">", b.n ? "," : "", SLICE_ARG(x));
        if (next_element(&to, &y))
            strbuf_add(&b, y);
    }
    add_reduced(l, arena_printf(l->a, "foreign-key " SLICE_FMT " %s " SLICE_FMT " " SLICE_FMT " " SLICE_FMT,
                                SLICE_ARG(table), strbuf_z(&b), SLICE_ARG(slice_sub(references, 0, open)),
                                SLICE_ARG(upper_action(l, line, "on_delete")),
                                SLICE_ARG(upper_action(l, line, "on_update"))));
}

static inline bool yes(struct slice line, const char *attribute)
{
    return slice_eq(text_value(line, attribute), SLICE("yes"));
}

/* A column's line; generated ones are told by `hidden`. */
static inline void reduce_column(struct lines *l, struct facts *f, struct slice line, struct slice name)
{
    size_t dot = 0;
    for (bool inside = false; dot < name.n && (inside || name.p[dot] != '.'); dot++)
        if (name.p[dot] == '"')
            inside = !inside;
    bool key = in_primary_key(l, f, slice_sub(name, 0, dot), slice_sub(name, dot + 1, name.n));
    struct slice generated = text_value(line, "generated");
    add_reduced(l, arena_printf(l->a, "column " SLICE_FMT " type=" SLICE_FMT " null=%s default=" SLICE_FMT " hidden=%d",
                                SLICE_ARG(name), SLICE_ARG(fact_value(line, "type")),
                                key                 ? "?"
                                : yes(line, "null") ? "1"
                                                    : "0",
                                SLICE_ARG(fact_value(line, "default")),
                                slice_eq(generated, SLICE("virtual"))  ? 2
                                : slice_eq(generated, SLICE("stored")) ? 3
                                                                       : 0));
}

/* Is the last line one of the pragmas' too? */
static inline bool is_known(const struct lines *l)
{
    for (size_t i = 0; i < l->known->n; i++)
        if (strcmp(l->known->items[i], l->items[l->n - 1]) == 0)
            return true;
    return false;
}

static inline void reduce_fact(struct lines *l, struct facts *f, struct slice line)
{
    size_t at = 0;
    struct slice kind, name;
    fact_field(line, &at, &kind);
    fact_field(line, &at, &name);
    size_t end = 0; /* of the table in a constraint's name */
    for (bool inside = false; end < name.n && (inside || !strchr(".:", name.p[end])); end++)
        if (name.p[end] == '"')
            inside = !inside;
    struct slice table = slice_sub(name, 0, end), columns = text_value(line, "columns");
    if (fact_value(line, "unread").p || slice_eq(kind, SLICE("object")))
        fail_msg("unread: " SLICE_FMT, SLICE_ARG(line));
    if (slice_eq(kind, SLICE("table"))) {
        add_reduced(l, arena_printf(l->a, "table " SLICE_FMT " %d%d", SLICE_ARG(name), yes(line, "rowid"),
                                    yes(line, "strict")));
    } else if (slice_eq(kind, SLICE("columns"))) {
        add_reduced(l, arena_printf(l->a, "columns " SLICE_FMT " " SLICE_FMT, SLICE_ARG(name),
                                    SLICE_ARG(fact_value(line, "order"))));
    } else if (slice_eq(kind, SLICE("column"))) {
        reduce_column(l, f, line, name);
    } else if (slice_eq(kind, SLICE("primary-key"))) {
        add_reduced(l, arena_printf(l->a, "primary-key " SLICE_FMT " " SLICE_FMT, SLICE_ARG(name),
                                    SLICE_ARG(reduced_keys(l, f, name, columns, false, false))));
    } else if (slice_eq(kind, SLICE("unique"))) {
        struct slice pk = facts_get(f, arena_printf(l->a, "primary-key " SLICE_FMT, SLICE_ARG(table)));
        struct slice keys = reduced_keys(l, f, table, columns, true, false);
        add_reduced(l, arena_printf(l->a, "unique " SLICE_FMT " " SLICE_FMT, SLICE_ARG(table), SLICE_ARG(keys)));
        /* SQLite may take the primary key's index for it */
        if (slice_ieq(reduced_keys(l, f, table, text_value(pk, "columns"), true, false), keys) && !is_known(l))
            l->n--;
    } else if (slice_eq(kind, SLICE("index"))) {
        struct slice on = fact_value(line, "on");
        add_reduced(l, arena_printf(l->a, "index " SLICE_FMT " " SLICE_FMT " %d%d " SLICE_FMT, SLICE_ARG(name),
                                    SLICE_ARG(on), yes(line, "unique"),
                                    !slice_eq(text_value(line, "where"), SLICE("none")),
                                    SLICE_ARG(reduced_keys(l, f, on, fact_value(line, "keys"), true, true))));
    } else if (slice_eq(kind, SLICE("foreign-key"))) {
        reduce_foreign_key(l, line, table);
    }
}

/* Fails with the first line that differs. */
static inline void compare_with_pragmas(struct db *db, struct facts *f)
{
    ARENA(a);
    struct lines wanted = {.a = &a}, got = {.a = &a, .known = &wanted};
    struct pawl_error e = {0};
    for (size_t i = 0; i < sizeof oracle_queries / sizeof *oracle_queries; i++) {
        struct db_request r = {.sql = slice_of(oracle_queries[i]), .on_row = on_oracle_line, .context = &wanted};
        if (db_run(db, &r, 1, NULL, &e))
            fail_msg("%s: %s", oracle_queries[i], e.message);
    }
    struct slice *lines;
    size_t n;
    assert_int_equal(facts_lines(f, &a, &lines, &n, &e), PAWL_OK);
    for (size_t i = 0; i < n; i++)
        reduce_fact(&got, f, lines[i]);
    settle(&wanted);
    settle(&got);
    for (size_t i = 0; i < wanted.n || i < got.n; i++) {
        const char *x = i < wanted.n ? wanted.items[i] : "(nothing)", *y = i < got.n ? got.items[i] : "(nothing)";
        if (strcmp(x, y) != 0)
            fail_msg("pragmas: %s\nfacts:   %s", x, y);
    }
}

#endif
