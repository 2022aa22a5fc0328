/*
 * From one SQLite schema to another.
 *
 * A table that is there before and after and differs is rebuilt: what SQLite's ALTER TABLE can do cannot be run twice. Under
 * pawl, columns that come or go last are added and dropped by ALTER TABLE with IF [NOT] EXISTS. Renaming at the end of a
 * rebuild makes SQLite read all views and triggers anew, so those that mention the table are dropped before.
 */
#include "schema/render_sqlite.h"

#include "schema/fact.h"

static int put(struct lite_plan *p, struct slice remark, struct pawl_error *e)
{
    return render_put(p->a, p->out, &p->b, remark, e);
}

static const char *if_exists(const struct lite_plan *p)
{
    return p->o->guarded ? "IF EXISTS " : "";
}

/* ---- what had another name ----------------------------------------------------------------------------------------- */

static const struct render_rename *renamed_to(const struct lite_plan *p, const char *kind, struct slice table,
                                              struct slice was)
{
    for (size_t i = 0; i < p->o->n_renames; i++) {
        const struct render_rename *r = &p->o->renames[i];
        if (strcmp(r->kind, kind) == 0 && slice_ieq(r->was, was) && (!table.n || slice_ieq(r->old_table, table)))
            return r;
    }
    return NULL;
}

/* The table whose rows it gets: of another name. */
static const struct lite_table *source_of(const struct lite_plan *p, const struct lite_table *to)
{
    const struct render_rename *r = renamed_to(p, "table", SLICE(""), to->name);
    return r ? lite_table(&p->from, r->now) : NULL;
}

static bool is_source(const struct lite_plan *p, const struct lite_table *from)
{
    for (size_t i = 0; i < p->o->n_renames; i++)
        if (strcmp(p->o->renames[i].kind, "table") == 0 && slice_ieq(p->o->renames[i].now, from->name))
            return true;
    return false;
}

/* ---- dropping ---------------------------------------------------------------------------------------------------- */

static int drop_objects(struct lite_plan *p, const char *kind, const char *words, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = 0; i < p->from.n_objects && !code; i++) {
        const struct lite_object *o = &p->from.objects[i];
        if (!o->drop || !item_kind(o->item, kind) || (o->on.p && lite_has_fate(p, o->on, TABLE_GONE)))
            continue;
        phrase_add(&p->b, "DROP %z %z%n", words, if_exists(p), o->name);
        code = put(p, SLICE(""), e);
    }
    return code;
}

/* On a second run, the views and triggers of the first one stand in the way of what is rebuilt again. */
static int drop_created(struct lite_plan *p, const char *kind, const char *words, struct pawl_error *e)
{
    bool rebuilds = false;
    int code = PAWL_OK;
    for (size_t i = 0; i < p->to.n_tables; i++)
        rebuilds |= p->to_fate[i] == TABLE_REBUILT;
    for (size_t i = 0; i < p->to.n_objects && rebuilds && p->o->guarded && !code; i++) {
        const struct lite_object *o = &p->to.objects[i];
        if (!o->create || !item_kind(o->item, kind) || lite_object(&p->from, o->item->key))
            continue;
        phrase_add(&p->b, "DROP %z IF EXISTS %n", words, o->name);
        code = put(p, SLICE(""), e);
    }
    return code;
}

static bool refers(struct arena *a, const struct lite_table *t, struct slice name)
{
    struct slice parts[ITEM_PARTS];
    size_t n;
    for (size_t i = 0; i < t->n_constraints; i++) {
        struct slice to = fact_value(t->constraints[i]->line, "references");
        if (to.p && item_path(a, &to, parts, &n) && slice_ieq(parts[0], name))
            return true;
    }
    return false;
}

#define KEYS_OFF "other tables refer to it: whoever runs this must have foreign keys off, as pawl has"

static bool refers_any(const struct lite_plan *p, const struct lite_schema *s, struct slice name)
{
    for (size_t i = 0; i < s->n_tables; i++)
        if (!slice_ieq(s->tables[i].name, name) && refers(p->a, &s->tables[i], name))
            return true;
    return false;
}

/* Tables of one fate, those that refer to others of them first (or last, `forward`); circles in the order of names. */
static int order_tables(struct lite_plan *p, const struct lite_schema *s, const enum lite_fate *fates,
                        enum lite_fate fate, bool forward, const struct lite_table ***out, size_t *n,
                        struct pawl_error *e)
{
    bool *done = arena_array(p->a, s->n_tables + 1, sizeof *done);
    *out = arena_array(p->a, s->n_tables + 1, sizeof **out);
    *n = 0;
    if (!done || !*out)
        return err_nomem(e);
    for (bool force = false;;) {
        size_t before = *n;
        for (size_t i = 0; i < s->n_tables; i++) {
            bool free = fates[i] == fate && !done[i];
            for (size_t k = 0; k < s->n_tables && free && !force; k++)
                if (k != i && fates[k] == fate && !done[k])
                    free = forward ? !refers(p->a, &s->tables[i], s->tables[k].name)
                                   : !refers(p->a, &s->tables[k], s->tables[i].name);
            if (!free)
                continue;
            done[i] = true;
            (*out)[(*n)++] = &s->tables[i];
            if (force)
                break;
        }
        if (*n == before && force)
            return PAWL_OK;
        force = *n == before;
    }
}

static int drop_tables(struct lite_plan *p, struct pawl_error *e)
{
    const struct lite_table **list;
    size_t n;
    int code = order_tables(p, &p->from, p->from_fate, TABLE_GONE, false, &list, &n, e);
    for (size_t i = 0; i < n && !code; i++) {
        if (is_source(p, list[i])) /* when its rows are copied */
            continue;
        phrase_add(&p->b, "DROP TABLE %z%n", if_exists(p), list[i]->name);
        code = put(p, SLICE(""), e);
    }
    return code;
}

/* ---- rows ------------------------------------------------------------------------------------------------------------ */

/* What stands in for values that are gone, in a column that must have some. */
static const char *filler(struct arena *a, const struct item *column)
{
    struct slice type = item_get(a, column, "type");
    static const char *const numbers[] = {"INT", "int", "REAL", "real", "NUM", "num", "BOOL", "bool", "FLO", "DOUB"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (type.p && slice_find(type, slice_of(numbers[i])) != SIZE_MAX)
            return "0";
    return type.p && slice_ieq(type, SLICE("blob")) ? "x''" : "''";
}

static bool needs_filler(const struct item *c)
{
    return item_is(c, "null", "no") && slice_eq(fact_value(c->line, "default"), SLICE("none"));
}

/* What a column of the new table is filled with: the one of this name, or the one that bears another name now; NULL = none. */
static const struct item *value_of(const struct lite_plan *p, const struct lite_table *from,
                                   const struct lite_table *to, const struct item *column)
{
    const struct item *same = lite_column(from, column->parts[1]);
    const struct render_rename *r = same ? NULL : renamed_to(p, "column", to->name, column->parts[1]);
    return r ? lite_column(from, r->now) : same;
}

/*
 * A column that has another name now, or had it, when this runs again: no name of it is sure to be there. In a subquery a name
 * that its own table lacks is that of the row around it, where both names are NULL.
 */
static void either_name(struct lite_plan *p, const struct lite_table *from, struct slice now, struct slice was)
{
    phrase_add(&p->b,
               "coalesce((SELECT %n FROM %n AS i WHERE i.rowid = o.pawl_row), "
               "(SELECT %n FROM %n AS i WHERE i.rowid = o.pawl_row))",
               now, from->name, was, from->name);
}

static bool is_kept(const struct lite_plan *p, const struct lite_table *from, const struct lite_table *to,
                    const struct item *column)
{
    return !fact_value(column->line, "generated").p && (value_of(p, from, to, column) || needs_filler(column));
}

/* If no column is kept, the rows are, by their first column; NULL = not needed. */
static const struct item *row_holder(const struct lite_plan *p, const struct lite_table *from,
                                     const struct lite_table *to)
{
    const struct item *holder = NULL;
    for (size_t i = to->n_columns; i-- > 0;) {
        if (is_kept(p, from, to, to->columns[i]))
            return NULL;
        if (!fact_value(to->columns[i]->line, "generated").p)
            holder = to->columns[i];
    }
    return holder;
}

static bool is_filled(const struct lite_plan *p, const struct lite_table *from, const struct lite_table *to,
                      const struct item *column)
{
    return is_kept(p, from, to, column) || column == row_holder(p, from, to);
}

/* What is put into a column that has no source. */
static void add_stand_in(struct lite_plan *p, const struct item *column)
{
    struct slice value = item_get(p->a, column, "default");
    if (needs_filler(column))
        strbuf_addz(&p->b, filler(p->a, column));
    else if (value.p)
        phrase_add(&p->b, "(%s)", value);
    else
        strbuf_addz(&p->b, "NULL");
}

static void add_list(struct lite_plan *p, const struct lite_table *from, const struct lite_table *to)
{
    const char *comma = "";
    for (size_t i = 0; i < to->n_columns; i++) {
        if (!is_filled(p, from, to, to->columns[i]))
            continue;
        phrase_add(&p->b, "%z%n", comma, to->columns[i]->parts[1]);
        comma = ", ";
    }
}

/* What is put into each of them. `again`: `from` may have the names of `to` already. */
static bool add_values(struct lite_plan *p, const struct lite_table *from, const struct lite_table *to, bool again)
{
    const char *comma = "";
    bool either = false;
    for (size_t i = 0; i < to->n_columns; i++) {
        const struct item *c = to->columns[i], *value = value_of(p, from, to, c);
        if (!is_filled(p, from, to, c))
            continue;
        strbuf_addz(&p->b, comma);
        comma = ", ";
        if (!value)
            add_stand_in(p, c);
        else if (slice_ieq(value->parts[1], c->parts[1]) || !again)
            phrase_name(&p->b, value->parts[1]);
        else
            either_name(p, from, value->parts[1], c->parts[1]), either = true;
    }
    return either;
}

/* The rows of `from`, where the names of renamed columns stand for nothing. */
static void add_either(struct lite_plan *p, const struct lite_table *from, const struct lite_table *to)
{
    strbuf_addz(&p->b, "(SELECT rowid AS pawl_row");
    for (size_t i = 0; i < to->n_columns; i++) {
        const struct item *c = to->columns[i], *value = value_of(p, from, to, c);
        if (!value || fact_value(c->line, "generated").p)
            continue;
        if (slice_ieq(value->parts[1], c->parts[1]))
            phrase_add(&p->b, ", %n", c->parts[1]);
        else
            phrase_add(&p->b, ", NULL AS %n, NULL AS %n", value->parts[1], c->parts[1]);
    }
    phrase_add(&p->b, " FROM %n) AS o", from->name);
}

static int copy_rows(struct lite_plan *p, const struct lite_table *from, const struct lite_table *to, struct slice into,
                     bool again, struct pawl_error *e)
{
    phrase_add(&p->b, "INSERT INTO %n (", into);
    add_list(p, from, to);
    strbuf_addz(&p->b, ") SELECT ");
    bool either = add_values(p, from, to, again);
    strbuf_addz(&p->b, " FROM ");
    if (either)
        add_either(p, from, to);
    else
        phrase_name(&p->b, from->name);
    return put(p, either ? SLICE("a renamed column is read by either name, so that this can run twice") : SLICE(""), e);
}

/* The rows of a table that has another name now. On a second run it is not there, so an empty one is made. */
static int move_rows(struct lite_plan *p, const struct lite_table *from, const struct lite_table *to,
                     struct pawl_error *e)
{
    int code = PAWL_OK;
    if (p->o->guarded) {
        lite_create_table(p->a, &p->b, from, from->name, true);
        code = put(p, SLICE("its rows are moved; when this runs again, there are none"), e);
    }
    if (!code)
        code = copy_rows(p, from, to, to->name, false, e);
    if (code)
        return code;
    phrase_add(&p->b, "DROP TABLE %n", from->name);
    return put(p, refers_any(p, &p->from, from->name) ? SLICE(KEYS_OFF) : SLICE(""), e);
}

/* ---- creating ---------------------------------------------------------------------------------------------------- */

static int say_unread(struct lite_plan *p, const struct lite_table *t, struct pawl_error *e)
{
    int code =
        t->head && fact_value(t->head->line, "unread").p ? render_missing(p->a, p->out, t->head->key, e) : PAWL_OK;
    for (size_t i = 0; i < t->n_columns && !code; i++)
        if (fact_value(t->columns[i]->line, "unread").p)
            code = render_missing(p->a, p->out, t->columns[i]->key, e);
    return code;
}

static int create_tables(struct lite_plan *p, struct pawl_error *e)
{
    const struct lite_table **list;
    size_t n;
    int code = order_tables(p, &p->to, p->to_fate, TABLE_NEW, true, &list, &n, e);
    for (size_t i = 0; i < n && !code; i++) {
        const struct lite_table *source = source_of(p, list[i]);
        bool empty = p->o->back && !source;
        lite_create_table(p->a, &p->b, list[i], list[i]->name, p->o->guarded);
        code = put(p, empty ? SLICE("its rows do not come back") : SLICE(""), e);
        if (!code && source)
            code = move_rows(p, source, list[i], e);
        if (!code)
            code = say_unread(p, list[i], e);
    }
    return code;
}

static int create_objects(struct lite_plan *p, const char *kind, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = 0; i < p->to.n_objects && !code; i++) {
        const struct lite_object *o = &p->to.objects[i];
        if (!o->create || !item_kind(o->item, kind))
            continue;
        if (lite_create_object(p->a, &p->b, &p->to, o, p->o->guarded))
            code = put(p, SLICE(""), e);
        else
            code = render_missing(p->a, p->out, o->item->key, e);
    }
    return code;
}

/* ---- changing tables --------------------------------------------------------------------------------------------- */

static int alter(struct lite_plan *p, const struct lite_table *from, const struct lite_table *to, struct pawl_error *e)
{
    bool guarded = p->o->guarded;
    int code = PAWL_OK;
    for (size_t i = from->n_columns; i > to->n_columns && !code; i--) {
        phrase_add(&p->b, "ALTER TABLE %n DROP COLUMN %z%n", to->name, if_exists(p), from->columns[i - 1]->parts[1]);
        code = put(p, SLICE(""), e);
        p->out->items[p->out->n - 1].pawl = guarded;
    }
    for (size_t i = from->n_columns; i < to->n_columns && !code; i++) {
        phrase_add(&p->b, "ALTER TABLE %n ADD COLUMN %z", to->name, guarded ? "IF NOT EXISTS " : "");
        lite_column_clause(p->a, &p->b, to, to->columns[i]);
        code = put(p, p->o->back ? SLICE("its values do not come back") : SLICE(""), e);
        p->out->items[p->out->n - 1].pawl = guarded;
    }
    return code;
}

static struct slice rebuild_remark(struct lite_plan *p, const struct lite_table *from, const struct lite_table *to)
{
    STRBUF(text, 1u << 20);
    strbuf_addz(&text, "the table is made anew and its rows are copied: no ALTER TABLE of SQLite could run twice");
    for (size_t i = 0; i < to->n_columns; i++)
        if (!value_of(p, from, to, to->columns[i])) {
            if (p->o->back)
                phrase_add(&text, "\nthe values of %n do not come back", to->columns[i]->parts[1]);
            if (needs_filler(to->columns[i]) && p->o->back)
                phrase_add(&text, "; %z stands in for them", filler(p->a, to->columns[i]));
            else if (needs_filler(to->columns[i]))
                phrase_add(&text, "\n%z is the value of %n in rows that are there", filler(p->a, to->columns[i]),
                           to->columns[i]->parts[1]);
        }
    if (refers_any(p, &p->to, to->name))
        strbuf_addz(&text, "\n" KEYS_OFF);
    struct slice s = phrase_keep(p->a, &text);
    return s.p ? s : SLICE("");
}

/* The counter of AUTOINCREMENT must not fall back to the highest row that is still there. */
static int keep_counter(struct lite_plan *p, const struct lite_table *to, struct slice name, struct pawl_error *e)
{
    if (!to->primary_key || !item_is(to->primary_key, "autoincrement", "yes"))
        return PAWL_OK;
    phrase_add(&p->b, "DELETE FROM sqlite_sequence WHERE name = %l", name);
    int code = put(p, SLICE(""), e);
    if (code)
        return code;
    phrase_add(&p->b, "INSERT INTO sqlite_sequence (name, seq) SELECT %l, seq FROM sqlite_sequence WHERE name = %l",
               name, to->name);
    return put(p, SLICE(""), e);
}

static int rebuild(struct lite_plan *p, const struct lite_table *from, const struct lite_table *to,
                   struct pawl_error *e)
{
    struct slice name = arena_printf(p->a, "pawl_new_" SLICE_FMT, SLICE_ARG(to->name));
    if (!name.p)
        return err_nomem(e);
    phrase_add(&p->b, "DROP TABLE IF EXISTS %n", name);
    int code = put(p, rebuild_remark(p, from, to), e);
    if (!code) {
        lite_create_table(p->a, &p->b, to, name, false);
        code = put(p, SLICE(""), e);
    }
    if (!code)
        code = copy_rows(p, from, to, name, p->o->guarded, e);
    if (!code)
        code = keep_counter(p, to, name, e);
    if (!code) {
        phrase_add(&p->b, "DROP TABLE %n", to->name);
        code = put(p, SLICE(""), e);
    }
    if (!code) {
        phrase_add(&p->b, "ALTER TABLE %n RENAME TO %n", name, to->name);
        code = put(p, SLICE(""), e);
    }
    return code ? code : say_unread(p, to, e);
}

static int change_tables(struct lite_plan *p, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t i = 0; i < p->to.n_tables && !code; i++) {
        const struct lite_table *to = &p->to.tables[i];
        if (p->to_fate[i] == TABLE_REBUILT)
            code = rebuild(p, lite_table(&p->from, to->name), to, e);
        else if (p->to_fate[i] == TABLE_ALTERED)
            code = alter(p, lite_table(&p->from, to->name), to, e);
    }
    return code;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static int carry_out(struct lite_plan *p, struct pawl_error *e)
{
    static const char *const kinds[][2] = {
        {"trigger", "TRIGGER"}, {"view", "VIEW"}, {"index", "INDEX"}, {"virtual-table", "TABLE"}};
    static const char *const back[] = {"virtual-table", "index", "view", "trigger", "object"};
    int code = PAWL_OK;
    for (size_t i = 0; i < 2 && !code; i++)
        code = drop_created(p, kinds[i][0], kinds[i][1], e);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !code; i++)
        code = drop_objects(p, kinds[i][0], kinds[i][1], e);
    if (!code)
        code = drop_tables(p, e);
    if (!code)
        code = create_tables(p, e);
    if (!code)
        code = change_tables(p, e);
    for (size_t i = 0; i < sizeof back / sizeof *back && !code; i++)
        code = create_objects(p, back[i], e);
    return code;
}

int render_sqlite(struct arena *a, const struct slice *from, size_t n_from, const struct slice *to, size_t n_to,
                  const struct render_options *o, struct rendering *out, struct pawl_error *e)
{
    struct lite_plan p = {.a = a, .o = o, .out = out};
    strbuf_init(&p.b, PHRASE_MAX);
    int code = lite_read(a, from, n_from, &p.from, e);
    if (!code)
        code = lite_read(a, to, n_to, &p.to, e);
    if (!code)
        code = lite_decide(&p, e);
    if (!code)
        code = carry_out(&p, e);
    strbuf_clear(&p.b);
    return code;
}
