/* PostgreSQL's columns as SQL. */
#include "schema/fact.h"
#include "schema/render_postgres.h"

/* The sequence behind an identity column. */
static const struct item *identity_sequence(struct pgn_plan *p, const struct pgn *table, struct slice column)
{
    struct slice parts[ITEM_PARTS];
    size_t n;
    for (size_t i = 0; i < table->parts.n; i++) {
        const struct item *it = p->nodes[table->parts.v[i]].to;
        struct slice of = it ? fact_value(it->line, "identity_of") : (struct slice){NULL, 0};
        if (of.p && item_path(p->a, &of, parts, &n) && n == 3 && slice_eq(parts[2], column))
            return it;
    }
    return NULL;
}

static void identity(struct pgn_plan *p, const struct pgn *table, const struct item *it)
{
    const struct item *s = identity_sequence(p, table, it->parts[2]);
    phrase_add(&p->b, " GENERATED %z AS IDENTITY", item_is(it, "identity", "always") ? "ALWAYS" : "BY DEFAULT");
    if (!s)
        return;
    struct slice usual =
        arena_printf(p->a, SLICE_FMT "_" SLICE_FMT "_seq", SLICE_ARG(it->parts[1]), SLICE_ARG(it->parts[2]));
    size_t before = p->b.n;
    strbuf_addz(&p->b, " (");
    if (!slice_eq(usual, s->parts[1]))
        phrase_add(&p->b, "SEQUENCE NAME %q", s->parts[0], s->parts[1]);
    pgn_sequence_settings(p, s, false);
    if (p->b.n == before + 2 && strbuf_ok(&p->b)) {
        p->b.n = before;
        p->b.p[before] = '\0';
    } else {
        strbuf_addc(&p->b, ')');
    }
}

/* What stands in for values that are gone, in a column that must have some; .p NULL = nothing can. */
static struct slice filler(struct pgn_plan *p, const struct item *it)
{
    static const char *const fillers[][2] = {
        {"smallint", "0"},
        {"integer", "0"},
        {"bigint", "0"},
        {"numeric", "0"},
        {"real", "0"},
        {"double", "0"},
        {"text", "''"},
        {"character", "''"},
        {"boolean", "false"},
        {"timestamp", "now()"},
        {"date", "current_date"},
        {"time", "'00:00'"},
        {"jsonb", "'{}'"},
        {"json", "'{}'"},
        {"bytea", "''"},
        {"interval", "'0'"},
        {"inet", "'0.0.0.0'"},
        {"uuid", "'00000000-0000-0000-0000-000000000000'"},
    };
    struct slice type = pgn_get(p, it, "type"), label;
    if (slice_ends(type, SLICE("[]")))
        return SLICE("'{}'");
    for (size_t i = 0; i < sizeof fillers / sizeof *fillers; i++)
        if (slice_starts(type, slice_of(fillers[i][0])))
            return slice_of(fillers[i][1]);
    struct pgn_list l = {0};
    if (pgn_scan(p, type, &l, NULL) == PAWL_OK && l.n && pgn_is(&p->nodes[l.v[0]], "enum") && p->nodes[l.v[0]].to) {
        struct slice labels = pgn_get(p, p->nodes[l.v[0]].to, "labels");
        PHRASE(b);
        if (item_element(p->a, &labels, &label)) {
            phrase_add(&b, "%l", label);
            return phrase_keep(p->a, &b);
        }
    }
    return (struct slice){NULL, 0};
}

static bool needs_filler(const struct item *it)
{
    return item_is(it, "null", "no") && slice_eq(fact_value(it->line, "default"), SLICE("none")) &&
           !fact_value(it->line, "identity").p && !fact_value(it->line, "generated").p;
}

void pgn_column_clause(struct pgn_plan *p, const struct pgn *table, const struct item *it, struct slice fill)
{
    struct slice v;
    phrase_add(&p->b, "%n %s", it->parts[2], pgn_get(p, it, "type"));
    if ((v = pgn_get(p, it, "collation")).p)
        pgn_collation(p, v);
    if ((v = pgn_get(p, it, "expression")).p)
        phrase_add(&p->b, " GENERATED ALWAYS AS (%s) %z", v,
                   item_is(it, "generated", "virtual") ? "VIRTUAL" : "STORED");
    else if (fact_value(it->line, "identity").p)
        identity(p, table, it);
    else if ((v = pgn_get(p, it, "default")).p || (v = fill).p)
        phrase_add(&p->b, " DEFAULT %s", v);
    if (item_is(it, "null", "no"))
        strbuf_addz(&p->b, " NOT NULL");
    if ((v = fact_value(it->line, "fdw_options")).p)
        pgn_foreign_options(p, item_plain(p->a, v));
}

static void begin_column(struct pgn_plan *p, const struct item *it)
{
    phrase_add(&p->b, "ALTER TABLE %q ALTER COLUMN %n ", it->parts[0], it->parts[1], it->parts[2]);
}

/* What CREATE TABLE cannot say. `from`: what is there; NULL = nothing. */
static int column_rest(struct pgn_plan *p, const struct item *from, const struct item *it, struct pawl_error *e)
{
    static const char *const words[][3] = {{"storage", "SET STORAGE ", NULL},
                                           {"compression", "SET COMPRESSION ", "default"},
                                           {"statistics", "SET STATISTICS ", "-1"}};
    int code = PAWL_OK;
    for (size_t i = 0; i < 3 && !code; i++) {
        struct slice now = pgn_get(p, it, words[i][0]);
        struct slice then = from ? pgn_get(p, from, words[i][0]) : (struct slice){NULL, 0};
        if (slice_eq(now, then))
            continue;
        if (!now.p && !words[i][2]) {
            code = pgn_cannot(p, it, e); /* back to the storage of the type, which facts do not name */
            continue;
        }
        begin_column(p, it);
        phrase_add(&p->b, "%z%s", words[i][1], now.p ? now : slice_of(words[i][2]));
        code = pgn_put(p, e);
    }
    struct slice options = pgn_get(p, it, "options");
    if (!code && options.p && !(from && slice_eq(options, pgn_get(p, from, "options")))) {
        begin_column(p, it);
        pgn_options(p, "SET (", options, "");
        code = pgn_put(p, e);
    } else if (!code && !options.p && from && pgn_get(p, from, "options").p) {
        struct slice old = pgn_get(p, from, "options"), one;
        begin_column(p, it);
        for (const char *comma = "RESET ("; item_element(p->a, &old, &one); comma = ", ")
            phrase_add(&p->b, "%z%n", comma, slice_sub(one, 0, slice_find_byte(one, '=')));
        strbuf_addc(&p->b, ')');
        code = pgn_put(p, e);
    }
    return code;
}

static int set_default(struct pgn_plan *p, const struct item *it, struct pawl_error *e)
{
    struct slice v = pgn_get(p, it, "default");
    begin_column(p, it);
    if (v.p)
        phrase_add(&p->b, "SET DEFAULT %s", v);
    else
        strbuf_addz(&p->b, "DROP DEFAULT");
    return pgn_put(p, e);
}

static bool of_composite(struct pgn_plan *p, const struct pgn *n)
{
    const struct pgn *t = pgn_owner(p, n);
    return t && pgn_is(t, "composite");
}

static bool of_view(struct pgn_plan *p, const struct pgn *n)
{
    const struct pgn *t = pgn_owner(p, n);
    return t && (pgn_is(t, "view") || pgn_is(t, "materialized-view"));
}

int pgn_column_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    const struct pgn *t = pgn_owner(p, n);
    struct slice fill = needs_filler(it) ? filler(p, it) : (struct slice){NULL, 0};
    if (!t)
        return pgn_cannot(p, it, e);
    if (of_view(p, n)) {
        int code = pgn_get(p, it, "default").p ? set_default(p, it, e) : PAWL_OK;
        return code ? code : column_rest(p, NULL, it, e);
    }
    if (of_composite(p, n)) {
        phrase_add(&p->b, "ALTER TYPE %q ADD ATTRIBUTE %n %s", it->parts[0], it->parts[1], it->parts[2],
                   pgn_get(p, it, "type"));
        PHRASE(c);
        phrase_add(&c, "EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass(%l) AND attname = %l)",
                   pgn_regclass(p, it->parts[0], it->parts[1]), it->parts[2]);
        return pgn_put_unless(p, phrase_keep(p->a, &c), e);
    }
    phrase_add(&p->b, "ALTER %zTABLE %q ADD COLUMN %z", pgn_is(t, "foreign-table") ? "FOREIGN " : "", it->parts[0],
               it->parts[1], pgn_if_not(p));
    pgn_column_clause(p, t, it, fill);
    if (fill.p)
        p->remark = arena_printf(p->a, SLICE_FMT " %s", SLICE_ARG(fill),
                                 p->o->back ? "stands in for its values, which do not come back"
                                            : "is its value in rows that are there");
    else if (p->o->back)
        p->remark = SLICE("its values do not come back");
    if (fact_value(it->line, "generated").p)
        p->remark = SLICE("");
    int code = pgn_put(p, e);
    if (!code && fill.p)
        code = set_default(p, it, e);
    return code ? code : column_rest(p, NULL, it, e);
}

int pgn_column_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    if (of_view(p, n))
        return PAWL_OK;
    if (of_composite(p, n))
        phrase_add(&p->b, "ALTER TYPE %q DROP ATTRIBUTE IF EXISTS %n", it->parts[0], it->parts[1], it->parts[2]);
    else
        phrase_add(&p->b, "ALTER TABLE %q DROP COLUMN IF EXISTS %n", it->parts[0], it->parts[1], it->parts[2]);
    return pgn_put(p, e);
}

bool pgn_column_can(struct pgn_plan *p, const struct pgn *n)
{
    (void)p;
    return !pgn_differs(n, "generated") && !pgn_differs(n, "expression") && !pgn_differs(n, "inherited");
}

static int family(struct slice type)
{
    static const char *const names[] = {"smallint", "integer", "bigint", "numeric", "real", "double", "boolean"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_starts(type, slice_of(names[i])))
            return 1;
    if (slice_starts(type, SLICE("text")) || slice_starts(type, SLICE("character")))
        return 2;
    if (slice_starts(type, SLICE("timestamp")) || slice_starts(type, SLICE("date")))
        return 3;
    return slice_starts(type, SLICE("json")) ? 4 : 0;
}

/* Is there a cast from one to the other, as far as can be told? If not, the way leads over text. */
static bool casts(struct slice from, struct slice to)
{
    bool arrays = slice_ends(from, SLICE("[]")) || slice_ends(to, SLICE("[]"));
    return !arrays && (family(to) == 2 || family(from) == 2 || (family(from) && family(from) == family(to)));
}

static int set_type(struct pgn_plan *p, const struct item *from, const struct item *it, struct slice type,
                    struct pawl_error *e)
{
    struct slice old = pgn_get(p, from, "type");
    bool direct = casts(old, type), list = slice_ends(type, SLICE("[]")) && slice_ends(old, SLICE("[]"));
    begin_column(p, it);
    phrase_add(&p->b, "TYPE %s", type);
    if (fact_value(it->line, "collation").p)
        pgn_collation(p, pgn_get(p, it, "collation"));
    phrase_add(&p->b, " USING %n::%z%s", it->parts[2], direct ? "" : list ? "text[]::" : "text::", type);
    return pgn_put(p, e);
}

static int alter_identity(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    bool before = fact_value(n->from->line, "identity").p, after = fact_value(it->line, "identity").p;
    if (before && after) {
        begin_column(p, it);
        phrase_add(&p->b, "SET GENERATED %z", item_is(it, "identity", "always") ? "ALWAYS" : "BY DEFAULT");
        return pgn_put(p, e);
    }
    if (before) {
        begin_column(p, it);
        strbuf_addz(&p->b, "DROP IDENTITY IF EXISTS");
        return pgn_put(p, e);
    }
    begin_column(p, it);
    strbuf_addz(&p->b, "ADD");
    identity(p, pgn_owner(p, n), it);
    PHRASE(c);
    phrase_add(
        &c, "EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass(%l) AND attname = %l AND attidentity <> '')",
        pgn_regclass(p, it->parts[0], it->parts[1]), it->parts[2]);
    return pgn_put_unless(p, phrase_keep(p->a, &c), e);
}

int pgn_column_alter(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    bool inherited = pgn_inherited(p, n, true),
         retyped = (pgn_differs(n, "type") || pgn_differs(n, "collation")) && !inherited;
    int code = PAWL_OK;
    if (of_composite(p, n)) {
        phrase_add(&p->b, "ALTER TYPE %q ALTER ATTRIBUTE %n TYPE %s", it->parts[0], it->parts[1], it->parts[2],
                   pgn_get(p, it, "type"));
        return pgn_put(p, e);
    }
    if (retyped && pgn_get(p, n->from, "default").p) {
        begin_column(p, it);
        strbuf_addz(&p->b, "DROP DEFAULT");
        code = pgn_put(p, e);
    }
    if (!code && pgn_differs(n, "identity") && fact_value(n->from->line, "identity").p)
        code = alter_identity(p, n, it, e);
    if (!code && retyped)
        code = set_type(p, n->from, it, pgn_get(p, it, "type"), e);
    if (!code && (pgn_differs(n, "default") || (retyped && pgn_get(p, it, "default").p)))
        code = set_default(p, it, e);
    if (!code && pgn_differs(n, "null") && !inherited) {
        begin_column(p, it);
        strbuf_addz(&p->b, item_is(it, "null", "no") ? "SET NOT NULL" : "DROP NOT NULL");
        code = pgn_put(p, e);
    }
    if (!code && pgn_differs(n, "identity") && !fact_value(n->from->line, "identity").p)
        code = alter_identity(p, n, it, e);
    return code ? code : column_rest(p, n->from, it, e);
}

int pgn_column_release(struct pgn_plan *p, struct pgn *n, struct pawl_error *e)
{
    struct slice type = pgn_get(p, n->from, "type");
    int code = PAWL_OK;
    if (pgn_get(p, n->from, "default").p) {
        begin_column(p, n->from);
        strbuf_addz(&p->b, "DROP DEFAULT");
        code = pgn_put(p, e);
    }
    struct pgn_list l = {0};
    if (!code)
        code = pgn_scan(p, type, &l, e);
    for (size_t i = 0; i < l.n && !code; i++)
        if (p->nodes[l.v[i]].gone) {
            begin_column(p, n->from);
            strbuf_addz(&p->b, slice_ends(type, SLICE("[]")) ? "TYPE text[]" : "TYPE text");
            return pgn_put(p, e);
        }
    return code;
}

int pgn_column_take(struct pgn_plan *p, struct pgn *n, struct pawl_error *e)
{
    struct slice type = pgn_get(p, n->to, "type");
    struct pgn_list l = {0};
    bool again = pgn_differs(n, "type"); /* it was released from a type that is gone */
    int code = pgn_scan(p, type, &l, e);
    for (size_t i = 0; i < l.n && !again; i++)
        again = p->nodes[l.v[i]].gone || p->nodes[l.v[i]].comes;
    if (!code && again) {
        begin_column(p, n->to);
        phrase_add(&p->b, "TYPE %s USING %n::%s", type, n->to->parts[2], type);
        code = pgn_put(p, e);
    }
    if (!code && pgn_get(p, n->to, "default").p)
        code = set_default(p, n->to, e);
    if (!code && pgn_differs(n, "null")) {
        begin_column(p, n->to);
        strbuf_addz(&p->b, item_is(n->to, "null", "no") ? "SET NOT NULL" : "DROP NOT NULL");
        code = pgn_put(p, e);
    }
    return code ? code : column_rest(p, n->from, n->to, e);
}

int pgn_columns_rest(struct pgn_plan *p, const struct pgn *t, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = 0; i < t->parts.n && !code; i++) {
        const struct pgn *n = &p->nodes[t->parts.v[i]];
        if (!pgn_is(n, "column") || !n->to)
            continue;
        bool left = (item_is(n->to, "inherited", "yes") && !pgn_is_partition(t)) || pgn_get(p, t->to, "of").p;
        if (left && pgn_get(p, n->to, "default").p)
            code = set_default(p, n->to, e);
        if (!code && left && item_is(n->to, "null", "no")) {
            begin_column(p, n->to);
            strbuf_addz(&p->b, "SET NOT NULL");
            code = pgn_put(p, e);
        }
        if (!code)
            code = column_rest(p, NULL, n->to, e);
    }
    return code;
}
