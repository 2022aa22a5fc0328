#include "sql/rewrite_text.h"

static struct cursor behind_name(const struct rewriter *w)
{
    struct cursor c;
    cursor_init(&c, w->d, w->sql);
    c.lx.at = (size_t)(w->h.name.name.p + w->h.name.name.n - w->sql.p);
    cursor_step(&c);
    return c;
}

static bool plain_insert(const struct rewriter *w)
{
    struct cursor c;
    cursor_init(&c, w->d, w->sql);
    return cursor_sees(&c, "insert into");
}

/* ---- seeds: what a unique key keeps out ---------------------------------------------------------------------------- */

/* In front of RETURNING, or at the end. */
static size_t conflict_place(const struct rewriter *w, bool *query, bool *where)
{
    struct cursor c = behind_name(w);
    size_t end = w->sql.n;
    *query = *where = false;
    for (; !cursor_done(&c); cursor_skip(&c)) {
        *query |= cursor_is(&c, "select") || cursor_is(&c, "with");
        *where |= cursor_is(&c, "where");
        if (cursor_is(&c, "returning")) {
            end = c.behind;
            break;
        }
    }
    return end;
}

static void do_nothing(struct rewriter *w)
{
    STRBUF(b, REWRITE_TEXT);
    bool query, where;
    size_t end = conflict_place(w, &query, &where);
    if (!can(w, GUARD_CONFLICT) || (query && !where && can(w, GUARD_IGNORE)))
        return;
    strbuf_add(&b, slice_sub(w->sql, 0, end));
    strbuf_addz(&b, slice_find_byte(slice_sub(w->sql, 0, end), '\n') == SIZE_MAX ? " " : "\n");
    strbuf_addz(&b, "ON CONFLICT DO NOTHING");
    strbuf_add(&b, slice_sub(w->sql, end, w->sql.n));
    rewriter_add(w, &b, "ON CONFLICT DO NOTHING");
}

static void or_ignore(struct rewriter *w)
{
    struct cursor c;
    cursor_init(&c, w->d, w->sql);
    if (can(w, GUARD_IGNORE) && !can(w, GUARD_BLOCK) && cursor_eat(&c, "insert"))
        rewriter_insert(w, w->sql.p + c.behind, SLICE(" OR IGNORE"), "OR IGNORE");
}

/* ---- seeds: one row that is not there ------------------------------------------------------------------------------- */

struct seed {
    struct slice columns; /* (a, b) */
    struct slice values;  /* 1, 'x' */
    size_t compared;
    bool ok;
};

/* A literal, and nothing else up to the comma: what can be compared. */
static bool literal(struct cursor *c, bool *null)
{
    *null = cursor_is(c, "null");
    bool is = c->t.kind == TOKEN_STRING || c->t.kind == TOKEN_NUMBER || *null || cursor_is(c, "true") ||
              cursor_is(c, "false");
    struct cursor ahead = *c;
    cursor_step(&ahead);
    return is && (cursor_mark(&ahead, ',') || cursor_mark(&ahead, ')'));
}

/* " AND a = 1" for each literal of the row. */
static struct seed read_seed(const struct rewriter *w, struct strbuf *compare)
{
    struct seed s = {.ok = false};
    struct cursor columns = behind_name(w), c = columns;
    size_t from = columns.t.offset;
    if (!cursor_mark(&c, '(') || !cursor_group(&c))
        return s;
    s.columns = slice_sub(w->sql, from, c.behind);
    if (!cursor_eat(&c, "values") || !cursor_eat_mark(&c, '('))
        return s;
    size_t first = c.t.offset;
    cursor_step(&columns);
    for (;;) {
        struct slice name;
        bool null;
        if (!cursor_identifier(&columns, &name))
            return s;
        if (literal(&c, &null)) {
            struct slice value = lexer_slice(&c.lx, &c.t);
            strbuf_addf(compare, "%s" SLICE_FMT " ", s.compared++ ? " AND " : "", SLICE_ARG(name));
            strbuf_addz(compare, null ? "IS NULL" : "= ");
            strbuf_add(compare, null ? (struct slice){0} : value);
        }
        while (!cursor_done(&c) && !cursor_mark(&c, ',') && !cursor_mark(&c, ')'))
            cursor_skip(&c);
        if (cursor_mark(&c, ')'))
            break;
        if (!cursor_eat_mark(&c, ',') || !cursor_eat_mark(&columns, ','))
            return s;
    }
    s.values = slice_sub(w->sql, first, c.behind);
    cursor_step(&c);
    s.ok = cursor_done(&c) && cursor_mark(&columns, ')') && s.compared && strbuf_ok(compare);
    return s;
}

static void where_not_exists(struct rewriter *w)
{
    STRBUF(b, REWRITE_TEXT);
    STRBUF(compare, REWRITE_TEXT);
    struct seed s = read_seed(w, &compare);
    if (!s.ok)
        return;
    strbuf_addz(&b, "INSERT INTO ");
    written(&b, &w->h.name);
    strbuf_addc(&b, ' ');
    strbuf_add(&b, s.columns);
    strbuf_addz(&b, "\nSELECT ");
    strbuf_add(&b, s.values);
    strbuf_addz(&b, "\nWHERE NOT EXISTS (SELECT 1 FROM ");
    written(&b, &w->h.name);
    strbuf_addz(&b, " WHERE ");
    strbuf_add(&b, strbuf_slice(&compare));
    strbuf_addc(&b, ')');
    rewriter_add(w, &b, "WHERE NOT EXISTS");
}

/* ---- only while it can be done -------------------------------------------------------------------------------------- */

void rewrite_insert(struct rewriter *w)
{
    STRBUF(c, 4096);
    if (!w->h.name.name.n)
        return;
    if (plain_insert(w) && !head_has(&w->h, HEAD_CONFLICT)) {
        do_nothing(w);
        or_ignore(w);
        where_not_exists(w);
    }
    struct slice sql = w->out->n && !head_has(&w->h, HEAD_CONFLICT) ? w->out->forms[0].sql : w->sql;
    when_relation(w, &c, &w->h.name, true);
    rewriter_block(w, &c, sql, "a guard");
    when_columns(w, &c, &w->h.name, behind_name(w), true);
    rewriter_block(w, &c, sql, "a guard");
}

/* The columns that SET names, at top level. */
static void set_columns(struct rewriter *w, struct strbuf *c)
{
    struct cursor at = behind_name(w);
    if (!cursor_seek(&at, "set"))
        return;
    cursor_step(&at);
    for (;;) {
        struct slice name;
        struct cursor ahead = at;
        if (cursor_identifier(&ahead, &name) && cursor_mark(&ahead, '='))
            when_column(w, c, &w->h.name, name, true);
        while (!cursor_done(&at) && !cursor_mark(&at, ',') && !cursor_is(&at, "where") && !cursor_is(&at, "from"))
            cursor_skip(&at);
        if (!cursor_eat_mark(&at, ','))
            return;
    }
}

void rewrite_change(struct rewriter *w)
{
    STRBUF(c, 4096);
    if (!w->h.name.name.n)
        return;
    when_relation(w, &c, &w->h.name, true);
    rewriter_block(w, &c, w->sql, "a guard");
    if (w->h.class == HEAD_UPDATE) {
        set_columns(w, &c);
        rewriter_block(w, &c, w->sql, "a guard");
    }
}
