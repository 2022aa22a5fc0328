/* What columns, indexes and constraints mention by number: types, collations, defaults, expressions. */
#include "schema/postgres_read.h"

/* ---- maps by number ---------------------------------------------------------------------------------------------- */

void *pg_get(const struct map *m, uint32_t oid)
{
    return map_get(m, (struct slice){(const char *)&oid, sizeof oid});
}

bool pg_set(struct arena *a, struct map *m, uint32_t oid, void *value)
{
    struct slice key = arena_dup(a, (struct slice){(const char *)&oid, sizeof oid});
    return key.p && map_set(a, m, key, value);
}

/* ---- defaults and checks ------------------------------------------------------------------------------------------ */

static struct slice column_name(const struct pg_table *t, int64_t number)
{
    const struct pg_column *c = t->columns;
    while (c && c->number != number)
        c = c->next;
    return c ? c->name : (struct slice){NULL, 0};
}

/*
 * One "name value" of a tree, which begins behind its colon. Places in the statement do not matter, and of columns the names do,
 * not the numbers. How much of it was dealt with; 0 = nothing, *alone = the text depends on more than that.
 */
static size_t add_detail(struct strbuf *b, const struct pg_table *t, struct slice s, bool *alone)
{
    static const struct slice details[] = {
        {"location ", 9}, {"varattno ", 9}, {"varattnosyn ", 12}, {"varoattno ", 10}};
    size_t i = 0;
    while (i < 4 && !slice_starts(s, details[i]))
        i++;
    if (i == 4)
        return 0;
    size_t end = details[i].n;
    while (end < s.n && s.p[end] != ' ' && s.p[end] != '}')
        end++;
    int64_t number;
    if (i == 0)
        return end;
    struct slice name = {NULL, 0};
    if (slice_i64(slice_sub(s, details[i].n, end), &number))
        name = column_name(t, number);
    *alone |= !name.p; /* a whole row, which has the name of the table */
    strbuf_addf(b, "%zu ", name.n);
    strbuf_add(b, name);
    return end;
}

/* What the text of a tree depends on. */
static void add_tree(struct strbuf *b, const struct pg_table *t, struct slice tree, bool *alone)
{
    static const struct slice place = {"location ", 9}, column = {"var", 3};
    size_t from = 0, at = 0, next;
    for (; (next = slice_find_byte(slice_sub(tree, at, tree.n), ':')) != SIZE_MAX;) {
        at += next + 1;
        struct slice rest = slice_sub(tree, at, tree.n);
        if (!slice_starts(rest, place) && !slice_starts(rest, column))
            continue;
        strbuf_add(b, slice_sub(tree, from, at));
        at += add_detail(b, t, rest, alone);
        from = at;
    }
    strbuf_add(b, slice_sub(tree, from, tree.n));
}

/*
 * pg_get_expr costs more than all else about a column, and most defaults and checks are the same few. So the trees are fetched as
 * they are, and of those that read the same one is written out by the server.
 */
struct pg_value *pg_value(struct pg_in *in, const struct pg_table *t, char of, uint32_t oid, struct slice tree)
{
    struct strbuf *b = &in->text;
    bool alone = false;
    strbuf_reset(b);
    strbuf_addc(b, of);
    add_tree(b, t, tree, &alone);
    if (alone)
        strbuf_addf(b, " %u", oid);
    if (!strbuf_ok(b))
        return NULL;
    struct pg_value *value = map_get(&in->values, strbuf_slice(b));
    if (value && !value->known) /* nobody has asked yet, as the ledger is not shown; its owner may be gone meanwhile */
        value->oid = oid;
    if (value)
        return value;
    struct slice key = arena_dup(&in->names, strbuf_slice(b));
    value = key.p ? arena_alloc(&in->names, sizeof *value) : NULL;
    if (!value || !map_set(&in->names, &in->values, key, value))
        return NULL;
    value->oid = oid;
    value->of = of;
    return value;
}

static int keep_value(struct pg_in *in, struct pg_value *value, const struct db_value *text, struct pawl_error *e)
{
    if (!value)
        return PAWL_OK;
    value->known = true;
    return pg_text_of(&in->names, text, &value->text) ? PAWL_OK : err_nomem(e);
}

static int on_value(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct pg_in *in = context;
    (void)n;
    return keep_value(in, pg_get(&in->wanted, pg_oid(&v[0])), &v[1], e);
}

static int on_check(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct pg_in *in = context;
    (void)n;
    return keep_value(in, pg_get(&in->checks, pg_oid(&v[0])), &v[1], e);
}

/* ---- types ------------------------------------------------------------------------------------------------------- */

struct type_key {
    uint32_t oid;
    int32_t modifier;
};

static struct slice key_slice(const struct type_key *key)
{
    return (struct slice){(const char *)key, sizeof *key};
}

static struct pg_type *find_type(const struct pg_in *in, uint32_t oid, int64_t modifier)
{
    struct type_key key = {oid, (int32_t)modifier};
    return map_get(&in->types, key_slice(&key));
}

const struct pg_type *pg_type_of(const struct pg_in *in, const struct pg_column *c)
{
    return find_type(in, c->type, c->modifier);
}

static int on_type(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct pg_in *in = context;
    (void)n;
    struct pg_type *type = find_type(in, pg_oid(&v[0]), v[1].i);
    if (!type)
        return PAWL_OK;
    type->collation = pg_oid(&v[3]);
    type->storage = pg_char(&v[4]);
    return pg_text_of(&in->names, &v[2], &type->name) ? PAWL_OK : err_nomem(e);
}

static int on_collation(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct pg_in *in = context;
    (void)n;
    struct slice *name = arena_alloc(&in->names, sizeof *name);
    if (!name || !pg_text_of(&in->names, &v[1], name) || !pg_set(&in->names, &in->collations, pg_oid(&v[0]), name))
        return err_nomem(e);
    return PAWL_OK;
}

/* ---- classes of operators ----------------------------------------------------------------------------------------- */

static const char class_sql[] =
    "select o.oid, n.nspname, o.opcname, o.opcintype, o.opcdefault from pg_opclass o join pg_namespace n on "
    "n.oid = o.opcnamespace";

static int on_class(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct pg_in *in = context;
    (void)n;
    struct pg_class *class = arena_alloc(&in->names, sizeof *class);
    if (!class || !pg_text_of(&in->names, &v[1], &class->schema) || !pg_text_of(&in->names, &v[2], &class->name) ||
        !pg_set(&in->names, &in->classes, pg_oid(&v[0]), class))
        return err_nomem(e);
    class->type = pg_oid(&v[3]);
    class->is_default = pg_bool(&v[4]);
    return PAWL_OK;
}

/* ---- what to ask for --------------------------------------------------------------------------------------------- */

struct lists {
    struct strbuf types, modifiers, values, checks, collations, expressions;
    struct strbuf grants, column_grants, index_columns; /* relations */
    bool classes;                                       /* all classes of operators are wanted */
};

static void add_number(struct strbuf *b, int64_t number)
{
    strbuf_addf(b, "%c%lld", b->n ? ',' : '{', (long long)number);
}

static bool want_type(struct pg_in *in, struct lists *l, const struct pg_column *c)
{
    struct type_key key = {c->type, (int32_t)c->modifier};
    if (map_get(&in->types, key_slice(&key)))
        return true;
    struct slice kept = arena_dup(&in->names, key_slice(&key));
    struct pg_type *type = arena_alloc(&in->names, sizeof *type);
    add_number(&l->types, c->type);
    add_number(&l->modifiers, c->modifier);
    return kept.p && type && map_set(&in->names, &in->types, kept, type);
}

static bool want_value(struct pg_in *in, struct lists *l, struct pg_value *value)
{
    struct map *wanted = value && value->of == 'c' ? &in->checks : &in->wanted;
    if (!value || value->known || pg_get(wanted, value->oid))
        return true;
    add_number(value->of == 'c' ? &l->checks : &l->values, value->oid);
    return pg_set(&in->arena, wanted, value->oid, value);
}

static bool want_collation(struct pg_in *in, struct lists *l, uint32_t oid)
{
    if (oid == 0 || oid == PG_DEFAULT_COLLATION || pg_get(&in->collations, oid))
        return true;
    struct slice *unknown = arena_alloc(&in->names, sizeof *unknown);
    add_number(&l->collations, oid);
    return unknown && pg_set(&in->names, &in->collations, oid, unknown);
}

static bool want_index(struct pg_in *in, struct lists *l, struct pg_index *x)
{
    struct slice list = x->collations;
    bool ok = true;
    for (int64_t oid; pg_number(&list, &oid);)
        ok &= want_collation(in, l, (uint32_t)oid);
    if (!x->has_expressions || x->expressions)
        return ok;
    add_number(&l->expressions, x->oid);
    x->expressions = arena_array(&in->arena, PG_MAX_KEYS, sizeof *x->expressions);
    return ok && x->expressions && pg_set(&in->arena, &in->expressions, x->oid, x);
}

static bool want_table(struct pg_in *in, struct lists *l, struct pg_table *t)
{
    bool ok = true, privileges = false, columns = false;
    if (t->rel->hidden || t->named)
        return true;
    t->named = true;
    for (struct pg_column *c = t->columns; c; c = c->next) {
        ok &= want_type(in, l, c) && want_value(in, l, c->value) && want_collation(in, l, c->collation);
        privileges |= c->privileges;
    }
    for (const struct pg_constraint *c = t->constraints; c; c = c->next)
        ok &= want_value(in, l, c->expression);
    l->classes |= t->indexes && !in->classes.n;
    for (struct pg_index *x = t->indexes; x; x = x->next) {
        ok &= want_index(in, l, x);
        columns |= x->has_expressions || x->method != PG_BTREE;
    }
    if (t->privileges)
        add_number(&l->grants, t->rel->oid);
    if (privileges)
        add_number(&l->column_grants, t->rel->oid);
    if (columns)
        add_number(&l->index_columns, t->rel->oid);
    return ok;
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

static int on_expression(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct pg_in *in = context;
    (void)n;
    struct pg_index *x = pg_get(&in->expressions, pg_oid(&v[0]));
    if (!x || v[1].i < 1 || v[1].i > PG_MAX_KEYS)
        return PAWL_OK;
    return pg_text_of(&in->arena, &v[2], &x->expressions[v[1].i - 1]) ? PAWL_OK : err_nomem(e);
}

/* Facts that few relations have. */
static bool add_rare(struct pg_in *in, struct pg_batch *b, struct strbuf *list, const struct pg_query *queries)
{
    if (!list->n)
        return false;
    strbuf_addc(list, '}');
    b->failed |= !strbuf_ok(list);
    pg_add_parts(in, b, queries, strbuf_slice(list));
    return true;
}

static int ask_lists(struct pg_in *in, struct lists *l, struct pawl_error *e)
{
    const struct {
        struct strbuf *list;
        const char *sql;
        db_row_fn *on_row;
    } all[] = {
        {&l->types,
         "select t.oid, w.modifier, format_type(t.oid, w.modifier), t.typcollation, t.typstorage from "
         "unnest($1::oid[], $2::int[]) w (oid, modifier) join pg_type t on t.oid = w.oid",
         on_type},
        {&l->values, "select d.oid, pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d where d.oid = any ($1::oid[])",
         on_value},
        {&l->checks,
         "select k.oid, pg_get_expr(k.conbin, k.conrelid) from pg_constraint k where k.oid = any ($1::oid[])",
         on_check},
        {&l->collations,
         "select c.oid, case when n.nspname = 'pg_catalog' then c.collname else format('%I.%I', n.nspname, c.collname) end from "
         "pg_collation c join pg_namespace n on n.oid = c.collnamespace where c.oid = any ($1::oid[])",
         on_collation},
        {&l->expressions,
         "select i.indexrelid, k, pg_get_indexdef(i.indexrelid, k, false) from pg_index i, generate_series(1, i.indnatts::int) k "
         "where i.indexrelid = any ($1::oid[]) and i.indkey[k - 1] = 0",
         on_expression},
    };
    struct pg_batch b;
    bool any = false;
    strbuf_addc(&l->modifiers, '}');
    pg_begin_asking(in, &b);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!all[i].list->n)
            continue;
        any = true;
        strbuf_addc(all[i].list, '}');
        if (!strbuf_ok(all[i].list) || !strbuf_ok(&l->modifiers))
            return err_nomem(e);
        struct slice lists[] = {strbuf_slice(all[i].list), strbuf_slice(&l->modifiers)};
        pg_add_kept(in, &b, all[i].sql, all[i].sql, lists, i ? 1 : 2, all[i].on_row, in);
    }
    if (l->classes)
        pg_add_kept(in, &b, class_sql, class_sql, NULL, 0, on_class, in);
    any |= add_rare(in, &b, &l->grants, pg_relation_grant_queries);
    any |= add_rare(in, &b, &l->column_grants, pg_column_grant_queries);
    any |= add_rare(in, &b, &l->index_columns, pg_index_column_queries);
    return any || l->classes ? pg_ask(in, &b, e) : PAWL_OK;
}

int pg_read_names(struct pg_in *in, struct pawl_error *e)
{
    enum { MAX = 64 << 20 };
    struct lists l = {.classes = false};
    bool ok = true;
    struct strbuf *all[] = {&l.types,       &l.modifiers, &l.values,        &l.checks,       &l.collations,
                            &l.expressions, &l.grants,    &l.column_grants, &l.index_columns};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        strbuf_init(all[i], MAX);
    for (size_t i = 0; i < in->n_tables; i++)
        ok &= want_table(in, &l, &in->tables[i]);
    int code = ok ? ask_lists(in, &l, e) : err_nomem(e);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        strbuf_clear(all[i]);
    return code;
}
