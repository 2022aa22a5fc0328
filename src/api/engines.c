#include "api/engines.h"

int engines_check(const char *name, struct pawl_error *e)
{
    if (!name || db_driver_find(name))
        return PAWL_OK;
    err_set(e, PAWL_USAGE, "there is no engine \"%s\"", name);
    err_hint(e, "pawl knows sqlite and postgres");
    return PAWL_USAGE;
}

int engine_open(struct pawl *p, const char *name, bool required, struct scratch_server *server,
                struct proof_options *out, struct pawl_error *e)
{
    const struct pawl_config *c = &p->config;
    const struct db_driver *driver = db_driver_find(name);
    struct pawl_scratch scratch = scratch_of(&p->scratch, name);
    int code = scratch_server_open(&p->operation, driver, &p->scratch, c->interrupt, server, e);
    if (code)
        return code;
    if (!server->found && required) {
        err_set(e, PAWL_CONFIG, "there are no binaries of a %s server to start one", name);
        err_hint(e, "install them, or name a server with --scratch-url");
        return PAWL_CONFIG;
    }
    *out = (struct proof_options){
        .driver = driver,
        .server = server->target,
        .db = {.create = true,
               .scratch = true,
               .foreign_keys = c->foreign_keys,
               .wait_ms = c->wait_ms,
               .connect_wait_ms = c->connect_wait_ms,
               .interrupt = c->interrupt,
               .stubs = scratch.stubs,
               .n_stubs = scratch.n_stubs,
               .extensions = scratch.extensions,
               .n_extensions = scratch.n_extensions},
        .ledger = slice_of(c->table),
        .setup = scratch.setup,
        .n_setup = scratch.n_setup,
    };
    return PAWL_OK;
}

void engine_close(struct pawl *p, struct scratch_server *server)
{
    scratch_server_left(&p->operation, server, p->config.interrupt, &p->report);
    scratch_server_close(server);
}

static int add(struct pawl *p, const char *name, bool required, struct engines *out, struct pawl_error *e)
{
    struct scratch_server *server = &out->servers[out->n];
    int code = engine_open(p, name, required, server, &out->options[out->n], e);
    if (!code && server->found)
        out->n++;
    else if (!code)
        report_note(&p->report, PAWL_LEVEL_WARNING,
                    "nothing was proved on %s: there are no server binaries and no --scratch-url", name);
    return code;
}

int engines_open(struct pawl *p, const char *name, struct engines *out, struct pawl_error *e)
{
    static const char *const all[ENGINES] = {"sqlite", "postgres"};
    int code = PAWL_OK;
    *out = (struct engines){.n = 0};
    for (size_t i = 0; !code && i < ENGINES; i++)
        if (!name || strcmp(name, all[i]) == 0)
            code = add(p, all[i], name != NULL, out, e);
    return code;
}

void engines_close(struct pawl *p, struct engines *g)
{
    for (size_t i = 0; i < ENGINES; i++)
        engine_close(p, &g->servers[i]);
}

bool engines_names(const struct migration *m, const char *file)
{
    int64_t version;
    struct slice given = slice_of(file);
    if (slice_i64(given, &version))
        return version == m->version;
    return slice_eq(given, m->up.path) || slice_eq(given, slice_file_name(m->up.path)) ||
           (m->down.path.p && (slice_eq(given, m->down.path) || slice_eq(given, slice_file_name(m->down.path))));
}
