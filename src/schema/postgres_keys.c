/* Constraints and indexes as facts. */
#include "schema/postgres_read.h"

#include <stdio.h>

#define NAME_BYTES 63 /* NAMEDATALEN - 1, as the server is built by everyone */

/* ---- names that the server made up ------------------------------------------------------------------------------- */

/* makeObjectName() of src/backend/commands/indexcmds.c: the longer of two names is cut first, never within a character. */
static size_t clip(struct slice s, size_t n)
{
    while (n > 0 && n < s.n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n--;
    return n;
}

/* Appends what fits; how long the text is then. */
static size_t put(char *out, size_t n, size_t size, struct slice s)
{
    size_t more = s.n < size - n ? s.n : size - n;
    if (more)
        memcpy(out + n, s.p, more);
    return n + more;
}

static bool made_up(struct slice name, struct slice table, struct slice second, const char *label)
{
    size_t digits = 0;
    while (digits < name.n && name.p[name.n - 1 - digits] >= '0' && name.p[name.n - 1 - digits] <= '9')
        digits++;
    for (size_t d = 0; d <= digits; d++) {
        char text[256];
        size_t over = strlen(label) + d + 1 + (second.n ? 1 : 0), one = table.n, two = second.n;
        while (one + two > NAME_BYTES - over && (one || two))
            *(one > two ? &one : &two) -= 1;
        size_t n = put(text, 0, sizeof text, slice_sub(table, 0, clip(table, one)));
        if (second.n)
            n = put(text, n, sizeof text, SLICE("_"));
        n = put(text, n, sizeof text, slice_sub(second, 0, clip(second, two)));
        n = put(text, n, sizeof text, SLICE("_"));
        n = put(text, n, sizeof text, slice_of(label));
        n = put(text, n, sizeof text, slice_sub(name, name.n - d, name.n));
        if (slice_eq(name, (struct slice){text, n}))
            return true;
    }
    return false;
}

/* The columns joined with "_", as the server does for names; expressions are called expr, expr1, ... */
static struct slice joined(const struct pg_rel *rel, struct slice numbers, size_t max, char *out, size_t size)
{
    size_t n = 0;
    unsigned expressions = 0;
    for (int64_t i; max-- > 0 && pg_number(&numbers, &i) && n < NAME_BYTES;) {
        char expression[24];
        struct slice name = i > 0 && (size_t)i <= rel->n_columns ? rel->columns[i - 1] : (struct slice){NULL, 0};
        if (i == 0) {
            snprintf(expression, sizeof expression, expressions ? "expr%u" : "expr", expressions);
            expressions++;
            name = slice_of(expression);
        }
        n = put(out, n, size, n ? SLICE("_") : SLICE(""));
        n = put(out, n, size, name);
    }
    return (struct slice){out, n};
}

static bool made_up_of(struct slice name, const struct pg_rel *rel, struct slice numbers, size_t max, const char *label)
{
    char text[256];
    return made_up(name, rel->name, joined(rel, numbers, max, text, sizeof text), label);
}

/* A CHECK is named after its column if it mentions one, and after the table alone if not. */
static bool check_made_up(const struct pg_rel *rel, const struct pg_constraint *c)
{
    return made_up(c->name, rel->name, (struct slice){NULL, 0}, "check") ||
           made_up_of(c->name, rel, c->columns, 1, "check");
}

static bool constraint_made_up(const struct pg_rel *rel, const struct pg_constraint *c)
{
    switch (c->kind) {
    case 'p':
        return made_up(c->name, rel->name, (struct slice){NULL, 0}, "pkey");
    case 'u':
        return made_up_of(c->name, rel, c->columns, PG_MAX_KEYS, "key");
    case 'f':
        return made_up_of(c->name, rel, c->columns, PG_MAX_KEYS, "fkey");
    case 'x':
        return made_up_of(c->name, rel, c->columns, PG_MAX_KEYS, "excl");
    case 'n':
        return made_up_of(c->name, rel, c->columns, 1, "not_null");
    default:
        return check_made_up(rel, c);
    }
}

/* ---- pieces ------------------------------------------------------------------------------------------------------ */

void pg_add_relation(struct pg_in *in, const struct pg_rel *rel)
{
    const struct pg_schema *schema = rel ? pg_get(&in->schemas, rel->schema) : NULL;
    if (schema) {
        fact_item(&in->fact, schema->name);
        fact_raw(&in->fact, ".");
    }
    fact_item(&in->fact, rel ? rel->name : SLICE("?"));
}

static void add_column(struct fact *f, const struct pg_rel *rel, int64_t number)
{
    bool known = rel && number > 0 && (size_t)number <= rel->n_columns && rel->columns[number - 1].p;
    fact_item(f, known ? rel->columns[number - 1] : SLICE("?"));
}

void pg_add_columns(struct fact *f, const struct pg_rel *rel, struct slice numbers)
{
    bool more = false;
    for (int64_t number; pg_number(&numbers, &number); more = true) {
        if (more)
            fact_raw(f, ",");
        add_column(f, rel, number);
    }
}

static void begin(struct pg_in *in, const char *kind, struct slice name)
{
    fact_begin(&in->fact, kind);
    strbuf_add(&in->fact.text, strbuf_slice(&in->place));
    fact_name(&in->fact, name);
}

static void text_if(struct fact *f, const char *attribute, struct slice text)
{
    if (text.p)
        fact_text(f, attribute, text);
}

static void yes_if(struct fact *f, const char *attribute, bool is)
{
    if (is)
        fact_word(f, attribute, "yes");
}

static void no_if(struct fact *f, const char *attribute, bool is_not)
{
    if (is_not)
        fact_word(f, attribute, "no");
}

/* ---- indexes ----------------------------------------------------------------------------------------------------- */

/* What is read while the keys of an index are written, one of each for every column. */
struct keys {
    struct slice numbers, classes, collations, options;
    int position;
};

static const struct pg_column *column_at(const struct pg_table *t, int64_t number)
{
    const struct pg_column *c = t->columns;
    while (c && c->number != number)
        c = c->next;
    return c;
}

/* oids of pg_type that operator classes are made for; polymorphic ones take many types */
static bool takes_any(uint32_t type)
{
    return type == 2276 || type == 2277 || type == 2283 || type == 2776 || type == 3500 || type == 3831 ||
           type == 4537 || type == 5077 || type == 5078 || type == 5079 || type == 5080 || type == 4538;
}

/* Is it what the server takes if nothing is said? In doubt no: then it is written, which does no harm. */
static bool usual_class(const struct pg_class *class, const struct pg_column *c)
{
    enum { TEXT = 25, VARCHAR = 1043 };
    if (!class->is_default)
        return false;
    return !c || class->type == c->type || takes_any(class->type) || (class->type == TEXT && c->type == VARCHAR);
}

static void add_class(struct fact *f, const struct pg_class *class)
{
    fact_raw(f, ":class=");
    if (!slice_eq(class->schema, SLICE("pg_catalog"))) {
        fact_item(f, class->schema);
        fact_raw(f, ".");
    }
    fact_item(f, class->name);
}

static void key_rest(struct pg_in *in, struct keys *k, const struct pg_column *c)
{
    int64_t collation = 0, class = 0, option = 0;
    pg_number(&k->collations, &collation);
    pg_number(&k->classes, &class);
    pg_number(&k->options, &option);
    const struct slice *named = pg_get(&in->collations, (uint32_t)collation);
    if (collation && (c ? c->collation != collation : collation != PG_DEFAULT_COLLATION)) {
        fact_raw(&in->fact, ":collate=");
        fact_raw(&in->fact, named && named->p ? named->p : "default");
    }
    const struct pg_class *known = pg_get(&in->classes, (uint32_t) class);
    if (known && !usual_class(known, c))
        add_class(&in->fact, known);
    bool down = option & 1, first = option & 2;
    if (down)
        fact_raw(&in->fact, ":desc");
    if (down != first)
        fact_raw(&in->fact, first ? ":nulls=first" : ":nulls=last");
}

static void add_key(struct pg_in *in, const struct pg_table *t, const struct pg_index *x, struct keys *k,
                    int64_t number)
{
    const struct pg_column *c = number ? column_at(t, number) : NULL;
    struct slice expression =
        x->expressions && k->position < PG_MAX_KEYS ? x->expressions[k->position] : (struct slice){0};
    if (number)
        add_column(&in->fact, t->rel, number);
    else
        fact_expression(&in->fact, expression);
    if (k->position < x->n_keys)
        key_rest(in, k, c);
    k->position++;
}

/* keys= and include= */
static void add_keys(struct pg_in *in, const struct pg_table *t, const struct pg_index *x, bool included_only)
{
    struct keys k = {x->keys, x->classes, x->collations, x->options, 0};
    for (int64_t number; pg_number(&k.numbers, &number);) {
        if (included_only && k.position < x->n_keys) {
            k.position++;
            continue;
        }
        if (k.position == 0 && !included_only)
            fact_attribute(&in->fact, "keys");
        else if (k.position == x->n_keys)
            fact_attribute(&in->fact, "include");
        else
            fact_raw(&in->fact, ",");
        add_key(in, t, x, &k, number);
    }
}

/* What an index has whether it stands alone or behind a constraint. */
static void index_rest(struct fact *f, const struct pg_index *x)
{
    if (x->nulls_equal)
        fact_word(f, "nulls", "equal");
    text_if(f, "options", x->with);
    text_if(f, "tablespace", x->tablespace);
    text_if(f, "part_of", x->parent);
    yes_if(f, "clustered", x->clustered);
    yes_if(f, "replica_identity", x->identity);
}

void pg_index_fact(struct pg_in *in, const struct pg_table *t, const struct pg_index *x)
{
    struct fact *f = &in->fact;
    const struct pg_schema *schema = pg_get(&in->schemas, t->rel->schema);
    const struct slice *method = pg_get(&in->methods, x->method);
    char text[256];
    fact_begin(f, "index");
    if (schema)
        fact_name(f, schema->name);
    fact_name(f, x->name);
    fact_attribute(f, "on");
    strbuf_add(&f->text, slice_sub(strbuf_slice(&in->place), 1, in->place.n));
    fact_word(f, "unique", x->unique ? "yes" : "no");
    if (method && !slice_eq(*method, SLICE("btree")))
        fact_text(f, "method", *method);
    add_keys(in, t, x, false);
    if (x->where.p)
        fact_text(f, "where", x->where);
    else
        fact_word(f, "where", "none");
    fact_word(f, "valid", x->valid ? "yes" : "no");
    index_rest(f, x);
    struct slice columns = joined(t->rel, x->keys, (size_t)x->n_keys, text, sizeof text);
    if (made_up(x->name, t->rel->name, columns, "idx"))
        fact_word(f, "name", "generated");
}

/* ---- constraints ------------------------------------------------------------------------------------------------- */

static void action(struct fact *f, const char *attribute, char c)
{
    const char *word = c == 'c'   ? "cascade"
                       : c == 'r' ? "restrict"
                       : c == 'n' ? "set-null"
                       : c == 'd' ? "set-default"
                                  : NULL;
    if (word)
        fact_word(f, attribute, word);
}

static void foreign_key(struct pg_in *in, const struct pg_table *t, const struct pg_constraint *c)
{
    struct fact *f = &in->fact;
    const struct pg_rel *target = pg_find_rel(in, c->target);
    fact_attribute(f, "references");
    pg_add_relation(in, target);
    fact_raw(f, "(");
    pg_add_columns(f, target, c->target_columns);
    fact_raw(f, ")");
    action(f, "on_delete", c->on_delete);
    if (c->set_columns.p) {
        fact_attribute(f, "on_delete_columns");
        pg_add_columns(f, t->rel, c->set_columns);
    }
    action(f, "on_update", c->on_update);
    if (c->match == 'f')
        fact_word(f, "match", "full");
}

static const struct pg_index *index_of(const struct pg_table *t, const struct pg_constraint *c)
{
    const struct pg_index *x = t->indexes;
    while (x && x->oid != c->index)
        x = x->next;
    return c->kind == 'f' ? NULL : x;
}

static const char *constraint_kind(char kind)
{
    switch (kind) {
    case 'p':
        return "primary-key";
    case 'u':
        return "unique";
    case 'f':
        return "foreign-key";
    case 'x':
        return "exclude";
    case 'n':
        return "not-null";
    default:
        return "check";
    }
}

void pg_constraint_fact(struct pg_in *in, const struct pg_table *t, const struct pg_constraint *c)
{
    struct fact *f = &in->fact;
    const struct pg_index *x = index_of(t, c);
    begin(in, constraint_kind(c->kind), c->name);
    if (c->kind == 'c') {
        fact_text(f, "expression", c->expression ? c->expression->text : (struct slice){NULL, 0});
    } else {
        fact_attribute(f, "columns");
        pg_add_columns(f, t->rel, c->columns);
    }
    if (c->kind == 'x')
        text_if(f, "definition", c->text);
    if (c->kind == 'f')
        foreign_key(in, t, c);
    if (c->deferrable)
        fact_word(f, "deferrable", c->deferred ? "deferred" : "immediate");
    if (x) {
        add_keys(in, t, x, true);
        index_rest(f, x);
    }
    no_if(f, "valid", !c->valid);
    no_if(f, "enforced", !c->enforced);
    yes_if(f, "period", c->period);
    no_if(f, "inheritable", c->no_inherit && (c->kind == 'c' || c->kind == 'n'));
    yes_if(f, "inherited", c->inherited && !c->local);
    if (constraint_made_up(t->rel, c))
        fact_word(f, "name", "generated");
}
