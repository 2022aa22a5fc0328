/* Statements that are run again and again: the server reads and plans each of them once. */
#include <stdio.h>

#include "base/strbuf.h"
#include "db/postgres.h"

#define MAX_SQL 16384

bool pg_may_keep(const struct pg_db *db)
{
    return db->base.alone && !db->base.forgets;
}

/* Its number, 0 = it is not kept yet. */
static size_t find(const struct pg_kept *k, struct slice sql)
{
    size_t i = k->n;
    while (i && !slice_eq(k->texts[i - 1], sql))
        i--;
    return i;
}

static int tell(struct pg_db *db, struct slice sql, struct db_fault *fault, struct pawl_error *e)
{
    STRBUF(text, MAX_SQL);
    struct slice copy = arena_dup(&db->arena, sql);
    strbuf_addf(&text, "prepare pawl_kept_%zu as ", db->kept.n + 1);
    strbuf_add(&text, sql);
    if (!copy.p || !strbuf_ok(&text))
        return err_nomem(e);
    int code = pg_run_plain(db, &(struct db_request){.sql = strbuf_slice(&text)}, 1, fault, e);
    if (!code)
        db->kept.texts[db->kept.n++] = copy;
    return code;
}

int pg_by_name(struct pg_db *db, const struct db_request *request, char name[PG_KEPT_NAME], struct db_request *out,
               bool *kept, struct db_fault *fault, struct pawl_error *e)
{
    struct pg_kept *k = &db->kept;
    if (k->resets != db->base.resets)
        k->n = 0;
    k->resets = db->base.resets;
    size_t number = find(k, request->sql);
    *kept = request->often && pg_may_keep(db) && (number || k->n < PG_KEPT);
    if (!*kept)
        return PAWL_OK;
    if (!number) {
        int code = tell(db, request->sql, fault, e);
        if (code)
            return code;
        number = k->n;
    }
    snprintf(name, PG_KEPT_NAME, "pawl_kept_%zu", number);
    *out = *request;
    out->sql = slice_of(name);
    out->prepared = true;
    return PAWL_OK;
}
