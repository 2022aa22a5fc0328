/*
 * postgres_api: libpq, loaded when the first PostgreSQL database is used.
 *
 * Its types come from its header; its functions from this one table: X(result, name without PQ, arguments). A member is
 * called as db->pq.name(...). All of them are in every libpq from 14 on.
 */
#ifndef PAWL_DB_POSTGRES_API_H
#define PAWL_DB_POSTGRES_API_H

#include <libpq-fe.h>

#include "base/err.h"

#define PQ_FUNCTIONS(X) \
    X(PGconn *, connectStartParams, (const char *const *, const char *const *, int)) \
    X(PostgresPollingStatusType, connectPoll, (PGconn *)) \
    X(PGPing, pingParams, (const char *const *, const char *const *, int)) \
    X(void, finish, (PGconn *)) \
    X(PQconninfoOption *, conninfo, (PGconn *)) \
    X(PQconninfoOption *, conninfoParse, (const char *, char **)) \
    X(void, conninfoFree, (PQconninfoOption *)) \
    X(void, freemem, (void *)) \
    X(ConnStatusType, status, (const PGconn *)) \
    X(PGTransactionStatusType, transactionStatus, (const PGconn *)) \
    X(const char *, parameterStatus, (const PGconn *, const char *)) \
    X(int, serverVersion, (const PGconn *)) \
    X(int, backendPID, (const PGconn *)) \
    X(int, socket, (const PGconn *)) \
    X(char *, errorMessage, (const PGconn *)) \
    X(char *, db, (const PGconn *)) \
    X(char *, user, (const PGconn *)) \
    X(char *, pass, (const PGconn *)) \
    X(char *, host, (const PGconn *)) \
    X(char *, port, (const PGconn *)) \
    X(PQnoticeReceiver, setNoticeReceiver, (PGconn *, PQnoticeReceiver, void *)) \
    X(int, setnonblocking, (PGconn *, int)) \
    X(int, sendQueryParams, \
      (PGconn *, const char *, int, const Oid *, const char *const *, const int *, const int *, int)) \
    X(int, sendQueryPrepared, (PGconn *, const char *, int, const char *const *, const int *, const int *, int)) \
    X(int, setSingleRowMode, (PGconn *)) \
    X(int, enterPipelineMode, (PGconn *)) \
    X(int, exitPipelineMode, (PGconn *)) \
    X(int, pipelineSync, (PGconn *)) \
    X(int, consumeInput, (PGconn *)) \
    X(int, isBusy, (PGconn *)) \
    X(int, flush, (PGconn *)) \
    X(PGresult *, getResult, (PGconn *)) \
    X(int, putCopyData, (PGconn *, const char *, int)) \
    X(int, putCopyEnd, (PGconn *, const char *)) \
    X(int, getCopyData, (PGconn *, char **, int)) \
    X(PGcancel *, getCancel, (PGconn *)) \
    X(int, cancel, (PGcancel *, char *, int)) \
    X(void, freeCancel, (PGcancel *)) \
    X(char *, cmdStatus, (PGresult *)) \
    X(ExecStatusType, resultStatus, (const PGresult *)) \
    X(char *, resultErrorField, (const PGresult *, int)) \
    X(char *, resultErrorMessage, (const PGresult *)) \
    X(int, ntuples, (const PGresult *)) \
    X(int, nfields, (const PGresult *)) \
    X(Oid, ftype, (const PGresult *, int)) \
    X(char *, getvalue, (const PGresult *, int, int)) \
    X(int, getlength, (const PGresult *, int, int)) \
    X(int, getisnull, (const PGresult *, int, int)) \
    X(void, clear, (PGresult *))

struct pq {
    void *library;
#define X(result, name, arguments) result(*name) arguments;
    PQ_FUNCTIONS(X)
#undef X
};

/* PAWL_CONFIG with a hint if there is no libpq, or one that is too old. */
int pq_load(struct pq *pq, struct pawl_error *e);

#endif
