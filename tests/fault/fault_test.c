/*
 * fault: every operation of the public API, with the n-th request for memory refused, for each n, once and from then on.
 *
 * What must hold: the result is PAWL_NOMEM or the one without faults; the database stands at a whole migration; nothing
 * is lost or leaked; and the same call without faults completes afterwards. Needs a build with -Dfaults=true.
 *
 * Three seams: pawl's own (base/mem), SQLite's allocator and libcrypto's. Where a call makes more requests than FULL,
 * those behind are tried in growing steps, which keeps the time within bounds; PAWL_FAULT_ALL=1 tries every one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/crypto.h>
#include <sqlite3.h>

#include "base/mem.h"
#include "pawl.h"
#include "pawl_revert.h"
#include "tmpdir.h"

/* ---- the seams --------------------------------------------------------------------------------------------------- */

struct seam {
    const char *name;
    void (*set)(long countdown, int repeat);
    long (*hits)(void);
};

/* A counter like the one in base/mem, for an allocator that is not pawl's. */
struct counter {
    long at, seen, hits;
    int repeat;
};

static struct counter sqlite_counter, crypto_counter;
static sqlite3_mem_methods sqlite_real;

static bool refuse(struct counter *c)
{
    c->seen++;
    bool now = c->at > 0 && (c->seen == c->at || (c->seen > c->at && c->repeat));
    c->hits += now;
    return now;
}

static void *sqlite_malloc(int n)
{
    return refuse(&sqlite_counter) ? NULL : sqlite_real.xMalloc(n);
}

static void *sqlite_realloc(void *p, int n)
{
    return refuse(&sqlite_counter) ? NULL : sqlite_real.xRealloc(p, n);
}

static void *crypto_malloc(size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return refuse(&crypto_counter) ? NULL : malloc(n);
}

static void *crypto_realloc(void *p, size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return refuse(&crypto_counter) ? NULL : realloc(p, n);
}

static void crypto_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

static void sqlite_set(long countdown, int repeat)
{
    sqlite_counter = (struct counter){.at = countdown, .repeat = repeat};
}

static long sqlite_hits(void)
{
    return sqlite_counter.hits;
}

static void crypto_set(long countdown, int repeat)
{
    crypto_counter = (struct counter){.at = countdown, .repeat = repeat};
}

static long crypto_hits(void)
{
    return crypto_counter.hits;
}

static const struct seam seams[] = {
    {"pawl", mem_fault_set, mem_fault_hits},
    {"SQLite", sqlite_set, sqlite_hits},
    {"libcrypto", crypto_set, crypto_hits},
};

/* Before either library does anything. */
static int take_seams(void **state)
{
    (void)state;
    if (!CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) ||
        sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_real) != SQLITE_OK)
        return -1;
    sqlite3_mem_methods mine = sqlite_real;
    mine.xMalloc = sqlite_malloc;
    mine.xRealloc = sqlite_realloc;
    return sqlite3_config(SQLITE_CONFIG_MALLOC, &mine) == SQLITE_OK ? 0 : -1;
}

/* ---- the set ----------------------------------------------------------------------------------------------------- */

#define LATEST 5

static const struct {
    const char *name, *text;
} files[] = {
    {"0001_users.sql", "CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, email TEXT NOT NULL);\n"
                       "INSERT OR IGNORE INTO users (id, email) VALUES (1, 'a@example.org'), (2, 'b@example.org');\n"},
    {"0001_users.down.sql", "DROP TABLE IF EXISTS users;\n"},
    {"0002_orders.sql", "CREATE TABLE IF NOT EXISTS orders (\n  id INTEGER PRIMARY KEY,\n"
                        "  user_id INTEGER NOT NULL REFERENCES users (id)\n);\n"
                        "CREATE INDEX IF NOT EXISTS orders_user ON orders (user_id);\n"
                        "INSERT OR IGNORE INTO orders (id, user_id) VALUES (10, 1);\n"},
    {"0002_orders.down.sql", "DROP INDEX IF EXISTS orders_user;\nDROP TABLE IF EXISTS orders;\n"},
    {"0003_names.sql", "CREATE TEMP TABLE seen (id INTEGER);\nCREATE TEMP VIEW sees AS SELECT id FROM seen;\n"
                       "CREATE VIEW IF NOT EXISTS emails AS SELECT email FROM users;\n"
                       "CREATE TRIGGER IF NOT EXISTS tidy AFTER DELETE ON users BEGIN\n"
                       "  DELETE FROM orders WHERE user_id = old.id;\nEND;\n"},
    {"0003_names.down.sql", "DROP TRIGGER IF EXISTS tidy;\nDROP VIEW IF EXISTS emails;\n"},
    {"0004_index.sql", "CREATE UNIQUE INDEX IF NOT EXISTS users_email ON users (email);\n"},
    {"0004_index.down.sql", "DROP INDEX IF EXISTS users_email;\n"},
    {"0005_rebuild.sql", "ALTER TABLE orders ALTER COLUMN user_id DROP NOT NULL,\n"
                         "  ADD CONSTRAINT IF NOT EXISTS known CHECK (id > 0);\n"},
    {"0005_rebuild.down.sql", "ALTER TABLE orders DROP CONSTRAINT IF EXISTS known,\n"
                              "  ALTER COLUMN user_id SET NOT NULL;\n"},
};

struct world {
    const char *folder;
    const char *migrations, *database_folder, *database, *url;
    char *whole[LATEST + 1]; /* what the database holds after so many migrations */
    size_t proofs;           /* that pawl_verify told to hold */
};

static void write_set(const struct world *w)
{
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        tmpdir_put(w->migrations, files[i].name, files[i].text);
}

/* Removes what is in a folder, not the folder. */
static void empty_folder(const char *folder)
{
    char path[4096];
    struct dirent *entry;
    DIR *d = opendir(folder);
    assert_non_null(d);
    while ((entry = readdir(d)))
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            assert_int_equal(unlink(path), 0);
        }
    closedir(d);
}

/* Schema, rows and ledger as one text; the caller frees it. An empty ledger table is as good as none. */
static char *contents(const char *path)
{
    static const char sql[] = "SELECT coalesce(group_concat(line, char(10)), '') FROM ("
                              "SELECT type || ' ' || name || ' ' || coalesce(sql, '') AS line FROM sqlite_schema"
                              " WHERE tbl_name <> '_sqlx_migrations' ORDER BY name)";
    static const char *const rows[] = {
        "SELECT version || ' ' || success || ' ' || hex(checksum) FROM _sqlx_migrations ORDER BY version",
        "SELECT id || email FROM users ORDER BY id",
        "SELECT id || ':' || user_id FROM orders ORDER BY id",
    };
    char *text = calloc(1, 65536);
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    if (access(path, F_OK) != 0)
        return text;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    strcat(text, (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (sqlite3_prepare_v2(db, rows[i], -1, &statement, NULL) != SQLITE_OK)
            continue;
        while (sqlite3_step(statement) == SQLITE_ROW)
            strcat(strcat(text, "\n"), (const char *)sqlite3_column_text(statement, 0));
        sqlite3_finalize(statement);
    }
    sqlite3_close(db);
    return text;
}

/* How many whole migrations the database holds, or -1. */
static int stands_at(const struct world *w)
{
    char *now = contents(w->database);
    int k = LATEST;
    while (k >= 0 && strcmp(now, w->whole[k]) != 0)
        k--;
    if (k < 0)
        print_error("%s\n", now);
    free(now);
    return k;
}

/* ---- the operations ---------------------------------------------------------------------------------------------- */

static void on_event(void *context, const struct pawl_event *event)
{
    struct world *w = context;
    if (event->kind == PAWL_EVENT_PROOF && event->verdict == PAWL_VERDICT_PASS)
        w->proofs++;
}

static int open_handle(struct world *w, struct pawl **p, struct pawl_error *e)
{
    static const struct pawl_level_setting levels[] = {{PAWL_FINDING_ONLY_PAWL, PAWL_LEVEL_NOTE}};
    struct pawl_config c = PAWL_CONFIG_INIT;
    c.levels = levels;
    c.n_levels = 1;
    c.dir = w->migrations;
    c.url = w->url;
    c.environment = "test";
    c.wait_ms = 0;
    c.on_event = on_event;
    c.context = w;
    w->proofs = 0;
    return pawl_open(p, &c, e);
}

/* What a call told, to be compared with the same call without faults. */
struct told {
    int code;
    int64_t version;
    size_t a, b;
};

typedef int operation_fn(struct pawl *p, struct told *t, struct pawl_error *e);

static int result_of(struct told *t, int code, const struct pawl_result *r)
{
    t->version = r->version;
    t->a = r->steps;
    return code;
}

static int do_up(struct pawl *p, struct told *t, struct pawl_error *e)
{
    struct pawl_result r = {0};
    return result_of(t, pawl_up(p, NULL, &r, e), &r);
}

static int do_up_per_file(struct pawl *p, struct told *t, struct pawl_error *e)
{
    struct pawl_result r = {0};
    return result_of(t, pawl_up(p, &(struct pawl_up_options){.transactions = PAWL_TRANSACTIONS_PER_FILE}, &r, e), &r);
}

static int do_plan(struct pawl *p, struct told *t, struct pawl_error *e)
{
    struct pawl_result r = {0};
    return result_of(t, pawl_up(p, &(struct pawl_up_options){.dry_run = true}, &r, e), &r);
}

static int do_status(struct pawl *p, struct told *t, struct pawl_error *e)
{
    struct pawl_status s;
    int code = pawl_status(p, &s, e);
    if (code)
        return code;
    t->version = s.version;
    t->a = s.n;
    t->b = s.pending * 100 + s.changed;
    for (size_t i = 0; i < s.n; i++)
        t->b += strlen(s.rows[i].description) + strlen(s.rows[i].file ? s.rows[i].file : "");
    return code;
}

static int do_health(struct pawl *p, struct told *t, struct pawl_error *e)
{
    struct pawl_health h;
    int code = pawl_health(p, &h, e);
    t->version = h.version;
    t->a = h.status;
    t->b = h.pending;
    return code;
}

static int do_verify(struct pawl *p, struct told *t, struct pawl_error *e)
{
    (void)t;
    return pawl_verify(p, &(struct pawl_verify_options){.engine = "sqlite"}, e);
}

static int do_down(struct pawl *p, struct told *t, struct pawl_error *e)
{
    struct pawl_result r = {0};
    return result_of(t, pawl_down(p, &(struct pawl_down_options){.to = 1}, &r, e), &r);
}

static int do_redo(struct pawl *p, struct told *t, struct pawl_error *e)
{
    struct pawl_result r = {0};
    return result_of(t, pawl_redo(p, &(struct pawl_down_options){.to = -1, .no_backup = true}, &r, e), &r);
}

static int do_repair(struct pawl *p, struct told *t, struct pawl_error *e)
{
    struct pawl_result r = {0};
    int code = pawl_repair(p, NULL, &r, e);
    t->version = r.version; /* not the steps: what was restamped before a fault need not be again */
    return code;
}

static int do_baseline(struct pawl *p, struct told *t, struct pawl_error *e)
{
    struct pawl_result r = {0};
    return result_of(t, pawl_baseline(p, 2, &r, e), &r);
}

static int do_new(struct pawl *p, struct told *t, struct pawl_error *e)
{
    struct pawl_new_files f = {0};
    int code = pawl_new(p, &(struct pawl_new_options){.name = "add a thing"}, &f, e);
    t->version = f.version;
    return code;
}

/* ---- what they start from, and what must be so afterwards -------------------------------------------------------- */

static void run_sql(const struct world *w, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(w->database, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void up_to(struct world *w, int64_t version)
{
    struct pawl *p = NULL;
    struct pawl_error e = {0};
    struct pawl_result r;
    if (version == 0)
        return;
    assert_int_equal(open_handle(w, &p, &e), PAWL_OK);
    if (pawl_up(p, &(struct pawl_up_options){.to = version}, &r, &e) != PAWL_OK)
        fail_msg("preparing: %s", e.message);
    pawl_close(p);
}

struct operation {
    const char *name;
    operation_fn *run;
    int before;                             /* migrations applied beforehand */
    int after;                              /* and when it has completed; -1: not looked at */
    void (*prepare)(const struct world *w); /* more that is done beforehand, or NULL */
    bool (*good)(const struct world *w);    /* what must hold after a fault too; NULL: a whole migration */
    bool once;                              /* after success the call would be refused, or do more */
};

static bool whole(const struct world *w)
{
    return stands_at(w) >= 0;
}

static void crlf(const struct world *w)
{
    tmpdir_put(w->migrations, "0004_index.sql", "CREATE UNIQUE INDEX IF NOT EXISTS users_email ON users (email);\r\n");
}

/* What a pending file guards with IF NOT EXISTS is there, as it declares it. */
static void by_hand(const struct world *w)
{
    run_sql(w, "CREATE TABLE orders (\n  id INTEGER PRIMARY KEY,\n  user_id INTEGER NOT NULL REFERENCES users (id)\n)");
}

/* Whatever the checksum says by now, or whatever was there by hand. */
static bool anything(const struct world *w)
{
    (void)w;
    return true;
}

/* The schema as a baseline finds it: made by hand, without a ledger. */
static void forget_ledger(const struct world *w)
{
    run_sql(w, "DROP TABLE _sqlx_migrations");
}

/* All rows of a baseline or none. */
static bool baselined(const struct world *w)
{
    char *now = contents(w->database);
    char *first = strstr(now, "\n1 1 "), *second = strstr(now, "\n2 1 ");
    free(now);
    return !first == !second;
}

/* The copies that a revert makes are whole too. */
static bool copies_whole(const struct world *w)
{
    bool good = stands_at(w) >= 0;
    struct dirent *entry;
    DIR *d = opendir(w->database_folder);
    assert_non_null(d);
    while (good && (entry = readdir(d)))
        if (strstr(entry->d_name, ".bak")) {
            char *copy = contents(tmpdir_path(w->database_folder, entry->d_name));
            good = strcmp(copy, w->whole[LATEST]) == 0;
            free(copy);
        }
    closedir(d);
    return good;
}

/* Both files or none. */
static bool both_files(const struct world *w)
{
    int n = tmpdir_count(w->migrations);
    return n == 2 * LATEST || n == 2 * LATEST + 2;
}

static const struct operation operations[] = {
    {"up", do_up, 0, LATEST, NULL, NULL, false},
    {"up per file", do_up_per_file, 1, LATEST, NULL, NULL, false},
    {"up dry run", do_plan, 1, 1, NULL, NULL, false},
    {"up over what is there", do_up, 1, LATEST, by_hand, anything, false},
    {"status", do_status, 2, 2, NULL, NULL, false},
    {"health", do_health, 2, 2, NULL, NULL, false},
    {"verify", do_verify, 0, 0, NULL, NULL, false},
    {"down", do_down, LATEST, 1, NULL, copies_whole, false},
    {"redo", do_redo, 3, 3, NULL, NULL, true},
    {"repair", do_repair, LATEST, -1, crlf, anything, false},
    {"baseline", do_baseline, 2, 2, forget_ledger, baselined, true},
    {"new", do_new, 0, -1, NULL, both_files, true},
};

/* ---- trying ------------------------------------------------------------------------------------------------------ */

static int call(struct world *w, const struct operation *o, struct told *t, struct pawl_error *e)
{
    struct pawl *p = NULL;
    *t = (struct told){0};
    *e = (struct pawl_error){0};
    int code = open_handle(w, &p, e);
    if (!code)
        code = o->run(p, t, e);
    pawl_close(p);
    t->code = code;
    if (!code && o->run == do_verify)
        t->a = w->proofs;
    return code;
}

static bool told_same(const struct told *x, const struct told *y)
{
    return x->code == y->code && x->version == y->version && x->a == y->a && x->b == y->b;
}

static void prepare(struct world *w, const struct operation *o, const char *snapshot)
{
    empty_folder(w->database_folder);
    if (o->run == do_new || o->prepare == crlf) {
        empty_folder(w->migrations);
        write_set(w);
    }
    if (o->before) {
        char buffer[65536];
        FILE *from = fopen(snapshot, "rb"), *to = fopen(w->database, "wb");
        assert_true(from && to);
        for (size_t n; (n = fread(buffer, 1, sizeof buffer, from)) > 0;)
            assert_int_equal(fwrite(buffer, 1, n, to), n);
        fclose(from);
        assert_int_equal(fclose(to), 0);
    }
    if (o->prepare)
        o->prepare(w);
}

/* One fault, and the same again without. Returns whether there were still requests to refuse. */
static bool try_one(struct world *w, const struct operation *o, const struct seam *s, long n, int repeat,
                    const struct told *expected)
{
    struct told t;
    struct pawl_error e;
    s->set(n, repeat);
    int code = call(w, o, &t, &e);
    long hits = s->hits();
    s->set(0, 0);
#define CONTEXT "%s, request %ld of %s%s: "
#define CONTEXT_ARGS o->name, n, s->name, repeat ? " and all later ones" : ""
    if (code != PAWL_NOMEM && !told_same(&t, expected))
        fail_msg(CONTEXT "code %s, version %lld, %zu, %zu: %s", CONTEXT_ARGS, pawl_code_name((enum pawl_code)code),
                 (long long)t.version, t.a, t.b, e.message);
    if (code == PAWL_NOMEM && (!e.message[0] || e.code != PAWL_NOMEM))
        fail_msg(CONTEXT "the error says \"%s\" (%d)", CONTEXT_ARGS, e.message, (int)e.code);
    if (code && !hits)
        fail_msg(CONTEXT "fails although nothing was refused", CONTEXT_ARGS);
    if (sqlite3_memory_used() != 0)
        fail_msg(CONTEXT "%lld bytes of SQLite's are left", CONTEXT_ARGS, (long long)sqlite3_memory_used());
    if (!(o->good ? o->good : whole)(w))
        fail_msg(CONTEXT "what is left is not whole", CONTEXT_ARGS);
    if (o->run == do_redo && stands_at(w) < o->after) /* reverted and no more: the rest is for `up` */
        up_to(w, o->after);
    else if (code || !o->once)
        if (call(w, o, &t, &e) != expected->code)
            fail_msg(CONTEXT "the run after it fails: %s", CONTEXT_ARGS, e.message);
    if (o->after >= 0 && o->run != do_baseline && stands_at(w) != o->after)
        fail_msg(CONTEXT "the run after it leaves another database", CONTEXT_ARGS);
    return hits > 0;
}

extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

#define FULL 200

static void try_all(struct world *w, const struct operation *o)
{
    char snapshot[4096];
    struct told expected;
    struct pawl_error e;
    bool every = getenv("PAWL_FAULT_ALL") != NULL;
    snprintf(snapshot, sizeof snapshot, "%s/snapshot.db", w->folder);
    empty_folder(w->database_folder);
    up_to(w, o->before);
    if (o->before)
        assert_int_equal(rename(w->database, snapshot), 0);
    prepare(w, o, snapshot);
    if (call(w, o, &expected, &e) != PAWL_OK)
        fail_msg("%s without a fault: %s", o->name, e.message);
    for (size_t i = 0; i < sizeof seams / sizeof seams[0]; i++)
        for (int repeat = 0; repeat < 2; repeat++) {
            long n = 1, tried = 0;
            bool more = true;
            for (; more; n += every || n < FULL ? 1 : n / (FULL / 8), tried++) {
                prepare(w, o, snapshot);
                more = try_one(w, o, &seams[i], n, repeat, &expected);
            }
            if (getenv("PAWL_FAULT_TELL"))
                print_message("%s: %s: %ld of about %ld\n", o->name, seams[i].name, tried, n);
        }
    if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check())
        fail_msg("%s: something is left in memory", o->name);
}

static struct world make_world(const char *folder)
{
    struct world w = {.folder = folder};
    w.migrations = strdup(tmpdir_path(folder, "migrations"));
    w.database_folder = strdup(tmpdir_path(folder, "data"));
    w.database = strdup(tmpdir_path(w.database_folder, "app.db"));
    char url[4200];
    snprintf(url, sizeof url, "sqlite:%s", w.database);
    w.url = strdup(url);
    assert_int_equal(mkdir(w.migrations, 0700), 0);
    assert_int_equal(mkdir(w.database_folder, 0700), 0);
    write_set(&w);
    for (int k = 0; k <= LATEST; k++) {
        up_to(&w, k);
        w.whole[k] = contents(w.database);
    }
    return w;
}

static void try_in(const char *folder, const char *name)
{
    struct world w = make_world(folder);
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (strcmp(operations[i].name, name) == 0)
            try_all(&w, &operations[i]);
    for (int k = 0; k <= LATEST; k++)
        free(w.whole[k]);
    free((void *)(uintptr_t)w.migrations);
    free((void *)(uintptr_t)w.database_folder);
    free((void *)(uintptr_t)w.database);
    free((void *)(uintptr_t)w.url);
}

#define TESTS(X) \
    X(up, "up") \
    X(up_per_file, "up per file") \
    X(up_dry_run, "up dry run") \
    X(status, "status") \
    X(health, "health") \
    X(verify, "verify") \
    X(down, "down") \
    X(redo, "redo") \
    X(repair, "repair") \
    X(baseline, "baseline") \
    X(new, "new")

#define X(id, name) \
    static void id(void **state) \
    { \
        try_in(*state, name); \
    }
TESTS(X)
#undef X

/* With an argument only the test of that name, so that they can run side by side. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define X(id, name) TMPDIR_TEST(id),
        TESTS(X)
#undef X
    };
    if (access("/dev/shm", W_OK) == 0) /* thousands of databases, none of which need outlive the machine */
        setenv("TMPDIR", "/dev/shm", 0);
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, take_seams, NULL);
}
