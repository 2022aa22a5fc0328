#include "engine/scratch.h"

#include "sql/locate.h"
#include "sql/split.h"
#include "sys/file.h"

#define SETUP_MAX ((size_t)64 << 20)

struct pawl_scratch scratch_of(const struct scratch_config *c, const char *engine)
{
    for (size_t i = 0; c && i < c->n_engines; i++)
        if (strcmp(c->engines[i].engine, engine) == 0)
            return c->engines[i];
    return (struct pawl_scratch){.engine = engine};
}

/* ---- setup ------------------------------------------------------------------------------------------------------- */

/* Fills in what the driver cannot know: where in which file. */
static void place(const char *path, struct slice sql, size_t offset, struct pawl_error *e)
{
    struct place at = locate_once(sql, offset);
    err_place(e, slice_of(path), at.line, at.column);
}

static int run_statement(struct db *db, const char *path, struct slice sql, const struct statement *st,
                         struct pawl_error *e)
{
    struct db_fault fault;
    struct db_request r = {.sql = slice_sub(sql, st->offset, st->offset + st->length)};
    if (st->data_length)
        r.copy = slice_sub(sql, st->data_offset, st->data_offset + st->data_length);
    int code = st->kind == STATEMENT_CLIENT ? PAWL_OK : db_run(db, &r, 1, &fault, e);
    if (code)
        place(path, sql, st->offset + (fault.offset < st->length ? fault.offset : 0), e);
    return code;
}

int scratch_setup(struct db *db, const char *path, struct pawl_error *e)
{
    ARENA(a);
    struct slice sql;
    struct splitter s;
    struct statement st;
    enum split_result r = SPLIT_END;
    int code = file_read(&a, path, SETUP_MAX, &sql, e);
    if (code)
        return code;
    split_init(&s, db->driver->dialect, sql);
    while (!code && (r = split_next(&s, &st, e)) == SPLIT_STATEMENT)
        code = run_statement(db, path, sql, &st, e);
    if (!code && r == SPLIT_ERROR) {
        code = PAWL_SOURCE;
        err_place(e, slice_of(path), 0, 0);
    }
    return code;
}

/* ---- servers ----------------------------------------------------------------------------------------------------- */

static int target_of(struct arena *a, const char *url, const struct db_driver *driver, struct db_target **out,
                     struct pawl_error *e)
{
    struct db_target *target = *out = arena_alloc(a, sizeof *target);
    if (!target)
        return err_nomem(e);
    int code = db_target_parse(a, url, target, e);
    if (!code && target->driver != driver) {
        err_set(e, PAWL_USAGE, "the server for scratch databases is of another engine than %s", driver->name);
        err_hint(e, "give the URL of a server of that engine with --scratch-url");
        return PAWL_USAGE;
    }
    return code;
}

static void look_at_server(struct arena *a, const struct scratch_server *s, const volatile int *interrupt,
                           struct slice *out)
{
    struct db_options options = {.interrupt = interrupt};
    if (s->target->driver->server_wide(a, s->target, &options, out, NULL))
        *out = (struct slice){NULL, 0};
}

int scratch_server_open(struct arena *a, const struct db_driver *driver, const struct scratch_config *c,
                        const volatile int *interrupt, struct scratch_server *out, struct pawl_error *e)
{
    struct pgserver_options how = {.interrupt = interrupt};
    struct slice bindir;
    *out = (struct scratch_server){.found = true};
    if (driver->caps & DB_CAP_FILE)
        return PAWL_OK;
    if (c && c->url) {
        int named = target_of(a, c->url, driver, &out->target, e);
        if (!named) /* where it cannot be asked, a proof will say so */
            look_at_server(a, out, interrupt, &out->wide);
        return named;
    }
    int code = pgserver_find(a, &bindir, e);
    out->found = !code && bindir.p;
    if (!out->found)
        return code;
    how.bindir = bindir.p;
    code = pgserver_start(&how, &out->own, e);
    return code ? code : target_of(a, pgserver_url(out->own).p, driver, &out->target, e);
}

/* Is `line` one of the lines? */
static bool has_line(struct slice lines, struct slice line)
{
    while (lines.n) {
        size_t end = slice_find_byte(lines, '\n');
        if (slice_eq(slice_sub(lines, 0, end), line))
            return true;
        lines = slice_sub(lines, end + 1, lines.n);
    }
    return false;
}

void scratch_server_left(struct arena *a, const struct scratch_server *s, const volatile int *interrupt,
                         struct report *report)
{
    struct slice now = {NULL, 0};
    STRBUF(left, 1024);
    if (s->wide.p)
        look_at_server(a, s, interrupt, &now);
    while (now.n) {
        size_t end = slice_find_byte(now, '\n');
        struct slice line = slice_sub(now, 0, end);
        if (!has_line(s->wide, line))
            strbuf_addf(&left, "%s" SLICE_FMT, left.n ? ", " : "", SLICE_ARG(line));
        now = slice_sub(now, end + 1, now.n);
    }
    if (left.n)
        report_note(report, PAWL_LEVEL_NOTE, "the server of the scratch databases has got, and keeps: %s",
                    strbuf_z(&left));
}

void scratch_server_close(struct scratch_server *s)
{
    pgserver_stop(s->own);
    *s = (struct scratch_server){0};
}

/* ---- databases --------------------------------------------------------------------------------------------------- */

static bool is_fatal(int code)
{
    return code == PAWL_NOMEM || code == PAWL_INTERRUPTED || code == PAWL_INTERNAL;
}

static int open_database(struct arena *a, const struct db_driver *driver, const struct db_target *near,
                         const struct scratch_config *c, const struct db_options *options, struct scratch *out,
                         struct pawl_error *e)
{
    bool named = c && c->url;
    struct pawl_error near_error = {0};
    if (near && !named && !(driver->caps & DB_CAP_FILE)) {
        int code = driver->scratch(near, options, &out->db, &near_error);
        out->where = near;
        if (!code || is_fatal(code)) {
            if (code && e)
                *e = near_error;
            return code;
        }
    }
    int code = scratch_server_open(a, driver, c, options->interrupt, &out->server, e);
    if (code)
        return code;
    out->where = out->server.target;
    if (out->server.found)
        return driver->scratch(out->server.target, options, &out->db, e);
    err_set(e, PAWL_REFUSED, "there is no place for a scratch database: %s",
            near_error.message[0] ? near_error.message : "no server is known and none is installed");
    err_hint(e, "name a server of the same version with --scratch-url, or let the role create databases (CREATEDB)");
    return PAWL_REFUSED;
}

int scratch_open(struct arena *a, const struct db_driver *driver, const struct db_target *near,
                 const struct scratch_config *c, const struct db_options *options, struct scratch *out,
                 struct pawl_error *e)
{
    struct pawl_scratch how = scratch_of(c, driver->name);
    struct db_options own = *options;
    *out = (struct scratch){0};
    own.create = own.scratch = true;
    own.read_only = own.empty_if_missing = false;
    own.stubs = how.stubs;
    own.n_stubs = how.n_stubs;
    own.extensions = how.extensions;
    own.n_extensions = how.n_extensions;
    int code = open_database(a, driver, near, c, &own, out, e);
    for (size_t i = 0; !code && i < how.n_setup; i++)
        code = scratch_setup(out->db, how.setup[i], e);
    if (code)
        scratch_close(out);
    return code;
}

void scratch_close(struct scratch *s)
{
    db_close(s->db);
    s->db = NULL;
    scratch_server_close(&s->server);
}
