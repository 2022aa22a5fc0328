/* PostgreSQL's tables, columns and sequences as SQL. */
#include "schema/fact.h"
#include "schema/render_postgres.h"

/* ---- pieces ------------------------------------------------------------------------------------------------------ */

void pgn_names(struct pgn_plan *p, struct slice list)
{
    struct key k;
    const char *comma = "(";
    for (; item_next(p->a, &list, &k); comma = ", ")
        phrase_add(&p->b, "%z%n", comma, k.name);
    strbuf_addc(&p->b, ')');
}

void pgn_options(struct pgn_plan *p, const char *word, struct slice array, const char *before)
{
    struct slice one;
    const char *comma = "";
    for (; item_element(p->a, &array, &one); comma = ", ") {
        size_t sign = slice_find_byte(one, '=');
        phrase_add(&p->b, "%z%z%n = %l", *comma ? comma : word, before, slice_sub(one, 0, sign),
                   slice_sub(one, sign + 1, one.n));
    }
    if (*comma)
        strbuf_addc(&p->b, ')');
}

static struct slice get(struct pgn_plan *p, const struct item *it, const char *attribute)
{
    return item_get(p->a, it, attribute);
}

static bool differs(const struct pgn *n, const char *attribute)
{
    return !slice_eq(fact_value(n->from->line, attribute), fact_value(n->to->line, attribute));
}

/* ---- sequences --------------------------------------------------------------------------------------------------- */

static struct slice max_of(struct slice type)
{
    return slice_eq(type, SLICE("smallint"))  ? SLICE("32767")
           : slice_eq(type, SLICE("integer")) ? SLICE("2147483647")
                                              : SLICE("9223372036854775807");
}

/* All that is not as it is without being said; `all`: everything. */
static void sequence_settings(struct pgn_plan *p, const struct item *it, bool all)
{
    struct slice type = get(p, it, "type"), start = get(p, it, "start"), step = get(p, it, "increment");
    struct slice min = get(p, it, "min"), max = get(p, it, "max"), cache = get(p, it, "cache");
    bool down = step.n && step.p[0] == '-';
    if (all || !slice_eq(step, SLICE("1")))
        phrase_add(&p->b, " INCREMENT BY %s", step);
    if (all || down || !slice_eq(min, SLICE("1")))
        phrase_add(&p->b, " MINVALUE %s", min);
    if (all || down || !slice_eq(max, max_of(type)))
        phrase_add(&p->b, " MAXVALUE %s", max);
    if (all || down || !slice_eq(start, min))
        phrase_add(&p->b, " START WITH %s", start);
    if (all || !slice_eq(cache, SLICE("1")))
        phrase_add(&p->b, " CACHE %s", cache);
    if (all || item_is(it, "cycle", "yes"))
        strbuf_addz(&p->b, item_is(it, "cycle", "yes") ? " CYCLE" : " NO CYCLE");
}

int pgn_sequence_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice type = get(p, it, "type");
    (void)n;
    if (fact_value(it->line, "identity_of").p)
        return PAWL_OK; /* with its column */
    phrase_add(&p->b, "CREATE %zSEQUENCE %z%q", item_is(it, "persistence", "unlogged") ? "UNLOGGED " : "",
               pgn_if_not(p), it->parts[0], it->parts[1]);
    if (!slice_eq(type, SLICE("bigint")))
        phrase_add(&p->b, " AS %s", type);
    sequence_settings(p, it, false);
    return pgn_put(p, e);
}

int pgn_sequence_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    (void)n;
    struct slice of = fact_value(it->line, "owned_by");
    struct slice key = arena_printf(p->a, "column " SLICE_FMT, SLICE_ARG(of));
    const struct pgn *column = of.p && key.p ? map_get(&p->keys, key) : NULL;
    if (fact_value(it->line, "identity_of").p || (column && column->gone))
        return PAWL_OK; /* goes with its column */
    phrase_add(&p->b, "DROP SEQUENCE IF EXISTS %q", it->parts[0], it->parts[1]);
    return pgn_put(p, e);
}

bool pgn_sequence_can(struct pgn_plan *p, const struct pgn *n)
{
    (void)p;
    return !differs(n, "persistence") && !differs(n, "identity_of");
}

int pgn_sequence_alter(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    static const char *const settings[] = {"type", "start", "increment", "min", "max", "cache", "cycle"};
    bool any = false;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        any |= differs(n, settings[i]);
    if (any) {
        phrase_add(&p->b, "ALTER SEQUENCE %q AS %s", it->parts[0], it->parts[1], get(p, it, "type"));
        sequence_settings(p, it, true);
    }
    return any ? pgn_put(p, e) : PAWL_OK;
}

int pgn_sequence_own(struct pgn_plan *p, const struct pgn *n, struct pawl_error *e)
{
    struct slice parts[ITEM_PARTS];
    size_t count = 0;
    if (!n->to || !(n->comes || (pgn_changed(n) && differs(n, "owned_by"))))
        return PAWL_OK;
    struct slice to = fact_value(n->to->line, "owned_by");
    if (to.p && !item_path(p->a, &to, parts, &count))
        return err_nomem(e);
    if (!to.p && n->comes)
        return PAWL_OK;
    phrase_add(&p->b, "ALTER SEQUENCE %q OWNED BY ", n->to->parts[0], n->to->parts[1]);
    if (count == 3)
        phrase_add(&p->b, "%q.%n", parts[0], parts[1], parts[2]);
    else
        strbuf_addz(&p->b, "NONE");
    return pgn_put(p, e);
}

/* ---- columns ----------------------------------------------------------------------------------------------------- */

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
    sequence_settings(p, s, false);
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
    struct slice type = get(p, it, "type"), label;
    if (slice_ends(type, SLICE("[]")))
        return SLICE("'{}'");
    for (size_t i = 0; i < sizeof fillers / sizeof *fillers; i++)
        if (slice_starts(type, slice_of(fillers[i][0])))
            return slice_of(fillers[i][1]);
    struct pgn_list l = {0};
    if (pgn_scan(p, type, &l, NULL) == PAWL_OK && l.n && pgn_is(&p->nodes[l.v[0]], "enum") && p->nodes[l.v[0]].to) {
        struct slice labels = get(p, p->nodes[l.v[0]].to, "labels");
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

static void column_clause(struct pgn_plan *p, const struct pgn *table, const struct item *it, struct slice fill)
{
    struct slice v;
    phrase_add(&p->b, "%n %s", it->parts[2], get(p, it, "type"));
    if ((v = get(p, it, "collation")).p)
        pgn_collation(p, v);
    if ((v = get(p, it, "expression")).p)
        phrase_add(&p->b, " GENERATED ALWAYS AS (%s) %z", v,
                   item_is(it, "generated", "virtual") ? "VIRTUAL" : "STORED");
    else if (fact_value(it->line, "identity").p)
        identity(p, table, it);
    else if ((v = get(p, it, "default")).p || (v = fill).p)
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
        struct slice now = get(p, it, words[i][0]);
        struct slice then = from ? get(p, from, words[i][0]) : (struct slice){NULL, 0};
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
    struct slice options = get(p, it, "options");
    if (!code && options.p && !(from && slice_eq(options, get(p, from, "options")))) {
        begin_column(p, it);
        pgn_options(p, "SET (", options, "");
        code = pgn_put(p, e);
    } else if (!code && !options.p && from && get(p, from, "options").p) {
        struct slice old = get(p, from, "options"), one;
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
    struct slice v = get(p, it, "default");
    begin_column(p, it);
    if (v.p)
        phrase_add(&p->b, "SET DEFAULT %s", v);
    else
        strbuf_addz(&p->b, "DROP DEFAULT");
    return pgn_put(p, e);
}

static const struct pgn *table_of(struct pgn_plan *p, const struct pgn *n)
{
    return n->owner == PGN_NONE ? NULL : &p->nodes[n->owner];
}

static bool of_composite(struct pgn_plan *p, const struct pgn *n)
{
    const struct pgn *t = table_of(p, n);
    return t && pgn_is(t, "composite");
}

static bool of_view(struct pgn_plan *p, const struct pgn *n)
{
    const struct pgn *t = table_of(p, n);
    return t && (pgn_is(t, "view") || pgn_is(t, "materialized-view"));
}

int pgn_column_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    const struct pgn *t = table_of(p, n);
    struct slice fill = needs_filler(it) ? filler(p, it) : (struct slice){NULL, 0};
    if (!t)
        return pgn_cannot(p, it, e);
    if (of_view(p, n)) {
        int code = get(p, it, "default").p ? set_default(p, it, e) : PAWL_OK;
        return code ? code : column_rest(p, NULL, it, e);
    }
    if (of_composite(p, n)) {
        phrase_add(&p->b, "ALTER TYPE %q ADD ATTRIBUTE %n %s", it->parts[0], it->parts[1], it->parts[2],
                   get(p, it, "type"));
        PHRASE(c);
        phrase_add(&c, "EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass(%l) AND attname = %l)",
                   pgn_regclass(p, it->parts[0], it->parts[1]), it->parts[2]);
        return pgn_put_unless(p, phrase_keep(p->a, &c), e);
    }
    phrase_add(&p->b, "ALTER %zTABLE %q ADD COLUMN %z", pgn_is(t, "foreign-table") ? "FOREIGN " : "", it->parts[0],
               it->parts[1], pgn_if_not(p));
    column_clause(p, t, it, fill);
    p->remark =
        fill.p ? arena_printf(p->a, "its values do not come back; " SLICE_FMT " stands in for them", SLICE_ARG(fill))
               : SLICE("its values do not come back");
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
    return !differs(n, "generated") && !differs(n, "expression") && !differs(n, "inherited");
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
    struct slice old = get(p, from, "type");
    bool direct = casts(old, type), list = slice_ends(type, SLICE("[]")) && slice_ends(old, SLICE("[]"));
    begin_column(p, it);
    phrase_add(&p->b, "TYPE %s", type);
    if (fact_value(it->line, "collation").p)
        pgn_collation(p, get(p, it, "collation"));
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
    identity(p, table_of(p, n), it);
    PHRASE(c);
    phrase_add(
        &c, "EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass(%l) AND attname = %l AND attidentity <> '')",
        pgn_regclass(p, it->parts[0], it->parts[1]), it->parts[2]);
    return pgn_put_unless(p, phrase_keep(p->a, &c), e);
}

int pgn_column_alter(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    bool inherited = pgn_inherited(p, n, true), retyped = (differs(n, "type") || differs(n, "collation")) && !inherited;
    int code = PAWL_OK;
    if (of_composite(p, n)) {
        phrase_add(&p->b, "ALTER TYPE %q ALTER ATTRIBUTE %n TYPE %s", it->parts[0], it->parts[1], it->parts[2],
                   get(p, it, "type"));
        return pgn_put(p, e);
    }
    if (retyped && get(p, n->from, "default").p) {
        begin_column(p, it);
        strbuf_addz(&p->b, "DROP DEFAULT");
        code = pgn_put(p, e);
    }
    if (!code && differs(n, "identity") && fact_value(n->from->line, "identity").p)
        code = alter_identity(p, n, it, e);
    if (!code && retyped)
        code = set_type(p, n->from, it, get(p, it, "type"), e);
    if (!code && (differs(n, "default") || (retyped && get(p, it, "default").p)))
        code = set_default(p, it, e);
    if (!code && differs(n, "null") && !inherited) {
        begin_column(p, it);
        strbuf_addz(&p->b, item_is(it, "null", "no") ? "SET NOT NULL" : "DROP NOT NULL");
        code = pgn_put(p, e);
    }
    if (!code && differs(n, "identity") && !fact_value(n->from->line, "identity").p)
        code = alter_identity(p, n, it, e);
    return code ? code : column_rest(p, n->from, it, e);
}

int pgn_column_release(struct pgn_plan *p, struct pgn *n, struct pawl_error *e)
{
    struct slice type = get(p, n->from, "type");
    int code = PAWL_OK;
    if (get(p, n->from, "default").p) {
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
    struct slice type = get(p, n->to, "type");
    struct pgn_list l = {0};
    bool again = differs(n, "type"); /* it was released from a type that is gone */
    int code = pgn_scan(p, type, &l, e);
    for (size_t i = 0; i < l.n && !again; i++)
        again = p->nodes[l.v[i]].gone || p->nodes[l.v[i]].comes;
    if (!code && again) {
        begin_column(p, n->to);
        phrase_add(&p->b, "TYPE %s USING %n::%s", type, n->to->parts[2], type);
        code = pgn_put(p, e);
    }
    if (!code && get(p, n->to, "default").p)
        code = set_default(p, n->to, e);
    if (!code && differs(n, "null")) {
        begin_column(p, n->to);
        strbuf_addz(&p->b, item_is(n->to, "null", "no") ? "SET NOT NULL" : "DROP NOT NULL");
        code = pgn_put(p, e);
    }
    return code ? code : column_rest(p, n->from, n->to, e);
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

static bool is_constraint(const struct pgn *n)
{
    return pgn_is(n, "primary-key") || pgn_is(n, "unique") || pgn_is(n, "check") || pgn_is(n, "exclude");
}

/* Inside CREATE TABLE the server makes only one of two keys over the same columns. */
static bool is_second_key(struct pgn_plan *p, const struct pgn *table, const struct pgn *key)
{
    struct slice columns = fact_value(key->to->line, "columns");
    for (size_t i = 0; pgn_is(key, "unique") && i < table->parts.n; i++) {
        const struct pgn *n = &p->nodes[table->parts.v[i]];
        if (n != key && n->to && (pgn_is(n, "primary-key") || pgn_is(n, "unique")) &&
            slice_eq(fact_value(n->to->line, "columns"), columns))
            return true;
    }
    return false;
}

bool pgn_inline(struct pgn_plan *p, const struct pgn *table, const struct pgn *part)
{
    const struct item *it = part->to;
    if (it && pgn_is(table, "range"))
        return pgn_is(part, "function") || pgn_is(part, "cast");
    if (!it || !(pgn_is(table, "table") || pgn_is(table, "foreign-table") || pgn_is(table, "composite")))
        return false;
    if (pgn_is(part, "column") || pgn_is(part, "columns") || pgn_is(part, "foreign") || pgn_is(part, "sequence") ||
        pgn_is(part, "not-null"))
        return true;
    if (pgn_is(part, "inherits"))
        return !pgn_is_partition(table);
    return is_constraint(part) && !item_is(it, "valid", "no") && !fact_value(it->line, "clustered").p &&
           !fact_value(it->line, "replica_identity").p && !is_second_key(p, table, part);
}

static const struct item *part_item(struct pgn_plan *p, const struct pgn *t, const char *kind, struct slice name)
{
    for (size_t i = 0; i < t->parts.n; i++) {
        const struct pgn *n = &p->nodes[t->parts.v[i]];
        if (pgn_is(n, kind) && n->to && (!name.p || slice_eq(n->to->parts[2], name)))
            return n->to;
    }
    return NULL;
}

/* Columns in their order, then constraints; those that come from parents are left to them. */
static void table_body(struct pgn_plan *p, const struct pgn *t)
{
    const struct item *columns = part_item(p, t, "columns", (struct slice){NULL, 0});
    struct slice order = columns ? fact_value(columns->line, "order") : SLICE("");
    bool partition = pgn_is_partition(t);
    struct key k;
    const char *comma = "\n    ";
    while (item_next(p->a, &order, &k)) {
        const struct item *it = part_item(p, t, "column", k.name);
        if (!it || (item_is(it, "inherited", "yes") && !partition) || (get(p, t->to, "of").p && pgn_is(t, "table")))
            continue;
        strbuf_addz(&p->b, comma);
        comma = ",\n    ";
        column_clause(p, t, it, (struct slice){NULL, 0});
    }
    for (size_t i = 0; i < t->parts.n; i++) {
        const struct pgn *n = &p->nodes[t->parts.v[i]];
        if (!is_constraint(n) || !pgn_inline(p, t, n) || (item_is(n->to, "inherited", "yes") && !partition))
            continue;
        phrase_add(&p->b, "%zCONSTRAINT %n ", comma, n->to->parts[2]);
        comma = ",\n    ";
        pgn_constraint_text(p, n, n->to);
    }
}

static int columns_rest(struct pgn_plan *p, const struct pgn *t, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = 0; i < t->parts.n && !code; i++) {
        const struct pgn *n = &p->nodes[t->parts.v[i]];
        if (!pgn_is(n, "column") || !n->to)
            continue;
        bool left = (item_is(n->to, "inherited", "yes") && !pgn_is_partition(t)) || get(p, t->to, "of").p;
        if (left && get(p, n->to, "default").p)
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

static int table_settings(struct pgn_plan *p, const struct item *from, const struct item *it, struct pawl_error *e)
{
    static const char *const flags[][3] = {
        {"row_security", "ENABLE ROW LEVEL SECURITY", "DISABLE ROW LEVEL SECURITY"},
        {"force_row_security", "FORCE ROW LEVEL SECURITY", "NO FORCE ROW LEVEL SECURITY"}};
    int code = PAWL_OK;
    for (size_t i = 0; i < 2 && !code; i++) {
        bool now = item_is(it, flags[i][0], "yes"), then = from && item_is(from, flags[i][0], "yes");
        if (now == then)
            continue;
        phrase_add(&p->b, "ALTER TABLE %q %z", it->parts[0], it->parts[1], flags[i][now ? 1 : 2]);
        code = pgn_put(p, e);
    }
    struct slice now = get(p, it, "replica_identity"),
                 then = from ? get(p, from, "replica_identity") : (struct slice){0};
    if (code || slice_eq(now, then) || slice_eq(now, SLICE("index"))) /* an index says itself that it is the one */
        return code;
    phrase_add(&p->b, "ALTER TABLE %q REPLICA IDENTITY %s", it->parts[0], it->parts[1], now.p ? now : SLICE("DEFAULT"));
    return pgn_put(p, e);
}

int pgn_table_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    bool foreign = pgn_is(n, "foreign-table");
    const struct item *inherits = part_item(p, n, "inherits", (struct slice){NULL, 0});
    const struct item *server = part_item(p, n, "foreign", (struct slice){NULL, 0});
    struct slice v;
    phrase_add(&p->b, "CREATE %z%zTABLE %z%q ", item_is(it, "persistence", "unlogged") ? "UNLOGGED " : "",
               foreign ? "FOREIGN " : "", pgn_if_not(p), it->parts[0], it->parts[1]);
    if ((v = get(p, it, "of")).p)
        phrase_add(&p->b, "OF %s ", v);
    size_t open = p->b.n;
    strbuf_addc(&p->b, '(');
    table_body(p, n);
    if (v.p && p->b.n == open + 1)
        p->b.n = open;
    else
        strbuf_addz(&p->b, "\n)");
    if (inherits && !pgn_is_partition(n))
        phrase_add(&p->b, " INHERITS (%s)", get(p, inherits, "from"));
    if ((v = get(p, it, "partition_by")).p)
        phrase_add(&p->b, " PARTITION BY %s", v);
    if (server) {
        phrase_add(&p->b, " SERVER %n", get(p, server, "server"));
        pgn_foreign_options(p, get(p, server, "options"));
    }
    if ((v = get(p, it, "method")).p && !slice_eq(v, SLICE("heap")))
        phrase_add(&p->b, " USING %n", v);
    pgn_options(p, " WITH (", get(p, it, "options"), "");
    if ((v = get(p, it, "tablespace")).p)
        phrase_add(&p->b, " TABLESPACE %n", v);
    if (!p->from_nothing && !foreign && !slice_eq(it->key, SLICE("")))
        p->remark = SLICE("its rows do not come back");
    int code = pgn_put(p, e);
    if (!code && (v = get(p, it, "toast_options")).p) {
        phrase_add(&p->b, "ALTER TABLE %q", it->parts[0], it->parts[1]);
        pgn_options(p, " SET (", v, "toast.");
        code = pgn_put(p, e);
    }
    if (!code)
        code = table_settings(p, NULL, it, e);
    return code ? code : columns_rest(p, n, e);
}

int pgn_put_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, const char *relkinds, struct pawl_error *e)
{
    static const char *const kinds[] = {"table", "view", "materialized-view", "foreign-table", "sequence"};
    bool other = false;
    PHRASE(c);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct pgn *x = pgn_find(p, kinds[i], it->parts[0], it->parts[1]);
        other |= x && x != n && x->to;
    }
    if (!other)
        return pgn_put(p, e);
    phrase_add(&c, "NOT EXISTS (SELECT FROM pg_class WHERE oid = to_regclass(%l) AND relkind IN (%z))",
               pgn_regclass(p, it->parts[0], it->parts[1]), relkinds);
    return pgn_put_unless(p, phrase_keep(p->a, &c), e);
}

int pgn_table_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    bool foreign = pgn_is(n, "foreign-table");
    phrase_add(&p->b, "DROP %zTABLE IF EXISTS %q", foreign ? "FOREIGN " : "", it->parts[0], it->parts[1]);
    return pgn_put_drop(p, n, it, foreign ? "'f'" : "'r', 'p'", e);
}

bool pgn_table_can(struct pgn_plan *p, const struct pgn *n)
{
    (void)p;
    (void)n;
    return true; /* what cannot be altered is said, since making a table anew would lose its rows */
}

static int alter_options(struct pgn_plan *p, struct pgn *n, const char *attribute, const char *before,
                         struct pawl_error *e)
{
    struct slice old = get(p, n->from, attribute), now = get(p, n->to, attribute), one;
    int code = PAWL_OK;
    if (slice_eq(old, now))
        return PAWL_OK;
    if (old.p) {
        phrase_add(&p->b, "ALTER TABLE %q ", n->to->parts[0], n->to->parts[1]);
        for (const char *comma = "RESET ("; item_element(p->a, &old, &one); comma = ", ")
            phrase_add(&p->b, "%z%z%n", comma, before, slice_sub(one, 0, slice_find_byte(one, '=')));
        strbuf_addc(&p->b, ')');
        code = pgn_put(p, e);
    }
    if (!code && now.p) {
        phrase_add(&p->b, "ALTER TABLE %q", n->to->parts[0], n->to->parts[1]);
        pgn_options(p, " SET (", now, before);
        code = pgn_put(p, e);
    }
    return code;
}

int pgn_table_alter(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    static const char *const fixed[] = {"partition_by", "of", "method", "tablespace"};
    int code = alter_options(p, n, "options", "", e);
    if (!code)
        code = alter_options(p, n, "toast_options", "toast.", e);
    if (!code && differs(n, "persistence")) {
        phrase_add(&p->b, "ALTER TABLE %q SET %z", it->parts[0], it->parts[1],
                   item_is(it, "persistence", "unlogged") ? "UNLOGGED" : "LOGGED");
        code = pgn_put(p, e);
    }
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed && !code; i++)
        if (differs(n, fixed[i]))
            code = pgn_cannot(p, it, e);
    if (!code && differs(n, "bound") && fact_value(it->line, "bound").p && fact_value(n->from->line, "bound").p)
        code = pgn_cannot(p, it, e);
    return code ? code : table_settings(p, n->from, it, e);
}

int pgn_composite_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    PHRASE(c);
    phrase_add(&p->b, "CREATE TYPE %q AS (", it->parts[0], it->parts[1]);
    table_body(p, n);
    strbuf_addz(&p->b, "\n)");
    phrase_add(&c, "to_regtype(%l) IS NOT NULL", pgn_regclass(p, it->parts[0], it->parts[1]));
    return pgn_put_unless(p, phrase_keep(p->a, &c), e);
}

/* ---- parents ----------------------------------------------------------------------------------------------------- */

int pgn_inherits_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    const struct pgn *t = table_of(p, n);
    struct slice bound = t && t->to ? get(p, t->to, "bound") : (struct slice){NULL, 0}, from = get(p, it, "from");
    if (bound.p) {
        PHRASE(c);
        phrase_add(&p->b, "ALTER TABLE ONLY %s ATTACH PARTITION %q %s", from, it->parts[0], it->parts[1], bound);
        phrase_add(&c, "SELECT relispartition FROM pg_class WHERE oid = to_regclass(%l)",
                   pgn_regclass(p, it->parts[0], it->parts[1]));
        return pgn_put_unless(p, phrase_keep(p->a, &c), e);
    }
    /* parents one by one, in their order */
    phrase_add(&p->b, "ALTER TABLE %q INHERIT %s", it->parts[0], it->parts[1], from);
    PHRASE(c);
    phrase_add(&c, "EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(%l))",
               pgn_regclass(p, it->parts[0], it->parts[1]));
    return pgn_put_unless(p, phrase_keep(p->a, &c), e);
}

int pgn_inherits_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    const struct pgn *t = table_of(p, n);
    struct slice from = get(p, it, "from");
    bool partition = t && t->from && get(p, t->from, "bound").p;
    PHRASE(c);
    if (partition)
        phrase_add(&p->b, "ALTER TABLE %s DETACH PARTITION %q", from, it->parts[0], it->parts[1]);
    else
        phrase_add(&p->b, "ALTER TABLE %q NO INHERIT %s", it->parts[0], it->parts[1], from);
    phrase_add(&c, "NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(%l))",
               pgn_regclass(p, it->parts[0], it->parts[1]));
    return pgn_put_unless(p, phrase_keep(p->a, &c), e);
}
