/* Asking the server: settings around the questions, and questions that it has seen before. */
#include "schema/postgres_read.h"

#include <stdio.h>

#include "sys/clock.h"

/*
 * The texts that the server writes depend on settings. They are set for the time of the questions only: in a savepoint if a
 * transaction is open, which gives back what the transaction had set, or else in a transaction of our own. pg_temp stands last, so
 * that a temporary table cannot take a catalog's place.
 */
#define SETTINGS \
    "select set_config('search_path', 'pg_catalog, pg_temp', true), set_config('datestyle', 'ISO, YMD', true), " \
    "set_config('intervalstyle', 'postgres', true), set_config('timezone', 'UTC', true), set_config('extra_float_digits', '1', " \
    "true), set_config('quote_all_identifiers', 'off', true), set_config('bytea_output', 'hex', true), " \
    "set_config('jit', 'off', true), set_config('max_parallel_workers_per_gather', '0', true), set_config('row_security', 'on', " \
    "true), set_config('plan_cache_mode', 'force_generic_plan', true)"
/* Of a few rows, whatever was planned while there were hardly any: by their keys. */
#define FEW \
    "set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), " \
    "set_config('enable_mergejoin', 'off', true)"

static const char settings_sql[] = SETTINGS;
static const char settings_few_sql[] = SETTINGS ", " FEW;
static const char few_sql[] = "select " FEW;

/* ---- batches ----------------------------------------------------------------------------------------------------- */

static struct db_request *next_request(struct pg_batch *b)
{
    b->failed |= b->n == PG_BATCH;
    struct db_request *r = &b->requests[b->failed ? 0 : b->n++];
    *r = (struct db_request){0};
    return r;
}

void pg_add(struct pg_batch *b, struct slice text, db_row_fn *on_row, void *context)
{
    struct db_request *r = next_request(b);
    b->failed |= !text.p;
    r->sql = text;
    r->on_row = on_row;
    r->context = context;
}

static struct slice name_of(struct pg_in *in, size_t number)
{
    return arena_printf(&in->arena, "pawl_%llx_%zu", (unsigned long long)in->session, number);
}

/* Which of our statements it is, counted from 1; it is told to the server when it is new. 0 = no more of them. */
static size_t statement(struct pg_in *in, struct pg_batch *b, const void *key, const char *sql)
{
    if (!in->session)
        in->session = clock_ms() << 16 ^ (uint64_t)(uintptr_t)in; /* no other one on this connection has the same */
    if (in->resets != in->db->resets) { /* the session was put back, and our statements with it */
        in->resets = in->db->resets;
        in->n_statements = 0;
        in->session++;
    }
    for (size_t i = 0; i < in->n_statements; i++)
        if (in->statements[i] == key)
            return i + 1;
    if (in->unprepared || in->n_statements == PG_STATEMENTS)
        return 0;
    const char *types = strstr(sql, "$2::int[]")                             ? " (oid[], int[])"
                        : strstr(sql, "$1::xid")                             ? " (xid)"
                        : strstr(sql, "$1::oid[]") || strstr(sql, "{where ") ? " (oid[])"
                                                                             : "";
    struct slice text = pg_text(in, &in->arena, sql, false), name = name_of(in, in->n_statements + 1);
    b->failed |= !text.p || !name.p; /* or an empty statement would be prepared */
    in->statements[in->n_statements++] = key;
    pg_add(b,
           arena_printf(&in->arena, "prepare " SLICE_FMT "%s as " SLICE_FMT, SLICE_ARG(name), types, SLICE_ARG(text)),
           NULL, NULL);
    return in->n_statements;
}

static void add_with(struct pg_in *in, struct pg_batch *b, struct slice text, const struct slice *lists, size_t n,
                     db_row_fn *on_row, void *context)
{
    struct db_value *parameters = arena_array(&in->arena, n ? n : 1, sizeof *parameters);
    pg_add(b, text, on_row, context);
    b->failed |= !parameters;
    for (size_t i = 0; i < n && parameters; i++)
        parameters[i] = DB_V_TEXT(lists[i]);
    b->requests[b->n - 1].params = parameters;
    b->requests[b->n - 1].n_params = n;
}

void pg_add_once(struct pg_in *in, struct pg_batch *b, const char *sql, struct slice list, db_row_fn *on_row,
                 void *context)
{
    size_t n = strstr(sql, "$1") || strstr(sql, "{where ");
    add_with(in, b, pg_text(in, &in->arena, sql, false), &list, n, on_row, context);
}

void pg_add_kept(struct pg_in *in, struct pg_batch *b, const void *key, const char *sql, const struct slice *lists,
                 size_t n, db_row_fn *on_row, void *context)
{
    size_t number = statement(in, b, key, sql);
    add_with(in, b, number ? name_of(in, number) : pg_text(in, &in->arena, sql, false), lists, n, on_row, context);
    b->requests[b->n - 1].prepared = number > 0;
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

static void begin_asking(struct pg_in *in, struct pg_batch *b, const char *settings)
{
    bool inside = in->db->driver->in_transaction(in->db);
    b->n = 0;
    b->failed = false;
    pg_add(b, inside ? SLICE("savepoint pawl_facts") : SLICE("begin read only"), NULL, NULL);
    pg_add_kept(in, b, settings, settings, NULL, 0, NULL, NULL);
}

void pg_begin_asking(struct pg_in *in, struct pg_batch *b)
{
    begin_asking(in, b, settings_sql);
}

void pg_begin_asking_few(struct pg_in *in, struct pg_batch *b)
{
    begin_asking(in, b, settings_few_sql);
}

void pg_few(struct pg_in *in, struct pg_batch *b)
{
    pg_add_kept(in, b, few_sql, few_sql, NULL, 0, NULL, NULL);
}

int pg_ask(struct pg_in *in, struct pg_batch *b, struct pawl_error *e)
{
    bool inside = in->db->driver->in_transaction(in->db);
    if (inside)
        pg_add(b, SLICE("rollback to savepoint pawl_facts"), NULL, NULL);
    pg_add(b, inside ? SLICE("release savepoint pawl_facts") : SLICE("commit"), NULL, NULL);
    if (b->failed)
        return err_nomem(e);
    in->db->only_asks = true;
    int code = db_run(in->db, b->requests, b->n, NULL, e);
    if (code && inside) { /* the transaction is the caller's, and goes on */
        struct pawl_error ignored = {0};
        db_run(in->db, b->requests + b->n - 2, 2, NULL, &ignored);
    } else if (code) {
        db_rollback(in->db);
    }
    in->db->only_asks = false;
    return code;
}
