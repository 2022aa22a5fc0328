/* SQLite's CREATE statements, written from facts. */
#include "schema/render_sqlite.h"

#include "schema/fact.h"
#include "schema/sqlite_text.h"

bool lite_mentions(struct arena *a, struct slice text, struct slice name)
{
    struct tokens t;
    if (!tokens_read(&t, a, text))
        return true;
    for (size_t i = 0; i < t.n; i++)
        if (tokens_is_name(&t, i) && slice_ieq(tokens_name(&t, i), name))
            return true;
    return false;
}

/* ---- pieces ------------------------------------------------------------------------------------------------------ */

/*
 * An expression over the columns of one table. A word in double quotes that is no column is a string to SQLite; facts spell it
 * without quotes, so it gets them back.
 */
static void expression(struct arena *a, struct strbuf *b, const struct lite_table *t, struct slice text)
{
    struct tokens k;
    size_t from = 0;
    if (!t || !tokens_read(&k, a, text)) {
        phrase_add(b, "%s", text);
        return;
    }
    for (size_t i = 0; i < k.n; i++) {
        struct slice word = slice_sub(text, k.items[i].offset, k.items[i].offset + k.items[i].length);
        bool plain = k.items[i].kind == TOKEN_WORD && !sqlite_keyword(word) && !tokens_is(&k, i + 1, '(') &&
                     !tokens_is(&k, i + 1, '.') && !(i && (tokens_is(&k, i - 1, '.') || tokens_word(&k, i - 1, "as")));
        if (!plain || lite_column(t, word) || slice_ieq(word, SLICE("rowid")))
            continue;
        phrase_add(b, "%s\"%s\"", slice_sub(text, from, k.items[i].offset), word);
        from = k.items[i].offset + word.n;
    }
    phrase_add(b, "%s", slice_sub(text, from, text.n));
}

/* "(a, lower(b) DESC)"; `tail` stands behind the last one. */
static void keys(struct arena *a, struct strbuf *b, const struct lite_table *t, struct slice list, const char *tail)
{
    struct key k;
    const char *comma = "";
    strbuf_addc(b, '(');
    while (item_next(a, &list, &k)) {
        strbuf_addz(b, comma);
        comma = ", ";
        if (k.name.p)
            phrase_name(b, k.name);
        else
            expression(a, b, t, k.expression);
        if (k.collation.p)
            phrase_add(b, " COLLATE %n", item_plain(a, k.collation));
        if (k.desc)
            strbuf_addz(b, " DESC");
    }
    phrase_add(b, "%z)", tail);
}

static void named(struct arena *a, struct strbuf *b, const struct item *it, const char *attribute)
{
    struct slice v = fact_value(it->line, attribute);
    if (v.p)
        phrase_add(b, " CONSTRAINT %n", item_plain(a, v));
}

static void on_conflict(struct arena *a, struct strbuf *b, const struct item *it, const char *attribute)
{
    struct slice v = item_get(a, it, attribute);
    if (v.p)
        phrase_add(b, " ON CONFLICT %s", v);
}

/* A default stands without parentheses if it is one token, or a number with a sign. */
static bool is_bare(struct arena *a, struct slice text)
{
    struct tokens t;
    if (!tokens_read(&t, a, text))
        return false;
    bool sign = tokens_is(&t, 0, '-') || tokens_is(&t, 0, '+');
    return t.n == 1 || (t.n == 2 && sign && t.items[1].kind == TOKEN_NUMBER);
}

static void references(struct arena *a, struct strbuf *b, const struct item *it)
{
    struct slice to = fact_value(it->line, "references"), parts[ITEM_PARTS], v;
    size_t n;
    item_path(a, &to, parts, &n);
    phrase_add(b, "REFERENCES %n", parts[0]);
    if (to.n > 1 && to.p[0] == '(') {
        strbuf_addc(b, ' ');
        keys(a, b, NULL, slice_sub(to, 1, to.n - 1), "");
    }
    if ((v = item_get(a, it, "match")).p)
        phrase_add(b, " MATCH %s", v);
    if ((v = item_get(a, it, "on_update")).p)
        phrase_add(b, " ON UPDATE %z", item_action_words(v));
    if ((v = item_get(a, it, "on_delete")).p)
        phrase_add(b, " ON DELETE %z", item_action_words(v));
    if ((v = item_get(a, it, "deferrable")).p)
        phrase_add(b, " DEFERRABLE INITIALLY %z", slice_eq(v, SLICE("deferred")) ? "DEFERRED" : "IMMEDIATE");
}

/* ---- constraints ------------------------------------------------------------------------------------------------- */

static bool inline_here(const struct item *it)
{
    return item_is(it, "at", "column");
}

/* The one column of a list that has one. */
static bool is_of_column(struct arena *a, const struct item *it, struct slice column)
{
    struct slice list = fact_value(it->line, "columns");
    struct key k;
    return item_next(a, &list, &k) && k.name.p && slice_ieq(k.name, column) && !list.n;
}

static struct slice check_text(struct arena *a, const struct item *it)
{
    return it->content.p ? it->content : item_get(a, it, "expression");
}

/* Facts do not say at which column a CHECK stands: at the first that it mentions, or the last of the table. */
static bool check_is_here(struct arena *a, const struct lite_table *t, const struct item *it, const struct item *column)
{
    struct slice text = check_text(a, it);
    for (size_t i = 0; i < t->n_columns; i++)
        if (lite_mentions(a, text, t->columns[i]->parts[1]))
            return t->columns[i] == column;
    return t->n_columns && t->columns[t->n_columns - 1] == column;
}

bool lite_at_column(struct arena *a, const struct lite_table *t, const struct item *constraint,
                    const struct item *column)
{
    if (!inline_here(constraint))
        return false;
    return item_kind(constraint, "check") ? check_is_here(a, t, constraint, column)
                                          : is_of_column(a, constraint, column->parts[1]);
}

/* Unnamed constraints are known by their content. */
static void constraint_name(struct strbuf *b, const struct item *it, const char *before, const char *behind)
{
    if (it->n_parts > 1)
        phrase_add(b, "%zCONSTRAINT %n%z", before, it->parts[1], behind);
    else
        strbuf_addz(b, before);
}

static void check_clause(struct arena *a, struct strbuf *b, const struct lite_table *t, const struct item *it)
{
    strbuf_addz(b, "CHECK (");
    expression(a, b, t, check_text(a, it));
    strbuf_addc(b, ')');
}

static void inline_constraint(struct arena *a, struct strbuf *b, const struct lite_table *t, const struct item *it)
{
    constraint_name(b, it, " ", " ");
    if (item_kind(it, "check")) {
        check_clause(a, b, t, it);
    } else if (item_kind(it, "unique")) {
        strbuf_addz(b, "UNIQUE");
        on_conflict(a, b, it, "conflict");
    } else {
        references(a, b, it);
    }
}

static void table_constraint(struct arena *a, struct strbuf *b, const struct lite_table *t, const struct item *it)
{
    constraint_name(b, it, ",\n    ", " ");
    if (item_kind(it, "check")) {
        check_clause(a, b, t, it);
        return;
    }
    strbuf_addz(b, item_kind(it, "unique") ? "UNIQUE " : "FOREIGN KEY ");
    keys(a, b, NULL, fact_value(it->line, "columns"), "");
    if (item_kind(it, "unique")) {
        on_conflict(a, b, it, "conflict");
    } else {
        strbuf_addc(b, ' ');
        references(a, b, it);
    }
}

static bool key_is_inline(struct arena *a, const struct lite_table *t, const struct item *column)
{
    return t->primary_key && inline_here(t->primary_key) && is_of_column(a, t->primary_key, column->parts[1]);
}

static void inline_key(struct arena *a, struct strbuf *b, const struct item *it)
{
    struct slice list = fact_value(it->line, "columns");
    struct key k = {0};
    item_next(a, &list, &k);
    named(a, b, it, "constraint");
    phrase_add(b, " PRIMARY KEY%z", k.desc ? " DESC" : "");
    on_conflict(a, b, it, "conflict");
    if (item_is(it, "autoincrement", "yes"))
        strbuf_addz(b, " AUTOINCREMENT");
}

static void table_key(struct arena *a, struct strbuf *b, const struct item *it)
{
    strbuf_addz(b, ",\n   ");
    named(a, b, it, "constraint");
    strbuf_addz(b, " PRIMARY KEY ");
    keys(a, b, NULL, fact_value(it->line, "columns"), item_is(it, "autoincrement", "yes") ? " AUTOINCREMENT" : "");
    on_conflict(a, b, it, "conflict");
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

static void column_attributes(struct arena *a, struct strbuf *b, const struct item *c)
{
    struct slice v = item_get(a, c, "collation");
    if (v.p) {
        named(a, b, c, "collation_constraint");
        phrase_add(b, " COLLATE %n", v);
    }
    if (item_is(c, "null", "no")) {
        named(a, b, c, "null_constraint");
        strbuf_addz(b, " NOT NULL");
        on_conflict(a, b, c, "null_conflict");
    }
    if ((v = item_get(a, c, "default")).p) {
        named(a, b, c, "default_constraint");
        phrase_add(b, is_bare(a, v) ? " DEFAULT %s" : " DEFAULT (%s)", v);
    }
    if ((v = item_get(a, c, "expression")).p) {
        named(a, b, c, "generated_constraint");
        phrase_add(b, " GENERATED ALWAYS AS (%s)%z", v, item_is(c, "generated", "stored") ? " STORED" : "");
    }
}

void lite_column_clause(struct arena *a, struct strbuf *b, const struct lite_table *t, const struct item *column)
{
    struct slice type = item_get(a, column, "type");
    phrase_name(b, column->parts[1]);
    if (type.p)
        phrase_add(b, " %s", type);
    if (key_is_inline(a, t, column))
        inline_key(a, b, t->primary_key);
    column_attributes(a, b, column);
    for (size_t i = 0; i < t->n_constraints; i++)
        if (lite_at_column(a, t, t->constraints[i], column))
            inline_constraint(a, b, t, t->constraints[i]);
}

static bool placed(struct arena *a, const struct lite_table *t, const struct item *it)
{
    for (size_t i = 0; i < t->n_columns; i++)
        if (lite_at_column(a, t, it, t->columns[i]))
            return true;
    return false;
}

void lite_create_table(struct arena *a, struct strbuf *b, const struct lite_table *t, struct slice name, bool if_not)
{
    bool without_rowid = t->head && item_is(t->head, "rowid", "no"),
         strict = t->head && item_is(t->head, "strict", "yes");
    bool key_placed = !t->primary_key;
    phrase_add(b, "CREATE TABLE %z%n (", if_not ? "IF NOT EXISTS " : "", name);
    for (size_t i = 0; i < t->n_columns; i++) {
        strbuf_addz(b, i ? ",\n    " : "\n    ");
        lite_column_clause(a, b, t, t->columns[i]);
        key_placed |= key_is_inline(a, t, t->columns[i]);
    }
    if (!key_placed)
        table_key(a, b, t->primary_key);
    for (size_t i = 0; i < t->n_constraints; i++)
        if (!placed(a, t, t->constraints[i]))
            table_constraint(a, b, t, t->constraints[i]);
    phrase_add(b, "\n)%z%z%z", without_rowid ? " WITHOUT ROWID" : "", without_rowid && strict ? "," : "",
               strict ? " STRICT" : "");
}

/* ---- other objects ----------------------------------------------------------------------------------------------- */

static void index_text(struct arena *a, struct strbuf *b, const struct lite_table *t, const struct item *it,
                       const char *if_not)
{
    struct slice where = item_get(a, it, "where");
    phrase_add(b, "CREATE %zINDEX %z%n ON %n ", item_is(it, "unique", "yes") ? "UNIQUE " : "", if_not, it->parts[0],
               item_get(a, it, "on"));
    keys(a, b, t, fact_value(it->line, "keys"), "");
    if (where.p) {
        strbuf_addz(b, " WHERE ");
        expression(a, b, t, where);
    }
}

static void view_text(struct arena *a, struct strbuf *b, const struct item *it, const char *if_not)
{
    struct slice columns = fact_value(it->line, "columns");
    phrase_add(b, "CREATE VIEW %z%n ", if_not, it->parts[0]);
    if (columns.p) {
        keys(a, b, NULL, columns, "");
        strbuf_addc(b, ' ');
    }
    phrase_add(b, "AS %s", item_get(a, it, "query"));
}

static void trigger_text(struct arena *a, struct strbuf *b, const struct item *it, const char *if_not)
{
    struct slice of = fact_value(it->line, "of"), when = item_get(a, it, "when");
    const char *event = item_is(it, "event", "insert")   ? "INSERT"
                        : item_is(it, "event", "delete") ? "DELETE"
                                                         : "UPDATE";
    phrase_add(b, "CREATE TRIGGER %z%n %z %z", if_not, it->parts[0],
               item_is(it, "time", "instead-of") ? "INSTEAD OF"
               : item_is(it, "time", "after")    ? "AFTER"
                                                 : "BEFORE",
               event);
    struct key k;
    for (const char *comma = " OF "; of.p && item_next(a, &of, &k); comma = ", ")
        phrase_add(b, "%z%n", comma, k.name);
    phrase_add(b, " ON %n FOR EACH ROW", item_get(a, it, "on"));
    if (when.p)
        phrase_add(b, " WHEN %s", when);
    phrase_add(b, "\nBEGIN\n    %s\nEND", item_get(a, it, "body"));
}

bool lite_create_object(struct arena *a, struct strbuf *b, const struct lite_schema *s, const struct lite_object *o,
                        bool if_not)
{
    const char *words = if_not ? "IF NOT EXISTS " : "";
    const struct item *it = o->item;
    if (fact_value(it->line, "unread").p || !it->n_parts)
        return false;
    if (item_kind(it, "index")) {
        index_text(a, b, lite_table(s, o->on), it, words);
    } else if (item_kind(it, "view")) {
        view_text(a, b, it, words);
    } else if (item_kind(it, "trigger")) {
        trigger_text(a, b, it, words);
    } else if (item_kind(it, "virtual-table")) {
        struct slice arguments = item_get(a, it, "arguments");
        phrase_add(b, "CREATE VIRTUAL TABLE %z%n USING %n", words, it->parts[0], item_get(a, it, "module"));
        if (fact_value(it->line, "arguments").p)
            phrase_add(b, "(%s)", arguments);
    } else {
        return false;
    }
    return true;
}
