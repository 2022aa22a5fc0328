#include "schema/sqlite_facts.h"

/* No constraint name. An empty one ("") is possible, so it is the pointer that counts. */
static const struct slice unnamed = {NULL, 0};

struct column {
    struct slice name, type;
    bool not_null;
    struct slice null_name, null_conflict;
    struct slice value, value_name; /* DEFAULT */
    struct slice collation, collation_name;
    struct slice expression, generated_name;
    bool stored;
    struct slice unread;
};

/* SQLite lets [NOT] DEFERRABLE stand anywhere behind the foreign key it means, so this one is put late. */
struct foreign_key {
    bool open;
    struct slice name, columns, table, to; /* lists as they stand in facts */
    struct slice on_delete, on_update, match;
    const char *deferrable; /* NULL = no */
    bool at_column;
};

struct table {
    struct sqlite_object *o;
    struct tokens *t;
    size_t i;           /* the next token */
    struct slice *keys; /* of constraints put so far */
    size_t n_keys, cap_keys;
    struct slice *columns;
    size_t n_columns, cap_columns;
    struct foreign_key foreign_key;
    struct slice unread;
};

static bool word(const struct table *tb, const char *lower)
{
    return tokens_word(tb->t, tb->i, lower);
}

/* Passes over the words if they stand here one after the other. */
static bool words(struct table *tb, const char *first, const char *second)
{
    if (!word(tb, first) || (second && !tokens_word(tb->t, tb->i + 1, second)))
        return false;
    tb->i += second ? 2 : 1;
    return true;
}

static bool add_slice(struct table *tb, struct slice **items, size_t *n, size_t *cap, struct slice s)
{
    if (!arena_grow(tb->t->arena, (void **)items, cap, *n, sizeof **items)) {
        tb->t->failed = true;
        return false;
    }
    (*items)[(*n)++] = s;
    return true;
}

/* ---- pieces ------------------------------------------------------------------------------------------------------ */

/* [ON CONFLICT x]; ABORT is what happens without it. */
static struct slice conflict(struct table *tb)
{
    if (!words(tb, "on", "conflict"))
        return unnamed;
    struct slice s = tokens_text(tb->t, tb->i, tb->i + (tb->i < tb->t->n));
    tb->i += tb->i < tb->t->n;
    return slice_ieq(s, SLICE("abort")) ? unnamed : s;
}

/* Passes over a parenthesis and returns what is in it. */
static struct slice group(struct table *tb)
{
    size_t from = tb->i;
    tb->i = tokens_group_end(tb->t, from);
    return tokens_inner(tb->t, from, tb->i);
}

/* The token here is not understood: keep it as text, with its parenthesis if it opens one. */
static void keep_unread(struct table *tb, struct slice *unread)
{
    size_t from = tb->i;
    tb->i = tokens_is(tb->t, from, '(') ? tokens_group_end(tb->t, from) : from + 1;
    struct slice s = tokens_text(tb->t, from, tb->i);
    if (unread->p)
        s = arena_printf(tb->t->arena, SLICE_FMT " " SLICE_FMT, SLICE_ARG(*unread), SLICE_ARG(s));
    tb->t->failed |= s.p == NULL;
    *unread = s;
}

static struct slice list_kept(struct table *tb)
{
    struct slice s = arena_dup(tb->t->arena, fact_line(tb->o->list));
    tb->t->failed |= s.p == NULL || !fact_ok(tb->o->list);
    return s;
}

/* The list of keys in the parenthesis here. */
static struct slice key_list(struct table *tb)
{
    tb->i = sqlite_key_list(tb->o, tb->i);
    return list_kept(tb);
}

static struct slice one_item(struct table *tb, struct slice name)
{
    fact_begin(tb->o->list, "");
    fact_item(tb->o->list, name);
    return list_kept(tb);
}

static void optional(struct fact *f, const char *attribute, struct slice text)
{
    if (text.p)
        fact_text(f, attribute, text);
}

/* ---- constraints ------------------------------------------------------------------------------------------------- */

/* "kind table.name" or "kind table:content"; `listed`: the content is a list in the form of facts already. */
static void constraint_key(struct table *tb, const char *kind, struct slice name, struct slice content, bool listed)
{
    struct fact *f = tb->o->fact;
    fact_begin(f, kind);
    fact_name(f, tb->o->name);
    if (name.p) {
        fact_name(f, name);
    } else if (listed) {
        fact_raw(f, ":");
        fact_raw(f, content.p);
    } else {
        fact_content(f, content);
    }
    unsigned nth = 1;
    struct slice key = arena_dup(tb->t->arena, fact_line(f));
    for (size_t i = 0; key.p && i < tb->n_keys; i++)
        nth += slice_eq(tb->keys[i], key);
    if (!key.p)
        tb->t->failed = true;
    else if (add_slice(tb, &tb->keys, &tb->n_keys, &tb->cap_keys, key))
        fact_nth(f, nth);
}

static void listed(struct fact *f, const char *attribute, struct slice list)
{
    fact_attribute(f, attribute);
    fact_raw(f, list.p);
}

static int put(struct table *tb, bool at_column, struct pawl_error *e)
{
    if (at_column)
        fact_word(tb->o->fact, "at", "column");
    return sqlite_put(tb->o, e);
}

/* Behind the columns; a table has one primary key, so its name is no part of the key. */
static int primary_key(struct table *tb, struct slice name, struct slice columns, bool at_column, bool autoincrement,
                       struct pawl_error *e)
{
    struct slice on = conflict(tb);
    autoincrement |= words(tb, "autoincrement", NULL);
    if (tb->t->failed)
        return err_nomem(e);
    struct fact *f = tb->o->fact;
    fact_begin(f, "primary-key");
    fact_name(f, tb->o->name);
    listed(f, "columns", columns);
    if (autoincrement)
        fact_word(f, "autoincrement", "yes");
    optional(f, "conflict", on);
    optional(f, "constraint", name);
    return put(tb, at_column, e);
}

static int unique(struct table *tb, struct slice name, struct slice columns, bool at_column, struct pawl_error *e)
{
    struct slice on = conflict(tb);
    if (tb->t->failed)
        return err_nomem(e);
    constraint_key(tb, "unique", name, columns, true);
    listed(tb->o->fact, "columns", columns);
    optional(tb->o->fact, "conflict", on);
    return put(tb, at_column, e);
}

static int check(struct table *tb, struct slice name, bool at_column, struct pawl_error *e)
{
    struct slice text = group(tb);
    conflict(tb); /* allowed here, without effect */
    if (tb->t->failed)
        return err_nomem(e);
    constraint_key(tb, "check", name, text, false);
    if (name.p)
        fact_text(tb->o->fact, "expression", text);
    return put(tb, at_column, e);
}

static int put_foreign_key(struct table *tb, struct pawl_error *e)
{
    const struct foreign_key *k = &tb->foreign_key;
    struct fact *f = tb->o->fact;
    if (!k->open)
        return PAWL_OK;
    if (tb->t->failed)
        return err_nomem(e);
    constraint_key(tb, "foreign-key", k->name, k->columns, true);
    listed(f, "columns", k->columns);
    fact_attribute(f, "references");
    fact_item(f, k->table);
    if (k->to.p) {
        fact_raw(f, "(");
        fact_raw(f, k->to.p);
        fact_raw(f, ")");
    }
    optional(f, "on_delete", k->on_delete);
    optional(f, "on_update", k->on_update);
    optional(f, "match", k->match);
    if (k->deferrable)
        fact_word(f, "deferrable", k->deferrable);
    bool at_column = k->at_column;
    tb->foreign_key = (struct foreign_key){0};
    return put(tb, at_column, e);
}

/* CASCADE, RESTRICT, SET NULL, SET DEFAULT in lower case with a dash; NO ACTION is what happens without it. */
static struct slice action(struct table *tb)
{
    static const struct {
        const char *first, *second, *name;
    } actions[] = {{"cascade", NULL, "cascade"},
                   {"restrict", NULL, "restrict"},
                   {"set", "null", "set-null"},
                   {"set", "default", "set-default"}};
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (words(tb, actions[i].first, actions[i].second))
            return slice_of(actions[i].name);
    words(tb, "no", "action");
    return unnamed;
}

/* [NOT] DEFERRABLE [INITIALLY DEFERRED|IMMEDIATE], behind the word DEFERRABLE. */
static const char *deferral(struct table *tb, bool is_not)
{
    bool deferred = words(tb, "initially", "deferred");
    if (!deferred)
        words(tb, "initially", "immediate");
    return is_not ? NULL : deferred ? "deferred" : "immediate";
}

static bool deferral_here(struct table *tb)
{
    bool is_not = words(tb, "not", "deferrable");
    if (!is_not && !words(tb, "deferrable", NULL))
        return false;
    const char *how = deferral(tb, is_not);
    if (tb->foreign_key.open)
        tb->foreign_key.deferrable = how;
    return true;
}

/* Behind REFERENCES. */
static int references(struct table *tb, struct slice name, struct slice columns, bool at_column, struct pawl_error *e)
{
    int code = put_foreign_key(tb, e);
    if (code)
        return code;
    struct foreign_key *k = &tb->foreign_key;
    *k = (struct foreign_key){.open = true, .name = name, .columns = columns, .at_column = at_column};
    k->table = tokens_name(tb->t, tb->i);
    tb->i += tb->i < tb->t->n;
    if (tokens_is(tb->t, tb->i, '('))
        k->to = key_list(tb);
    for (;;) {
        if (words(tb, "on", "delete"))
            k->on_delete = action(tb);
        else if (words(tb, "on", "update"))
            k->on_update = action(tb);
        else if (words(tb, "on", "insert")) /* read and forgotten by SQLite */
            action(tb);
        else if (words(tb, "match", NULL)) {
            k->match = tokens_text(tb->t, tb->i, tb->i + (tb->i < tb->t->n));
            tb->i += tb->i < tb->t->n;
        } else if (!deferral_here(tb))
            return PAWL_OK;
    }
}

/* ---- columns ----------------------------------------------------------------------------------------------------- */

static bool type_goes_on(const struct table *tb)
{
    static const char *const stop[] = {"constraint", "default",    "null",    "not", "primary",   "unique",
                                       "check",      "references", "collate", "as",  "deferrable"};
    if (!tokens_is_name(tb->t, tb->i) || (word(tb, "generated") && tokens_word(tb->t, tb->i + 1, "always")))
        return false;
    for (size_t i = 0; i < sizeof stop / sizeof *stop; i++)
        if (word(tb, stop[i]))
            return false;
    return true;
}

/* The declared type as written, but for white space: VARCHAR(20), DECIMAL(10,2), DOUBLE PRECISION. */
static struct slice column_type(struct table *tb)
{
    size_t from = tb->i;
    while (type_goes_on(tb))
        tb->i++;
    if (tb->i == from)
        return unnamed;
    if (tokens_is(tb->t, tb->i, '('))
        tb->i = tokens_group_end(tb->t, tb->i);
    struct slice s = tokens_verbatim(tb->t, from, tb->i);
    char *to = s.p ? arena_strz(tb->t->arena, s) : NULL;
    tb->t->failed |= to == NULL;
    if (!to)
        return unnamed;
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        if (!(s.p[i] == ' ' && i && s.p[i - 1] == ','))
            to[n++] = s.p[i];
    return (struct slice){to, n};
}

/* Behind DEFAULT: (expression), a literal with or without sign, or a word. */
static struct slice default_value(struct table *tb)
{
    size_t from = tb->i;
    if (tokens_is(tb->t, from, '('))
        return group(tb);
    tb->i += tokens_is(tb->t, from, '-') || tokens_is(tb->t, from, '+') ? 2 : 1;
    if (tb->i > tb->t->n)
        tb->i = tb->t->n;
    return tokens_text(tb->t, from, tb->i);
}

/* Behind [GENERATED ALWAYS] AS. */
static void generated(struct table *tb, struct column *c, struct slice name)
{
    c->expression = group(tb);
    c->generated_name = name;
    c->stored = words(tb, "stored", NULL);
    if (!c->stored)
        words(tb, "virtual", NULL);
}

/* What only describes the column. false: something else stands here. */
static bool column_attribute(struct table *tb, struct column *c, struct slice name)
{
    if (words(tb, "not", "null")) {
        c->not_null = true;
        c->null_name = name;
        c->null_conflict = conflict(tb);
    } else if (words(tb, "null", NULL)) {
        conflict(tb);
    } else if (words(tb, "default", NULL)) {
        c->value = default_value(tb);
        c->value_name = name;
    } else if (words(tb, "collate", NULL)) {
        c->collation = tokens_name(tb->t, tb->i);
        c->collation_name = name;
        tb->i += tb->i < tb->t->n;
    } else if (words(tb, "as", NULL)) {
        generated(tb, c, name);
    } else if (word(tb, "generated") && tokens_word(tb->t, tb->i + 2, "as")) {
        tb->i += 3;
        generated(tb, c, name);
    } else {
        return false;
    }
    return true;
}

/* Column constraints that are facts of their own. *done = false: something else stands here. */
static int column_constraint(struct table *tb, const struct column *c, struct slice name, bool *done,
                             struct pawl_error *e)
{
    *done = true;
    if (words(tb, "primary", "key")) {
        struct slice columns = one_item(tb, c->name);
        if (words(tb, "desc", NULL))
            columns = arena_printf(tb->t->arena, SLICE_FMT ":desc", SLICE_ARG(columns));
        else
            words(tb, "asc", NULL);
        tb->t->failed |= columns.p == NULL;
        return primary_key(tb, name, columns, true, false, e);
    }
    if (words(tb, "unique", NULL))
        return unique(tb, name, one_item(tb, c->name), true, e);
    if (words(tb, "check", NULL))
        return check(tb, name, true, e);
    if (words(tb, "references", NULL))
        return references(tb, name, one_item(tb, c->name), true, e);
    *done = deferral_here(tb);
    return PAWL_OK;
}

static int put_column(struct table *tb, const struct column *c, struct pawl_error *e)
{
    struct fact *f = tb->o->fact;
    if (tb->t->failed)
        return err_nomem(e);
    fact_begin(f, "column");
    fact_name(f, tb->o->name);
    fact_name(f, c->name);
    if (c->type.p)
        fact_text(f, "type", c->type);
    else
        fact_word(f, "type", "none");
    fact_word(f, "null", c->not_null ? "no" : "yes");
    if (c->value.p)
        fact_text(f, "default", c->value);
    else
        fact_word(f, "default", "none");
    if (!slice_ieq(c->collation, SLICE("binary")))
        optional(f, "collation", c->collation);
    if (c->expression.p) {
        fact_word(f, "generated", c->stored ? "stored" : "virtual");
        fact_text(f, "expression", c->expression);
    }
    optional(f, "null_conflict", c->null_conflict);
    optional(f, "null_constraint", c->null_name);
    optional(f, "default_constraint", c->value_name);
    optional(f, "collation_constraint", c->collation_name);
    optional(f, "generated_constraint", c->generated_name);
    optional(f, "unread", c->unread);
    return sqlite_put(tb->o, e);
}

/* CONSTRAINT name, or nothing. A name without a constraint behind it is allowed and means nothing; it is kept as unread. */
static struct slice constraint_name(struct table *tb, struct slice *unread)
{
    struct slice name = unnamed;
    while (word(tb, "constraint") && tokens_is_name(tb->t, tb->i + 1)) {
        tb->i++;
        if (word(tb, "constraint") || tokens_is(tb->t, tb->i + 1, ',') || tokens_is(tb->t, tb->i + 1, ')')) {
            keep_unread(tb, unread);
            continue;
        }
        name = tokens_name(tb->t, tb->i++);
    }
    return name;
}

static bool at_end(const struct table *tb)
{
    return tb->i >= tb->t->n || tokens_is(tb->t, tb->i, ',') || tokens_is(tb->t, tb->i, ')');
}

static int column(struct table *tb, struct pawl_error *e)
{
    struct column c = {.name = tokens_name(tb->t, tb->i++)};
    int code = PAWL_OK;
    c.type = column_type(tb);
    while (!code && !at_end(tb)) {
        struct slice name = constraint_name(tb, &c.unread);
        bool done = at_end(tb) || column_attribute(tb, &c, name);
        if (!done)
            code = column_constraint(tb, &c, name, &done, e);
        if (!code && !done)
            keep_unread(tb, &c.unread);
    }
    if (!code && !add_slice(tb, &tb->columns, &tb->n_columns, &tb->cap_columns, c.name))
        code = err_nomem(e);
    return code ? code : put_column(tb, &c, e);
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static int table_constraint(struct table *tb, struct slice name, bool *done, struct pawl_error *e)
{
    *done = true;
    if (words(tb, "primary", "key") && tokens_is(tb->t, tb->i, '(')) {
        size_t end = tokens_group_end(tb->t, tb->i);
        bool autoincrement = end >= 2 && tokens_word(tb->t, end - 2, "autoincrement");
        struct slice columns = key_list(tb);
        return primary_key(tb, name, columns, false, autoincrement, e);
    }
    if (words(tb, "unique", NULL) && tokens_is(tb->t, tb->i, '(')) {
        struct slice columns = key_list(tb);
        return unique(tb, name, columns, false, e);
    }
    if (words(tb, "check", NULL))
        return check(tb, name, false, e);
    if (words(tb, "foreign", "key") && tokens_is(tb->t, tb->i, '(')) {
        struct slice columns = key_list(tb);
        if (words(tb, "references", NULL))
            return references(tb, name, columns, false, e);
    }
    *done = deferral_here(tb);
    return PAWL_OK;
}

static bool constraint_here(const struct table *tb)
{
    return word(tb, "constraint") || word(tb, "primary") || word(tb, "unique") || word(tb, "check") ||
           word(tb, "foreign");
}

/* Between the parentheses: columns, then constraints, whose commas may be missing. */
static int body(struct table *tb, struct pawl_error *e)
{
    int code = PAWL_OK;
    bool first = true, done; /* first token of an item */
    while (!code && tb->i < tb->t->n && !tokens_is(tb->t, tb->i, ')')) {
        if (tokens_is(tb->t, tb->i, ',')) {
            tb->i++;
            first = true;
            continue;
        }
        if (constraint_here(tb)) {
            struct slice name = constraint_name(tb, &tb->unread);
            done = at_end(tb);
            if (!done)
                code = table_constraint(tb, name, &done, e);
            if (!code && !done)
                keep_unread(tb, &tb->unread);
        } else if (first && tokens_is_name(tb->t, tb->i)) {
            code = column(tb, e);
        } else if (!deferral_here(tb)) {
            keep_unread(tb, &tb->unread);
        }
        first = false;
    }
    return code ? code : put_foreign_key(tb, e);
}

static int put_columns(struct table *tb, struct pawl_error *e)
{
    struct fact *f = tb->o->fact;
    fact_begin(f, "columns");
    fact_name(f, tb->o->name);
    fact_attribute(f, "order");
    for (size_t i = 0; i < tb->n_columns; i++) {
        if (i)
            fact_raw(f, ",");
        fact_item(f, tb->columns[i]);
    }
    return sqlite_put(tb->o, e);
}

static int put_table(struct table *tb, struct pawl_error *e)
{
    bool without_rowid = false, strict = false;
    while (tb->i < tb->t->n) {
        if (words(tb, "without", "rowid"))
            without_rowid = true;
        else if (words(tb, "strict", NULL))
            strict = true;
        else if (tokens_is(tb->t, tb->i, ','))
            tb->i++;
        else
            keep_unread(tb, &tb->unread);
    }
    struct fact *f = tb->o->fact;
    if (tb->t->failed)
        return err_nomem(e);
    fact_begin(f, "table");
    fact_name(f, tb->o->name);
    fact_word(f, "rowid", without_rowid ? "no" : "yes");
    fact_word(f, "strict", strict ? "yes" : "no");
    optional(f, "unread", tb->unread);
    return sqlite_put(tb->o, e);
}

int sqlite_table_facts(struct sqlite_object *o, struct pawl_error *e)
{
    struct table tb = {.o = o, .t = o->t, .i = o->at};
    int code = PAWL_OK;
    if (tokens_is(o->t, tb.i, '(')) {
        tb.i++;
        code = body(&tb, e);
        tb.i += tokens_is(o->t, tb.i, ')');
        if (!code)
            code = put_columns(&tb, e);
    }
    return code ? code : put_table(&tb, e);
}
