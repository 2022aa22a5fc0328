/*
 * Scratch databases: pawl_scratch_<seconds since 1970, by the server's clock>_<process>_<random>. Whoever makes one removes
 * those that dead runs left behind: of that form, ten minutes old, and without any session, which every live run has.
 */
#include <stdio.h>

#include "db/postgres.h"

#include "sql/dialect.h"
#include "sql/quote.h"
#include "sys/process.h"

#define MAX_SWEPT 100

struct leftovers {
    struct arena arena;
    int64_t now;
    struct slice names[MAX_SWEPT];
    size_t n;
};

static const char sweep_sql[] =
    "select extract(epoch from now())::bigint, d.datname::text from (select 1) one left join ("
    "select datname from pg_database d where datname ~ '^pawl_scratch_[0-9]{1,18}_[0-9]+_[0-9a-f]+$' "
    "and split_part(datname, '_', 3)::bigint < extract(epoch from now()) - 600 and pg_has_role(d.datdba, 'usage') "
    "and not exists (select from pg_stat_activity a where a.datid = d.oid)) d on true";

static int on_leftover(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct leftovers *l = context;
    (void)n;
    l->now = v[0].i;
    if (v[1].type != DB_TEXT || l->n == MAX_SWEPT)
        return PAWL_OK;
    l->names[l->n] = arena_dup(&l->arena, v[1].s);
    return l->names[l->n++].p ? PAWL_OK : err_nomem(e);
}

static int statement(struct pg_db *admin, const char *before, struct slice name, const char *behind,
                     struct pawl_error *e)
{
    STRBUF(sql, 1024);
    strbuf_addz(&sql, before);
    quote_identifier(&sql, &dialect_postgres, name);
    strbuf_addz(&sql, behind);
    return strbuf_ok(&sql) ? db_exec(&admin->base, strbuf_z(&sql), e) : err_nomem(e);
}

/* Without FORCE: a database that somebody has opened meanwhile stays. */
static int sweep(struct pg_db *admin, int64_t *now, struct pawl_error *e)
{
    struct leftovers l = {0};
    struct db_request r = {.sql = slice_of(sweep_sql), .on_row = on_leftover, .context = &l};
    int code = db_run(&admin->base, &r, 1, NULL, e);
    for (size_t i = 0; i < l.n && !code && !admin->broken; i++)
        statement(admin, "drop database if exists ", l.names[i], "", NULL);
    *now = l.now;
    arena_clear(&l.arena);
    return code;
}

static int refused(const struct db_target *server, struct pawl_error *e)
{
    if (e && strcmp(e->sqlstate, "42501") == 0)
        err_hint(e, "grant the role of " SLICE_FMT " CREATEDB, or name another server with --scratch-url",
                 SLICE_ARG(server->shown));
    return e ? (int)e->code : PAWL_SQL;
}

int pg_scratch(const struct db_target *server, const struct db_options *options, struct db **out, struct pawl_error *e)
{
    struct pg_db *admin = NULL;
    struct pg_db *db = NULL;
    char name[64] = "";
    int64_t now = 0;
    *out = NULL;
    int code = pg_connect(server, options, NULL, &admin, e);
    if (!code)
        code = sweep(admin, &now, e);
    if (!code) {
        snprintf(name, sizeof name, "pawl_scratch_%lld_%d_%08x", (long long)now, process_id(),
                 (unsigned)(uint32_t)process_random());
        code = statement(admin, "create database ", slice_of(name), " template template0", e);
        if (code)
            code = refused(server, e);
    }
    if (!code)
        code = pg_connect(server, options, name, &db, e);
    if (code && admin && name[0])
        statement(admin, "drop database if exists ", slice_of(name), "", NULL);
    pg_disconnect(admin);
    if (code)
        return code;
    db->scratch = db->dbname;
    *out = &db->base;
    return PAWL_OK;
}

void pg_scratch_drop(struct pg_db *db)
{
    struct pg_db *admin = NULL;
    struct db_options options = {0};
    if (pg_connect(&db->target, &options, NULL, &admin, NULL))
        return; /* the next run sweeps */
    bool forced = admin->pq.serverVersion(admin->conn) >= 130000;
    statement(admin, "drop database if exists ", db->scratch, forced ? " with (force)" : "", NULL);
    pg_disconnect(admin);
}
