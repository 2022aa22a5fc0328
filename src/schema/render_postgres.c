/* From one PostgreSQL schema to another: what happens to each fact, and in which order. */
#include "schema/render_postgres.h"

#include "schema/fact.h"
#include "schema/facts.h"
#include "sql/lexer.h"
#include "sql/quote.h"

/* ---- kinds ------------------------------------------------------------------------------------------------------- */

const struct pgn_kind pgn_kinds[] = {
    {"schema", 1, pgn_schema_create, pgn_schema_drop, NULL, NULL, false},
    {"extension", 2, pgn_extension_create, pgn_extension_drop, NULL, NULL, false},
    {"collation", 3, pgn_collation_create, pgn_collation_drop, NULL, NULL, false},
    {"foreign-data-wrapper", 3, pgn_foreign_create, pgn_foreign_drop, NULL, NULL, false},
    {"server", 3, pgn_foreign_create, pgn_foreign_drop, NULL, NULL, false},
    {"enum", 4, pgn_enum_create, pgn_type_drop, pgn_enum_alter, pgn_enum_can, false},
    {"domain", 4, pgn_domain_create, pgn_type_drop, pgn_domain_alter, pgn_domain_can, false},
    {"domain-check", 6, pgn_domain_check_create, pgn_domain_check_drop, NULL, NULL, false},
    {"range", 4, pgn_range_create, pgn_type_drop, NULL, NULL, false},
    {"composite", 4, pgn_composite_create, pgn_type_drop, NULL, NULL, false},
    {"sequence", 5, pgn_sequence_create, pgn_sequence_drop, pgn_sequence_alter, pgn_sequence_can, false},
    {"table", 6, pgn_table_create, pgn_table_drop, pgn_table_alter, pgn_table_can, false},
    {"foreign-table", 6, pgn_table_create, pgn_table_drop, pgn_table_alter, pgn_table_can, false},
    {"columns", 6, pgn_nothing, pgn_nothing, pgn_nothing, NULL, true},
    {"column", 6, pgn_column_create, pgn_column_drop, pgn_column_alter, pgn_column_can, true},
    {"foreign", 6, pgn_nothing, pgn_nothing, NULL, NULL, true},
    {"function", 7, pgn_function_create, pgn_function_drop, pgn_function_create, pgn_function_can, false},
    {"aggregate", 7, pgn_aggregate_create, pgn_function_drop, NULL, NULL, false},
    {"operator", 7, pgn_operator_create, pgn_operator_drop, NULL, NULL, false},
    {"cast", 7, pgn_cast_create, pgn_cast_drop, NULL, NULL, false},
    {"text-dictionary", 7, pgn_search_create, pgn_search_drop, NULL, NULL, false},
    {"text-configuration", 8, pgn_search_create, pgn_search_drop, NULL, NULL, false},
    {"view", 8, pgn_view_create, pgn_view_drop, NULL, NULL, false},
    {"materialized-view", 8, pgn_view_create, pgn_view_drop, NULL, NULL, false},
    {"primary-key", 9, pgn_constraint_create, pgn_constraint_drop, pgn_constraint_alter, pgn_constraint_can, true},
    {"unique", 9, pgn_constraint_create, pgn_constraint_drop, pgn_constraint_alter, pgn_constraint_can, true},
    {"check", 9, pgn_constraint_create, pgn_constraint_drop, pgn_constraint_alter, pgn_constraint_can, true},
    {"exclude", 9, pgn_constraint_create, pgn_constraint_drop, pgn_constraint_alter, pgn_constraint_can, true},
    {"not-null", 9, pgn_nothing, pgn_nothing, pgn_nothing, NULL, true},
    {"index", 10, pgn_index_create, pgn_index_drop, NULL, NULL, false},
    {"index-column", 11, pgn_index_column, pgn_index_column, pgn_index_column, NULL, false},
    {"inherits", 11, pgn_inherits_create, pgn_inherits_drop, NULL, NULL, true},
    {"foreign-key", 12, pgn_foreign_key_create, pgn_constraint_drop, pgn_constraint_alter, pgn_constraint_can, true},
    {"statistics", 12, pgn_statistics_create, pgn_statistics_drop, NULL, NULL, false},
    {"trigger", 13, pgn_trigger_create, pgn_trigger_drop, NULL, NULL, true},
    {"rule", 13, pgn_rule_create, pgn_rule_drop, NULL, NULL, true},
    {"policy", 13, pgn_policy_create, pgn_policy_drop, NULL, NULL, true},
    {"event-trigger", 14, pgn_event_trigger_create, pgn_event_trigger_drop, NULL, NULL, false},
    {"publication", 14, pgn_publication_create, pgn_publication_drop, NULL, NULL, false},
    {"publication-table", 15, pgn_publication_part_create, pgn_publication_part_drop, NULL, NULL, false},
    {"publication-schema", 15, pgn_publication_part_create, pgn_publication_part_drop, NULL, NULL, false},
    {"comment", 16, pgn_comment_create, pgn_comment_drop, pgn_comment_create, NULL, false},
    {"privilege", 16, pgn_privilege_create, pgn_privilege_drop, pgn_privilege_create, NULL, false},
    {"default-privilege", 17, pgn_default_privilege_create, pgn_default_privilege_drop, NULL, NULL, false},
    {NULL, 17, NULL, NULL, NULL, NULL, false},
};

static const struct pgn_kind *kind_of(struct slice name)
{
    const struct pgn_kind *k = pgn_kinds;
    while (k->name && !slice_eq(slice_of(k->name), name))
        k++;
    return k;
}

int pgn_nothing(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    (void)p;
    (void)n;
    (void)it;
    (void)e;
    return PAWL_OK;
}

/* ---- statements -------------------------------------------------------------------------------------------------- */

int pgn_put(struct pgn_plan *p, struct pawl_error *e)
{
    struct slice remark = p->remark;
    if (!slice_starts(strbuf_slice(&p->b), SLICE("CREATE OR REPLACE FUNCTION")) &&
        !slice_starts(strbuf_slice(&p->b), SLICE("CREATE OR REPLACE PROCEDURE")))
        pgn_settle(&p->b);
    p->remark = SLICE("");
    return render_put(p->a, p->out, &p->b, remark, e);
}

int pgn_put_unless(struct pgn_plan *p, struct slice condition, struct pawl_error *e)
{
    if (!p->o->guarded)
        return pgn_put(p, e);
    struct slice sql = phrase_keep(p->a, &p->b);
    if (!sql.p || !condition.p)
        return err_nomem(e);
    const char *tag = slice_find(sql, SLICE("$do$")) == SIZE_MAX ? "$do$" : "$do_it$";
    strbuf_reset(&p->b);
    phrase_add(&p->b, "DO %z\nBEGIN\n    IF NOT (%s) THEN\n        %s;\n    END IF;\nEND\n%z", tag, condition, sql,
               tag);
    return pgn_put(p, e);
}

int pgn_cannot(struct pgn_plan *p, const struct item *it, struct pawl_error *e)
{
    strbuf_reset(&p->b);
    return render_missing(p->a, p->out, it->key, e);
}

const char *pgn_if_not(const struct pgn_plan *p)
{
    return p->o->guarded ? "IF NOT EXISTS " : "";
}

struct slice pgn_text(struct pgn_plan *p, const char *format, ...)
{
    /* one slice, or a pair, is all that is ever needed */
    struct slice x, y, out;
    va_list args;
    va_start(args, format);
    x = va_arg(args, struct slice);
    y = va_arg(args, struct slice);
    va_end(args);
    PHRASE(b);
    phrase_add(&b, format, x, y);
    out = phrase_keep(p->a, &b);
    return out;
}

struct slice pgn_regclass(struct pgn_plan *p, struct slice schema, struct slice name)
{
    return pgn_text(p, "%q", schema, name);
}

/* ---- finding ----------------------------------------------------------------------------------------------------- */

static struct slice full_name(struct pgn_plan *p, struct slice schema, struct slice name)
{
    return arena_printf(p->a, SLICE_FMT "." SLICE_FMT, SLICE_ARG(schema), SLICE_ARG(name));
}

struct pgn *pgn_find(struct pgn_plan *p, const char *kind, struct slice schema, struct slice name)
{
    struct slice key = full_name(p, schema, name);
    struct pgn *n = key.p ? map_get(&p->names, key) : NULL;
    while (n && strcmp(n->kind->name ? n->kind->name : "", kind) != 0)
        n = n->same_name;
    return n;
}

struct pgn *pgn_relation(struct pgn_plan *p, struct slice schema, struct slice name)
{
    static const char *const kinds[] = {"table",    "view", "materialized-view", "foreign-table", "composite",
                                        "sequence", "index"};
    struct pgn *n = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !n; i++)
        n = pgn_find(p, kinds[i], schema, name);
    return n;
}

static int list_add(struct arena *a, struct pgn_list *l, size_t i, struct pawl_error *e)
{
    if (pgn_list_has(l, i))
        return PAWL_OK;
    if (!arena_grow(a, (void **)&l->v, &l->cap, l->n, sizeof *l->v))
        return err_nomem(e);
    l->v[l->n++] = i;
    return PAWL_OK;
}

struct slice pgn_get(struct pgn_plan *p, const struct item *it, const char *attribute)
{
    return item_get(p->a, it, attribute);
}

bool pgn_differs(const struct pgn *n, const char *attribute)
{
    return !slice_eq(fact_value(n->from->line, attribute), fact_value(n->to->line, attribute));
}

struct pgn *pgn_owner(struct pgn_plan *p, const struct pgn *n)
{
    return n->owner == PGN_NONE ? NULL : &p->nodes[n->owner];
}

bool pgn_list_has(const struct pgn_list *l, size_t i)
{
    for (size_t k = 0; k < l->n; k++)
        if (l->v[k] == i)
            return true;
    return false;
}

static bool word_of(struct strbuf *b, const struct lexer *lx, const struct token *t)
{
    strbuf_reset(b);
    return (t->kind == TOKEN_WORD || t->kind == TOKEN_QUOTED) && quote_strip(b, &dialect_postgres, lexer_slice(lx, t));
}

bool pgn_has_word(struct slice text, struct slice word)
{
    struct lexer lx;
    struct token t;
    PHRASE(b);
    lexer_init(&lx, &dialect_postgres, text);
    while (lexer_next(&lx, &t))
        if (word_of(&b, &lx, &t) && slice_eq(strbuf_slice(&b), word))
            return true;
    return false;
}

/* Names in strings count, too: nextval('public.s'::regclass). */
int pgn_scan(struct pgn_plan *p, struct slice text, struct pgn_list *out, struct pawl_error *e)
{
    struct lexer lx;
    struct token t;
    PHRASE(name);
    PHRASE(b);
    bool dot = false;
    int code = PAWL_OK;
    lexer_init(&lx, &dialect_postgres, text);
    while (!code && lexer_next(&lx, &t)) {
        if (t.kind == TOKEN_STRING && t.length > 2 && t.c == '\'')
            code = pgn_scan(p, slice_sub(text, t.offset + 1, t.offset + t.length - 1), out, e);
        if (t.kind == TOKEN_PUNCTUATION && t.c == '.' && t.length == 1) {
            dot = true;
            strbuf_addc(&name, '.');
            continue;
        }
        if (!word_of(&b, &lx, &t)) {
            strbuf_reset(&name);
        } else if (dot && name.n > 1) {
            strbuf_add(&name, strbuf_slice(&b));
            for (struct pgn *n = map_get(&p->names, strbuf_slice(&name)); n && !code; n = n->same_name)
                code = list_add(p->a, out, (size_t)(n - p->nodes), e);
            strbuf_reset(&name);
            strbuf_add(&name, strbuf_slice(&b));
        } else {
            strbuf_reset(&name);
            strbuf_add(&name, strbuf_slice(&b));
        }
        dot = false;
    }
    return code;
}

struct pgn *pgn_parent(struct pgn_plan *p, const struct pgn *table, bool after)
{
    for (size_t i = 0; i < table->parts.n; i++) {
        struct pgn *n = &p->nodes[table->parts.v[i]];
        const struct pgn_list *l = &n->mentions[after];
        if (strcmp(n->kind->name ? n->kind->name : "", "inherits") == 0 && l->n)
            return &p->nodes[l->v[0]];
    }
    return NULL;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static int add_fact(struct pgn_plan *p, struct item *it, bool after, struct pawl_error *e)
{
    struct pgn *n = map_get(&p->keys, it->key);
    if (!n) {
        n = &p->nodes[p->n++];
        n->kind = kind_of(it->kind);
        n->owner = PGN_NONE;
        if (!map_set(p->a, &p->keys, it->key, n))
            return err_nomem(e);
    }
    *(after ? &n->to : &n->from) = it;
    return PAWL_OK;
}

static int read_facts(struct pgn_plan *p, const struct slice *from, size_t n_from, const struct slice *to, size_t n_to,
                      struct pawl_error *e)
{
    int code = PAWL_OK;
    p->items = arena_array(p->a, n_from + n_to + 1, sizeof *p->items);
    p->nodes = arena_array(p->a, n_from + n_to + 1, sizeof *p->nodes);
    if (!p->items || !p->nodes)
        return err_nomem(e);
    for (size_t i = 0; i < n_from + n_to && !code; i++) {
        code = item_read(p->a, i < n_from ? from[i] : to[i - n_from], &p->items[i], e);
        if (!code)
            code = add_fact(p, &p->items[i], i >= n_from, e);
    }
    return code;
}

static const struct item *any(const struct pgn *n)
{
    return n->to ? n->to : n->from;
}

/* Objects that others mention by schema.name. A function's part is "name(types)". */
static int add_names(struct pgn_plan *p, struct pawl_error *e)
{
    static const char *const unnamed[] = {"comment",           "privilege",          "default-privilege",
                                          "publication-table", "publication-schema", "domain-check",
                                          "user-mapping",      "operator",           "index-column"};
    for (size_t i = 0; i < p->n; i++) {
        struct pgn *n = &p->nodes[i];
        const struct item *it = any(n);
        bool skip = n->kind->part || it->n_parts != 2;
        for (size_t k = 0; k < sizeof unnamed / sizeof *unnamed; k++)
            skip |= item_kind(it, unnamed[k]);
        if (skip)
            continue;
        struct slice name = it->parts[1];
        if (item_kind(it, "function") || item_kind(it, "aggregate"))
            name = slice_sub(name, 0, slice_find_byte(name, '('));
        struct slice key = full_name(p, it->parts[0], name);
        if (!key.p)
            return err_nomem(e);
        n->same_name = map_get(&p->names, key);
        if (!map_set(p->a, &p->names, key, n))
            return err_nomem(e);
    }
    return PAWL_OK;
}

static bool is_code(const struct item *it)
{
    struct slice body = fact_value(it->line, "body");
    if (body.n && body.p[0] == '"')
        body = slice_sub(body, 1, body.n);
    return !(item_is(it, "language", "sql") &&
             (slice_starts(body, SLICE("BEGIN ATOMIC")) || slice_starts(body, SLICE("RETURN "))));
}

static int scan_attribute(struct pgn_plan *p, const struct item *it, struct slice field, struct pgn_list *out,
                          struct pawl_error *e)
{
    size_t sign = slice_find_byte(field, '=');
    struct slice name = slice_sub(field, 0, sign), value = slice_sub(field, sign + 1, field.n);
    if (sign == SIZE_MAX || (slice_eq(name, SLICE("body")) && is_code(it)) || slice_eq(name, SLICE("text")))
        return PAWL_OK;
    if (slice_eq(name, SLICE("keys")) || slice_eq(name, SLICE("include"))) {
        struct key k;
        int code = PAWL_OK;
        while (!code && item_next(p->a, &value, &k)) {
            code = pgn_scan(p, k.expression, out, e);
            if (!code)
                code = pgn_scan(p, k.collation, out, e);
            if (!code)
                code = pgn_scan(p, k.class, out, e);
        }
        return code;
    }
    return pgn_scan(p, item_plain(p->a, value), out, e);
}

static int scan_item(struct pgn_plan *p, size_t self, const struct item *it, struct pgn_list *out, struct pawl_error *e)
{
    size_t at = it->key.n;
    struct slice field;
    int code = PAWL_OK;
    if (item_kind(it, "function") || item_kind(it, "aggregate") || item_kind(it, "operator"))
        code = pgn_scan(p, it->parts[1], out, e);
    if (item_kind(it, "cast"))
        code = pgn_scan(p, it->parts[0], out, e);
    while (!code && fact_field(it->line, &at, &field))
        code = scan_attribute(p, it, field, out, e);
    for (size_t i = 0; i < out->n; i++)
        if (out->v[i] == self)
            out->v[i--] = out->v[--out->n];
    return code;
}

/* ---- owners ------------------------------------------------------------------------------------------------------ */

/* "comment table.public.users.email": the kind is the first part of the name. */
static struct pgn *described(struct pgn_plan *p, const struct item *it)
{
    struct slice kind = it->parts[0];
    if (it->n_parts < 2)
        return NULL;
    bool of_relation = slice_eq(kind, SLICE("table")) || slice_eq(kind, SLICE("view")) ||
                       slice_eq(kind, SLICE("sequence")) || slice_eq(kind, SLICE("column")) ||
                       slice_eq(kind, SLICE("constraint")) || slice_eq(kind, SLICE("trigger")) ||
                       slice_eq(kind, SLICE("rule")) || slice_eq(kind, SLICE("policy"));
    if ((of_relation || slice_eq(kind, SLICE("index")) || slice_eq(kind, SLICE("type"))) && it->n_parts >= 3) {
        struct pgn *r = pgn_relation(p, it->parts[1], it->parts[2]);
        if (r || of_relation)
            return r;
    }
    static const char *const others[] = {"function", "aggregate", "enum", "domain", "range", "schema", "extension"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct slice key = {NULL, 0};
        struct pgn *n = NULL;
        if (it->n_parts >= 3 && i >= 2)
            n = pgn_find(p, others[i], it->parts[1], it->parts[2]);
        if (it->n_parts >= 3 && i < 2) {
            struct slice bare = slice_sub(it->parts[2], 0, slice_find_byte(it->parts[2], '('));
            for (n = pgn_find(p, others[i], it->parts[1], bare); n; n = n->same_name)
                if (slice_eq(any(n)->parts[1], it->parts[2]))
                    break;
        }
        if (it->n_parts == 2 && i >= 5)
            key = arena_printf(p->a, "%s " SLICE_FMT, others[i], SLICE_ARG(it->parts[1]));
        if (n || (key.p && (n = map_get(&p->keys, key))))
            return n;
    }
    /* identities as the server writes them: public.f(integer), public.mood */
    struct pgn_list l = {0};
    return pgn_scan(p, it->parts[1], &l, NULL) == PAWL_OK && l.n ? &p->nodes[l.v[0]] : NULL;
}

/* The functions that come with a range type and bear its name, or that of its multirange type. */
static struct pgn *range_of(struct pgn_plan *p, const struct item *it)
{
    struct slice body = fact_value(it->line, "body");
    if (!item_is(it, "language", "internal") || slice_find(body, SLICE("range_constructor")) == SIZE_MAX)
        return NULL;
    struct slice bare = slice_sub(it->parts[1], 0, slice_find_byte(it->parts[1], '('));
    if (slice_starts(body, SLICE("range_constructor")))
        return pgn_find(p, "range", it->parts[0], bare);
    for (size_t i = 0; i < p->n; i++) {
        struct pgn *n = &p->nodes[i];
        if (pgn_is(n, "range") && slice_eq(item_get(p->a, any(n), "multirange"), item_get(p->a, it, "result")))
            return n;
    }
    return NULL;
}

static struct pgn *owner_of(struct pgn_plan *p, const struct item *it, const struct pgn_kind *kind)
{
    struct slice parts[ITEM_PARTS], path;
    size_t n;
    if (kind->part)
        return pgn_relation(p, it->parts[0], it->parts[1]);
    if (item_kind(it, "comment") || item_kind(it, "privilege"))
        return described(p, it);
    if (item_kind(it, "function"))
        return range_of(p, it);
    if (item_kind(it, "cast")) { /* from a range to its multirange */
        struct pgn_list l = {0};
        struct slice function = item_get(p->a, it, "function");
        for (size_t i = 0;
             function.p && pgn_scan(p, slice_sub(function, 0, slice_find_byte(function, '(')), &l, NULL) == 0 &&
             i < l.n;
             i++)
            if (pgn_is(&p->nodes[l.v[i]], "function"))
                return range_of(p, any(&p->nodes[l.v[i]]));
        return NULL;
    }
    if (item_kind(it, "index-column"))
        return pgn_find(p, "index", it->parts[0], it->parts[1]);
    if (item_kind(it, "domain-check"))
        return pgn_find(p, "domain", it->parts[0], it->parts[1]);
    if (item_kind(it, "index"))
        path = fact_value(it->line, "on");
    else if (item_kind(it, "sequence") && fact_value(it->line, "identity_of").p)
        path = fact_value(it->line, "identity_of");
    else
        return NULL;
    if (!path.p || !item_path(p->a, &path, parts, &n) || n < 2)
        return NULL;
    return pgn_relation(p, parts[0], parts[1]);
}

static int read_ties(struct pgn_plan *p, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = 0; i < p->n && !code; i++) {
        struct pgn *n = &p->nodes[i], *owner = owner_of(p, any(n), n->kind);
        if (owner && owner != n) {
            n->owner = (size_t)(owner - p->nodes);
            code = list_add(p->a, &owner->parts, i, e);
        }
        if (!code && n->from)
            code = scan_item(p, i, n->from, &n->mentions[0], e);
        if (!code && n->to)
            code = scan_item(p, i, n->to, &n->mentions[1], e);
    }
    return code;
}

int render_postgres(struct arena *a, const struct slice *from, size_t n_from, const struct slice *to, size_t n_to,
                    const struct render_options *o, struct rendering *out, struct pawl_error *e)
{
    struct pgn_plan p = {.a = a, .o = o, .out = out, .remark = SLICE("")};
    strbuf_init(&p.b, PHRASE_MAX);
    int code = read_facts(&p, from, n_from, to, n_to, e);
    if (!code)
        code = add_names(&p, e);
    if (!code)
        code = read_ties(&p, e);
    if (!code)
        code = pgn_decide(&p, e);
    if (!code)
        code = pgn_carry_out(&p, e);
    strbuf_clear(&p.b);
    return code;
}
