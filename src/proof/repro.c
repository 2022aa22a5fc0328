#include "proof/repro.h"

#include "base/map.h"
#include "proof/hold.h"
#include "proof/origin.h"
#include "proof/record.h"
#include "sql/head.h"
#include "sys/file.h"

#define MAX_SCRIPT ((size_t)256 << 20)
#define MAX_TRIES 24    /* scratch databases made for one script */
#define MAX_SCRIPTS 200 /* made small; further ones are written with all that came before */

/* One text to run. */
struct piece {
    size_t k;
    bool reverting;
};

struct repro {
    struct trial *tr;
    const struct tale *tale;
    struct arena *arena;
    bool *prefix;    /* by step: its up text comes first */
    size_t n_prefix; /* steps up to here may be in the prefix */
    size_t forced;   /* this one has to stay; SIZE_MAX = none */
    struct piece *tail;
    size_t n_tail;
    size_t from;    /* the difference is that from tail[from] to the end */
    bool can_check; /* a shorter script can be tried */
};

/* ---- which texts ------------------------------------------------------------------------------------------------- */

static bool tail(struct repro *r, const struct piece *pieces, size_t n, size_t from)
{
    r->tail = arena_array(r->arena, n, sizeof *r->tail);
    if (!r->tail)
        return false;
    memcpy(r->tail, pieces, n * sizeof *pieces);
    r->n_tail = n;
    r->from = from;
    r->can_check = r->tale->failed || (r->tale->delta && r->tale->delta->n);
    return true;
}

static bool tail_of_all(struct repro *r, bool reverting)
{
    size_t n = r->tr->applied, k = r->tale->k;
    size_t count = reverting ? n - k : n;
    struct piece *pieces = arena_array(r->arena, count, sizeof *pieces);
    if (!pieces)
        return false;
    for (size_t i = 0; i < count; i++)
        pieces[i] = reverting ? (struct piece){n - 1 - i, true} : (struct piece){i, false};
    bool ok = tail(r, pieces, count, 0);
    r->can_check = false;
    return ok;
}

/* What a finding is about says which texts show it. */
static bool choose(struct repro *r)
{
    size_t k = r->tale->k;
    struct piece up = {k, false}, down = {k, true};
    r->n_prefix = k;
    r->forced = SIZE_MAX;
    switch ((int)r->tale->proof) {
    case PAWL_PROOF_APPLY:
        return tail(r, (struct piece[]){up}, 1, 0);
    case PAWL_PROOF_REPLAY:
        return tail(r, (struct piece[]){up, up}, 2, 1);
    case PAWL_PROOF_DOWN:
        return tail(r, (struct piece[]){up, down}, 2, 0);
    case PAWL_PROOF_REDOWN:
        return tail(r, (struct piece[]){up, down, down}, 3, 2);
    case PAWL_PROOF_REUP:
        return tail(r, (struct piece[]){up, down, up}, 3, 1);
    case PAWL_PROOF_HEAD:
        r->n_prefix = r->tr->applied;
        r->forced = k;
        return r->tale->id == PAWL_FINDING_HEAD_ROW_FAILS || r->tale->id == PAWL_FINDING_HEAD_ROW_CHANGES
                   ? tail_of_all(r, false)
                   : tail(r, (struct piece[]){up}, 1, 0);
    default:
        r->n_prefix = r->tr->applied;
        return tail_of_all(r, true);
    }
}

/* ---- does it show the failure? ----------------------------------------------------------------------------------- */

static int run_piece(struct trial *tr, const struct repro *r, struct piece p, struct outcome *o, struct pawl_error *e)
{
    UNIT(u);
    int code = unit_open(tr, r->tr->steps[p.k].migration, p.reverting, false, &u, e);
    if (!code && u.code) {
        o->failed = true;
        o->error = u.error;
        return PAWL_OK;
    }
    return code ? code : unit_run(tr, &u, o, e);
}

static int run_prefix(struct trial *tr, const struct repro *r, bool *ok, struct pawl_error *e)
{
    int code = PAWL_OK;
    *ok = true;
    for (size_t k = 0; !code && *ok && k < r->n_prefix; k++) {
        struct outcome o = {0};
        if (!r->prefix[k])
            continue;
        code = run_piece(tr, r, (struct piece){k, false}, &o, e);
        *ok = !o.failed;
        if (!code && *ok)
            code = record_add(tr, r->tr->steps[k].migration, e);
    }
    return code;
}

static bool same_change(const struct delta *seen, const struct delta *told)
{
    const struct change *x = origin_headline(told), *y = delta_find(seen, x->key);
    return y && (x->before.p != NULL) == (y->before.p != NULL) && (x->after.p != NULL) == (y->after.p != NULL);
}

/* On a scratch database that is at the baseline. */
static int shows(struct trial *tr, const struct repro *r, struct arena *a, bool *out, struct pawl_error *e)
{
    struct delta all = {0}, did;
    struct outcome o = {0};
    bool ok;
    *out = false;
    int code = run_prefix(tr, r, &ok, e);
    for (size_t i = 0; !code && ok && i < r->n_tail; i++) {
        code = facts_refresh(tr->facts, a, &did, e);
        if (!code && i > r->from)
            code = delta_join(a, &all, &did, &all, e);
        if (!code)
            code = run_piece(tr, r, r->tail[i], &o, e);
        ok = !o.failed || i + 1 == r->n_tail;
    }
    if (code || !ok)
        return code;
    if (r->tale->failed) {
        *out = o.failed && strcmp(o.error.message, r->tale->failed->error.message) == 0;
        return PAWL_OK;
    }
    code = facts_refresh(tr->facts, a, &did, e);
    if (!code)
        code = delta_join(a, &all, &did, &all, e);
    *out = !code && !o.failed && same_change(&all, r->tale->delta);
    return code;
}

static int try_out(const struct repro *r, bool *out, struct pawl_error *e)
{
    ARENA(a);
    struct trial tr = {.set = r->tr->set, .options = r->tr->options, .report = &tr.quiet, .keep = &a, .rows = true};
    report_init_silent(&tr.quiet, r->tr->report);
    int code = trial_open(&tr, e);
    if (!code)
        code = shows(&tr, r, &a, out, e);
    trial_close(&tr);
    arena_clear(&tr.tmp);
    return code;
}

/* ---- leaving out ------------------------------------------------------------------------------------------------- */

struct words {
    struct arena *arena;
    struct map map;
};

static struct slice lower(struct arena *a, struct slice s)
{
    bool quoted = s.n >= 2 && (s.p[0] == '"' || s.p[0] == '`' || s.p[0] == '[');
    return arena_lower(a, quoted ? slice_sub(s, 1, s.n - 1) : s);
}

static bool add_words(struct words *w, const struct dialect *dialect, struct slice sql)
{
    struct lexer lx;
    struct token t;
    lexer_init(&lx, dialect, sql);
    while (lexer_next(&lx, &t)) {
        if (t.kind != TOKEN_WORD && t.kind != TOKEN_QUOTED)
            continue;
        struct slice word = lower(w->arena, lexer_slice(&lx, &t));
        if (word.p && !map_get(&w->map, word) && !map_set(w->arena, &w->map, word, w))
            return false;
    }
    return true;
}

/* Does one of the statements make, change or fill something of that name? */
static bool touches(struct words *w, const struct dialect *dialect, const struct unit *u, const char *engine)
{
    struct script_cursor c;
    struct script_statement st;
    struct head h;
    script_start(&c, &u->script, &u->text, engine, dialect);
    while (script_next(&c, &st)) {
        head_read(&h, dialect, st.sql);
        struct slice name = lower(w->arena, h.name.name), on = lower(w->arena, h.on.name), to = lower(w->arena, h.to);
        if (!name.n || map_get(&w->map, name) || (on.n && map_get(&w->map, on)) || (to.n && map_get(&w->map, to)))
            return true;
    }
    return false;
}

/* Keeps what the tail names, what that names, and so on, from the last migration to the first. */
static int keep_named(struct repro *r, struct pawl_error *e)
{
    ARENA(a);
    const struct db_driver *driver = r->tr->options->driver;
    struct words w = {.arena = &a};
    for (size_t i = 0; i < r->n_tail; i++) {
        UNIT(u);
        int code = unit_open(r->tr, r->tr->steps[r->tail[i].k].migration, r->tail[i].reverting, false, &u, e);
        if (code)
            return code;
        if (u.open && !add_words(&w, driver->dialect, u.text.sql))
            return err_nomem(e);
    }
    for (size_t k = r->n_prefix; k-- > 0;) {
        UNIT(u);
        int code = unit_open(r->tr, r->tr->steps[k].migration, false, false, &u, e);
        if (code)
            return code;
        r->prefix[k] = k == r->forced || touches(&w, driver->dialect, &u, driver->name);
        if (r->prefix[k] && !add_words(&w, driver->dialect, u.text.sql))
            return err_nomem(e);
    }
    return PAWL_OK;
}

/* First all that no name leads to, at once; then one after the other, as long as tries are left. */
static int shrink(struct repro *r, struct pawl_error *e)
{
    bool ok = false;
    int tries = 1;
    int code = keep_named(r, e);
    if (!code)
        code = try_out(r, &ok, e);
    if (!ok)
        for (size_t k = 0; k < r->n_prefix; k++)
            r->prefix[k] = true;
    for (size_t k = r->n_prefix; !code && k-- > 0 && tries < MAX_TRIES;) {
        if (!r->prefix[k] || k == r->forced)
            continue;
        r->prefix[k] = false;
        tries++;
        code = try_out(r, &ok, e);
        r->prefix[k] = !ok;
    }
    return code;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static void add_comment(struct strbuf *b, const char *text)
{
    strbuf_addz(b, "-- ");
    for (; *text; text++) {
        strbuf_addc(b, *text);
        if (*text == '\n')
            strbuf_addz(b, "-- ");
    }
    strbuf_addc(b, '\n');
}

static int add_text(struct strbuf *b, const struct repro *r, struct piece p, struct pawl_error *e)
{
    UNIT(u);
    const struct migration *m = r->tr->steps[p.k].migration;
    const struct db_driver *driver = r->tr->options->driver;
    int code = unit_open(r->tr, m, p.reverting, false, &u, e);
    if (code)
        return code;
    if (!u.open)
        return PAWL_OK;
    bool wrap = !unit_outside(&u) && !u.script.own_transaction && !u.script.several;
    strbuf_addf(b, "\n-- ---- %s\n", u.file->path.p);
    if (wrap)
        strbuf_addf(b, "%s;\n", driver->begin);
    strbuf_add(b, u.text.sql);
    strbuf_addz(b, "\n;\n");
    if (wrap)
        strbuf_addf(b, "%s;\n", driver->commit);
    return PAWL_OK;
}

static void add_schema(struct strbuf *b, const struct repro *r)
{
    bool sqlite = dialect_has(r->tr->options->driver->dialect, DIALECT_PRAGMA);
    strbuf_addz(
        b, sqlite ? "SELECT type, name, sql FROM sqlite_schema ORDER BY name;\n"
                  : "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns WHERE "
                    "table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2, 3;\n");
}

static int add_setup(struct strbuf *b, const struct repro *r, struct pawl_error *e)
{
    const struct proof_options *o = r->tr->options;
    for (size_t i = 0; i < o->n_setup; i++) {
        struct slice text;
        int code = file_read(r->arena, o->setup[i], MAX_SCRIPT, &text, e);
        if (code)
            return code;
        strbuf_addf(b, "\n-- ---- %s\n", o->setup[i]);
        strbuf_add(b, text);
        strbuf_addz(b, "\n;\n");
    }
    return PAWL_OK;
}

static int build(struct strbuf *b, const struct repro *r, const char *message, struct pawl_error *e)
{
    const struct db_driver *driver = r->tr->options->driver;
    bool differs = !r->tale->failed;
    int code;
    strbuf_addf(b, "-- seen on %s %s:\n", driver->name, driver->version(r->tr->db));
    add_comment(b, message);
    strbuf_addz(b, differs ? "-- expected: both listings of the schema, or all rows, are the same\n"
                           : "-- expected: no error\n");
    strbuf_addz(b, dialect_has(driver->dialect, DIALECT_PRAGMA)
                       ? "-- run it: sqlite3 :memory: < this file\n"
                       : "-- run it: psql -f this file, on an empty database\n");
    code = add_setup(b, r, e);
    for (size_t k = 0; !code && k < r->n_prefix; k++)
        if (r->prefix[k])
            code = add_text(b, r, (struct piece){k, false}, e);
    for (size_t i = 0; !code && i < r->n_tail; i++) {
        if (differs && i == r->from)
            add_schema(b, r);
        if (i + 1 == r->n_tail)
            strbuf_addz(b, differs ? "\n-- this changes what it must not change, or does not change what it must:"
                                   : "\n-- this fails:");
        code = add_text(b, r, r->tail[i], e);
    }
    if (differs)
        add_schema(b, r);
    return code;
}

static int write_script(const struct repro *r, const char *message, struct pawl_error *e)
{
    STRBUF(script, MAX_SCRIPT);
    STRBUF(path, 4096);
    const struct proof_options *o = r->tr->options;
    strbuf_addf(&path, "%s/%lld-%s-%s.sql", o->repro_dir, (long long)r->tr->steps[r->tale->k].migration->version,
                report_code(r->tale->id), o->driver->name);
    int code = build(&script, r, message, e);
    if (!code && !(strbuf_ok(&script) && strbuf_ok(&path)))
        code = err_nomem(e);
    if (!code)
        code = folder_make(o->repro_dir, e);
    return code ? code : file_replace(strbuf_z(&path), strbuf_slice(&script), e);
}

int repro_write(struct trial *tr, const struct tale *t, const char *message, struct pawl_error *e)
{
    ARENA(a);
    struct repro r = {.tr = tr, .tale = t, .arena = &a};
    r.prefix = arena_array(&a, tr->set->n, sizeof *r.prefix);
    if (!r.prefix || !choose(&r))
        return err_nomem(e);
    for (size_t k = 0; k < r.n_prefix; k++)
        r.prefix[k] = true;
    int code = PAWL_OK;
    if (r.can_check && r.n_prefix && tr->scripts++ < MAX_SCRIPTS)
        code = shrink(&r, e);
    return code ? code : write_script(&r, message, e);
}
