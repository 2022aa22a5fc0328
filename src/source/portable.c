#include "source/portable.h"

#include <stdio.h>

#include "source/text.h"
#include "source/walk.h"
#include "sql/head.h"
#include "sql/locate.h"

struct portable {
    const struct migration *m;
    const struct migration_file *file;
    struct report *report;
    const struct dialect *dialect;
    struct locator locator;
};

/* A statement, read token by token. */
struct reader {
    struct lexer lx;
    size_t offset;        /* of the statement in its text */
    struct token t, next; /* the one at hand, and the one behind it */
    bool names;           /* what comes is the name of something, not of a function: INTO now (a) */
};

static const char *const hints[PAWL_FINDING_COUNT] = {
    [PAWL_FINDING_UNPORTABLE_PLACEHOLDER] = "write the value itself",
    [PAWL_FINDING_UNPORTABLE_TIME] =
        "CURRENT_TIMESTAMP, CURRENT_DATE and CURRENT_TIME are the same on both engines; or write "
        "one statement for each, with `-- pawl: only sqlite` and `-- pawl: only postgres` above",
    [PAWL_FINDING_UNPORTABLE_TRIGGER] =
        "write one statement for each engine, with `-- pawl: only sqlite` and `-- pawl: only "
        "postgres` in the line above",
};

static void found(struct portable *p, enum pawl_finding_id id, size_t offset, const char *message)
{
    struct place at = locate(&p->locator, offset);
    report_finding(p->report, &(struct pawl_finding){
                                  .id = id,
                                  .version = p->m->version,
                                  .file = p->file->path.p,
                                  .line = at.line,
                                  .column = at.column,
                                  .message = message,
                                  .hint = hints[id],
                              });
}

/* ---- tokens ------------------------------------------------------------------------------------------------------ */

static bool is_mark(const struct token *t, char c)
{
    return t->kind == TOKEN_PUNCTUATION && t->c == c;
}

/* Is the word at hand one of these? The list ends with NULL. */
static bool is_one_of(const struct reader *r, const char *const *words)
{
    for (; *words; words++)
        if (lexer_word(&r->lx, &r->t, *words))
            return true;
    return false;
}

static bool read_next(struct reader *r)
{
    static const char *const before_names[] = {"table",     "into",  "exists", "on",   "references", "with",
                                               "recursive", "index", "view",   "join", NULL};
    if (r->t.kind == TOKEN_WORD)
        r->names = is_one_of(r, before_names);
    else if (!is_mark(&r->t, '.')) /* INTO app.now (a): what INTO says goes for the last part */
        r->names = false;
    r->t = r->next;
    if (r->t.kind == TOKEN_END || r->t.kind == TOKEN_ERROR)
        return false;
    lexer_next(&r->lx, &r->next);
    return true;
}

/* ---- placeholders ------------------------------------------------------------------------------------------------ */

/* SQLite's lexer takes ?1 as one token, PostgreSQL's as an operator and a number. */
static bool is_placeholder(const struct reader *r)
{
    bool number = r->next.kind == TOKEN_NUMBER && r->next.offset == r->t.offset + r->t.length;
    return (r->t.kind == TOKEN_PARAMETER && r->t.c == '?') || (is_mark(&r->t, '?') && number);
}

/* ---- times ------------------------------------------------------------------------------------------------------- */

/* The first argument of the function at hand, whose opening parenthesis comes next, and what stands behind it. */
static void look_at_argument(const struct reader *r, struct token *argument, struct token *behind)
{
    struct lexer ahead = r->lx;
    lexer_next(&ahead, argument);
    lexer_next(&ahead, behind);
}

/* date() and time() are types in PostgreSQL, which a string can be turned into, but 'now' is a constant there. */
static bool is_now(const struct reader *r)
{
    struct token argument, behind;
    look_at_argument(r, &argument, &behind);
    return argument.kind == TOKEN_STRING && slice_ieq(lexer_slice(&r->lx, &argument), SLICE("'now'"));
}

/* DATETIME(6) is a type. */
static bool is_precision(const struct reader *r)
{
    struct token argument, behind;
    look_at_argument(r, &argument, &behind);
    return argument.kind == TOKEN_NUMBER && is_mark(&behind, ')');
}

/* Whose the function or word at hand is; NULL = everybody's. */
static const char *time_owner(const struct reader *r)
{
    /* SQLite's date.c; PostgreSQL's manual, 9.9. */
    static const char *const lite[] = {"strftime", "datetime", "julianday", "unixepoch", "timediff", NULL};
    static const char *const postgres[] = {"now",
                                           "clock_timestamp",
                                           "statement_timestamp",
                                           "transaction_timestamp",
                                           "timeofday",
                                           "age",
                                           "date_part",
                                           "date_trunc",
                                           "date_bin",
                                           "extract",
                                           "to_date",
                                           "to_timestamp",
                                           "make_date",
                                           "make_time",
                                           "make_timestamp",
                                           "make_timestamptz",
                                           "make_interval",
                                           NULL};
    static const char *const types[] = {"date", "time", NULL};
    static const char *const words[] = {"localtime", "localtimestamp", NULL};
    if (r->t.kind != TOKEN_WORD || r->names)
        return NULL;
    if (is_one_of(r, words))
        return is_mark(&r->next, '.') ? NULL : "PostgreSQL";
    if (!is_mark(&r->next, '('))
        return NULL;
    if (is_one_of(r, lite))
        return is_precision(r) ? NULL : "SQLite";
    if (is_one_of(r, types))
        return is_now(r) ? "SQLite" : NULL;
    return is_one_of(r, postgres) ? "PostgreSQL" : NULL;
}

static void check_time(struct portable *p, const struct reader *r)
{
    char message[256];
    const char *owner = time_owner(r);
    if (!owner)
        return;
    struct slice word = lexer_slice(&r->lx, &r->t);
    snprintf(message, sizeof message, SLICE_FMT "%s means this in %s alone", SLICE_ARG(word),
             !is_mark(&r->next, '(') ? ""
             : is_now(r)             ? "('now')"
                                     : "()",
             owner);
    found(p, PAWL_FINDING_UNPORTABLE_TIME, r->offset + r->t.offset, message);
}

/* ---- statements -------------------------------------------------------------------------------------------------- */

static void check_statement(struct portable *p, struct slice sql, size_t offset)
{
    struct head h;
    struct reader r = {.offset = offset};
    head_read(&h, p->dialect, sql);
    if (h.action == HEAD_CREATE && (h.object == HEAD_TRIGGER || h.object == HEAD_EVENT_TRIGGER))
        found(p, PAWL_FINDING_UNPORTABLE_TRIGGER, offset, "no two engines write a trigger alike");
    lexer_init(&r.lx, p->dialect, sql);
    lexer_next(&r.lx, &r.next);
    while (read_next(&r)) {
        if (is_placeholder(&r))
            found(p, PAWL_FINDING_UNPORTABLE_PLACEHOLDER, offset + r.t.offset,
                  "a placeholder has no value in a migration: SQLite takes NULL, PostgreSQL refuses it");
        check_time(p, &r);
    }
}

static int check_file(struct portable *p, const char *engine, struct pawl_error *e)
{
    const unsigned all = annotate_engine(SLICE("sqlite")) | annotate_engine(SLICE("postgres"));
    struct text text;
    struct walk w;
    struct walk_statement s;
    if (!p->file->path.p)
        return PAWL_OK;
    int code = text_open(p->file, &text, e);
    if (code)
        return code == PAWL_NOMEM ? code : PAWL_OK;
    locator_init(&p->locator, text.sql);
    walk_init(&w, p->dialect, engine, text.sql, annotate_any(text.sql));
    while (walk_next(&w, &s, NULL) == SPLIT_STATEMENT)
        if (s.st.kind != STATEMENT_CLIENT && (!s.only || (s.only & all) == all))
            check_statement(p, slice_sub(text.sql, s.st.offset, s.st.offset + s.st.length), s.st.offset);
    text_close(&text);
    return PAWL_OK;
}

int portable_check(const struct migration_set *set, const char *engine, const struct dialect *dialect,
                   struct report *report, struct pawl_error *e)
{
    const enum pawl_level *levels = report->levels;
    int code = PAWL_OK;
    if (!levels[PAWL_FINDING_UNPORTABLE_PLACEHOLDER] && !levels[PAWL_FINDING_UNPORTABLE_TIME] &&
        !levels[PAWL_FINDING_UNPORTABLE_TRIGGER])
        return PAWL_OK;
    for (size_t k = 0; !code && k < set->n; k++) {
        struct portable p = {.m = &set->items[k], .file = &set->items[k].up, .report = report, .dialect = dialect};
        code = check_file(&p, engine, e);
        p.file = &p.m->down;
        if (!code)
            code = check_file(&p, engine, e);
    }
    return code;
}
