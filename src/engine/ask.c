#include "engine/ask.h"

#include "sql/calls.h"
#include "sql/rewrite.h"
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

/* In a transaction that is rolled back: does it run, and write nothing? */
static bool writes_nothing(struct db *db, int (*run)(struct db *db, const void *context), const void *context)
{
    struct db_stamp before, after;
    bool written = true;
    bool asked = db->driver->has_written != NULL;
    if (db_exec(db, db->driver->begin, NULL))
        return false;
    int code = asked ? PAWL_OK : db->driver->stamp(db, &before, NULL);
    if (!code)
        code = run(db, context);
    if (!code && asked)
        code = db->driver->has_written(db, &written, NULL);
    else if (!code && db->driver->stamp(db, &after, NULL) == PAWL_OK)
        written = before.data != after.data || before.schema != after.schema;
    db_rollback(db);
    return !code && !written;
}

struct one {
    const struct script *script;
    const struct text *text;
    size_t offset;
};

/* The statement, behind what sets its scene. */
static int run_one(struct db *db, const void *context)
{
    const struct one *x = context;
    struct script_cursor cursor;
    struct script_statement s;
    script_start(&cursor, x->script, x->text, db->driver->name, db->driver->dialect);
    while (script_next(&cursor, &s)) {
        struct db_request request = {.sql = s.sql};
        bool wanted = s.offset == x->offset;
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

bool ask_changes_nothing(struct run *r, const struct migration *m, size_t offset)
{
    struct text text;
    struct script script;
    if (run_read_up(r, m, &text, &script, NULL))
        return false;
    bool nothing = writes_nothing(r->db, run_one, &(struct one){&script, &text, offset});
    text_close(&text);
    return nothing;
}

/* ---- rows of VALUES ------------------------------------------------------------------------------------------------ */

/* Would it fail, because a key keeps its rows out? */
static bool is_kept_out(struct db *db, struct slice sql)
{
    struct pawl_error e = {0};
    struct db_request request = {.sql = sql};
    if (db_exec(db, db->driver->begin, NULL))
        return false;
    int code = db_run(db, &request, 1, NULL, &e);
    db_rollback(db);
    return code && db->driver->refusal(e.sqlstate) == DB_REFUSAL_DUPLICATE;
}

static int run_all(struct db *db, const void *context)
{
    struct slice sql = *(const struct slice *)context;
    struct splitter s;
    struct statement st;
    enum split_result r = SPLIT_END;
    int code = PAWL_OK;
    split_init(&s, db->driver->dialect, sql);
    while (!code && (r = split_next(&s, &st, NULL)) == SPLIT_STATEMENT)
        code = db_run(db, &(struct db_request){.sql = slice_sub(sql, st.offset, st.offset + st.length)}, 1, NULL, NULL);
    return code || r == SPLIT_END ? code : PAWL_SOURCE;
}

/* The INSERT of its rows where none is equal: does it write nothing? */
static bool has_equals(struct arena *a, struct db *db, struct slice sql)
{
    const struct dialect *d = db->driver->dialect;
    struct rewrites forms;
    bool equals = false;
    if (rewrite_forms(a, d, d->guards, NULL, sql, &forms, NULL))
        return false;
    for (size_t i = 0; i < forms.n && !equals; i++)
        if (strcmp(forms.forms[i].what, REWRITE_WHERE_NOT_EXISTS) == 0 ||
            strcmp(forms.forms[i].what, REWRITE_WHERE_NO_TEXT) == 0)
            equals = writes_nothing(db, run_all, &forms.forms[i].sql);
    return equals;
}

static bool are_there(struct arena *a, struct db *db, const struct script *script, const struct text *text)
{
    const struct dialect *d = db->driver->dialect;
    struct script_cursor cursor;
    struct script_statement s;
    bool kept_out = false;
    script_start(&cursor, script, text, db->driver->name, d);
    while (script_next(&cursor, &s)) {
        struct head h;
        head_read(&h, d, s.sql);
        if (h.class != HEAD_INSERT || s.begins || s.ends || !only_rows(d, s.sql) || !has_equals(a, db, s.sql))
            return false;
        kept_out = kept_out || is_kept_out(db, s.sql);
    }
    return kept_out;
}

bool ask_rows_are_there(struct run *r, const struct migration *m)
{
    ARENA(a);
    struct text text;
    struct script script;
    if (r->db->driver->in_transaction(r->db) || run_read_up(r, m, &text, &script, NULL))
        return false;
    bool there = !script.skip && !script.no_transaction && are_there(&a, r->db, &script, &text);
    text_close(&text);
    return there;
}
