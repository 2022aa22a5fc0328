/*
 * Batches travel in libpq's pipeline mode: everything is sent, with one Sync behind it, while answers are read as they come,
 * so that neither side ever waits for the other with full buffers. COPY is not possible in a pipeline and is run between two.
 */
#include <stdio.h>

#include "db/postgres.h"

#include "base/mem.h"
#include "sql/dialect.h"
#include "sql/lexer.h"
#include "sys/clock.h"

#define FLUSH_BYTES 65536 /* sent between two looks at the socket */
#define COPY_BYTES 65536  /* of data in one message */
#define POLL_MS 100       /* between two looks at the interrupt flag */
#define CANCEL_MS 300     /* a cancel request that came between two statements has no effect: repeat it */
#define GIVE_UP_MS 10000  /* how long a server may take to react to them */
#define SMALL 16          /* parameters that need no memory */

/* A batch, or the part of one between two COPYs, on its way. */
struct flight {
    struct pg_db *db;
    const struct db_request *requests;
    size_t n;
    size_t sent, done;     /* requests */
    bool fresh;            /* no answer to request `done` was looked at yet */
    bool answered;         /* one has come */
    bool synced;           /* the answer to the Sync has come */
    uint64_t cancelled_ms; /* when the first and the last cancel request were sent; 0 = not yet */
    uint64_t cancel_ms;
    int code; /* of the first failure; what comes after it is only read */
    int stop; /* why not everything was sent: counts if all that was sent succeeds */
    struct db_fault *fault;
    struct pawl_error *e;
};

/* ---- interrupting ------------------------------------------------------------------------------------------------ */

static void send_cancel(struct pg_db *db)
{
    char ignored[256];
    PGcancel *cancel = db->pq.getCancel(db->conn);
    if (!cancel)
        return;
    db->pq.cancel(cancel, ignored, sizeof ignored);
    db->pq.freeCancel(cancel);
}

static int broken(struct flight *f)
{
    if (!f->code) {
        f->fault->request = f->done;
        f->code = pg_broken(f->db, f->fault, f->e);
    }
    f->db->broken = true;
    return f->code;
}

static int heed_interrupt(struct flight *f)
{
    uint64_t now = clock_ms();
    if (!pg_interrupted(f->db) || (f->cancel_ms && now - f->cancel_ms < CANCEL_MS))
        return PAWL_OK;
    if (f->cancelled_ms && now - f->cancelled_ms > GIVE_UP_MS) {
        if (!f->code) {
            f->fault->request = f->done;
            f->fault->lost = true;
            f->code = err_set(f->e, PAWL_INTERRUPTED, "interrupted, and the server does not react to it");
        }
        f->db->broken = true;
        return f->code;
    }
    send_cancel(f->db);
    f->cancel_ms = now;
    if (!f->cancelled_ms)
        f->cancelled_ms = now;
    return PAWL_OK;
}

/* Waits until there is something to read, or room to write if that is wanted, and reads it. */
static int wait_io(struct flight *f, bool writing)
{
    struct pg_db *db = f->db;
    int ready = clock_wait_fd(db->pq.socket(db->conn), READY_READ | (writing ? READY_WRITE : 0), POLL_MS);
    if (ready & READY_READ && !db->pq.consumeInput(db->conn))
        return broken(f);
    return heed_interrupt(f);
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static bool is_rolled_back_commit(struct pg_db *db, PGresult *result, const struct db_request *r)
{
    return slice_ieq(slice_trim(r->sql), SLICE("commit")) &&
           slice_eq(slice_of(db->pq.cmdStatus(result)), SLICE("ROLLBACK"));
}

/* One result of request `done`. Sets f->code when it is the first failure. */
static void take(struct flight *f, PGresult *result)
{
    struct pg_db *db = f->db;
    const struct db_request *r = f->done < f->n ? &f->requests[f->done] : NULL;
    ExecStatusType status = db->pq.resultStatus(result);
    if (status == PGRES_PIPELINE_SYNC) {
        f->synced = true;
        db->syncs--;
    }
    if (!r || f->code)
        return;
    if (status == PGRES_TUPLES_OK && r->on_row)
        f->code = pg_rows(db, result, r, f->e);
    else if (status == PGRES_COMMAND_OK && is_rolled_back_commit(db, result, r))
        f->code = err_set(f->e, PAWL_SQL, "the transaction had failed before, so COMMIT rolled it back");
    else if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE)
        f->code = pg_error(db, result, r->sql, f->fault, f->e);
    else if (status == PGRES_PIPELINE_ABORTED)
        f->code = err_set(f->e, PAWL_INTERNAL, "a statement was skipped although none before it failed");
    if (f->code)
        f->fault->request = f->done;
}

/* A request whose rows nobody wants: one row at a time, so that a large result does not fill the memory. */
static void begin_answer(struct flight *f)
{
    if (f->fresh && f->done < f->sent && !f->requests[f->done].on_row)
        f->db->pq.setSingleRowMode(f->db->conn);
    f->fresh = false;
}

/* Reads the answers that are there; never waits. */
static int take_answers(struct flight *f, bool to_sync)
{
    struct pg_db *db = f->db;
    while (f->done < f->sent || (to_sync && !f->synced)) {
        begin_answer(f);
        if (db->pq.isBusy(db->conn))
            return PAWL_OK;
        PGresult *result = db->pq.getResult(db->conn);
        if (result) {
            f->answered = true;
            take(f, result);
            db->pq.clear(result);
        } else if (f->done < f->sent && !f->answered) {
            return broken(f); /* libpq had no memory for the answer, nor for an error in its place */
        } else if (f->done < f->sent) {
            f->done++;
            f->fresh = true;
            f->answered = false;
        }
        if (db->broken || db->pq.status(db->conn) != CONNECTION_OK)
            return broken(f);
    }
    return PAWL_OK;
}

/* ---- sending ----------------------------------------------------------------------------------------------------- */

struct parameters {
    const char *values[SMALL];
    int lengths[SMALL];
    int formats[SMALL];
    Oid types[SMALL];
    char text[SMALL][40];
};

static void one_parameter(struct parameters *p, size_t i, const struct db_value *v)
{
    p->values[i] = p->text[i];
    p->lengths[i] = p->formats[i] = 0;
    p->types[i] = 0; /* the server knows better than we what type it wants */
    switch (v->type) {
    case DB_NULL:
        p->values[i] = NULL;
        break;
    case DB_INT:
        snprintf(p->text[i], sizeof p->text[i], "%lld", (long long)v->i);
        break;
    case DB_BOOL:
        snprintf(p->text[i], sizeof p->text[i], v->i ? "t" : "f");
        break;
    case DB_REAL:
        snprintf(p->text[i], sizeof p->text[i], "%.17g", v->r);
        break;
    case DB_TEXT:
        break; /* see text_parameter */
    case DB_BLOB:
        p->values[i] = v->s.n ? v->s.p : "";
        p->lengths[i] = (int)v->s.n;
        p->formats[i] = 1;
        p->types[i] = OID_BYTEA;
        break;
    }
}

static int send_text(struct pg_db *db, const char *sql, const struct db_request *r, struct pawl_error *e)
{
    struct parameters p;
    ARENA(tmp);
    if (r->n_params > SMALL)
        return err_set(e, PAWL_INTERNAL, "more than %d parameters", SMALL);
    for (size_t i = 0; i < r->n_params; i++) {
        one_parameter(&p, i, &r->params[i]);
        if (r->params[i].type == DB_TEXT && !(p.values[i] = arena_strz(&tmp, r->params[i].s)))
            return err_nomem(e);
    }
    int n = (int)r->n_params;
    if (r->prepared ? db->pq.sendQueryPrepared(db->conn, sql, n, p.values, p.lengths, p.formats, 0)
                    : db->pq.sendQueryParams(db->conn, sql, n, p.types, p.values, p.lengths, p.formats, 0))
        return PAWL_OK;
    db->broken = true;
    return err_set(e, PAWL_UNREACHABLE, "cannot send: %s", db->pq.errorMessage(db->conn));
}

/* libpq wants a NUL behind the text, which is a piece of a file as a rule. */
static int send_one(struct pg_db *db, const struct db_request *r, struct pawl_error *e)
{
    char small[2048];
    char *sql = r->sql.n < sizeof small ? small : mem_alloc(r->sql.n + 1);
    if (!sql)
        return err_nomem(e);
    if (r->sql.n)
        memcpy(sql, r->sql.p, r->sql.n);
    sql[r->sql.n] = '\0';
    int code = send_text(db, sql, r, e);
    if (sql != small)
        mem_free(sql);
    return code;
}

/* Hands what is to be sent to the operating system, reading answers meanwhile. */
static int flush(struct flight *f)
{
    struct pg_db *db = f->db;
    for (;;) {
        int left = db->pq.flush(db->conn);
        if (left < 0)
            return broken(f);
        int code = take_answers(f, false);
        if (code && db->broken)
            return code;
        if (left == 0)
            return PAWL_OK;
        if (wait_io(f, true) && db->broken)
            return f->code;
    }
}

/* Sends requests until all are out or one is known to have failed. */
static void send_all(struct flight *f)
{
    size_t bytes = 0;
    while (f->sent < f->n && !f->code && !pg_interrupted(f->db)) {
        f->stop = send_one(f->db, &f->requests[f->sent], f->e);
        if (f->stop)
            return;
        bytes += f->requests[f->sent].sql.n + 64;
        if (f->sent++ == f->done)
            begin_answer(f);
        if (bytes >= FLUSH_BYTES) {
            bytes = 0;
            if (flush(f) && f->db->broken)
                return;
        }
    }
}

static int sync_flight(struct flight *f)
{
    if (!f->db->pq.pipelineSync(f->db->conn))
        return broken(f);
    f->db->syncs++;
    return PAWL_OK;
}

/* To the Sync behind what was sent. */
static int await_answers(struct flight *f)
{
    struct pg_db *db = f->db;
    while (!f->synced) {
        int left = db->pq.flush(db->conn);
        if (left < 0)
            return broken(f);
        if (take_answers(f, true) && db->broken)
            return f->code;
        if (!f->synced && wait_io(f, left > 0) && db->broken)
            return f->code;
    }
    return f->code;
}

/* Unless another flight is on its way. */
static void leave_pipeline(struct flight *f)
{
    struct pg_db *db = f->db;
    if (db->broken || db->syncs)
        return;
    PGresult *rest = db->pq.getResult(db->conn);
    db->pq.clear(rest);
    if (!db->pq.exitPipelineMode(db->conn))
        broken(f);
}

static int run_pipeline(struct flight *f)
{
    struct pg_db *db = f->db;
    f->fresh = true;
    if (!db->pq.enterPipelineMode(db->conn))
        return broken(f);
    send_all(f);
    if (!db->broken && sync_flight(f) == PAWL_OK)
        await_answers(f);
    leave_pipeline(f);
    if (!f->code && f->done < f->n) {
        f->fault->request = f->done;
        f->code = f->stop ? f->stop : err_set(f->e, PAWL_INTERRUPTED, "interrupted");
    }
    return f->code;
}

/* ---- COPY -------------------------------------------------------------------------------------------------------- */

static bool is_copy(const struct db_request *r)
{
    struct lexer lx;
    struct token t;
    lexer_init(&lx, &dialect_postgres, r->sql);
    return lexer_next(&lx, &t) && lexer_word(&lx, &t, "copy");
}

static int copy_flush(struct flight *f)
{
    int left;
    while ((left = f->db->pq.flush(f->db->conn)) > 0)
        if (wait_io(f, true) && f->db->broken)
            return f->code;
    return left < 0 ? broken(f) : PAWL_OK;
}

static int copy_in(struct flight *f, const struct db_request *r)
{
    struct pg_db *db = f->db;
    int ok = 1;
    for (size_t at = 0; r->copy.p && at < r->copy.n && ok > 0;) {
        size_t n = r->copy.n - at < COPY_BYTES ? r->copy.n - at : COPY_BYTES;
        ok = db->pq.putCopyData(db->conn, r->copy.p + at, (int)n);
        at += n;
        if (ok > 0 && copy_flush(f))
            return f->code;
    }
    const char *complaint = !r->copy.p ? "no data follows the statement" : pg_interrupted(db) ? "interrupted" : NULL;
    if (ok <= 0 || db->pq.putCopyEnd(db->conn, complaint) <= 0 || copy_flush(f))
        return broken(f);
    return PAWL_OK;
}

/* Data that a COPY ... TO stdout sends has nowhere to go. */
static int copy_out(struct flight *f)
{
    struct pg_db *db = f->db;
    for (;;) {
        char *row = NULL;
        int n = db->pq.getCopyData(db->conn, &row, 1);
        if (row)
            db->pq.freemem(row);
        if (n < 0)
            return n == -1 ? PAWL_OK : broken(f);
        if (n == 0 && wait_io(f, false) && db->broken)
            return f->code;
    }
}

static int run_copy(struct flight *f)
{
    struct pg_db *db = f->db;
    const struct db_request *r = f->requests;
    int code = send_one(db, r, f->e);
    if (code)
        return f->code = code;
    f->sent = 1;
    if (copy_flush(f))
        return f->code;
    for (;;) {
        while (db->pq.isBusy(db->conn))
            if (wait_io(f, false) && db->broken)
                return f->code;
        PGresult *result = db->pq.getResult(db->conn);
        if (!result)
            return f->answered && db->pq.status(db->conn) == CONNECTION_OK ? f->code : broken(f);
        ExecStatusType status = db->pq.resultStatus(result);
        f->answered = status != PGRES_COPY_IN && status != PGRES_COPY_OUT; /* these have another one behind the data */
        take(f, result);
        db->pq.clear(result);
        if (db->broken)
            return f->code;
        if (status == PGRES_COPY_IN)
            copy_in(f, r);
        else if (status == PGRES_COPY_OUT)
            copy_out(f);
        if (db->broken)
            return f->code;
    }
}

/* ---- in two parts ------------------------------------------------------------------------------------------------ */

static int check_whole(const struct pg_db *db, struct pawl_error *e)
{
    return db->broken ? err_set(e, PAWL_UNREACHABLE, "the connection broke before") : PAWL_OK;
}

int pg_send(struct pg_db *db, const struct db_request *requests, size_t n, struct pawl_error *e)
{
    struct db_fault fault;
    struct flight f = {.db = db, .fault = &fault, .e = e};
    int code = check_whole(db, e);
    db->stamps.holds = db->stamps.exact = db->stamps.sealed = false;
    if (code)
        return code;
    if (!db->syncs && !db->pq.enterPipelineMode(db->conn))
        return broken(&f);
    for (size_t i = 0; i < n && !code; i++)
        code = send_one(db, &requests[i], e);
    if (db->broken || sync_flight(&f))
        return code ? code : f.code;
    if (db->pq.flush(db->conn) < 0)
        return broken(&f);
    return code;
}

int pg_receive(struct pg_db *db, const struct db_request *requests, size_t n, struct db_fault *fault,
               struct pawl_error *e)
{
    struct flight f = {.db = db, .requests = requests, .n = n, .sent = n, .fresh = true, .fault = fault, .e = e};
    int code = pg_lock_check(db, e);
    if (!code)
        code = check_whole(db, e);
    if (code)
        return code;
    await_answers(&f);
    leave_pipeline(&f);
    return f.code;
}

void pg_drop(struct pg_db *db)
{
    struct db_fault fault;
    struct flight f = {.db = db, .fault = &fault};
    db->expected.asked = false;
    if (!db->syncs)
        return;
    while (db->syncs && !db->broken) {
        f.synced = false;
        await_answers(&f);
    }
    leave_pipeline(&f);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static int run_all(struct pg_db *db, const struct db_request *requests, size_t n, struct db_fault *fault,
                   struct pawl_error *e)
{
    pg_drop(db);
    int code = pg_lock_check(db, e);
    if (!code)
        code = check_whole(db, e);
    for (size_t at = 0; at < n && !code;) {
        size_t end = at;
        if (pg_interrupted(db)) {
            fault->request = at;
            return err_set(e, PAWL_INTERRUPTED, "interrupted");
        }
        while (end < n && !requests[end].copy.p && !is_copy(&requests[end]))
            end++;
        struct flight f = {.db = db, .requests = requests + at, .fault = fault, .e = e};
        f.n = end > at ? end - at : 1;
        code = end > at ? run_pipeline(&f) : run_copy(&f);
        if (code)
            fault->request += at;
        at += f.n;
    }
    return code;
}

/* They fail only if a text has taken away what they speak of. */
static int run_behind_marks(struct pg_db *db, const struct db_request *requests, size_t n, struct db_fault *fault,
                            struct pawl_error *e)
{
    enum { FEW = 96 };
    struct db_request few[FEW];
    size_t marks = db->marks.n;
    struct db_request *all = n + marks <= FEW ? few : mem_alloc((n + marks) * sizeof *all);
    if (!all)
        return err_nomem(e);
    for (size_t i = 0; i < marks; i++)
        all[i] = (struct db_request){.sql = slice_of(db->marks.texts[i])};
    if (n)
        memcpy(all + marks, requests, n * sizeof *all);
    db->marks.n = 0;
    db->base.waiting = false;
    int code = run_all(db, all, n + marks, fault, e);
    if (code == PAWL_SQL && fault->request < marks)
        code = err_set(e, PAWL_INTERNAL, "a savepoint is not there any more");
    fault->request = fault->request > marks ? fault->request - marks : 0;
    if (all != few)
        mem_free(all);
    return code;
}

int pg_run_plain(struct pg_db *db, const struct db_request *requests, size_t n, struct db_fault *fault,
                 struct pawl_error *e)
{
    return db->marks.n ? run_behind_marks(db, requests, n, fault, e) : run_all(db, requests, n, fault, e);
}

/* Only in a transaction that is well: one that has failed is healed at once. */
static bool make_wait(struct pg_db *db, const struct db_request *requests, size_t n)
{
    struct pg_marks *m = &db->marks;
    bool may = db->base.marks_wait && db->marks.n + n <= PG_MARKS && pg_stamp_can_wait(db) && !db->broken &&
               db->pq.transactionStatus(db->conn) == PQTRANS_INTRANS;
    for (size_t i = 0; i < n && may; i++)
        may = requests[i].sql.n < PG_MARK_TEXT;
    for (size_t i = 0; i < n && may; i++)
        snprintf(m->texts[m->n++], PG_MARK_TEXT, SLICE_FMT, SLICE_ARG(requests[i].sql));
    db->base.waiting |= may;
    return may;
}

/* Together with a stamp: in the same flight. */
static int run_with_stamp(struct pg_db *db, const struct db_request *requests, size_t n, bool in_front,
                          struct db_fault *fault, struct pawl_error *e)
{
    enum { MAX_STAMP = 16384, FEW = 80 };
    struct db_request few[FEW], stamp[PG_STAMP_REQUESTS];
    STRBUF(text, MAX_STAMP);
    size_t more = pg_stamp_requests(db, &text, stamp);
    struct db_request *all = n + more <= FEW ? few : mem_alloc((n + more) * sizeof *all);
    if (!more || !all)
        return err_nomem(e);
    memcpy(all + (in_front ? more : 0), requests, n * sizeof *all);
    memcpy(all + (in_front ? 0 : n), stamp, more * sizeof *all);
    int code = pg_run_plain(db, all, n + more, fault, e);
    if (!code)
        pg_stamp_taken(db, in_front);
    if (code && in_front)
        fault->request = fault->request > more ? fault->request - more : 0;
    if (all != few)
        mem_free(all);
    return code;
}

int pg_run(struct db *base, const struct db_request *requests, size_t n, struct db_fault *fault, struct pawl_error *e)
{
    struct pg_db *db = pg_of(base);
    struct db_request kept;
    char name[PG_KEPT_NAME];
    bool is_kept = false;
    if (n == 1 && !db->broken) {
        int code = pg_by_name(db, requests, name, &kept, &is_kept, fault, e);
        if (code)
            return code;
    }
    if (is_kept)
        requests = &kept;
    if (base->only_asks)
        return pg_run_plain(db, requests, n, fault, e);
    if (make_wait(db, requests, n)) {
        pg_stamp_before(db, requests, n);
        return PAWL_OK;
    }
    pg_stamp_before(db, requests, n);
    pg_drop(db);
    enum pg_stamp_place place = db->broken ? PG_STAMP_NONE : pg_stamp_place(db, requests, n);
    int code = place == PG_STAMP_NONE ? pg_run_plain(db, requests, n, fault, e)
                                      : run_with_stamp(db, requests, n, place == PG_STAMP_IN_FRONT, fault, e);
    if (!code && n == 1)
        pg_stamp_ended(db, requests, place == PG_STAMP_IN_FRONT);
    base->goes_back = false;
    return code;
}
