/* PostgreSQL's sequences as SQL. */
#include "schema/fact.h"
#include "schema/render_postgres.h"

static struct slice max_of(struct slice type)
{
    return slice_eq(type, SLICE("smallint"))  ? SLICE("32767")
           : slice_eq(type, SLICE("integer")) ? SLICE("2147483647")
                                              : SLICE("9223372036854775807");
}

void pgn_sequence_settings(struct pgn_plan *p, const struct item *it, bool all)
{
    struct slice type = pgn_get(p, it, "type"), start = pgn_get(p, it, "start"), step = pgn_get(p, it, "increment");
    struct slice min = pgn_get(p, it, "min"), max = pgn_get(p, it, "max"), cache = pgn_get(p, it, "cache");
    bool down = step.n && step.p[0] == '-';
    if (all || !slice_eq(step, SLICE("1")))
        phrase_add(&p->b, " INCREMENT BY %s", step);
    if (all || down || !slice_eq(min, SLICE("1")))
        phrase_add(&p->b, " MINVALUE %s", min);
    if (all || down || !slice_eq(max, max_of(type)))
        phrase_add(&p->b, " MAXVALUE %s", max);
    if (all || down || !slice_eq(start, min))
        phrase_add(&p->b, " START WITH %s", start);
    if (all || !slice_eq(cache, SLICE("1")))
        phrase_add(&p->b, " CACHE %s", cache);
    if (all || item_is(it, "cycle", "yes"))
        strbuf_addz(&p->b, item_is(it, "cycle", "yes") ? " CYCLE" : " NO CYCLE");
}

int pgn_sequence_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice type = pgn_get(p, it, "type");
    (void)n;
    if (fact_value(it->line, "identity_of").p)
        return PAWL_OK; /* with its column */
    phrase_add(&p->b, "CREATE %zSEQUENCE %z%q", item_is(it, "persistence", "unlogged") ? "UNLOGGED " : "",
               pgn_if_not(p), it->parts[0], it->parts[1]);
    if (!slice_eq(type, SLICE("bigint")))
        phrase_add(&p->b, " AS %s", type);
    pgn_sequence_settings(p, it, false);
    return pgn_put(p, e);
}

int pgn_sequence_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    (void)n;
    struct slice of = fact_value(it->line, "owned_by");
    struct slice key = arena_printf(p->a, "column " SLICE_FMT, SLICE_ARG(of));
    const struct pgn *column = of.p && key.p ? map_get(&p->keys, key) : NULL;
    if (fact_value(it->line, "identity_of").p || (column && column->gone))
        return PAWL_OK; /* goes with its column */
    phrase_add(&p->b, "DROP SEQUENCE IF EXISTS %q", it->parts[0], it->parts[1]);
    return pgn_put(p, e);
}

bool pgn_sequence_can(struct pgn_plan *p, const struct pgn *n)
{
    (void)p;
    return !pgn_differs(n, "persistence") && !pgn_differs(n, "identity_of");
}

int pgn_sequence_alter(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    static const char *const settings[] = {"type", "start", "increment", "min", "max", "cache", "cycle"};
    bool any = false;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        any |= pgn_differs(n, settings[i]);
    if (any) {
        phrase_add(&p->b, "ALTER SEQUENCE %q AS %s", it->parts[0], it->parts[1], pgn_get(p, it, "type"));
        pgn_sequence_settings(p, it, true);
    }
    return any ? pgn_put(p, e) : PAWL_OK;
}

int pgn_sequence_own(struct pgn_plan *p, const struct pgn *n, struct pawl_error *e)
{
    struct slice parts[ITEM_PARTS];
    size_t count = 0;
    if (!n->to || !(n->comes || (pgn_changed(n) && pgn_differs(n, "owned_by"))))
        return PAWL_OK;
    struct slice to = fact_value(n->to->line, "owned_by");
    if (to.p && !item_path(p->a, &to, parts, &count))
        return err_nomem(e);
    if (!to.p && n->comes)
        return PAWL_OK;
    phrase_add(&p->b, "ALTER SEQUENCE %q OWNED BY ", n->to->parts[0], n->to->parts[1]);
    if (count == 3)
        phrase_add(&p->b, "%q.%n", parts[0], parts[1], parts[2]);
    else
        strbuf_addz(&p->b, "NONE");
    return pgn_put(p, e);
}
