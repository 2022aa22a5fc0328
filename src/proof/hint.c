#include "proof/hint.h"

#include "sql/head.h"

/* Which engines a form is for. */
enum on { SQLITE = 1, POSTGRES = 2, BOTH = 3 };

/* A statement or a part of an ALTER that cannot run twice as it is written, and how it is written so that it can. */
struct form {
    enum on on;
    enum head_action action;
    enum head_object object; /* NONE: any */
    const char *hint;
};

#define IN_A_DO_BLOCK "put it into a DO block that looks into the catalog first; `pawl fix` writes that"

/* The first that fits counts. Sources: the synopses in both manuals. */
static const struct form forms[] = {
    {BOTH, HEAD_CREATE, HEAD_TABLE, "write CREATE TABLE IF NOT EXISTS"},
    {BOTH, HEAD_CREATE, HEAD_INDEX, "write CREATE INDEX IF NOT EXISTS"},
    {SQLITE, HEAD_CREATE, HEAD_VIEW, "write CREATE VIEW IF NOT EXISTS, or DROP VIEW IF EXISTS in front of it"},
    {SQLITE, HEAD_CREATE, HEAD_TRIGGER, "write CREATE TRIGGER IF NOT EXISTS, or DROP TRIGGER IF EXISTS in front of it"},
    {POSTGRES, HEAD_CREATE, HEAD_VIEW, "write CREATE OR REPLACE VIEW, or DROP VIEW IF EXISTS in front of it"},
    {POSTGRES, HEAD_CREATE, HEAD_TRIGGER,
     "write DROP TRIGGER IF EXISTS in front of it, or CREATE OR REPLACE TRIGGER (from PostgreSQL 14)"},
    {POSTGRES, HEAD_CREATE, HEAD_MATVIEW, "write CREATE MATERIALIZED VIEW IF NOT EXISTS"},
    {POSTGRES, HEAD_CREATE, HEAD_SEQUENCE, "write CREATE SEQUENCE IF NOT EXISTS"},
    {POSTGRES, HEAD_CREATE, HEAD_SCHEMA, "write CREATE SCHEMA IF NOT EXISTS"},
    {POSTGRES, HEAD_CREATE, HEAD_EXTENSION, "write CREATE EXTENSION IF NOT EXISTS"},
    {POSTGRES, HEAD_CREATE, HEAD_STATISTICS, "write CREATE STATISTICS IF NOT EXISTS"},
    {POSTGRES, HEAD_CREATE, HEAD_COLLATION, "write CREATE COLLATION IF NOT EXISTS"},
    {POSTGRES, HEAD_CREATE, HEAD_FUNCTION, "write CREATE OR REPLACE FUNCTION"},
    {POSTGRES, HEAD_CREATE, HEAD_PROCEDURE, "write CREATE OR REPLACE PROCEDURE"},
    {POSTGRES, HEAD_CREATE, HEAD_AGGREGATE, "write CREATE OR REPLACE AGGREGATE"},
    {POSTGRES, HEAD_CREATE, HEAD_RULE, "write CREATE OR REPLACE RULE"},
    {POSTGRES, HEAD_CREATE, HEAD_POLICY, "write DROP POLICY IF EXISTS in front of it"},
    {POSTGRES, HEAD_CREATE, HEAD_TYPE, "PostgreSQL has no CREATE TYPE IF NOT EXISTS: " IN_A_DO_BLOCK},
    {POSTGRES, HEAD_CREATE, HEAD_DOMAIN, "PostgreSQL has no CREATE DOMAIN IF NOT EXISTS: " IN_A_DO_BLOCK},
    {POSTGRES, HEAD_CREATE, HEAD_COLUMN, "write ADD COLUMN IF NOT EXISTS"},
    {POSTGRES, HEAD_CREATE, HEAD_CONSTRAINT, "write DROP CONSTRAINT IF EXISTS in front of it"},
    {POSTGRES, HEAD_CREATE, HEAD_ENUM_VALUE, "write ADD VALUE IF NOT EXISTS"},
    {SQLITE, HEAD_CREATE, HEAD_COLUMN,
     "SQLite has no ADD COLUMN IF NOT EXISTS: put the column into the table's own CREATE, or rebuild the table (new table, "
     "copy, drop, rename) in statements that can be run again"},
    {BOTH, HEAD_CREATE, HEAD_OBJECT_NONE, "write DROP ... IF EXISTS in front of it"},
    {BOTH, HEAD_DROP, HEAD_TABLE, "write DROP TABLE IF EXISTS"},
    {BOTH, HEAD_DROP, HEAD_INDEX, "write DROP INDEX IF EXISTS"},
    {BOTH, HEAD_DROP, HEAD_VIEW, "write DROP VIEW IF EXISTS"},
    {BOTH, HEAD_DROP, HEAD_TRIGGER, "write DROP TRIGGER IF EXISTS"},
    {POSTGRES, HEAD_DROP, HEAD_COLUMN, "write DROP COLUMN IF EXISTS"},
    {POSTGRES, HEAD_DROP, HEAD_CONSTRAINT, "write DROP CONSTRAINT IF EXISTS"},
    {SQLITE, HEAD_DROP, HEAD_COLUMN,
     "SQLite has no DROP COLUMN IF EXISTS: only a runner that looks at the schema first, as pawl does, can pass over it"},
    {BOTH, HEAD_DROP, HEAD_OBJECT_NONE, "write DROP ... IF EXISTS"},
    {SQLITE, HEAD_RENAME, HEAD_OBJECT_NONE,
     "SQLite has no guard for RENAME: only a runner that looks at the schema first, as pawl does, can pass over it"},
    {POSTGRES, HEAD_RENAME, HEAD_TABLE, "write ALTER TABLE IF EXISTS, which passes over it once the old name is gone"},
    {POSTGRES, HEAD_RENAME, HEAD_INDEX, "write ALTER INDEX IF EXISTS, which passes over it once the old name is gone"},
    {POSTGRES, HEAD_RENAME, HEAD_OBJECT_NONE, "PostgreSQL has no guard for this RENAME: " IN_A_DO_BLOCK},
};

/* What the engine says about a statement that is in the wrong place or lacks something. */
struct rule {
    const char *words;
    const char *hint;
};

#define ROWS_THERE "the rows are there already: write INSERT ... ON CONFLICT DO NOTHING (or DO UPDATE)"
#define MADE_ELSEWHERE \
    "if the application or another set of migrations makes it, give a script that does with --scratch-setup"

/*
 * The words are SQLite's (build.c, alter.c, insert.c, vdbe.c) and PostgreSQL's (the messages of its error codes 42P07, 42701,
 * 42703, 42P01, 42710, 23505, 42704, 42883). The first rule that fits counts.
 */
static const struct rule first_run[] = {
    {"no such function",
     "the application provides this function: stand in for it with --stub NAME, or load its extension with --extension FILE"},
    {"no such module", "load the SQLite extension that has this module with --extension FILE"},
    {"no such table", MADE_ELSEWHERE},
    {"does not exist", MADE_ELSEWHERE},
    {NULL, NULL},
};
static const struct rule about_rows[] = {
    {"UNIQUE constraint failed", ROWS_THERE},
    {"duplicate key value", ROWS_THERE},
    {NULL, NULL},
};
static const struct rule there_already[] = {
    {"there is already another table or index with this name",
     "the new name is taken already: begin with DROP TABLE IF EXISTS of the name that the rebuild works under, or guard the "
     "rename"},
    {"duplicate column name", ""},
    {"already exists", "guard the statement: IF NOT EXISTS, OR REPLACE, or DROP ... IF EXISTS in front of it"},
    {NULL, NULL},
};
static const struct rule gone_already[] = {
    {"no such",
     "what it names is gone by then: only a runner that looks at the schema first, as pawl does, can pass over it"},
    {"does not exist", "what it names is gone by then: put it into a DO block that looks into the catalog first"},
    {NULL, NULL},
};

static const char *by_words(const struct rule *rules, const struct pawl_error *refusal)
{
    for (; rules->words; rules++)
        if (slice_find(slice_of(refusal->message), slice_of(rules->words)) != SIZE_MAX)
            return rules->hint;
    return NULL;
}

static const char *form_of(enum on on, enum head_action action, enum head_object object)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if ((forms[i].on & on) && forms[i].action == action && (!forms[i].object || forms[i].object == object))
            return forms[i].hint;
    return NULL;
}

/* Something is there already: what made it? Something is gone: what took it away? */
static bool explains(enum head_action action, bool there)
{
    return there ? action == HEAD_CREATE : action == HEAD_DROP || action == HEAD_RENAME;
}

static const char *by_statement(const struct dialect *dialect, struct slice statement, bool there)
{
    struct head h;
    struct head_parts parts;
    struct head_part part;
    enum on on = dialect == &dialect_sqlite ? SQLITE : POSTGRES;
    head_read(&h, dialect, statement);
    if (explains(h.action, there))
        return form_of(on, h.action, h.object);
    if (h.action != HEAD_ALTER)
        return NULL;
    head_parts_init(&parts, &h, dialect, statement);
    while (head_parts_next(&parts, &part))
        if (explains(part.action, there) && !(part.flags & (HEAD_IF_EXISTS | HEAD_IF_NOT_EXISTS)))
            return form_of(on, part.action, part.object);
    return NULL;
}

const char *hint_find(enum pawl_finding_id id, const struct pawl_error *refusal, const struct dialect *dialect,
                      struct slice statement)
{
    if (id == PAWL_FINDING_APPLY_FAILS || id == PAWL_FINDING_DOWN_FAILS)
        return by_words(first_run, refusal);
    const char *hint = by_words(about_rows, refusal), *better = NULL;
    if (hint)
        return hint;
    hint = by_words(there_already, refusal);
    if (hint || (hint = by_words(gone_already, refusal)))
        better = by_statement(dialect, statement, by_words(there_already, refusal) != NULL);
    return better ? better : hint;
}
