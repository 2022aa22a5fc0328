/* What becomes of each table and object of a SQLite schema on the way to another. */
#include "schema/fact.h"
#include "schema/render_sqlite.h"
#include "schema/sqlite_text.h"

/* ---- what becomes of each table ---------------------------------------------------------------------------------- */

static bool same_lines(const struct item *x, const struct item *y)
{
    return x && y ? slice_eq(x->line, y->line) : x == y;
}

static bool same_constraints(const struct lite_table *x, const struct lite_table *y)
{
    if (x->n_constraints != y->n_constraints)
        return false;
    for (size_t i = 0; i < x->n_constraints; i++)
        if (!same_lines(x->constraints[i], y->constraints[i]))
            return false;
    return true;
}

static bool same_table(const struct lite_table *x, const struct lite_table *y)
{
    if (x->n_columns != y->n_columns || !same_lines(x->head, y->head) || !same_lines(x->order, y->order) ||
        !same_lines(x->primary_key, y->primary_key) || !same_constraints(x, y))
        return false;
    for (size_t i = 0; i < x->n_columns; i++)
        if (!same_lines(x->columns[i], y->columns[i]))
            return false;
    return true;
}

/* Can a column come by ADD COLUMN, or go by DROP COLUMN, without more ado? */
static bool is_simple(const struct item *c, bool comes)
{
    struct slice value = fact_value(c->line, "default");
    bool none = slice_eq(value, SLICE("none"));
    bool call = value.n && (slice_find_byte(value, '(') != SIZE_MAX || slice_starts(value, SLICE("CURRENT")) ||
                            slice_starts(value, SLICE("current")));
    if (fact_value(c->line, "unread").p || fact_value(c->line, "generated").p)
        return false;
    return !comes || (!call && (item_is(c, "null", "yes") || !none));
}

/* Do the two differ only by simple columns at the end of one? */
static bool alters(const struct lite_table *x, const struct lite_table *y)
{
    const struct lite_table *longer = x->n_columns > y->n_columns ? x : y, *other = longer == x ? y : x;
    if (x->n_columns == y->n_columns || !other->n_columns || !same_lines(x->head, y->head) ||
        !same_lines(x->primary_key, y->primary_key) || !same_constraints(x, y))
        return false;
    for (size_t i = 0; i < other->n_columns; i++)
        if (!same_lines(x->columns[i], y->columns[i]))
            return false;
    for (size_t i = other->n_columns; i < longer->n_columns; i++)
        if (!is_simple(longer->columns[i], longer == y))
            return false;
    return true;
}

static enum lite_fate fate_of(const struct lite_plan *p, const struct lite_table *x, const struct lite_table *y)
{
    if (same_table(x, y))
        return TABLE_KEPT;
    bool can = p->o->runner == RENDER_PAWL || !p->o->guarded;
    return can && alters(x, y) ? TABLE_ALTERED : TABLE_REBUILT;
}

static int decide_tables(struct lite_plan *p, struct pawl_error *e)
{
    p->from_fate = arena_array(p->a, p->from.n_tables + 1, sizeof *p->from_fate);
    p->to_fate = arena_array(p->a, p->to.n_tables + 1, sizeof *p->to_fate);
    if (!p->from_fate || !p->to_fate)
        return err_nomem(e);
    for (size_t i = 0; i < p->from.n_tables; i++) {
        struct lite_table *to = lite_table(&p->to, p->from.tables[i].name);
        p->from_fate[i] = to ? fate_of(p, &p->from.tables[i], to) : TABLE_GONE;
    }
    for (size_t i = 0; i < p->to.n_tables; i++) {
        struct lite_table *from = lite_table(&p->from, p->to.tables[i].name);
        p->to_fate[i] = from ? p->from_fate[from - p->from.tables] : TABLE_NEW;
    }
    return PAWL_OK;
}

/* ---- what becomes of everything else ------------------------------------------------------------------------------ */

static bool is_view_like(const struct lite_object *o)
{
    return item_kind(o->item, "view") || item_kind(o->item, "trigger");
}

bool lite_has_fate(const struct lite_plan *p, struct slice name, enum lite_fate fate)
{
    struct lite_table *t = lite_table(&p->from, name);
    return t && p->from_fate[t - p->from.tables] == fate;
}

static bool object_mentions(struct arena *a, const struct lite_object *o, struct slice name)
{
    static const char *const texts[] = {"query", "body", "when"};
    if (o->on.p && slice_ieq(o->on, name))
        return true;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct slice text = item_get(a, o->item, texts[i]);
        if (text.p && lite_mentions(a, text, name))
            return true;
    }
    return false;
}

/* ALTER TABLE .. DROP COLUMN minds only who mentions the column. */
static bool mentions_dropped(const struct lite_plan *p, const struct lite_object *o, const struct lite_table *from)
{
    const struct lite_table *to = lite_table(&p->to, from->name);
    for (size_t i = 0; to && i < from->n_columns; i++)
        if (!lite_column(to, from->columns[i]->parts[1]) && object_mentions(p->a, o, from->columns[i]->parts[1]))
            return true;
    return false;
}

static bool mentions_moving(const struct lite_plan *p, const struct lite_object *o)
{
    for (size_t i = 0; i < p->from.n_tables; i++)
        if (p->from_fate[i] != TABLE_KEPT && object_mentions(p->a, o, p->from.tables[i].name) &&
            (p->from_fate[i] != TABLE_ALTERED || mentions_dropped(p, o, &p->from.tables[i])))
            return true;
    for (size_t i = 0; i < p->from.n_objects; i++) {
        const struct lite_object *view = &p->from.objects[i];
        if (view->drop && view != o && item_kind(view->item, "view") && object_mentions(p->a, o, view->name))
            return true;
    }
    return false;
}

/* Is there anything of that name that rows can be read from or put into? */
static bool is_there(const struct lite_plan *p, struct slice name)
{
    for (size_t i = 0; i < p->from.n_objects; i++)
        if (slice_ieq(p->from.objects[i].name, name) && !item_kind(p->from.objects[i].item, "index"))
            return true;
    return lite_table(&p->from, name) || slice_starts(name, SLICE("sqlite_"));
}

/*
 * Does it name a table that is not there? SQLite keeps such a view or trigger, and refuses to rename any table while it is
 * there. (A WITH of its own may bear the name: then it is made again for nothing.)
 */
static bool dangles(const struct lite_plan *p, const struct lite_object *o)
{
    static const char *const before[] = {"from", "join", "into", "update"};
    struct tokens t;
    struct slice text = item_get(p->a, o->item, item_kind(o->item, "view") ? "query" : "body");
    bool gone = false;
    if (!text.p || !tokens_read(&t, p->a, text))
        return text.p;
    for (size_t i = 0; i + 1 < t.n && !gone; i++) {
        bool names = false;
        for (size_t k = 0; k < sizeof before / sizeof *before; k++)
            names |= tokens_word(&t, i, before[k]);
        size_t at = i + 1 + (tokens_is(&t, i + 2, '.') ? 2 : 0);
        gone = names && tokens_is_name(&t, at) && !tokens_is(&t, at + 1, '(') && !is_there(p, tokens_name(&t, at));
    }
    return gone || t.failed;
}

struct lite_object *lite_object(const struct lite_schema *s, struct slice key)
{
    for (size_t i = 0; i < s->n_objects; i++)
        if (slice_eq(s->objects[i].item->key, key))
            return &s->objects[i];
    return NULL;
}

/* Those that change, then those that stand in the way of the tables' changes, until no more are found. */
static void decide_objects(struct lite_plan *p)
{
    bool alters = false;
    for (size_t i = 0; i < p->from.n_tables; i++)
        alters |= p->from_fate[i] == TABLE_REBUILT || p->from_fate[i] == TABLE_ALTERED;
    for (size_t i = 0; i < p->from.n_objects; i++) {
        struct lite_object *o = &p->from.objects[i], *to = lite_object(&p->to, o->item->key);
        o->drop = !to || !same_lines(o->item, to->item) || (o->on.p && lite_has_fate(p, o->on, TABLE_REBUILT));
    }
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < p->from.n_objects; i++) {
            struct lite_object *o = &p->from.objects[i];
            if (!o->drop && is_view_like(o) && (mentions_moving(p, o) || (alters && dangles(p, o))))
                more = o->drop = true;
        }
    }
    for (size_t i = 0; i < p->to.n_objects; i++) {
        const struct lite_object *from = lite_object(&p->from, p->to.objects[i].item->key);
        p->to.objects[i].create = !from || from->drop;
    }
}

int lite_decide(struct lite_plan *p, struct pawl_error *e)
{
    int code = decide_tables(p, e);
    if (!code)
        decide_objects(p);
    return code;
}
