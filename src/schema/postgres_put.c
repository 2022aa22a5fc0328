/* Relations that were read, put as facts. */
#include "schema/postgres_read.h"

/* Most facts of a relation begin with its name. */
static void set_place(struct pg_in *in, const struct pg_rel *rel)
{
    const struct pg_schema *schema = pg_get(&in->schemas, rel->schema);
    fact_begin(&in->fact, "");
    if (schema)
        fact_name(&in->fact, schema->name);
    fact_name(&in->fact, rel->name);
    strbuf_reset(&in->place);
    strbuf_add(&in->place, strbuf_slice(&in->fact.text));
}

static void begin(struct pg_in *in, const char *kind)
{
    fact_begin(&in->fact, kind);
    strbuf_add(&in->fact.text, strbuf_slice(&in->place));
}

/* ---- columns ----------------------------------------------------------------------------------------------------- */

static void column_value(struct fact *f, const struct pg_column *c)
{
    bool generated = c->generated != '\0';
    if (c->value && !generated)
        fact_text(f, "default", c->value->text);
    else
        fact_word(f, "default", "none");
    if (c->identity)
        fact_word(f, "identity", c->identity == 'a' ? "always" : "by-default");
    if (generated) {
        fact_word(f, "generated", c->generated == 's' ? "stored" : "virtual");
        fact_text(f, "expression", c->value ? c->value->text : (struct slice){NULL, 0});
    }
}

static const char *storage_word(char c)
{
    return c == 'p' ? "plain" : c == 'e' ? "external" : c == 'm' ? "main" : "extended";
}

static void optional(struct fact *f, const char *attribute, struct slice text)
{
    if (text.p)
        fact_text(f, attribute, text);
}

static void column_rest(struct pg_in *in, const struct pg_column *c, const struct pg_type *type)
{
    struct fact *f = &in->fact;
    const struct slice *collation = pg_get(&in->collations, c->collation);
    if (type && c->collation != type->collation) {
        fact_attribute(f, "collation");
        fact_raw(f, collation && collation->p ? collation->p : "default");
    }
    if (type && c->storage != type->storage)
        fact_word(f, "storage", storage_word(c->storage));
    if (c->compression)
        fact_word(f, "compression", c->compression == 'l' ? "lz4" : "pglz");
    optional(f, "statistics", c->statistics);
    optional(f, "options", c->options);
    optional(f, "fdw_options", c->fdw_options);
    if (c->inherited)
        fact_word(f, "inherited", "yes");
}

/* Those of a view follow from its query, unless something was said about them. */
static bool is_worth_a_fact(const struct pg_rel *rel, const struct pg_column *c)
{
    return (rel->kind != 'v' && rel->kind != 'm') || c->value || c->options.p || c->statistics.p || c->compression;
}

static int put_column(struct pg_in *in, struct scan *s, const struct pg_column *c, struct pawl_error *e)
{
    const struct pg_type *type = pg_type_of(in, c);
    begin(in, "column");
    fact_name(&in->fact, c->name);
    fact_text(&in->fact, "type", type ? type->name : (struct slice){NULL, 0});
    fact_word(&in->fact, "null", c->not_null ? "no" : "yes");
    column_value(&in->fact, c);
    column_rest(in, c, type);
    return scan_put(s, &in->fact, e);
}

static int put_columns(struct pg_in *in, struct scan *s, const struct pg_table *t, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (const struct pg_column *c = t->columns; c && !code; c = c->next)
        if (is_worth_a_fact(t->rel, c))
            code = put_column(in, s, c, e);
    if (code || t->rel->kind == 'v' || t->rel->kind == 'm')
        return code;
    begin(in, "columns");
    fact_attribute(&in->fact, "order");
    for (const struct pg_column *c = t->columns; c; c = c->next) {
        if (c != t->columns)
            fact_raw(&in->fact, ",");
        fact_item(&in->fact, c->name);
    }
    return scan_put(s, &in->fact, e);
}

/* ---- sequences --------------------------------------------------------------------------------------------------- */

static const char *integer_type(uint32_t oid)
{
    return oid == 21 ? "smallint" : oid == 23 ? "integer" : "bigint";
}

static int put_sequence(struct pg_in *in, struct scan *s, const struct pg_table *t, struct pawl_error *e)
{
    const struct pg_sequence *q = t->sequence;
    struct fact *f = &in->fact;
    begin(in, "sequence");
    fact_word(f, "type", integer_type(q->type));
    fact_number(f, "start", q->start);
    fact_number(f, "increment", q->increment);
    fact_number(f, "min", q->min);
    fact_number(f, "max", q->max);
    fact_number(f, "cache", q->cache);
    fact_word(f, "cycle", q->cycle ? "yes" : "no");
    if (q->unlogged)
        fact_word(f, "persistence", "unlogged");
    if (q->owner) {
        const struct pg_rel *owner = pg_find_rel(in, q->owner);
        bool known = owner && q->owner_column > 0 && (size_t)q->owner_column <= owner->n_columns;
        fact_attribute(f, q->identity ? "identity_of" : "owned_by");
        pg_add_relation(in, owner);
        fact_raw(f, ".");
        fact_item(f, known ? owner->columns[q->owner_column - 1] : SLICE("?"));
    }
    return scan_put(s, f, e);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

/* The fact's text is only looked at, so it may lie anywhere. */
int pg_put_lines(struct scan *s, const struct pg_line *lines, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (const struct pg_line *l = lines; l && !code; l = l->next) {
        struct fact f = {.text = {.p = l->text, .n = l->n, .cap = l->n, .max = l->n}, .key_n = l->key_n};
        code = scan_put(s, &f, e);
    }
    return code;
}

int pg_put_table(struct pg_in *in, struct scan *s, struct pg_table *t, struct pawl_error *e)
{
    const struct pg_rel *rel = t->rel;
    int code = PAWL_OK;
    if (rel->hidden)
        return PAWL_OK;
    set_place(in, rel);
    if (!strbuf_ok(&in->place))
        return err_nomem(e);
    if (rel->kind == 'S')
        code = t->sequence ? put_sequence(in, s, t, e) : PAWL_OK;
    else
        code = put_columns(in, s, t, e);
    for (const struct pg_constraint *c = t->constraints; c && !code; c = c->next) {
        for (struct pg_index *x = t->indexes; x; x = x->next)
            x->has_constraint |= x->oid == c->index && c->kind != 'f';
        if (c->kind == 'f' && c->parent)
            continue;
        pg_constraint_fact(in, t, c);
        code = scan_put(s, &in->fact, e);
    }
    for (const struct pg_index *x = t->indexes; x && !code; x = x->next) {
        if (x->has_constraint)
            continue;
        pg_index_fact(in, t, x);
        code = scan_put(s, &in->fact, e);
    }
    return code ? code : pg_put_lines(s, t->lines, e);
}
