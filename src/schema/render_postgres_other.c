/* PostgreSQL's schemas, extensions, comments, privileges and rarer objects as SQL. */
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

/* ---- comments and privileges --------------------------------------------------------------------------------------- */

/* The words in front of an object's name; false: its identity is not in a form that SQL reads. */
static bool described(struct pgn_plan *p, const struct item *it)
{
    static const char *const of_table[][2] = {
        {"constraint", "CONSTRAINT"}, {"trigger", "TRIGGER"}, {"rule", "RULE"}, {"policy", "POLICY"}};
    struct slice kind = it->parts[0];
    for (size_t i = 0; i < sizeof of_table / sizeof *of_table; i++)
        if (slice_eq(kind, slice_of(of_table[i][0])) && it->n_parts == 4) {
            phrase_add(&p->b, "%z %n ON %q", of_table[i][1], it->parts[3], it->parts[1], it->parts[2]);
            return true;
        }
    if (slice_eq(kind, SLICE("column"))) {
        phrase_add(&p->b, "COLUMN %q.%n", it->parts[1], it->parts[2], it->parts[3]);
        return it->n_parts == 4;
    }
    if (it->n_parts == 3) {
        struct pgn *r = pgn_relation(p, it->parts[1], it->parts[2]);
        bool kept = r && pgn_is(r, "materialized-view"), foreign = r && pgn_is(r, "foreign-table");
        phrase_add(&p->b, "%z%s %q",
                   kept      ? "MATERIALIZED "
                   : foreign ? "FOREIGN "
                             : "",
                   kind, it->parts[1], it->parts[2]);
        return true;
    }
    if (slice_eq(kind, SLICE("domain-constraint"))) {
        size_t on = slice_find(it->parts[1], SLICE(" on "));
        phrase_add(&p->b, "CONSTRAINT %s ON DOMAIN %s", slice_sub(it->parts[1], 0, on),
                   slice_sub(it->parts[1], on + 4, it->parts[1].n));
        return it->n_parts == 2;
    }
    for (size_t i = 0; i < kind.n; i++) /* "text-search-configuration" */
        strbuf_addc(&p->b, kind.p[i] == '-' ? ' ' : kind.p[i]);
    if (slice_eq(kind, SLICE("schema")))
        phrase_add(&p->b, " %n", it->parts[1]); /* the identity of public is told without quotes */
    else
        phrase_add(&p->b, " %s", it->parts[1]);
    return it->n_parts == 2;
}

static int comment(struct pgn_plan *p, const struct item *it, bool gone, struct pawl_error *e)
{
    strbuf_addz(&p->b, "COMMENT ON ");
    if (!described(p, it))
        return pgn_cannot(p, it, e);
    if (gone)
        strbuf_addz(&p->b, " IS NULL");
    else
        phrase_add(&p->b, " IS %l", item_plain(p->a, fact_value(it->line, "text")));
    return pgn_put(p, e);
}

int pgn_comment_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    (void)n;
    return comment(p, it, false, e);
}

/* A comment on a part of a table may have gone with the part. */
int pgn_comment_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    const struct pgn *o = pgn_owner(p, n);
    for (size_t i = 0; o && it->n_parts == 4 && i < o->parts.n; i++) {
        const struct pgn *part = &p->nodes[o->parts.v[i]];
        const struct item *was = part->from;
        if (was && part->gone && was->n_parts == 3 && slice_eq(was->parts[2], it->parts[3]))
            return PAWL_OK;
    }
    return comment(p, it, true, e);
}

static void role(struct pgn_plan *p, struct slice name)
{
    if (slice_eq(name, SLICE("public")))
        strbuf_addz(&p->b, "PUBLIC");
    else if (slice_eq(name, SLICE("@owner")))
        strbuf_addz(&p->b, "CURRENT_USER");
    else
        phrase_name(&p->b, name);
}

/* ON what; *column: the privileges are those of a column. */
static bool privileged(struct pgn_plan *p, const struct item *it)
{
    struct slice kind = it->parts[0];
    if (slice_eq(kind, SLICE("column")))
        phrase_add(&p->b, "%q", it->parts[1], it->parts[2]);
    else if (slice_eq(kind, SLICE("function")) && it->n_parts == 4)
        phrase_add(&p->b, "ROUTINE %q%s", it->parts[1], slice_sub(it->parts[2], 0, slice_find_byte(it->parts[2], '(')),
                   slice_sub(it->parts[2], slice_find_byte(it->parts[2], '('), it->parts[2].n));
    else if (it->n_parts == 4)
        phrase_add(&p->b, "%s %q", kind, it->parts[1], it->parts[2]);
    else if (it->n_parts == 3)
        phrase_add(&p->b, "%s %n",
                   slice_eq(kind, SLICE("server"))                 ? SLICE("FOREIGN SERVER")
                   : slice_eq(kind, SLICE("foreign-data-wrapper")) ? SLICE("FOREIGN DATA WRAPPER")
                                                                   : kind,
                   it->parts[1]);
    return it->n_parts >= 3;
}

/* "select*,insert" as GRANT wants it: those with or those without the right to grant them on. */
static bool privilege_words(struct pgn_plan *p, struct slice can, bool on, struct slice column)
{
    bool any = false;
    for (struct slice rest = can; rest.n;) {
        struct slice one = slice_sub(rest, 0, slice_find_byte(rest, ','));
        bool star = one.n && one.p[one.n - 1] == '*';
        rest = slice_sub(rest, one.n + 1, rest.n);
        if (star != on)
            continue;
        phrase_add(&p->b, "%z%s", any ? ", " : "", slice_sub(one, 0, one.n - star));
        if (column.p)
            phrase_add(&p->b, " (%n)", column);
        any = true;
    }
    return any;
}

static struct slice column_of(const struct item *it)
{
    return slice_eq(it->parts[0], SLICE("column")) ? it->parts[3] : (struct slice){NULL, 0};
}

static int revoke_all(struct pgn_plan *p, const struct item *it, struct pawl_error *e)
{
    struct slice column = column_of(it);
    strbuf_addz(&p->b, "REVOKE ALL");
    if (column.p)
        phrase_add(&p->b, " (%n)", column);
    strbuf_addz(&p->b, " ON ");
    privileged(p, it);
    strbuf_addz(&p->b, " FROM ");
    role(p, it->parts[it->n_parts - 1]);
    return pgn_put(p, e);
}

static int grant(struct pgn_plan *p, const struct item *it, struct slice can, bool on, struct pawl_error *e)
{
    strbuf_addz(&p->b, "GRANT ");
    if (!privilege_words(p, can, on, column_of(it))) {
        strbuf_reset(&p->b);
        return PAWL_OK;
    }
    strbuf_addz(&p->b, " ON ");
    privileged(p, it);
    strbuf_addz(&p->b, " TO ");
    role(p, it->parts[it->n_parts - 1]);
    strbuf_addz(&p->b, on ? " WITH GRANT OPTION" : "");
    return pgn_put(p, e);
}

int pgn_privilege_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice can = pgn_get(p, it, "can");
    (void)n;
    if (it->n_parts < 3 || it->n_parts > 5)
        return pgn_cannot(p, it, e);
    int code = revoke_all(p, it, e);
    if (!code && can.p)
        code = grant(p, it, can, false, e);
    return code || !can.p ? code : grant(p, it, can, true, e);
}

/* Back to what the object is born with: its owner may do everything, everybody may run functions and use types. */
int pgn_privilege_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice who = it->parts[it->n_parts - 1], kind = it->parts[0];
    bool owner = slice_eq(who, SLICE("@owner")), everybody = slice_eq(who, SLICE("public"));
    bool open = slice_eq(kind, SLICE("function")) || slice_eq(kind, SLICE("type")) || slice_eq(kind, SLICE("language"));
    (void)n;
    if (slice_eq(it->parts[1], SLICE("pg_catalog")) ||
        (slice_eq(kind, SLICE("schema")) && slice_eq(it->parts[1], SLICE("public"))))
        return pgn_cannot(p, it, e);
    int code = revoke_all(p, it, e);
    if (code || slice_eq(kind, SLICE("column")) || !(owner || (everybody && open)))
        return code;
    strbuf_addz(&p->b, "GRANT ALL ON ");
    privileged(p, it);
    strbuf_addz(&p->b, " TO ");
    role(p, who);
    return pgn_put(p, e);
}

static void default_head(struct pgn_plan *p, const struct item *it)
{
    strbuf_addz(&p->b, "ALTER DEFAULT PRIVILEGES");
    if (!slice_eq(it->parts[1], SLICE("@owner")))
        phrase_add(&p->b, " FOR ROLE %n", it->parts[1]);
    if (!slice_eq(it->parts[2], SLICE("*")))
        phrase_add(&p->b, " IN SCHEMA %n", it->parts[2]);
}

int pgn_default_privilege_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice can = pgn_get(p, it, "can");
    int code = PAWL_OK;
    (void)n;
    if (it->n_parts != 4)
        return pgn_cannot(p, it, e);
    if (slice_eq(it->parts[2], SLICE("*"))) {
        default_head(p, it);
        phrase_add(&p->b, " REVOKE ALL ON %s FROM ", it->parts[0]);
        role(p, it->parts[3]);
        code = pgn_put(p, e);
    }
    for (int on = 0; on < 2 && !code && can.p; on++) {
        default_head(p, it);
        strbuf_addz(&p->b, " GRANT ");
        if (!privilege_words(p, can, on, (struct slice){NULL, 0})) {
            strbuf_reset(&p->b);
            continue;
        }
        phrase_add(&p->b, " ON %s TO ", it->parts[0]);
        role(p, it->parts[3]);
        strbuf_addz(&p->b, on ? " WITH GRANT OPTION" : "");
        code = pgn_put(p, e);
    }
    return code;
}

int pgn_default_privilege_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    (void)n;
    if (it->n_parts != 4)
        return pgn_cannot(p, it, e);
    default_head(p, it);
    phrase_add(&p->b, " REVOKE ALL ON %s FROM ", it->parts[0]);
    role(p, it->parts[3]);
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
