#include <stdlib.h>

#include "db/postgres.h"

#include "base/strbuf.h"
#include "db/postgres_url.h"
#include "sql/dialect.h"

#define TEXT_MAX 4096

static struct slice field(struct pg_db *db, const PGresult *result, int which)
{
    return slice_of(db->pq.resultErrorField(result, which));
}

static bool in_class(struct slice state, const char *class)
{
    return slice_starts(state, slice_of(class));
}

/* The transaction failed for what others do at the same time, and may well succeed when it is tried again. */
static const char *hint_if_passing(struct slice state)
{
    if (slice_eq(state, SLICE("55P03")))
        return "another session holds a lock on what this statement changes; try again, or look at pg_stat_activity";
    if (slice_eq(state, SLICE("40P01")))
        return "another session waited for what this migration had locked; try again, or lock tables in the order in "
               "which the application does";
    if (slice_eq(state, SLICE("40001")))
        return "another session changed the same rows at the same time; try again";
    return NULL;
}

static enum pawl_code code_of(struct pg_db *db, struct slice state)
{
    if (slice_eq(state, SLICE("57014")) && pg_interrupted(db))
        return PAWL_INTERRUPTED;
    if (hint_if_passing(state))
        return PAWL_LOCKED;
    if (slice_eq(state, SLICE("25006")) || in_class(state, "53") || in_class(state, "58") || in_class(state, "XX"))
        return PAWL_DATA;
    return PAWL_SQL;
}

static const char *own_hint(struct slice state)
{
    const char *passing = hint_if_passing(state);
    if (passing)
        return passing;
    if (slice_eq(state, SLICE("25006")))
        return "the server is a standby, or the role or database is set to read-only; connect to the primary";
    if (slice_eq(state, SLICE("42501")))
        return "the role that pawl connects as lacks this privilege";
    if (slice_eq(state, SLICE("25001")))
        return "this statement cannot run in a transaction: put it in a file that begins with `-- no-transaction`";
    if (slice_eq(state, SLICE("55P04")))
        return "a new enum value can be used only after its transaction: put ADD VALUE in an earlier migration";
    return "";
}

/* Positions are in characters from 1; ours are bytes from 0. */
static size_t byte_offset(struct slice sql, const char *position)
{
    long character = position ? strtol(position, NULL, 10) : 0;
    if (character <= 0)
        return SIZE_MAX;
    size_t i = 0;
    while (i < sql.n && character > 1) {
        i++;
        while (i < sql.n && ((unsigned char)sql.p[i] & 0xc0) == 0x80)
            i++;
        character--;
    }
    return i;
}

/*
 * Where in functions, DO blocks and COPY data it happened: the innermost place that has a line number. What comes before it
 * repeats the statement, what comes behind it tells who called.
 */
static struct slice innermost(struct slice context)
{
    struct slice first = slice_trim(slice_sub(context, 0, slice_find_byte(context, '\n')));
    while (context.n) {
        size_t end = slice_find_byte(context, '\n');
        struct slice line = slice_trim(slice_sub(context, 0, end));
        if (slice_starts(line, SLICE("PL/")) || slice_starts(line, SLICE("COPY ")))
            return line;
        context = end == SIZE_MAX ? SLICE("") : slice_sub(context, end + 1, context.n);
    }
    return first;
}

int pg_error(struct pg_db *db, const PGresult *result, struct slice sql, struct db_fault *fault, struct pawl_error *e)
{
    struct slice state = field(db, result, PG_DIAG_SQLSTATE);
    struct slice primary = field(db, result, PG_DIAG_MESSAGE_PRIMARY);
    struct slice detail = field(db, result, PG_DIAG_MESSAGE_DETAIL);
    struct slice hint = field(db, result, PG_DIAG_MESSAGE_HINT);
    struct slice context = innermost(field(db, result, PG_DIAG_CONTEXT));
    struct slice severity = field(db, result, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (!primary.n) /* libpq's own word: the connection is gone, or it has no memory */
        return pg_broken(db, fault, e);
    enum pawl_code code = code_of(db, state);
    if (slice_eq(severity, SLICE("FATAL")) || slice_eq(severity, SLICE("PANIC"))) {
        db->broken = true;
        code = PAWL_UNREACHABLE;
        if (fault)
            fault->lost = true;
    }
    STRBUF(text, TEXT_MAX);
    strbuf_add(&text, primary);
    if (detail.n)
        strbuf_addf(&text, "; " SLICE_FMT, SLICE_ARG(detail));
    if (context.n)
        strbuf_addf(&text, "; in " SLICE_FMT, SLICE_ARG(context));
    if (code == PAWL_INTERRUPTED)
        err_set(e, code, "interrupted");
    else
        err_set(e, code, "%s", text.n ? strbuf_z(&text) : primary.p);
    if (hint.n)
        err_hint(e, SLICE_FMT, SLICE_ARG(hint));
    else
        err_hint(e, "%s", own_hint(state));
    if (e && state.p && state.n < sizeof e->sqlstate)
        memcpy(e->sqlstate, state.p, state.n + 1);
    if (fault)
        fault->offset = byte_offset(sql, db->pq.resultErrorField(result, PG_DIAG_STATEMENT_POSITION));
    return (int)code;
}

int pg_broken(struct pg_db *db, struct db_fault *fault, struct pawl_error *e)
{
    STRBUF(text, TEXT_MAX);
    struct slice message = slice_trim(slice_of(db->conn ? db->pq.errorMessage(db->conn) : ""));
    db->broken = true;
    if (fault)
        fault->lost = true;
    postgres_redact(&text, message, slice_of(db->conn ? db->pq.pass(db->conn) : NULL));
    err_set(e, PAWL_UNREACHABLE, "the connection broke: %s", text.n ? strbuf_z(&text) : "the server closed it");
    err_hint(e, "look at the server's log; run the command again, which finds out what was committed");
    return PAWL_UNREACHABLE;
}

void pg_notice(void *context, const PGresult *result)
{
    struct pg_db *db = context;
    if (!db->on_notice)
        return;
    struct slice severity = field(db, result, PG_DIAG_SEVERITY_NONLOCALIZED);
    struct slice primary = field(db, result, PG_DIAG_MESSAGE_PRIMARY);
    if (primary.n)
        db->on_notice(db->notice_context, slice_eq(severity, SLICE("WARNING")) ? PAWL_LEVEL_WARNING : PAWL_LEVEL_NOTE,
                      primary.p);
}
