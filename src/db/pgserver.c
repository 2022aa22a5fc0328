#include "db/pgserver.h"

#include <stdio.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "sys/claim.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/tree.h"

#define START_MS 20000 /* far more than a loaded machine takes */
#define STOP_MS 10000
#define MEMORY (UINT64_C(2) << 30) /* free bytes from which on memory is the place for it */
#define SOCKET_PATH 80             /* bytes of a folder in which a socket's name still fits */

struct pgserver {
    struct arena arena;
    struct process watch;
    struct process_user user;
    const struct process_user *other_user; /* &user when we are root, else NULL */
    struct slice bindir, folder, url;
    int claim; /* see sys/claim */
};

#define FOLDER_PREFIX "pawl-server-"

/* ---- finding the binaries ---------------------------------------------------------------------------------------- */

static bool has_server(struct arena *a, struct slice folder)
{
    struct slice server = arena_printf(a, SLICE_FMT "/postgres", SLICE_ARG(folder));
    struct slice init = arena_printf(a, SLICE_FMT "/initdb", SLICE_ARG(folder));
    return folder.n && server.p && init.p && file_exists(server.p) && file_exists(init.p);
}

struct newest {
    struct slice prefix;
    int64_t version;
};

static int newer(void *context, const char *name, struct pawl_error *e)
{
    (void)e;
    struct newest *newest = context;
    struct slice text = slice_of(name);
    int64_t version = 0;
    if (slice_starts(text, newest->prefix) && slice_i64(slice_sub(text, newest->prefix.n, text.n), &version) &&
        version > newest->version)
        newest->version = version;
    return PAWL_OK;
}

/* Debian and the project's own packages keep each major version in a folder of its own, outside PATH. */
static struct slice in_distribution(struct arena *a)
{
    static const char *const places[][2] = {{"/usr/lib/postgresql", ""}, {"/usr", "pgsql-"}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct newest newest = {.prefix = slice_of(places[i][1])};
        tree_list(places[i][0], newer, &newest, NULL);
        struct slice folder = arena_printf(a, "%s/%s%lld/bin", places[i][0], places[i][1], (long long)newest.version);
        if (newest.version && folder.p && has_server(a, folder))
            return folder;
    }
    return SLICE("");
}

static struct slice folder_of(struct slice path)
{
    while (path.n && path.p[path.n - 1] != '/')
        path.n--;
    return path.n > 1 ? slice_sub(path, 0, path.n - 1) : SLICE("");
}

int pgserver_find(struct arena *a, struct slice *bindir, struct pawl_error *e)
{
    *bindir = (struct slice){NULL, 0};
    const char *const ask[] = {"pg_config", "--bindir", NULL};
    struct slice folder = SLICE("");
    if (process_find(a, "pg_config").p && process_output(a, ask, 4096, &folder, NULL) == PAWL_OK)
        folder = slice_trim(folder);
    if (!has_server(a, folder))
        folder = in_distribution(a);
    if (!has_server(a, folder))
        folder = folder_of(process_find(a, "postgres"));
    if (!has_server(a, folder))
        return PAWL_OK;
    *bindir = arena_dup(a, folder);
    return bindir->p ? PAWL_OK : err_nomem(e);
}

static int use_bindir(struct pgserver *s, const char *given, struct pawl_error *e)
{
    if (given) {
        s->bindir = arena_dup(&s->arena, slice_of(given));
        if (s->bindir.p && !has_server(&s->arena, s->bindir))
            return err_set(e, PAWL_CONFIG, "no PostgreSQL server in %s: it must hold postgres and initdb", given);
        return s->bindir.p ? PAWL_OK : err_nomem(e);
    }
    int code = pgserver_find(&s->arena, &s->bindir, e);
    if (!code && !s->bindir.p) {
        code = err_set(e, PAWL_CONFIG, "no PostgreSQL server binaries found");
        err_hint(e, "install PostgreSQL's server package, or name a server with --scratch-url");
    }
    return code;
}

/* ---- the data directory ------------------------------------------------------------------------------------------ */

/* Its options are part of the cache's key: see key_of. */
static const char *const init_options[] = {
    "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", "--wal-segsize=1", NULL,
};

/* What the server must not take over from us. */
static const char *const unset[] = {"PG", "LC_", "LANG", NULL};

/* "pg-<hash>": another binary, another build of it or other options make another data directory. */
static struct slice key_of(struct pgserver *s)
{
    STRBUF(text, 1 << 16);
    struct file_info info = {0};
    struct slice server = arena_printf(&s->arena, SLICE_FMT "/postgres", SLICE_ARG(s->bindir));
    if (!server.p || file_look(server.p, &info, NULL))
        return (struct slice){NULL, 0};
    strbuf_addf(&text, "%s %llu %lld", server.p, (unsigned long long)info.size, (long long)tree_changed_ns(server.p));
    for (size_t i = 0; init_options[i]; i++)
        strbuf_addf(&text, " %s", init_options[i]);
    return strbuf_ok(&text) ? arena_printf(&s->arena, "pg-%016llx", (unsigned long long)hash_fast(strbuf_slice(&text)))
                            : (struct slice){NULL, 0};
}

/* The folder for caches, made if need be; .p NULL = none can be had, which only costs time. */
static struct slice cache_folder(struct arena *a)
{
    const char *cache = process_env("XDG_CACHE_HOME");
    const char *home = process_env("HOME");
    struct slice folder = {NULL, 0};
    if (cache && *cache == '/')
        folder = arena_printf(a, "%s/pawl", cache);
    else if (home && *home == '/')
        folder = arena_printf(a, "%s/.cache/pawl", home);
    return folder.p && folder_make(folder.p, NULL) == PAWL_OK ? folder : (struct slice){NULL, 0};
}

/*
 * What a log says, for a message: the first line with a reason, since initdb and the server go on about tidying up; else the
 * last line.
 */
static struct slice reason_in(struct arena *a, struct slice path)
{
    struct slice text, line = {NULL, 0};
    if (!path.p || file_read(a, path.p, 1 << 20, &text, NULL))
        return SLICE("it said nothing");
    for (text = slice_trim(text); text.n; text = slice_sub(text, line.n + 1, text.n)) {
        line = slice_sub(text, 0, slice_find_byte(text, '\n'));
        if (slice_find(line, SLICE("FATAL: ")) != SIZE_MAX || slice_find(line, SLICE("PANIC: ")) != SIZE_MAX ||
            slice_find(line, SLICE("error: ")) != SIZE_MAX)
            return line;
    }
    return line.n ? line : SLICE("it said nothing");
}

static int run_initdb(struct pgserver *s, struct slice data, struct pawl_error *e)
{
    const char *argv[16] = {0};
    struct slice program = arena_printf(&s->arena, SLICE_FMT "/initdb", SLICE_ARG(s->bindir));
    struct slice log = arena_printf(&s->arena, SLICE_FMT "/initdb.log", SLICE_ARG(s->folder));
    struct slice into = arena_printf(&s->arena, "--pgdata=%s", data.p);
    if (!program.p || !log.p || !into.p)
        return err_nomem(e);
    size_t n = 0;
    argv[n++] = program.p;
    argv[n++] = into.p;
    for (size_t i = 0; init_options[i]; i++)
        argv[n++] = init_options[i];
    struct process_options options = {
        .argv = argv, .folder = "/", .output = log.p, .user = s->other_user, .unset = unset};
    struct process p;
    int code = process_start(&options, &p, e);
    if (code)
        return code;
    if (!process_wait(&p, START_MS * 3)) {
        process_kill(&p, true);
        process_wait(&p, STOP_MS);
        return err_set(e, PAWL_UNREACHABLE, "%s did not end", program.p);
    }
    return p.status
               ? err_set(e, PAWL_UNREACHABLE, "%s failed: " SLICE_FMT, program.p, SLICE_ARG(reason_in(&s->arena, log)))
               : PAWL_OK;
}

/*
 * Puts a copy of a fresh data directory where the next run finds it. Written under a name of its own and then moved, so that
 * nobody sees half of one; whoever comes second throws his copy away. No failure matters here.
 */
static void keep(struct pgserver *s, struct slice data, struct slice kept)
{
    struct slice half =
        arena_printf(&s->arena, "%s.%d.%llx", kept.p, process_id(), (unsigned long long)process_random());
    if (!half.p)
        return;
    if (tree_copy(data.p, half.p, NULL, NULL) || !tree_move(half.p, kept.p))
        tree_remove(half.p, NULL);
}

static int make_data(struct pgserver *s, struct pawl_error *e)
{
    struct slice data = arena_printf(&s->arena, SLICE_FMT "/data", SLICE_ARG(s->folder));
    struct slice cache = cache_folder(&s->arena);
    struct slice key = key_of(s);
    struct slice kept = {NULL, 0};
    if (!data.p)
        return err_nomem(e);
    if (cache.p && key.p)
        kept = arena_printf(&s->arena, SLICE_FMT "/" SLICE_FMT, SLICE_ARG(cache), SLICE_ARG(key));
    if (kept.p && file_is_folder(kept.p)) {
        if (tree_copy(kept.p, data.p, s->other_user, NULL) == PAWL_OK)
            return PAWL_OK;
        tree_remove(data.p, NULL);
    }
    int code = run_initdb(s, data, e);
    if (!code && kept.p)
        keep(s, data, kept);
    return code;
}

/* ---- running it -------------------------------------------------------------------------------------------------- */

/*
 * $1 the server, $2 the folder, then the server's arguments. The shell makes the folder itself, so that from then on there is
 * somebody who removes it. Descriptor 3 is the pipe: a line on it says that the data directory is there; when it ends, we
 * are gone or want the server to stop. The file `ended` says that the server ended, so that nobody waits for it to come up.
 * The signal is repeated, since a server that has not yet set itself up ignores it.
 */
static const char watch_script[] = "trap '' HUP INT TERM\n"
                                   "server=$1 folder=$2; shift 2\n"
                                   "umask 077\n"
                                   "mkdir \"$folder\" || exit 1\n"
                                   "exec 3<&0 >\"$folder/log\" 2>&1\n"
                                   "read -r _ <&3 || exec rm -rf -- \"$folder\"\n"
                                   "\"$server\" \"$@\" 3<&- </dev/null &\n"
                                   "pid=$!\n"
                                   "( read -r _ <&3; : >\"$folder/stop\"\n"
                                   "  while kill -QUIT $pid; do sleep .1 || sleep 1; done ) 2>/dev/null &\n"
                                   "wait $pid\n"
                                   ": >\"$folder/ended\"\n"
                                   "[ -e \"$folder/stop\" ] || wait\n"
                                   "rm -rf -- \"$folder\"\n";

/* Each is "name=value" behind a -c: speed, quiet, no background work, room for transactions that hold many locks. */
static const char *const settings[] = {
    "listen_addresses=",
    "port=5432",
    "unix_socket_permissions=0700",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=replica", /* so that the end of the log tells whether something was written; see stamp in postgres.c */
    "max_wal_senders=0",
    "max_wal_size=1GB",
    "checkpoint_timeout=1d",
    "shared_buffers=32MB",
    "max_connections=40",
    "max_locks_per_transaction=1024",
    "autovacuum=off",
    "jit=off",
    "dynamic_shared_memory_type=mmap",
    "bgwriter_lru_maxpages=0",
    "max_logical_replication_workers=0",
    "max_parallel_workers_per_gather=0",
    "logging_collector=off",
    "log_checkpoints=off",
    "lc_messages=C",
    "timezone=UTC",
    "log_timezone=UTC",
    NULL,
};

static int launch(struct pgserver *s, struct pawl_error *e)
{
    const char *argv[64] = {"/bin/sh", "-c", watch_script, "pawl-postgres"};
    struct arena *a = &s->arena;
    struct slice data = arena_printf(a, SLICE_FMT "/data", SLICE_ARG(s->folder));
    struct slice sockets = arena_printf(a, "unix_socket_directories=" SLICE_FMT, SLICE_ARG(s->folder));
    struct slice server = arena_printf(a, SLICE_FMT "/postgres", SLICE_ARG(s->bindir));
    if (!data.p || !sockets.p || !server.p)
        return err_nomem(e);
    size_t n = 4;
    argv[n++] = server.p;
    argv[n++] = s->folder.p;
    argv[n++] = "-D";
    argv[n++] = data.p;
    argv[n++] = "-c";
    argv[n++] = sockets.p;
    for (size_t i = 0; settings[i]; i++) {
        argv[n++] = "-c";
        argv[n++] = settings[i];
    }
    struct process_options options = {
        .argv = argv, .folder = "/", .pipe_input = true, .user = s->other_user, .unset = unset};
    int code = process_start(&options, &s->watch, e);
    while (!code && !file_is_folder(s->folder.p)) {
        if (process_wait(&s->watch, 1))
            code = err_set(e, PAWL_IO, "cannot make the folder %s", s->folder.p);
    }
    if (!code)
        s->claim = claim_take(s->folder.p);
    return code;
}

static int let_go(struct pgserver *s, struct pawl_error *e)
{
    return process_tell(&s->watch, SLICE("go\n")) ? PAWL_OK
                                                  : err_set(e, PAWL_IO, "the shell that watches the server is gone");
}

/* The server writes its state into the eighth line of its pid file; that is what pg_ctl looks at, too. */
static bool is_ready(struct arena *tmp, const char *pid_file)
{
    struct slice text;
    return file_exists(pid_file) && file_read(tmp, pid_file, 4096, &text, NULL) == PAWL_OK &&
           slice_find(text, SLICE("\nready")) != SIZE_MAX;
}

static int await(struct pgserver *s, const volatile int *interrupt, struct pawl_error *e)
{
    ARENA(tmp);
    struct slice pid_file = arena_printf(&s->arena, SLICE_FMT "/data/postmaster.pid", SLICE_ARG(s->folder));
    struct slice ended = arena_printf(&s->arena, SLICE_FMT "/ended", SLICE_ARG(s->folder));
    struct slice log = arena_printf(&s->arena, SLICE_FMT "/log", SLICE_ARG(s->folder));
    if (!pid_file.p || !ended.p || !log.p)
        return err_nomem(e);
    for (uint64_t end = clock_ms() + START_MS; !is_ready(&tmp, pid_file.p); clock_sleep_ms(3)) {
        if (interrupt && *interrupt)
            return err_set(e, PAWL_INTERRUPTED, "interrupted");
        if (file_exists(ended.p) || process_wait(&s->watch, 0) || clock_ms() > end) {
            err_set(e, PAWL_UNREACHABLE, "the throw-away PostgreSQL server does not start: " SLICE_FMT,
                    SLICE_ARG(reason_in(&s->arena, log)));
            err_hint(e, "name a server with --scratch-url instead");
            return PAWL_UNREACHABLE;
        }
        arena_reset(&tmp);
    }
    return PAWL_OK;
}

static void add_percent(struct strbuf *b, struct slice s)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    for (size_t i = 0; i < s.n; i++) {
        if (strchr(plain, s.p[i]))
            strbuf_addc(b, s.p[i]);
        else
            strbuf_addf(b, "%%%02X", (unsigned)(unsigned char)s.p[i]);
    }
}

/* Everything that an environment variable might otherwise turn elsewhere is said. */
static int make_url(struct pgserver *s, struct pawl_error *e)
{
    STRBUF(b, 4096);
    strbuf_addz(&b, "postgresql://postgres@/postgres?hostaddr=&options=&port=5432&host=");
    add_percent(&b, s->folder);
    s->url = strbuf_ok(&b) ? arena_dup(&s->arena, strbuf_slice(&b)) : (struct slice){NULL, 0};
    return s->url.p ? PAWL_OK : err_nomem(e);
}

struct sweep {
    struct arena *a;
    const char *place;
};

/* What a run left whose watching shell was killed with it. A server that is still up ends when it finds its folder gone. */
static int sweep_one(void *context, const char *name, struct pawl_error *e)
{
    struct sweep *sweep = context;
    if (!slice_starts(slice_of(name), SLICE(FOLDER_PREFIX)))
        return PAWL_OK;
    struct slice folder = arena_printf(sweep->a, "%s/%s", sweep->place, name);
    if (!folder.p)
        return err_nomem(e);
    if (claim_is_over(folder.p))
        tree_remove(folder.p, NULL);
    return PAWL_OK;
}

static int prepare(struct pgserver *s, const char *place, struct pawl_error *e)
{
    ARENA(tmp);
    struct sweep sweep = {&tmp, place ? place : tree_place(MEMORY)};
    static const char *const names[] = {"postgres", "nobody", NULL};
    int code = PAWL_OK;
    if (process_is_root()) {
        code = process_user_find(&s->arena, names, &s->user, e);
        s->other_user = &s->user;
    }
    if (code)
        return code;
    tree_list(sweep.place, sweep_one, &sweep, NULL);
    s->folder =
        arena_printf(&s->arena, "%s/" FOLDER_PREFIX "%016llx", sweep.place, (unsigned long long)process_random());
    if (!s->folder.p)
        return err_nomem(e);
    if (s->folder.n > SOCKET_PATH) {
        err_set(e, PAWL_CONFIG, "the path of the folder for temporary files is too long for a socket");
        err_hint(e, "set TMPDIR to a folder with a shorter path");
        return PAWL_CONFIG;
    }
    return PAWL_OK;
}

int pgserver_start(const struct pgserver_options *options, struct pgserver **out, struct pawl_error *e)
{
    *out = NULL;
    struct pgserver *s = mem_alloc(sizeof *s);
    if (!s)
        return err_nomem(e);
    s->watch.input = s->claim = -1;
    int code = use_bindir(s, options->bindir, e);
    if (!code)
        code = prepare(s, options->place, e);
    if (!code)
        code = launch(s, e); /* first, since from then on the folder is cleaned up whatever happens to us */
    if (!code)
        code = make_data(s, e);
    if (!code)
        code = let_go(s, e);
    if (!code)
        code = await(s, options->interrupt, e);
    if (!code)
        code = make_url(s, e);
    if (code)
        pgserver_stop(s);
    else
        *out = s;
    return code;
}

struct slice pgserver_url(const struct pgserver *s)
{
    return s->url;
}

struct slice pgserver_folder(const struct pgserver *s)
{
    return s->folder;
}

void pgserver_stop(struct pgserver *s)
{
    if (!s)
        return;
    process_close_input(&s->watch);
    if (!process_wait(&s->watch, STOP_MS))
        process_kill(&s->watch, true);
    if (s->watch.id)
        tree_remove(s->folder.p, NULL); /* the watching shell did so, unless it was killed or never started */
    claim_drop(s->claim);
    arena_clear(&s->arena);
    mem_free(s);
}
