#include "sql/rewrite_text.h"

/* ---- small texts --------------------------------------------------------------------------------------------------- */

static bool from_create(const struct rewriter *w)
{
    struct cursor c;
    cursor_init(&c, w->d, w->sql);
    return cursor_is(&c, "create");
}

/* The statement without the words OR REPLACE. */
static void without_replace(struct rewriter *w, struct strbuf *b)
{
    struct cursor c;
    cursor_init(&c, w->d, w->sql);
    cursor_step(&c);
    size_t from = c.t.offset;
    if (!cursor_phrase(&c, "or replace")) {
        strbuf_add(b, w->sql);
        return;
    }
    strbuf_add(b, slice_sub(w->sql, 0, from));
    strbuf_add(b, slice_sub(w->sql, c.t.offset, w->sql.n));
}

/* CREATE OR REPLACE .. in place of CREATE .. */
static void or_replace(struct rewriter *w)
{
    struct cursor c;
    cursor_init(&c, w->d, w->sql);
    if (head_has(&w->h, HEAD_OR_REPLACE) || !can(w, GUARD_REPLACE) || !cursor_eat(&c, "create"))
        return;
    rewriter_insert(w, w->sql.p + c.t.offset, SLICE("OR REPLACE "), "OR REPLACE");
}

/* Does it if the condition holds, the creation without OR REPLACE: for what a later version may have changed. */
static void create_if(struct rewriter *w, const struct strbuf *condition)
{
    STRBUF(plain, REWRITE_TEXT);
    without_replace(w, &plain);
    if (strbuf_ok(&plain))
        rewriter_block(w, condition, strbuf_slice(&plain), "a guard");
}

/* DROP <kind> IF EXISTS name [ON table]; and the statement. */
static void drop_first(struct rewriter *w, bool on)
{
    STRBUF(b, REWRITE_TEXT);
    static const char *const words[] = {
        [HEAD_VIEW] = "VIEW", [HEAD_TRIGGER] = "TRIGGER", [HEAD_POLICY] = "POLICY", [HEAD_RULE] = "RULE"};
    strbuf_addf(&b, "DROP %s IF EXISTS ", words[w->h.object]);
    written(&b, &w->h.name);
    if (on) {
        strbuf_addz(&b, " ON ");
        written(&b, &w->h.on);
    }
    strbuf_addz(&b, ";\n");
    strbuf_add(&b, w->sql);
    rewriter_add(w, &b, "DROP IF EXISTS in front");
}

/* With a handler for "it is there already", where that cannot be asked by name. */
static void create_or_pass(struct rewriter *w, const char *conditions)
{
    STRBUF(plain, REWRITE_TEXT);
    STRBUF(b, REWRITE_TEXT);
    without_replace(w, &plain);
    if (!can(w, GUARD_BLOCK) || head_has(&w->h, HEAD_OUTSIDE) || !strbuf_ok(&plain) ||
        !rewrite_fits(w->d, strbuf_slice(&plain)))
        return;
    strbuf_addz(&b, "DO $guard$\nBEGIN\n    ");
    strbuf_add(&b, strbuf_slice(&plain));
    strbuf_addf(&b, ";\nEXCEPTION\n    WHEN %s THEN NULL; -- it is there already\nEND\n$guard$", conditions);
    rewriter_add(w, &b, "a guard");
}

/* ---- CREATE -------------------------------------------------------------------------------------------------------- */

static void if_not_exists(struct rewriter *w)
{
    if (!head_has(&w->h, HEAD_IF_NOT_EXISTS) && w->h.name.name.n)
        rewriter_insert(w, begins(&w->h.name), SLICE("IF NOT EXISTS "), "IF NOT EXISTS");
}

/* CREATE INDEX ON t (a): the name it would get, and IF NOT EXISTS. */
static void name_index(struct rewriter *w)
{
    STRBUF(name, 1024);
    STRBUF(b, 2048);
    struct cursor c;
    cursor_init(&c, w->d, w->sql);
    if (!unnamed_index(w->d, &w->h, w->sql, &name) || !cursor_seek(&c, "on"))
        return;
    strbuf_addz(&b, head_has(&w->h, HEAD_IF_NOT_EXISTS) ? "" : "IF NOT EXISTS ");
    quote_identifier(&b, w->d, strbuf_slice(&name));
    strbuf_addc(&b, ' ');
    if (strbuf_ok(&b))
        rewriter_insert(w, w->sql.p + c.t.offset, strbuf_slice(&b), "a name and IF NOT EXISTS");
}

/* Only while its table and columns are there. */
static void index_while(struct rewriter *w)
{
    STRBUF(c, 4096);
    struct cursor at;
    cursor_init(&at, w->d, w->sql);
    at.lx.at = (size_t)(w->h.on.name.p + w->h.on.name.n - w->sql.p);
    cursor_step(&at);
    while (!cursor_done(&at) && !cursor_mark(&at, '('))
        cursor_step(&at);
    when_relation(w, &c, &w->h.on, true);
    struct slice sql = w->out->n ? w->out->forms[0].sql : w->sql;
    rewriter_block(w, &c, sql, "a guard");
    when_columns(w, &c, &w->h.on, at, true);
    rewriter_block(w, &c, sql, "a guard");
}

static void create_index(struct rewriter *w)
{
    if (can(w, GUARD_CREATE) && head_has(&w->h, HEAD_UNNAMED))
        name_index(w);
    else if (can(w, GUARD_CREATE))
        if_not_exists(w);
    index_while(w);
}

static void create_view(struct rewriter *w)
{
    STRBUF(c, 1024);
    if (can(w, GUARD_OBJECT))
        if_not_exists(w);
    or_replace(w);
    when_relation(w, &c, &w->h.name, false);
    create_if(w, &c);
    if (can(w, GUARD_CREATE) && !head_has(&w->h, HEAD_OR_REPLACE))
        drop_first(w, false);
}

/* A trigger, policy or rule of a table. */
static void create_part(struct rewriter *w)
{
    static const struct {
        enum head_object object;
        const char *from;
    } catalogs[] = {
        {HEAD_TRIGGER, "pg_trigger WHERE tgrelid = %t AND tgname"},
        {HEAD_POLICY, "pg_policy WHERE polrelid = %t AND polname"},
        {HEAD_RULE, "pg_rewrite WHERE ev_class = %t AND rulename"},
    };
    STRBUF(c, 2048);
    STRBUF(strict, 2048);
    if (can(w, GUARD_OBJECT) && w->h.object == HEAD_TRIGGER) {
        if_not_exists(w);
        return;
    }
    if (w->h.object == HEAD_RULE)
        or_replace(w);
    for (size_t i = 0; i < sizeof catalogs / sizeof *catalogs; i++) {
        if (catalogs[i].object != w->h.object)
            continue;
        when_row(w, &c, catalogs[i].from, &w->h.on, w->h.name.name, false);
        when_relation(w, &strict, &w->h.on, true);
        when_row(w, &strict, catalogs[i].from, &w->h.on, w->h.name.name, false);
    }
    if (can(w, GUARD_BLOCK) && w->h.object != HEAD_POLICY && !head_has(&w->h, HEAD_OR_REPLACE))
        drop_first(w, true);
    create_if(w, &c);
    create_if(w, &strict);
}

/* Those that a catalog knows by name alone. */
static void create_global(struct rewriter *w)
{
    STRBUF(c, 1024);
    const char *from = w->h.object == HEAD_ROLE          ? "pg_roles WHERE rolname"
                       : w->h.object == HEAD_PUBLICATION ? "pg_publication WHERE pubname"
                                                         : "pg_event_trigger WHERE evtname";
    when_row(w, &c, from, NULL, w->h.name.name, false);
    create_if(w, &c);
}

static void create(struct rewriter *w)
{
    STRBUF(c, 1024);
    switch (w->h.object) {
    case HEAD_TABLE:
        if (can(w, GUARD_CREATE) && from_create(w))
            if_not_exists(w);
        return;
    case HEAD_SEQUENCE:
    case HEAD_SCHEMA:
    case HEAD_EXTENSION:
    case HEAD_MATVIEW:
    case HEAD_COLLATION:
    case HEAD_STATISTICS:
        if (can(w, GUARD_BLOCK))
            if_not_exists(w);
        return;
    case HEAD_INDEX:
        create_index(w);
        return;
    case HEAD_VIEW:
        create_view(w);
        return;
    case HEAD_TRIGGER:
    case HEAD_POLICY:
    case HEAD_RULE:
        create_part(w);
        return;
    case HEAD_FUNCTION:
    case HEAD_PROCEDURE:
    case HEAD_AGGREGATE:
        or_replace(w);
        create_or_pass(w, "duplicate_function");
        return;
    case HEAD_TYPE:
    case HEAD_DOMAIN:
        when_type(w, &c, &w->h.name, false);
        create_if(w, &c);
        return;
    case HEAD_ROLE:
    case HEAD_PUBLICATION:
    case HEAD_EVENT_TRIGGER:
        create_global(w);
        return;
    case HEAD_OTHER:
        create_or_pass(w, "duplicate_object OR duplicate_function");
        return;
    case HEAD_OBJECT_NONE:
    case HEAD_COLUMN:
    case HEAD_CONSTRAINT:
    case HEAD_ENUM_VALUE:
    case HEAD_ATTRIBUTE:
    case HEAD_SUBSCRIPTION:
    case HEAD_DATABASE:
    case HEAD_TABLESPACE:
        return;
    }
}

/* ---- DROP and what is said about an object ------------------------------------------------------------------------- */

static void drop(struct rewriter *w)
{
    bool everywhere = w->h.object == HEAD_TABLE || w->h.object == HEAD_INDEX || w->h.object == HEAD_VIEW ||
                      (w->h.object == HEAD_TRIGGER && can(w, GUARD_OBJECT)) || can(w, GUARD_BLOCK);
    if (everywhere && !head_has(&w->h, HEAD_IF_EXISTS) && w->h.name.name.n)
        rewriter_insert(w, begins(&w->h.name), SLICE("IF EXISTS "), "IF EXISTS");
}

static bool is_relation(enum head_object object)
{
    return object == HEAD_TABLE || object == HEAD_VIEW || object == HEAD_MATVIEW || object == HEAD_INDEX ||
           object == HEAD_SEQUENCE;
}

/* COMMENT, GRANT, REVOKE, TRUNCATE: only while their object is there. */
static void about(struct rewriter *w)
{
    STRBUF(c, 2048);
    if (head_has(&w->h, HEAD_MANY) || !w->h.name.name.n)
        return;
    if (is_relation(w->h.object))
        when_relation(w, &c, &w->h.name, true);
    else if (w->h.object == HEAD_COLUMN)
        when_column(w, &c, &w->h.on, w->h.name.name, true);
    else if (w->h.object == HEAD_CONSTRAINT && w->h.on.name.n)
        when_constraint(w, &c, &w->h.on, w->h.name.name, true);
    else if (w->h.object == HEAD_TYPE || w->h.object == HEAD_DOMAIN)
        when_type(w, &c, &w->h.name, true);
    rewriter_block(w, &c, w->sql, "a guard");
}

/* ---- all ----------------------------------------------------------------------------------------------------------- */

static void ddl(struct rewriter *w)
{
    switch (w->h.action) {
    case HEAD_CREATE:
        if (!head_has(&w->h, HEAD_TEMP))
            create(w);
        return;
    case HEAD_DROP:
        drop(w);
        return;
    case HEAD_ALTER:
    case HEAD_RENAME:
    case HEAD_MOVE:
        rewrite_alter(w);
        return;
    case HEAD_COMMENT:
    case HEAD_GRANT:
    case HEAD_REVOKE:
    case HEAD_TRUNCATE:
        about(w);
        return;
    case HEAD_ACTION_NONE:
    case HEAD_REFRESH:
    case HEAD_REINDEX:
        return;
    }
}

int rewrite_forms(struct arena *a, const struct dialect *dialect, uint32_t guards, const struct rewrite_known *known,
                  struct slice statement, struct rewrites *out, struct pawl_error *e)
{
    struct rewriter w = {.a = a, .d = dialect, .guards = guards, .known = known, .sql = statement, .out = out};
    *out = (struct rewrites){.n = 0};
    if (slice_find_byte(statement, '\0') != SIZE_MAX) /* no engine reads that */
        return PAWL_OK;
    head_read(&w.h, dialect, statement);
    if (w.h.class == HEAD_DDL)
        ddl(&w);
    else if (w.h.class == HEAD_INSERT)
        rewrite_insert(&w);
    else if (w.h.class == HEAD_UPDATE || w.h.class == HEAD_DELETE)
        rewrite_change(&w);
    return w.nomem ? err_nomem(e) : PAWL_OK;
}
