/*
 * head: what a statement does, recognised from its tokens.
 *
 * A recogniser, not a grammar: it reads the head of one statement (as `split` gives it) and says only what it is sure of.
 * Where it is not, `action` is HEAD_ACTION_NONE: opaque. The class alone is coarser and nearly always known. Nothing is
 * allocated; every slice is a range of the statement, names are as written (sql/quote strips them). Facts: PostgreSQL's
 * gram.y and its PreventInTransactionBlock calls (12 to 18), SQLite's parse.y, MySQL's manual.
 */
#ifndef PAWL_SQL_HEAD_H
#define PAWL_SQL_HEAD_H

#include "sql/lexer.h"

enum head_class {
    HEAD_OPAQUE,
    HEAD_DDL,    /* create, drop, alter, comment, grant, truncate, .. */
    HEAD_INSERT, /* also REPLACE */
    HEAD_UPDATE,
    HEAD_DELETE,
    HEAD_MERGE,
    HEAD_SELECT, /* also VALUES, TABLE t, WITH .. SELECT; SELECT INTO creates a table: HEAD_DDL */
    HEAD_COPY,
    HEAD_SET, /* SET, RESET, but not SET TRANSACTION */
    HEAD_PRAGMA,
    HEAD_TRANSACTION, /* see `transaction` */
    HEAD_CALL,        /* CALL, DO, EXECUTE: can do anything */
    HEAD_MAINTENANCE, /* VACUUM, ANALYZE, REINDEX, CLUSTER, REFRESH, CHECKPOINT */
    HEAD_SESSION,     /* EXPLAIN, SHOW, LISTEN, LOCK, DISCARD, ATTACH, cursors, .. */
};

enum head_transaction {
    HEAD_TX_NONE,
    HEAD_TX_BEGIN,    /* BEGIN .., START TRANSACTION */
    HEAD_TX_COMMIT,   /* COMMIT, END */
    HEAD_TX_ROLLBACK, /* ROLLBACK, ABORT */
    HEAD_TX_SAVEPOINT,
    HEAD_TX_RELEASE,
    HEAD_TX_ROLLBACK_TO,
    HEAD_TX_PREPARE,  /* PREPARE TRANSACTION, XA .. */
    HEAD_TX_PREPARED, /* COMMIT PREPARED, ROLLBACK PREPARED */
    HEAD_TX_SET,      /* SET TRANSACTION, SET SESSION CHARACTERISTICS, SET CONSTRAINTS */
};

enum head_action {
    HEAD_ACTION_NONE,
    HEAD_CREATE,
    HEAD_DROP,
    HEAD_ALTER,  /* see head_parts for tables and types */
    HEAD_RENAME, /* the object itself: `to` is its new name */
    HEAD_MOVE,   /* ALTER .. SET SCHEMA: `to` is the schema */
    HEAD_COMMENT,
    HEAD_GRANT,
    HEAD_REVOKE,
    HEAD_TRUNCATE,
    HEAD_REFRESH,
    HEAD_REINDEX,
};

enum head_object {
    HEAD_OBJECT_NONE,
    HEAD_TABLE, /* also virtual and foreign ones */
    HEAD_COLUMN,
    HEAD_CONSTRAINT,
    HEAD_INDEX,
    HEAD_VIEW,
    HEAD_MATVIEW,
    HEAD_SEQUENCE,
    HEAD_TYPE,
    HEAD_ENUM_VALUE,
    HEAD_ATTRIBUTE, /* of a composite type */
    HEAD_DOMAIN,
    HEAD_FUNCTION,
    HEAD_PROCEDURE,
    HEAD_AGGREGATE,
    HEAD_TRIGGER,
    HEAD_EVENT_TRIGGER,
    HEAD_RULE,
    HEAD_POLICY,
    HEAD_SCHEMA,
    HEAD_EXTENSION,
    HEAD_STATISTICS,
    HEAD_PUBLICATION,
    HEAD_SUBSCRIPTION,
    HEAD_COLLATION,
    HEAD_DATABASE,
    HEAD_TABLESPACE,
    HEAD_ROLE,  /* role, user, group */
    HEAD_OTHER, /* some other kind; only the class is meant */
};

enum head_flag {
    HEAD_IF_EXISTS = 1u << 0,
    HEAD_IF_NOT_EXISTS = 1u << 1,
    HEAD_OR_REPLACE = 1u << 2,
    HEAD_TEMP = 1u << 3,
    HEAD_CONCURRENTLY = 1u << 4,
    HEAD_UNIQUE = 1u << 5,
    HEAD_UNNAMED = 1u << 6, /* an index or constraint without a name: each run makes another one */
    HEAD_MANY = 1u << 7,    /* names more objects: see head_names */
    HEAD_CASCADE = 1u << 8,
    HEAD_ONLY = 1u << 9,      /* ALTER TABLE ONLY */
    HEAD_CONFLICT = 1u << 10, /* INSERT with ON CONFLICT, ON DUPLICATE KEY, OR IGNORE, OR REPLACE, IGNORE, or REPLACE */
    HEAD_FROM_QUERY = 1u << 11, /* CREATE TABLE AS, SELECT INTO; INSERT .. SELECT */
    HEAD_WRITES = 1u << 12,     /* changes rows */
    HEAD_MAY_WRITE = 1u << 13,  /* calls functions or code that might */
    HEAD_OUTSIDE = 1u << 14,    /* the engine refuses it inside a transaction; `why` says what it is */
    HEAD_NO_EFFECT = 1u << 15,  /* inside a transaction the engine does nothing and says nothing */
    HEAD_VIRTUAL = 1u << 16,    /* CREATE VIRTUAL TABLE */
    HEAD_FOREIGN = 1u << 17,    /* .. FOREIGN TABLE */
    HEAD_PARTITION = 1u << 18,  /* CREATE TABLE .. PARTITION OF */
};

/* As written. Names with more than one qualifier are not recognised. */
struct head_name {
    struct slice schema; /* n = 0: none */
    struct slice name;
};

struct head {
    enum head_class class;
    enum head_transaction transaction;
    bool chains; /* COMMIT AND CHAIN, or ROLLBACK: another transaction is open behind it */
    enum head_action action;
    enum head_object object;
    uint32_t flags;        /* enum head_flag */
    struct head_name name; /* the object; for data statements the table */
    struct head_name on;   /* the table of an index, trigger, rule, policy; of a constraint or column commented on */
    struct slice to;       /* RENAME: the new name; MOVE: the schema */
    struct slice rest;     /* what follows the part that was read: definition, actions, options */
    struct slice pragma;   /* PRAGMA: its name; SET: the variable */
    struct slice value;    /* PRAGMA: the value, n = 0 if it only asks */
    const char *why;       /* with HEAD_OUTSIDE and HEAD_NO_EFFECT: "CREATE INDEX CONCURRENTLY" */
};

/* Reads the first statement of `text`. Always fills *h; a lexical fault makes it opaque. */
void head_read(struct head *h, const struct dialect *dialect, struct slice text);

static inline bool head_has(const struct head *h, enum head_flag flag)
{
    return (h->flags & (uint32_t)flag) != 0;
}

/* For messages: "table", "materialized view". */
const char *head_object_name(enum head_object object);

/* ---- the parts of an ALTER ---------------------------------------------------------------------------------------- */

enum head_change {
    HEAD_CHANGE_NONE,
    HEAD_SET_TYPE,
    HEAD_SET_DEFAULT,
    HEAD_DROP_DEFAULT,
    HEAD_SET_NOT_NULL,
    HEAD_DROP_NOT_NULL,
    HEAD_ADD_IDENTITY,
    HEAD_DROP_IDENTITY,
    HEAD_DROP_EXPRESSION,
    HEAD_VALIDATE, /* VALIDATE CONSTRAINT */
    HEAD_ATTACH,   /* ATTACH PARTITION: `name` is the partition */
    HEAD_DETACH,
    HEAD_ENABLE_RLS,
    HEAD_DISABLE_RLS,
    HEAD_OWNER,
    HEAD_OPTION, /* SET (..), CLUSTER ON, REPLICA IDENTITY, ENABLE TRIGGER, SET STATISTICS, ..: known, without effect on names */
};

/* One action of ALTER TABLE or ALTER TYPE. */
struct head_part {
    enum head_action action; /* CREATE, DROP, RENAME, ALTER, MOVE; NONE = opaque */
    enum head_object
        object; /* COLUMN, CONSTRAINT, ENUM_VALUE, ATTRIBUTE, INDEX (MySQL); TABLE or TYPE for the object itself */
    enum head_change change; /* with HEAD_ALTER */
    uint32_t flags;
    struct head_name name; /* n = 0 for a constraint without name; ENUM_VALUE: the literal */
    struct slice to;       /* RENAME */
    struct slice text;     /* the whole part */
    struct slice rest;     /* behind the name: type and constraints, new default, new type, USING .. */
};

struct head_parts {
    struct lexer lx; /* stands where the next part begins */
    enum head_object object;
    bool done;
};

/* For a head with action ALTER, RENAME or MOVE; `text` as given to head_read. Any other head has no parts. */
void head_parts_init(struct head_parts *p, const struct head *h, const struct dialect *dialect, struct slice text);
/* false behind the last one. An ALTER of a kind that is not taken apart gives one opaque part. */
bool head_parts_next(struct head_parts *p, struct head_part *part);

/* ---- the names of a statement with HEAD_MANY ----------------------------------------------------------------------- */

struct head_names {
    struct lexer lx; /* stands where the next name begins */
    bool done;
};

/* For DROP and TRUNCATE, with one name or many. */
void head_names_init(struct head_names *n, const struct head *h, const struct dialect *dialect, struct slice text);
bool head_names_next(struct head_names *n, struct head_name *name);

#endif
