/* PostgreSQL's comments and privileges as SQL. */
#include "schema/fact.h"
#include "schema/render_postgres.h"

/* The words in front of an object's name; false: its identity is not in a form that SQL reads. */
static bool described(struct pgn_plan *p, const struct item *it)
{
    static const char *const of_table[][2] = {
        {"constraint", "CONSTRAINT"}, {"trigger", "TRIGGER"}, {"rule", "RULE"}, {"policy", "POLICY"}};
    struct slice kind = it->parts[0];
    for (size_t i = 0; i < sizeof of_table / sizeof *of_table; i++)
        if (slice_eq(kind, slice_of(of_table[i][0])) && it->n_parts == 4) {
            phrase_add(&p->b, "%z %n ON %q", of_table[i][1], it->parts[3], it->parts[1], it->parts[2]);
            return true;
        }
    if (slice_eq(kind, SLICE("column"))) {
        phrase_add(&p->b, "COLUMN %q.%n", it->parts[1], it->parts[2], it->parts[3]);
        return it->n_parts == 4;
    }
    if (it->n_parts == 3) {
        struct pgn *r = pgn_relation(p, it->parts[1], it->parts[2]);
        bool kept = r && pgn_is(r, "materialized-view"), foreign = r && pgn_is(r, "foreign-table");
        phrase_add(&p->b, "%z%s %q",
                   kept      ? "MATERIALIZED "
                   : foreign ? "FOREIGN "
                             : "",
                   kind, it->parts[1], it->parts[2]);
        return true;
    }
    if (slice_eq(kind, SLICE("domain-constraint"))) {
        size_t on = slice_find(it->parts[1], SLICE(" on "));
        phrase_add(&p->b, "CONSTRAINT %s ON DOMAIN %s", slice_sub(it->parts[1], 0, on),
                   slice_sub(it->parts[1], on + 4, it->parts[1].n));
        return it->n_parts == 2;
    }
    for (size_t i = 0; i < kind.n; i++) /* "text-search-configuration" */
        strbuf_addc(&p->b, kind.p[i] == '-' ? ' ' : kind.p[i]);
    if (slice_eq(kind, SLICE("schema")))
        phrase_add(&p->b, " %n", it->parts[1]); /* the identity of public is told without quotes */
    else
        phrase_add(&p->b, " %s", it->parts[1]);
    return it->n_parts == 2;
}

static int comment(struct pgn_plan *p, const struct item *it, bool gone, struct pawl_error *e)
{
    strbuf_addz(&p->b, "COMMENT ON ");
    if (!described(p, it))
        return pgn_cannot(p, it, e);
    if (gone)
        strbuf_addz(&p->b, " IS NULL");
    else
        phrase_add(&p->b, " IS %l", item_plain(p->a, fact_value(it->line, "text")));
    return pgn_put(p, e);
}

int pgn_comment_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    (void)n;
    return comment(p, it, false, e);
}

/* A comment on a part of a table may have gone with the part. */
int pgn_comment_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    const struct pgn *o = pgn_owner(p, n);
    for (size_t i = 0; o && it->n_parts == 4 && i < o->parts.n; i++) {
        const struct pgn *part = &p->nodes[o->parts.v[i]];
        const struct item *was = part->from;
        if (was && part->gone && was->n_parts == 3 && slice_eq(was->parts[2], it->parts[3]))
            return PAWL_OK;
    }
    return comment(p, it, true, e);
}

static void role(struct pgn_plan *p, struct slice name)
{
    if (slice_eq(name, SLICE("public")))
        strbuf_addz(&p->b, "PUBLIC");
    else if (slice_eq(name, SLICE("@owner")))
        strbuf_addz(&p->b, "CURRENT_USER");
    else
        phrase_name(&p->b, name);
}

/* ON what; *column: the privileges are those of a column. */
static bool privileged(struct pgn_plan *p, const struct item *it)
{
    struct slice kind = it->parts[0];
    if (slice_eq(kind, SLICE("column")))
        phrase_add(&p->b, "%q", it->parts[1], it->parts[2]);
    else if (slice_eq(kind, SLICE("function")) && it->n_parts == 4)
        phrase_add(&p->b, "ROUTINE %q%s", it->parts[1], slice_sub(it->parts[2], 0, slice_find_byte(it->parts[2], '(')),
                   slice_sub(it->parts[2], slice_find_byte(it->parts[2], '('), it->parts[2].n));
    else if (it->n_parts == 4)
        phrase_add(&p->b, "%s %q", kind, it->parts[1], it->parts[2]);
    else if (it->n_parts == 3)
        phrase_add(&p->b, "%s %n",
                   slice_eq(kind, SLICE("server"))                 ? SLICE("FOREIGN SERVER")
                   : slice_eq(kind, SLICE("foreign-data-wrapper")) ? SLICE("FOREIGN DATA WRAPPER")
                                                                   : kind,
                   it->parts[1]);
    return it->n_parts >= 3;
}

/* "select*,insert" as GRANT wants it: those with or those without the right to grant them on. */
static bool privilege_words(struct pgn_plan *p, struct slice can, bool on, struct slice column)
{
    bool any = false;
    for (struct slice rest = can; rest.n;) {
        struct slice one = slice_sub(rest, 0, slice_find_byte(rest, ','));
        bool star = one.n && one.p[one.n - 1] == '*';
        rest = slice_sub(rest, one.n + 1, rest.n);
        if (star != on)
            continue;
        phrase_add(&p->b, "%z%s", any ? ", " : "", slice_sub(one, 0, one.n - star));
        if (column.p)
            phrase_add(&p->b, " (%n)", column);
        any = true;
    }
    return any;
}

static struct slice column_of(const struct item *it)
{
    return slice_eq(it->parts[0], SLICE("column")) ? it->parts[3] : (struct slice){NULL, 0};
}

static int revoke_all(struct pgn_plan *p, const struct item *it, struct pawl_error *e)
{
    struct slice column = column_of(it);
    strbuf_addz(&p->b, "REVOKE ALL");
    if (column.p)
        phrase_add(&p->b, " (%n)", column);
    strbuf_addz(&p->b, " ON ");
    privileged(p, it);
    strbuf_addz(&p->b, " FROM ");
    role(p, it->parts[it->n_parts - 1]);
    return pgn_put(p, e);
}

static int grant(struct pgn_plan *p, const struct item *it, struct slice can, bool on, struct pawl_error *e)
{
    strbuf_addz(&p->b, "GRANT ");
    if (!privilege_words(p, can, on, column_of(it))) {
        strbuf_reset(&p->b);
        return PAWL_OK;
    }
    strbuf_addz(&p->b, " ON ");
    privileged(p, it);
    strbuf_addz(&p->b, " TO ");
    role(p, it->parts[it->n_parts - 1]);
    strbuf_addz(&p->b, on ? " WITH GRANT OPTION" : "");
    return pgn_put(p, e);
}

int pgn_privilege_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice can = pgn_get(p, it, "can");
    (void)n;
    if (it->n_parts < 3 || it->n_parts > 5)
        return pgn_cannot(p, it, e);
    int code = revoke_all(p, it, e);
    if (!code && can.p)
        code = grant(p, it, can, false, e);
    return code || !can.p ? code : grant(p, it, can, true, e);
}

/* Back to what the object is born with: its owner may do everything, everybody may run functions and use types. */
int pgn_privilege_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice who = it->parts[it->n_parts - 1], kind = it->parts[0];
    bool owner = slice_eq(who, SLICE("@owner")), everybody = slice_eq(who, SLICE("public"));
    bool open = slice_eq(kind, SLICE("function")) || slice_eq(kind, SLICE("type")) || slice_eq(kind, SLICE("language"));
    (void)n;
    if (slice_eq(it->parts[1], SLICE("pg_catalog")) ||
        (slice_eq(kind, SLICE("schema")) && slice_eq(it->parts[1], SLICE("public"))))
        return pgn_cannot(p, it, e);
    int code = revoke_all(p, it, e);
    if (code || slice_eq(kind, SLICE("column")) || !(owner || (everybody && open)))
        return code;
    strbuf_addz(&p->b, "GRANT ALL ON ");
    privileged(p, it);
    strbuf_addz(&p->b, " TO ");
    role(p, who);
    return pgn_put(p, e);
}

static void default_head(struct pgn_plan *p, const struct item *it)
{
    strbuf_addz(&p->b, "ALTER DEFAULT PRIVILEGES");
    if (!slice_eq(it->parts[1], SLICE("@owner")))
        phrase_add(&p->b, " FOR ROLE %n", it->parts[1]);
    if (!slice_eq(it->parts[2], SLICE("*")))
        phrase_add(&p->b, " IN SCHEMA %n", it->parts[2]);
}

int pgn_default_privilege_create(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    struct slice can = pgn_get(p, it, "can");
    int code = PAWL_OK;
    (void)n;
    if (it->n_parts != 4)
        return pgn_cannot(p, it, e);
    if (slice_eq(it->parts[2], SLICE("*"))) {
        default_head(p, it);
        phrase_add(&p->b, " REVOKE ALL ON %s FROM ", it->parts[0]);
        role(p, it->parts[3]);
        code = pgn_put(p, e);
    }
    for (int on = 0; on < 2 && !code && can.p; on++) {
        default_head(p, it);
        strbuf_addz(&p->b, " GRANT ");
        if (!privilege_words(p, can, on, (struct slice){NULL, 0})) {
            strbuf_reset(&p->b);
            continue;
        }
        phrase_add(&p->b, " ON %s TO ", it->parts[0]);
        role(p, it->parts[3]);
        strbuf_addz(&p->b, on ? " WITH GRANT OPTION" : "");
        code = pgn_put(p, e);
    }
    return code;
}

int pgn_default_privilege_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e)
{
    (void)n;
    if (it->n_parts != 4)
        return pgn_cannot(p, it, e);
    default_head(p, it);
    phrase_add(&p->b, " REVOKE ALL ON %s FROM ", it->parts[0]);
    role(p, it->parts[3]);
    return pgn_put(p, e);
}
