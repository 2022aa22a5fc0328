#include "sql/calls.h"
#include "sql/head_ddl.h"

/* ---- transaction control ------------------------------------------------------------------------------------------ */

static void control(struct head *h, enum head_transaction transaction)
{
    h->class = HEAD_TRANSACTION;
    h->transaction = transaction;
}

/* BEGIN is believed only with what may follow it: the body of a routine begins with the same word. */
static bool begin(struct head *h, struct cursor *c)
{
    static const char *const modes[] = {"work",      "transaction", "deferred", "immediate",  "exclusive",
                                        "isolation", "read",        "not",      "deferrable", "concurrent"};
    bool sure = cursor_done(c);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        sure = sure || cursor_is(c, modes[i]);
    if (sure)
        control(h, HEAD_TX_BEGIN);
    return sure;
}

/* COMMIT, END, ROLLBACK and ABORT with their options. */
static bool finish(struct head *h, struct cursor *c, enum head_transaction transaction, const char *prepared)
{
    if (transaction == HEAD_TX_ROLLBACK || prepared) {
        if (cursor_eat(c, "prepared")) {
            control(h, HEAD_TX_PREPARED);
            head_outside(h, prepared);
            return true;
        }
    }
    bool keyword = cursor_eat(c, "transaction") || cursor_eat(c, "work");
    if (transaction == HEAD_TX_ROLLBACK && cursor_eat(c, "to")) {
        control(h, HEAD_TX_ROLLBACK_TO);
        return true;
    }
    /* SQLite lets a name follow TRANSACTION. */
    if (keyword && cursor_flag(c, DIALECT_PRAGMA) && !cursor_done(c))
        cursor_step(c);
    if (!cursor_done(c) && !cursor_is(c, "and") && !cursor_is(c, "release") && !cursor_is(c, "no"))
        return false;
    h->chains = cursor_eat(c, "and") && cursor_is(c, "chain");
    control(h, transaction);
    return true;
}

static bool transaction(struct head *h, struct cursor *c)
{
    if (cursor_eat(c, "begin"))
        return begin(h, c);
    if (cursor_phrase(c, "start transaction"))
        control(h, HEAD_TX_BEGIN);
    else if (cursor_eat(c, "commit"))
        return finish(h, c, HEAD_TX_COMMIT, "COMMIT PREPARED");
    else if (cursor_eat(c, "end"))
        return finish(h, c, HEAD_TX_COMMIT, NULL);
    else if (cursor_eat(c, "rollback"))
        return finish(h, c, HEAD_TX_ROLLBACK, "ROLLBACK PREPARED");
    else if (cursor_eat(c, "abort"))
        return finish(h, c, HEAD_TX_ROLLBACK, "ROLLBACK PREPARED");
    else if (cursor_eat(c, "savepoint"))
        control(h, HEAD_TX_SAVEPOINT);
    else if (cursor_eat(c, "release"))
        control(h, HEAD_TX_RELEASE);
    else if (cursor_phrase(c, "prepare transaction") || cursor_eat(c, "xa"))
        control(h, HEAD_TX_PREPARE);
    return h->class == HEAD_TRANSACTION;
}

/* ---- SET and PRAGMA ---------------------------------------------------------------------------------------------- */

static bool set(struct head *h, struct cursor *c)
{
    h->class = HEAD_SET;
    if (cursor_eat(c, "reset")) {
        h->pragma = lexer_slice(&c->lx, &c->t);
        return true;
    }
    cursor_step(c);
    if (cursor_is(c, "transaction") || cursor_is(c, "constraints") || cursor_sees(c, "session characteristics") ||
        cursor_sees(c, "session transaction") || cursor_sees(c, "global transaction") ||
        cursor_sees(c, "local transaction")) {
        control(h, HEAD_TX_SET);
        return true;
    }
    if (!cursor_eat(c, "session") && !cursor_eat(c, "local"))
        cursor_eat(c, "global");
    size_t from = c->t.offset;
    do
        cursor_step(c);
    while (cursor_eat_mark(c, '.'));
    h->pragma = slice_sub(c->lx.text, from, c->behind);
    if (!cursor_eat_mark(c, '=') && !cursor_eat(c, "to") && c->t.length == 2 && c->t.c == ':')
        cursor_step(c);
    h->value = cursor_rest(c);
    return true;
}

/* As tried with SQLite 3.40 inside BEGIN IMMEDIATE. */
static const struct pragma {
    const char *name;
    const char *value; /* only this one; NULL = any */
    enum head_flag flag;
    const char *why;
} pragmas[] = {
    {"foreign_keys", NULL, HEAD_NO_EFFECT, "PRAGMA foreign_keys"},
    {"journal_mode", "wal", HEAD_OUTSIDE, "PRAGMA journal_mode = WAL"},
    {"journal_mode", NULL, HEAD_NO_EFFECT, "PRAGMA journal_mode"},
    {"synchronous", NULL, HEAD_OUTSIDE, "PRAGMA synchronous"},
    {"temp_store", NULL, HEAD_OUTSIDE, "PRAGMA temp_store"},
    {"temp_store_directory", NULL, HEAD_OUTSIDE, "PRAGMA temp_store_directory"},
    {"page_size", NULL, HEAD_NO_EFFECT, "PRAGMA page_size"},
    {"auto_vacuum", NULL, HEAD_NO_EFFECT, "PRAGMA auto_vacuum"},
    {"encoding", NULL, HEAD_NO_EFFECT, "PRAGMA encoding"},
};

static void pragma_effect(struct head *h)
{
    struct slice value = h->value;
    if (value.n > 2 && (value.p[0] == '\'' || value.p[0] == '"'))
        value = slice_sub(value, 1, value.n - 1);
    for (size_t i = 0; value.n && i < sizeof pragmas / sizeof *pragmas; i++) {
        if (!slice_ieq(h->pragma, slice_of(pragmas[i].name)) ||
            (pragmas[i].value && !slice_ieq(value, slice_of(pragmas[i].value))))
            continue;
        h->flags |= (uint32_t)pragmas[i].flag;
        h->why = pragmas[i].why;
        return;
    }
    if (slice_ieq(h->pragma, SLICE("wal_checkpoint")))
        head_outside(h, "PRAGMA wal_checkpoint");
}

static bool pragma(struct head *h, struct cursor *c)
{
    struct head_name name;
    h->class = HEAD_PRAGMA;
    cursor_step(c);
    if (!cursor_name(c, &name))
        return false;
    h->pragma = name.name;
    if (cursor_mark(c, '=') || cursor_mark(c, '(')) {
        cursor_step(c);
        size_t from = c->t.offset;
        while (!cursor_done(c) && !cursor_mark(c, ')'))
            cursor_step(c);
        h->value = slice_sub(c->lx.text, from, c->behind);
    }
    pragma_effect(h);
    return true;
}

/* ---- data -------------------------------------------------------------------------------------------------------- */

static void calls(struct head *h, struct cursor c)
{
    if (calls_any(c))
        h->flags |= HEAD_MAY_WRITE;
}

static bool insert(struct head *h, struct cursor *c)
{
    h->class = HEAD_INSERT;
    h->flags |= HEAD_WRITES;
    bool mysql = cursor_flag(c, DIALECT_ALTER_KEYS);
    if (cursor_is(c, "replace"))
        h->flags |= HEAD_CONFLICT;
    cursor_step(c);
    if (cursor_eat(c, "or")) {
        if (cursor_is(c, "ignore") || cursor_is(c, "replace"))
            h->flags |= HEAD_CONFLICT;
        cursor_step(c);
    }
    while (mysql && (cursor_eat(c, "low_priority") || cursor_eat(c, "delayed") || cursor_eat(c, "high_priority")))
        continue;
    if (mysql && cursor_eat(c, "ignore"))
        h->flags |= HEAD_CONFLICT;
    if (!cursor_eat(c, "into") && !mysql)
        return false;
    if (!cursor_name(c, &h->name))
        return false;
    h->rest = cursor_rest(c);
    for (; !cursor_done(c); cursor_skip(c)) {
        if (cursor_is(c, "select") || cursor_is(c, "with"))
            h->flags |= HEAD_FROM_QUERY;
        if (cursor_sees(c, "on conflict") || cursor_sees(c, "on duplicate key"))
            h->flags |= HEAD_CONFLICT;
    }
    return true;
}

static bool update(struct head *h, struct cursor *c)
{
    h->class = HEAD_UPDATE;
    h->flags |= HEAD_WRITES;
    cursor_step(c);
    if (cursor_eat(c, "or") || cursor_is(c, "low_priority"))
        cursor_step(c);
    if (!cursor_flag(c, DIALECT_PRAGMA))
        cursor_eat(c, "only");
    if (!cursor_name(c, &h->name))
        return false;
    h->rest = cursor_rest(c);
    return !cursor_mark(c, ',') && (!cursor_done(c));
}

static bool delete_or_merge(struct head *h, struct cursor *c, enum head_class class, const char *before)
{
    h->class = class;
    h->flags |= HEAD_WRITES;
    cursor_step(c);
    if (!cursor_eat(c, before))
        return false;
    if (!cursor_flag(c, DIALECT_PRAGMA))
        cursor_eat(c, "only");
    if (!cursor_name(c, &h->name))
        return false;
    h->rest = cursor_rest(c);
    return true;
}

/* SELECT .. INTO t makes a table; MySQL's INTO @a and INTO OUTFILE do not. */
static bool select_into(struct head *h, struct cursor *c)
{
    if (cursor_flag(c, DIALECT_ALTER_KEYS) || cursor_flag(c, DIALECT_PRAGMA))
        return true;
    h->class = HEAD_DDL;
    h->action = HEAD_CREATE;
    h->object = HEAD_TABLE;
    h->flags |= HEAD_FROM_QUERY | HEAD_WRITES;
    cursor_step(c);
    if (cursor_eat(c, "temp") || cursor_eat(c, "temporary"))
        h->flags |= HEAD_TEMP;
    else
        cursor_eat(c, "unlogged");
    cursor_eat(c, "table");
    return cursor_name(c, &h->name);
}

static bool query(struct head *h, struct cursor *c)
{
    h->class = HEAD_SELECT;
    calls(h, *c);
    for (; !cursor_done(c); cursor_skip(c))
        if (cursor_is(c, "into"))
            return select_into(h, c);
    return true;
}

static bool copy(struct head *h, struct cursor *c)
{
    h->class = HEAD_COPY;
    cursor_step(c);
    if (cursor_mark(c, '(')) {
        calls(h, *c);
        return cursor_group(c);
    }
    cursor_eat(c, "binary");
    if (!cursor_name(c, &h->name) || !cursor_group(c))
        return false;
    if (cursor_is(c, "from"))
        h->flags |= HEAD_WRITES;
    h->rest = cursor_rest(c);
    return cursor_is(c, "from") || cursor_is(c, "to");
}

static bool data(struct head *h, struct cursor *c)
{
    if (cursor_is(c, "insert") || cursor_is(c, "replace"))
        return insert(h, c);
    if (cursor_is(c, "update"))
        return update(h, c);
    if (cursor_is(c, "delete"))
        return delete_or_merge(h, c, HEAD_DELETE, "from");
    if (cursor_is(c, "merge"))
        return delete_or_merge(h, c, HEAD_MERGE, "into");
    if (cursor_is(c, "select") || cursor_is(c, "values") || cursor_is(c, "table") || cursor_mark(c, '('))
        return query(h, c);
    return false;
}

/* WITH a (..) AS [NOT] [MATERIALIZED] (..), b AS (..): over them to the statement itself, which then stands in sight. */
static bool with(struct head *h, struct cursor *c)
{
    cursor_step(c);
    cursor_eat(c, "recursive");
    do {
        struct slice name;
        if (!cursor_identifier(c, &name) || !cursor_group(c) || !cursor_eat(c, "as"))
            return false;
        cursor_eat(c, "not");
        cursor_eat(c, "materialized");
        struct cursor inner = *c;
        if (!cursor_eat_mark(&inner, '('))
            return false;
        if (cursor_is(&inner, "insert") || cursor_is(&inner, "update") || cursor_is(&inner, "delete") ||
            cursor_is(&inner, "merge"))
            h->flags |= HEAD_WRITES;
        calls(h, inner);
        if (!cursor_group(c))
            return false;
    } while (cursor_eat_mark(c, ','));
    return data(h, c);
}

/* ---- the rest ---------------------------------------------------------------------------------------------------- */

static bool reindex(struct head *h, struct cursor *c)
{
    h->class = HEAD_MAINTENANCE;
    h->action = HEAD_REINDEX;
    struct cursor options = *c;
    bool concurrently = false;
    if (cursor_flag(c, DIALECT_CONCURRENTLY) && cursor_mark(c, '(')) {
        for (; !cursor_done(&options) && !cursor_mark(&options, ')'); cursor_step(&options))
            concurrently = concurrently || cursor_is(&options, "concurrently");
        cursor_group(c);
    }
    if (!cursor_flag(c, DIALECT_CONCURRENTLY)) { /* SQLite: a table, an index or a collation */
        h->object = HEAD_OTHER;
        cursor_name(c, &h->name);
        return true;
    }
    if (cursor_is(c, "schema") || cursor_is(c, "database") || cursor_is(c, "system"))
        head_outside(h, "REINDEX of a schema or database");
    h->object = head_object_words(c);
    if (concurrently || cursor_eat(c, "concurrently")) {
        h->flags |= HEAD_CONCURRENTLY;
        head_outside(h, "REINDEX CONCURRENTLY");
    }
    cursor_name(c, &h->name);
    return h->object != HEAD_OBJECT_NONE;
}

static bool refresh(struct head *h, struct cursor *c)
{
    h->class = HEAD_MAINTENANCE;
    h->action = HEAD_REFRESH;
    h->object = HEAD_MATVIEW;
    h->flags |= HEAD_WRITES;
    if (!cursor_phrase(c, "materialized view"))
        return false;
    if (cursor_eat(c, "concurrently"))
        h->flags |= HEAD_CONCURRENTLY;
    return cursor_name(c, &h->name);
}

static bool maintenance(struct head *h, struct cursor *c)
{
    bool outside_lint = cursor_flag(c, DIALECT_CONCURRENTLY);
    if (cursor_eat(c, "reindex"))
        return reindex(h, c);
    if (cursor_eat(c, "refresh"))
        return refresh(h, c);
    h->class = HEAD_MAINTENANCE;
    if (cursor_eat(c, "vacuum")) {
        head_outside(h, "VACUUM");
    } else if (cursor_eat(c, "cluster")) {
        if (cursor_mark(c, '('))
            cursor_group(c);
        cursor_eat(c, "verbose");
        if (outside_lint && cursor_done(c))
            head_outside(h, "CLUSTER of all tables");
    }
    return true;
}

static bool session(struct head *h, struct cursor *c)
{
    h->class = HEAD_SESSION;
    if (cursor_eat(c, "discard") && cursor_is(c, "all"))
        head_outside(h, "DISCARD ALL");
    if (cursor_flag(c, DIALECT_PRAGMA) && cursor_is(c, "detach"))
        head_outside(h, "DETACH");
    if (cursor_is(c, "explain"))
        h->flags |= HEAD_MAY_WRITE;
    return true;
}

static const struct first_word {
    const char *word;
    enum head_class class;
} first_words[] = {
    {"create", HEAD_DDL},
    {"drop", HEAD_DDL},
    {"alter", HEAD_DDL},
    {"comment", HEAD_DDL},
    {"grant", HEAD_DDL},
    {"revoke", HEAD_DDL},
    {"truncate", HEAD_DDL},
    {"rename", HEAD_DDL},
    {"import", HEAD_DDL},
    {"security", HEAD_DDL},
    {"reassign", HEAD_DDL},
    {"insert", HEAD_INSERT},
    {"replace", HEAD_INSERT},
    {"update", HEAD_UPDATE},
    {"delete", HEAD_DELETE},
    {"merge", HEAD_MERGE},
    {"select", HEAD_SELECT},
    {"values", HEAD_SELECT},
    {"table", HEAD_SELECT},
    {"with", HEAD_SELECT},
    {"copy", HEAD_COPY},
    {"set", HEAD_SET},
    {"reset", HEAD_SET},
    {"pragma", HEAD_PRAGMA},
    {"begin", HEAD_TRANSACTION},
    {"start", HEAD_TRANSACTION},
    {"commit", HEAD_TRANSACTION},
    {"end", HEAD_TRANSACTION},
    {"rollback", HEAD_TRANSACTION},
    {"abort", HEAD_TRANSACTION},
    {"savepoint", HEAD_TRANSACTION},
    {"release", HEAD_TRANSACTION},
    {"xa", HEAD_TRANSACTION},
    {"call", HEAD_CALL},
    {"do", HEAD_CALL},
    {"execute", HEAD_CALL},
    {"vacuum", HEAD_MAINTENANCE},
    {"analyze", HEAD_MAINTENANCE},
    {"analyse", HEAD_MAINTENANCE},
    {"reindex", HEAD_MAINTENANCE},
    {"cluster", HEAD_MAINTENANCE},
    {"refresh", HEAD_MAINTENANCE},
    {"checkpoint", HEAD_MAINTENANCE},
    {"optimize", HEAD_MAINTENANCE},
    {"explain", HEAD_SESSION},
    {"show", HEAD_SESSION},
    {"listen", HEAD_SESSION},
    {"unlisten", HEAD_SESSION},
    {"notify", HEAD_SESSION},
    {"lock", HEAD_SESSION},
    {"unlock", HEAD_SESSION},
    {"discard", HEAD_SESSION},
    {"load", HEAD_SESSION},
    {"prepare", HEAD_SESSION},
    {"deallocate", HEAD_SESSION},
    {"declare", HEAD_SESSION},
    {"fetch", HEAD_SESSION},
    {"move", HEAD_SESSION},
    {"close", HEAD_SESSION},
    {"attach", HEAD_SESSION},
    {"detach", HEAD_SESSION},
    {"use", HEAD_SESSION},
    {"describe", HEAD_SESSION},
};

static enum head_class class_of(const struct cursor *c)
{
    if (cursor_mark(c, '('))
        return HEAD_SELECT;
    if (cursor_sees(c, "prepare transaction"))
        return HEAD_TRANSACTION;
    for (size_t i = 0; i < sizeof first_words / sizeof *first_words; i++)
        if (cursor_is(c, first_words[i].word))
            return first_words[i].class;
    return HEAD_OPAQUE;
}

static bool dispatch(struct head *h, struct cursor *c)
{
    switch (class_of(c)) {
    case HEAD_OPAQUE:
        return false;
    case HEAD_DDL:
        h->class = HEAD_DDL;
        return head_ddl(h, c);
    case HEAD_INSERT:
    case HEAD_UPDATE:
    case HEAD_DELETE:
    case HEAD_MERGE:
    case HEAD_SELECT:
        return cursor_is(c, "with") ? with(h, c) : data(h, c);
    case HEAD_COPY:
        return copy(h, c);
    case HEAD_SET:
        return set(h, c);
    case HEAD_PRAGMA:
        return cursor_flag(c, DIALECT_PRAGMA) && pragma(h, c);
    case HEAD_TRANSACTION:
        return transaction(h, c);
    case HEAD_CALL:
        h->class = HEAD_CALL;
        h->flags |= HEAD_MAY_WRITE;
        return true;
    case HEAD_MAINTENANCE:
        return maintenance(h, c);
    case HEAD_SESSION:
        return session(h, c);
    }
    return false;
}

/* What was not surely recognised must not look as if it were. What surely cannot stand in a transaction stays known. */
static void forget(struct head *h)
{
    h->action = HEAD_ACTION_NONE;
    h->object = HEAD_OBJECT_NONE;
    h->flags &= HEAD_OUTSIDE | HEAD_WRITES | HEAD_CONCURRENTLY | HEAD_NO_EFFECT;
    h->flags |= HEAD_MAY_WRITE;
    h->name = h->on = (struct head_name){0};
    h->to = h->rest = h->pragma = h->value = (struct slice){0};
}

void head_read(struct head *h, const struct dialect *dialect, struct slice text)
{
    struct cursor c;
    *h = (struct head){0};
    cursor_init(&c, dialect, text);
    if (!dispatch(h, &c))
        forget(h);
}
