#include "db/db.h"

#include "db/drivers.h"

static const struct db_driver *const drivers[] = {
    &db_sqlite,
    &db_postgres,
};

#define N_DRIVERS (sizeof drivers / sizeof drivers[0])

const struct db_driver *db_driver_find(const char *name)
{
    for (size_t i = 0; i < N_DRIVERS; i++)
        if (strcmp(drivers[i]->name, name) == 0)
            return drivers[i];
    return NULL;
}

/* "scheme" of "scheme:rest" if it looks like one, else empty. One letter is a drive, not a scheme. */
static struct slice scheme_of(struct slice url)
{
    size_t n = 0;
    while (n < url.n && ((url.p[n] >= 'a' && url.p[n] <= 'z') || (url.p[n] >= 'A' && url.p[n] <= 'Z') ||
                         (n > 0 && url.p[n] >= '0' && url.p[n] <= '9')))
        n++;
    return n > 1 && n < url.n && url.p[n] == ':' ? slice_sub(url, 0, n) : (struct slice){NULL, 0};
}

static bool has_scheme(const struct db_driver *driver, struct slice scheme)
{
    for (const char *const *s = driver->schemes; *s; s++)
        if (slice_ieq(slice_of(*s), scheme))
            return true;
    return false;
}

/* What looks like a user with a password is no path, and must not be shown as one. */
static bool has_password(struct slice text)
{
    size_t colon = slice_find_byte(text, ':');
    return colon != SIZE_MAX && slice_find_byte(slice_sub(text, colon, text.n), '@') != SIZE_MAX;
}

int db_target_parse(struct arena *a, const char *url, struct db_target *out, struct pawl_error *e)
{
    *out = (struct db_target){0};
    if (!url || !*url) {
        err_set(e, PAWL_USAGE, "no database given");
        err_hint(e, "say which one with --url, DATABASE_URL or `url` in pawl.toml, for example sqlite:app.db");
        return PAWL_USAGE;
    }
    struct slice text = arena_dup(a, slice_of(url));
    if (!text.p)
        return err_nomem(e);
    struct slice scheme = scheme_of(text);
    out->url = text;
    for (size_t i = 0; i < N_DRIVERS && !out->driver; i++)
        if (scheme.n ? has_scheme(drivers[i], scheme) : drivers[i]->knows && drivers[i]->knows(text))
            out->driver = drivers[i];
    if (!scheme.n && !out->driver && has_password(text)) {
        err_set(e, PAWL_USAGE, "the URL of the database does not begin with the name of an engine");
        err_hint(e, "write postgres:// in front of it; a file of such a name is sqlite:PATH");
        return PAWL_USAGE;
    }
    for (size_t i = 0; i < N_DRIVERS && !out->driver && !scheme.n; i++)
        if (drivers[i]->caps & DB_CAP_FILE)
            out->driver = drivers[i];
    if (!out->driver) {
        err_set(e, PAWL_USAGE, "no driver for URLs that begin with " SLICE_FMT ":", SLICE_ARG(scheme));
        err_hint(e, "pawl knows sqlite:PATH and a plain path for SQLite, and postgres:// for PostgreSQL");
        return PAWL_USAGE;
    }
    return out->driver->parse(a, out, e);
}

int db_open(const struct db_target *target, const struct db_options *options, struct db **out, struct pawl_error *e)
{
    *out = NULL;
    return target->driver->open(target, options, out, e);
}

struct db *db_start(const struct db_target *target, const struct db_options *options)
{
    struct db *db = NULL;
    if (!target->driver || !target->driver->start || target->driver->start(target, options, &db, NULL))
        return NULL;
    return db;
}

void db_advance(struct db *started)
{
    if (started && started->driver->advance)
        started->driver->advance(started);
}

void db_expect(struct db *db, struct slice name, struct slice select)
{
    if (db && db->driver->expect)
        db->driver->expect(db, name, select);
}

int db_open_started(struct db *started, const struct db_target *target, const struct db_options *options,
                    struct db **out, struct pawl_error *e)
{
    *out = started;
    int code = started ? started->driver->finish(started, e) : PAWL_UNREACHABLE;
    if (!code)
        return PAWL_OK;
    db_close(started);
    *out = NULL;
    /* Once more and patiently, since the server may be starting, or to say what it is. */
    return started && !options->connect_wait_ms ? code : db_open(target, options, out, e);
}

void db_close(struct db *db)
{
    if (db)
        db->driver->close(db);
}

int db_run(struct db *db, const struct db_request *requests, size_t n, struct db_fault *fault, struct pawl_error *e)
{
    struct db_fault ignored;
    if (!fault)
        fault = &ignored;
    *fault = (struct db_fault){.offset = SIZE_MAX};
    return n ? db->driver->run(db, requests, n, fault, e) : PAWL_OK;
}

int db_ask(struct db *db, const struct db_request *request, struct pawl_error *e)
{
    db->only_asks = true;
    int code = db_run(db, request, 1, NULL, e);
    db->only_asks = false;
    return code;
}

int db_exec(struct db *db, const char *sql, struct pawl_error *e)
{
    return db_run(db, &(struct db_request){.sql = slice_of(sql)}, 1, NULL, e);
}

void db_rollback(struct db *db)
{
    if (db->driver->in_transaction(db))
        db_exec(db, db->driver->rollback, NULL);
}
