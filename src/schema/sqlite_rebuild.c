#include "schema/sqlite_rebuild.h"

#include "schema/sqlite_account.h"
#include "sql/quote.h"

#define SQL_MAX ((size_t)1 << 24)

/* ---- the catalog ------------------------------------------------------------------------------------------------- */

static struct slice kept(struct rebuild *r, struct slice s, bool *failed)
{
    struct slice copy = arena_dup(r->a, s);
    *failed |= !copy.p;
    return copy;
}

static int on_object(void *context, const struct db_value *c, size_t n, struct pawl_error *e)
{
    struct rebuild *r = context;
    bool failed = false, own = slice_eq(c[0].s, SLICE("table")) || slice_eq(c[0].s, SLICE("view"));
    (void)n;
    if (own && c[3].i) {
        r->found = true;
        r->type = kept(r, c[0].s, &failed);
        r->name = kept(r, c[1].s, &failed);
        r->sql = kept(r, c[2].s, &failed);
    } else if (!own) {
        if (!arena_grow(r->a, (void **)&r->parts, &r->cap_parts, r->n_parts, sizeof *r->parts))
            return err_nomem(e);
        r->parts[r->n_parts++] = (struct rebuild_part){.name = kept(r, c[1].s, &failed),
                                                       .sql = kept(r, c[2].s, &failed),
                                                       .index = slice_eq(c[0].s, SLICE("index"))};
    }
    return failed ? err_nomem(e) : PAWL_OK;
}

static int ask(struct db *db, const char *sql, struct slice first, struct slice second, db_row_fn *on_row,
               void *context, struct pawl_error *e)
{
    const struct db_value params[] = {DB_V_TEXT(first), DB_V_TEXT(second)};
    return db_run(db,
                  &(struct db_request){.sql = slice_of(sql),
                                       .params = params,
                                       .n_params = second.p  ? 2
                                                   : first.p ? 1
                                                             : 0,
                                       .on_row = on_row,
                                       .context = context},
                  1, NULL, e);
}

int rebuild_look(struct arena *a, struct db *db, struct slice table, struct rebuild *out, struct pawl_error *e)
{
    *out = (struct rebuild){.a = a, .db = db};
    return ask(db,
               "SELECT type, name, sql, name = ?1 COLLATE NOCASE FROM sqlite_schema"
               " WHERE tbl_name = ?1 COLLATE NOCASE AND sql IS NOT NULL ORDER BY rowid",
               table, (struct slice){NULL, 0}, on_object, out, e);
}

static int on_number(void *context, const struct db_value *c, size_t n, struct pawl_error *e)
{
    (void)e;
    *(int64_t *)context = n ? c[0].i : 0;
    return PAWL_OK;
}

static int number(struct db *db, const char *sql, struct slice first, struct slice second, int64_t *out,
                  struct pawl_error *e)
{
    *out = 0;
    return ask(db, sql, first, second, on_number, out, e);
}

/* ---- who uses a column ------------------------------------------------------------------------------------------- */

/* Texts of other objects in front of the renaming, in the order of sqlite_schema. */
struct others {
    struct arena *a;
    struct slice *texts;
    size_t n, cap, next;
    struct slice user; /* "view totals" */
};

static int on_before(void *context, const struct db_value *c, size_t n, struct pawl_error *e)
{
    struct others *o = context;
    (void)n;
    if (!arena_grow(o->a, (void **)&o->texts, &o->cap, o->n, sizeof *o->texts))
        return err_nomem(e);
    o->texts[o->n] = arena_dup(o->a, c[1].s);
    return o->texts[o->n++].p ? PAWL_OK : err_nomem(e);
}

static int on_after(void *context, const struct db_value *c, size_t n, struct pawl_error *e)
{
    struct others *o = context;
    (void)n;
    if (o->next < o->n && !o->user.n && !slice_eq(o->texts[o->next], c[1].s)) {
        o->user = arena_dup(o->a, c[0].s);
        if (!o->user.p)
            return err_nomem(e);
    }
    o->next++;
    return PAWL_OK;
}

static const char others_sql[] =
    "SELECT type || ' ' || name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND type <> 'index'"
    " AND NOT (type = 'table' AND name = ?1 COLLATE NOCASE) ORDER BY rowid";

/*
 * SQLite reads the whole schema before it renames, and again behind: "error in trigger t after rename: ..". What was right before uses
 * the column then, although SQLite could not rewrite it: a trigger on a view of the column, for one.
 */
static bool broken_by_rename(struct others *o, const char *message)
{
    static const char begin[] = "error in ";
    const char *end = strstr(message, " after rename: ");
    if (strncmp(message, begin, sizeof begin - 1) != 0 || !end)
        return false;
    const char *object = message + sizeof begin - 1;
    o->user = arena_dup(o->a, (struct slice){object, (size_t)(end - object)});
    return o->user.p != NULL;
}

static int try_rename(struct rebuild *r, struct slice column, struct others *o, struct pawl_error *e)
{
    STRBUF(b, SQL_MAX);
    strbuf_addz(&b, "ALTER TABLE ");
    quote_identifier(&b, &dialect_sqlite, r->name);
    strbuf_addz(&b, " RENAME COLUMN ");
    quote_identifier(&b, &dialect_sqlite, column);
    strbuf_addz(&b, " TO pawl_renamed_column");
    if (!strbuf_ok(&b))
        return err_nomem(e);
    int code = db_exec(r->db, strbuf_z(&b), e);
    if (code == PAWL_SQL && broken_by_rename(o, e->message))
        return PAWL_OK;
    if (code == PAWL_SQL)
        err_hint(e, "SQLite cannot tell what uses the column before that is mended");
    return code ? code : ask(r->db, others_sql, r->name, (struct slice){NULL, 0}, on_after, o, e);
}

int rebuild_unused(struct rebuild *r, struct slice column, struct pawl_error *e)
{
    struct others o = {.a = r->a};
    int64_t named;
    int code = number(r->db,
                      "SELECT count(*) FROM sqlite_schema WHERE sql IS NOT NULL AND type <> 'index'"
                      " AND NOT (type = 'table' AND name = ?1 COLLATE NOCASE) AND instr(lower(sql), lower(?2))",
                      r->name, column, &named, e);
    if (code || !named)
        return code;
    code = ask(r->db, others_sql, r->name, (struct slice){NULL, 0}, on_before, &o, e);
    if (!code)
        code = db_exec(r->db, "SAVEPOINT pawl_unused", e);
    if (code)
        return code;
    code = try_rename(r, column, &o, e);
    int back = db_exec(r->db, "ROLLBACK TO pawl_unused", code ? NULL : e);
    if (!back)
        back = db_exec(r->db, "RELEASE pawl_unused", code ? NULL : e);
    if (code || back)
        return code ? code : back;
    if (!o.user.n)
        return PAWL_OK;
    err_set(e, PAWL_SQL, "column " SLICE_FMT " of " SLICE_FMT " is used by " SLICE_FMT, SLICE_ARG(column),
            SLICE_ARG(r->name), SLICE_ARG(o.user));
    err_hint(e, "drop or change that first");
    return PAWL_SQL;
}

/* ---- requests ---------------------------------------------------------------------------------------------------- */

struct building {
    struct rebuild *r;
    const struct outline *before;
    const struct edit *edit;
    struct emulation *out;
    size_t cap;
    struct slice old;            /* the old table's name meanwhile */
    bool aside;                  /* the rows go into a plain table and come back */
    bool legacy;                 /* legacy_alter_table is on anyway */
    bool sequence, stat1, stat4; /* there are such tables */
    bool failed;
};

static void add(struct building *b, struct db_request request)
{
    if (!arena_grow(b->r->a, (void **)&b->out->requests, &b->cap, b->out->n, sizeof *b->out->requests))
        b->failed = true;
    else
        b->out->requests[b->out->n++] = request;
}

static void add_text(struct building *b, const struct strbuf *s)
{
    struct slice sql = strbuf_ok(s) ? arena_dup(b->r->a, strbuf_slice(s)) : (struct slice){NULL, 0};
    b->failed |= !sql.p;
    add(b, (struct db_request){.sql = sql});
}

static void add_const(struct building *b, const char *sql)
{
    add(b, (struct db_request){.sql = slice_of(sql)});
}

static void add_two(struct building *b, const char *sql, struct slice first, struct slice second)
{
    struct db_value *params = arena_array(b->r->a, 2, sizeof *params);
    if (!params) {
        b->failed = true;
        return;
    }
    params[0] = DB_V_TEXT(first);
    params[1] = DB_V_TEXT(second);
    add(b, (struct db_request){.sql = slice_of(sql), .params = params, .n_params = second.p ? 2 : 1});
}

static void add_named(struct building *b, const char *front, struct slice name, const char *behind)
{
    STRBUF(s, SQL_MAX);
    strbuf_addz(&s, front);
    quote_identifier(&s, &dialect_sqlite, name);
    strbuf_addz(&s, behind);
    add_text(b, &s);
}

/* A name of the rowid that no column hides; NULL = none. */
static const char *rowid_name(const struct outline *x, const struct outline *y)
{
    static const char *const names[] = {"rowid", "_rowid_", "oid"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (outline_column(x, slice_of(names[i])) == SIZE_MAX && outline_column(y, slice_of(names[i])) == SIZE_MAX)
            return names[i];
    return NULL;
}

/* INTEGER PRIMARY KEY: the column is the rowid. `INTEGER PRIMARY KEY DESC` at the column is not. NULL = none is. */
static const struct outline_column *alias(const struct outline *o)
{
    struct tokens t = o->t;
    for (size_t i = 0; i < o->n_constraints; i++) {
        const struct outline_constraint *c = &o->constraints[i];
        size_t column =
            c->kind == OUTLINE_PRIMARY_KEY && c->n_columns == 1 ? outline_column(o, c->columns[0]) : SIZE_MAX;
        if (column == SIZE_MAX)
            continue;
        const struct outline_column *k = &o->columns[column];
        bool desc = c->column != OUTLINE_TABLE && tokens_word(&t, c->body + 2, "desc");
        bool integer = k->type_to == k->type_from + 1 && slice_ieq(tokens_name(&t, k->type_from), SLICE("integer"));
        return integer && !desc ? k : NULL;
    }
    return NULL;
}

static const struct edit_using *using_of(const struct building *b, struct slice column)
{
    for (size_t i = b->edit->n_using; i-- > 0;)
        if (slice_ieq(b->edit->using[i].column, column))
            return &b->edit->using[i];
    return NULL;
}

/* Is the column of the new table filled from the old one? */
static bool is_copied(const struct building *b, const struct outline_column *c)
{
    return !c->generated && outline_column(b->before, c->name) != SIZE_MAX;
}

/* The name by which rowids are copied; NULL: there are none, or a column brings them. */
static const char *copied_rowid(const struct building *b)
{
    const struct outline *after = &b->edit->outline;
    const struct outline_column *k = alias(after);
    if (b->before->without_rowid || after->without_rowid || (k && is_copied(b, k)))
        return NULL;
    return rowid_name(b->before, after);
}

static void copy(struct building *b)
{
    const struct outline *after = &b->edit->outline;
    STRBUF(to, SQL_MAX);
    STRBUF(from, SQL_MAX);
    const char *rowid = copied_rowid(b);
    const char *comma = "";
    if (rowid) {
        strbuf_addz(&to, rowid);
        strbuf_addz(&from, rowid);
        comma = ", ";
    }
    for (size_t i = 0; i < after->n_columns; i++) {
        const struct outline_column *c = &after->columns[i];
        const struct edit_using *u = using_of(b, c->name);
        if (!is_copied(b, c))
            continue;
        strbuf_addz(&to, comma);
        strbuf_addz(&from, comma);
        quote_identifier(&to, &dialect_sqlite, c->name);
        if (u && u->expression.n)
            strbuf_addf(&from, "(" SLICE_FMT ")", SLICE_ARG(u->expression));
        else
            quote_identifier(&from, &dialect_sqlite, c->name);
        comma = ", ";
    }
    STRBUF(s, SQL_MAX);
    strbuf_addz(&s, "INSERT OR ABORT INTO ");
    quote_identifier(&s, &dialect_sqlite, after->name);
    strbuf_addf(&s, " (%s) SELECT %s FROM ", strbuf_z(&to), strbuf_z(&from));
    quote_identifier(&s, &dialect_sqlite, b->old);
    strbuf_addz(&s, " AS ");
    quote_identifier(&s, &dialect_sqlite, after->name);
    b->failed |= !strbuf_ok(&to) || !strbuf_ok(&from);
    add_text(b, &s);
}

/* ---- putting the old table out of the way ------------------------------------------------------------------------ */

static void rename_away(struct building *b)
{
    STRBUF(s, SQL_MAX);
    strbuf_addz(&s, "ALTER TABLE ");
    quote_identifier(&s, &dialect_sqlite, b->r->name);
    strbuf_addz(&s, " RENAME TO ");
    quote_identifier(&s, &dialect_sqlite, b->old);
    add_const(b, "PRAGMA legacy_alter_table = ON");
    add_text(b, &s);
    if (!b->legacy)
        add_const(b, "PRAGMA legacy_alter_table = OFF");
}

static void columns_of(struct strbuf *s, const struct outline *o, const char *rowid)
{
    if (rowid)
        strbuf_addf(s, "%s, ", rowid);
    for (size_t i = 0; i < o->n_columns; i++) {
        strbuf_addz(s, i ? ", " : "");
        quote_identifier(s, &dialect_sqlite, o->columns[i].name);
    }
}

static void set_aside(struct building *b)
{
    const struct outline *o = b->before;
    const char *rowid = o->without_rowid ? NULL : rowid_name(o, o);
    STRBUF(s, SQL_MAX);
    strbuf_addz(&s, "CREATE TABLE ");
    quote_identifier(&s, &dialect_sqlite, b->old);
    strbuf_addz(&s, " (");
    columns_of(&s, o, NULL);
    strbuf_addz(&s, ")");
    add_text(b, &s);
    strbuf_reset(&s);
    strbuf_addz(&s, "INSERT INTO ");
    quote_identifier(&s, &dialect_sqlite, b->old);
    strbuf_addz(&s, " (");
    columns_of(&s, o, rowid);
    strbuf_addz(&s, ") SELECT ");
    columns_of(&s, o, rowid);
    strbuf_addz(&s, " FROM ");
    quote_identifier(&s, &dialect_sqlite, b->r->name);
    add_text(b, &s);
    if (b->sequence)
        add_two(b, "UPDATE sqlite_sequence SET name = ?2 WHERE name = ?1", b->r->name, b->old);
    if (b->stat1)
        add_two(b, "UPDATE sqlite_stat1 SET tbl = ?2 WHERE tbl = ?1", b->r->name, b->old);
    if (b->stat4)
        add_two(b, "UPDATE sqlite_stat4 SET tbl = ?2 WHERE tbl = ?1", b->r->name, b->old);
    add_named(b, "DROP TABLE ", b->r->name, "");
}

/* What SQLite itself keeps about the table by its name: the counter of AUTOINCREMENT, and what ANALYZE found. */
static void restore_counters(struct building *b)
{
    if (b->sequence && b->before->autoincrement && b->edit->outline.autoincrement) {
        add_two(b, "DELETE FROM sqlite_sequence WHERE name = ?1", b->edit->outline.name, (struct slice){NULL, 0});
        add_two(b, "UPDATE sqlite_sequence SET name = ?2 WHERE name = ?1", b->old, b->edit->outline.name);
    }
    if (b->stat1 && b->aside)
        add_two(b, "UPDATE sqlite_stat1 SET tbl = ?2 WHERE tbl = ?1", b->old, b->r->name);
    if (b->stat4 && b->aside)
        add_two(b, "UPDATE sqlite_stat4 SET tbl = ?2 WHERE tbl = ?1", b->old, b->r->name);
}

/* ---- what has to be known first ---------------------------------------------------------------------------------- */

static int refuse_enforced(struct building *b, struct pawl_error *e)
{
    int64_t on;
    int code = number(b->r->db, "SELECT foreign_keys FROM pragma_foreign_keys", (struct slice){NULL, 0},
                      (struct slice){NULL, 0}, &on, e);
    if (code || !on)
        return code;
    err_set(e, PAWL_SQL,
            "table " SLICE_FMT " has to be made anew, which deletes rows of other tables while foreign keys "
            "are enforced",
            SLICE_ARG(b->r->name));
    err_hint(e, "leave PRAGMA foreign_keys = ON out of this file");
    return PAWL_SQL;
}

/* Does a text on the table say `table.column`? Then it cannot be renamed. */
static bool qualifies(struct building *b, struct slice sql)
{
    struct tokens t;
    if (!tokens_read(&t, b->r->a, sql)) {
        b->failed = true;
        return false;
    }
    for (size_t i = 0; i + 1 < t.n; i++)
        if (tokens_is(&t, i + 1, '.') && slice_ieq(tokens_name(&t, i), b->r->name))
            return true;
    b->failed |= t.failed;
    return false;
}

static int find_free_name(struct building *b, struct pawl_error *e)
{
    int64_t taken = 1;
    for (unsigned i = 1; taken; i++) {
        b->old = arena_printf(b->r->a, "pawl_old_" SLICE_FMT "%.0u", SLICE_ARG(b->r->name), i == 1 ? 0 : i);
        if (!b->old.p)
            return err_nomem(e);
        int code = number(b->r->db, "SELECT count(*) FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE", b->old,
                          (struct slice){NULL, 0}, &taken, e);
        if (code)
            return code;
    }
    return PAWL_OK;
}

static int has_table(struct building *b, const char *name, bool *out, struct pawl_error *e)
{
    int64_t n;
    int code = number(b->r->db, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1", slice_of(name),
                      (struct slice){NULL, 0}, &n, e);
    *out = !code && n;
    return code;
}

static int prepare(struct building *b, struct pawl_error *e)
{
    int64_t n = 0;
    int code = refuse_enforced(b, e);
    if (!code)
        code = number(b->r->db, "SELECT legacy_alter_table FROM pragma_legacy_alter_table", (struct slice){NULL, 0},
                      (struct slice){NULL, 0}, &n, e);
    b->legacy = n != 0;
    if (!code)
        code = number(b->r->db, "SELECT count(*) FROM sqlite_temp_schema WHERE tbl_name = ?1 COLLATE NOCASE",
                      b->r->name, (struct slice){NULL, 0}, &n, e);
    if (!code && n)
        code = err_set(e, PAWL_SQL, "there is a temporary table or trigger for " SLICE_FMT "; drop it first",
                       SLICE_ARG(b->r->name));
    if (!code)
        code = has_table(b, "sqlite_sequence", &b->sequence, e);
    if (!code)
        code = has_table(b, "sqlite_stat1", &b->stat1, e);
    if (!code)
        code = has_table(b, "sqlite_stat4", &b->stat4, e);
    b->aside = qualifies(b, b->r->sql);
    for (size_t i = 0; i < b->r->n_parts && !b->aside; i++)
        if (b->r->parts[i].index)
            b->aside = qualifies(b, b->r->parts[i].sql);
    return code ? code : b->failed ? err_nomem(e) : find_free_name(b, e);
}

/* Indexes first: a trigger cannot be in their way, and the other way round neither, but a UNIQUE one may fail. */
static void restore_parts(struct building *b)
{
    for (size_t i = 0; i < b->r->n_parts; i++)
        if (!b->r->parts[i].dropped)
            add(b, (struct db_request){.sql = b->r->parts[i].sql});
}

static int refuse_empty(const struct building *b, struct pawl_error *e)
{
    const struct outline *after = &b->edit->outline;
    for (size_t i = 0; i < after->n_columns; i++)
        if (is_copied(b, &after->columns[i]))
            return PAWL_OK;
    return err_set(e, PAWL_SQL, "no column of " SLICE_FMT " would be left; make a new table", SLICE_ARG(b->r->name));
}

int rebuild_requests(struct rebuild *r, const struct outline *before, const struct edit *after, struct emulation *out,
                     struct pawl_error *e)
{
    struct building b = {.r = r, .before = before, .edit = after, .out = out};
    struct account account;
    int code = refuse_empty(&b, e);
    if (!code)
        code = prepare(&b, e);
    if (!code)
        code = account_begin(r->a, r->db, before, after, b.old, &account, e);
    if (code)
        return code;
    if (b.aside)
        set_aside(&b);
    else
        rename_away(&b);
    add(&b, (struct db_request){.sql = after->text});
    copy(&b);
    for (size_t i = 0; i < account.n_rows; i++)
        add(&b, account.rows[i]);
    restore_counters(&b);
    add_named(&b, "DROP TABLE ", b.old, "");
    restore_parts(&b);
    for (size_t i = 0; i < account.n_keys; i++)
        add(&b, account.keys[i]);
    return b.failed ? err_nomem(e) : PAWL_OK;
}
