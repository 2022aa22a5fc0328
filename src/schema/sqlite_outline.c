#include "schema/sqlite_outline.h"

struct reader {
    struct outline *o;
    struct tokens *t;
    size_t i;      /* the next token */
    bool confused; /* something is not understood, */
    size_t at;     /* here */
};

static bool word(const struct reader *r, const char *lower)
{
    return tokens_word(r->t, r->i, lower);
}

static bool words(struct reader *r, const char *first, const char *second)
{
    if (!word(r, first) || (second && !tokens_word(r->t, r->i + 1, second)))
        return false;
    r->i += second ? 2 : 1;
    return true;
}

static bool confuse(struct reader *r)
{
    if (!r->confused)
        r->at = r->i;
    r->confused = true;
    return false;
}

static bool group(struct reader *r)
{
    if (!tokens_is(r->t, r->i, '('))
        return confuse(r);
    r->i = tokens_group_end(r->t, r->i);
    return true;
}

static bool at_end(const struct reader *r)
{
    return r->i >= r->t->n || tokens_is(r->t, r->i, ',') || tokens_is(r->t, r->i, ')');
}

/* ---- constraints ------------------------------------------------------------------------------------------------- */

static struct outline_constraint *add(struct reader *r, enum outline_kind kind, size_t from, size_t body, size_t column)
{
    struct outline *o = r->o;
    if (!arena_grow(r->t->arena, (void **)&o->constraints, &o->cap_constraints, o->n_constraints,
                    sizeof *o->constraints)) {
        r->t->failed = true;
        return NULL;
    }
    struct outline_constraint *c = &o->constraints[o->n_constraints++];
    *c = (struct outline_constraint){.kind = kind, .from = from, .body = body, .to = r->i, .column = column};
    if (body > from)
        c->name = tokens_name(r->t, from + 1);
    return c;
}

static void conflict(struct reader *r)
{
    if (words(r, "on", "conflict"))
        r->i++;
}

/* The names in the parenthesis at `open`; those of expressions are left out. */
static void key_columns(struct reader *r, struct outline_constraint *c, size_t open)
{
    size_t end = tokens_group_end(r->t, open) - 1, cap = 0;
    for (size_t i = open + 1; i < end; i = tokens_item_end(r->t, i, end) + 1) {
        if (!tokens_is_name(r->t, i))
            continue;
        if (!arena_grow(r->t->arena, (void **)&c->columns, &cap, c->n_columns, sizeof *c->columns)) {
            r->t->failed = true;
            return;
        }
        c->columns[c->n_columns++] = tokens_name(r->t, i);
    }
}

static bool deferral(struct reader *r)
{
    if (!words(r, "not", "deferrable") && !words(r, "deferrable", NULL))
        return false;
    if (!words(r, "initially", "deferred"))
        words(r, "initially", "immediate");
    return true;
}

/* Behind REFERENCES. */
static void references(struct reader *r)
{
    if (!tokens_is_name(r->t, r->i++)) {
        r->i--;
        confuse(r);
        return;
    }
    if (tokens_is(r->t, r->i, '('))
        group(r);
    for (;;) {
        if (words(r, "on", "delete") || words(r, "on", "update") || words(r, "on", "insert")) {
            if (!words(r, "set", "null") && !words(r, "set", "default") && !words(r, "no", "action"))
                r->i++;
        } else if (words(r, "match", NULL)) {
            r->i++;
        } else if (!deferral(r)) {
            return;
        }
    }
}

/* CONSTRAINT name; `from` is where it begins, r->i behind it. */
static size_t constraint_name(struct reader *r)
{
    size_t from = r->i;
    if (word(r, "constraint") && tokens_is_name(r->t, r->i + 1))
        r->i += 2;
    return from;
}

static void one_column(struct reader *r, struct outline_constraint *c)
{
    if (!c)
        return;
    c->columns = &r->o->columns[r->o->n_columns - 1].name;
    c->n_columns = 1;
    c->to = r->i;
}

static void generated(struct reader *r, size_t from, size_t body, size_t column)
{
    struct outline_column *c = &r->o->columns[column];
    group(r);
    c->generated = true;
    c->stored = words(r, "stored", NULL);
    if (!c->stored)
        words(r, "virtual", NULL);
    add(r, OUTLINE_GENERATED, from, body, column);
}

static void default_value(struct reader *r)
{
    if (tokens_is(r->t, r->i, '(')) {
        group(r);
        return;
    }
    r->i += tokens_is(r->t, r->i, '-') || tokens_is(r->t, r->i, '+') ? 2 : 1;
}

/* What only describes the column; false: something else stands here. */
static bool column_attribute(struct reader *r, size_t from, size_t body, size_t column)
{
    enum outline_kind kind;
    if (words(r, "not", "null")) {
        kind = OUTLINE_NOT_NULL;
        conflict(r);
    } else if (words(r, "null", NULL)) {
        kind = OUTLINE_NULL;
        conflict(r);
    } else if (words(r, "default", NULL)) {
        kind = OUTLINE_DEFAULT;
        default_value(r);
    } else if (words(r, "collate", NULL)) {
        kind = OUTLINE_COLLATE;
        r->i++;
    } else {
        bool is = words(r, "as", NULL);
        if (!is && word(r, "generated") && tokens_word(r->t, r->i + 2, "as")) {
            r->i += 3;
            is = true;
        }
        if (is)
            generated(r, from, body, column);
        return is;
    }
    add(r, kind, from, body, column);
    return true;
}

static void column_constraint(struct reader *r, size_t column)
{
    size_t from = constraint_name(r);
    size_t body = r->i;
    if (column_attribute(r, from, body, column))
        return;
    enum outline_kind kind;
    if (words(r, "primary", "key")) {
        kind = OUTLINE_PRIMARY_KEY;
        if (!words(r, "desc", NULL))
            words(r, "asc", NULL);
        conflict(r);
        r->o->autoincrement |= words(r, "autoincrement", NULL);
    } else if (words(r, "unique", NULL)) {
        kind = OUTLINE_UNIQUE;
        conflict(r);
    } else if (words(r, "check", NULL)) {
        kind = OUTLINE_CHECK;
        group(r);
        conflict(r);
    } else if (words(r, "references", NULL)) {
        kind = OUTLINE_FOREIGN_KEY;
        references(r);
    } else {
        confuse(r);
        return;
    }
    one_column(r, add(r, kind, from, body, column));
}

static void table_constraint(struct reader *r)
{
    size_t from = constraint_name(r), body = r->i, open = 0;
    enum outline_kind kind;
    if (words(r, "primary", "key")) {
        kind = OUTLINE_PRIMARY_KEY;
        open = r->i;
        group(r);
        conflict(r);
        r->o->autoincrement |= r->i >= 2 && tokens_word(r->t, r->i - 2, "autoincrement");
    } else if (words(r, "unique", NULL)) {
        kind = OUTLINE_UNIQUE;
        open = r->i;
        group(r);
        conflict(r);
    } else if (words(r, "check", NULL)) {
        kind = OUTLINE_CHECK;
        group(r);
        conflict(r);
    } else if (words(r, "foreign", "key")) {
        kind = OUTLINE_FOREIGN_KEY;
        open = r->i;
        if (group(r) && words(r, "references", NULL))
            references(r);
        else
            confuse(r);
    } else {
        confuse(r);
        return;
    }
    struct outline_constraint *c = r->confused ? NULL : add(r, kind, from, body, OUTLINE_TABLE);
    if (c && open)
        key_columns(r, c, open);
}

/* ---- columns ----------------------------------------------------------------------------------------------------- */

static bool type_goes_on(const struct reader *r)
{
    static const char *const stop[] = {"constraint", "default",    "null",    "not", "primary",   "unique",
                                       "check",      "references", "collate", "as",  "deferrable"};
    if (!tokens_is_name(r->t, r->i) || (word(r, "generated") && tokens_word(r->t, r->i + 1, "always")))
        return false;
    for (size_t i = 0; i < sizeof stop / sizeof *stop; i++)
        if (word(r, stop[i]))
            return false;
    return true;
}

static void column(struct reader *r)
{
    struct outline *o = r->o;
    if (!arena_grow(r->t->arena, (void **)&o->columns, &o->cap_columns, o->n_columns, sizeof *o->columns)) {
        r->t->failed = true;
        return;
    }
    size_t index = o->n_columns++;
    o->columns[index] = (struct outline_column){.name = tokens_name(r->t, r->i), .from = r->i, .type_from = r->i + 1};
    r->i++;
    while (type_goes_on(r))
        r->i++;
    if (r->i > o->columns[index].type_from && tokens_is(r->t, r->i, '('))
        group(r);
    o->columns[index].type_to = r->i;
    while (!r->confused && !r->t->failed && !at_end(r))
        column_constraint(r, index);
    o->columns[index].to = r->i;
}

static bool constraint_here(const struct reader *r)
{
    return word(r, "constraint") || word(r, "primary") || word(r, "unique") || word(r, "check") || word(r, "foreign");
}

/* Between the parentheses: columns, then constraints, whose commas may be missing. */
static void body(struct reader *r)
{
    while (!r->confused && !r->t->failed && !tokens_is(r->t, r->i, ')')) {
        if (r->i >= r->t->n)
            confuse(r);
        else if (tokens_is(r->t, r->i, ','))
            r->i++;
        else if (constraint_here(r))
            table_constraint(r);
        else if (tokens_is_name(r->t, r->i))
            column(r);
        else
            confuse(r);
    }
}

static void options(struct reader *r)
{
    while (!r->confused && r->i < r->t->n) {
        if (words(r, "without", "rowid"))
            r->o->without_rowid = true;
        else if (words(r, "strict", NULL))
            r->o->strict = true;
        else if (tokens_is(r->t, r->i, ','))
            r->i++;
        else
            confuse(r);
    }
}

static int fault(const struct reader *r, struct pawl_error *e)
{
    struct outline *o = r->o;
    if (r->t->failed)
        return err_nomem(e);
    if (!r->confused)
        return PAWL_OK;
    struct slice rest = slice_sub(r->t->text, r->t->items[r->at].offset, r->t->items[r->at].offset + 40);
    size_t line = slice_find_byte(rest, '\n');
    return err_set(e, PAWL_SQL, "the stored text of table " SLICE_FMT " is not understood at \"" SLICE_FMT "\"",
                   SLICE_ARG(o->name), SLICE_ARG(slice_sub(rest, 0, line)));
}

int outline_read(struct arena *a, struct slice sql, struct outline *out, struct pawl_error *e)
{
    *out = (struct outline){0};
    struct reader r = {.o = out, .t = &out->t};
    if (!tokens_read(&out->t, a, sql))
        return err_nomem(e);
    if (out->t.broken || !words(&r, "create", "table") || !tokens_is_name(r.t, r.i)) {
        confuse(&r);
        return fault(&r, e);
    }
    out->name = tokens_name(r.t, r.i++);
    out->open = r.i;
    if (!tokens_is(r.t, r.i, '(')) {
        confuse(&r);
        return fault(&r, e);
    }
    r.i++;
    body(&r);
    out->close = r.i++;
    options(&r);
    /* arrays of columns grow while constraints point into them */
    for (size_t i = 0; i < out->n_constraints; i++)
        if (out->constraints[i].column != OUTLINE_TABLE && out->constraints[i].n_columns)
            out->constraints[i].columns = &out->columns[out->constraints[i].column].name;
    return fault(&r, e);
}

/* ---- looking things up ------------------------------------------------------------------------------------------- */

size_t outline_column(const struct outline *o, struct slice name)
{
    for (size_t i = 0; i < o->n_columns; i++)
        if (slice_ieq(o->columns[i].name, name))
            return i;
    return SIZE_MAX;
}

size_t outline_at(const struct outline *o, enum outline_kind kind, size_t column, size_t from)
{
    for (size_t i = from; i < o->n_constraints; i++)
        if (o->constraints[i].kind == kind && o->constraints[i].column == column)
            return i;
    return SIZE_MAX;
}

bool outline_keyed(const struct outline_constraint *c, struct slice column)
{
    for (size_t i = 0; i < c->n_columns; i++)
        if (slice_ieq(c->columns[i], column))
            return true;
    return false;
}

static bool is_mention(const struct tokens *t, size_t i)
{
    if (i > 0 && (tokens_word(t, i - 1, "collate") || tokens_word(t, i - 1, "as")))
        return false;
    return tokens_is_name(t, i) && t->items[i].kind != TOKEN_STRING && !tokens_is(t, i + 1, '(') &&
           !tokens_is(t, i + 1, '.');
}

bool outline_mentions(const struct tokens *t, size_t from, size_t to, struct slice column)
{
    struct tokens reader = *t; /* whose arena takes the names in quotes */
    for (size_t i = from; i < to; i++)
        if (is_mention(t, i) && slice_ieq(tokens_name(&reader, i), column))
            return true;
    return false;
}

/* The one column that a CHECK names; .p NULL if there is none, or more than one. */
static struct slice checked_column(const struct outline *o, const struct outline_constraint *c)
{
    struct slice only = {NULL, 0};
    for (size_t i = 0; i < o->n_columns; i++) {
        if (!outline_mentions(&o->t, c->body, c->to, o->columns[i].name))
            continue;
        if (only.p)
            return (struct slice){NULL, 0};
        only = o->columns[i].name;
    }
    return only;
}

/* As PostgreSQL makes it up, but for a number behind it and for cutting long ones. */
static struct slice generated_name(struct arena *a, const struct outline *o, const struct outline_constraint *c)
{
    STRBUF(b, 1 << 16);
    strbuf_add(&b, o->name);
    struct slice checked = {NULL, 0};
    if (c->kind == OUTLINE_CHECK)
        checked = checked_column(o, c);
    if (checked.p) {
        strbuf_addc(&b, '_');
        strbuf_add(&b, checked);
    }
    for (size_t i = 0; i < c->n_columns && (c->kind == OUTLINE_UNIQUE || c->kind == OUTLINE_FOREIGN_KEY); i++) {
        strbuf_addc(&b, '_');
        strbuf_add(&b, c->columns[i]);
    }
    strbuf_addz(&b, c->kind == OUTLINE_PRIMARY_KEY ? "_pkey"
                    : c->kind == OUTLINE_UNIQUE    ? "_key"
                    : c->kind == OUTLINE_CHECK     ? "_check"
                                                   : "_fkey");
    return strbuf_ok(&b) ? arena_dup(a, strbuf_slice(&b)) : (struct slice){NULL, 0};
}

static bool is_constraint(const struct outline_constraint *c)
{
    return c->kind == OUTLINE_PRIMARY_KEY || c->kind == OUTLINE_UNIQUE || c->kind == OUTLINE_CHECK ||
           c->kind == OUTLINE_FOREIGN_KEY;
}

/* "users_email_key1" answers to the second of two that would be called users_email_key. */
static bool same_but_number(struct slice name, struct slice base, size_t nth)
{
    char number[24] = "";
    size_t digits = 0;
    for (size_t v = nth; v; v /= 10)
        number[sizeof number - 1 - digits++] = (char)('0' + v % 10);
    struct slice behind = slice_sub(name, base.n, name.n);
    return name.n >= base.n && slice_ieq(slice_sub(name, 0, base.n), base) &&
           slice_eq(behind, (struct slice){number + sizeof number - digits, digits});
}

size_t outline_constraint(struct arena *a, const struct outline *o, struct slice name)
{
    for (size_t i = 0; i < o->n_constraints; i++)
        if (o->constraints[i].name.p && is_constraint(&o->constraints[i]) && slice_ieq(o->constraints[i].name, name))
            return i;
    for (size_t i = 0; i < o->n_constraints; i++) {
        const struct outline_constraint *c = &o->constraints[i];
        struct slice base = !c->name.p && is_constraint(c) ? generated_name(a, o, c) : (struct slice){NULL, 0};
        size_t nth = 0;
        for (size_t k = 0; base.p && k < i; k++) {
            const struct outline_constraint *before = &o->constraints[k];
            nth += !before->name.p && before->kind == c->kind && slice_ieq(generated_name(a, o, before), base);
        }
        if (base.p && same_but_number(name, base, nth))
            return i;
    }
    return SIZE_MAX;
}
