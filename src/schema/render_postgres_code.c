/* PostgreSQL's types, functions, views, triggers, rules and policies as SQL. */
#include "schema/fact.h"
#include "schema/render_postgres.h"

/* ---- types ------------------------------------------------------------------------------------------------------- */

static int put_type(struct pgn_plan *p, const struct item *it, struct pawl_error *e)
{
    PHRASE(c);
    phrase_add(&c, "to_regtype(%l) IS NOT NULL", pgn_regclass(p, it->parts[0], it->parts[1]));
    return pgn_put_unless(p, phrase_keep(p->a, &c), e);
}

int pgn_enum_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice labels = pgn_get(p, it, "labels"), one;
    (void)n;
    phrase_add(&p->b, "CREATE TYPE %q AS ENUM (", it->parts[0], it->parts[1]);
    for (const char *comma = ""; item_element(p->a, &labels, &one); comma = ", ")
        phrase_add(&p->b, "%z%l", comma, one);
    strbuf_addc(&p->b, ')');
    if (n->replaced)
        p->remark = SLICE("rows with a value that the type does not have any more stop this");
    return put_type(p, it, e);
}

int pgn_type_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    phrase_add(&p->b, "DROP %z IF EXISTS %q", pgn_is(n, "domain") ? "DOMAIN" : "TYPE", it->parts[0], it->parts[1]);
    return pgn_put(p, e);
}

/* Are the labels before a subsequence of those after? Then the others can be added. */
bool pgn_enum_can(struct pgn_plan *p, const struct pgn *n)
{
    struct slice from = pgn_get(p, n->from, "labels"), to = pgn_get(p, n->to, "labels"), x, y;
    while (item_element(p->a, &from, &x)) {
        do {
            if (!item_element(p->a, &to, &y))
                return false;
        } while (!slice_eq(x, y));
    }
    return true;
}

int pgn_enum_alter(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice from = pgn_get(p, n->from, "labels"), to = pgn_get(p, it, "labels"), x = {0}, y, before = {0};
    bool more = item_element(p->a, &from, &x);
    int code = PAWL_OK;
    while (!code && item_element(p->a, &to, &y)) {
        if (more && slice_eq(x, y)) {
            more = item_element(p->a, &from, &x);
        } else {
            phrase_add(&p->b, "ALTER TYPE %q ADD VALUE %z%l", it->parts[0], it->parts[1], pgn_if_not(p), y);
            if (before.p)
                phrase_add(&p->b, " AFTER %l", before);
            else
                phrase_add(&p->b, " BEFORE %l", x);
            code = pgn_put(p, e);
        }
        before = y;
    }
    return code;
}

int pgn_domain_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice v;
    (void)n;
    phrase_add(&p->b, "CREATE DOMAIN %q AS %s", it->parts[0], it->parts[1], pgn_get(p, it, "type"));
    if ((v = pgn_get(p, it, "collation")).p)
        phrase_add(&p->b, " COLLATE %s", v);
    if ((v = pgn_get(p, it, "default")).p)
        phrase_add(&p->b, " DEFAULT %s", v);
    if (item_is(it, "null", "no"))
        strbuf_addz(&p->b, " NOT NULL");
    return put_type(p, it, e);
}

bool pgn_domain_can(struct pgn_plan *p, const struct pgn *n)
{
    (void)p;
    return !pgn_differs(n, "type") && !pgn_differs(n, "collation");
}

int pgn_domain_alter(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice v = pgn_get(p, it, "default");
    int code = PAWL_OK;
    if (pgn_differs(n, "default")) {
        phrase_add(&p->b, v.p ? "ALTER DOMAIN %q SET DEFAULT %s" : "ALTER DOMAIN %q DROP DEFAULT", it->parts[0],
                   it->parts[1], v);
        code = pgn_put(p, e);
    }
    if (!code && pgn_differs(n, "null")) {
        phrase_add(&p->b, "ALTER DOMAIN %q %z NOT NULL", it->parts[0], it->parts[1],
                   item_is(it, "null", "no") ? "SET" : "DROP");
        code = pgn_put(p, e);
    }
    return code;
}

int pgn_domain_check_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    PHRASE(c);
    (void)n;
    phrase_add(&p->b, "ALTER DOMAIN %q ADD CONSTRAINT %n %s", it->parts[0], it->parts[1], it->parts[2],
               pgn_get(p, it, "definition"));
    phrase_add(&c, "EXISTS (SELECT FROM pg_constraint WHERE conname = %l AND contypid = to_regtype(%l))", it->parts[2],
               pgn_regclass(p, it->parts[0], it->parts[1]));
    return pgn_put_unless(p, phrase_keep(p->a, &c), e);
}

int pgn_domain_check_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    (void)n;
    phrase_add(&p->b, "ALTER DOMAIN %q DROP CONSTRAINT IF EXISTS %n", it->parts[0], it->parts[1], it->parts[2]);
    return pgn_put(p, e);
}

int pgn_range_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    static const char *const settings[][2] = {
        {"class", "subtype_opclass"}, {"collation", "collation"}, {"multirange", "multirange_type_name"}};
    struct slice v;
    (void)n;
    if (fact_value(it->line, "canonical").p)
        return pgn_cannot(p, it, e);
    phrase_add(&p->b, "CREATE TYPE %q AS RANGE (subtype = %s", it->parts[0], it->parts[1], pgn_get(p, it, "subtype"));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if ((v = pgn_get(p, it, settings[i][0])).p)
            phrase_add(&p->b, ", %z = %s", settings[i][1], v);
    if ((v = pgn_get(p, it, "difference")).p)
        phrase_add(&p->b, ", subtype_diff = %s", slice_sub(v, 0, slice_find_byte(v, '(')));
    strbuf_addc(&p->b, ')');
    return put_type(p, it, e);
}

/* ---- functions --------------------------------------------------------------------------------------------------- */

/* In dollar quotes that the text does not have. */
static void dollar_quoted(struct pgn_plan *p, struct slice text)
{
    char tag[24] = "$$";
    for (unsigned i = 0; slice_find(text, slice_of(tag)) != SIZE_MAX; i++)
        memcpy(tag, (char[]){'$', 'f', (char)('a' + i % 26), (char)('a' + i / 26 % 26), '$', '\0'}, 6);
    phrase_add(&p->b, "%z%s%z", tag, text, tag);
}

/* search_path and its like are lists of names, which SET takes one by one. */
static void setting(struct pgn_plan *p, struct slice one)
{
    size_t sign = slice_find_byte(one, '=');
    struct slice name = slice_sub(one, 0, sign), value = slice_sub(one, sign + 1, one.n);
    phrase_add(&p->b, "\n    SET %n TO ", name);
    if (!slice_eq(name, SLICE("search_path")) && !slice_eq(name, SLICE("temp_tablespaces"))) {
        phrase_add(&p->b, "%l", value);
        return;
    }
    for (const char *comma = ""; value.n; comma = ", ") {
        bool quoted = value.p[0] == '"';
        size_t end = quoted ? 1 + slice_find_byte(slice_sub(value, 1, value.n), '"') : slice_find_byte(value, ',');
        end = end > value.n ? value.n : end;
        phrase_add(&p->b, "%z%l", comma, slice_trim(slice_sub(value, quoted, end)));
        value = slice_sub(value, end + quoted, value.n);
        while (value.n && (value.p[0] == ',' || value.p[0] == ' '))
            value = slice_sub(value, 1, value.n);
    }
}

static void function_rest(struct pgn_plan *p, const struct item *it)
{
    struct slice v, one;
    phrase_add(&p->b, "\n    LANGUAGE %n", pgn_get(p, it, "language"));
    if (item_is(it, "kind", "window"))
        strbuf_addz(&p->b, " WINDOW");
    if (!item_is(it, "kind", "procedure")) {
        if (!item_is(it, "volatility", "volatile"))
            phrase_add(&p->b, item_is(it, "volatility", "immutable") ? " IMMUTABLE" : " STABLE");
        if (item_is(it, "strict", "yes"))
            strbuf_addz(&p->b, " STRICT");
        if (item_is(it, "leakproof", "yes"))
            strbuf_addz(&p->b, " LEAKPROOF");
        if (!item_is(it, "parallel", "unsafe"))
            phrase_add(&p->b, " PARALLEL %s", pgn_get(p, it, "parallel"));
        if ((v = pgn_get(p, it, "cost")).p)
            phrase_add(&p->b, slice_eq(v, SLICE("100")) ? "" : " COST %s", v);
        if ((v = pgn_get(p, it, "rows")).p)
            phrase_add(&p->b, slice_eq(v, SLICE("1000")) ? "" : " ROWS %s", v);
        if ((v = pgn_get(p, it, "support")).p)
            phrase_add(&p->b, " SUPPORT %s", slice_sub(v, 0, slice_find_byte(v, '(')));
    }
    if (item_is(it, "security", "definer"))
        strbuf_addz(&p->b, " SECURITY DEFINER");
    for (v = pgn_get(p, it, "settings"); item_element(p->a, &v, &one);)
        setting(p, one);
}

int pgn_function_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice name = slice_sub(it->parts[1], 0, slice_find_byte(it->parts[1], '(')), v,
                 body = pgn_get(p, it, "body");
    (void)n;
    if (fact_value(it->line, "transforms").p)
        return pgn_cannot(p, it, e);
    phrase_add(&p->b, "CREATE OR REPLACE %z %q(%s)", item_is(it, "kind", "procedure") ? "PROCEDURE" : "FUNCTION",
               it->parts[0], name, pgn_get(p, it, "arguments"));
    if ((v = pgn_get(p, it, "result")).p)
        phrase_add(&p->b, "\n    RETURNS %s", v);
    function_rest(p, it);
    if ((v = pgn_get(p, it, "library")).p) {
        phrase_add(&p->b, "\n    AS %l, %l", v, body);
    } else if (item_is(it, "language", "sql") &&
               (slice_starts(body, SLICE("BEGIN ATOMIC")) || slice_starts(body, SLICE("RETURN ")))) {
        phrase_add(&p->b, "\n%s", body);
    } else {
        strbuf_addz(&p->b, "\n    AS ");
        dollar_quoted(p, body.p ? body : SLICE(""));
    }
    return pgn_put(p, e);
}

int pgn_function_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    size_t open = slice_find_byte(it->parts[1], '(');
    struct slice types = slice_sub(it->parts[1], open, it->parts[1].n);
    if (pgn_is(n, "aggregate") && slice_eq(types, SLICE("()")))
        types = SLICE("(*)");
    phrase_add(&p->b, "DROP %z IF EXISTS %q%s",
               pgn_is(n, "aggregate")             ? "AGGREGATE"
               : item_is(it, "kind", "procedure") ? "PROCEDURE"
                                                  : "FUNCTION",
               it->parts[0], slice_sub(it->parts[1], 0, open), types);
    return pgn_put(p, e);
}

/* CREATE OR REPLACE keeps what uses the function, but not every change of its head is allowed. */
bool pgn_function_can(struct pgn_plan *p, const struct pgn *n)
{
    (void)p;
    return !pgn_differs(n, "kind") && !pgn_differs(n, "arguments") && !pgn_differs(n, "result");
}

int pgn_aggregate_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    static const char *const functions[][2] = {{"transition", "SFUNC"},        {"final", "FINALFUNC"},
                                               {"combine", "COMBINEFUNC"},     {"serial", "SERIALFUNC"},
                                               {"deserial", "DESERIALFUNC"},   {"moving", "MSFUNC"},
                                               {"moving_inverse", "MINVFUNC"}, {"moving_final", "MFINALFUNC"}};
    struct slice name = slice_sub(it->parts[1], 0, slice_find_byte(it->parts[1], '(')), v;
    const char *comma = "";
    (void)n;
    if (fact_value(it->line, "kind").p || fact_value(it->line, "sort_operator").p ||
        fact_value(it->line, "moving_final_extra").p)
        return pgn_cannot(p, it, e);
    v = pgn_get(p, it, "arguments");
    phrase_add(&p->b, "CREATE OR REPLACE AGGREGATE %q(%s) (", it->parts[0], name, v.n ? v : SLICE("*"));
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if ((v = pgn_get(p, it, functions[i][0])).p) {
            phrase_add(&p->b, "%z%z = %s", comma, functions[i][1], slice_sub(v, 0, slice_find_byte(v, '(')));
            comma = ", ";
        }
    phrase_add(&p->b, ", STYPE = %s", pgn_get(p, it, "state"));
    if ((v = pgn_get(p, it, "space")).p && !slice_eq(v, SLICE("0")))
        phrase_add(&p->b, ", SSPACE = %s", v);
    if (fact_value(it->line, "start").p)
        phrase_add(&p->b, ", INITCOND = %l", item_plain(p->a, fact_value(it->line, "start")));
    if (item_is(it, "final_extra", "yes"))
        strbuf_addz(&p->b, ", FINALFUNC_EXTRA");
    if ((v = pgn_get(p, it, "moving_state")).p)
        phrase_add(&p->b, ", MSTYPE = %s", v);
    if (fact_value(it->line, "moving_start").p)
        phrase_add(&p->b, ", MINITCOND = %l", item_plain(p->a, fact_value(it->line, "moving_start")));
    if (!item_is(it, "parallel", "unsafe"))
        phrase_add(&p->b, ", PARALLEL = %s", pgn_get(p, it, "parallel"));
    strbuf_addc(&p->b, ')');
    return pgn_put(p, e);
}

/* ---- views ------------------------------------------------------------------------------------------------------- */

int pgn_view_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice query = slice_trim(pgn_get(p, it, "query")), method = pgn_get(p, it, "method");
    bool kept = pgn_is(n, "materialized-view");
    if (kept)
        phrase_add(&p->b, "CREATE MATERIALIZED VIEW %z%q", pgn_if_not(p), it->parts[0], it->parts[1]);
    else
        phrase_add(&p->b, "CREATE OR REPLACE VIEW %q", it->parts[0], it->parts[1]);
    if (kept && method.p && !slice_eq(method, SLICE("heap")))
        phrase_add(&p->b, " USING %n", method);
    pgn_options(p, " WITH (", pgn_get(p, it, "options"), "");
    while (query.n && query.p[query.n - 1] == ';')
        query.n--;
    phrase_add(&p->b, " AS\n%s", query);
    return pgn_put(p, e);
}

int pgn_view_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    bool kept = pgn_is(n, "materialized-view");
    phrase_add(&p->b, "DROP %zVIEW IF EXISTS %q", kept ? "MATERIALIZED " : "", it->parts[0], it->parts[1]);
    return pgn_put_drop(p, n, it, kept ? "'m'" : "'v'", e);
}

/* ---- triggers, rules, policies ------------------------------------------------------------------------------------- */

static int state(struct pgn_plan *p, const struct item *it, const char *what, struct pawl_error *e)
{
    struct slice s = pgn_get(p, it, "state");
    if (!s.p)
        return PAWL_OK;
    phrase_add(&p->b, "ALTER TABLE %q %z%z %n", it->parts[0], it->parts[1],
               slice_eq(s, SLICE("disabled")) ? "DISABLE "
               : slice_eq(s, SLICE("always")) ? "ENABLE ALWAYS "
                                              : "ENABLE REPLICA ",
               what, it->parts[2]);
    return pgn_put(p, e);
}

/* Where nothing went before, what a first run has made must go before a second one. */
static int make_room(struct pgn_plan *p, struct pgn *n, pgn_write *drop, struct pawl_error *e)
{
    return p->o->guarded && !(n->from && n->gone) ? drop(p, n, n->to, e) : PAWL_OK;
}

int pgn_trigger_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    int code = make_room(p, n, pgn_trigger_drop, e);
    if (code)
        return code;
    phrase_add(&p->b, "%s", pgn_get(p, it, "definition"));
    code = pgn_put(p, e);
    return code ? code : state(p, it, "TRIGGER", e);
}

static int drop_part(struct pgn_plan *p, const char *what, const struct item *it, struct pawl_error *e)
{
    phrase_add(&p->b, "DROP %z IF EXISTS %n ON %q", what, it->parts[2], it->parts[0], it->parts[1]);
    return pgn_put(p, e);
}

int pgn_trigger_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    (void)n;
    return drop_part(p, "TRIGGER", it, e);
}

int pgn_rule_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice text = pgn_get(p, it, "definition");
    (void)n;
    while (text.n && (text.p[text.n - 1] == ';' || text.p[text.n - 1] == ' '))
        text.n--;
    if (slice_starts(text, SLICE("CREATE RULE")))
        phrase_add(&p->b, "CREATE OR REPLACE%s", slice_sub(text, 6, text.n));
    else
        phrase_add(&p->b, "%s", text);
    int code = pgn_put(p, e);
    return code ? code : state(p, it, "RULE", e);
}

int pgn_rule_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    (void)n;
    return drop_part(p, "RULE", it, e);
}

int pgn_policy_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice to = pgn_get(p, it, "to"), v;
    int code = make_room(p, n, pgn_policy_drop, e);
    if (code)
        return code;
    phrase_add(&p->b, "CREATE POLICY %n ON %q%z FOR %s TO ", it->parts[2], it->parts[0], it->parts[1],
               item_is(it, "permissive", "no") ? " AS RESTRICTIVE" : "", pgn_get(p, it, "for"));
    for (const char *comma = ""; to.n; comma = ", ") {
        struct slice one = slice_sub(to, 0, slice_find_byte(to, ','));
        if (slice_eq(one, SLICE("public")))
            phrase_add(&p->b, "%zPUBLIC", comma);
        else
            phrase_add(&p->b, "%z%n", comma, one);
        to = slice_sub(to, one.n + 1, to.n);
    }
    if ((v = pgn_get(p, it, "using")).p)
        phrase_add(&p->b, " USING (%s)", v);
    if ((v = pgn_get(p, it, "check")).p)
        phrase_add(&p->b, " WITH CHECK (%s)", v);
    return pgn_put(p, e);
}

int pgn_policy_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    (void)n;
    return drop_part(p, "POLICY", it, e);
}
