/* PostgreSQL's constraints and indexes as SQL. */
#include "schema/fact.h"
#include "schema/render_postgres.h"

static void relation(struct pgn_plan *p, struct slice path)
{
    struct slice parts[ITEM_PARTS];
    size_t n = 0;
    if (path.p && item_path(p->a, &path, parts, &n) && n >= 2)
        phrase_add(&p->b, "%q", parts[0], parts[1]);
    if (path.p && path.n > 2 && path.p[0] == '(') {
        strbuf_addc(&p->b, ' ');
        pgn_names(p, slice_sub(path, 1, path.n - 1));
    }
}

static void foreign_key(struct pgn_plan *p, const struct item *it)
{
    struct slice v;
    strbuf_addz(&p->b, "FOREIGN KEY ");
    pgn_names(p, fact_value(it->line, "columns"));
    strbuf_addz(&p->b, " REFERENCES ");
    relation(p, fact_value(it->line, "references"));
    if ((v = pgn_get(p, it, "match")).p)
        phrase_add(&p->b, " MATCH %s", v);
    if ((v = pgn_get(p, it, "on_update")).p)
        phrase_add(&p->b, " ON UPDATE %z", item_action_words(v));
    if ((v = pgn_get(p, it, "on_delete")).p)
        phrase_add(&p->b, " ON DELETE %z", item_action_words(v));
    if ((v = fact_value(it->line, "on_delete_columns")).p) {
        strbuf_addc(&p->b, ' ');
        pgn_names(p, v);
    }
}

/* Behind CONSTRAINT name. */
void pgn_constraint_text(struct pgn_plan *p, const struct pgn *n, const struct item *it)
{
    struct slice v;
    if (pgn_is(n, "check")) {
        phrase_add(&p->b, "CHECK (%s)%z", pgn_get(p, it, "expression"),
                   item_is(it, "inheritable", "no") ? " NO INHERIT" : "");
    } else if (pgn_is(n, "exclude")) {
        phrase_add(&p->b, "%s", pgn_get(p, it, "definition")); /* with everything behind it */
        return;
    } else if (pgn_is(n, "foreign-key")) {
        foreign_key(p, it);
    } else {
        phrase_add(&p->b, pgn_is(n, "unique") ? "UNIQUE %z" : "PRIMARY KEY %z",
                   item_is(it, "nulls", "equal") ? "NULLS NOT DISTINCT " : "");
        pgn_names(p, fact_value(it->line, "columns"));
        if ((v = fact_value(it->line, "include")).p) {
            strbuf_addz(&p->b, " INCLUDE ");
            pgn_names(p, v);
        }
        pgn_options(p, " WITH (", pgn_get(p, it, "options"), "");
        if ((v = pgn_get(p, it, "tablespace")).p)
            phrase_add(&p->b, " USING INDEX TABLESPACE %n", v);
    }
    if ((v = pgn_get(p, it, "deferrable")).p)
        phrase_add(&p->b, " DEFERRABLE%z", slice_eq(v, SLICE("deferred")) ? " INITIALLY DEFERRED" : "");
    if (item_is(it, "enforced", "no"))
        strbuf_addz(&p->b, " NOT ENFORCED");
    else if (item_is(it, "valid", "no"))
        strbuf_addz(&p->b, " NOT VALID");
}

static int index_role(struct pgn_plan *p, const struct item *it, struct slice schema, struct slice table,
                      struct slice name, struct pawl_error *e)
{
    int code = PAWL_OK;
    if (item_is(it, "clustered", "yes")) {
        phrase_add(&p->b, "ALTER TABLE %q CLUSTER ON %n", schema, table, name);
        code = pgn_put(p, e);
    }
    if (!code && item_is(it, "replica_identity", "yes")) {
        phrase_add(&p->b, "ALTER TABLE %q REPLICA IDENTITY USING INDEX %n", schema, table, name);
        code = pgn_put(p, e);
    }
    return code;
}

int pgn_constraint_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    PHRASE(c);
    phrase_add(&p->b, "ALTER TABLE %q ADD CONSTRAINT %n ", it->parts[0], it->parts[1], it->parts[2]);
    pgn_constraint_text(p, n, it);
    phrase_add(&c, "EXISTS (SELECT FROM pg_constraint WHERE conname = %l AND conrelid = to_regclass(%l))", it->parts[2],
               pgn_regclass(p, it->parts[0], it->parts[1]));
    int code = pgn_put_unless(p, phrase_keep(p->a, &c), e);
    return code ? code : index_role(p, it, it->parts[0], it->parts[1], it->parts[2], e);
}

int pgn_foreign_key_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    return pgn_constraint_create(p, n, it, e);
}

int pgn_constraint_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    (void)n;
    phrase_add(&p->b, "ALTER TABLE IF EXISTS %q DROP CONSTRAINT IF EXISTS %n", it->parts[0], it->parts[1],
               it->parts[2]);
    return pgn_put(p, e);
}

/* Without the attribute: the line up to it, and what follows it. */
static bool same_but(const struct pgn *n, const char *attribute)
{
    struct slice x = n->from->line, y = n->to->line, vx = fact_value(x, attribute), vy = fact_value(y, attribute);
    size_t skip = strlen(attribute) + 2; /* with the blank before it and the sign */
    size_t cut_x = vx.p ? (size_t)(vx.p - x.p) - skip : x.n, cut_y = vy.p ? (size_t)(vy.p - y.p) - skip : y.n;
    if (vx.p && !vy.p)
        cut_y = cut_x;
    if (vy.p && !vx.p)
        cut_x = cut_y;
    struct slice tail_x = slice_sub(x, vx.p ? (size_t)(vx.p - x.p) + vx.n : cut_x, x.n);
    struct slice tail_y = slice_sub(y, vy.p ? (size_t)(vy.p - y.p) + vy.n : cut_y, y.n);
    return slice_eq(slice_sub(x, 0, cut_x), slice_sub(y, 0, cut_y)) && slice_eq(tail_x, tail_y);
}

bool pgn_constraint_can(struct pgn_plan *p, const struct pgn *n)
{
    (void)p;
    return same_but(n, "name") || (same_but(n, "valid") && !fact_value(n->to->line, "valid").p);
}

int pgn_constraint_alter(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    if (same_but(n, "name"))
        return PAWL_OK;
    phrase_add(&p->b, "ALTER TABLE %q VALIDATE CONSTRAINT %n", it->parts[0], it->parts[1], it->parts[2]);
    return pgn_put(p, e);
}

/* ---- indexes ----------------------------------------------------------------------------------------------------- */

void pgn_collation(struct pgn_plan *p, struct slice name)
{
    struct pgn_list l = {0};
    if (pgn_scan(p, name, &l, NULL) == PAWL_OK && l.n)
        phrase_add(&p->b, " COLLATE %s", name);
    else
        phrase_add(&p->b, " COLLATE pg_catalog.%n", name);
}

/* What was said to the operator class of the key at this position, from 1; .p NULL = nothing. */
static struct slice class_options(struct pgn_plan *p, const struct pgn *index, int64_t position)
{
    for (size_t i = 0; i < index->parts.n; i++) {
        const struct item *it = p->nodes[index->parts.v[i]].to;
        int64_t number = 0;
        if (it && item_kind(it, "index-column") && slice_i64(it->parts[2], &number) && number == position)
            return pgn_get(p, it, "options");
    }
    return (struct slice){NULL, 0};
}

static void operator_class(struct pgn_plan *p, struct slice class, struct slice options)
{
    struct slice parts[ITEM_PARTS];
    size_t n = 0;
    if (!class.p || !item_path(p->a, &class, parts, &n))
        return;
    strbuf_addc(&p->b, ' ');
    if (n == 1)
        phrase_name(&p->b, parts[0]);
    else
        phrase_add(&p->b, "%q", parts[0], parts[1]);
    pgn_options(p, " (", options, "");
}

static void keys(struct pgn_plan *p, const struct pgn *index, struct slice list)
{
    struct key k;
    const char *comma = "(";
    int64_t position = 1;
    for (; item_next(p->a, &list, &k); comma = ", ", position++) {
        if (k.name.p)
            phrase_add(&p->b, "%z%n", comma, k.name);
        else
            phrase_add(&p->b, "%z(%s)", comma, k.expression);
        if (k.collation.p)
            pgn_collation(p, item_plain(p->a, k.collation));
        operator_class(p, k.class, class_options(p, index, position));
        phrase_add(&p->b, "%z%z", k.desc ? " DESC" : "", k.first ? " NULLS FIRST" : k.last ? " NULLS LAST" : "");
    }
    strbuf_addc(&p->b, ')');
}

int pgn_index_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    const struct pgn *table = pgn_owner(p, n);
    bool partitioned = table && table->to && fact_value(table->to->line, "partition_by").p;
    bool invalid = item_is(it, "valid", "no");
    struct slice v;
    if (!table || (invalid && !partitioned))
        return pgn_cannot(p, it, e);
    phrase_add(&p->b, "CREATE %zINDEX %z%n ON %z", item_is(it, "unique", "yes") ? "UNIQUE " : "", pgn_if_not(p),
               it->parts[1], invalid ? "ONLY " : "");
    relation(p, fact_value(it->line, "on"));
    if ((v = pgn_get(p, it, "method")).p)
        phrase_add(&p->b, " USING %n", v);
    strbuf_addc(&p->b, ' ');
    keys(p, n, fact_value(it->line, "keys"));
    if ((v = fact_value(it->line, "include")).p) {
        strbuf_addz(&p->b, " INCLUDE ");
        pgn_names(p, v);
    }
    if (item_is(it, "nulls", "equal"))
        strbuf_addz(&p->b, " NULLS NOT DISTINCT");
    pgn_options(p, " WITH (", pgn_get(p, it, "options"), "");
    if ((v = pgn_get(p, it, "tablespace")).p)
        phrase_add(&p->b, " TABLESPACE %n", v);
    if ((v = pgn_get(p, it, "where")).p)
        phrase_add(&p->b, " WHERE %s", v);
    int code = pgn_put(p, e);
    for (size_t i = 0; i < p->n && invalid && !code; i++) {
        const struct pgn *part = &p->nodes[i];
        if (!pgn_is(part, "index") || !part->to || !pgn_list_has(&part->mentions[1], (size_t)(n - p->nodes)))
            continue;
        phrase_add(&p->b, "ALTER INDEX %q ATTACH PARTITION %q", it->parts[0], it->parts[1], part->to->parts[0],
                   part->to->parts[1]);
        code = pgn_put(p, e);
    }
    const struct item *t = table->to ? table->to : table->from;
    return code ? code : index_role(p, it, t->parts[0], t->parts[1], it->parts[1], e);
}

int pgn_index_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    (void)n;
    phrase_add(&p->b, "DROP INDEX IF EXISTS %q", it->parts[0], it->parts[1]);
    return pgn_put(p, e);
}

/* Of an expression's column only; options of an operator class can be given only in CREATE INDEX. */
int pgn_index_column(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice now = n->to ? pgn_get(p, n->to, "statistics") : (struct slice){0};
    struct slice index =
        arena_printf(p->a, "index " SLICE_FMT, SLICE_ARG(slice_sub(it->key, 13, it->key.n - it->parts[2].n - 1)));
    const struct pgn *x = index.p ? map_get(&p->keys, index) : NULL;
    if (n->to && fact_value(n->to->line, "options").p) {
        bool said = x && x->comes && slice_find(x->to->line, SLICE(":class=")) != SIZE_MAX;
        return said && !now.p ? PAWL_OK : pgn_cannot(p, it, e);
    }
    phrase_add(&p->b, "ALTER INDEX %q ALTER COLUMN %s SET STATISTICS %s", it->parts[0], it->parts[1], it->parts[2],
               now.p ? now : SLICE("-1"));
    return pgn_put(p, e);
}
