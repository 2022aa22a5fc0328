#include "proof/passed.h"

#include "proof/hold.h"
#include "proof/origin.h"
#include "proof/tell.h"
#include "schema/emulate.h"
#include "schema/fact.h"
#include "schema/named.h"
#include "schema/present.h"
#include "sql/locate.h"
#include "sql/quote.h"

/* One thing that a statement makes unless it is there. */
struct claim {
    size_t offset; /* of its statement */
    bool whole;    /* all that the statement makes belongs to it */
};

struct looking {
    struct trial *tr;
    struct arena arena;
    const struct unit *up;
    size_t k;
    struct claim *claims;
    struct present *names; /* of the claims */
    size_t n, cap, cap_names;
};

/* ---- what the text claims -------------------------------------------------------------------------------------------- */

static int add_claim(struct looking *x, struct claim claim, const struct guard *g, struct pawl_error *e)
{
    struct present p;
    if (!present_of(&x->arena, x->tr->db->driver->dialect, g->object, &g->name, &g->on, &p) ||
        !arena_grow(&x->arena, (void **)&x->claims, &x->cap, x->n, sizeof *x->claims) ||
        !arena_grow(&x->arena, (void **)&x->names, &x->cap_names, x->n, sizeof *x->names))
        return err_nomem(e);
    p.anywhere = true;
    x->claims[x->n] = claim;
    x->names[x->n++] = p;
    return PAWL_OK;
}

static int read_claims(struct looking *x, struct pawl_error *e)
{
    const struct db_driver *driver = x->tr->db->driver;
    struct script_cursor c;
    struct script_statement st;
    int code = PAWL_OK;
    script_start(&c, &x->up->script, &x->up->text, driver->name, driver->dialect);
    while (!code && script_next(&c, &st)) {
        struct head h;
        struct guards guards;
        struct guard g;
        head_read(&h, driver->dialect, st.sql);
        guards_init(&guards, &h, driver->dialect, st.sql);
        while (!code && guards_next(&guards, &g))
            code = add_claim(x, (struct claim){st.offset, h.action == HEAD_CREATE}, &g, e);
    }
    return code;
}

/* Is one of them there, or named twice by the text itself? */
static bool any_there(const struct looking *x)
{
    for (size_t i = 0; i < x->n; i++) {
        if (x->names[i].there)
            return true;
        for (size_t j = 0; j < i; j++)
            if (slice_eq(x->names[i].name, x->names[j].name) && slice_eq(x->names[i].on, x->names[j].on))
                return true;
    }
    return false;
}

/* ---- out of the way -------------------------------------------------------------------------------------------------- */

/* The fact of the object that has the name; *found = false: there is none. */
static int find_own(struct looking *x, const struct present *p, struct item *own, bool *found, struct pawl_error *e)
{
    struct facts *facts = x->tr->facts;
    int code = PAWL_OK;
    *found = false;
    for (const char *const *kind = named_kinds(p->object); *kind && !code && !*found; kind++) {
        size_t from, to;
        facts_range(facts, arena_printf(&x->arena, "%s ", *kind), &from, &to);
        for (size_t i = from; i < to && !code && !*found; i++) {
            code = item_read(&x->arena, facts_at(facts, i), own, e);
            bool schema = !p->schema.n || own->n_parts < 2 || named_alike(own->parts[0], p->schema);
            *found = !code && schema && named_is(own, p->object, p->name, p->on);
        }
    }
    if (*found) { /* facts change under it */
        struct slice line = arena_dup(&x->arena, own->line);
        code = line.p ? item_read(&x->arena, line, own, e) : err_nomem(e);
    }
    return code;
}

/* DROP .. of it; n = 0: there is no such statement. */
static void say_drop(const struct looking *x, const struct item *own, struct strbuf *b)
{
    static const struct {
        const char *kind, *word;
    } words[] = {
        {"table", "TABLE"},       {"view", "VIEW"},   {"materialized-view", "MATERIALIZED VIEW"},
        {"sequence", "SEQUENCE"}, {"index", "INDEX"}, {"enum", "TYPE"},
        {"composite", "TYPE"},    {"range", "TYPE"},  {"domain", "DOMAIN"},
    };
    const struct dialect *d = x->tr->db->driver->dialect;
    bool schema = d->first_schema != NULL;
    const struct slice *p = own->parts;
    size_t last = own->n_parts - 1;
    for (size_t i = 0; i < sizeof words / sizeof *words && own->n_parts == 1 + (size_t)schema; i++)
        if (item_kind(own, words[i].kind)) {
            strbuf_addf(b, "DROP %s ", words[i].word);
            quote_qualified(b, d, schema ? p[0] : SLICE(""), p[last]);
        }
    if (item_kind(own, "trigger") || item_kind(own, "policy")) {
        strbuf_addf(b, "DROP %s ", item_kind(own, "policy") ? "POLICY" : "TRIGGER");
        quote_identifier(b, d, p[last]);
        strbuf_addz(b, schema ? " ON " : "");
        if (schema)
            quote_qualified(b, d, p[0], p[last - 1]);
        return;
    }
    bool column = item_kind(own, "column");
    if (!b->n && own->n_parts == 2 + (size_t)schema && !own->content.p && (column || d->guards & GUARD_ALTER)) {
        strbuf_addz(b, "ALTER TABLE ");
        quote_qualified(b, d, schema ? p[0] : SLICE(""), p[last - 1]);
        strbuf_addz(b, column ? " DROP COLUMN " : " DROP CONSTRAINT ");
        quote_identifier(b, d, p[last]);
    }
    if (b->n && d->guards & GUARD_BLOCK)
        strbuf_addz(b, " CASCADE");
}

/* In a text outside of transactions: as it can be sent inside of one, which makes the same. n = 0: nothing is to be sent. */
static struct slice inside(struct looking *x, const struct script_statement *st)
{
    const struct dialect *d = x->tr->db->driver->dialect;
    struct lexer lx;
    struct token t;
    struct head h;
    if (st->begins || st->ends)
        return (struct slice){"", 0};
    head_read(&h, d, st->sql);
    if (!head_has(&h, HEAD_CONCURRENTLY))
        return st->sql;
    char *copy = arena_strz(&x->arena, st->sql);
    lexer_init(&lx, d, st->sql);
    while (copy && lexer_next(&lx, &t))
        if (lexer_word(&lx, &t, "concurrently")) {
            memset(copy + t.offset, ' ', t.length);
            break;
        }
    return (struct slice){copy, st->sql.n};
}

static int send(struct looking *x, struct slice sql, struct pawl_error *e)
{
    struct emulation m = {.as_is = true};
    struct db *db = x->tr->db;
    int code = PAWL_OK;
    if (x->up->script.lacks && emulate_may(db, sql))
        code = emulate(&x->arena, db, sql, &m, e);
    if (code || !m.as_is)
        return code ? code : db_run(db, m.requests, m.n, NULL, e);
    return db_run(db, &(struct db_request){.sql = sql}, 1, NULL, e);
}

/* Drops the object and lets the statement make it. *made = false: the engine refuses one of the two. */
static int make_anew(struct looking *x, const struct item *own, struct slice sql, struct delta *gone,
                     struct delta *come, bool *made, struct pawl_error *e)
{
    STRBUF(drop, (size_t)1 << 16);
    struct pawl_error refused;
    *made = false;
    say_drop(x, own, &drop);
    if (!drop.n || !strbuf_ok(&drop))
        return PAWL_OK;
    int code = db_exec(x->tr->db, strbuf_z(&drop), &refused);
    if (!code)
        code = trial_refresh(x->tr, &x->arena, gone, &refused);
    if (!code)
        code = send(x, sql, &refused);
    if (!code)
        code = trial_refresh(x->tr, &x->arena, come, &refused);
    *made = code == PAWL_OK;
    if (!code || run_is_refusal(code))
        return PAWL_OK;
    if (e)
        *e = refused;
    return code;
}

/* ---- the same? ------------------------------------------------------------------------------------------------------- */

static bool belongs(const struct claim *c, const struct present *p, const struct item *own, const struct change *made)
{
    return c->whole || slice_eq(made->key, own->key) || named_alike(fact_value(made->after, "at"), p->name);
}

static bool is_of(const struct item *own, const struct change *gone)
{
    static const char *const kinds[] = {"primary-key", "unique", "foreign-key", "check", "exclude", "not-null"};
    struct slice name = slice_sub(own->key, slice_find_byte(own->key, ' '), own->key.n);
    bool is = false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        is |= slice_starts(gone->key, slice_of(kinds[i])) &&
              slice_starts(slice_sub(gone->key, strlen(kinds[i]), gone->key.n), name);
    return is;
}

/*
 * From what was there to what is declared, by the lines that the statement makes. `names`: also with the constraints of the table that it
 * does not make, since they may be the same under other names.
 */
static int difference(struct looking *x, const struct claim *c, const struct present *p, const struct item *own,
                      const struct delta *gone, const struct delta *come, bool names, struct delta *out,
                      struct pawl_error *e)
{
    *out = (struct delta){.items = arena_array(&x->arena, gone->n + come->n + 1, sizeof *out->items)};
    if (!out->items)
        return err_nomem(e);
    for (size_t i = 0; i < come->n; i++) {
        const struct change *made = &come->items[i], *was = delta_find(gone, made->key);
        struct slice before = was ? was->before : made->before;
        if (made->after.p && belongs(c, p, own, made) && !(before.p && slice_eq(before, made->after)))
            out->items[out->n++] = (struct change){.key = made->key, .before = before, .after = made->after};
    }
    for (size_t i = 0; i < gone->n && names && c->whole; i++)
        if (gone->items[i].before.p && !delta_find(come, gone->items[i].key) && is_of(own, &gone->items[i]))
            out->items[out->n++] = gone->items[i];
    return PAWL_OK;
}

/* The last step in front of this one that had to do with the fact; SIZE_MAX = none. */
static size_t maker(const struct looking *x, struct slice key)
{
    for (size_t j = x->k; j-- > 0;)
        if (delta_find(&x->tr->steps[j].change, key))
            return j;
    return SIZE_MAX;
}

/* Who left what is there, as messages say it. */
static struct slice left_by(struct looking *x, const struct present *p, const struct item *own,
                            const struct change *off)
{
    size_t by = off->before.p ? maker(x, off->key) : SIZE_MAX;
    if (!p->there)
        return SLICE("this file itself");
    if (by == SIZE_MAX)
        by = maker(x, own->key);
    return by == SIZE_MAX ? SLICE("what came before the first file") : step_name(x->tr, by);
}

/* What is there in place of the fact; for a view in the way of a table, the view. */
static struct slice there_is(const struct item *own, const struct change *off)
{
    struct slice line = off->before;
    if (!line.p && slice_eq(slice_sub(off->key, slice_find_byte(off->key, ' '), off->key.n),
                            slice_sub(own->key, slice_find_byte(own->key, ' '), own->key.n)))
        line = own->line;
    return fact_shown(line);
}

static int tell_passed(struct looking *x, const struct claim *c, const struct present *p, const struct item *own,
                       const struct change *off, struct pawl_error *e)
{
    struct pawl_error why;
    struct place at = locate_once(x->up->text.sql, c->offset);
    err_set(&why, PAWL_CHECK,
            "%s " SLICE_FMT "%s" SLICE_FMT " is there as " SLICE_FMT
            " left it, and is another: declared is \"" SLICE_FMT "\", there is \"" SLICE_FMT "\"",
            head_object_name(p->object), SLICE_ARG(p->name), p->on.n ? " of table " : "", SLICE_ARG(p->on),
            SLICE_ARG(left_by(x, p, own, off)), SLICE_ARG(fact_shown(off->after)), SLICE_ARG(there_is(own, off)));
    err_hint(&why,
             "behind the files in front of it the statement does nothing: declare what is there, or say the change "
             "with ALTER");
    err_place(&why, x->up->file->path, at.line, at.column);
    return tell_refused(x->tr, x->k, PAWL_FINDING_GUARD_DIFFERS, "IF NOT EXISTS does nothing here", &why, e);
}

static int compare(struct looking *x, size_t i, const struct item *own, const struct delta *gone,
                   const struct delta *come, struct pawl_error *e)
{
    struct delta strict, loose;
    int code = difference(x, &x->claims[i], &x->names[i], own, gone, come, false, &strict, e);
    if (!code)
        code = difference(x, &x->claims[i], &x->names[i], own, gone, come, true, &loose, e);
    if (code || delta_grade(&strict) < DIFFERENCE_REAL || delta_grade(&loose) < DIFFERENCE_REAL)
        return code;
    return tell_passed(x, &x->claims[i], &x->names[i], own, origin_headline(&strict), e);
}

/* ---- all ------------------------------------------------------------------------------------------------------------- */

static int look_at(struct looking *x, size_t i, struct slice sql, struct pawl_error *e)
{
    struct hold h;
    struct item own;
    struct delta before, gone, come;
    bool found, made = false;
    int code = trial_refresh(x->tr, &x->arena, &before, e);
    if (!code)
        code = find_own(x, &x->names[i], &own, &found, e);
    if (code || !found)
        return code;
    code = hold_open(x->tr, &x->arena, &h, false, x->k, e);
    if (!code)
        code = make_anew(x, &own, sql, &gone, &come, &made, e);
    if (!code)
        code = hold_back(x->tr, &h, e);
    return code || !made ? code : compare(x, i, &own, &gone, &come, e);
}

/* The text statement by statement, up to one that the engine refuses: that is told when it is applied. */
static int walk(struct looking *x, struct pawl_error *e)
{
    const struct db_driver *driver = x->tr->db->driver;
    struct script_cursor c;
    struct script_statement st;
    int code = PAWL_OK;
    script_start(&c, &x->up->script, &x->up->text, driver->name, driver->dialect);
    for (size_t i = 0; !code && i < x->n && script_next(&c, &st);) {
        struct slice sql = inside(x, &st);
        if (!sql.p)
            return err_nomem(e);
        for (; !code && i < x->n && x->claims[i].offset == st.offset; i++)
            code = look_at(x, i, sql, e);
        if (!code && st.copy.p)
            code = db_run(x->tr->db, &(struct db_request){.sql = sql, .copy = st.copy}, 1, NULL, e);
        else if (!code && sql.n)
            code = send(x, sql, e);
        if (run_is_refusal(code))
            return PAWL_OK;
    }
    return code;
}

static int look(struct looking *x, struct pawl_error *e)
{
    struct hold h;
    int code = read_claims(x, e);
    if (!code && x->n)
        code = present_ask(&x->arena, x->tr->db, x->names, x->n, e);
    if (code || !any_there(x))
        return code;
    code = hold_open(x->tr, &x->arena, &h, false, x->k, e);
    if (!code)
        code = walk(x, e);
    x->tr->session_set |= x->up->sets;
    return code ? code : hold_back(x->tr, &h, e);
}

int passed_look(struct trial *tr, size_t k, const struct unit *up, struct pawl_error *e)
{
    struct looking x = {.tr = tr, .up = up, .k = k};
    if (!up->script.guards || up->code || up->script.skip || !tr->report->levels[PAWL_FINDING_GUARD_DIFFERS] ||
        tr->db->driver->in_transaction(tr->db))
        return PAWL_OK;
    int code = look(&x, e);
    arena_clear(&x.arena);
    return code;
}
