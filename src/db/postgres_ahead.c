/*
 * The ledger, read in one round trip or in none of its own: its question travels ahead with whatever is on its way before it.
 */
#include "db/postgres.h"

#include "sys/clock.h"

/* ---- the question ------------------------------------------------------------------------------------------------ */

/*
 * Emptiness is looked for only where there is no ledger: else nothing of it is run. This is the first statement that a server
 * process plans, and each catalog that it mentions costs; so the schema's name comes from its number, without quotes.
 */
static const char place_sql[] =
    "select to_regclass($1) is not null, coalesce((select (parse_ident(c.relnamespace::regnamespace::text))[1] from "
    "pg_class c where c.oid = to_regclass($1)), current_schema()::text), "
    "case when to_regclass($1) is null then " PG_IS_EMPTY " else false end";

static int on_place(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct db_place *place = context;
    (void)n;
    (void)e;
    place->exists = v[0].i != 0;
    place->alone = v[2].i != 0;
    if (v[1].type == DB_TEXT)
        strbuf_add(place->schema, v[1].s);
    return PAWL_OK;
}

/* ---- ahead ------------------------------------------------------------------------------------------------------- */

void pg_expect(struct db *base, struct slice name, struct slice select)
{
    struct pg_db *db = pg_of(base);
    db->expected = (struct pg_expected){.name = arena_dup(&db->arena, name), .select = arena_dup(&db->arena, select)};
    if (!db->expected.name.p || !db->expected.select.p)
        db->expected = (struct pg_expected){0}; /* it is asked in its turn, then */
}

void pg_ask_ahead(struct pg_db *db)
{
    struct pg_expected *x = &db->expected;
    struct db_value param = DB_V_TEXT(x->name);
    struct db_request both[] = {{.sql = slice_of(place_sql), .params = &param, .n_params = 1}, {.sql = x->select}};
    if (!x->name.p || x->asked)
        return;
    x->asked = pg_send(db, both, 2, NULL) == PAWL_OK;
}

static bool is_answered(const struct pg_db *db, struct slice name, struct slice select)
{
    const struct pg_expected *x = &db->expected;
    return x->asked && slice_eq(x->name, name) && slice_eq(x->select, select);
}

int pg_read_ledger(struct db *base, struct slice name, struct slice select, struct db_place *place, db_row_fn *on_row,
                   void *context, struct pawl_error *e)
{
    struct pg_db *db = pg_of(base);
    struct db_value param = DB_V_TEXT(name);
    struct db_request both[] = {
        {.sql = slice_of(place_sql), .params = &param, .n_params = 1, .on_row = on_place, .context = place},
        {.sql = select, .on_row = on_row, .context = context},
    };
    struct db_fault fault = {.offset = SIZE_MAX};
    struct pawl_error own;
    place->exists = place->alone = false;
    if (!e)
        e = &own;
    err_clear(e);
    int code = is_answered(db, name, select) ? pg_receive(db, both, 2, &fault, e) : db_run(base, both, 2, &fault, e);
    db->expected = (struct pg_expected){0};
    /* Without the table the second one fails, as it must. */
    if (code == PAWL_SQL && fault.request == 1 && !place->exists) {
        err_clear(e);
        return PAWL_OK;
    }
    if (code == PAWL_SQL && strcmp(e->sqlstate, "42501") == 0)
        e->code = PAWL_DATA; /* no privilege to read it */
    else if (code == PAWL_SQL && strncmp(e->sqlstate, "42", 2) == 0)
        e->code = PAWL_LEDGER; /* a column is missing or of another type: some other table */
    return code ? (int)e->code : PAWL_OK;
}
