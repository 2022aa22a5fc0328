#include "db/postgres_fault.h"

#include <sys/socket.h>

#include "db/postgres_api.h"
#include "sys/library.h"

static struct pq real;
static PGresult *(*make_empty)(PGconn *, ExecStatusType);
static struct {
    enum pq_fault kind;
    long at, seen, hits;
    int repeat;
} fault;

void pq_fault_set(enum pq_fault kind, long countdown, int repeat)
{
    fault.kind = kind;
    fault.at = countdown;
    fault.repeat = repeat;
    fault.seen = fault.hits = 0;
}

long pq_fault_hits(void)
{
    return fault.hits;
}

static bool is_due(void)
{
    fault.seen++;
    bool due = fault.at > 0 && (fault.seen == fault.at || (fault.seen > fault.at && fault.repeat));
    fault.hits += due;
    return due;
}

/* Counts a call; whether it is refused. */
static bool refused(void)
{
    return fault.kind == PQ_FAULT_REFUSE && is_due();
}

/* The same for a call on a connection, which may be cut instead. */
static bool fails(const PGconn *conn)
{
    if (!is_due())
        return false;
    if (fault.kind == PQ_FAULT_REFUSE)
        return true;
    if (conn && real.socket(conn) >= 0)
        shutdown(real.socket(conn), SHUT_RDWR);
    return false;
}

/* ---- connecting -------------------------------------------------------------------------------------------------- */

static PGconn *connect_start_params(const char *const *names, const char *const *values, int expand)
{
    return refused() ? NULL : real.connectStartParams(names, values, expand);
}

static PostgresPollingStatusType connect_poll(PGconn *conn)
{
    return fails(conn) ? PGRES_POLLING_FAILED : real.connectPoll(conn);
}

static PGPing ping_params(const char *const *names, const char *const *values, int expand)
{
    return refused() ? PQPING_NO_ATTEMPT : real.pingParams(names, values, expand);
}

static PQconninfoOption *conninfo(PGconn *conn)
{
    return refused() ? NULL : real.conninfo(conn);
}

static PQconninfoOption *conninfo_parse(const char *text, char **why)
{
    if (!refused())
        return real.conninfoParse(text, why);
    *why = NULL;
    return NULL;
}

static int set_nonblocking(PGconn *conn, int on)
{
    return fails(conn) ? -1 : real.setnonblocking(conn, on);
}

/* ---- sending ----------------------------------------------------------------------------------------------------- */

static int send_query_params(PGconn *conn, const char *sql, int n, const Oid *types, const char *const *values,
                             const int *lengths, const int *formats, int result_format)
{
    return fails(conn) ? 0 : real.sendQueryParams(conn, sql, n, types, values, lengths, formats, result_format);
}

static int set_single_row_mode(PGconn *conn)
{
    return fails(conn) ? 0 : real.setSingleRowMode(conn);
}

static int enter_pipeline_mode(PGconn *conn)
{
    return fails(conn) ? 0 : real.enterPipelineMode(conn);
}

static int exit_pipeline_mode(PGconn *conn)
{
    return fails(conn) ? 0 : real.exitPipelineMode(conn);
}

static int pipeline_sync(PGconn *conn)
{
    return fails(conn) ? 0 : real.pipelineSync(conn);
}

static int flush(PGconn *conn)
{
    return fails(conn) ? -1 : real.flush(conn);
}

static int put_copy_data(PGconn *conn, const char *data, int n)
{
    return fails(conn) ? -1 : real.putCopyData(conn, data, n);
}

static int put_copy_end(PGconn *conn, const char *complaint)
{
    return fails(conn) ? -1 : real.putCopyEnd(conn, complaint);
}

static PGcancel *get_cancel(PGconn *conn)
{
    return fails(conn) ? NULL : real.getCancel(conn);
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static int consume_input(PGconn *conn)
{
    return fails(conn) ? 0 : real.consumeInput(conn);
}

/*
 * Without memory libpq reads an answer and throws it away. What takes its place is an error, or, where there is no memory for
 * that either, NULL in the libraries of PostgreSQL 14. What is not an answer to throw away (the end of a query's, a Sync, a
 * COPY that has begun) comes as it is.
 */
static PGresult *get_result(PGconn *conn)
{
    bool refuse = fails(conn);
    PGresult *result = real.getResult(conn);
    if (!refuse || !result)
        return result;
    ExecStatusType status = real.resultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_FATAL_ERROR)
        return result;
    real.clear(result);
    return fault.at % 2 ? make_empty(conn, PGRES_FATAL_ERROR) : NULL;
}

static int get_copy_data(PGconn *conn, char **row, int async)
{
    return fails(conn) ? -2 : real.getCopyData(conn, row, async);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void pq_fault_wrap(struct pq *pq)
{
    void *address = library_symbol(pq->library, "PQmakeEmptyPGresult");
    memcpy(&make_empty, &address, sizeof address);
    real = *pq;
    pq->connectStartParams = connect_start_params;
    pq->connectPoll = connect_poll;
    pq->pingParams = ping_params;
    pq->conninfo = conninfo;
    pq->conninfoParse = conninfo_parse;
    pq->setnonblocking = set_nonblocking;
    pq->sendQueryParams = send_query_params;
    pq->setSingleRowMode = set_single_row_mode;
    pq->enterPipelineMode = enter_pipeline_mode;
    pq->exitPipelineMode = exit_pipeline_mode;
    pq->pipelineSync = pipeline_sync;
    pq->flush = flush;
    pq->putCopyData = put_copy_data;
    pq->putCopyEnd = put_copy_end;
    pq->getCancel = get_cancel;
    pq->consumeInput = consume_input;
    pq->getResult = get_result;
    pq->getCopyData = get_copy_data;
}
