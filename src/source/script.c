#include "source/script.h"

#include <stdio.h>

#include "source/findings.h"
#include "source/halves.h"
#include "sql/guards.h"
#include "sql/lacks.h"
#include "sql/locate.h"
#include "sql/session.h"
#include "sql/txshape.h"

/* Bytes of a large text that are kept behind the statement at hand. */
#define KEEP ((size_t)1 << 22)

struct check {
    const struct migration *m;
    const struct migration_file *file;
    const struct text *text;
    const char *engine;
    const struct dialect *dialect;
    struct slice ledger; /* its name without a schema */
    struct findings findings;
    struct locator locator;
    struct txshape shape;
    struct script *out;
    size_t all;          /* statements, whatever engine they are for */
    bool open;           /* the file's own BEGIN is open, */
    size_t open_at;      /* here */
    const char *offence; /* of its own transactions, whatever else it is; NULL = none */
    size_t offence_at;
    bool halves;        /* a down in the same file was told */
    bool needs_outside; /* it has a statement that cannot run in a transaction */
};

static void found_as(struct check *c, enum pawl_finding_id id, size_t offset, const char *message, const char *hint,
                     enum finding_effect effect)
{
    struct pawl_finding finding = {
        .id = id,
        .version = c->m->version,
        .engine = c->engine,
        .file = c->file->path.p,
        .message = message,
        .hint = hint,
    };
    if (offset != SIZE_MAX) {
        struct place at = locate(&c->locator, offset);
        finding.line = at.line;
        finding.column = at.column;
    }
    findings_add_as(&c->findings, &finding, effect);
}

static void found(struct check *c, enum pawl_finding_id id, size_t offset, const char *message, const char *hint)
{
    found_as(c, id, offset, message, hint, findings_effect(id));
}

static bool is_relaxed(const struct check *c, enum pawl_finding_id id)
{
    return c->findings.report->levels[id] != PAWL_LEVEL_ERROR;
}

/* ---- transactions ------------------------------------------------------------------------------------------------ */

/* The first thing that makes a file's own transactions something whose outcome cannot be told. */
static void offend(struct check *c, size_t offset, const char *reason)
{
    if (c->offence)
        return;
    c->offence = reason;
    c->offence_at = offset;
}

/* A file without a transaction may open and close its own, one after the other. */
static void own_control(struct check *c, const struct statement *st, const struct head *h)
{
    switch (h->transaction) {
    case HEAD_TX_BEGIN:
        if (c->open)
            offend(c, st->offset, "BEGIN inside a transaction");
        c->open = true;
        c->open_at = st->offset;
        break;
    case HEAD_TX_COMMIT:
        if (h->chains)
            offend(c, st->offset, "COMMIT AND CHAIN");
        if (!c->open)
            offend(c, st->offset, "COMMIT without BEGIN");
        c->open = false;
        break;
    case HEAD_TX_ROLLBACK:
        offend(c, st->offset, "ROLLBACK");
        c->open = false;
        break;
    case HEAD_TX_SAVEPOINT:
    case HEAD_TX_RELEASE:
    case HEAD_TX_ROLLBACK_TO:
        if (!c->open)
            offend(c, st->offset, "a savepoint outside a transaction");
        break;
    case HEAD_TX_PREPARE:
    case HEAD_TX_PREPARED:
        offend(c, st->offset, "a prepared transaction");
        break;
    case HEAD_TX_NONE:
    case HEAD_TX_SET:
        break;
    }
}

static void refuse(struct check *c, size_t offset, const char *reason)
{
    char message[256];
    snprintf(message, sizeof message, "%s: each BEGIN of this file needs its own COMMIT", reason);
    found_as(c, PAWL_FINDING_TRANSACTION_CONTROL, offset, message, "pair them, or leave them out", FINDING_ALWAYS);
}

/* For a file that keeps its own. */
static void check_own(struct check *c)
{
    if (c->open)
        offend(c, c->open_at, "BEGIN without COMMIT");
    if (c->offence)
        refuse(c, c->offence_at, c->offence);
}

/* What in the file has to be in a transaction of its own, or in none; NULL = nothing. */
static const char *needs_apart(const struct check *c)
{
    const char *found = c->out->new_enum_value ? "a new enum value" : NULL;
    struct walk w;
    struct walk_statement s;
    if (c->needs_outside)
        return "a statement that cannot run inside a transaction";
    walk_init(&w, c->dialect, c->engine, c->text->sql, c->out->annotated);
    while (!found && walk_next(&w, &s, NULL) == SPLIT_STATEMENT) {
        struct head h;
        struct slice sql = slice_sub(c->text->sql, s.st.offset, s.st.offset + s.st.length);
        if (s.foreign || s.st.kind == STATEMENT_CLIENT)
            continue;
        head_read(&h, c->dialect, sql);
        found = session_ends_with(c->dialect, &h, sql);
    }
    return found;
}

/* For a file whose own transactions follow each other: one together, unless something in it needs them to be apart. */
static void check_several(struct check *c)
{
    char message[256];
    struct script *out = c->out;
    const char *apart = needs_apart(c);
    check_own(c);
    if (!is_relaxed(c, PAWL_FINDING_TRANSACTION_CONTROL))
        snprintf(message, sizeof message, "%s: the file is more than one transaction", c->shape.reason);
    else if (apart)
        snprintf(
            message, sizeof message,
            "%s: the file runs statement by statement, and each of its own transactions as one, for it has %s; sqlx "
            "would run it otherwise",
            c->shape.reason, apart);
    else
        snprintf(message, sizeof message,
                 "%s: the whole file runs as one transaction, without its own BEGIN and COMMIT; sqlx would not",
                 c->shape.reason);
    found(c, PAWL_FINDING_TRANSACTION_CONTROL, c->shape.offender.offset, message,
          apart ? "split the file"
                : "leave out BEGIN and COMMIT; with a first line `-- no-transaction` each is one for itself");
    out->several = !apart;
    out->no_transaction = apart != NULL;
}

static void check_outside(struct check *c, const struct statement *st, const struct head *h)
{
    char message[256];
    bool inside = c->open && (c->out->no_transaction || c->shape.begun);
    const char *why = h->why ? h->why : "this statement";
    if (!head_has(h, HEAD_OUTSIDE) || (c->out->no_transaction && !inside))
        return;
    if (inside) {
        snprintf(message, sizeof message, "%s cannot run inside a transaction", why);
        found_as(c, PAWL_FINDING_TRANSACTION_CONTROL, st->offset, message,
                 "move it out of the file's own BEGIN and COMMIT", FINDING_ALWAYS);
        return;
    }
    bool relaxed = is_relaxed(c, PAWL_FINDING_NEEDS_NO_TRANSACTION);
    snprintf(message, sizeof message, "%s cannot run inside a transaction%s", why,
             relaxed ? ", so this file runs without one; sqlx would not run it" : "");
    found(c, PAWL_FINDING_NEEDS_NO_TRANSACTION, st->offset, message,
          "give it a file of its own that begins with a line `-- no-transaction`");
    c->needs_outside = true;
}

/* ---- the ledger -------------------------------------------------------------------------------------------------- */

/* A name equal to the ledger's, with or without quotes, or a string (a DO block, say) that contains it. */
static bool token_names(const struct check *c, const struct lexer *lx, const struct token *t)
{
    struct slice s = lexer_slice(lx, t);
    if (t->kind == TOKEN_STRING)
        return slice_find(s, c->ledger) != SIZE_MAX;
    if (t->kind == TOKEN_QUOTED && s.n >= 2)
        s = slice_sub(s, 1, s.n - 1);
    return (t->kind == TOKEN_QUOTED || t->kind == TOKEN_WORD) && slice_eq(s, c->ledger);
}

static void check_ledger(struct check *c, const struct statement *st)
{
    struct slice sql = slice_sub(c->text->sql, st->offset, st->offset + st->length);
    if (c->out->mentions_ledger || c->ledger.n == 0 || slice_find(sql, c->ledger) == SIZE_MAX)
        return;
    struct lexer lx;
    struct token t;
    lexer_init(&lx, c->dialect, sql);
    while (lexer_next(&lx, &t)) {
        if (!token_names(c, &lx, &t))
            continue;
        c->out->mentions_ledger = true;
        found(c, PAWL_FINDING_TEXT_MENTIONS_LEDGER, st->offset + t.offset,
              "the ledger table belongs to pawl and sqlx; a migration that touches it can make it lie",
              "leave the ledger to pawl; `pawl baseline` and `pawl repair` change it safely");
        return;
    }
}

/* ---- statements -------------------------------------------------------------------------------------------------- */

static void check_client(struct check *c, size_t offset, bool line)
{
    found(c, PAWL_FINDING_CLIENT_COMMAND, offset,
          line ? "this line is a command for a client program; no engine understands it"
               : "this variable would be replaced by psql; the engine does not know it",
          line ? "remove it, or write what it does in SQL" : "write the value itself");
}

static bool turns_keys_off(const struct head *h)
{
    static const char *const off[] = {"off", "0", "false", "no"};
    if (h->class != HEAD_PRAGMA || !slice_ieq(h->pragma, SLICE("foreign_keys")))
        return false;
    for (size_t i = 0; i < sizeof off / sizeof *off; i++)
        if (slice_ieq(h->value, slice_of(off[i])))
            return true;
    return false;
}

static void check_lack(struct check *c, const struct head *h, struct slice sql)
{
    enum lack lack = lack_of(c->dialect, h, sql);
    c->out->lacks |= lack != LACK_NOTHING;
    c->out->rebuilds |= lack == LACK_REBUILD;
    c->out->wide |= lack_wide(c->dialect, h, sql) || lack_role(c->dialect, h, sql);
}

static void check_statement(struct check *c, const struct statement *st)
{
    struct head h;
    struct slice sql = slice_sub(c->text->sql, st->offset, st->offset + st->length);
    if (st->has_variable)
        check_client(c, st->variable, false);
    head_read(&h, c->dialect, sql);
    check_lack(c, &h, sql);
    c->out->guards = c->out->guards || guards_any(&h, c->dialect, sql);
    if (!c->out->no_transaction)
        txshape_add(&c->shape, st, &h);
    if (h.class == HEAD_TRANSACTION)
        own_control(c, st, &h);
    if (h.class == HEAD_DDL && h.action == HEAD_ALTER && h.object == HEAD_TYPE &&
        slice_ieq(slice_sub(slice_trim(h.rest), 0, 4), SLICE("add ")))
        c->out->new_enum_value = true;
    if (turns_keys_off(&h))
        c->out->foreign_keys_off = true;
    check_outside(c, st, &h);
    check_ledger(c, st);
    c->out->statements++;
}

static void directive_fault(void *context, size_t offset, const char *why)
{
    char message[256];
    snprintf(message, sizeof message, "a directive that pawl cannot follow: %s", why);
    found(context, PAWL_FINDING_UNKNOWN_DIRECTIVE, offset, message, NULL);
}

static void check_lexical(struct check *c, size_t offset, const struct pawl_error *e)
{
    found(c, PAWL_FINDING_LEXICAL, offset, e->message, e->hint[0] ? e->hint : NULL);
}

/* Does what stands between two statements of an up file say that the second belongs to the down? */
static void check_halves(struct check *c, size_t from, size_t to)
{
    const char *tool;
    char message[160];
    bool looks = c->all && !c->halves && c->file == &c->m->up;
    size_t at = !looks ? SIZE_MAX : halves_find(slice_sub(c->text->sql, from, to), &tool);
    if (at == SIZE_MAX)
        return;
    c->halves = true;
    snprintf(message, sizeof message, "from here on this file is a down, as %s marks it; pawl would run both halves",
             tool);
    found(c, PAWL_FINDING_TWO_HALVES, from + at, message,
          "move what follows into a file of its own beside it, with the same name and .down.sql");
}

static void check_all(struct check *c, struct walk *w)
{
    struct walk_statement s;
    struct pawl_error e;
    enum split_result result;
    size_t released = 0, behind = 0;
    while ((result = walk_next(w, &s, &e)) == SPLIT_STATEMENT) {
        check_halves(c, behind, s.st.offset);
        behind = s.st.end;
        if (s.st.kind == STATEMENT_CLIENT) {
            check_client(c, s.st.offset, true);
            continue;
        }
        c->all++;
        c->out->left_out |= s.foreign;
        if (!s.foreign)
            check_statement(c, &s.st);
        if (s.st.end - released > KEEP) {
            text_release(c->text, released, s.st.end);
            released = s.st.end;
        }
    }
    if (result == SPLIT_ERROR) {
        c->all++;
        check_lexical(c, w->splitter.error, &e);
    }
}

/* What only the whole text can tell. */
static void check_end(struct check *c, const struct walk *w)
{
    struct script *out = c->out;
    out->skip = w->skip;
    out->left_out |= w->skip;
    out->repeatable = w->repeatable;
    out->lock_timeout_ms = w->lock_timeout_ms;
    if (out->no_transaction) {
        check_own(c);
    } else {
        txshape_end(&c->shape);
        out->own_transaction = c->shape.kind == TXSHAPE_PAIR;
        out->inside_out = c->shape.kind == TXSHAPE_INSIDE_OUT;
        out->begin = c->shape.begin.offset;
        out->commit = c->shape.commit.offset;
        if (c->shape.kind == TXSHAPE_OTHER)
            refuse(c, c->shape.offender.offset, c->shape.reason);
        if (c->shape.kind == TXSHAPE_SEVERAL)
            check_several(c);
        out->no_transaction |= c->needs_outside;
    }
    size_t controls = out->own_transaction || out->inside_out || out->several ? c->shape.controls : 0;
    out->statements -= controls;
    out->empty = !out->skip && c->all == controls;
    if (out->empty && c->file == &c->m->down)
        found(c, PAWL_FINDING_EMPTY_DOWN, SIZE_MAX, "this down file holds no statement, so it undoes nothing",
              "write what undoes the up file");
    else if (out->empty)
        found(c, PAWL_FINDING_EMPTY_UP, SIZE_MAX, "this up file holds no statement",
              "write what it is to do, or remove it");
}

/* annotate_any, in windows that overlap by what could be cut in two. */
static bool is_annotated(const struct text *text)
{
    for (size_t from = 0; from < text->sql.n; from += KEEP) {
        if (annotate_any(slice_sub(text->sql, from, from + KEEP + 8)))
            return true;
        text_release(text, from, from + KEEP);
    }
    return false;
}

/* "schema.name" without the schema. */
static struct slice bare_name(struct slice table)
{
    size_t dot = slice_find_byte(table, '.');
    return dot == SIZE_MAX ? table : slice_sub(table, dot + 1, table.n);
}

int script_check(const struct migration *m, const struct migration_file *file, const struct text *text,
                 const char *engine, const struct dialect *dialect, struct slice ledger, struct report *report,
                 struct script *out, struct pawl_error *e)
{
    *out = (struct script){.no_transaction = file->no_transaction, .annotated = is_annotated(text)};
    struct check c = {
        .m = m,
        .file = file,
        .text = text,
        .engine = engine,
        .dialect = dialect,
        .ledger = bare_name(ledger),
        .out = out,
    };
    struct walk w;
    findings_init(&c.findings, report);
    locator_init(&c.locator, text->sql);
    walk_init(&w, dialect, engine, text->sql, out->annotated);
    w.on_fault = directive_fault;
    w.context = &c;
    check_all(&c, &w);
    check_end(&c, &w);
    return findings_result(&c.findings, e);
}

int script_text(const struct script *script, const struct migration_file *file, struct text *out, struct pawl_error *e)
{
    *out = (struct text){.raw = script->kept, .sql = script->kept};
    return script->kept.p ? PAWL_OK : text_open(file, out, e);
}

/* ---- the cursor -------------------------------------------------------------------------------------------------- */

void script_start(struct script_cursor *c, const struct script *script, const struct text *text, const char *engine,
                  const struct dialect *dialect)
{
    *c = (struct script_cursor){.script = script, .text = text};
    walk_init(&c->walk, dialect, engine, text->sql, script->annotated);
}

static bool is_sent(const struct script_cursor *c, const struct walk_statement *s, const struct head *h)
{
    const struct script *script = c->script;
    if (s->foreign || s->st.kind == STATEMENT_CLIENT)
        return false;
    if (script->inside_out || script->several)
        return h->transaction != HEAD_TX_BEGIN && h->transaction != HEAD_TX_COMMIT;
    return !script->own_transaction || (s->st.offset != script->begin && s->st.offset != script->commit);
}

static void fill_in(const struct script_cursor *c, const struct statement *st, const struct head *h,
                    struct script_statement *out)
{
    struct slice sql = c->text->sql;
    *out = (struct script_statement){
        .offset = st->offset,
        .sql = slice_sub(sql, st->offset, st->offset + st->length),
    };
    if (st->kind == STATEMENT_COPY)
        out->copy = slice_sub(sql, st->data_offset, st->data_offset + st->data_length);
    if (!c->script->no_transaction)
        return;
    out->outside = head_has(h, HEAD_OUTSIDE);
    out->begins = h->transaction == HEAD_TX_BEGIN;
    out->ends = h->transaction == HEAD_TX_COMMIT || h->transaction == HEAD_TX_ROLLBACK;
}

bool script_next(struct script_cursor *c, struct script_statement *out)
{
    struct walk_statement s;
    struct head h = {0};
    do {
        if (walk_next(&c->walk, &s, NULL) != SPLIT_STATEMENT)
            return false;
        if (c->script->no_transaction || c->script->inside_out || c->script->several)
            head_read(&h, c->walk.splitter.lx.dialect, slice_sub(c->text->sql, s.st.offset, s.st.offset + s.st.length));
    } while (!is_sent(c, &s, &h));
    if (s.st.offset > c->released + KEEP) {
        text_release(c->text, c->released, s.st.offset);
        c->released = s.st.offset;
    }
    fill_in(c, &s.st, &h, out);
    return true;
}
