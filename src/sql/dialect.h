/*
 * dialect: how an SQL engine spells its texts, as data.
 *
 * Nothing here acts. Code that must behave differently for an engine asks for a flag; no engine's name is compared
 * outside its driver. Facts: SQLite's tokenize.c and parse.y (3.40); PostgreSQL's scan.l, gram.y and psqlscan.l (15 to 17);
 * MySQL's sql_lex.cc and client/mysql.cc (8.0), which MariaDB shares.
 */
#ifndef PAWL_SQL_DIALECT_H
#define PAWL_SQL_DIALECT_H

#include "base/slice.h"

enum dialect_flag {
    /* lexer */
    DIALECT_BACKTICK = 1u << 0,      /* `..` is an identifier */
    DIALECT_BRACKET = 1u << 1,       /* [..] is an identifier, without a way to write ] in it */
    DIALECT_DOUBLE_STRING = 1u << 2, /* ".." is a string, not an identifier */
    DIALECT_BACKSLASH = 1u << 3,     /* backslash escapes in plain strings */
    DIALECT_E_STRING = 1u << 4,      /* E'..' with backslash escapes, continued over a line break */
    DIALECT_DOLLAR_QUOTE = 1u << 5,  /* $tag$..$tag$ */
    DIALECT_UNICODE_QUOTE = 1u << 6, /* U&'..' and U&".." */
    DIALECT_NATIONAL = 1u << 7,      /* N'..' and B'..' are one token; X'..' is everywhere */
    DIALECT_NESTED_COMMENT = 1u << 8,
    DIALECT_HASH_COMMENT = 1u << 9,      /* # to the end of the line */
    DIALECT_DASH_SPACE = 1u << 10,       /* -- opens a comment only before white space, a control byte or the end */
    DIALECT_CODE_COMMENT = 1u << 11,     /* the inside of a comment that opens with slash star ! is code */
    DIALECT_CR_ENDS_COMMENT = 1u << 12,  /* a lone CR ends a line comment too */
    DIALECT_PARAM_QUESTION = 1u << 13,   /* ?, ?1 */
    DIALECT_PARAM_NAMED = 1u << 14,      /* :a, @a, $a, #1 */
    DIALECT_PARAM_AT = 1u << 15,         /* @a, @@a, @'a' are variables */
    DIALECT_CLIENT_BACKSLASH = 1u << 16, /* a backslash outside quotes speaks to the client, to the end of the line */
    DIALECT_INNER_BOM = 1u << 17,        /* a byte order mark between tokens is white space */
    /* splitter */
    DIALECT_CLIENT_DOT = 1u << 18,       /* a line that begins with . speaks to the client */
    DIALECT_CLIENT_DELIMITER = 1u << 19, /* DELIMITER lines */
    DIALECT_PAREN_HOLDS = 1u << 20,      /* ; inside parentheses does not end a statement */
    DIALECT_COPY_DATA = 1u << 21,        /* COPY .. FROM stdin; is followed by data */
    DIALECT_TRIGGER_BODY = 1u << 22,     /* CREATE TRIGGER .. BEGIN ..; END */
    DIALECT_ATOMIC_BODY = 1u << 23,      /* CREATE FUNCTION .. BEGIN ATOMIC ..; END */
    DIALECT_COMPOUND_BODY = 1u << 24,    /* BEGIN .. END, IF .. END IF, LOOP .. in routines, triggers and events */
    /* meaning */
    DIALECT_DDL_COMMITS = 1u << 25,    /* DDL ends the open transaction; it cannot be rolled back */
    DIALECT_PRAGMA = 1u << 26,         /* has PRAGMA, ATTACH, DETACH */
    DIALECT_CASELESS_NAMES = 1u << 27, /* names are equal without ASCII case, quoted or not */
    DIALECT_CONCURRENTLY = 1u << 28,   /* knows CONCURRENTLY, and what must stand outside transactions because of it */
    DIALECT_STRING_NAMES = 1u << 29,   /* 'a' may stand for a name */
    DIALECT_ALTER_KEYS = 1u << 30,     /* ALTER TABLE adds, drops and renames indexes, MODIFY and CHANGE */
};

/* What an engine offers for saying a statement twice. */
enum dialect_guard {
    GUARD_CREATE = 1u << 0,  /* CREATE TABLE and INDEX IF NOT EXISTS; DROP TABLE, INDEX and VIEW IF EXISTS */
    GUARD_OBJECT = 1u << 1,  /* CREATE VIEW and TRIGGER IF NOT EXISTS */
    GUARD_ALTER = 1u << 2,   /* ALTER TABLE IF EXISTS, ADD COLUMN IF NOT EXISTS, DROP COLUMN and CONSTRAINT IF EXISTS */
    GUARD_REPLACE = 1u << 3, /* CREATE OR REPLACE VIEW, FUNCTION, PROCEDURE, AGGREGATE, RULE */
    GUARD_BLOCK = 1u << 4,   /* DO $$ .. $$ around statements, with PostgreSQL's catalogs to ask */
    GUARD_CONFLICT = 1u << 5, /* INSERT .. ON CONFLICT DO NOTHING */
    GUARD_IGNORE = 1u << 6,   /* INSERT OR IGNORE; a query in front of ON CONFLICT needs its WHERE */
};

enum dialect_fold {
    DIALECT_FOLD_NONE,  /* an unquoted name is kept as written */
    DIALECT_FOLD_LOWER, /* an unquoted name is turned to lower case (ASCII) */
};

struct dialect {
    const char *name; /* for messages only */
    uint32_t flags;   /* enum dialect_flag */
    uint32_t guards;  /* enum dialect_guard */
    char quote;       /* around identifiers that pawl writes */
    enum dialect_fold fold;
    size_t name_max;          /* bytes that the engine keeps of a longer name, whole characters; 0 = all */
    const char *first_schema; /* into which a name without schema leads, unless someone has changed that; NULL = none */
};

extern const struct dialect dialect_sqlite, dialect_postgres, dialect_mysql;

static inline bool dialect_has(const struct dialect *d, enum dialect_flag flag)
{
    return (d->flags & (uint32_t)flag) != 0;
}

#endif
