#include "engine/ask.h"

#include "sql/calls.h"
#include "sql/session.h"

/* What stands in front of a statement and may decide what its names mean, for as long as the transaction lasts. */
static bool sets_the_scene(const struct dialect *dialect, struct slice sql)
{
    struct head h;
    head_read(&h, dialect, sql);
    return h.class == HEAD_SET || (h.class == HEAD_SELECT && session_is_set(dialect, sql));
}

static bool only_rows(const struct dialect *dialect, struct slice sql)
{
    struct head h;
    head_read(&h, dialect, sql);
    return (h.class == HEAD_INSERT || h.class == HEAD_UPDATE || h.class == HEAD_DELETE || h.class == HEAD_MERGE) &&
           calls_only_harmless(dialect, sql);
}

/* In the transaction that is open: the statement, behind what sets its scene. */
static int run_alone(struct db *db, const struct script *script, const struct text *text, size_t offset)
{
    struct script_cursor cursor;
    struct script_statement s;
    script_start(&cursor, script, text, db->driver->name, db->driver->dialect);
    while (script_next(&cursor, &s)) {
        struct db_request request = {.sql = s.sql};
        bool wanted = s.offset == offset;
        if (wanted && !only_rows(db->driver->dialect, s.sql))
            return PAWL_REFUSED;
        if (!wanted && !sets_the_scene(db->driver->dialect, s.sql))
            continue;
        int code = db_run(db, &request, 1, NULL, NULL);
        if (code || wanted)
            return code;
    }
    return PAWL_REFUSED;
}

static bool writes_nothing(struct db *db, const struct script *script, const struct text *text, size_t offset)
{
    struct db_stamp before, after;
    bool written = true;
    bool asked = db->driver->has_written != NULL;
    if (db_exec(db, db->driver->begin, NULL))
        return false;
    int code = asked ? PAWL_OK : db->driver->stamp(db, &before, NULL);
    if (!code)
        code = run_alone(db, script, text, offset);
    if (!code && asked)
        code = db->driver->has_written(db, &written, NULL);
    else if (!code && db->driver->stamp(db, &after, NULL) == PAWL_OK)
        written = before.data != after.data || before.schema != after.schema;
    db_rollback(db);
    return !code && !written;
}

bool ask_changes_nothing(struct run *r, const struct migration *m, size_t offset)
{
    struct text text;
    struct script script;
    if (run_read_up(r, m, &text, &script, NULL))
        return false;
    bool nothing = writes_nothing(r->db, &script, &text, offset);
    text_close(&text);
    return nothing;
}
