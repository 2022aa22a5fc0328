#include "proof/run.h"

#include "schema/emulate.h"
#include "sql/head.h"
#include "sql/lexer.h"
#include "sql/locate.h"

#define BATCH 64 /* statements handed to the driver at once */

/* ---- texts ------------------------------------------------------------------------------------------------------- */

#define REMEMBER_TEXT ((size_t)8 << 10) /* larger ones are read again each time */
#define REMEMBER_ALL ((size_t)16 << 20)

static struct remembered *memory_of(const struct trial *tr, const struct migration *m, bool reverting)
{
    if (!tr->steps)
        return NULL;
    struct step *s = &tr->steps[m - tr->set->items];
    return reverting ? &s->down_text : &s->up;
}

static int remember_text(struct trial *tr, struct remembered *memory, const struct unit *u, struct pawl_error *e)
{
    size_t n = u->text.sql.n;
    if (!memory || memory->sql.p || n > REMEMBER_TEXT || tr->remembered + n > REMEMBER_ALL)
        return PAWL_OK;
    struct slice copy = arena_dup(tr->keep, u->text.sql);
    if (!copy.p)
        return err_nomem(e);
    tr->remembered += n;
    *memory = (struct remembered){copy, u->script, u->sets, u->forgets};
    return PAWL_OK;
}

bool unit_makes_temporary(const struct db_driver *driver, const struct unit *u)
{
    static const char *const words[] = {"temp", "temporary", "pg_temp", NULL};
    struct lexer lx;
    struct token t;
    lexer_init(&lx, driver->dialect, u->text.sql);
    while (lexer_next(&lx, &t))
        for (const char *const *w = words; *w; w++)
            if (lexer_word(&lx, &t, *w))
                return true;
    return false;
}

/* SET, PRAGMA, a call or a SELECT of something that sets, what is temporary, and whatever is not understood. */
static bool sets_session(const struct db_driver *driver, const struct unit *u)
{
    struct script_cursor c;
    struct script_statement st;
    struct head h;
    if (u->text.sql.n > REMEMBER_TEXT || unit_makes_temporary(driver, u))
        return true;
    script_start(&c, &u->script, &u->text, driver->name, driver->dialect);
    while (script_next(&c, &st)) {
        head_read(&h, driver->dialect, st.sql);
        if (h.class != HEAD_DDL && h.class != HEAD_INSERT && h.class != HEAD_UPDATE && h.class != HEAD_DELETE)
            return true;
    }
    return false;
}

/* Does one of the words stand anywhere, be it within a function that runs later, or as a part of another one? */
static bool mentions(struct slice sql, const struct slice *words, size_t n)
{
    for (size_t i = 0; i < sql.n; i++)
        for (size_t w = 0; w < n; w++)
            if ((sql.p[i] | 0x20) == words[w].p[0] && slice_ieq(slice_sub(sql, i, i + words[w].n), words[w]))
                return true;
    return false;
}

/* DEALLOCATE and DISCARD. */
static bool makes_forget(struct slice sql)
{
    static const struct slice words[] = {{"deallocate", 10}, {"discard", 7}};
    return mentions(sql, words, sizeof words / sizeof *words);
}

/* EXECUTE of a statement that is put together when it runs, which may be any; not EXECUTE FUNCTION of a trigger. */
static bool may_say_anything(struct slice sql)
{
    static const struct slice execute = {"execute", 7};
    for (size_t i = 0; i + execute.n < sql.n; i++) {
        if ((sql.p[i] | 0x20) != 'e' || !slice_ieq(slice_sub(sql, i, i + execute.n), execute))
            continue;
        struct slice rest = slice_trim(slice_sub(sql, i + execute.n, sql.n));
        if (!slice_ieq(slice_sub(rest, 0, 8), SLICE("function")) &&
            !slice_ieq(slice_sub(rest, 0, 9), SLICE("procedure")))
            return true;
    }
    return false;
}

/* GRANT, REVOKE, DROP OWNED, what an extension may do, and what cannot be seen in the text. */
static bool may_grant(struct slice sql)
{
    static const struct slice words[] = {{"grant", 5}, {"revoke", 6}, {"owned", 5}, {"extension", 9}};
    return mentions(sql, words, sizeof words / sizeof *words) || may_say_anything(sql);
}

/* What the options give in place of the file; .p NULL: nothing. */
static struct slice given_text(const struct trial *tr, const struct unit *u)
{
    const struct proof_texts *texts = tr->options->texts;
    if (!texts)
        return (struct slice){0};
    texts += u->migration - tr->set->items;
    return u->reverting ? texts->down : texts->up;
}

static int look_at(struct trial *tr, struct slice given, bool first, struct unit *u)
{
    const struct db_driver *driver = tr->db->driver;
    int code = given.p ? PAWL_OK : text_open(u->file, &u->text, &u->error);
    if (code)
        return code;
    if (given.p)
        u->text = (struct text){.raw = given, .sql = given};
    u->open = true;
    code = script_check(u->migration, u->file, &u->text, driver->name, driver->dialect, tr->options->ledger,
                        first ? tr->report : &tr->quiet, &u->script, &u->error);
    if (!code)
        u->sets = sets_session(driver, u);
    u->forgets = makes_forget(u->text.sql);
    tr->grants |= may_grant(u->text.sql);
    tr->mentions_ledger |= u->script.mentions_ledger;
    return code;
}

static int open_unit(struct trial *tr, const struct migration *m, bool reverting, bool first, struct unit *out,
                     struct pawl_error *e)
{
    struct remembered *memory = memory_of(tr, m, reverting);
    *out = (struct unit){.migration = m, .file = reverting ? &m->down : &m->up, .reverting = reverting};
    if (memory && memory->sql.p) {
        out->open = true;
        out->sets = memory->sets;
        out->forgets = memory->forgets;
        out->script = memory->script;
        out->text = (struct text){.raw = memory->sql, .sql = memory->sql};
        return PAWL_OK;
    }
    int code = look_at(tr, given_text(tr, out), first, out);
    if (code == PAWL_SOURCE) {
        out->code = code;
        return PAWL_OK;
    }
    if (code && e)
        *e = out->error;
    return code ? code : remember_text(tr, memory, out, e);
}

int unit_of_text(struct trial *tr, const struct migration *m, bool reverting, struct slice sql, struct unit *out,
                 struct pawl_error *e)
{
    *out = (struct unit){.migration = m, .file = reverting ? &m->down : &m->up, .reverting = reverting};
    int code = look_at(tr, sql, false, out);
    if (code == PAWL_SOURCE) {
        out->code = code;
        return PAWL_OK;
    }
    if (code && e)
        *e = out->error;
    return code;
}

int unit_open(struct trial *tr, const struct migration *m, bool reverting, bool first, struct unit *out,
              struct pawl_error *e)
{
    int code = open_unit(tr, m, reverting, first, out, e);
    if (code || !tr->steps)
        return code;
    const struct step *s = &tr->steps[m - tr->set->items];
    out->only_pawl = s->only_pawl;
    if (reverting ? s->down_forced : s->forced_outside)
        out->script.no_transaction = true;
    return PAWL_OK;
}

void unit_close(struct unit *u)
{
    if (u->open)
        text_close(&u->text);
    u->open = false;
}

bool run_is_refusal(int code)
{
    return code == PAWL_SQL || code == PAWL_DATA || code == PAWL_LOCKED || code == PAWL_REFUSED ||
           code == PAWL_UNREACHABLE; /* SQLite: ATTACH of a file that cannot be opened */
}

/* ---- sending ----------------------------------------------------------------------------------------------------- */

struct batch {
    struct db_request requests[BATCH];
    size_t offsets[BATCH];          /* where each statement begins in the text */
    struct slice statements[BATCH]; /* as the text has them: emulation may send others */
    size_t n;
    size_t failed; /* offset in the text of the fault, SIZE_MAX = none */
    struct slice statement;
};

static int send_batch(struct trial *tr, struct batch *b, struct pawl_error *e)
{
    struct db_fault fault;
    int code = db_run(tr->db, b->requests, b->n, &fault, e);
    if (code && fault.request < b->n) {
        const struct db_request *r = &b->requests[fault.request];
        bool made = r->sql.p != b->statements[fault.request].p;
        b->statement = b->statements[fault.request];
        b->failed = b->offsets[fault.request] + (!made && fault.offset < r->sql.n ? fault.offset : 0);
    }
    b->n = 0;
    return code;
}

/* What runs outside a transaction is sent by itself: statements that travel together belong to one. */
static int add(struct trial *tr, struct batch *b, struct slice sql, size_t offset, struct slice copy, bool alone,
               struct pawl_error *e)
{
    b->requests[b->n] = (struct db_request){.sql = sql, .copy = copy};
    b->statements[b->n] = sql;
    b->offsets[b->n++] = offset;
    return alone || b->n == BATCH ? send_batch(tr, b, e) : PAWL_OK;
}

/* A statement that the engine has no words for, as the pawl runner carries it out: whole or not at all. */
static int add_emulated(struct trial *tr, struct batch *b, const struct script_statement *st, bool alone,
                        struct pawl_error *e)
{
    ARENA(a);
    struct emulation m;
    int code = send_batch(tr, b, e);
    bool own = !tr->db->driver->in_transaction(tr->db) && !emulate_beside(tr->db, st->sql);
    if (!code && own)
        code = db_exec(tr->db, tr->db->driver->begin, e);
    if (code)
        return code;
    tr->session_set = true; /* a request that fails half-way may leave a setting behind */
    code = emulate(&a, tr->db, st->sql, &m, e);
    if (code) {
        b->statement = st->sql;
        b->failed = st->offset;
    }
    if (!code && m.as_is)
        code = add(tr, b, st->sql, st->offset, st->copy, alone, e);
    for (size_t i = 0; !code && i < m.n; i++) {
        b->requests[b->n] = m.requests[i];
        b->statements[b->n] = st->sql;
        b->offsets[b->n++] = st->offset;
        if (b->n == BATCH)
            code = send_batch(tr, b, e);
    }
    if (!code)
        code = send_batch(tr, b, e);
    if (own && tr->db->driver->in_transaction(tr->db)) {
        int ended = db_exec(tr->db, code ? tr->db->driver->rollback : tr->db->driver->commit, code ? NULL : e);
        code = code ? code : ended;
    }
    return code;
}

static bool emulates(const struct trial *tr, const struct unit *u)
{
    return (u->script.lacks && (tr->pawl || u->only_pawl)) || (u->script.wide && tr->db->beside);
}

/* The first `most` statements. */
static int send_unit(struct trial *tr, const struct unit *u, size_t most, struct batch *b, struct pawl_error *e)
{
    const struct db_driver *driver = tr->db->driver;
    struct script_cursor c;
    struct script_statement st;
    int code = PAWL_OK;
    script_start(&c, &u->script, &u->text, driver->name, driver->dialect);
    for (size_t i = 0; i < most && !code && script_next(&c, &st); i++) {
        if (emulates(tr, u) && emulate_may(tr->db, st.sql))
            code = add_emulated(tr, b, &st, unit_outside(u), e);
        else
            code = add(tr, b, st.sql, st.offset, st.copy, unit_outside(u), e);
    }
    return code ? code : send_batch(tr, b, e);
}

/* Fills in what the driver cannot know: where in which file. */
static void place(const struct unit *u, const struct batch *b, struct outcome *out)
{
    out->statement = b->statement;
    if (b->failed == SIZE_MAX)
        return;
    struct place at = locate_once(u->text.sql, b->failed);
    err_place(&out->error, u->file->path, at.line, at.column);
}

/* CREATE TABLE .. AS fills a table without a row being counted. */
static bool makes_rows(const struct trial *tr, const struct unit *u)
{
    const struct db_driver *driver = tr->db->driver;
    struct script_cursor c;
    struct script_statement st;
    struct head h;
    script_start(&c, &u->script, &u->text, driver->name, driver->dialect);
    while (!tr->rows && script_next(&c, &st)) {
        head_read(&h, driver->dialect, st.sql);
        if (h.class == HEAD_OPAQUE || head_has(&h, HEAD_FROM_QUERY))
            return true;
    }
    return false;
}

int unit_run_some(struct trial *tr, const struct unit *u, size_t most, struct pawl_error *e)
{
    struct batch b = {.failed = SIZE_MAX};
    int code = trial_session(tr, e);
    tr->session_set = true;
    return code ? code : send_unit(tr, u, most, &b, e);
}

int unit_run(struct trial *tr, const struct unit *u, struct outcome *out, struct pawl_error *e)
{
    const struct db_driver *driver = tr->db->driver;
    struct db_stamp before = {0}, after = {0};
    struct batch b = {.failed = SIZE_MAX};
    bool own = !unit_outside(u) && !driver->in_transaction(tr->db);
    *out = (struct outcome){0};
    int code = trial_interrupted(tr, e);
    if (!code && !own && !unit_outside(u)) /* in another run of a tool it would not see what an earlier text left */
        code = driver->session_inside ? trial_session(tr, e) : trial_tidy(tr, e);
    if (!code)
        code = driver->stamp(tr->db, &before, e);
    if (!code && own)
        code = trial_begin(tr, e);
    else if (!code && unit_outside(u))
        code = trial_session(tr, e);
    if (code)
        return code;
    tr->session_set |= u->sets;
    tr->forgets |= u->forgets;
    tr->db->forgets = tr->forgets;
    tr->db->stamp_behind = !unit_outside(u);
    code = send_unit(tr, u, SIZE_MAX, &b, &out->error);
    tr->db->stamp_behind = false;
    if (code && !run_is_refusal(code)) {
        if (e)
            *e = out->error;
        return code;
    }
    if (code) {
        out->failed = true;
        place(u, &b, out);
    }
    if (own && driver->in_transaction(tr->db))
        code = db_exec(tr->db, out->failed ? driver->rollback : driver->commit, e);
    else if (unit_outside(u) && out->failed)
        db_rollback(tr->db); /* of a transaction that the text began itself */
    if (code && !out->failed)
        return code;
    /* After a failure an engine may refuse every question until it is rolled back: then take it that something was written. */
    code = driver->stamp(tr->db, &after, out->failed ? NULL : e);
    if (code) {
        out->wrote = out->wrote_schema = out->wrote_data = true;
        return out->failed ? PAWL_OK : code;
    }
    out->wrote_data = after.data != before.data;
    out->wrote_schema = after.schema != before.schema;
    out->wrote = out->wrote_data || out->wrote_schema;
    tr->rows |= out->wrote_data || (out->wrote && makes_rows(tr, u));
    /* Nor may who looks at the tables now see temporary ones in their place. */
    return out->failed ? PAWL_OK : trial_tidy(tr, e);
}
