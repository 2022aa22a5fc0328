#include "sql/cursor.h"

/* What a new part begins as: nothing is known. */
static void opaque(struct head_part *p)
{
    struct slice text = p->text;
    *p = (struct head_part){.text = text};
}

static bool mysql(const struct cursor *c)
{
    return cursor_flag(c, DIALECT_ALTER_KEYS);
}

static bool column(struct cursor *c, struct head_part *p)
{
    p->object = HEAD_COLUMN;
    return cursor_identifier(c, &p->name.name);
}

static bool known(struct head_part *p, enum head_action action, enum head_object object, enum head_change change)
{
    p->action = action;
    p->object = object;
    p->change = change;
    return true;
}

static void drop_behaviour(struct cursor *c, struct head_part *p)
{
    if (cursor_eat(c, "cascade"))
        p->flags |= HEAD_CASCADE;
    else
        cursor_eat(c, "restrict");
}

static void if_exists(struct cursor *c, struct head_part *p)
{
    if (cursor_phrase(c, "if exists"))
        p->flags |= HEAD_IF_EXISTS;
}

static void if_not_exists(struct cursor *c, struct head_part *p)
{
    if (cursor_phrase(c, "if not exists"))
        p->flags |= HEAD_IF_NOT_EXISTS;
}

/* ---- ADD --------------------------------------------------------------------------------------------------------- */

static bool unnamed_constraint(const struct cursor *c)
{
    struct cursor ahead = *c;
    if (cursor_sees(c, "primary key") || cursor_sees(c, "foreign key"))
        return true;
    if (cursor_eat(&ahead, "check"))
        return cursor_mark(&ahead, '(');
    if (cursor_eat(&ahead, "unique"))
        return cursor_mark(&ahead, '(') || cursor_sees(&ahead, "nulls") || cursor_sees(&ahead, "using index");
    return cursor_flag(c, DIALECT_CONCURRENTLY) && cursor_eat(&ahead, "exclude") &&
           (cursor_mark(&ahead, '(') || cursor_is(&ahead, "using"));
}

static bool add_constraint(struct cursor *c, struct head_part *p)
{
    p->action = HEAD_CREATE;
    p->object = HEAD_CONSTRAINT;
    if (cursor_eat(c, "constraint")) {
        if_not_exists(c, p);
        if (!unnamed_constraint(c) && !cursor_identifier(c, &p->name.name))
            return false;
    }
    if (p->name.name.n == 0)
        p->flags |= HEAD_UNNAMED;
    return unnamed_constraint(c);
}

/* MySQL's ADD [UNIQUE | FULLTEXT | SPATIAL] INDEX | KEY [name] (..) */
static bool add_key(struct cursor *c, struct head_part *p)
{
    struct cursor ahead = *c;
    bool unique = cursor_eat(&ahead, "unique");
    bool special = cursor_eat(&ahead, "fulltext") || cursor_eat(&ahead, "spatial");
    if (!cursor_eat(&ahead, "index") && !cursor_eat(&ahead, "key") && !unique && !special)
        return false;
    *c = ahead;
    p->action = HEAD_CREATE;
    p->object = HEAD_INDEX;
    p->flags |= unique ? HEAD_UNIQUE : 0;
    if_not_exists(c, p);
    if (cursor_mark(c, '('))
        p->flags |= HEAD_UNNAMED;
    else
        cursor_identifier(c, &p->name.name);
    return true;
}

static bool add(struct cursor *c, struct head_part *p)
{
    if (cursor_is(c, "constraint") || unnamed_constraint(c))
        return add_constraint(c, p);
    if (mysql(c) && add_key(c, p))
        return true;
    p->action = HEAD_CREATE;
    if (!cursor_eat(c, "column") && mysql(c) && cursor_is(c, "partition"))
        return false;
    if_not_exists(c, p);
    return column(c, p) && (!cursor_done(c) || cursor_flag(c, DIALECT_PRAGMA));
}

/* ---- DROP and RENAME --------------------------------------------------------------------------------------------- */

static bool drop(struct cursor *c, struct head_part *p)
{
    p->action = HEAD_DROP;
    if (cursor_eat(c, "constraint")) {
        p->object = HEAD_CONSTRAINT;
    } else if (mysql(c) && (cursor_eat(c, "index") || cursor_eat(c, "key"))) {
        p->object = HEAD_INDEX;
    } else if (mysql(c) && (cursor_phrase(c, "foreign key") || cursor_eat(c, "check"))) {
        p->object = HEAD_CONSTRAINT;
    } else if (mysql(c) && (cursor_sees(c, "primary key") || cursor_is(c, "partition"))) {
        return false;
    } else {
        cursor_eat(c, "column");
        p->object = HEAD_COLUMN;
    }
    if_exists(c, p);
    if (!cursor_identifier(c, &p->name.name))
        return false;
    drop_behaviour(c, p);
    return true;
}

static bool rename_part(struct cursor *c, struct head_part *p, enum head_object whole)
{
    p->action = HEAD_RENAME;
    if (cursor_eat(c, "to") || (mysql(c) && cursor_eat(c, "as"))) {
        p->object = whole;
        return cursor_identifier(c, &p->to);
    }
    if (cursor_eat(c, "constraint"))
        p->object = HEAD_CONSTRAINT;
    else if (mysql(c) && (cursor_eat(c, "index") || cursor_eat(c, "key")))
        p->object = HEAD_INDEX;
    else if (cursor_eat(c, "column") || whole != HEAD_TYPE)
        p->object = HEAD_COLUMN;
    else
        return false;
    if_exists(c, p);
    if (!cursor_identifier(c, &p->name.name))
        return false;
    if (mysql(c) && p->object == HEAD_COLUMN && cursor_done(c)) { /* RENAME new_table_name */
        p->object = whole;
        p->to = p->name.name;
        p->name = (struct head_name){0};
        return true;
    }
    return cursor_eat(c, "to") && cursor_identifier(c, &p->to);
}

/* ---- ALTER ------------------------------------------------------------------------------------------------------- */

static bool alter_column(struct cursor *c, struct head_part *p)
{
    static const struct {
        const char *words;
        enum head_change change;
    } changes[] = {
        {"type", HEAD_SET_TYPE},
        {"set data type", HEAD_SET_TYPE},
        {"set default", HEAD_SET_DEFAULT},
        {"drop default", HEAD_DROP_DEFAULT},
        {"set not null", HEAD_SET_NOT_NULL},
        {"drop not null", HEAD_DROP_NOT_NULL},
        {"add generated", HEAD_ADD_IDENTITY},
        {"drop identity", HEAD_DROP_IDENTITY},
        {"drop expression", HEAD_DROP_EXPRESSION},
        {"set", HEAD_OPTION},
        {"reset", HEAD_OPTION},
        {"restart", HEAD_OPTION},
    };
    cursor_eat(c, "column");
    if (!column(c, p))
        return false;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        if (cursor_phrase(c, changes[i].words)) {
            p->change = changes[i].change;
            if_exists(c, p);
            return true;
        }
    }
    return false;
}

static bool alter(struct cursor *c, struct head_part *p)
{
    p->action = HEAD_ALTER;
    if (cursor_eat(c, "constraint")) {
        p->object = HEAD_CONSTRAINT;
        p->change = HEAD_OPTION;
        return cursor_identifier(c, &p->name.name);
    }
    if (mysql(c) && (cursor_is(c, "index") || cursor_is(c, "check")))
        return false;
    return alter_column(c, p);
}

static bool partition(struct cursor *c, struct head_part *p, enum head_change change)
{
    known(p, HEAD_ALTER, HEAD_TABLE, change);
    if (!cursor_name(c, &p->name))
        return false;
    if (cursor_eat(c, "concurrently"))
        p->flags |= HEAD_CONCURRENTLY | HEAD_OUTSIDE;
    return true;
}

static bool option(struct cursor *c, struct head_part *p)
{
    static const struct {
        const char *words;
        enum head_change change;
    } options[] = {
        {"enable row level security", HEAD_ENABLE_RLS},
        {"disable row level security", HEAD_DISABLE_RLS},
        {"force row level security", HEAD_OPTION},
        {"no force row level security", HEAD_OPTION},
        {"owner to", HEAD_OWNER},
        {"enable", HEAD_OPTION},
        {"disable", HEAD_OPTION},
        {"set", HEAD_OPTION},
        {"reset", HEAD_OPTION},
        {"cluster on", HEAD_OPTION},
        {"replica identity", HEAD_OPTION},
        {"inherit", HEAD_OPTION},
        {"no inherit", HEAD_OPTION},
    };
    if (cursor_phrase(c, "set schema")) {
        known(p, HEAD_MOVE, HEAD_TABLE, HEAD_CHANGE_NONE);
        return cursor_identifier(c, &p->to);
    }
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (cursor_phrase(c, options[i].words))
            return known(p, HEAD_ALTER, HEAD_TABLE, options[i].change);
    return false;
}

static bool table_part(struct cursor *c, struct head_part *p)
{
    if (cursor_eat(c, "add"))
        return add(c, p);
    if (cursor_eat(c, "drop"))
        return drop(c, p);
    if (cursor_eat(c, "rename"))
        return rename_part(c, p, HEAD_TABLE);
    if (cursor_eat(c, "alter"))
        return alter(c, p);
    if (mysql(c) && cursor_eat(c, "modify")) {
        cursor_eat(c, "column");
        known(p, HEAD_ALTER, HEAD_COLUMN, HEAD_SET_TYPE);
        return column(c, p);
    }
    if (cursor_phrase(c, "validate constraint")) {
        known(p, HEAD_ALTER, HEAD_CONSTRAINT, HEAD_VALIDATE);
        return cursor_identifier(c, &p->name.name);
    }
    if (cursor_phrase(c, "attach partition"))
        return partition(c, p, HEAD_ATTACH);
    if (cursor_phrase(c, "detach partition"))
        return partition(c, p, HEAD_DETACH);
    return cursor_flag(c, DIALECT_CONCURRENTLY) && option(c, p);
}

/* ---- ALTER TYPE -------------------------------------------------------------------------------------------------- */

static bool literal(struct cursor *c, struct slice *s)
{
    if (c->t.kind != TOKEN_STRING)
        return false;
    *s = lexer_slice(&c->lx, &c->t);
    cursor_step(c);
    return true;
}

static bool attribute(struct cursor *c, struct head_part *p, enum head_action action)
{
    known(p, action, HEAD_ATTRIBUTE, HEAD_CHANGE_NONE);
    if (action == HEAD_DROP)
        if_exists(c, p);
    if (!cursor_identifier(c, &p->name.name))
        return false;
    if (action == HEAD_RENAME)
        return cursor_eat(c, "to") && cursor_identifier(c, &p->to);
    if (action == HEAD_ALTER) {
        p->change = HEAD_SET_TYPE;
        return cursor_eat(c, "type") || cursor_phrase(c, "set data type");
    }
    return true;
}

static bool type_part(struct cursor *c, struct head_part *p)
{
    if (cursor_phrase(c, "add value")) {
        known(p, HEAD_CREATE, HEAD_ENUM_VALUE, HEAD_CHANGE_NONE);
        if_not_exists(c, p);
        return literal(c, &p->name.name);
    }
    if (cursor_phrase(c, "rename value")) {
        known(p, HEAD_RENAME, HEAD_ENUM_VALUE, HEAD_CHANGE_NONE);
        return literal(c, &p->name.name) && cursor_eat(c, "to") && literal(c, &p->to);
    }
    if (cursor_phrase(c, "add attribute"))
        return attribute(c, p, HEAD_CREATE);
    if (cursor_phrase(c, "drop attribute"))
        return attribute(c, p, HEAD_DROP);
    if (cursor_phrase(c, "alter attribute"))
        return attribute(c, p, HEAD_ALTER);
    if (cursor_phrase(c, "rename attribute"))
        return attribute(c, p, HEAD_RENAME);
    if (cursor_eat(c, "rename"))
        return rename_part(c, p, HEAD_TYPE);
    if (cursor_phrase(c, "owner to"))
        return known(p, HEAD_ALTER, HEAD_TYPE, HEAD_OWNER);
    return option(c, p) && known(p, p->action, HEAD_TYPE, p->change);
}

/* ---- the iterator ------------------------------------------------------------------------------------------------ */

void head_parts_init(struct head_parts *p, const struct head *h, const struct dialect *dialect, struct slice text)
{
    *p = (struct head_parts){.object = h->object};
    lexer_init(&p->lx, dialect, text);
    p->done = h->rest.n == 0 || (h->action != HEAD_ALTER && h->action != HEAD_RENAME && h->action != HEAD_MOVE);
    if (!p->done)
        p->lx.at = (size_t)(h->rest.p - text.p);
}

/* The range up to the next comma at top level; brackets count too, and only where parts are lists. */
static struct slice whole_part(struct head_parts *p, bool list)
{
    struct cursor c;
    size_t depth = 0;
    cursor_from(&c, &p->lx);
    size_t from = c.t.offset;
    p->done = true;
    for (; c.t.kind != TOKEN_END && c.t.kind != TOKEN_ERROR; cursor_step(&c)) {
        if (depth == 0 && cursor_mark(&c, ';'))
            break;
        if (cursor_mark(&c, '(') || cursor_mark(&c, '['))
            depth++;
        else if ((cursor_mark(&c, ')') || cursor_mark(&c, ']')) && depth)
            depth--;
        else if (list && depth == 0 && cursor_mark(&c, ',')) {
            p->done = false;
            p->lx.at = c.t.offset + 1;
            break;
        }
    }
    return slice_trim(slice_sub(p->lx.text, from, c.behind > from ? c.behind : from));
}

bool head_parts_next(struct head_parts *p, struct head_part *part)
{
    if (p->done)
        return false;
    bool taken = p->object == HEAD_TABLE || p->object == HEAD_TYPE;
    *part = (struct head_part){.text = whole_part(p, taken)};
    if (!taken || part->text.n == 0)
        return true;
    struct cursor c;
    cursor_init(&c, p->lx.dialect, part->text);
    if (!(p->object == HEAD_TABLE ? table_part(&c, part) : type_part(&c, part)))
        opaque(part);
    else
        part->rest = cursor_rest(&c);
    return true;
}
