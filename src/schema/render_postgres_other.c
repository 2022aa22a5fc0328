/* PostgreSQL's schemas, extensions and rarer objects as SQL. */
#include "schema/fact.h"
#include "schema/render_postgres.h"

int pgn_schema_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    (void)n;
    phrase_add(&p->b, "CREATE SCHEMA IF NOT EXISTS %n", it->parts[0]);
    return pgn_put(p, e);
}

int pgn_schema_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    (void)n;
    phrase_add(&p->b, "DROP SCHEMA IF EXISTS %n", it->parts[0]);
    return pgn_put(p, e);
}

int pgn_extension_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice schema = pgn_get(p, it, "schema");
    (void)n;
    phrase_add(&p->b, "CREATE EXTENSION IF NOT EXISTS %n", it->parts[0]);
    if (schema.p && !slice_starts(schema, SLICE("pg_")))
        phrase_add(&p->b, " WITH SCHEMA %n", schema);
    return pgn_put(p, e);
}

int pgn_extension_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    (void)n;
    phrase_add(&p->b, "DROP EXTENSION IF EXISTS %n", it->parts[0]);
    return pgn_put(p, e);
}

/* ---- statistics, publications -------------------------------------------------------------------------------------- */

int pgn_statistics_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice text = pgn_get(p, it, "definition"), target = pgn_get(p, it, "target");
    (void)n;
    if (!slice_starts(text, SLICE("CREATE STATISTICS ")))
        return pgn_cannot(p, it, e);
    phrase_add(&p->b, "CREATE STATISTICS %z%s", pgn_if_not(p), slice_sub(text, 18, text.n));
    int code = pgn_put(p, e);
    if (code || !target.p)
        return code;
    phrase_add(&p->b, "ALTER STATISTICS %q SET STATISTICS %s", it->parts[0], it->parts[1], target);
    return pgn_put(p, e);
}

int pgn_statistics_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    (void)n;
    phrase_add(&p->b, "DROP STATISTICS IF EXISTS %q", it->parts[0], it->parts[1]);
    return pgn_put(p, e);
}

int pgn_publication_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    static const char *const what[] = {"insert", "update", "delete", "truncate"};
    PHRASE(c);
    const char *comma = "";
    (void)n;
    phrase_add(&p->b, "CREATE PUBLICATION %n%z WITH (publish = '", it->parts[0],
               item_is(it, "all", "yes") ? " FOR ALL TABLES" : "");
    for (size_t i = 0; i < 4; i++)
        if (item_is(it, what[i], "yes")) {
            phrase_add(&p->b, "%z%z", comma, what[i]);
            comma = ", ";
        }
    phrase_add(&p->b, "'%z)", item_is(it, "via_root", "yes") ? ", publish_via_partition_root = true" : "");
    phrase_add(&c, "EXISTS (SELECT FROM pg_publication WHERE pubname = %l)", it->parts[0]);
    return pgn_put_unless(p, phrase_keep(p->a, &c), e);
}

int pgn_publication_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    (void)n;
    phrase_add(&p->b, "DROP PUBLICATION IF EXISTS %n", it->parts[0]);
    return pgn_put(p, e);
}

int pgn_publication_part_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice columns = pgn_get(p, it, "columns"), where = pgn_get(p, it, "where"), one;
    PHRASE(c);
    if (pgn_is(n, "publication-schema")) {
        phrase_add(&p->b, "ALTER PUBLICATION %n ADD TABLES IN SCHEMA %n", it->parts[0], it->parts[1]);
        phrase_add(&c,
                   "EXISTS (SELECT FROM pg_publication_namespace WHERE pnpubid = (SELECT oid FROM pg_publication WHERE "
                   "pubname = %l) AND pnnspid = to_regnamespace(%l))",
                   it->parts[0], pgn_text(p, "%n", it->parts[1], it->parts[1]));
        return pgn_put_unless(p, phrase_keep(p->a, &c), e);
    }
    phrase_add(&p->b, "ALTER PUBLICATION %n ADD TABLE %q", it->parts[0], it->parts[1], it->parts[2]);
    for (const char *comma = " ("; item_element(p->a, &columns, &one); comma = ", ")
        phrase_add(&p->b, "%z%n", comma, one);
    if (pgn_get(p, it, "columns").p)
        strbuf_addc(&p->b, ')');
    if (where.p)
        phrase_add(&p->b, " WHERE (%s)", where);
    phrase_add(
        &c,
        "EXISTS (SELECT FROM pg_publication_rel WHERE prpubid = (SELECT oid FROM pg_publication WHERE pubname = %l) "
        "AND prrelid = to_regclass(%l))",
        it->parts[0], pgn_regclass(p, it->parts[1], it->parts[2]));
    return pgn_put_unless(p, phrase_keep(p->a, &c), e);
}

int pgn_publication_part_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    PHRASE(c);
    struct slice key = arena_printf(p->a, "publication " SLICE_FMT, SLICE_ARG(it->parts[0]));
    const struct pgn *publication = map_get(&p->keys, key);
    if (publication && publication->gone)
        return PAWL_OK;
    if (pgn_is(n, "publication-schema")) {
        phrase_add(&p->b, "ALTER PUBLICATION %n DROP TABLES IN SCHEMA %n", it->parts[0], it->parts[1]);
        phrase_add(&c, "NOT EXISTS (SELECT FROM pg_publication_namespace WHERE pnnspid = to_regnamespace(%l))",
                   pgn_text(p, "%n", it->parts[1], it->parts[1]));
    } else {
        phrase_add(&p->b, "ALTER PUBLICATION %n DROP TABLE %q", it->parts[0], it->parts[1], it->parts[2]);
        phrase_add(&c, "NOT EXISTS (SELECT FROM pg_publication_rel WHERE prrelid = to_regclass(%l))",
                   pgn_regclass(p, it->parts[1], it->parts[2]));
    }
    return pgn_put_unless(p, phrase_keep(p->a, &c), e);
}

/* ---- rarer objects ------------------------------------------------------------------------------------------------- */

int pgn_collation_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    static const char *const settings[][2] = {
        {"collate", "lc_collate"}, {"ctype", "lc_ctype"}, {"locale", "locale"}, {"rules", "rules"}};
    struct slice v;
    (void)n;
    phrase_add(&p->b, "CREATE COLLATION %z%q (provider = %s", pgn_if_not(p), it->parts[0], it->parts[1],
               pgn_get(p, it, "provider"));
    for (size_t i = 0; i < 4; i++)
        if ((v = pgn_get(p, it, settings[i][0])).p)
            phrase_add(&p->b, ", %z = %l", settings[i][1], v);
    phrase_add(&p->b, "%z)", item_is(it, "deterministic", "no") ? ", deterministic = false" : "");
    return pgn_put(p, e);
}

int pgn_collation_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    (void)n;
    phrase_add(&p->b, "DROP COLLATION IF EXISTS %q", it->parts[0], it->parts[1]);
    return pgn_put(p, e);
}

int pgn_event_trigger_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice tags = pgn_get(p, it, "tags"), one, state = pgn_get(p, it, "state");
    const char *comma = "";
    int code = p->o->guarded && !n->gone ? pgn_event_trigger_drop(p, n, it, e) : PAWL_OK;
    if (code)
        return code;
    phrase_add(&p->b, "CREATE EVENT TRIGGER %n ON %s", it->parts[0], pgn_get(p, it, "event"));
    for (; item_element(p->a, &tags, &one); comma = ", ")
        phrase_add(&p->b, "%z%l", *comma ? comma : " WHEN TAG IN (", one);
    phrase_add(&p->b, "%z EXECUTE FUNCTION %s", *comma ? ")" : "", pgn_get(p, it, "function"));
    code = pgn_put(p, e);
    if (code || slice_eq(state, SLICE("enabled")))
        return code;
    phrase_add(&p->b, "ALTER EVENT TRIGGER %n %z", it->parts[0],
               slice_eq(state, SLICE("disabled")) ? "DISABLE"
               : slice_eq(state, SLICE("always")) ? "ENABLE ALWAYS"
                                                  : "ENABLE REPLICA");
    return pgn_put(p, e);
}

int pgn_event_trigger_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    (void)n;
    phrase_add(&p->b, "DROP EVENT TRIGGER IF EXISTS %n", it->parts[0]);
    return pgn_put(p, e);
}

int pgn_cast_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice function = pgn_get(p, it, "function");
    int code = p->o->guarded && !n->gone ? pgn_cast_drop(p, n, it, e) : PAWL_OK;
    if (code)
        return code;
    phrase_add(&p->b, "CREATE CAST %s ", it->parts[0]);
    if (function.p)
        phrase_add(&p->b, "WITH FUNCTION %s", function);
    else
        strbuf_addz(&p->b, item_is(it, "method", "inout") ? "WITH INOUT" : "WITHOUT FUNCTION");
    strbuf_addz(&p->b, item_is(it, "context", "implicit")     ? " AS IMPLICIT"
                       : item_is(it, "context", "assignment") ? " AS ASSIGNMENT"
                                                              : "");
    return pgn_put(p, e);
}

int pgn_cast_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    (void)n;
    phrase_add(&p->b, "DROP CAST IF EXISTS %s", it->parts[0]);
    return pgn_put(p, e);
}

/* "+(integer,public.t)" */
static void operator_types(struct slice part, struct slice *name, struct slice *left, struct slice *right)
{
    size_t open = slice_find_byte(part, '(');
    struct slice types = slice_sub(part, open + 1, part.n ? part.n - 1 : 0);
    size_t comma = types.n;
    for (size_t i = 0; i < types.n; i++)
        if (types.p[i] == ',')
            comma = i;
    *name = slice_sub(part, 0, open);
    *left = slice_sub(types, 0, comma);
    *right = slice_sub(types, comma + 1, types.n);
}

int pgn_operator_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice name, left, right, v, function = pgn_get(p, it, "function");
    (void)n;
    if (!function.p || it->n_parts < 2)
        return PAWL_OK; /* a shell: comes with the operator that mentions it */
    operator_types(it->parts[1], &name, &left, &right);
    phrase_add(&p->b, "CREATE OPERATOR %n.%s (FUNCTION = %s", it->parts[0], name,
               slice_sub(function, 0, slice_find_byte(function, '(')));
    if (left.n)
        phrase_add(&p->b, ", LEFTARG = %s", left);
    if (right.n)
        phrase_add(&p->b, ", RIGHTARG = %s", right);
    static const char *const settings[][2] = {
        {"commutator", "COMMUTATOR"}, {"negator", "NEGATOR"}, {"restrict", "RESTRICT"}, {"join", "JOIN"}};
    for (size_t i = 0; i < 4; i++)
        if ((v = pgn_get(p, it, settings[i][0])).p)
            phrase_add(&p->b, i < 2 ? ", %z = OPERATOR(%s)" : ", %z = %s", settings[i][1],
                       slice_sub(v, 0, slice_find_byte(v, '(')));
    phrase_add(&p->b, "%z%z)", item_is(it, "merges", "yes") ? ", MERGES" : "",
               item_is(it, "hashes", "yes") ? ", HASHES" : "");
    PHRASE(c);
    phrase_add(&c, "to_regoperator(%l) IS NOT NULL",
               arena_printf(p->a, SLICE_FMT "." SLICE_FMT, SLICE_ARG(it->parts[0]), SLICE_ARG(it->parts[1])));
    return pgn_put_unless(p, phrase_keep(p->a, &c), e);
}

int pgn_operator_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice name, left, right;
    (void)n;
    operator_types(it->parts[1], &name, &left, &right);
    phrase_add(&p->b, "DROP OPERATOR IF EXISTS %n.%s (%s, %s)", it->parts[0], name, left.n ? left : SLICE("NONE"),
               right.n ? right : SLICE("NONE"));
    return pgn_put(p, e);
}

int pgn_search_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice v, mappings = pgn_get(p, it, "mappings");
    if (p->o->guarded && !n->gone) {
        int code = pgn_search_drop(p, n, it, e);
        if (code)
            return code;
    }
    if (pgn_is(n, "text-dictionary")) {
        phrase_add(&p->b, "CREATE TEXT SEARCH DICTIONARY %q (TEMPLATE = %s", it->parts[0], it->parts[1],
                   pgn_get(p, it, "template"));
        if ((v = pgn_get(p, it, "options")).p)
            phrase_add(&p->b, ", %s", v);
        strbuf_addc(&p->b, ')');
        return pgn_put(p, e);
    }
    phrase_add(&p->b, "CREATE TEXT SEARCH CONFIGURATION %q (PARSER = %s)", it->parts[0], it->parts[1],
               pgn_get(p, it, "parser"));
    int code = pgn_put(p, e);
    /* "1 english_stem, 2 simple": tokens by number, which ALTER takes only by name; those of the default parser are known */
    static const char *const tokens[] = {
        "",         "asciiword", "word",    "numword",       "email",      "url",
        "host",     "sfloat",    "version", "hword_numpart", "hword_part", "hword_asciipart",
        "",         "",          "",        "numhword",      "asciihword", "hword",
        "url_path", "file",      "float",   "int",           "uint"};
    while (mappings.n && !code) {
        struct slice one = slice_sub(mappings, 0, slice_find(mappings, SLICE(", ")));
        int64_t number = 0;
        size_t space = slice_find_byte(one, ' ');
        slice_i64(slice_sub(one, 0, space), &number);
        mappings = slice_sub(mappings, one.n + 2, mappings.n);
        if (number < 1 || number > 22 || !tokens[number][0])
            return pgn_cannot(p, it, e);
        phrase_add(&p->b, "ALTER TEXT SEARCH CONFIGURATION %q ADD MAPPING FOR %z WITH %s", it->parts[0], it->parts[1],
                   tokens[number], slice_sub(one, space + 1, one.n));
        code = pgn_put(p, e);
    }
    return code;
}

int pgn_search_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    phrase_add(&p->b, "DROP TEXT SEARCH %z IF EXISTS %q", pgn_is(n, "text-dictionary") ? "DICTIONARY" : "CONFIGURATION",
               it->parts[0], it->parts[1]);
    return pgn_put(p, e);
}

/* Written name 'value', not name = 'value'. */
void pgn_foreign_options(struct pgn_plan *p, struct slice options)
{
    struct slice one;
    const char *comma = " OPTIONS (";
    for (; item_element(p->a, &options, &one); comma = ", ") {
        size_t sign = slice_find_byte(one, '=');
        phrase_add(&p->b, "%z%n %l", comma, slice_sub(one, 0, sign), slice_sub(one, sign + 1, one.n));
    }
    strbuf_addz(&p->b, comma[0] == ',' ? ")" : "");
}

int pgn_foreign_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice v;
    if (pgn_is(n, "server")) {
        phrase_add(&p->b, "CREATE SERVER IF NOT EXISTS %n", it->parts[0]);
        if ((v = pgn_get(p, it, "type")).p)
            phrase_add(&p->b, " TYPE %l", v);
        if ((v = pgn_get(p, it, "version")).p)
            phrase_add(&p->b, " VERSION %l", v);
        phrase_add(&p->b, " FOREIGN DATA WRAPPER %n", pgn_get(p, it, "wrapper"));
    } else {
        if (p->o->guarded && !n->gone) {
            int code = pgn_foreign_drop(p, n, it, e);
            if (code)
                return code;
        }
        phrase_add(&p->b, "CREATE FOREIGN DATA WRAPPER %n", it->parts[0]);
        if ((v = pgn_get(p, it, "handler")).p)
            phrase_add(&p->b, " HANDLER %s", slice_sub(v, 0, slice_find_byte(v, '(')));
        if ((v = pgn_get(p, it, "validator")).p)
            phrase_add(&p->b, " VALIDATOR %s", slice_sub(v, 0, slice_find_byte(v, '(')));
    }
    pgn_foreign_options(p, pgn_get(p, it, "options"));
    return pgn_put(p, e);
}

int pgn_foreign_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    phrase_add(&p->b, "DROP %z IF EXISTS %n", pgn_is(n, "server") ? "SERVER" : "FOREIGN DATA WRAPPER", it->parts[0]);
    return pgn_put(p, e);
}
