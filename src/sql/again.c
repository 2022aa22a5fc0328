#include "sql/again.h"

#include "sql/cursor.h"

/* ---- rows -------------------------------------------------------------------------------------------------------- */

/* NULL, TRUE, 'text', -1, each with casts behind it. */
static bool literal(struct cursor *c)
{
    cursor_eat_mark(c, '-');
    bool is = c->t.kind == TOKEN_STRING || c->t.kind == TOKEN_NUMBER || cursor_is(c, "null") || cursor_is(c, "true") ||
              cursor_is(c, "false");
    if (is)
        cursor_step(c);
    while (is && c->t.kind == TOKEN_PUNCTUATION && c->t.c == ':' && c->t.length == 2) {
        struct head_name type;
        cursor_step(c);
        is = cursor_name(c, &type) && cursor_group(c);
    }
    return is;
}

/* UPDATE t SET a = 1, b = 'x' WHERE ..: what is set does not depend on what is there. */
static bool sets_literals(const struct dialect *dialect, struct slice text)
{
    struct cursor c;
    struct slice column;
    cursor_init(&c, dialect, text);
    if (!cursor_eat(&c, "update") || !cursor_seek(&c, "set"))
        return false;
    cursor_step(&c);
    do {
        if (!cursor_identifier(&c, &column) || !cursor_eat_mark(&c, '=') || !literal(&c))
            return false;
    } while (cursor_eat_mark(&c, ','));
    return cursor_done(&c) || cursor_is(&c, "where");
}

/* DELETE FROM t WHERE ..: by names, literals and operators only. */
static bool deletes_by_literals(const struct dialect *dialect, struct slice text)
{
    struct cursor c;
    bool literals = false;
    cursor_init(&c, dialect, text);
    if (!cursor_eat(&c, "delete") || !cursor_seek(&c, "where"))
        return false;
    for (cursor_step(&c); !cursor_done(&c); cursor_step(&c)) {
        if (cursor_is(&c, "select") || cursor_is(&c, "returning") || c.t.kind == TOKEN_PARAMETER)
            return false;
        literals |= c.t.kind == TOKEN_STRING || c.t.kind == TOKEN_NUMBER || cursor_is(&c, "null") ||
                    cursor_is(&c, "true") || cursor_is(&c, "false");
    }
    return literals;
}

/* INSERT .. SELECT .. WHERE NOT EXISTS (..). */
static bool looks_first(const struct dialect *dialect, struct slice text)
{
    struct cursor c;
    cursor_init(&c, dialect, text);
    while (!cursor_done(&c)) {
        if (cursor_sees(&c, "not exists"))
            return true;
        cursor_skip(&c);
    }
    return false;
}

/* ---- objects ----------------------------------------------------------------------------------------------------- */

static bool part_again(const struct head_part *p)
{
    if (p->action != HEAD_ALTER)
        return false;
    switch (p->change) {
    case HEAD_SET_DEFAULT:
    case HEAD_DROP_DEFAULT:
    case HEAD_SET_NOT_NULL:
    case HEAD_DROP_NOT_NULL:
    case HEAD_VALIDATE:
    case HEAD_ENABLE_RLS:
    case HEAD_DISABLE_RLS:
    case HEAD_OWNER:
    case HEAD_OPTION:
        return true;
    case HEAD_CHANGE_NONE:
    case HEAD_SET_TYPE:
    case HEAD_ADD_IDENTITY:
    case HEAD_DROP_IDENTITY:
    case HEAD_DROP_EXPRESSION:
    case HEAD_ATTACH:
    case HEAD_DETACH:
        break;
    }
    return false;
}

static bool parts_again(const struct head *h, const struct dialect *dialect, struct slice text)
{
    struct head_parts parts;
    struct head_part part;
    bool all = true, any = false;
    head_parts_init(&parts, h, dialect, text);
    while (head_parts_next(&parts, &part)) {
        any = true;
        all &= part_again(&part);
    }
    return all && any;
}

static bool ddl_again(const struct head *h, const struct dialect *dialect, struct slice text)
{
    switch (h->action) {
    case HEAD_CREATE:
        return head_has(h, HEAD_IF_NOT_EXISTS) || head_has(h, HEAD_OR_REPLACE);
    case HEAD_DROP:
        return head_has(h, HEAD_IF_EXISTS);
    case HEAD_COMMENT:
    case HEAD_GRANT:
    case HEAD_REVOKE:
    case HEAD_REFRESH:
    case HEAD_REINDEX:
        return true;
    case HEAD_ALTER:
        return parts_again(h, dialect, text);
    case HEAD_ACTION_NONE:
    case HEAD_RENAME:
    case HEAD_MOVE:
    case HEAD_TRUNCATE:
        break;
    }
    return false;
}

enum again again_of(const struct head *h, const struct dialect *dialect, struct slice text)
{
    switch (h->class) {
    case HEAD_DDL:
        return ddl_again(h, dialect, text) ? AGAIN_YES : AGAIN_NO;
    case HEAD_INSERT:
        return head_has(h, HEAD_CONFLICT) || looks_first(dialect, text) ? AGAIN_GUARDED : AGAIN_NO;
    case HEAD_UPDATE:
        return sets_literals(dialect, text) ? AGAIN_YES : AGAIN_NO;
    case HEAD_DELETE:
        return deletes_by_literals(dialect, text) ? AGAIN_YES : AGAIN_NO;
    case HEAD_SELECT:
        return head_has(h, HEAD_MAY_WRITE) || head_has(h, HEAD_WRITES) ? AGAIN_NO : AGAIN_YES;
    case HEAD_SET:
    case HEAD_PRAGMA:
    case HEAD_TRANSACTION:
    case HEAD_MAINTENANCE:
    case HEAD_SESSION:
        return AGAIN_YES;
    case HEAD_OPAQUE:
    case HEAD_MERGE:
    case HEAD_COPY:
    case HEAD_CALL:
        break;
    }
    return AGAIN_NO;
}
