/* SQLite's facts, gathered into tables and other objects. */
#include "schema/fact.h"
#include "schema/render_sqlite.h"

struct lite_table *lite_table(const struct lite_schema *s, struct slice name)
{
    for (size_t i = 0; i < s->n_tables; i++)
        if (slice_ieq(s->tables[i].name, name))
            return &s->tables[i];
    return NULL;
}

struct item *lite_column(const struct lite_table *t, struct slice name)
{
    for (size_t i = 0; i < t->n_columns; i++)
        if (slice_ieq(t->columns[i]->parts[1], name))
            return t->columns[i];
    return NULL;
}

static bool is_of_table(const struct item *it)
{
    static const char *const kinds[] = {"table", "columns", "column", "primary-key", "unique", "check", "foreign-key"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (item_kind(it, kinds[i]))
            return it->n_parts > 0;
    return false;
}

/* Room for all that may come: each list is at most as long as the facts of its table. */
static int make_tables(struct arena *a, struct lite_schema *s, struct pawl_error *e)
{
    size_t cap_tables = 0;
    for (size_t i = 0; i < s->n_items; i++)
        cap_tables += item_kind(&s->items[i], "table");
    s->tables = arena_array(a, cap_tables + 1, sizeof *s->tables);
    s->objects = arena_array(a, s->n_items + 1, sizeof *s->objects);
    if (!s->tables || !s->objects)
        return err_nomem(e);
    for (size_t i = 0; i < s->n_items; i++)
        if (item_kind(&s->items[i], "table"))
            s->tables[s->n_tables++] = (struct lite_table){.name = s->items[i].parts[0], .head = &s->items[i]};
    return PAWL_OK;
}

/* The list has room for 8, 16, 32, ... */
static int add(struct arena *a, struct item ***list, size_t *n, struct item *it, struct pawl_error *e)
{
    bool full = *n == 0 || (*n >= 8 && (*n & (*n - 1)) == 0);
    struct item **grown = full ? arena_array(a, *n ? *n * 2 : 8, sizeof *grown) : *list;
    if (!grown)
        return err_nomem(e);
    if (full && *n)
        memcpy(grown, *list, *n * sizeof *grown);
    *list = grown;
    (*list)[(*n)++] = it;
    return PAWL_OK;
}

static int add_to_table(struct arena *a, struct lite_table *t, struct item *it, struct pawl_error *e)
{
    if (item_kind(it, "columns"))
        t->order = it;
    else if (item_kind(it, "primary-key"))
        t->primary_key = it;
    else if (item_kind(it, "column"))
        return add(a, &t->columns, &t->n_columns, it, e);
    else if (!item_kind(it, "table"))
        return add(a, &t->constraints, &t->n_constraints, it, e);
    return PAWL_OK;
}

static void sort_columns(struct arena *a, struct lite_table *t)
{
    struct slice order = t->order ? fact_value(t->order->line, "order") : SLICE("");
    struct key k;
    for (size_t at = 0; at < t->n_columns && item_next(a, &order, &k); at++)
        for (size_t i = at; i < t->n_columns; i++)
            if (slice_ieq(t->columns[i]->parts[1], k.name)) {
                struct item *it = t->columns[i];
                memmove(&t->columns[at + 1], &t->columns[at], (i - at) * sizeof it);
                t->columns[at] = it;
                break;
            }
}

int lite_read(struct arena *a, const struct slice *lines, size_t n, struct lite_schema *out, struct pawl_error *e)
{
    int code = PAWL_OK;
    *out = (struct lite_schema){.n_items = n};
    out->items = arena_array(a, n + 1, sizeof *out->items);
    if (!out->items)
        return err_nomem(e);
    for (size_t i = 0; i < n && !code; i++)
        code = item_read(a, lines[i], &out->items[i], e);
    if (!code)
        code = make_tables(a, out, e);
    for (size_t i = 0; i < n && !code; i++) {
        struct item *it = &out->items[i];
        struct lite_table *t = is_of_table(it) ? lite_table(out, it->parts[0]) : NULL;
        if (t)
            code = add_to_table(a, t, it, e);
        else
            out->objects[out->n_objects++] = (struct lite_object){
                .item = it, .name = it->n_parts ? it->parts[0] : SLICE(""), .on = item_get(a, it, "on")};
    }
    for (size_t i = 0; i < out->n_tables && !code; i++)
        sort_columns(a, &out->tables[i]);
    return code;
}
