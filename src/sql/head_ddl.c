#include "sql/head_ddl.h"

static void rest(struct head *h, const struct cursor *c)
{
    h->rest = cursor_rest(c);
}

static void flag_if(struct head *h, bool yes, enum head_flag flag)
{
    if (yes)
        h->flags |= (uint32_t)flag;
}

static bool concurrently(struct head *h, struct cursor *c, const char *why)
{
    if (!cursor_flag(c, DIALECT_CONCURRENTLY) || !cursor_eat(c, "concurrently"))
        return false;
    h->flags |= HEAD_CONCURRENTLY;
    head_outside(h, why);
    return true;
}

/* ---- CREATE ------------------------------------------------------------------------------------------------------ */

/* MySQL's DEFINER = user@host; the host is one token with its @. */
static bool definer(struct cursor *c)
{
    if (!cursor_eat(c, "definer") || !cursor_eat_mark(c, '='))
        return false;
    cursor_step(c);
    if (cursor_mark(c, '('))
        return cursor_group(c);
    if (c->t.kind == TOKEN_PARAMETER)
        cursor_step(c);
    return true;
}

static void modifiers(struct head *h, struct cursor *c)
{
    for (;;) {
        if (cursor_phrase(c, "or replace"))
            h->flags |= HEAD_OR_REPLACE;
        else if (cursor_eat(c, "temp") || cursor_eat(c, "temporary"))
            h->flags |= HEAD_TEMP;
        else if (cursor_eat(c, "unique"))
            h->flags |= HEAD_UNIQUE;
        else if (cursor_eat(c, "virtual"))
            h->flags |= HEAD_VIRTUAL;
        else if (cursor_sees(c, "foreign table") && cursor_eat(c, "foreign"))
            h->flags |= HEAD_FOREIGN;
        else if (cursor_eat(c, "global") || cursor_eat(c, "local") || cursor_eat(c, "unlogged") ||
                 cursor_eat(c, "recursive") || cursor_eat(c, "fulltext") || cursor_eat(c, "spatial") ||
                 (cursor_sees(c, "constraint trigger") && cursor_eat(c, "constraint")) ||
                 cursor_phrase(c, "sql security definer") || cursor_phrase(c, "sql security invoker") || definer(c))
            continue;
        else if (cursor_eat(c, "algorithm") && cursor_eat_mark(c, '='))
            cursor_step(c);
        else
            return;
    }
}

static bool create_table(struct head *h, struct cursor *c)
{
    if (!cursor_name(c, &h->name))
        return false;
    rest(h, c);
    if (cursor_phrase(c, "partition of")) {
        h->flags |= HEAD_PARTITION;
        if (!cursor_name(c, &h->on))
            return false;
    }
    for (; !cursor_done(c); cursor_skip(c))
        if (cursor_is(c, "as") || cursor_is(c, "select"))
            h->flags |= HEAD_FROM_QUERY | HEAD_WRITES;
    return true;
}

static bool create_index(struct head *h, struct cursor *c)
{
    concurrently(h, c, "CREATE INDEX CONCURRENTLY");
    flag_if(h, cursor_phrase(c, "if not exists"), HEAD_IF_NOT_EXISTS);
    if (cursor_is(c, "on"))
        h->flags |= HEAD_UNNAMED;
    else if (!cursor_name(c, &h->name))
        return false;
    if (cursor_flag(c, DIALECT_ALTER_KEYS) && cursor_eat(c, "using"))
        cursor_step(c);
    if (!cursor_eat(c, "on"))
        return false;
    flag_if(h, cursor_flag(c, DIALECT_CONCURRENTLY) && cursor_eat(c, "only"), HEAD_ONLY);
    if (!cursor_name(c, &h->on))
        return false;
    rest(h, c);
    return true;
}

/* name .. ON table, the table behind the first such word. */
static bool create_on(struct head *h, struct cursor *c, const char *before)
{
    if (!cursor_name(c, &h->name))
        return false;
    rest(h, c);
    return cursor_seek(c, before) && cursor_eat(c, before) && cursor_name(c, &h->on);
}

static bool create_rule(struct head *h, struct cursor *c)
{
    if (!cursor_name(c, &h->name) || !cursor_phrase(c, "as on"))
        return false;
    cursor_step(c);
    if (!cursor_eat(c, "to") || !cursor_name(c, &h->on))
        return false;
    rest(h, c);
    return true;
}

/* With elements it is several statements in one, which nobody should take for a plain CREATE SCHEMA. */
static bool create_schema(struct head *h, struct cursor *c)
{
    if (cursor_is(c, "authorization") || !cursor_name(c, &h->name))
        return false;
    rest(h, c);
    for (; !cursor_done(c); cursor_skip(c))
        if (cursor_is(c, "create") || cursor_is(c, "grant"))
            return false;
    return true;
}

/* A slot on the publisher cannot be made in a transaction; only options that surely avoid it are believed. */
static bool create_subscription(struct head *h, struct cursor *c)
{
    if (!cursor_name(c, &h->name))
        return false;
    rest(h, c);
    struct slice none = SLICE("none"), no = SLICE("false"), off = SLICE("off"), zero = SLICE("0");
    bool slot = true;
    while (!cursor_done(c)) {
        bool slot_name = cursor_is(c, "slot_name");
        if (!slot_name && !cursor_is(c, "connect") && !cursor_is(c, "create_slot")) {
            cursor_step(c);
            continue;
        }
        cursor_step(c);
        if (!cursor_eat_mark(c, '='))
            continue;
        struct slice v = lexer_slice(&c->lx, &c->t);
        if (slot_name ? slice_ieq(v, none) : slice_ieq(v, no) || slice_ieq(v, off) || slice_eq(v, zero))
            slot = false;
    }
    if (slot)
        head_outside(h, "CREATE SUBSCRIPTION that makes a replication slot");
    return true;
}

static bool create(struct head *h, struct cursor *c)
{
    h->action = HEAD_CREATE;
    modifiers(h, c);
    h->object = head_object_words(c);
    if (h->object == HEAD_DATABASE)
        head_outside(h, "CREATE DATABASE");
    if (h->object == HEAD_TABLESPACE)
        head_outside(h, "CREATE TABLESPACE");
    if (h->object == HEAD_INDEX)
        return create_index(h, c);
    flag_if(h, cursor_phrase(c, "if not exists"), HEAD_IF_NOT_EXISTS);
    switch (h->object) {
    case HEAD_TABLE:
        return create_table(h, c);
    case HEAD_TRIGGER:
    case HEAD_POLICY:
        return create_on(h, c, "on");
    case HEAD_RULE:
        return create_rule(h, c);
    case HEAD_SCHEMA:
        return create_schema(h, c);
    case HEAD_SUBSCRIPTION:
        return create_subscription(h, c);
    case HEAD_STATISTICS:
        if (cursor_is(c, "on") || cursor_mark(c, '(')) {
            h->flags |= HEAD_UNNAMED;
            return true;
        }
        break;
    case HEAD_OTHER:
        rest(h, c);
        return true;
    case HEAD_OBJECT_NONE:
    case HEAD_COLUMN:
    case HEAD_CONSTRAINT:
    case HEAD_ENUM_VALUE:
    case HEAD_ATTRIBUTE:
        return false;
    case HEAD_INDEX:
    case HEAD_VIEW:
    case HEAD_MATVIEW:
    case HEAD_SEQUENCE:
    case HEAD_TYPE:
    case HEAD_DOMAIN:
    case HEAD_FUNCTION:
    case HEAD_PROCEDURE:
    case HEAD_AGGREGATE:
    case HEAD_EVENT_TRIGGER:
    case HEAD_EXTENSION:
    case HEAD_PUBLICATION:
    case HEAD_COLLATION:
    case HEAD_DATABASE:
    case HEAD_TABLESPACE:
    case HEAD_ROLE:
        break;
    }
    bool named = cursor_name(c, &h->name);
    rest(h, c);
    return named;
}

/* ---- DROP -------------------------------------------------------------------------------------------------------- */

static bool takes_arguments(enum head_object object)
{
    return object == HEAD_FUNCTION || object == HEAD_PROCEDURE || object == HEAD_AGGREGATE;
}

static bool takes_table(enum head_object object)
{
    return object == HEAD_TRIGGER || object == HEAD_RULE || object == HEAD_POLICY || object == HEAD_INDEX;
}

/* From the first name to the end: a, b (..) ON t CASCADE, and nothing else. */
static bool drop_names(struct head *h, struct cursor *c)
{
    if (!cursor_name(c, &h->name))
        return false;
    rest(h, c);
    for (;;) {
        if (takes_arguments(h->object) && !cursor_group(c))
            return false;
        if (!cursor_eat_mark(c, ','))
            break;
        h->flags |= HEAD_MANY;
        struct head_name more;
        if (!cursor_name(c, &more))
            return false;
    }
    if (takes_table(h->object) && cursor_eat(c, "on") && !cursor_name(c, &h->on))
        return false;
    if (cursor_eat(c, "cascade"))
        h->flags |= HEAD_CASCADE;
    else
        cursor_eat(c, "restrict");
    return cursor_done(c);
}

static bool drop(struct head *h, struct cursor *c)
{
    h->action = HEAD_DROP;
    flag_if(h, cursor_eat(c, "temporary"), HEAD_TEMP);
    h->object = head_object_words(c);
    if (h->object == HEAD_DATABASE)
        head_outside(h, "DROP DATABASE");
    if (h->object == HEAD_TABLESPACE)
        head_outside(h, "DROP TABLESPACE");
    if (h->object == HEAD_SUBSCRIPTION)
        head_outside(h, "DROP SUBSCRIPTION that drops a replication slot");
    if (h->object == HEAD_INDEX)
        concurrently(h, c, "DROP INDEX CONCURRENTLY");
    flag_if(h, cursor_phrase(c, "if exists"), HEAD_IF_EXISTS);
    if (h->object == HEAD_OTHER || h->object == HEAD_DATABASE) {
        if (h->object == HEAD_DATABASE && !cursor_name(c, &h->name))
            return false;
        rest(h, c);
        return true;
    }
    return h->object != HEAD_OBJECT_NONE && h->object != HEAD_COLUMN && h->object != HEAD_CONSTRAINT &&
           drop_names(h, c);
}

/* ---- ALTER ------------------------------------------------------------------------------------------------------- */

static void alter_outside(struct head *h, struct cursor c)
{
    if (h->object == HEAD_DATABASE && cursor_sees(&c, "set tablespace"))
        head_outside(h, "ALTER DATABASE .. SET TABLESPACE");
    if (h->object == HEAD_SUBSCRIPTION && (cursor_is(&c, "refresh") || cursor_sees(&c, "set publication") ||
                                           cursor_sees(&c, "add publication") || cursor_sees(&c, "drop publication")))
        head_outside(h, "ALTER SUBSCRIPTION that refreshes");
    if (h->object != HEAD_TABLE || !cursor_phrase(&c, "detach partition"))
        return;
    struct head_name partition;
    if (cursor_name(&c, &partition) && cursor_is(&c, "concurrently"))
        head_outside(h, "DETACH PARTITION CONCURRENTLY");
}

/* RENAME TO x or SET SCHEMA x and nothing more. */
static void alter_whole(struct head *h, struct cursor c)
{
    enum head_action action = HEAD_ACTION_NONE;
    if (cursor_phrase(&c, "rename to") ||
        (cursor_flag(&c, DIALECT_ALTER_KEYS) && !cursor_sees(&c, "rename column") && !cursor_sees(&c, "rename index") &&
         !cursor_sees(&c, "rename key") && cursor_eat(&c, "rename")))
        action = HEAD_RENAME;
    else if (cursor_phrase(&c, "set schema"))
        action = HEAD_MOVE;
    if (action == HEAD_RENAME && cursor_flag(&c, DIALECT_ALTER_KEYS))
        cursor_eat(&c, "as");
    if (action == HEAD_ACTION_NONE || !cursor_identifier(&c, &h->to) || !cursor_done(&c))
        h->to = (struct slice){0};
    else
        h->action = action;
}

/* PostgreSQL reserves ONLY: it is never the name. On SQLite it is the name if what is done to the table follows at once. */
static void alter_only(struct head *h, struct cursor *c)
{
    struct cursor ahead = *c;
    bool postgres = cursor_flag(c, DIALECT_CONCURRENTLY), sqlite = cursor_flag(c, DIALECT_PRAGMA);
    if (!(postgres || sqlite) || !cursor_eat(&ahead, "only"))
        return;
    if (sqlite && (cursor_mark(&ahead, '.') || cursor_is(&ahead, "add") || cursor_is(&ahead, "drop") ||
                   cursor_is(&ahead, "alter") || cursor_is(&ahead, "rename")))
        return;
    h->flags |= HEAD_ONLY;
    *c = ahead;
}

static bool alter(struct head *h, struct cursor *c)
{
    h->action = HEAD_ALTER;
    flag_if(h, cursor_sees(c, "foreign table"), HEAD_FOREIGN);
    if (cursor_flag(c, DIALECT_CONCURRENTLY) && cursor_is(c, "system"))
        head_outside(h, "ALTER SYSTEM");
    h->object = head_object_words(c);
    if (h->object == HEAD_OTHER) {
        rest(h, c);
        return true;
    }
    if (h->object == HEAD_OBJECT_NONE || h->object == HEAD_CONSTRAINT || h->object == HEAD_COLUMN ||
        cursor_sees(c, "all in tablespace"))
        return false;
    flag_if(h, cursor_phrase(c, "if exists"), HEAD_IF_EXISTS);
    if (h->object == HEAD_TABLE)
        alter_only(h, c);
    if (!cursor_name(c, &h->name))
        return false;
    if (h->object == HEAD_TABLE && cursor_flag(c, DIALECT_CONCURRENTLY))
        cursor_eat_mark(c, '*');
    if (takes_arguments(h->object) && !cursor_group(c))
        return false;
    if (takes_table(h->object) && cursor_eat(c, "on") && !cursor_name(c, &h->on))
        return false;
    rest(h, c);
    if (cursor_done(c))
        return false;
    alter_outside(h, *c);
    alter_whole(h, *c);
    return true;
}

/* ---- the others -------------------------------------------------------------------------------------------------- */

/* table.column or schema.table.column */
static bool column_name(struct head *h, struct cursor *c)
{
    struct slice part[4];
    size_t n = 0;
    do {
        if (n == 3 || !cursor_identifier(c, &part[n++]))
            return false;
    } while (cursor_eat_mark(c, '.'));
    if (n < 2)
        return false;
    h->name.name = part[n - 1];
    h->on.name = part[n - 2];
    h->on.schema = n == 3 ? part[0] : (struct slice){0};
    return true;
}

static bool comment(struct head *h, struct cursor *c)
{
    h->action = HEAD_COMMENT;
    if (!cursor_eat(c, "on"))
        return false;
    h->object = head_object_words(c);
    if (h->object == HEAD_OBJECT_NONE)
        return false;
    if (h->object == HEAD_OTHER) {
        rest(h, c);
        return true;
    }
    if (h->object == HEAD_COLUMN ? !column_name(h, c) : !cursor_name(c, &h->name))
        return false;
    if (takes_arguments(h->object) && !cursor_group(c))
        return false;
    if ((takes_table(h->object) || h->object == HEAD_CONSTRAINT) && cursor_eat(c, "on")) {
        if (cursor_sees(c, "domain"))
            return false;
        if (!cursor_name(c, &h->on))
            return false;
    }
    rest(h, c);
    return cursor_is(c, "is");
}

/* GRANT and REVOKE: the kind of object and, where it is one by name, the name. */
static bool grant(struct head *h, struct cursor *c, enum head_action action)
{
    h->action = action;
    rest(h, c);
    if (!cursor_seek(c, "on")) {
        h->object = HEAD_ROLE;
        return true;
    }
    cursor_step(c);
    if (cursor_is(c, "all")) {
        h->object = HEAD_OTHER;
        return true;
    }
    struct cursor ahead = *c;
    h->object = head_object_words(&ahead);
    if (h->object != HEAD_OBJECT_NONE && (ahead.t.kind == TOKEN_WORD || ahead.t.kind == TOKEN_QUOTED) &&
        !cursor_is(&ahead, "to") && !cursor_is(&ahead, "from"))
        *c = ahead;
    else
        h->object = HEAD_TABLE;
    if (h->object == HEAD_OTHER)
        return true;
    if (!cursor_name(c, &h->name) || (takes_arguments(h->object) && !cursor_group(c)))
        return false;
    flag_if(h, cursor_mark(c, ','), HEAD_MANY);
    return cursor_mark(c, ',') || cursor_is(c, "to") || cursor_is(c, "from");
}

static bool truncate(struct head *h, struct cursor *c)
{
    h->action = HEAD_TRUNCATE;
    h->object = HEAD_TABLE;
    h->flags |= HEAD_WRITES;
    cursor_eat(c, "table");
    cursor_eat(c, "only");
    if (!cursor_name(c, &h->name))
        return false;
    rest(h, c);
    cursor_eat_mark(c, '*');
    flag_if(h, cursor_mark(c, ','), HEAD_MANY);
    for (; !cursor_done(c); cursor_step(c))
        flag_if(h, cursor_is(c, "cascade"), HEAD_CASCADE);
    return true;
}

/* MySQL's RENAME TABLE a TO b; a list of them is not taken apart. */
static bool rename_table(struct head *h, struct cursor *c)
{
    struct head_name to;
    h->action = HEAD_RENAME;
    h->object = HEAD_TABLE;
    if (!cursor_eat(c, "table") || !cursor_name(c, &h->name) || !cursor_eat(c, "to") || !cursor_name(c, &to))
        return false;
    h->to = to.name;
    return to.schema.n == 0 && cursor_done(c);
}

bool head_ddl(struct head *h, struct cursor *c)
{
    if (cursor_eat(c, "create"))
        return create(h, c);
    if (cursor_eat(c, "drop"))
        return drop(h, c);
    if (cursor_eat(c, "alter"))
        return alter(h, c);
    if (cursor_eat(c, "comment"))
        return comment(h, c);
    if (cursor_eat(c, "grant"))
        return grant(h, c, HEAD_GRANT);
    if (cursor_eat(c, "revoke"))
        return grant(h, c, HEAD_REVOKE);
    if (cursor_eat(c, "truncate"))
        return truncate(h, c);
    if (cursor_eat(c, "rename"))
        return rename_table(h, c);
    return false;
}
