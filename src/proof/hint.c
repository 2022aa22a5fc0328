#include "proof/hint.h"

/* Where a refusal comes from a text that is run again, what it needs is to be written so that it can be. */
enum when { AGAIN, FIRST };

struct rule {
    enum when when;
    const char *first, *second; /* both stand in the engine's message; second may be NULL */
    const char *hint;
};

/*
 * The words are SQLite's (build.c, alter.c, insert.c, vdbe.c) and PostgreSQL's (the messages of its error codes 42P07, 42701,
 * 42703, 42P01, 42710, 23505, 42704, 42883). The first rule that fits counts.
 */
static const struct rule rules[] = {
    {AGAIN, "duplicate column name", NULL,
     "SQLite has no ADD COLUMN IF NOT EXISTS: put the column into the table's own CREATE, or rebuild the table (new "
     "table, "
     "copy, drop, rename) in statements that can be run again"},
    {AGAIN, "column \"", "already exists", "write ADD COLUMN IF NOT EXISTS"},
    {AGAIN, "column \"", "does not exist",
     "write DROP COLUMN IF EXISTS, or guard the statement by a look into the catalog"},
    {AGAIN, "no such column", NULL,
     "SQLite has no IF EXISTS for columns: the statement cannot be run again once the column is gone or renamed"},
    {AGAIN, "there is already another table or index with this name", NULL,
     "the new name is taken already: begin with DROP TABLE IF EXISTS of the name that the rebuild works under, or "
     "guard the "
     "rename"},
    {AGAIN, "table ", "already exists", "write CREATE TABLE IF NOT EXISTS"},
    {AGAIN, "index ", "already exists", "write CREATE INDEX IF NOT EXISTS"},
    {AGAIN, "view ", "already exists", "write CREATE VIEW IF NOT EXISTS, or DROP VIEW IF EXISTS in front of it"},
    {AGAIN, "trigger ", "already exists",
     "write CREATE TRIGGER IF NOT EXISTS, or DROP TRIGGER IF EXISTS in front of it"},
    {AGAIN, "relation \"", "already exists", "write CREATE ... IF NOT EXISTS"},
    {AGAIN, "constraint \"", "already exists", "write DROP CONSTRAINT IF EXISTS in front of it"},
    {AGAIN, "already exists", NULL,
     "guard the statement: IF NOT EXISTS, OR REPLACE, or DROP ... IF EXISTS in front of it"},
    {AGAIN, "no such table", NULL,
     "the table is gone or renamed already: write DROP TABLE IF EXISTS; ALTER and RENAME have no such guard in SQLite"},
    {AGAIN, "no such index", NULL, "write DROP INDEX IF EXISTS"},
    {AGAIN, "no such view", NULL, "write DROP VIEW IF EXISTS"},
    {AGAIN, "no such trigger", NULL, "write DROP TRIGGER IF EXISTS"},
    {AGAIN, "UNIQUE constraint failed", NULL,
     "the rows are there already: write INSERT ... ON CONFLICT DO NOTHING (or DO UPDATE)"},
    {AGAIN, "duplicate key value", NULL,
     "the rows are there already: write INSERT ... ON CONFLICT DO NOTHING (or DO UPDATE)"},
    {AGAIN, "does not exist", NULL, "guard the statement: IF EXISTS"},
    {FIRST, "no such function", NULL,
     "the application provides this function: load the extension that has it, or stub it by name"},
    {FIRST, "no such module", NULL, "load the SQLite extension that has this module"},
    {FIRST, "no such table", NULL,
     "if the application or another set of migrations makes it, give a script that does with --scratch-setup"},
    {FIRST, "does not exist", NULL,
     "if the application or another set of migrations makes it, give a script that does with --scratch-setup"},
};

static enum when when_of(enum pawl_finding_id id)
{
    return id == PAWL_FINDING_APPLY_FAILS || id == PAWL_FINDING_DOWN_FAILS ? FIRST : AGAIN;
}

const char *hint_find(enum pawl_finding_id id, const struct pawl_error *refusal)
{
    struct slice message = slice_of(refusal->message);
    enum when when = when_of(id);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].when == when && slice_find(message, slice_of(rules[i].first)) != SIZE_MAX &&
            (!rules[i].second || slice_find(message, slice_of(rules[i].second)) != SIZE_MAX))
            return rules[i].hint;
    return NULL;
}
