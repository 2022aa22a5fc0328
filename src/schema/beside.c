#include "schema/beside.h"

#include "sql/lacks.h"
#include "sql/lexer.h"
#include "sql/quote.h"

/* ---- the server's roles ------------------------------------------------------------------------------------------ */

struct roles {
    struct arena *a;
    struct beside_role *items;
    size_t n, cap;
};

static int on_role(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct roles *r = context;
    (void)n;
    if (!arena_grow(r->a, (void **)&r->items, &r->cap, r->n, sizeof *r->items))
        return err_nomem(e);
    r->items[r->n] = (struct beside_role){arena_dup(r->a, v[1].s), v[0].i};
    return r->items[r->n++].name.p ? PAWL_OK : err_nomem(e);
}

static int list_roles(struct arena *a, struct db *db, struct roles *out, struct pawl_error *e)
{
    *out = (struct roles){.a = a};
    return db_ask(db,
                  &(struct db_request){.sql = SLICE("SELECT oid::bigint, rolname::text FROM pg_catalog.pg_roles"),
                                       .on_row = on_role,
                                       .context = out},
                  e);
}

static const struct beside_role *find_name(const struct beside_role *roles, size_t n, struct slice name)
{
    for (size_t i = 0; i < n; i++)
        if (slice_eq(roles[i].name, name))
            return &roles[i];
    return NULL;
}

static const struct beside_role *find_oid(const struct beside_role *roles, size_t n, int64_t oid)
{
    for (size_t i = 0; i < n; i++)
        if (roles[i].oid == oid)
            return &roles[i];
    return NULL;
}

/* ---- making them ------------------------------------------------------------------------------------------------- */

static bool names(struct slice sql, struct slice name)
{
    for (size_t i = 0; i + name.n <= sql.n; i++)
        if (slice_ieq(slice_sub(sql, i, i + name.n), name))
            return true;
    return false;
}

static int note_role(struct beside *w, const struct beside_role *role, struct pawl_error *e)
{
    if (!arena_grow(w->a, (void **)&w->roles, &w->cap, w->n, sizeof *w->roles))
        return err_nomem(e);
    w->roles[w->n] = (struct beside_role){arena_dup(w->a, role->name), role->oid};
    return w->roles[w->n++].name.p ? PAWL_OK : err_nomem(e);
}

/* Sends it, and notes the roles that are new behind it and that it names: of others, another session is the maker. */
static int make_roles(struct arena *a, struct db *db, struct slice sql, const struct roles *before,
                      struct pawl_error *e)
{
    struct roles after;
    int code = db_run(db, &(struct db_request){.sql = sql}, 1, NULL, e);
    if (!code)
        code = list_roles(a, db, &after, e);
    for (size_t i = 0; !code && i < after.n; i++)
        if (!find_oid(before->items, before->n, after.items[i].oid) && names(sql, after.items[i].name))
            code = note_role(db->beside, &after.items[i], e);
    return code;
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
        *out = find_name(w->roles, w->n, name) != NULL;
    }
    return PAWL_OK;
}

bool beside_wants(const struct db *db, const struct head *h, struct slice sql)
{
    const struct dialect *d = db->driver->dialect;
    return db->beside && (lack_role(d, h, sql) || (!db->beside->sends && lack_wide(d, h, sql)));
}

int beside_run(struct arena *a, struct db *db, const struct head *h, struct slice sql, bool *as_is,
               struct pawl_error *e)
{
    struct roles before;
    *as_is = false;
    if (h->action == HEAD_GRANT) /* such a membership is gone with its role */
        return names_own(a, db, sql, as_is, e);
    if (!lack_role(db->driver->dialect, h, sql))
        return PAWL_OK;
    int code = list_roles(a, db, &before, e);
    if (!code && h->object == HEAD_ROLE && !db->beside->sends) {
        struct slice name = quote_name(a, db->driver->dialect, h->name.name);
        if (!name.p)
            return err_nomem(e);
        if (find_name(before.items, before.n, name))
            return PAWL_OK;
    }
    return code ? code : make_roles(a, db, sql, &before, e);
}

/* ---- dropping them ----------------------------------------------------------------------------------------------- */

/* What cannot be dropped stays. */
static void drop_role(struct db *db, struct slice name)
{
    STRBUF(b, 1024);
    strbuf_addz(&b, "DROP ROLE IF EXISTS ");
    quote_identifier(&b, db->driver->dialect, name);
    if (strbuf_ok(&b))
        db_exec(db, strbuf_z(&b), NULL);
}

void beside_end(const struct beside *w, const struct db_target *server)
{
    ARENA(a);
    struct roles now;
    struct db_options options = {0}; /* also when the run was interrupted */
    struct db *db = NULL;
    if (!w->n || db_open(server, &options, &db, NULL))
        return;
    if (!list_roles(&a, db, &now, NULL))
        for (size_t i = w->n; i-- > 0;) { /* one may have made those behind it */
            const struct beside_role *role = find_oid(now.items, now.n, w->roles[i].oid);
            if (role)
                drop_role(db, role->name);
        }
    db_close(db);
}
