/*
 * PostgreSQL's IF NOT EXISTS looks in the schema in which the object would be made; tables, indexes, views and sequences share
 * their names there, and so do types.
 */
#include "schema/present.h"

#define LIST_MAX ((size_t)1 << 24)
#define ANYWHERE SLICE("*") /* in place of a schema */

/*
 * Only without a schema in front does unnest take several lists; the server then takes its own, whatever the search path. Each list
 * is a query of its own, so that a plan for lists yet unknown is as good as one for these, and is kept where the statement is.
 */
#define NAMES \
    "SELECT q.at FROM unnest((SELECT $1::pg_catalog.text[]), (SELECT $2::pg_catalog.text[])," \
    " (SELECT $3::pg_catalog.text[]), (SELECT $4::pg_catalog.text[]))" \
    " WITH ORDINALITY AS q(kind, schema, name, on_table, at)" \
    " LEFT JOIN pg_catalog.pg_namespace AS n" \
    " ON n.nspname = coalesce(nullif(q.schema, ''), pg_catalog.current_schema())"
#define IS_RELATION \
    "EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.relname = q.name" \
    " AND (q.schema = '*' OR c.relnamespace = n.oid))"

/* Planning costs more than the answer, so that what is asked most often has a question of its own. */
static const char relations_question[] = NAMES " WHERE " IS_RELATION;

static const char question[] = NAMES
    " WHERE CASE q.kind WHEN 'relation' THEN " IS_RELATION
    " WHEN 'type' THEN EXISTS (SELECT FROM pg_catalog.pg_type AS t WHERE t.typname = q.name"
    " AND (q.schema = '*' OR t.typnamespace = n.oid))"
    " WHEN 'function' THEN EXISTS (SELECT FROM pg_catalog.pg_proc AS f WHERE f.proname = q.name"
    " AND (q.schema = '*' OR f.pronamespace = n.oid))"
    " WHEN 'collation' THEN EXISTS (SELECT FROM pg_catalog.pg_collation AS o WHERE o.collname = q.name"
    " AND (q.schema = '*' OR o.collnamespace = n.oid))"
    " WHEN 'label' THEN EXISTS (SELECT FROM pg_catalog.pg_enum AS l JOIN pg_catalog.pg_type AS t ON t.oid = l.enumtypid"
    " WHERE t.typname = q.on_table AND l.enumlabel = q.name AND (q.schema = '*'"
    " OR q.schema = '' AND pg_catalog.pg_type_is_visible(t.oid) OR q.schema <> '' AND t.typnamespace = n.oid))"
    " WHEN 'schema' THEN EXISTS (SELECT FROM pg_catalog.pg_namespace AS s WHERE s.nspname = q.name)"
    " WHEN 'extension' THEN EXISTS (SELECT FROM pg_catalog.pg_extension AS x WHERE x.extname = q.name)"
    " ELSE EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.relname = q.on_table AND (q.schema = '*'"
    " OR q.schema = '' AND pg_catalog.pg_table_is_visible(c.oid) OR q.schema <> '' AND c.relnamespace = n.oid)"
    " AND CASE q.kind WHEN 'column' THEN EXISTS (SELECT FROM pg_catalog.pg_attribute AS a"
    " WHERE a.attrelid = c.oid AND a.attname = q.name AND a.attnum > 0 AND NOT a.attisdropped)"
    " WHEN 'constraint' THEN EXISTS (SELECT FROM pg_catalog.pg_constraint AS k"
    " WHERE k.conrelid = c.oid AND k.conname = q.name)"
    " WHEN 'trigger' THEN EXISTS (SELECT FROM pg_catalog.pg_trigger AS g"
    " WHERE g.tgrelid = c.oid AND g.tgname = q.name AND NOT g.tgisinternal)"
    " ELSE EXISTS (SELECT FROM pg_catalog.pg_policy AS p WHERE p.polrelid = c.oid AND p.polname = q.name) END) END";

static struct slice kind_of(enum head_object object)
{
    switch ((unsigned)object) {
    case HEAD_TYPE:
    case HEAD_DOMAIN:
        return SLICE("type");
    case HEAD_FUNCTION:
    case HEAD_PROCEDURE:
    case HEAD_AGGREGATE:
        return SLICE("function");
    case HEAD_COLLATION:
        return SLICE("collation");
    case HEAD_ENUM_VALUE:
        return SLICE("label");
    case HEAD_SCHEMA:
        return SLICE("schema");
    case HEAD_EXTENSION:
        return SLICE("extension");
    case HEAD_COLUMN:
        return SLICE("column");
    case HEAD_CONSTRAINT:
        return SLICE("constraint");
    case HEAD_TRIGGER:
        return SLICE("trigger");
    case HEAD_POLICY:
        return SLICE("policy");
    default:
        return SLICE("relation");
    }
}

/* An element of an array as the server reads it. */
static void add_element(struct strbuf *b, struct slice s)
{
    strbuf_addc(b, b->n > 1 ? ',' : ' ');
    strbuf_addc(b, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || s.p[i] == '\\')
            strbuf_addc(b, '\\');
        strbuf_addc(b, s.p[i]);
    }
    strbuf_addc(b, '"');
}

struct asking {
    struct present *names;
    size_t n;
};

static int on_row(void *context, const struct db_value *c, size_t n, struct pawl_error *e)
{
    struct asking *x = context;
    (void)e;
    if (n && c[0].i > 0 && (uint64_t)c[0].i <= x->n)
        x->names[c[0].i - 1].there = true;
    return PAWL_OK;
}

int present_postgres(struct arena *a, struct db *db, struct present *names, size_t n, struct pawl_error *e)
{
    struct asking x = {names, n};
    struct db_value params[4];
    bool relations = true;
    for (size_t i = 0; i < n; i++)
        relations &= slice_eq(kind_of(names[i].object), SLICE("relation"));
    for (size_t p = 0; p < 4; p++) {
        STRBUF(b, LIST_MAX);
        strbuf_addc(&b, '{');
        for (size_t i = 0; i < n; i++)
            add_element(&b, p == 0   ? kind_of(names[i].object)
                            : p == 1 ? (!names[i].schema.n && names[i].anywhere ? ANYWHERE : names[i].schema)
                            : p == 2 ? names[i].name
                                     : names[i].on);
        strbuf_addc(&b, '}');
        params[p] = DB_V_TEXT(strbuf_ok(&b) ? arena_dup(a, strbuf_slice(&b)) : ((struct slice){NULL, 0}));
        if (!params[p].s.p)
            return err_nomem(e);
    }
    struct db_request q = {.sql = slice_of(relations ? relations_question : question),
                           .params = params,
                           .n_params = 4,
                           .on_row = on_row,
                           .context = &x,
                           .often = true};
    return db_ask(db, &q, e);
}
