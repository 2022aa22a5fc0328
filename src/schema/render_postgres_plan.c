/* What happens to each fact of a PostgreSQL schema, and in which order. */
#include "schema/fact.h"
#include "schema/render_postgres.h"

bool pgn_is(const struct pgn *n, const char *kind)
{
    return n->kind->name && strcmp(n->kind->name, kind) == 0;
}

bool pgn_changed(const struct pgn *n)
{
    return n->from && n->to && !slice_eq(n->from->line, n->to->line);
}

static bool is_relation(const struct pgn *n)
{
    return pgn_is(n, "table") || pgn_is(n, "view") || pgn_is(n, "materialized-view") || pgn_is(n, "foreign-table") ||
           pgn_is(n, "composite");
}

/* ---- what follows from something else ----------------------------------------------------------------------------- */

bool pgn_is_partition(const struct pgn *table)
{
    const struct item *it = table->to ? table->to : table->from;
    return pgn_is(table, "table") && fact_value(it->line, "bound").p;
}

static struct pgn *part_named(struct pgn_plan *p, const struct pgn *table, const char *kind, struct slice name)
{
    for (size_t i = 0; table && i < table->parts.n; i++) {
        struct pgn *n = &p->nodes[table->parts.v[i]];
        const struct item *it = n->to ? n->to : n->from;
        if (pgn_is(n, kind) && it->n_parts == 3 && slice_eq(it->parts[2], name))
            return n;
    }
    return NULL;
}

bool pgn_inherited(struct pgn_plan *p, const struct pgn *n, bool after)
{
    const struct item *it = after ? n->to : n->from;
    struct pgn *table = pgn_owner(p, n);
    if (!it || !table || !it->n_parts)
        return false;
    struct pgn *parent = pgn_parent(p, table, after);
    struct slice name = it->parts[it->n_parts - 1];
    if (pgn_is(n, "trigger"))
        return pgn_is_partition(table) && part_named(p, parent, "trigger", name);
    if (after ? table->comes : table->gone)
        return false;
    if (item_is(it, "inherited", "yes"))
        return true;
    if (pgn_is(n, "column"))
        return pgn_is_partition(table) && part_named(p, parent, "column", name);
    return fact_value(it->line, "part_of").p && !pgn_is(n, "index");
}

static struct pgn *index_above(struct pgn_plan *p, const struct pgn *n, bool after)
{
    const struct pgn_list *l = &n->mentions[after];
    for (size_t i = 0; pgn_is(n, "index") && i < l->n; i++)
        if (pgn_is(&p->nodes[l->v[i]], "index"))
            return &p->nodes[l->v[i]];
    return NULL;
}

/* ---- what goes and comes ----------------------------------------------------------------------------------------- */

static bool sure(struct pgn_plan *p, const struct pgn *n)
{
    return n->kind->alter && (!n->kind->can_alter || n->kind->can_alter(p, n));
}

static bool set(bool *flag, bool value)
{
    bool news = value && !*flag;
    *flag |= value;
    return news;
}

/* Goes and comes along the lines of ownership; true if anything is new. */
static bool spread(struct pgn_plan *p)
{
    bool news = false;
    for (size_t i = 0; i < p->n; i++) {
        struct pgn *n = &p->nodes[i], *o = pgn_owner(p, n);
        news |= set(&n->gone, n->from && (!n->to || n->replaced || (o && o->gone)));
        news |= set(&n->comes, n->to && (!n->from || n->replaced || n->gone || (o && o->comes)));
    }
    return news;
}

static bool attribute_differs(const struct pgn *n, const char *attribute)
{
    return pgn_changed(n) && !slice_eq(fact_value(n->from->line, attribute), fact_value(n->to->line, attribute));
}

/* A column that is not there any more, or steps aside, or has another type: what looks at it must let go. */
static bool disturbs(const struct pgn *column)
{
    return column->from && (column->gone || column->converted || attribute_differs(column, "type") ||
                            attribute_differs(column, "collation"));
}

static bool looks_at_columns(const struct pgn *n)
{
    return pgn_is(n, "view") || pgn_is(n, "materialized-view") || pgn_is(n, "rule") || pgn_is(n, "policy") ||
           pgn_is(n, "trigger") || pgn_is(n, "statistics") || pgn_is(n, "function") || pgn_is(n, "foreign-key");
}

static bool speaks_of(struct pgn_plan *p, const struct item *it, const struct pgn *column)
{
    size_t at = it->key.n;
    struct slice field;
    while (fact_field(it->line, &at, &field)) {
        size_t sign = slice_find_byte(field, '=');
        struct slice v = item_plain(p->a, slice_sub(field, sign + 1, field.n));
        if (pgn_has_word(v, column->from->parts[column->from->n_parts - 1]))
            return true;
    }
    return false;
}

static bool is_disturbed_in(struct pgn_plan *p, const struct pgn *n, const struct pgn *relation)
{
    for (size_t i = 0; i < relation->parts.n; i++) {
        const struct pgn *c = &p->nodes[relation->parts.v[i]];
        if (pgn_is(c, "column") && disturbs(c) && speaks_of(p, n->from, c))
            return true;
    }
    return false;
}

/* A check that casts a column to text loses the cast while the column is of that type, and would not come back from it. */
static bool is_recast(struct pgn_plan *p, const struct pgn *check, const struct pgn *table)
{
    for (size_t i = 0; i < table->parts.n; i++) {
        const struct pgn *c = &p->nodes[table->parts.v[i]];
        if (pgn_is(c, "column") && c->converted && speaks_of(p, check->from, c))
            return true;
    }
    return false;
}

/* A key that a foreign key needs, or an index in its place. */
static bool loses_key(struct pgn_plan *p, const struct pgn *n)
{
    const struct pgn_list *l = &n->mentions[0];
    for (size_t i = 0; i < l->n; i++) {
        const struct pgn *table = &p->nodes[l->v[i]];
        for (size_t k = 0; k < table->parts.n; k++) {
            const struct pgn *key = &p->nodes[table->parts.v[k]];
            if (key->gone && (pgn_is(key, "primary-key") || pgn_is(key, "unique") ||
                              (pgn_is(key, "index") && item_is(key->from, "unique", "yes"))))
                return true;
        }
    }
    return false;
}

static bool must_go(struct pgn_plan *p, const struct pgn *n)
{
    const struct pgn *o = pgn_owner(p, n);
    if (pgn_is(n, "foreign-key") && loses_key(p, n))
        return true;
    if (o && is_relation(o) &&
        ((looks_at_columns(n) && is_disturbed_in(p, n, o)) || (pgn_is(n, "check") && is_recast(p, n, o))))
        return true;
    for (size_t i = 0; i < n->mentions[0].n; i++) {
        const struct pgn *x = &p->nodes[n->mentions[0].v[i]];
        if (x->gone || (looks_at_columns(n) && is_relation(x) && is_disturbed_in(p, n, x)))
            return true;
    }
    return false;
}

static bool stays_whatever(const struct pgn *n)
{
    return pgn_is(n, "table") || pgn_is(n, "comment") || pgn_is(n, "privilege") || pgn_is(n, "columns") ||
           pgn_is(n, "inherits") || !n->kind->name;
}

int pgn_decide(struct pgn_plan *p, struct pawl_error *e)
{
    (void)e;
    for (size_t i = 0; i < p->n; i++) {
        struct pgn *n = &p->nodes[i];
        n->replaced = pgn_changed(n) && !sure(p, n);
    }
    for (bool news = true; news;) {
        news = spread(p);
        for (size_t i = 0; i < p->n; i++) {
            struct pgn *n = &p->nodes[i];
            if (!n->from || !n->to || n->gone || n->converted || stays_whatever(n) || !must_go(p, n))
                continue;
            news |= set(pgn_is(n, "column") ? &n->converted : &n->replaced, true);
        }
    }
    return PAWL_OK;
}

/* ---- in which order ---------------------------------------------------------------------------------------------- */

static int go(struct pgn_plan *p, struct pgn *n, struct pawl_error *e);
static int come(struct pgn_plan *p, struct pgn *n, struct pawl_error *e);

static bool goes(const struct pgn *n)
{
    return n->gone || n->converted;
}

static bool goes_with_owner(struct pgn_plan *p, const struct pgn *n)
{
    const struct pgn *o = pgn_owner(p, n);
    return n->gone && o && o->gone;
}

/* What looks at a relation goes before its columns do anything. */
static int clear_columns(struct pgn_plan *p, const struct pgn *column, struct pawl_error *e)
{
    struct pgn *o = pgn_owner(p, column);
    int code = PAWL_OK;
    for (size_t i = 0; o && i < o->parts.n && !code; i++) {
        struct pgn *n = &p->nodes[o->parts.v[i]];
        if (goes(n) && !pgn_is(n, "column") && !pgn_is(n, "columns"))
            code = go(p, n, e);
    }
    for (size_t i = 0; o && i < o->users.n && !code; i++) {
        struct pgn *n = &p->nodes[o->users.v[i]];
        if (goes(n) && !pgn_is(n, "column"))
            code = go(p, n, e);
    }
    return code;
}

/* Foreign keys that need the key go before it. */
static int clear_key(struct pgn_plan *p, const struct pgn *key, struct pawl_error *e)
{
    const struct pgn *o = pgn_owner(p, key);
    int code = PAWL_OK;
    if (!pgn_is(key, "primary-key") && !pgn_is(key, "unique") && !pgn_is(key, "index"))
        return PAWL_OK;
    for (size_t i = 0; o && i < o->users.n && !code; i++) {
        struct pgn *u = &p->nodes[o->users.v[i]];
        if (pgn_is(u, "foreign-key") && goes(u))
            code = go(p, u, e);
    }
    return code;
}

static int clear_way(struct pgn_plan *p, struct pgn *n, struct pawl_error *e)
{
    int code = pgn_is(n, "column") ? clear_columns(p, n, e) : clear_key(p, n, e);
    for (size_t i = 0; i < n->users.n && !code; i++) {
        struct pgn *u = &p->nodes[n->users.v[i]];
        if (pgn_is(u, "sequence") && is_relation(n))
            continue; /* owned by it, which is no hindrance */
        if (goes(u))
            code = go(p, u, e);
        else if (pgn_changed(u) && !pgn_list_has(&u->mentions[1], (size_t)(n - p->nodes)))
            code = come(p, u, e);
    }
    for (size_t i = 0; i < n->parts.n && !code; i++) { /* what looks at the parts of what goes */
        struct pgn *part = &p->nodes[n->parts.v[i]];
        if (goes(part) && (part->users.n || (n->replaced && is_relation(n))))
            code = clear_way(p, part, e);
    }
    struct pgn *above = n->gone ? index_above(p, n, false) : NULL;
    return !code && above && above->gone ? go(p, above, e) : code;
}

/* On a second run, what the first one has made stands in the way of a key that goes and comes again. */
static int clear_second(struct pgn_plan *p, struct pgn *n, struct pawl_error *e)
{
    const struct pgn *o = pgn_owner(p, n);
    int code = PAWL_OK;
    if (!p->o->guarded || !o || !o->to || !(pgn_is(n, "primary-key") || pgn_is(n, "unique") || pgn_is(n, "index")))
        return PAWL_OK;
    for (size_t i = 0; i < o->parts.n && pgn_is(n, "index") && !code;
         i++) { /* the index becomes a constraint of its name */
        struct pgn *x = &p->nodes[o->parts.v[i]];
        if (x->comes && (pgn_is(x, "primary-key") || pgn_is(x, "unique")) &&
            slice_eq(x->to->parts[2], n->from->parts[1]))
            code = x->kind->drop(p, x, x->to, e);
    }
    for (size_t i = 0; i < p->n && n->comes && !code; i++) {
        struct pgn *x = &p->nodes[i];
        if (pgn_is(x, "foreign-key") && x->comes && !x->from && pgn_list_has(&x->mentions[1], n->owner))
            code = x->kind->drop(p, x, x->to, e);
    }
    return code;
}

/* .. and views that it has made stand in the way of a column that gets another type; those over them first. */
static int clear_viewers(struct pgn_plan *p, size_t relation, struct slice column, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = 0; i < p->n && p->o->guarded && !code; i++) {
        struct pgn *x = &p->nodes[i];
        if (!(pgn_is(x, "view") || pgn_is(x, "materialized-view")) || x->from || x->cleared ||
            !pgn_list_has(&x->mentions[1], relation) || !pgn_has_word(pgn_get(p, x->to, "query"), column))
            continue;
        x->cleared = true;
        code = clear_viewers(p, i, x->to->parts[1], e);
        if (!code)
            code = x->kind->drop(p, x, x->to, e);
    }
    return code;
}

static int drop(struct pgn_plan *p, struct pgn *n, struct pawl_error *e)
{
    struct pgn *above = index_above(p, n, false);
    if (n->converted)
        return pgn_column_release(p, n, e);
    if (pgn_inherited(p, n, false) || (above && above->gone))
        return PAWL_OK;
    if (!n->kind->name)
        return pgn_cannot(p, n->from, e);
    int code = clear_second(p, n, e);
    return code ? code : n->kind->drop(p, n, n->from, e);
}

static int go(struct pgn_plan *p, struct pgn *n, struct pawl_error *e)
{
    if (n->visit[0] || !goes(n))
        return PAWL_OK;
    if (goes_with_owner(p, n)) {
        struct pgn *o = pgn_owner(p, n);
        /* tables that refer to each other: the key goes first */
        if (o->visit[0] != 1 || !pgn_is(n, "foreign-key"))
            return o->visit[0] == 0 ? go(p, o, e) : PAWL_OK;
    }
    n->visit[0] = 1;
    int code = clear_way(p, n, e);
    if (!code)
        code = drop(p, n, e);
    n->visit[0] = 2;
    return code;
}

/* ---- coming ------------------------------------------------------------------------------------------------------ */

static int come_columns(struct pgn_plan *p, const struct pgn *relation, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = 0; i < relation->parts.n && !code; i++)
        if (pgn_is(&p->nodes[relation->parts.v[i]], "column"))
            code = come(p, &p->nodes[relation->parts.v[i]], e);
    return code;
}

static bool is_key_like(const struct pgn *n)
{
    return pgn_is(n, "index") || pgn_is(n, "primary-key") || pgn_is(n, "unique") || pgn_is(n, "check");
}

/* An index on a partitioned table that not all partitions have: made once they are there, or they would get it. */
static bool is_apart(const struct pgn *n)
{
    return pgn_is(n, "index") && n->to && item_is(n->to, "valid", "no");
}

static int come_partitions(struct pgn_plan *p, const struct pgn *index, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = 0; i < p->n && !code; i++)
        if (pgn_is(&p->nodes[i], "inherits") && pgn_list_has(&p->nodes[i].mentions[1], index->owner))
            code = come(p, &p->nodes[i], e);
    return code;
}

static int come_keys(struct pgn_plan *p, const struct pgn *table, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = 0; table && i < table->parts.n && !code; i++)
        if (is_key_like(&p->nodes[table->parts.v[i]]) && !is_apart(&p->nodes[table->parts.v[i]]))
            code = come(p, &p->nodes[table->parts.v[i]], e);
    return code;
}

static int come_mentioned(struct pgn_plan *p, struct pgn *n, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = 0; i < n->mentions[1].n && !code; i++) {
        struct pgn *m = &p->nodes[n->mentions[1].v[i]];
        if (pgn_is(n, "index") && pgn_is(m, "index"))
            continue;
        if (pgn_is(n, "sequence") && is_relation(m))
            continue; /* OWNED BY is said behind the table */
        code = come(p, m, e);
        if (!code && is_relation(m) && !pgn_is(n, "column"))
            code = come_columns(p, m, e);
        if (!code && pgn_is(n, "foreign-key"))
            code = come_columns(p, m, e); /* they must be of one type */
        if (!code && pgn_is(n, "foreign-key"))
            code = come_keys(p, m, e);
    }
    return code;
}

/* Parts of a partitioned index first, so that they are taken rather than made up. */
static int come_below(struct pgn_plan *p, struct pgn *n, struct pawl_error *e)
{
    const struct pgn *o = pgn_owner(p, n);
    int code = PAWL_OK;
    if (!pgn_is(n, "index") || !o || !o->to || !fact_value(o->to->line, "partition_by").p)
        return PAWL_OK;
    for (size_t i = 0; i < p->n && !code; i++)
        if (pgn_is(&p->nodes[i], "index") && p->nodes[i].comes && index_above(p, &p->nodes[i], true) == n)
            code = come(p, &p->nodes[i], e);
    return code;
}

/* REVOKE ALL on a table takes what was granted on its columns along. */
static int come_table_privileges(struct pgn_plan *p, const struct pgn *n, struct pawl_error *e)
{
    const struct pgn *o = pgn_owner(p, n);
    int code = PAWL_OK;
    if (!pgn_is(n, "privilege") || !o || !slice_eq(n->to->parts[0], SLICE("column")))
        return PAWL_OK;
    for (size_t i = 0; i < o->parts.n && !code; i++) {
        struct pgn *x = &p->nodes[o->parts.v[i]];
        if (pgn_is(x, "privilege") && x->to && slice_eq(x->to->parts[0], SLICE("table")))
            code = come(p, x, e);
    }
    return code;
}

static int prepare(struct pgn_plan *p, struct pgn *n, struct pawl_error *e)
{
    struct pgn *o = pgn_owner(p, n);
    int code = goes(n) ? go(p, n, e) : PAWL_OK;
    const struct item *it = n->to;
    if (!code && it->n_parts == 2 && !n->kind->part) /* the name is free only once its last bearer is gone */
        for (struct pgn *x = pgn_relation(p, it->parts[0], it->parts[1]); x && !code; x = x->same_name)
            if (x != n && x->gone)
                code = go(p, x, e);
    if (!code && o)
        code = come(p, o, e);
    if (!code && o && is_relation(o) && !pgn_is(n, "column") && !pgn_is(n, "columns"))
        code = come_columns(p, o, e);
    if (!code && pgn_is(n, "column") && !n->comes)
        code = clear_columns(p, n, e);
    if (!code && pgn_is(n, "column") && !n->comes && disturbs(n))
        code = clear_viewers(p, n->owner, n->to->parts[n->to->n_parts - 1], e);
    if (!code)
        code = come_mentioned(p, n, e);
    for (size_t i = 0; i < n->parts.n && !code && n->comes; i++)
        if (pgn_inline(p, n, &p->nodes[n->parts.v[i]]))
            code = come_mentioned(p, &p->nodes[n->parts.v[i]], e);
    if (!code && pgn_is(n, "inherits")) {
        code = come_keys(p, o, e);
        if (!code)
            code = come_keys(p, pgn_parent(p, o, true), e);
    }
    if (!code)
        code = come_table_privileges(p, n, e);
    if (!code && is_apart(n))
        code = come_partitions(p, n, e);
    return code ? code : come_below(p, n, e);
}

static int make(struct pgn_plan *p, struct pgn *n, struct pawl_error *e)
{
    const struct pgn *o = pgn_owner(p, n);
    if (n->converted)
        return pgn_column_take(p, n, e);
    if (n->comes) {
        if ((o && o->comes && pgn_inline(p, o, n)) || pgn_inherited(p, n, true))
            return PAWL_OK;
        return n->kind->name ? n->kind->create(p, n, n->to, e) : pgn_cannot(p, n->to, e);
    }
    if (!pgn_changed(n))
        return PAWL_OK;
    return n->kind->alter ? n->kind->alter(p, n, n->to, e) : pgn_cannot(p, n->to, e);
}

static int come(struct pgn_plan *p, struct pgn *n, struct pawl_error *e)
{
    if (n->visit[1] || !n->to || !(n->comes || n->converted || pgn_changed(n)))
        return PAWL_OK;
    n->visit[1] = 1;
    int code = prepare(p, n, e);
    if (!code)
        code = make(p, n, e);
    n->visit[1] = 2;
    return code;
}

static int find_users(struct pgn_plan *p, struct pawl_error *e)
{
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < p->nodes[i].mentions[0].n; k++) {
            struct pgn_list *l = &p->nodes[p->nodes[i].mentions[0].v[k]].users;
            if (!arena_grow(p->a, (void **)&l->v, &l->cap, l->n, sizeof *l->v))
                return err_nomem(e);
            l->v[l->n++] = i;
        }
    return PAWL_OK;
}

/* Bodies may mention what comes later; those that the server reads at once are ordered. */
static int unchecked(struct pgn_plan *p, struct pawl_error *e)
{
    for (size_t i = 0; i < p->n; i++)
        if (pgn_is(&p->nodes[i], "function") && (p->nodes[i].comes || pgn_changed(&p->nodes[i]))) {
            phrase_add(&p->b, "SET %zcheck_function_bodies = off", p->o->guarded ? "LOCAL " : "");
            return pgn_put(p, e);
        }
    return PAWL_OK;
}

static bool is_generated(const struct pgn *n)
{
    return pgn_is(n, "column") && n->from && fact_value(n->from->line, "generated").p;
}

/*
 * An extension, and the schema it is in, goes last: a column may give up its type, a default its function, only when all else comes.
 */
static bool goes_last(struct pgn_plan *p, const struct pgn *n)
{
    if (pgn_is(n, "extension"))
        return n->gone && !n->comes;
    for (size_t i = 0; i < p->n && pgn_is(n, "schema") && n->gone && !n->comes; i++)
        if (pgn_is(&p->nodes[i], "extension") && goes_last(p, &p->nodes[i]) &&
            slice_eq(pgn_get(p, p->nodes[i].from, "schema"), n->from->parts[0]))
            return true;
    return false;
}

static int go_last(struct pgn_plan *p, struct pawl_error *e)
{
    static const char *const kinds[] = {"extension", "schema"};
    int code = PAWL_OK;
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < p->n && !code; i++)
            if (pgn_is(&p->nodes[i], kinds[k]))
                code = go(p, &p->nodes[i], e);
    return code;
}

int pgn_carry_out(struct pgn_plan *p, struct pawl_error *e)
{
    enum { RANKS = 18 };
    int code = find_users(p, e);
    if (!code)
        code = unchecked(p, e);
    for (int rank = RANKS - 1; rank >= 0 && !code; rank--)
        for (int first = 1; first >= 0 && !code; first--) /* generated columns before those that they are made of */
            for (size_t i = 0; i < p->n && !code; i++)
                if (p->nodes[i].kind->rank == rank && is_generated(&p->nodes[i]) == first &&
                    !goes_with_owner(p, &p->nodes[i]) && !goes_last(p, &p->nodes[i]))
                    code = go(p, &p->nodes[i], e);
    for (int rank = 0; rank < RANKS && !code; rank++)
        for (size_t i = 0; i < p->n && !code; i++)
            if (p->nodes[i].kind->rank == rank)
                code = come(p, &p->nodes[i], e);
    if (!code)
        code = go_last(p, e);
    for (size_t i = 0; i < p->n && !code; i++)
        if (pgn_is(&p->nodes[i], "sequence"))
            code = pgn_sequence_own(p, &p->nodes[i], e);
    return code;
}
