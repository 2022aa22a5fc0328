#include "sql/lacks.h"

#include "sql/cursor.h"

/* ---- ADD COLUMN --------------------------------------------------------------------------------------------------- */

/* Behind DEFAULT. NULL counts as none. */
static bool constant_default(struct cursor *c, bool *any)
{
    bool null = cursor_is(c, "null");
    bool constant = !cursor_mark(c, '(') && !cursor_is(c, "current_time") && !cursor_is(c, "current_date") &&
                    !cursor_is(c, "current_timestamp");
    bool sign = cursor_eat_mark(c, '-') || cursor_eat_mark(c, '+');
    constant &= !null || !sign;
    cursor_skip(c);
    *any |= !null;
    return constant && !cursor_mark(c, '(') && c->t.kind != TOKEN_PUNCTUATION;
}

bool lack_adds_itself(const struct dialect *d, struct slice definition)
{
    struct cursor c;
    bool not_null = false, has_default = false, refers = false, generated = false;
    cursor_init(&c, d, definition);
    while (!cursor_done(&c) && c.t.kind != TOKEN_ERROR) {
        if (cursor_is(&c, "primary") || cursor_is(&c, "unique") || cursor_is(&c, "stored"))
            return false;
        if (cursor_eat(&c, "default")) {
            if (!constant_default(&c, &has_default))
                return false;
            continue;
        }
        not_null |= cursor_sees(&c, "not null");
        refers |= cursor_is(&c, "references");
        generated |= cursor_is(&c, "as");
        if (c.t.kind == TOKEN_PUNCTUATION && c.t.c != '(' && c.t.c != ')')
            return false;
        cursor_skip(&c);
    }
    return !(not_null && !has_default) && !(refers && has_default) && !(generated && not_null);
}

/* ---- ALTER TABLE -------------------------------------------------------------------------------------------------- */

static enum lack of_sqlite(const struct dialect *d, const struct head_part *p)
{
    bool guarded = (p->flags & (HEAD_IF_EXISTS | HEAD_IF_NOT_EXISTS)) != 0;
    if (p->object == HEAD_CONSTRAINT && p->action != HEAD_ACTION_NONE)
        return LACK_REBUILD;
    if (p->object != HEAD_COLUMN)
        return LACK_NOTHING;
    if (p->action == HEAD_ALTER || p->action == HEAD_DROP)
        return LACK_REBUILD;
    if (p->action == HEAD_CREATE && !lack_adds_itself(d, p->rest))
        return LACK_REBUILD;
    return guarded ? LACK_GUARD : LACK_NOTHING;
}

static enum lack of_others(const struct head_part *p)
{
    if (p->object == HEAD_CONSTRAINT && p->action == HEAD_CREATE && (p->flags & HEAD_IF_NOT_EXISTS))
        return LACK_GUARD;
    return p->action == HEAD_RENAME && (p->flags & HEAD_IF_EXISTS) ? LACK_GUARD : LACK_NOTHING;
}

static enum lack of_parts(const struct dialect *d, const struct head *h, struct slice sql)
{
    struct head_parts parts;
    struct head_part p;
    bool sqlite = dialect_has(d, DIALECT_PRAGMA);
    enum lack worst = sqlite && (head_has(h, HEAD_IF_EXISTS) || head_has(h, HEAD_ONLY)) ? LACK_GUARD : LACK_NOTHING;
    size_t n = 0;
    head_parts_init(&parts, h, d, sql);
    for (; head_parts_next(&parts, &p); n++) {
        enum lack one = sqlite ? of_sqlite(d, &p) : of_others(&p);
        worst = one > worst ? one : worst;
    }
    return sqlite && n > 1 ? LACK_REBUILD : worst;
}

/* REASSIGN OWNED gives away databases, too. */
static bool is_wide_otherwise(const struct dialect *d, struct slice sql)
{
    struct cursor c;
    cursor_init(&c, d, sql);
    return cursor_eat(&c, "alter") ? cursor_is(&c, "system") : cursor_is(&c, "reassign");
}

bool lack_wide(const struct dialect *d, const struct head *h, struct slice sql)
{
    if (!dialect_has(d, DIALECT_CONCURRENTLY) || h->class != HEAD_DDL)
        return false;
    bool object = h->object == HEAD_ROLE || h->object == HEAD_DATABASE || h->object == HEAD_TABLESPACE;
    return (object && h->action != HEAD_ACTION_NONE) ||
           ((h->object == HEAD_OTHER || h->object == HEAD_OBJECT_NONE) && is_wide_otherwise(d, sql));
}

/* Is one of the words that a role is called by at the beginning, whatever stands behind it? */
static bool begins_role(struct slice sql)
{
    static const struct slice words[] = {{"role", 4}, {"user", 4}, {"group", 5}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (slice_ieq(slice_sub(sql, 0, words[i].n), words[i]))
            return true;
    return false;
}

bool lack_role(const struct dialect *d, const struct head *h, struct slice sql)
{
    static const struct slice create = {"create", 6};
    struct cursor c;
    if (!dialect_has(d, DIALECT_CONCURRENTLY))
        return false;
    if (h->class == HEAD_DDL)
        return h->action == HEAD_CREATE && h->object == HEAD_ROLE;
    cursor_init(&c, d, sql);
    if (!cursor_is(&c, "do"))
        return false;
    for (size_t i = 0; i + create.n < sql.n; i++)
        if (slice_ieq(slice_sub(sql, i, i + create.n), create) &&
            begins_role(slice_trim(slice_sub(sql, i + create.n, sql.n))))
            return true;
    return false;
}

/* What PostgreSQL creates without a word for "unless it is there". */
static bool unguarded(enum head_object object)
{
    return object == HEAD_TYPE || object == HEAD_DOMAIN || object == HEAD_TRIGGER || object == HEAD_POLICY;
}

enum lack lack_of(const struct dialect *d, const struct head *h, struct slice sql)
{
    if (h->class != HEAD_DDL || dialect_has(d, DIALECT_ALTER_KEYS))
        return LACK_NOTHING;
    if (h->object == HEAD_TABLE && (h->action == HEAD_ALTER || h->action == HEAD_RENAME))
        return of_parts(d, h, sql);
    bool postgres = dialect_has(d, DIALECT_CONCURRENTLY);
    if (postgres && h->action == HEAD_CREATE && head_has(h, HEAD_IF_NOT_EXISTS) && unguarded(h->object))
        return LACK_GUARD;
    return LACK_NOTHING;
}
