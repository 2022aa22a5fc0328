/* PostgreSQL's tables as SQL. */
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
        if (!it || (item_is(it, "inherited", "yes") && !partition) || (pgn_get(p, t->to, "of").p && pgn_is(t, "table")))
            continue;
        strbuf_addz(&p->b, comma);
        comma = ",\n    ";
        pgn_column_clause(p, t, it, (struct slice){NULL, 0});
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
    struct slice now = pgn_get(p, it, "replica_identity"),
                 then = from ? pgn_get(p, from, "replica_identity") : (struct slice){0};
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
    if ((v = pgn_get(p, it, "of")).p)
        phrase_add(&p->b, "OF %s ", v);
    size_t open = p->b.n;
    strbuf_addc(&p->b, '(');
    table_body(p, n);
    if (v.p && p->b.n == open + 1)
        p->b.n = open;
    else
        strbuf_addz(&p->b, "\n)");
    if (inherits && !pgn_is_partition(n))
        phrase_add(&p->b, " INHERITS (%s)", pgn_get(p, inherits, "from"));
    if ((v = pgn_get(p, it, "partition_by")).p)
        phrase_add(&p->b, " PARTITION BY %s", v);
    if (server) {
        phrase_add(&p->b, " SERVER %n", pgn_get(p, server, "server"));
        pgn_foreign_options(p, pgn_get(p, server, "options"));
    }
    if ((v = pgn_get(p, it, "method")).p && !slice_eq(v, SLICE("heap")))
        phrase_add(&p->b, " USING %n", v);
    pgn_options(p, " WITH (", pgn_get(p, it, "options"), "");
    if ((v = pgn_get(p, it, "tablespace")).p)
        phrase_add(&p->b, " TABLESPACE %n", v);
    if (p->o->back && !foreign && !slice_eq(it->key, SLICE("")))
        p->remark = SLICE("its rows do not come back");
    int code = pgn_put(p, e);
    if (!code && (v = pgn_get(p, it, "toast_options")).p) {
        phrase_add(&p->b, "ALTER TABLE %q", it->parts[0], it->parts[1]);
        pgn_options(p, " SET (", v, "toast.");
        code = pgn_put(p, e);
    }
    if (!code)
        code = table_settings(p, NULL, it, e);
    return code ? code : pgn_columns_rest(p, n, e);
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
    struct slice old = pgn_get(p, n->from, attribute), now = pgn_get(p, n->to, attribute), one;
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
    if (!code && pgn_differs(n, "persistence")) {
        phrase_add(&p->b, "ALTER TABLE %q SET %z", it->parts[0], it->parts[1],
                   item_is(it, "persistence", "unlogged") ? "UNLOGGED" : "LOGGED");
        code = pgn_put(p, e);
    }
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed && !code; i++)
        if (pgn_differs(n, fixed[i]))
            code = pgn_cannot(p, it, e);
    if (!code && pgn_differs(n, "bound") && fact_value(it->line, "bound").p && fact_value(n->from->line, "bound").p)
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
    const struct pgn *t = pgn_owner(p, n);
    struct slice bound = t && t->to ? pgn_get(p, t->to, "bound") : (struct slice){NULL, 0},
                 from = pgn_get(p, it, "from");
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
    const struct pgn *t = pgn_owner(p, n);
    struct slice from = pgn_get(p, it, "from");
    bool partition = t && t->from && pgn_get(p, t->from, "bound").p;
    PHRASE(c);
    if (partition)
        phrase_add(&p->b, "ALTER TABLE %s DETACH PARTITION %q", from, it->parts[0], it->parts[1]);
    else
        phrase_add(&p->b, "ALTER TABLE %q NO INHERIT %s", it->parts[0], it->parts[1], from);
    phrase_add(&c, "NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(%l))",
               pgn_regclass(p, it->parts[0], it->parts[1]));
    return pgn_put_unless(p, phrase_keep(p->a, &c), e);
}
