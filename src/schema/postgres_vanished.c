/* Rows of relations that disappeared without a trace in other rows, found by counting. */
#include "schema/postgres_read.h"

struct count_context {
    struct pg_in *in;
    struct pg_oids *out;
    enum pg_counted what;
};

/* A relation that is not known was dropped, and that was rolled back. */
static int on_count(void *context, const struct db_value *v, size_t n, struct pawl_error *e)
{
    struct count_context *c = context;
    struct pg_rel *rel = pg_find_rel(c->in, pg_oid(&v[0]));
    (void)n;
    if (rel)
        rel->now[c->what] = (uint32_t)v[1].i;
    return rel || c->what != PG_RELATIONS ? PAWL_OK : pg_want(c->in, c->out, pg_oid(&v[0]), e);
}

static const char *const count_sql[PG_COUNTED] = {
    [PG_RELATIONS] =
        "select oid, 1 from pg_class where oid >= 16384 and relkind in ('r', 'p', 'v', 'm', 'f', 'c', 'S')",
    [PG_INDEXES] = "select indrelid, count(*) from pg_index where indrelid >= 16384 group by 1",
    [PG_CONSTRAINTS] =
        ("select conrelid, count(*) from pg_constraint where conrelid >= 16384 and contype in ('p', 'u', 'f', "
         "'c', 'x', 'n') group by 1"),
    [PG_TRIGGERS] = "select tgrelid, count(*) from pg_trigger where tgrelid >= 16384 and not tgisinternal group by 1",
    [PG_RULES] =
        "select ev_class, count(*) from pg_rewrite where ev_class >= 16384 and rulename <> '_RETURN' group by 1",
    [PG_POLICIES] = "select polrelid, count(*) from pg_policy where polrelid >= 16384 group by 1",
};

/* Relations whose rows of the chosen kinds are not as many as they were. */
static int compare_counts(struct pg_in *in, const bool chosen[PG_COUNTED], struct pg_oids *out, struct pawl_error *e)
{
    struct pg_batch b;
    struct count_context c[PG_COUNTED];
    pg_begin_asking(in, &b);
    for (int what = 0; what < PG_COUNTED; what++) {
        c[what] = (struct count_context){in, out, (enum pg_counted)what};
        if (chosen[what])
            pg_add_kept(in, &b, count_sql[what], count_sql[what], NULL, 0, on_count, &c[what]);
    }
    for (size_t i = 0; i < in->n_rels; i++)
        memset(in->rels[i]->now, 0, sizeof in->rels[i]->now);
    int code = pg_ask(in, &b, e);
    for (size_t i = 0; i < in->n_rels; i++)
        for (int what = 0; what < PG_COUNTED && !code; what++)
            if (chosen[what] && in->rels[i]->now[what] != in->rels[i]->counts[what])
                code = pg_want(in, out, in->rels[i]->oid, e);
    return code;
}

static uint64_t known_rows(const struct pg_in *in, int what)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < in->n_rels; i++)
        sum += in->rels[i]->counts[what];
    return sum;
}

/*
 * The server's count is of all relations, ours of those that no extension owns. Were the two only compared, one relation that
 * was dropped would hide behind one of an extension's.
 */
int pg_vanished(struct pg_in *in, struct pg_oids *out, struct pawl_error *e)
{
    bool chosen[PG_COUNTED], any = false;
    for (int what = 0; what < PG_COUNTED; what++) {
        chosen[what] = in->counted[what] &&
                       (!in->foreign_known[what] || in->there[what] - known_rows(in, what) != in->foreign[what]);
        any |= chosen[what];
    }
    return any ? compare_counts(in, chosen, out, e) : PAWL_OK;
}

void pg_counted_all(struct pg_in *in)
{
    for (int what = 0; what < PG_COUNTED; what++) {
        if (!in->counted[what])
            continue;
        in->foreign[what] = in->there[what] - known_rows(in, what);
        in->foreign_known[what] = true;
    }
}
