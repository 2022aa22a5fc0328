#include "schema/postgres_read.h"

#include <stdlib.h>

#include "base/mem.h"

/* ---- queries ----------------------------------------------------------------------------------------------------- */

/* The columns that callbacks below take apart, in this order. Kept free of functions that cost where there are many rows. */
static const char schema_sql[] = "select n.oid, n.nspname, not (" PG_USER_SCHEMA("n") ") from pg_namespace n";
static const char method_sql[] = "select oid, amname from pg_am";
static const char relation_sql[] =
    "select c.oid, c.relnamespace, c.relname, c.relkind, case when c.relpersistence = 't' then 't' when c.oid in (select objid "
    "from pg_depend where refclassid = 'pg_extension'::regclass and classid = 'pg_class'::regclass and deptype = 'e') then 'e' end, "
    "case c.relpersistence when 'u' then 'unlogged' end, c.reloptions::text, t.reloptions::text, "
    "case when c.reltablespace <> 0 then (select spcname from pg_tablespace where oid = c.reltablespace) end, "
    "case when c.relam not in (0, 2) then (select amname from pg_am where oid = c.relam) end, "
    "case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end, "
    "case when c.relispartition then pg_get_expr(c.relpartbound, c.oid) end, "
    "case when c.reloftype <> 0 then format_type(c.reloftype, null) end, nullif(c.relrowsecurity, false), "
    "nullif(c.relforcerowsecurity, false), case when c.relkind in ('r', 'p', 'm') then case c.relreplident when 'n' then 'nothing' "
    "when 'f' then 'full' when 'i' then 'index' end end, case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end, "
    "nullif(c.relacl is not null, false) from pg_class c left join (select oid, reloptions from pg_class where relkind = 't' and reloptions is not null) t on "
    "t.oid = c.reltoastrelid where {where c.oid} and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c', 'S') order by c.oid";
static const char relation_spec[] =
    "!persistence options toast_options tablespace method partition_by bound of row_security "
    "force_row_security !replica_identity query";
/*
 * Each value that is written out costs, and there are many of these rows. So what every column has is one number: its own, its
 * identity, what generates it, its compression and storage, and bits. What few have is one text; its options, which may be any
 * text, stand last. Of dropped columns the type is 0.
 */
#define MARK "\x1f"
static const char column_sql[] =
    "select a.attrelid, (a.attnum::int8 << 48) | (a.attidentity::int::int8 << 40) | (a.attgenerated::int::int8 << 32) | "
    "{14?(a.attcompression::int::int8 << 24) |:::} (a.attstorage::int << 16) | a.attnotnull::int | "
    "((a.attcollation = 100)::int << 1) | ((a.attinhcount > 0 and not a.attislocal)::int << 2) | "
    "((a.attacl is not null)::int << 3), a.attname, a.atttypid, nullif(a.atttypmod, -1), "
    "case when a.attcollation not in (0, 100) then a.attcollation end, "
    "case when a.attstattarget >= 0 or a.attfdwoptions is not null or (a.attoptions is not null and (a.attoptions[2] is not null or "
    "not starts_with(a.attoptions[1], 'pg_attver='))) then concat_ws('" MARK
    "', coalesce(nullif(a.attstattarget, -1)::text, ''), "
    "coalesce(a.attoptions::text, ''), coalesce(a.attfdwoptions::text, '')) end "
    "from pg_attribute a join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p', 'v', 'm', 'f', "
    "'c') where a.attnum > 0 and {where a.attrelid}";
enum {
    COLUMN_NOT_NULL = 1 << 0,
    COLUMN_DEFAULT_COLLATION = 1 << 1,
    COLUMN_INHERITED = 1 << 2,
    COLUMN_PRIVILEGES = 1 << 3,
    COLUMN_STORAGE_SHIFT = 16,
    COLUMN_COMPRESSION_SHIFT = 24,
    COLUMN_GENERATED_SHIFT = 32,
    COLUMN_IDENTITY_SHIFT = 40,
    COLUMN_NUMBER_SHIFT = 48
};
static const char default_sql[] = "select d.adrelid, d.adnum, d.oid, d.adbin from pg_attrdef d where {where d.adrelid}";
/* What is as usual comes as NULL, because each value that is written out costs: there are many of these rows. */
static const char constraint_sql[] =
    "select k.conrelid, k.oid, k.conname, k.contype, nullif(k.condeferrable, false), nullif(k.condeferred, false), "
    "nullif(k.convalidated, true), case when k.contype <> 'f' then nullif(k.conindid, 0) end, nullif(k.conparentid, 0), "
    "nullif(k.confrelid, 0), nullif(k.confupdtype, ' '), nullif(k.confdeltype, ' '), nullif(k.confmatchtype, ' '), "
    "nullif(k.conislocal, true), nullif(k.coninhcount > 0, false), case when k.contype in ('c', 'n') then "
    "nullif(k.connoinherit, false) end, case when k.conkey[2] is not null then k.conkey::text end, case when k.confkey[2] is not "
    "null then k.confkey::text end, {15?k.confdelsetcols::text:::null}, {18?nullif(k.conenforced, true), nullif(k.conperiod, "
    "false):::null, null}, case k.contype when 'c' then k.conbin::text when 'x' then "
    "pg_get_constraintdef(k.oid) end, k.conkey[1], k.confkey[1] from pg_constraint k where {where k.conrelid} and k.contype in "
    "('p', 'u', 'f', 'c', 'x', 'n')";
/* All that is yes or no is one number, with the count of keys above it; zeros of a single key are left out. */
static const char index_sql[] =
    "select i.indrelid, i.indexrelid, c.relname, c.relam, i.indisunique::int | (i.indisvalid::int << 1) | "
    "(i.indisclustered::int << 2) | (i.indisreplident::int << 3) | ((i.indexprs is not null)::int << 4) | "
    "{15?(i.indnullsnotdistinct::int << 5):::0} | (i.indnkeyatts::int << 8), i.indkey, i.indclass, "
    "case when i.indnkeyatts > 1 or i.indcollation[0] <> 0 then i.indcollation end, "
    "case when i.indnkeyatts > 1 or i.indoption[0] <> 0 then i.indoption end, "
    "pg_get_expr(i.indpred, i.indrelid), c.reloptions::text, "
    "case when c.reltablespace <> 0 then (select spcname from pg_tablespace where oid = c.reltablespace) end, "
    "case when c.relispartition then (select format('%I.%I', n.nspname, p.relname) from pg_inherits h join pg_class p on "
    "p.oid = h.inhparent join pg_namespace n on n.oid = p.relnamespace where h.inhrelid = c.oid) end "
    "from pg_index i join pg_class c on c.oid = i.indexrelid and c.relnamespace <> 99 where {where i.indrelid}";
enum {
    INDEX_UNIQUE = 1 << 0,
    INDEX_VALID = 1 << 1,
    INDEX_CLUSTERED = 1 << 2,
    INDEX_IDENTITY = 1 << 3,
    INDEX_EXPRESSIONS = 1 << 4,
    INDEX_NULLS_EQUAL = 1 << 5,
    INDEX_KEYS_SHIFT = 8
};
static const char sequence_sql[] =
    "select s.seqrelid, s.seqtypid, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle, d.refobjid, "
    "d.refobjsubid, d.deptype from pg_sequence s left join pg_depend d on d.classid = 'pg_class'::regclass and "
    "d.objid = s.seqrelid and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i') and d.refobjsubid > 0 "
    "where {where s.seqrelid}";

/* ---- small things ------------------------------------------------------------------------------------------------ */

bool pg_number(struct slice *list, int64_t *out)
{
    size_t i = 0, from;
    while (i < list->n && (list->p[i] == '{' || list->p[i] == ',' || list->p[i] == ' '))
        i++;
    from = i;
    while (i < list->n && (list->p[i] == '-' || (list->p[i] >= '0' && list->p[i] <= '9')))
        i++;
    bool ok = slice_i64(slice_sub(*list, from, i), out);
    *list = slice_sub(*list, i, list->n);
    return ok;
}

struct pg_rel *pg_find_rel(const struct pg_in *in, uint32_t oid)
{
    size_t low = 0, high = in->n_rels;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (in->rels[middle]->oid < oid)
            low = middle + 1;
        else
            high = middle;
    }
    return low < in->n_rels && in->rels[low]->oid == oid ? in->rels[low] : NULL;
}

/* The relation being read; rows of one come together as a rule. Tables are in the order of their oids. */
static struct pg_table *find_table(struct pg_in *in, uint32_t oid)
{
    size_t low = in->first_table, high = in->n_tables;
    if (in->last_table < high && in->tables[in->last_table].rel->oid == oid)
        return &in->tables[in->last_table];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (in->tables[middle].rel->oid < oid)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == in->n_tables || in->tables[low].rel->oid != oid)
        return NULL;
    in->last_table = low;
    return &in->tables[low];
}

/* A row whose relation was not read: of one that somebody else has made just now. Those are counted when all is read. */
static int foreign(struct pg_in *in, enum pg_counted what)
{
    in->foreign[what] += in->all;
    return PAWL_OK;
}

static struct slice name_of(struct pg_in *in, const struct db_value *v)
{
    struct slice s = {NULL, 0};
    pg_text_of(&in->arena, v, &s);
    return s;
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static int on_schema(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct pg_in *in = context;
    (void)n;
    struct pg_schema *schema = arena_alloc(&in->names, sizeof *schema);
    if (!schema || !pg_text_of(&in->names, &v[1], &schema->name) ||
        !pg_set(&in->names, &in->schemas, pg_oid(&v[0]), schema))
        return err_nomem(e);
    schema->system = pg_bool(&v[2]);
    return PAWL_OK;
}

static int on_method(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct pg_in *in = context;
    (void)n;
    struct slice *name = arena_alloc(&in->names, sizeof *name);
    if (!name || !pg_text_of(&in->names, &v[1], name) || !pg_set(&in->names, &in->methods, pg_oid(&v[0]), name))
        return err_nomem(e);
    return PAWL_OK;
}

static bool is_ledger(const struct pg_in *in, struct slice schema, struct slice name)
{
    return slice_eq(name, in->ledger) && (!in->ledger_schema.n || slice_eq(schema, in->ledger_schema));
}

static const char *word_of(char kind)
{
    switch (kind) {
    case 'f':
        return "foreign-table";
    case 'v':
        return "view";
    case 'm':
        return "materialized-view";
    case 'c':
        return "composite";
    default:
        return "table";
    }
}

/* The order of lines does not matter. */
static int keep_line(struct pg_in *in, struct pg_table *t, struct pawl_error *e)
{
    struct pg_line *line = NULL, **end = &line;
    int code = pg_keep(in, &end, e);
    if (code)
        return code;
    line->next = t->lines;
    t->lines = line;
    return PAWL_OK;
}

static int table_fact(struct pg_in *in, struct pg_table *t, const struct pg_schema *schema, const struct db_value *v,
                      struct pawl_error *e)
{
    if (t->rel->hidden || t->rel->kind == 'S')
        return PAWL_OK;
    fact_begin(&in->fact, word_of(t->rel->kind));
    fact_name(&in->fact, schema->name);
    fact_name(&in->fact, v[2].s);
    pg_spec(&in->fact, relation_spec, v + 5, 12);
    return keep_line(in, t, e);
}

static int on_relation(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct pg_in *in = context;
    (void)n;
    const struct pg_schema *schema = pg_get(&in->schemas, pg_oid(&v[1]));
    if (!schema) /* made just now by someone else: it will be seen next time */
        return foreign(in, PG_RELATIONS);
    if (in->n_tables == in->cap_tables) {
        size_t cap = in->cap_tables ? in->cap_tables * 2 : 64;
        struct pg_table *tables = mem_realloc(in->tables, cap * sizeof *tables);
        if (!tables)
            return err_nomem(e);
        in->tables = tables;
        in->cap_tables = cap;
    }
    struct pg_rel *rel = arena_alloc(&in->arena, sizeof *rel);
    if (!rel)
        return err_nomem(e);
    *rel = (struct pg_rel){
        .oid = pg_oid(&v[0]), .schema = pg_oid(&v[1]), .kind = pg_char(&v[3]), .name = name_of(in, &v[2])};
    rel->member = pg_char(&v[4]) == 'e';
    rel->hidden = schema->system || v[4].type == DB_TEXT || is_ledger(in, schema->name, rel->name);
    rel->counts[PG_RELATIONS] = 1;
    in->tables[in->n_tables++] = (struct pg_table){.rel = rel,
                                                   .unlogged = v[5].type == DB_TEXT,
                                                   .logged = v[5].type != DB_TEXT && pg_char(&v[4]) != 't',
                                                   .partition = v[11].type == DB_TEXT,
                                                   .privileges = pg_bool(&v[17])};
    return rel->name.p ? table_fact(in, &in->tables[in->n_tables - 1], schema, v, e) : err_nomem(e);
}

/* Behind some minor releases the server keeps a number of its own among a column's options, which no dump shows. */
static bool column_options(struct pg_in *in, struct slice options, struct slice *out)
{
    static const struct slice own = {"pg_attver=", 10};
    size_t at = slice_find(options, own), end = at + own.n;
    *out = (struct slice){NULL, 0};
    if (at == SIZE_MAX) {
        *out = options.n ? arena_dup(&in->arena, options) : *out;
        return !options.n || out->p;
    }
    while (end < options.n && options.p[end] >= '0' && options.p[end] <= '9')
        end++;
    if (options.n - (end - at) <= 2) /* {} */
        return true;
    at -= options.p[end] == '}';
    end += options.p[end] == ',';
    *out = arena_printf(&in->arena, SLICE_FMT SLICE_FMT, SLICE_ARG(slice_sub(options, 0, at)),
                        SLICE_ARG(slice_sub(options, end, options.n)));
    return out->p;
}

static struct slice next_part(struct slice *text)
{
    size_t end = slice_find_byte(*text, MARK[0]);
    struct slice part = slice_sub(*text, 0, end);
    *text = end == SIZE_MAX ? (struct slice){NULL, 0} : slice_sub(*text, end + 1, text->n);
    return part;
}

static bool keep_text(struct pg_in *in, struct slice text, struct slice *out)
{
    if (text.n)
        *out = arena_dup(&in->arena, text);
    return !text.n || out->p;
}

/* What few columns have. */
static bool column_rest(struct pg_in *in, struct pg_column *c, struct slice rest)
{
    return keep_text(in, next_part(&rest), &c->statistics) && column_options(in, next_part(&rest), &c->options) &&
           keep_text(in, rest, &c->fdw_options);
}

static void column_bits(const struct pg_table *t, struct pg_column *c, int64_t bits)
{
    c->number = (int)(bits >> COLUMN_NUMBER_SHIFT);
    c->identity = (char)(bits >> COLUMN_IDENTITY_SHIFT);
    c->generated = (char)(bits >> COLUMN_GENERATED_SHIFT);
    c->compression = (char)(bits >> COLUMN_COMPRESSION_SHIFT);
    c->storage = (char)(bits >> COLUMN_STORAGE_SHIFT);
    c->not_null = (bits & COLUMN_NOT_NULL) != 0;
    c->inherited = (bits & COLUMN_INHERITED) && !t->partition;
    c->privileges = (bits & COLUMN_PRIVILEGES) != 0;
    c->collation = bits & COLUMN_DEFAULT_COLLATION ? PG_DEFAULT_COLLATION : 0;
}

static int on_column(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct pg_in *in = context;
    (void)n;
    struct pg_table *t = find_table(in, pg_oid(&v[0]));
    if (!t || v[3].i == 0)
        return PAWL_OK;
    struct pg_column *c = arena_alloc(&in->arena, sizeof *c);
    if (!c)
        return err_nomem(e);
    column_bits(t, c, v[1].i);
    c->name = name_of(in, &v[2]);
    c->type = pg_oid(&v[3]);
    c->modifier = v[4].type == DB_INT ? v[4].i : -1;
    if (v[5].type == DB_INT)
        c->collation = pg_oid(&v[5]);
    if (!c->name.p || (v[6].type == DB_TEXT && !column_rest(in, c, v[6].s)))
        return err_nomem(e);
    struct pg_column **at = t->last && t->last->number < c->number ? &t->last->next : &t->columns;
    while (*at && (*at)->number < c->number)
        at = &(*at)->next;
    c->next = *at;
    *at = c;
    t->last = c;
    return PAWL_OK;
}

static int on_default(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct pg_in *in = context;
    (void)n;
    struct pg_table *t = find_table(in, pg_oid(&v[0]));
    struct pg_column *c = t ? t->columns : NULL;
    while (c && c->number != (int)v[1].i)
        c = c->next;
    if (!c)
        return PAWL_OK;
    c->value = pg_value(in, t, 'd', pg_oid(&v[2]), v[3].s);
    return c->value ? PAWL_OK : err_nomem(e);
}

/* One number comes as it is, more of them as a list. */
static bool numbers(struct pg_in *in, const struct db_value *list, const struct db_value *one, struct slice *out)
{
    if (list->type == DB_TEXT || one->type != DB_INT)
        return pg_text_of(&in->arena, list, out);
    *out = arena_printf(&in->arena, "%lld", (long long)one->i);
    return out->p;
}

static int on_constraint(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct pg_in *in = context;
    (void)n;
    struct pg_table *t = find_table(in, pg_oid(&v[0]));
    struct pg_constraint *c = t ? arena_alloc(&in->arena, sizeof *c) : NULL;
    if (!t)
        return foreign(in, PG_CONSTRAINTS);
    if (!c)
        return err_nomem(e);
    *c = (struct pg_constraint){.oid = pg_oid(&v[1]),
                                .name = name_of(in, &v[2]),
                                .kind = pg_char(&v[3]),
                                .deferrable = pg_bool(&v[4]),
                                .deferred = pg_bool(&v[5]),
                                .valid = v[6].type == DB_NULL,
                                .index = pg_oid(&v[7]),
                                .parent = pg_oid(&v[8]),
                                .target = pg_oid(&v[9]),
                                .on_update = pg_char(&v[10]),
                                .on_delete = pg_char(&v[11]),
                                .match = pg_char(&v[12]),
                                .local = v[13].type == DB_NULL,
                                .inherited = pg_bool(&v[14]),
                                .no_inherit = pg_bool(&v[15]),
                                .enforced = v[19].type == DB_NULL,
                                .period = pg_bool(&v[20])};
    if (!c->name.p || !numbers(in, &v[16], &v[22], &c->columns) || !numbers(in, &v[17], &v[23], &c->target_columns) ||
        !pg_text_of(&in->arena, &v[18], &c->set_columns))
        return err_nomem(e);
    if (c->kind != 'c' && !pg_text_of(&in->arena, &v[21], &c->text))
        return err_nomem(e);
    if (c->kind == 'c' && !(c->expression = pg_value(in, t, 'c', c->oid, v[21].s)))
        return err_nomem(e);
    c->next = t->constraints;
    t->constraints = c;
    t->rel->counts[PG_CONSTRAINTS]++;
    return PAWL_OK;
}

static int on_index(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct pg_in *in = context;
    (void)n;
    struct pg_table *t = find_table(in, pg_oid(&v[0]));
    struct pg_index *x = t ? arena_alloc(&in->arena, sizeof *x) : NULL;
    int64_t flags = v[4].i;
    if (!t)
        return foreign(in, PG_INDEXES);
    if (!x)
        return err_nomem(e);
    *x = (struct pg_index){.oid = pg_oid(&v[1]),
                           .name = name_of(in, &v[2]),
                           .method = pg_oid(&v[3]),
                           .unique = (flags & INDEX_UNIQUE) != 0,
                           .valid = (flags & INDEX_VALID) != 0,
                           .clustered = (flags & INDEX_CLUSTERED) != 0,
                           .identity = (flags & INDEX_IDENTITY) != 0,
                           .n_keys = (int)(flags >> INDEX_KEYS_SHIFT),
                           .has_expressions = (flags & INDEX_EXPRESSIONS) != 0,
                           .nulls_equal = (flags & INDEX_NULLS_EQUAL) != 0};
    struct slice *texts[] = {&x->keys, &x->classes, &x->collations, &x->options};
    for (size_t i = 0; i < 4; i++)
        if (!pg_text_of(&in->arena, &v[5 + i], texts[i]))
            return err_nomem(e);
    if (!x->name.p || !pg_text_of(&in->arena, &v[9], &x->where) || !pg_text_of(&in->arena, &v[10], &x->with) ||
        !pg_text_of(&in->arena, &v[11], &x->tablespace) || !pg_text_of(&in->arena, &v[12], &x->parent))
        return err_nomem(e);
    x->next = t->indexes;
    t->indexes = x;
    t->rel->counts[PG_INDEXES]++;
    return PAWL_OK;
}

static int on_sequence(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct pg_in *in = context;
    (void)n;
    in->seen[PG_LOOK_SEQUENCES] = true;
    struct pg_table *t = find_table(in, pg_oid(&v[0]));
    if (!t)
        return PAWL_OK;
    struct pg_sequence *s = t->sequence = arena_alloc(&in->arena, sizeof *s);
    if (!s)
        return err_nomem(e);
    *s = (struct pg_sequence){.type = pg_oid(&v[1]),
                              .start = v[2].i,
                              .increment = v[3].i,
                              .min = v[4].i,
                              .max = v[5].i,
                              .cache = v[6].i,
                              .cycle = pg_bool(&v[7]),
                              .owner = pg_oid(&v[8]),
                              .owner_column = v[9].type == DB_INT ? (int)v[9].i : 0,
                              .identity = pg_char(&v[10]) == 'i',
                              .unlogged = t->unlogged};
    return PAWL_OK;
}

struct part_context {
    struct pg_in *in;
    const struct pg_query *query;
    enum pg_counted counted; /* 0 = not */
    size_t look;             /* at whose catalog; PG_STAMPS = at none of relations */
};

/* A row that is a fact already. */
static int on_part(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct part_context *p = context;
    struct pg_table *t = find_table(p->in, pg_oid(&v[0]));
    if (p->look < PG_STAMPS)
        p->in->seen[p->look] = true;
    if (!t)
        return p->counted ? foreign(p->in, p->counted) : PAWL_OK;
    if (p->counted)
        t->rel->counts[p->counted]++;
    if (t->rel->hidden)
        return PAWL_OK;
    pg_begin(&p->in->fact, p->query->spec, v + 1, n - 1);
    return keep_line(p->in, t, e);
}

/* ---- the batch --------------------------------------------------------------------------------------------------- */

struct reading {
    struct pg_in *in;
    struct pg_batch *batch;
    struct slice oids;
    bool all;
};

static void add(struct reading *r, const char *sql, db_row_fn *on_row, void *context)
{
    if (r->all)
        pg_add(r->batch, pg_text(r->in, &r->in->arena, sql, true), on_row, context);
    else
        pg_add_kept(r->in, r->batch, sql, sql, &r->oids, 1, on_row, context);
}

/* `counted`: what the query's rows count as; 0 = they are not counted. */
static struct part_context *new_part(struct pg_in *in, const struct pg_query *q, unsigned counted, size_t look)
{
    struct part_context *part = arena_alloc(&in->arena, sizeof *part);
    if (part)
        *part = (struct part_context){in, q, counted < PG_COUNTED ? (enum pg_counted)counted : 0, look};
    return part;
}

/* What the first queries' rows count as comes one after the other. */
static void add_parts(struct reading *r, const struct pg_query *queries, unsigned counted)
{
    static const unsigned char looks[] = {PG_LOOK_TRIGGERS, PG_LOOK_RULES, PG_LOOK_POLICIES, PG_LOOK_INHERITS,
                                          PG_LOOK_FOREIGN};
    for (const struct pg_query *q = queries; q->spec; q++, counted++) {
        size_t look = looks[q - queries];
        if (r->in->spare[look])
            continue;
        struct part_context *part = new_part(r->in, q, counted, look);
        r->batch->failed |= !part;
        add(r, q->sql, on_part, part);
    }
}

void pg_add_parts(struct pg_in *in, struct pg_batch *b, const struct pg_query *queries, struct slice oids)
{
    in->first_table = in->last_table = 0;
    for (const struct pg_query *q = queries; q->spec; q++) {
        struct part_context *part = new_part(in, q, 0, PG_STAMPS);
        b->failed |= !part;
        pg_add_kept(in, b, q->sql, q->sql, &oids, 1, on_part, part);
    }
}

static int by_oid(const void *x, const void *y)
{
    const struct pg_table *a = x, *b = y;
    return a->rel->oid < b->rel->oid ? -1 : a->rel->oid > b->rel->oid;
}

/* Schemas and relations come first, and these in order: everything else hangs on them. */
static int read_relations(struct reading *r, struct pawl_error *e)
{
    struct pg_in *in = r->in;
    in->first_table = in->last_table = in->n_tables;
    if (!in->schemas.n)
        pg_add_kept(in, r->batch, schema_sql, schema_sql, NULL, 0, on_schema, in);
    if (!in->methods.n)
        pg_add_kept(in, r->batch, method_sql, method_sql, NULL, 0, on_method, in);
    add(r, relation_sql, on_relation, in);
    add(r, column_sql, on_column, in);
    add(r, default_sql, on_default, in);
    add(r, constraint_sql, on_constraint, in);
    add(r, index_sql, on_index, in);
    if (!in->spare[PG_LOOK_SEQUENCES])
        add(r, sequence_sql, on_sequence, in);
    add_parts(r, pg_part_queries, PG_TRIGGERS); /* triggers, rules, policies */
    in->all = r->all;
    if (r->all)
        memset(in->foreign, 0, sizeof in->foreign);
    int code = pg_ask(in, r->batch, e);
    for (size_t i = 0; i < PG_COUNTED && r->all && !code; i++)
        in->foreign_known[i] = true;
    if (in->first_table && !code) /* behind those of an earlier reading */
        qsort(in->tables, in->n_tables, sizeof *in->tables, by_oid);
    return code;
}

int pg_read(struct pg_in *in, bool all, struct slice oids, struct pawl_error *e)
{
    struct pg_batch b;
    if (all)
        pg_begin_asking(in, &b);
    else
        pg_begin_asking_few(in, &b);
    return pg_read_with(in, &b, all, oids, e);
}

int pg_read_with(struct pg_in *in, struct pg_batch *b, bool all, struct slice oids, struct pawl_error *e)
{
    return read_relations(&(struct reading){.in = in, .batch = b, .oids = oids, .all = all}, e);
}
