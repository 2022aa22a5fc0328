/*
 * PostgreSQL lacks only guards: IF NOT EXISTS in CREATE TYPE, DOMAIN, TRIGGER and POLICY and in ADD CONSTRAINT, IF EXISTS in RENAME of a
 * column or constraint. The catalog is asked, and the statement goes out without the words or not at all. Whether what is there is
 * what is declared is not asked here.
 */
#include "schema/emulate.h"

#include "sql/quote.h"

#define SQL_MAX ((size_t)1 << 24)

struct guarding {
    struct arena *a;
    struct db *db;
    const struct head *h;
    struct slice sql;
    struct emulation *out;
    struct slice note; /* what was left out */
};

/* As it is written, which is what to_regclass reads. */
static struct slice written(struct arena *a, const struct head_name *n)
{
    if (!n->schema.n)
        return n->name;
    return arena_printf(a, SLICE_FMT "." SLICE_FMT, SLICE_ARG(n->schema), SLICE_ARG(n->name));
}

static int on_answer(void *context, const struct db_value *c, size_t n, struct pawl_error *e)
{
    (void)e;
    *(bool *)context = n && c[0].i;
    return PAWL_OK;
}

static int ask(struct guarding *g, const char *sql, struct slice first, struct slice second, bool *out,
               struct pawl_error *e)
{
    const struct db_value params[] = {DB_V_TEXT(first), DB_V_TEXT(second)};
    *out = false;
    if (!first.p || !second.p)
        return err_nomem(e);
    return db_run(g->db,
                  &(struct db_request){
                      .sql = slice_of(sql), .params = params, .n_params = 2, .on_row = on_answer, .context = out},
                  1, NULL, e);
}

/* Only what is in the schema in which it would be made, and what is of its kind: anything else is an error that the server tells. */
static int is_created(struct guarding *g, bool *out, struct pawl_error *e)
{
    static const char of_type[] =
        "SELECT count(*) FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace"
        " LEFT JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid WHERE t.typname = $1::text"
        " AND n.nspname = coalesce(nullif($2::text, ''), pg_catalog.current_schema())"
        " AND t.typtype <> 'd' AND t.typelem = 0 AND coalesce(c.relkind, 'c') = 'c'";
    static const char of_domain[] =
        "SELECT count(*) FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace"
        " WHERE t.typname = $1::text AND n.nspname = coalesce(nullif($2::text, ''), pg_catalog.current_schema())"
        " AND t.typtype = 'd'";
    static const char of_trigger[] =
        "SELECT count(*) FROM pg_catalog.pg_trigger WHERE tgname = $1::text AND NOT tgisinternal"
        " AND tgrelid = pg_catalog.to_regclass($2::text)";
    static const char of_policy[] = "SELECT count(*) FROM pg_catalog.pg_policy WHERE polname = $1::text"
                                    " AND polrelid = pg_catalog.to_regclass($2::text)";
    const struct head *h = g->h;
    bool table = h->object == HEAD_TRIGGER || h->object == HEAD_POLICY;
    struct slice schema = h->name.schema.n ? quote_name(g->a, &dialect_postgres, h->name.schema) : SLICE("");
    return ask(g,
               h->object == HEAD_TYPE      ? of_type
               : h->object == HEAD_DOMAIN  ? of_domain
               : h->object == HEAD_TRIGGER ? of_trigger
                                           : of_policy,
               quote_name(g->a, &dialect_postgres, h->name.name), table ? written(g->a, &h->on) : schema, out, e);
}

/* ---- texts ------------------------------------------------------------------------------------------------------- */

/* A copy with blanks in place of the first IF [NOT] EXISTS. */
static struct slice unguarded(struct guarding *g, struct slice text)
{
    struct lexer lx;
    struct token t[3];
    char *copy = arena_strz(g->a, text);
    lexer_init(&lx, &dialect_postgres, text);
    while (copy && lexer_next(&lx, &t[0])) {
        struct lexer ahead = lx;
        if (!lexer_word(&lx, &t[0], "if") || !lexer_next(&ahead, &t[1]))
            continue;
        size_t end = t[1].offset + t[1].length;
        if (lexer_word(&ahead, &t[1], "not") && lexer_next(&ahead, &t[2]))
            end = t[2].offset + t[2].length;
        memset(copy + t[0].offset, ' ', end - t[0].offset);
        break;
    }
    return (struct slice){copy, text.n};
}

static int leave_out(struct guarding *g, const char *front, enum head_object object, struct slice name,
                     struct pawl_error *e)
{
    g->note = arena_printf(g->a, SLICE_FMT "%s%s: %s " SLICE_FMT, SLICE_ARG(g->note), g->note.n ? "; " : "", front,
                           head_object_name(object), SLICE_ARG(name));
    return g->note.p ? PAWL_OK : err_nomem(e);
}

static int send(struct guarding *g, struct slice sql, struct pawl_error *e)
{
    g->out->requests = arena_array(g->a, 1, sizeof *g->out->requests);
    if (!g->out->requests || !sql.p)
        return err_nomem(e);
    g->out->requests[0] = (struct db_request){.sql = sql};
    g->out->n = 1;
    return PAWL_OK;
}

/* ---- ALTER TABLE ------------------------------------------------------------------------------------------------- */

static int is_there(struct guarding *g, const struct head_part *p, bool *out, struct pawl_error *e)
{
    static const char of_column[] =
        "SELECT count(*) FROM pg_catalog.pg_attribute WHERE attname = $1::text AND attnum > 0 AND NOT attisdropped"
        " AND attrelid = pg_catalog.to_regclass($2::text)";
    static const char of_constraint[] = "SELECT count(*) FROM pg_catalog.pg_constraint WHERE conname = $1::text"
                                        " AND conrelid = pg_catalog.to_regclass($2::text)";
    return ask(g, p->object == HEAD_COLUMN ? of_column : of_constraint,
               quote_name(g->a, &dialect_postgres, p->name.name), written(g->a, &g->h->name), out, e);
}

/* Is the constraint dropped by this very statement? That comes first, wherever it is written. */
static bool is_dropped(struct guarding *g, struct slice name)
{
    struct head_parts parts;
    struct head_part p;
    head_parts_init(&parts, g->h, &dialect_postgres, g->sql);
    while (head_parts_next(&parts, &p))
        if (p.action == HEAD_DROP && p.object == HEAD_CONSTRAINT &&
            slice_eq(quote_name(g->a, &dialect_postgres, p.name.name), quote_name(g->a, &dialect_postgres, name)))
            return true;
    return false;
}

/* The part as it is to be sent; n = 0: it is left out. */
static int guard_part(struct guarding *g, const struct head_part *p, struct slice *out, struct pawl_error *e)
{
    bool adds = p->action == HEAD_CREATE && p->object == HEAD_CONSTRAINT && (p->flags & HEAD_IF_NOT_EXISTS);
    bool renames = p->action == HEAD_RENAME && (p->flags & HEAD_IF_EXISTS);
    bool there = false;
    *out = p->text;
    if (!adds && !renames)
        return PAWL_OK;
    int code = is_there(g, p, &there, e);
    if (!code && (renames ? there : !there || is_dropped(g, p->name.name))) {
        *out = unguarded(g, p->text);
        return out->p ? PAWL_OK : err_nomem(e);
    }
    *out = (struct slice){"", 0};
    return code ? code : leave_out(g, adds ? "there already" : "not there", p->object, p->name.name, e);
}

static int alter(struct guarding *g, struct pawl_error *e)
{
    struct head_parts parts;
    struct head_part p;
    struct slice text;
    size_t n = 0;
    int code = PAWL_OK;
    STRBUF(b, SQL_MAX);
    strbuf_add(&b, slice_sub(g->sql, 0, (size_t)(g->h->rest.p - g->sql.p)));
    head_parts_init(&parts, g->h, &dialect_postgres, g->sql);
    while (!code && head_parts_next(&parts, &p)) {
        code = guard_part(g, &p, &text, e);
        if (code || !text.n)
            continue;
        strbuf_addz(&b, n++ ? ", " : "");
        strbuf_add(&b, text);
    }
    if (code || !n)
        return code;
    return send(g, strbuf_ok(&b) ? arena_dup(g->a, strbuf_slice(&b)) : (struct slice){NULL, 0}, e);
}

int emulate_postgres(struct arena *a, struct db *db, const struct head *h, struct slice sql, struct emulation *out,
                     struct pawl_error *e)
{
    struct guarding g = {.a = a, .db = db, .h = h, .sql = sql, .out = out};
    bool there = false;
    int code;
    out->as_is = false;
    if (h->action == HEAD_CREATE) {
        code = is_created(&g, &there, e);
        if (!code && there)
            code = leave_out(&g, "there already", h->object, h->name.name, e);
        else if (!code)
            code = send(&g, unguarded(&g, sql), e);
    } else {
        code = alter(&g, e);
    }
    out->note = g.note;
    return code;
}
