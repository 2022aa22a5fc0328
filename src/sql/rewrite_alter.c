#include "sql/rewrite_text.h"

#define PARTS_MAX 64

/* One action, made safe: words put into it, and what is asked before it runs. */
struct action {
    struct head_part part;
    const char *at;        /* where `words` go, or NULL */
    struct strbuf words;   /* "IF NOT EXISTS ", "CONSTRAINT name " */
    struct strbuf *wanted; /* the condition; n = 0: none */
};

static const struct head_name *table_of(const struct rewriter *w)
{
    return &w->h.name;
}

/* ---- one action ---------------------------------------------------------------------------------------------------- */

static void words(struct action *a, const char *at, const char *text)
{
    a->at = at;
    strbuf_addz(&a->words, text);
}

static void add_constraint(struct rewriter *w, struct action *a, bool strict)
{
    const struct head_part *p = &a->part;
    struct cursor c;
    STRBUF(name, 1024);
    cursor_init(&c, w->d, p->rest);
    bool columns =
        strict && (cursor_eat(&c, "unique") || cursor_phrase(&c, "primary key") || cursor_phrase(&c, "foreign key"));
    if (strict)
        when_relation(w, a->wanted, table_of(w), true);
    if (columns)
        when_columns(w, a->wanted, table_of(w), c, true);
    cursor_init(&c, w->d, p->rest);
    if (p->name.name.n) {
        when_constraint(w, a->wanted, table_of(w), p->name.name, false);
    } else if (cursor_sees(&c, "primary key")) {
        when_row(w, a->wanted, "pg_constraint WHERE conrelid = %t AND contype", table_of(w), SLICE("p"), false);
    } else if (unnamed_constraint(w->d, table_of(w)->name, p, &name)) {
        STRBUF(quoted, 1024);
        quote_identifier(&quoted, w->d, strbuf_slice(&name));
        a->at = p->rest.p;
        strbuf_addz(&a->words, "CONSTRAINT ");
        strbuf_add(&a->words, strbuf_slice(&quoted));
        strbuf_addc(&a->words, ' ');
        when_constraint(w, a->wanted, table_of(w), strbuf_slice(&quoted), false);
    }
}

/* to_regtype of what stands behind TYPE. */
static void type_differs(struct rewriter *w, struct action *a)
{
    struct cursor c;
    STRBUF(b, 1024);
    cursor_init(&c, w->d, a->part.rest);
    while (!cursor_done(&c) && !cursor_is(&c, "using") && !cursor_is(&c, "collate"))
        cursor_skip(&c);
    strbuf_addz(&b, "pg_attribute WHERE attrelid = %t AND atttypid <> to_regtype(");
    quote_literal(&b, w->d, slice_trim(slice_sub(a->part.rest, 0, c.behind)));
    strbuf_addz(&b, ") AND attname");
    if (strbuf_ok(&b))
        when_row(w, a->wanted, strbuf_z(&b), table_of(w), a->part.name.name, true);
}

static void alter_column(struct rewriter *w, struct action *a, bool strict)
{
    const struct head_part *p = &a->part;
    if (p->change == HEAD_SET_TYPE)
        type_differs(w, a);
    else if (p->change == HEAD_ADD_IDENTITY)
        when_row(w, a->wanted, "pg_attribute WHERE attrelid = %t AND attidentity = '' AND attname", table_of(w),
                 p->name.name, true);
    else if (p->change == HEAD_DROP_IDENTITY)
        when_row(w, a->wanted, "pg_attribute WHERE attrelid = %t AND attidentity <> '' AND attname", table_of(w),
                 p->name.name, true);
    else if (p->change == HEAD_DROP_EXPRESSION)
        when_row(w, a->wanted, "pg_attribute WHERE attrelid = %t AND attgenerated <> '' AND attname", table_of(w),
                 p->name.name, true);
    else if (strict)
        when_column(w, a->wanted, table_of(w), p->name.name, true);
}

static void when_partition(struct rewriter *w, struct action *a, bool is)
{
    STRBUF(child, 1024);
    STRBUF(parent, 1024);
    written(&child, &a->part.name);
    written(&parent, table_of(w));
    strbuf_addf(a->wanted, "%sEXISTS (SELECT FROM pg_inherits WHERE inhparent = to_regclass(", is ? "" : "NOT ");
    quote_literal(a->wanted, w->d, strbuf_slice(&parent));
    strbuf_addz(a->wanted, ") AND inhrelid = to_regclass(");
    quote_literal(a->wanted, w->d, strbuf_slice(&child));
    strbuf_addz(a->wanted, "))");
}

static void rename_part(struct rewriter *w, struct action *a, bool strict)
{
    const struct head_part *p = &a->part;
    bool constraint = p->object == HEAD_CONSTRAINT;
    if (p->object != HEAD_COLUMN && p->object != HEAD_ATTRIBUTE && !constraint)
        return;
    (constraint ? when_constraint : when_column)(w, a->wanted, table_of(w), p->name.name, true);
    if (strict)
        (constraint ? when_constraint : when_column)(w, a->wanted, table_of(w), p->to, false);
}

static void alter_part(struct rewriter *w, struct action *a, bool strict)
{
    const struct head_part *p = &a->part;
    if (p->object == HEAD_COLUMN)
        alter_column(w, a, strict);
    else if (p->object == HEAD_CONSTRAINT && strict)
        when_constraint(w, a->wanted, table_of(w), p->name.name, true);
    else if (p->change == HEAD_ATTACH || p->change == HEAD_DETACH)
        when_partition(w, a, p->change == HEAD_DETACH);
    else if (strict && p->object == HEAD_TABLE)
        when_relation(w, a->wanted, table_of(w), true);
}

static void make_safe(struct rewriter *w, struct action *a, bool strict)
{
    const struct head_part *p = &a->part;
    if (p->action == HEAD_CREATE && p->object == HEAD_COLUMN && !(p->flags & HEAD_IF_NOT_EXISTS))
        words(a, p->name.name.p, "IF NOT EXISTS ");
    else if (p->action == HEAD_CREATE && p->object == HEAD_ENUM_VALUE && !(p->flags & HEAD_IF_NOT_EXISTS))
        words(a, p->name.name.p, "IF NOT EXISTS ");
    else if (p->action == HEAD_CREATE && p->object == HEAD_ATTRIBUTE)
        when_column(w, a->wanted, table_of(w), p->name.name, false);
    else if (p->action == HEAD_CREATE && p->object == HEAD_CONSTRAINT)
        add_constraint(w, a, strict);
    else if (p->action == HEAD_DROP && !(p->flags & HEAD_IF_EXISTS))
        words(a, p->name.name.p, "IF EXISTS ");
    else if (p->action == HEAD_RENAME && p->object == HEAD_ENUM_VALUE)
        when_row(w, a->wanted, "pg_enum WHERE enumtypid = %t AND enumlabel", table_of(w), p->name.name, true);
    else if (p->action == HEAD_RENAME)
        rename_part(w, a, strict);
    else if (p->action == HEAD_ALTER)
        alter_part(w, a, strict);
}

static void add_action(struct strbuf *b, const struct action *a)
{
    struct slice text = a->part.text;
    size_t at = a->at ? (size_t)(a->at - text.p) : 0;
    strbuf_add(b, slice_sub(text, 0, at));
    if (a->at)
        strbuf_add(b, strbuf_slice(&a->words));
    strbuf_add(b, slice_sub(text, at, text.n));
    b->failed |= !strbuf_ok(&a->words);
}

/* ---- the statement ------------------------------------------------------------------------------------------------- */

/* What stands in front of the first action, with IF EXISTS behind the kind. */
static void add_front(struct rewriter *w, struct strbuf *b, const char *first, bool if_exists)
{
    struct cursor c;
    size_t end = (size_t)(first - w->sql.p);
    cursor_init(&c, w->d, w->sql);
    while (!cursor_done(&c) && !cursor_is(&c, "table"))
        cursor_step(&c);
    cursor_step(&c);
    size_t at = c.t.offset;
    bool put = if_exists && !head_has(&w->h, HEAD_IF_EXISTS) && w->h.object == HEAD_TABLE && at < end;
    strbuf_add(b, slice_sub(w->sql, 0, put ? at : end));
    if (put) {
        strbuf_addz(b, "IF EXISTS ");
        strbuf_add(b, slice_sub(w->sql, at, end));
    }
}

/* The same for an action that becomes a statement of its own. */
static void add_front_again(struct rewriter *w, struct strbuf *b, bool if_exists)
{
    strbuf_addz(b, w->h.object == HEAD_TABLE ? "ALTER TABLE " : "ALTER TYPE ");
    if (w->h.object == HEAD_TABLE && (if_exists || head_has(&w->h, HEAD_IF_EXISTS)))
        strbuf_addz(b, "IF EXISTS ");
    strbuf_addz(b, head_has(&w->h, HEAD_ONLY) ? "ONLY " : "");
    written(b, table_of(w));
    strbuf_addc(b, ' ');
}

/* Between two actions: its comments and line breaks without the comma. */
static void add_gap(struct rewriter *w, struct strbuf *b, const char *from, const char *to)
{
    struct cursor c;
    size_t begin = (size_t)(from - w->sql.p), end = (size_t)(to - w->sql.p);
    struct slice gap = slice_sub(w->sql, begin, end);
    cursor_init(&c, w->d, w->sql);
    c.lx.at = begin;
    cursor_step(&c);
    strbuf_addc(b, ';');
    if (slice_find_byte(gap, '\n') == SIZE_MAX)
        strbuf_addc(b, '\n');
    if (!cursor_mark(&c, ',') || slice_trim(gap).n == 1) {
        if (slice_find_byte(gap, '\n') != SIZE_MAX)
            strbuf_addc(b, '\n');
        return;
    }
    strbuf_add(b, slice_sub(w->sql, begin, c.t.offset));
    while (end > c.t.offset && (w->sql.p[end - 1] == ' ' || w->sql.p[end - 1] == '\t'))
        end--; /* statements begin at the margin */
    strbuf_add(b, slice_sub(w->sql, c.t.offset + 1, end));
}

/* Words alone: the statement stays one. */
static void whole(struct rewriter *w, const struct action *actions, size_t n, bool strict)
{
    STRBUF(b, REWRITE_TEXT);
    add_front(w, &b, actions[0].part.text.p, strict);
    for (size_t i = 0; i < n; i++) {
        struct slice text = actions[i].part.text;
        const char *end = i + 1 < n ? actions[i + 1].part.text.p : w->sql.p + w->sql.n;
        add_action(&b, &actions[i]);
        strbuf_add(&b, (struct slice){text.p + text.n, (size_t)(end - text.p) - text.n});
    }
    rewriter_add(w, &b, "IF [NOT] EXISTS");
}

static void split(struct rewriter *w, const struct action *actions, size_t n, bool strict)
{
    STRBUF(b, REWRITE_TEXT);
    for (size_t i = 0; i < n; i++) {
        STRBUF(one, REWRITE_TEXT);
        struct slice text = actions[i].part.text;
        if (i == 0)
            add_front(w, &one, text.p, strict);
        else
            add_front_again(w, &one, strict);
        add_action(&one, &actions[i]);
        b.failed |= !strbuf_ok(&one);
        if (actions[i].wanted->n || actions[i].wanted->failed)
            block(w, &b, actions[i].wanted, strbuf_slice(&one));
        else
            strbuf_add(&b, strbuf_slice(&one));
        if (i + 1 < n)
            add_gap(w, &b, text.p + text.n, actions[i + 1].part.text.p);
    }
    rewriter_add(w, &b, n > 1 ? "split, with guards" : "a guard");
}

/* false: more parts than anybody writes, or one that is opaque. */
static bool read_actions(struct rewriter *w, struct action *actions, struct strbuf *conditions, size_t *n, bool strict)
{
    struct head_parts parts;
    struct head_part p;
    head_parts_init(&parts, &w->h, w->d, w->sql);
    while (head_parts_next(&parts, &p)) {
        if (*n == PARTS_MAX || !p.action)
            return false;
        struct action *a = &actions[*n];
        *a = (struct action){.part = p, .wanted = &conditions[*n]};
        (*n)++;
        strbuf_init(&a->words, 1024);
        strbuf_init(a->wanted, 8192);
        make_safe(w, a, strict);
    }
    return *n > 0;
}

static void in_parts(struct rewriter *w, bool strict)
{
    struct action actions[PARTS_MAX];
    struct strbuf conditions[PARTS_MAX];
    size_t n = 0;
    bool guards = false;
    bool read = read_actions(w, actions, conditions, &n, strict);
    for (size_t i = 0; read && i < n; i++)
        guards |= actions[i].wanted->n != 0;
    if (read && guards)
        split(w, actions, n, strict);
    else if (read)
        whole(w, actions, n, strict);
    for (size_t i = 0; i < n; i++) {
        strbuf_clear(&actions[i].words);
        strbuf_clear(&conditions[i]);
    }
}

/* ---- objects that are renamed or moved as a whole ------------------------------------------------------------------- */

static void rename_relation(struct rewriter *w)
{
    STRBUF(c, 2048);
    if (!head_has(&w->h, HEAD_IF_EXISTS) && can(w, GUARD_ALTER))
        rewriter_insert(w, begins(&w->h.name), SLICE("IF EXISTS "), "IF EXISTS");
    when_relation(w, &c, &w->h.name, true);
    if (w->h.action == HEAD_RENAME)
        when_relation(w, &c, &(struct head_name){w->h.name.schema, w->h.to}, false);
    rewriter_block(w, &c, w->sql, "a guard");
}

/* f(int), as to_regprocedure reads it; f alone, as to_regproc does. */
static void rename_routine(struct rewriter *w)
{
    STRBUF(c, 2048);
    struct cursor arguments;
    const char *from = begins(&w->h.name);
    cursor_init(&arguments, w->d, w->sql);
    arguments.lx.at = (size_t)(w->h.name.name.p + w->h.name.name.n - w->sql.p);
    cursor_step(&arguments);
    strbuf_addz(&c, cursor_mark(&arguments, '(') ? "to_regprocedure(" : "to_regproc(");
    quote_literal(&c, w->d, slice_trim((struct slice){from, (size_t)(w->h.rest.p - from)}));
    strbuf_addz(&c, ") IS NOT NULL");
    rewriter_block(w, &c, w->sql, "a guard");
}

static void rename_other(struct rewriter *w)
{
    STRBUF(c, 2048);
    if (w->h.object == HEAD_TRIGGER)
        when_row(w, &c, "pg_trigger WHERE tgrelid = %t AND tgname", &w->h.on, w->h.name.name, true);
    else if (w->h.object == HEAD_POLICY)
        when_row(w, &c, "pg_policy WHERE polrelid = %t AND polname", &w->h.on, w->h.name.name, true);
    else if (w->h.object == HEAD_SCHEMA)
        when_row(w, &c, "pg_namespace WHERE nspname", NULL, w->h.name.name, true);
    else if (w->h.object == HEAD_TYPE || w->h.object == HEAD_DOMAIN)
        when_type(w, &c, &w->h.name, true);
    rewriter_block(w, &c, w->sql, "a guard");
}

/* RENAME TO and SET SCHEMA, and what is altered as a whole. */
static void as_a_whole(struct rewriter *w)
{
    if (w->h.object == HEAD_TABLE || w->h.object == HEAD_INDEX || w->h.object == HEAD_VIEW ||
        w->h.object == HEAD_MATVIEW || w->h.object == HEAD_SEQUENCE)
        rename_relation(w);
    else if (w->h.object == HEAD_FUNCTION || w->h.object == HEAD_PROCEDURE || w->h.object == HEAD_AGGREGATE)
        rename_routine(w);
    else
        rename_other(w);
}

/*
 * ALTER DOMAIN .. ADD | DROP | RENAME CONSTRAINT; to add one without a name leaves nothing to ask for. DROP .. IF EXISTS of one that is not
 * there makes a SAVEPOINT right behind it fail ("unprocessed inval messages", PostgreSQL 15.18): so that has a guard, too.
 */
static void domain_constraint(struct rewriter *w)
{
    STRBUF(c, 2048);
    struct cursor at;
    struct slice name;
    cursor_init(&at, w->d, w->h.rest);
    bool adds = cursor_eat(&at, "add");
    if (!adds && !cursor_eat(&at, "drop") && !cursor_eat(&at, "rename"))
        return;
    if (!cursor_eat(&at, "constraint") || cursor_sees(&at, "if exists") || !cursor_identifier(&at, &name))
        return;
    when_row(w, &c, "pg_constraint WHERE contypid = %t AND conname", &w->h.name, name, !adds);
    rewriter_block(w, &c, w->sql, "a guard");
}

void rewrite_alter(struct rewriter *w)
{
    if (!can(w, GUARD_ALTER))
        return;
    if (w->h.action == HEAD_ALTER && (w->h.object == HEAD_TABLE || w->h.object == HEAD_TYPE)) {
        in_parts(w, false);
        in_parts(w, true);
    } else if (w->h.action == HEAD_RENAME || w->h.action == HEAD_MOVE) {
        as_a_whole(w);
    } else if (w->h.object == HEAD_DOMAIN) {
        domain_constraint(w);
    } else if (w->h.object == HEAD_INDEX || w->h.object == HEAD_VIEW || w->h.object == HEAD_SEQUENCE) {
        rename_relation(w);
    }
}
