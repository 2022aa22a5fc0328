/*
 * Scratch databases: pawl_scratch_<seconds since 1970, by the server's clock>_<process>_<random>. Whoever makes one removes
 * those that dead runs left behind: of that form, ten minutes old, without any session, and, for snapshots, which have none,
 * without the advisory lock (1885501292, hashtext of the name) that a live run holds on some database of the server.
 */
#include <stdio.h>

#include "db/postgres.h"

#include "base/mem.h"
#include "sql/dialect.h"
#include "sql/quote.h"
#include "sys/clock.h"
#include "sys/process.h"

#define MAX_SWEPT 100

struct leftovers {
    struct arena arena;
    int64_t now;
    bool durable;
    struct slice names[MAX_SWEPT];
    size_t n;
};

static const char sweep_sql[] =
    "select extract(epoch from now())::bigint, d.datname::text, current_setting('fsync') = 'on' from (select 1) one left join ("
    "select datname from pg_database d where datname ~ '^pawl_scratch_[0-9]{1,18}_[0-9]+_[0-9a-f]+$' "
    "and split_part(datname, '_', 3)::bigint < extract(epoch from now()) - 600 and pg_has_role(d.datdba, 'usage') "
    "and not exists (select from pg_stat_activity a where a.datid = d.oid) and not exists (select from pg_locks l "
    "where l.locktype = 'advisory' and l.objsubid = 2 and l.classid = 1885501292 "
    "and l.objid::bigint = hashtext(d.datname)::bigint & 4294967295)) d on true";

static int on_leftover(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct leftovers *l = context;
    (void)n;
    l->now = v[0].i;
    l->durable = v[2].i != 0;
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

#define NAME_MAX_BYTES 64 /* PostgreSQL's own limit */

static void make_name(char out[NAME_MAX_BYTES], int64_t now)
{
    snprintf(out, NAME_MAX_BYTES, "pawl_scratch_%lld_%d_%08x", (long long)now, process_id(),
             (unsigned)(uint32_t)process_random());
}

/*
 * What a copy of a database is made with. Copying files is twice as fast as writing every page to the log, unless the server
 * has to write it all to disk. The choice came with PostgreSQL 15.
 */
static int copy_database(struct pg_db *admin, const char *name, const char *from, bool durable, struct pawl_error *e)
{
    STRBUF(behind, 256);
    strbuf_addz(&behind, " template ");
    quote_identifier(&behind, &dialect_postgres, slice_of(from));
    if (!durable && admin->pq.serverVersion(admin->conn) >= 150000)
        strbuf_addz(&behind, " strategy file_copy");
    return strbuf_ok(&behind) ? statement(admin, "create database ", slice_of(name), strbuf_z(&behind), e)
                              : err_nomem(e);
}

/* Without FORCE: a database that somebody has opened meanwhile stays. */
static int sweep(struct pg_db *admin, int64_t *now, bool *durable, struct pawl_error *e)
{
    struct leftovers l = {0};
    struct db_request r = {.sql = slice_of(sweep_sql), .on_row = on_leftover, .context = &l};
    int code = db_run(&admin->base, &r, 1, NULL, e);
    for (size_t i = 0; i < l.n && !code && !admin->broken; i++)
        statement(admin, "drop database if exists ", l.names[i], "", NULL);
    *now = l.now;
    *durable = l.durable;
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
    char name[NAME_MAX_BYTES] = "";
    int64_t now = 0;
    bool durable = true;
    *out = NULL;
    int code = pg_connect(server, options, NULL, &admin, e);
    if (!code)
        code = sweep(admin, &now, &durable, e);
    if (!code) {
        make_name(name, now);
        code = copy_database(admin, name, "template0", durable, e);
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
    db->base.alone = true;
    *out = &db->base;
    return PAWL_OK;
}

/* ---- what outlives them ------------------------------------------------------------------------------------------ */

static const char wide_sql[] =
    "select coalesce(string_agg(w.line || E'\\n', '' order by w.line), '') from ("
    "select 'role ' || rolname as line from pg_roles where rolname !~ '^pg_' "
    "union all select 'tablespace ' || spcname from pg_tablespace where spcname !~ '^pg_') w";

struct wide {
    struct arena *arena;
    struct slice *out;
};

static int on_wide(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct wide *w = context;
    (void)n;
    *w->out = arena_dup(w->arena, v[0].s);
    return w->out->p ? PAWL_OK : err_nomem(e);
}

int pg_server_wide(struct arena *a, const struct db_target *server, const struct db_options *options, struct slice *out,
                   struct pawl_error *e)
{
    struct pg_db *admin = NULL;
    struct wide w = {a, out};
    struct db_request r = {.sql = SLICE(wide_sql), .on_row = on_wide, .context = &w};
    int code = pg_connect(server, options, NULL, &admin, e);
    if (!code)
        code = db_run(&admin->base, &r, 1, NULL, e);
    pg_disconnect(admin);
    return code;
}

/* ---- dropping ---------------------------------------------------------------------------------------------------- */

static int on_flag(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    (void)n;
    (void)e;
    *(bool *)context = v[0].i != 0;
    return PAWL_OK;
}

/* A session ends a moment after its client has gone; a server that still finds one waits in steps of 100 ms. */
static void await_no_session(struct pg_db *admin, struct slice name)
{
    struct db_value param = DB_V_TEXT(name);
    bool busy = true;
    struct db_request r = {.sql = SLICE("select exists (select from pg_stat_activity where datname = $1)"),
                           .params = &param,
                           .n_params = 1,
                           .on_row = on_flag,
                           .context = &busy};
    for (int i = 0; i < 200 && busy; i++) {
        if (db_run(&admin->base, &r, 1, NULL, NULL))
            return;
        if (busy)
            clock_sleep_ms(1);
    }
}

static int drop(struct pg_db *admin, struct slice name, struct pawl_error *e)
{
    bool forced = admin->pq.serverVersion(admin->conn) >= 130000;
    await_no_session(admin, name);
    return statement(admin, "drop database if exists ", name, forced ? " with (force)" : "", e);
}

void pg_scratch_drop(struct pg_db *db)
{
    struct pg_db *admin = NULL;
    struct db_options options = {0};
    if (pg_connect(&db->target, &options, NULL, &admin, NULL))
        return; /* the next run sweeps */
    drop(admin, db->scratch, NULL);
    pg_disconnect(admin);
}

/* ---- snapshots --------------------------------------------------------------------------------------------------- */

/* A second database that was copied from the first. Copying needs both to be without sessions, so ours is ended meanwhile. */
struct db_snapshot {
    struct pg_db *admin;
    char name[NAME_MAX_BYTES];
    bool durable;
};

static void end_session(struct pg_db *db)
{
    db->pq.finish(db->conn);
    db->conn = NULL;
    db->broken = true;
}

static int claim(struct db_snapshot *s, struct pawl_error *e)
{
    struct db_value param = DB_V_TEXT(slice_of(s->name));
    struct db_request r = {
        .sql = SLICE("select pg_advisory_lock_shared(1885501292, hashtext($1))"), .params = &param, .n_params = 1};
    return db_run(&s->admin->base, &r, 1, NULL, e);
}

int pg_snapshot(struct db *base, struct db_snapshot **out, struct pawl_error *e)
{
    struct pg_db *db = pg_of(base);
    struct db_options options = {.interrupt = db->interrupt};
    int64_t now = 0;
    struct db_snapshot *s = *out = mem_alloc(sizeof *s);
    if (!s)
        return err_nomem(e);
    int code = pg_connect(&db->target, &options, NULL, &s->admin, e);
    if (!code)
        code = sweep(s->admin, &now, &s->durable, e);
    if (!code) {
        make_name(s->name, now);
        code = claim(s, e);
    }
    if (!code) {
        end_session(db);
        await_no_session(s->admin, db->dbname);
        code = copy_database(s->admin, s->name, db->dbname.p, s->durable, e);
        int again = pg_reconnect(db, code ? NULL : e);
        code = code ? code : again;
    }
    if (code) {
        pg_forget(s);
        *out = NULL;
    }
    return code;
}

int pg_restore(struct db *base, struct db_snapshot *s, struct pawl_error *e)
{
    struct pg_db *db = pg_of(base);
    end_session(db);
    int code = drop(s->admin, db->dbname, e);
    if (!code)
        code = copy_database(s->admin, db->dbname.p, s->name, s->durable, e);
    return code ? code : pg_reconnect(db, e);
}

void pg_forget(struct db_snapshot *s)
{
    if (!s)
        return;
    if (s->admin && s->name[0])
        drop(s->admin, slice_of(s->name), NULL);
    pg_disconnect(s->admin);
    mem_free(s);
}
