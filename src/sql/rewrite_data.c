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

/* ---- seeds: rows that are not there --------------------------------------------------------------------------------- */

/* ::jsonb, ::numeric(3, 2), ::text[]: the words of a type, and no operator behind them. */
static void step_cast(struct cursor *c)
{
    while (c->t.kind == TOKEN_PUNCTUATION && c->t.c == ':' && c->t.length == 2) {
        cursor_step(c);
        while (c->t.kind == TOKEN_WORD || c->t.kind == TOKEN_QUOTED || cursor_mark(c, '.') || cursor_mark(c, '[') ||
               cursor_mark(c, ']') || cursor_mark(c, '('))
            cursor_skip(c);
    }
}

/* A literal, with its sign and its type, and nothing else up to the comma: what can be compared. */
static bool literal(struct cursor c, bool *null)
{
    bool sign = cursor_mark(&c, '-');
    if (sign)
        cursor_step(&c);
    *null = cursor_is(&c, "null");
    bool is = c.t.kind == TOKEN_NUMBER ||
              (!sign && (c.t.kind == TOKEN_STRING || *null || cursor_is(&c, "true") || cursor_is(&c, "false")));
    cursor_step(&c);
    step_cast(&c);
    return is && (cursor_mark(&c, ',') || cursor_mark(&c, ')'));
}

/* A string like {..}, [..], <..> or (..): its column may be of a type without any =, as PostgreSQL's json, xml and point are. */
static bool structured(struct slice sql)
{
    return sql.n > 1 && sql.p[0] == '\'' && slice_find_byte(SLICE("{[<("), sql.p[1]) < 4;
}

/*
 * One expression up to its comma or the end of the row: " AND a = 1" if it is a literal. `texts`, if it is not NULL: what is structured
 * is compared as text, and counted there.
 */
static void read_value(const struct rewriter *w, struct cursor *c, struct slice column, struct strbuf *compare,
                       size_t *texts)
{
    bool null, known = literal(*c, &null);
    bool text = texts && c->t.kind == TOKEN_STRING && structured(slice_sub(w->sql, c->t.offset, w->sql.n));
    size_t from = c->t.offset, end = from + c->t.length;
    while (!cursor_done(c) && !cursor_mark(c, ',') && !cursor_mark(c, ')'))
        cursor_skip(c);
    if (!known)
        return;
    strbuf_addf(compare, "%s%s" SLICE_FMT "%s ", compare->n ? " AND " : "", text ? "CAST(" : "", SLICE_ARG(column),
                text ? " AS text)" : "");
    strbuf_addz(compare, null ? "IS NULL" : "= ");
    strbuf_add(compare, null ? (struct slice){0} : slice_sub(w->sql, from, text ? end : c->behind));
    if (text)
        ++*texts;
}

/*
 * A row from its ( to behind its ), with the list of columns to read along; what is there to know it by. false if it has none, or
 * is not as long as the list.
 */
static bool read_row(const struct rewriter *w, struct cursor *c, struct cursor columns, struct slice *values,
                     struct strbuf *compare, size_t *texts)
{
    if (!cursor_eat_mark(c, '(') || !cursor_eat_mark(&columns, '('))
        return false;
    size_t from = c->t.offset;
    for (;;) {
        struct slice name;
        if (!cursor_identifier(&columns, &name))
            return false;
        read_value(w, c, name, compare, texts);
        if (cursor_mark(c, ')'))
            break;
        if (!cursor_eat_mark(c, ',') || !cursor_eat_mark(&columns, ','))
            return false;
    }
    *values = slice_sub(w->sql, from, c->behind);
    cursor_step(c);
    return cursor_mark(&columns, ')') && compare->n && strbuf_ok(compare);
}

/* The comments between two tokens, with the layout in front of them. */
static void add_comments(const struct rewriter *w, struct strbuf *b, size_t from, size_t to)
{
    struct slice gap = slice_sub(w->sql, from, to);
    while (gap.n && (unsigned char)gap.p[gap.n - 1] <= ' ')
        gap.n--;
    strbuf_add(b, gap);
}

static void add_seed(const struct rewriter *w, struct strbuf *b, struct slice values, struct slice compare)
{
    strbuf_addz(b, "\nSELECT ");
    strbuf_add(b, values);
    strbuf_addz(b, "\nWHERE NOT EXISTS (SELECT 1 FROM ");
    written(b, &w->h.name);
    strbuf_addz(b, " WHERE ");
    strbuf_add(b, compare);
    strbuf_addc(b, ')');
}

/* One statement for each row, which asks for just that row. What the text says between rows stays there. `texts`: see read_value. */
static void where_not_exists(struct rewriter *w, size_t *texts)
{
    STRBUF(b, REWRITE_TEXT);
    struct cursor columns = behind_name(w), c = columns;
    if (!cursor_mark(&c, '(') || !cursor_group(&c))
        return;
    struct slice list = slice_sub(w->sql, columns.t.offset, c.behind);
    strbuf_add(&b, slice_sub(w->sql, 0, c.behind));
    add_comments(w, &b, c.behind, c.t.offset);
    if (!cursor_eat(&c, "values"))
        return;
    add_comments(w, &b, c.behind, c.t.offset);
    for (;;) {
        STRBUF(compare, REWRITE_TEXT);
        struct slice values;
        if (!read_row(w, &c, columns, &values, &compare, texts))
            return;
        add_seed(w, &b, values, strbuf_slice(&compare));
        size_t from = c.behind, comma = c.t.offset;
        if (!cursor_eat_mark(&c, ','))
            break;
        strbuf_addc(&b, ';');
        add_comments(w, &b, from, comma);
        add_comments(w, &b, comma + 1, c.t.offset);
        strbuf_addz(&b, "\nINSERT INTO ");
        written(&b, &w->h.name);
        strbuf_addc(&b, ' ');
        strbuf_add(&b, list);
    }
    if (cursor_done(&c) && (!texts || *texts))
        rewriter_add(w, &b, texts ? REWRITE_WHERE_NO_TEXT : REWRITE_WHERE_NOT_EXISTS);
}

/* ---- seeds: the columns that are meant ------------------------------------------------------------------------------ */

/* How many expressions the first row has; all columns for a query. */
static size_t row_length(struct cursor c)
{
    size_t n = 1;
    if (!cursor_eat(&c, "values"))
        return SIZE_MAX;
    for (bool ok = cursor_eat_mark(&c, '('); ok && !cursor_done(&c) && !cursor_mark(&c, ')'); cursor_skip(&c))
        n += cursor_mark(&c, ',');
    return n;
}

/* The statement with a list of columns, where it has none and the table is known. */
static bool name_columns(const struct rewriter *w, struct rewriter *out)
{
    STRBUF(list, REWRITE_TEXT);
    struct cursor c = behind_name(w);
    bool plain = cursor_is(&c, "values") || cursor_is(&c, "select") || cursor_is(&c, "with");
    if (!plain || !w->known || !w->known->columns(w->known->context, &w->h.name, row_length(c), &list) ||
        !strbuf_ok(&list))
        return false;
    size_t at = (size_t)(w->h.name.name.p + w->h.name.name.n - w->sql.p);
    *out = *w;
    out->sql = arena_printf(w->a, SLICE_FMT " (" SLICE_FMT ")" SLICE_FMT, SLICE_ARG(slice_sub(w->sql, 0, at)),
                            SLICE_ARG(strbuf_slice(&list)), SLICE_ARG(slice_sub(w->sql, at, w->sql.n)));
    out->nomem |= !out->sql.p;
    if (!out->nomem)
        head_read(&out->h, w->d, out->sql);
    return !out->nomem && out->h.class == HEAD_INSERT && out->h.name.name.n;
}

/* ---- only while it can be done -------------------------------------------------------------------------------------- */

/* While the table is there, and while its columns are. */
static void insert_while(struct rewriter *w, struct slice sql)
{
    STRBUF(c, 4096);
    when_relation(w, &c, &w->h.name, true);
    rewriter_block(w, &c, sql, "a guard");
    when_columns(w, &c, &w->h.name, behind_name(w), true);
    rewriter_block(w, &c, sql, "a guard");
}

void rewrite_insert(struct rewriter *w)
{
    struct rewriter named = *w;
    if (!w->h.name.name.n)
        return;
    if (!plain_insert(w) || head_has(&w->h, HEAD_CONFLICT)) {
        insert_while(w, w->sql);
        return;
    }
    do_nothing(w);
    or_ignore(w);
    if (name_columns(w, &named)) {
        do_nothing(&named);
        or_ignore(&named);
    }
    size_t by_key = w->out->n;
    named.strength++;
    where_not_exists(&named, NULL);
    size_t by_row = w->out->n, texts = 0;
    where_not_exists(&named, &texts);
    named.strength++;
    insert_while(&named, by_key ? w->out->forms[by_key - 1].sql : w->sql);
    named.strength++;
    if (by_row > by_key)
        insert_while(&named, w->out->forms[by_key].sql);
    w->nomem |= named.nomem;
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
