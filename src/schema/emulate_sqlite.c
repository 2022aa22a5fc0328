/*
 * ALTER TABLE on SQLite: what its own ALTER TABLE can do is left to it, without the words that it does not know; the rest makes the
 * table anew (schema/sqlite_rebuild).
 */
#include "schema/emulate.h"

#include "schema/sqlite_rebuild.h"
#include "schema/sqlite_spell.h"
#include "sql/quote.h"

#define SQL_MAX ((size_t)1 << 20)

struct altering {
    struct arena *a;
    struct db *db;
    const struct head *h;
    struct slice sql;
    struct emulation *out;
    struct rebuild table;
    struct head_part *parts;
    size_t n_parts, cap_parts;
    size_t cap_requests;
};

static int send(struct altering *x, const struct strbuf *b, struct pawl_error *e)
{
    struct slice sql = strbuf_ok(b) ? arena_dup(x->a, strbuf_slice(b)) : (struct slice){NULL, 0};
    if (!sql.p || !arena_grow(x->a, (void **)&x->out->requests, &x->cap_requests, x->out->n, sizeof *x->out->requests))
        return err_nomem(e);
    x->out->requests[x->out->n++] = (struct db_request){.sql = sql};
    return PAWL_OK;
}

static int say(struct altering *x, struct slice note, struct pawl_error *e)
{
    x->out->note = note;
    return note.p ? PAWL_OK : err_nomem(e);
}

/* ---- what SQLite's own ALTER TABLE does -------------------------------------------------------------------------- */

static void begin_alter(struct altering *x, struct strbuf *b)
{
    strbuf_addz(b, "ALTER TABLE ");
    quote_identifier(b, &dialect_sqlite, x->table.name);
}

static int rename_table(struct altering *x, struct pawl_error *e)
{
    STRBUF(b, SQL_MAX);
    begin_alter(x, &b);
    strbuf_addz(&b, " RENAME TO ");
    strbuf_add(&b, x->h->to);
    return send(x, &b, e);
}

static int rename_column(struct altering *x, const struct edit *now, const struct head_part *p, struct pawl_error *e)
{
    struct slice name = quote_name(x->a, &dialect_sqlite, p->name.name);
    if (!name.p)
        return err_nomem(e);
    if ((p->flags & HEAD_IF_EXISTS) && outline_column(&now->outline, name) == SIZE_MAX)
        return say(x, arena_printf(x->a, "not there: column " SLICE_FMT, SLICE_ARG(name)), e);
    STRBUF(b, SQL_MAX);
    begin_alter(x, &b);
    strbuf_addz(&b, " RENAME COLUMN ");
    strbuf_add(&b, p->name.name);
    strbuf_addz(&b, " TO ");
    strbuf_add(&b, p->to);
    return send(x, &b, e);
}

static int add_column(struct altering *x, const struct head_part *p, struct pawl_error *e)
{
    struct slice definition;
    int code = spell_casts(x->a, p->rest, &definition, e);
    if (code)
        return code;
    STRBUF(b, SQL_MAX);
    begin_alter(x, &b);
    strbuf_addz(&b, " ADD COLUMN ");
    strbuf_add(&b, p->name.name);
    strbuf_addz(&b, " ");
    strbuf_add(&b, definition);
    return send(x, &b, e);
}

static int drop_column(struct altering *x, const struct head_part *p, struct pawl_error *e)
{
    STRBUF(b, SQL_MAX);
    begin_alter(x, &b);
    strbuf_addz(&b, " DROP COLUMN ");
    strbuf_add(&b, p->name.name);
    return send(x, &b, e);
}

/* ---- DROP COLUMN ------------------------------------------------------------------------------------------------- */

/* Does an index name the column, in a key or in its condition? A key that is a string is a name, too. */
static int index_mentions(struct arena *a, struct slice sql, struct slice column, bool *out, struct pawl_error *e)
{
    struct tokens t;
    size_t i = 0;
    if (!tokens_read(&t, a, sql))
        return err_nomem(e);
    while (i < t.n && !tokens_is(&t, i, '('))
        i++;
    *out = outline_mentions(&t, i, t.n, column);
    size_t end = tokens_group_end(&t, i);
    for (i++; i < end && !*out; i = tokens_item_end(&t, i, end) + 1)
        *out = i < t.n && t.items[i].kind == TOKEN_STRING && slice_ieq(tokens_name(&t, i), column);
    return t.failed ? err_nomem(e) : PAWL_OK;
}

/* Indexes go with a column that they have, as on PostgreSQL; whatever else uses it is an error. */
static int free_column(struct altering *x, const struct head_part *p, struct edit *edit, bool *indexed,
                       struct pawl_error *e)
{
    struct slice name = quote_name(x->a, &dialect_sqlite, p->name.name);
    if (!name.p)
        return err_nomem(e);
    if (outline_column(&edit->outline, name) == SIZE_MAX)
        return PAWL_OK; /* edit_part has something to say about it */
    for (size_t i = 0; i < x->table.n_parts; i++) {
        struct rebuild_part *part = &x->table.parts[i];
        bool mentions = false;
        int code = part->index ? index_mentions(x->a, part->sql, name, &mentions, e) : PAWL_OK;
        if (code)
            return code;
        if (!mentions || part->dropped)
            continue;
        part->dropped = *indexed = true;
        edit->note = arena_printf(x->a, SLICE_FMT "%sdropped with it: index " SLICE_FMT, SLICE_ARG(edit->note),
                                  edit->note.n ? "; " : "", SLICE_ARG(part->name));
        if (!edit->note.p)
            return err_nomem(e);
    }
    return rebuild_unused(&x->table, name, e);
}

/* Nothing but its own definition names the column, and that has no key: SQLite drops it itself. */
static bool drops_itself(const struct edit *before, const struct edit *after, struct slice column, bool indexed)
{
    size_t at = outline_column(&before->outline, column);
    if (at == SIZE_MAX || indexed)
        return false;
    size_t own = 0;
    for (size_t i = 0; i < before->outline.n_constraints; i++) {
        const struct outline_constraint *c = &before->outline.constraints[i];
        own += c->column == at;
        if (c->column == at &&
            (c->kind == OUTLINE_PRIMARY_KEY || c->kind == OUTLINE_UNIQUE || c->kind == OUTLINE_FOREIGN_KEY))
            return false;
        if (c->column == OUTLINE_TABLE && outline_keyed(c, column))
            return false;
    }
    return after->outline.n_constraints + own == before->outline.n_constraints;
}

/* ---- the parts --------------------------------------------------------------------------------------------------- */

static int read_parts(struct altering *x, struct pawl_error *e)
{
    struct head_parts parts;
    struct head_part p;
    head_parts_init(&parts, x->h, &dialect_sqlite, x->sql);
    while (head_parts_next(&parts, &p)) {
        if (!arena_grow(x->a, (void **)&x->parts, &x->cap_parts, x->n_parts, sizeof *x->parts))
            return err_nomem(e);
        if (p.action == HEAD_ACTION_NONE)
            return err_set(e, PAWL_SQL, "not understood: " SLICE_FMT, SLICE_ARG(p.text));
        x->parts[x->n_parts++] = p;
    }
    return PAWL_OK;
}

static bool adds_itself(const struct head_part *p)
{
    return p->object == HEAD_COLUMN && p->action == HEAD_CREATE && lack_adds_itself(&dialect_sqlite, p->rest);
}

/* What edit_part would do is known; can SQLite's own statements do it, part by part? */
static int send_own(struct altering *x, const struct edit *before, const struct edit *after, bool indexed, bool *done,
                    struct pawl_error *e)
{
    int code = PAWL_OK;
    *done = true;
    if (x->n_parts == 1 && x->parts[0].object == HEAD_COLUMN && x->parts[0].action == HEAD_DROP) {
        struct slice name = quote_name(x->a, &dialect_sqlite, x->parts[0].name.name);
        if (!name.p)
            return err_nomem(e);
        *done = drops_itself(before, after, name, indexed);
        return *done ? drop_column(x, &x->parts[0], e) : PAWL_OK;
    }
    for (size_t i = 0; i < x->n_parts; i++)
        if (!adds_itself(&x->parts[i])) {
            *done = false;
            return PAWL_OK;
        }
    for (size_t i = 0; i < x->n_parts && !code; i++) {
        struct slice name = quote_name(x->a, &dialect_sqlite, x->parts[i].name.name);
        if (!name.p)
            code = err_nomem(e);
        else if (outline_column(&before->outline, name) == SIZE_MAX) /* else IF NOT EXISTS leaves it out */
            code = add_column(x, &x->parts[i], e);
    }
    return code;
}

static int alter(struct altering *x, struct pawl_error *e)
{
    struct edit before, after;
    bool indexed = false, done = false;
    int code = edit_begin(x->a, x->table.sql, &before, e);
    if (!code)
        code = edit_begin(x->a, x->table.sql, &after, e);
    if (!code && x->n_parts == 1 && x->parts[0].action == HEAD_RENAME && x->parts[0].object == HEAD_COLUMN)
        return rename_column(x, &before, &x->parts[0], e);
    for (size_t i = 0; i < x->n_parts && !code; i++) {
        const struct head_part *p = &x->parts[i];
        if (p->object == HEAD_COLUMN && p->action == HEAD_DROP)
            code = free_column(x, p, &after, &indexed, e);
        if (!code)
            code = edit_part(&after, p, e);
    }
    if (code)
        return code;
    x->out->note = after.note;
    if (slice_eq(after.text, before.text) && !after.n_using)
        return PAWL_OK;
    code = send_own(x, &before, &after, indexed, &done, e);
    return code || done ? code : rebuild_requests(&x->table, &before.outline, &after, x->out, e);
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static int no_table(struct altering *x, struct slice name, struct pawl_error *e)
{
    if (head_has(x->h, HEAD_IF_EXISTS))
        return say(x, arena_printf(x->a, "not there: table " SLICE_FMT, SLICE_ARG(name)), e);
    return err_set(e, PAWL_SQL, "there is no table " SLICE_FMT, SLICE_ARG(name));
}

static int refuse_other(const struct rebuild *t, struct pawl_error *e)
{
    struct slice create = SLICE("create virtual");
    if (slice_eq(t->type, SLICE("view")))
        return err_set(e, PAWL_SQL, SLICE_FMT " is a view; drop it and create it again", SLICE_ARG(t->name));
    if (slice_ieq(slice_sub(t->sql, 0, create.n), create))
        return err_set(e, PAWL_SQL, SLICE_FMT " is a virtual table, which SQLite cannot alter; make a new one",
                       SLICE_ARG(t->name));
    if (slice_ieq(slice_sub(t->name, 0, 7), SLICE("sqlite_")))
        return err_set(e, PAWL_SQL, SLICE_FMT " belongs to SQLite itself", SLICE_ARG(t->name));
    return PAWL_OK;
}

int emulate_sqlite(struct arena *a, struct db *db, const struct head *h, struct slice sql, struct emulation *out,
                   struct pawl_error *e)
{
    struct altering x = {.a = a, .db = db, .h = h, .sql = sql, .out = out};
    struct slice name = quote_name(a, &dialect_sqlite, h->name.name);
    if (!name.p)
        return err_nomem(e);
    if (h->name.schema.n && !slice_ieq(h->name.schema, SLICE("main")))
        return err_set(e, PAWL_SQL, "only tables of the main database can be altered so, not those of " SLICE_FMT,
                       SLICE_ARG(h->name.schema));
    out->as_is = false;
    int code = rebuild_look(a, db, name, &x.table, e);
    if (!code && !x.table.found)
        return no_table(&x, name, e);
    if (!code)
        code = refuse_other(&x.table, e);
    if (!code && h->action == HEAD_RENAME)
        return rename_table(&x, e);
    if (!code)
        code = read_parts(&x, e);
    return code ? code : alter(&x, e);
}
