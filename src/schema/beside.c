#include "schema/beside.h"

#include "sql/lexer.h"
#include "sql/quote.h"

static int on_role(void *context, const struct db_value *c, size_t n, struct pawl_error *e)
{
    (void)e;
    *(bool *)context = n && c[0].i;
    return PAWL_OK;
}

static int has_role(struct db *db, struct slice name, bool *out, struct pawl_error *e)
{
    const struct db_value param[] = {DB_V_TEXT(name)};
    *out = false;
    return db_run(
        db,
        &(struct db_request){.sql = SLICE("SELECT count(*) FROM pg_catalog.pg_roles WHERE rolname = $1::text"),
                             .params = param,
                             .n_params = 1,
                             .on_row = on_role,
                             .context = out},
        1, NULL, e);
}

static int note_role(struct beside *w, struct slice name, struct pawl_error *e)
{
    if (!arena_grow(w->a, (void **)&w->roles, &w->cap, w->n, sizeof *w->roles))
        return err_nomem(e);
    w->roles[w->n] = arena_dup(w->a, name);
    return w->roles[w->n++].p ? PAWL_OK : err_nomem(e);
}

/* Does the statement name a role that was made here? */
static int names_own(struct arena *a, const struct db *db, struct slice sql, bool *out, struct pawl_error *e)
{
    const struct beside *w = db->beside;
    struct lexer lx;
    struct token t;
    *out = false;
    lexer_init(&lx, db->driver->dialect, sql);
    while (w->n && !*out && lexer_next(&lx, &t)) {
        if (t.kind != TOKEN_WORD && t.kind != TOKEN_QUOTED)
            continue;
        struct slice name = quote_name(a, db->driver->dialect, lexer_slice(&lx, &t));
        if (!name.p)
            return err_nomem(e);
        for (size_t i = 0; i < w->n; i++)
            *out |= slice_eq(name, w->roles[i]);
    }
    return PAWL_OK;
}

int beside_leave(struct arena *a, struct db *db, const struct head *h, struct slice sql, bool *as_is,
                 struct pawl_error *e)
{
    bool there = false;
    *as_is = false;
    if (h->action == HEAD_GRANT) /* such a membership is gone with its role */
        return names_own(a, db, sql, as_is, e);
    if (h->action != HEAD_CREATE || h->object != HEAD_ROLE)
        return PAWL_OK;
    struct slice name = quote_name(a, db->driver->dialect, h->name.name);
    int code = name.p ? has_role(db, name, &there, e) : err_nomem(e);
    if (code || there)
        return code;
    *as_is = true;
    return note_role(db->beside, name, e);
}

/* What cannot be dropped stays. */
static void drop_role(struct db *db, const char *before, struct slice name, const char *behind)
{
    STRBUF(b, 1024);
    strbuf_addz(&b, before);
    quote_identifier(&b, db->driver->dialect, name);
    strbuf_addz(&b, behind);
    if (strbuf_ok(&b))
        db_exec(db, strbuf_z(&b), NULL);
}

void beside_end(struct db *db)
{
    struct beside *w = db ? db->beside : NULL;
    if (!w)
        return;
    db->beside = NULL;
    if (!w->n)
        return;
    if (db->driver->in_transaction(db))
        db_rollback(db);
    db_exec(db, "RESET SESSION AUTHORIZATION", NULL);
    db_exec(db, "RESET ROLE", NULL);
    for (size_t i = 0; i < w->n; i++)
        drop_role(db, "DROP OWNED BY ", w->roles[i], " CASCADE");
    for (size_t i = 0; i < w->n; i++)
        drop_role(db, "DROP ROLE IF EXISTS ", w->roles[i], "");
}
