#include "schema/sqlite_edit.h"

#include "schema/sqlite_spell.h"
#include "sql/quote.h"

#define TEXT_MAX ((size_t)1 << 24)

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

/* One place to be changed; they are given from the end of the text to its beginning. */
struct change {
    size_t from, to;
    struct slice with;
};

static int apply(struct edit *x, const struct change *changes, size_t n, struct pawl_error *e)
{
    struct slice text = x->text;
    for (size_t i = 0; i < n; i++) {
        STRBUF(b, TEXT_MAX);
        strbuf_add(&b, slice_sub(text, 0, changes[i].from));
        strbuf_add(&b, changes[i].with);
        strbuf_add(&b, slice_sub(text, changes[i].to, text.n));
        text = strbuf_ok(&b) ? arena_dup(x->a, strbuf_slice(&b)) : (struct slice){NULL, 0};
        if (!text.p)
            return err_nomem(e);
    }
    x->text = text;
    return outline_read(x->a, text, &x->outline, e);
}

static int splice(struct edit *x, size_t from, size_t to, struct slice with, struct pawl_error *e)
{
    return apply(x, &(struct change){from, to, with}, 1, e);
}

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The line break in front of `at` if only blanks stand between, else SIZE_MAX. */
static size_t line_break(struct slice s, size_t at)
{
    while (at > 0 && blank(s.p[at - 1]))
        at--;
    if (at == 0 || s.p[at - 1] != '\n')
        return SIZE_MAX;
    return at >= 2 && s.p[at - 2] == '\r' ? at - 2 : at - 1;
}

/* Behind blanks and comments that end on this line; those belong to what stands in front of them. */
static size_t remark_end(struct slice s, size_t at)
{
    size_t end = at;
    for (;;) {
        while (at < s.n && blank(s.p[at]))
            at++;
        struct slice rest = slice_sub(s, at, s.n);
        if (slice_starts(rest, SLICE("--"))) {
            size_t line = slice_find_byte(rest, '\n');
            return line == SIZE_MAX ? s.n : at + line - (line > 0 && rest.p[line - 1] == '\r');
        }
        size_t close = slice_starts(rest, SLICE("/*")) ? slice_find(rest, SLICE("*/")) : SIZE_MAX;
        if (close == SIZE_MAX || slice_find_byte(slice_sub(rest, 0, close), '\n') != SIZE_MAX)
            return end;
        end = at += close + 2;
    }
}

static bool ends_line(struct slice s, size_t at)
{
    while (at < s.n && (blank(s.p[at]) || s.p[at] == '\r'))
        at++;
    return at == s.n || s.p[at] == '\n';
}

/* ---- items of the body ------------------------------------------------------------------------------------------- */

/*
 * Takes out tokens from..to of the body with one comma, and the remark behind them if they have lines of their own. A constraint may stand
 * beside others without one; what is left of a row of such keeps the commas around it.
 */
static int remove_item(struct edit *x, size_t from, size_t to, struct pawl_error *e)
{
    const struct outline *o = &x->outline;
    const struct tokens *t = &o->t;
    size_t begin = outline_begin(o, from), end = outline_end(o, to - 1);
    bool comma = tokens_is(t, to, ','), before = tokens_is(t, from - 1, ',');
    bool joined = !comma && !tokens_is(t, to, ')'), joins = !before && !tokens_is(t, from - 1, '(');
    struct change changes[2];
    size_t n = 0, line = line_break(x->text, begin);
    comma &= !joins;
    before &= !joined;
    if (comma)
        end = outline_end(o, to);
    size_t remark = remark_end(x->text, end);
    if (line != SIZE_MAX && ends_line(x->text, remark)) {
        begin = line;
        end = remark;
    } else if (comma) {
        end = outline_begin(o, to + 1);
    } else if (joined) {
        end = outline_begin(o, to);
    } else if (joins) {
        begin = outline_end(o, from - 1);
    } else if (before && ends_line(x->text, remark) && remark > end) {
        end = remark;
    }
    if (!comma && before && slice_trim(slice_sub(x->text, outline_end(o, from - 1), begin)).n == 0 &&
        line == SIZE_MAX) {
        begin = outline_begin(o, from - 1);
        before = false;
    }
    changes[n++] = (struct change){begin, end, {NULL, 0}};
    if (!comma && before)
        changes[n++] = (struct change){outline_begin(o, from - 1), outline_end(o, from - 1), {NULL, 0}};
    return apply(x, changes, n, e);
}

/* Puts an item behind the one that is tokens from..to. */
static int add_item(struct edit *x, size_t from, size_t to, struct slice item, struct pawl_error *e)
{
    const struct outline *o = &x->outline;
    bool comma = tokens_is(&o->t, to, ',');
    size_t end = outline_end(o, to - 1), line = line_break(x->text, outline_begin(o, from));
    if (line == SIZE_MAX) {
        struct slice s = arena_printf(x->a, ", " SLICE_FMT, SLICE_ARG(item));
        return s.p ? splice(x, end, end, s, e) : err_nomem(e);
    }
    size_t at = remark_end(x->text, comma ? outline_end(o, to) : end);
    struct slice indent = slice_sub(x->text, line, outline_begin(o, from));
    struct slice s = arena_printf(x->a, SLICE_FMT SLICE_FMT "%s", SLICE_ARG(indent), SLICE_ARG(item), comma ? "," : "");
    if (!s.p)
        return err_nomem(e);
    const struct change changes[] = {{at, at, s}, {end, end, SLICE(",")}};
    return apply(x, changes, comma ? 1 : 2, e);
}

/* Takes tokens from..to out of a column's definition. */
static int remove_words(struct edit *x, size_t from, size_t to, struct pawl_error *e)
{
    size_t begin = outline_begin(&x->outline, from), line = line_break(x->text, begin);
    size_t end = outline_end(&x->outline, to - 1);
    while (begin > 0 && blank(x->text.p[begin - 1]))
        begin--;
    if (line != SIZE_MAX && ends_line(x->text, end))
        begin = line;
    return splice(x, begin, end, (struct slice){NULL, 0}, e);
}

/* Puts words behind token i. */
static int add_words(struct edit *x, size_t i, struct slice words, struct pawl_error *e)
{
    struct slice s = arena_printf(x->a, " " SLICE_FMT, SLICE_ARG(words));
    size_t at = outline_end(&x->outline, i);
    return s.p ? splice(x, at, at, s, e) : err_nomem(e);
}

/* ---- names and words --------------------------------------------------------------------------------------------- */

static struct slice plain(struct edit *x, struct slice written)
{
    struct slice s = quote_name(x->a, &dialect_sqlite, written);
    x->failed |= !s.p;
    return s;
}

static void note(struct edit *x, const char *format, struct slice what)
{
    struct slice s = arena_printf(x->a, SLICE_FMT "%s", SLICE_ARG(x->note), x->note.n ? "; " : "");
    STRBUF(b, TEXT_MAX);
    strbuf_add(&b, s);
    strbuf_addz(&b, format);
    strbuf_add(&b, what);
    x->note = strbuf_ok(&b) ? arena_dup(x->a, strbuf_slice(&b)) : (struct slice){NULL, 0};
    x->failed |= !x->note.p;
}

static int no_column(const struct edit *x, struct slice name, struct pawl_error *e)
{
    return err_set(e, PAWL_SQL, "table " SLICE_FMT " has no column " SLICE_FMT, SLICE_ARG(x->outline.name),
                   SLICE_ARG(name));
}

/* The column of the part: PAWL_OK and its index. */
static int find_column(struct edit *x, const struct head_part *p, size_t *out, struct pawl_error *e)
{
    struct slice name = plain(x, p->name.name);
    if (x->failed)
        return err_nomem(e);
    *out = outline_column(&x->outline, name);
    return *out == SIZE_MAX ? no_column(x, name, e) : PAWL_OK;
}

/* ---- columns ----------------------------------------------------------------------------------------------------- */

static int edit_using_add(struct edit *x, size_t column, struct slice expression, struct slice type,
                          struct pawl_error *e)
{
    if (!arena_grow(x->a, (void **)&x->using, &x->cap_using, x->n_using, sizeof *x->using))
        return err_nomem(e);
    x->using[x->n_using++] = (struct edit_using){x->outline.columns[column].name, expression, type};
    return PAWL_OK;
}

/* Is it the column that SQLite keeps as the row's own number: INTEGER PRIMARY KEY, but for one that says DESC itself? */
static bool is_rowid(const struct edit *x, size_t column)
{
    const struct outline *o = &x->outline;
    const struct outline_column *c = &o->columns[column];
    if (o->without_rowid || c->type_to != c->type_from + 1 || !tokens_word(&o->t, c->type_from, "integer"))
        return false;
    for (size_t i = 0; i < o->n_constraints; i++) {
        const struct outline_constraint *key = &o->constraints[i];
        if (key->kind == OUTLINE_PRIMARY_KEY)
            return key->n_columns == 1 && slice_ieq(key->columns[0], c->name) &&
                   !tokens_word(&o->t, key->body + 2, "desc");
    }
    return false;
}

/* TYPE type [COLLATE name] [USING expression] */
struct new_type {
    struct slice type, collation, using;
};

static int read_type(struct edit *x, struct slice rest, struct new_type *out, struct pawl_error *e)
{
    struct tokens t;
    size_t i = 0;
    if (!tokens_read(&t, x->a, rest))
        return err_nomem(e);
    while (i < t.n && !tokens_word(&t, i, "collate") && !tokens_word(&t, i, "using"))
        i++;
    out->type = i ? slice_sub(rest, t.items[0].offset, t.items[i - 1].offset + t.items[i - 1].length)
                  : (struct slice){rest.p, 0};
    if (tokens_word(&t, i, "collate") && i + 1 < t.n) {
        out->collation = slice_sub(rest, t.items[i + 1].offset, t.items[i + 1].offset + t.items[i + 1].length);
        i += 2;
    }
    if (tokens_word(&t, i, "using") && i + 1 < t.n)
        out->using = slice_trim(slice_sub(rest, t.items[i + 1].offset, rest.n));
    else if (i < t.n)
        return err_set(e, PAWL_SQL, "not understood behind the type: " SLICE_FMT,
                       SLICE_ARG(slice_sub(rest, t.items[i].offset, rest.n)));
    return out->type.n ? PAWL_OK : err_set(e, PAWL_SQL, "there is no type behind TYPE");
}

static int set_collation(struct edit *x, size_t column, struct slice name, struct pawl_error *e)
{
    size_t old = outline_at(&x->outline, OUTLINE_COLLATE, column, 0);
    int code = old == SIZE_MAX ? PAWL_OK
                               : remove_words(x, x->outline.constraints[old].from, x->outline.constraints[old].to, e);
    struct slice words = arena_printf(x->a, "COLLATE " SLICE_FMT, SLICE_ARG(name));
    if (!code && !words.p)
        code = err_nomem(e);
    return code ? code : add_words(x, x->outline.columns[column].type_to - 1, words, e);
}

static int set_type(struct edit *x, size_t column, struct slice rest, struct pawl_error *e)
{
    struct new_type to = {0};
    struct slice using = {NULL, 0};
    const struct outline_column *c = &x->outline.columns[column];
    int code = read_type(x, rest, &to, e);
    if (code)
        return code;
    if (is_rowid(x, column) && !to.using.n && spell_affinity(to.type) == AFFINITY_INTEGER) {
        if (!slice_ieq(to.type, SLICE("integer")))
            note(x, "INTEGER PRIMARY KEY holds 64 bits and stays: ", c->name);
        return PAWL_OK;
    }
    if (c->generated)
        return err_set(e, PAWL_SQL, "column " SLICE_FMT " is generated; drop it and add it with the new type",
                       SLICE_ARG(c->name));
    if (to.using.n)
        code = spell_using(x->a, to.using, to.type, &using, e);
    struct slice old = slice_sub(x->text, outline_begin(&x->outline, c->type_from),
                                 c->type_to > c->type_from ? outline_end(&x->outline, c->type_to - 1) : 0);
    if (!code && (to.using.n || !slice_ieq(old, to.type)))
        code = edit_using_add(x, column, using, to.type, e);
    if (!code && c->type_to > c->type_from && !slice_ieq(old, to.type))
        code =
            splice(x, outline_begin(&x->outline, c->type_from), outline_end(&x->outline, c->type_to - 1), to.type, e);
    else if (!code && c->type_to == c->type_from)
        code = add_words(x, c->from, to.type, e);
    return code || !to.collation.n ? code : set_collation(x, column, to.collation, e);
}

static int remove_kind(struct edit *x, enum outline_kind kind, size_t column, struct pawl_error *e)
{
    size_t i;
    int code = PAWL_OK;
    while (!code && (i = outline_at(&x->outline, kind, column, 0)) != SIZE_MAX)
        code = remove_words(x, x->outline.constraints[i].from, x->outline.constraints[i].to, e);
    return code;
}

static int set_not_null(struct edit *x, size_t column, struct pawl_error *e)
{
    if (outline_at(&x->outline, OUTLINE_NOT_NULL, column, 0) != SIZE_MAX)
        return PAWL_OK;
    int code = remove_kind(x, OUTLINE_NULL, column, e);
    return code ? code : add_words(x, x->outline.columns[column].type_to - 1, SLICE("NOT NULL"), e);
}

static int drop_not_null(struct edit *x, size_t column, struct pawl_error *e)
{
    const struct outline *o = &x->outline;
    for (size_t i = 0; i < o->n_constraints; i++)
        if (o->constraints[i].kind == OUTLINE_PRIMARY_KEY && outline_keyed(&o->constraints[i], o->columns[column].name))
            return err_set(e, PAWL_SQL, "column " SLICE_FMT " is in the primary key of " SLICE_FMT,
                           SLICE_ARG(o->columns[column].name), SLICE_ARG(o->name));
    return remove_kind(x, OUTLINE_NOT_NULL, column, e);
}

static int set_default(struct edit *x, size_t column, struct slice value, struct pawl_error *e)
{
    struct slice spelled;
    int code = spell_default(x->a, slice_trim(value), &spelled, e);
    if (code)
        return code;
    size_t old = outline_at(&x->outline, OUTLINE_DEFAULT, column, 0);
    if (old != SIZE_MAX) {
        const struct outline_constraint *c = &x->outline.constraints[old];
        return splice(x, outline_begin(&x->outline, c->body + 1), outline_end(&x->outline, c->to - 1), spelled, e);
    }
    struct slice words = arena_printf(x->a, "DEFAULT " SLICE_FMT, SLICE_ARG(spelled));
    return words.p ? add_words(x, x->outline.columns[column].type_to - 1, words, e) : err_nomem(e);
}

static int alter_column(struct edit *x, const struct head_part *p, struct pawl_error *e)
{
    size_t column;
    int code = find_column(x, p, &column, e);
    if (code)
        return code;
    switch (p->change) {
    case HEAD_SET_TYPE:
        return set_type(x, column, p->rest, e);
    case HEAD_SET_NOT_NULL:
        return set_not_null(x, column, e);
    case HEAD_DROP_NOT_NULL:
        return drop_not_null(x, column, e);
    case HEAD_SET_DEFAULT:
        return set_default(x, column, p->rest, e);
    case HEAD_DROP_DEFAULT:
        return remove_kind(x, OUTLINE_DEFAULT, column, e);
    case HEAD_DROP_EXPRESSION:
        return remove_kind(x, OUTLINE_GENERATED, column, e);
    case HEAD_CHANGE_NONE:
    case HEAD_ADD_IDENTITY:
    case HEAD_DROP_IDENTITY:
    case HEAD_VALIDATE:
    case HEAD_ATTACH:
    case HEAD_DETACH:
    case HEAD_ENABLE_RLS:
    case HEAD_DISABLE_RLS:
    case HEAD_OWNER:
    case HEAD_OPTION:
        break;
    }
    return err_set(e, PAWL_SQL, "SQLite has nothing like this: " SLICE_FMT, SLICE_ARG(p->text));
}

static int add_column(struct edit *x, const struct head_part *p, struct pawl_error *e)
{
    struct slice name = plain(x, p->name.name), definition;
    const struct outline *o = &x->outline;
    if (x->failed)
        return err_nomem(e);
    if (outline_column(o, name) != SIZE_MAX) {
        if (!(p->flags & HEAD_IF_NOT_EXISTS))
            return err_set(e, PAWL_SQL, "table " SLICE_FMT " has a column " SLICE_FMT " already", SLICE_ARG(o->name),
                           SLICE_ARG(name));
        note(x, "there already: column ", name);
        return PAWL_OK;
    }
    int code = spell_casts(x->a, p->rest, &definition, e);
    if (code)
        return code;
    struct slice item =
        arena_printf(x->a, SLICE_FMT " " SLICE_FMT, SLICE_ARG(p->name.name), SLICE_ARG(slice_trim(definition)));
    const struct outline_column *last = &o->columns[o->n_columns - 1];
    return item.p ? add_item(x, last->from, last->to, item, e) : err_nomem(e);
}

/* ---- DROP COLUMN ------------------------------------------------------------------------------------------------- */

/* The first constraint outside the column itself that names it; SIZE_MAX = none. */
static size_t naming(const struct edit *x, size_t column)
{
    const struct outline *o = &x->outline;
    struct slice name = o->columns[column].name;
    for (size_t i = 0; i < o->n_constraints; i++) {
        const struct outline_constraint *c = &o->constraints[i];
        if (c->column == column)
            continue;
        if ((c->column == OUTLINE_TABLE && outline_keyed(c, name)) ||
            ((c->kind == OUTLINE_CHECK || c->kind == OUTLINE_GENERATED) &&
             outline_mentions(&o->t, c->body, c->to, name)))
            return i;
    }
    return SIZE_MAX;
}

static struct slice constraint_text(const struct edit *x, const struct outline_constraint *c)
{
    return slice_sub(x->text, outline_begin(&x->outline, c->from), outline_end(&x->outline, c->to - 1));
}

/* Does the primary key itself keep NULL out? Then its columns go on to do so without it, as on PostgreSQL. */
static bool forbids_null(const struct edit *x, const struct outline_constraint *key)
{
    size_t column = key->n_columns == 1 ? outline_column(&x->outline, key->columns[0]) : SIZE_MAX;
    return x->outline.strict || (column != SIZE_MAX && is_rowid(x, column));
}

static int remove_constraint(struct edit *x, size_t i, struct pawl_error *e)
{
    const struct outline_constraint c = x->outline.constraints[i]; /* its names stay in the arena */
    bool closed = c.kind == OUTLINE_PRIMARY_KEY && forbids_null(x, &c);
    int code = c.column == OUTLINE_TABLE ? remove_item(x, c.from, c.to, e) : remove_words(x, c.from, c.to, e);
    for (size_t k = 0; k < c.n_columns && closed && !code; k++) {
        size_t column = outline_column(&x->outline, c.columns[k]);
        code = column == SIZE_MAX ? PAWL_OK : set_not_null(x, column, e);
    }
    return code;
}

static int drop_column(struct edit *x, const struct head_part *p, struct pawl_error *e)
{
    struct slice name = plain(x, p->name.name);
    if (x->failed)
        return err_nomem(e);
    size_t column = outline_column(&x->outline, name), i;
    if (column == SIZE_MAX) {
        if (!(p->flags & HEAD_IF_EXISTS))
            return no_column(x, name, e);
        note(x, "not there: column ", name);
        return PAWL_OK;
    }
    if (x->outline.n_columns == 1)
        return err_set(e, PAWL_SQL,
                       "column " SLICE_FMT " is the only one of table " SLICE_FMT
                       "; SQLite has no table without columns",
                       SLICE_ARG(name), SLICE_ARG(x->outline.name));
    while ((i = naming(x, column)) != SIZE_MAX) {
        const struct outline_constraint *c = &x->outline.constraints[i];
        if (c->kind == OUTLINE_GENERATED)
            return err_set(e, PAWL_SQL, "column " SLICE_FMT " is generated from " SLICE_FMT "; drop it first",
                           SLICE_ARG(x->outline.columns[c->column].name), SLICE_ARG(name));
        note(x, "dropped with it: ", constraint_text(x, c));
        int code = remove_constraint(x, i, e);
        if (code)
            return code;
    }
    const struct outline_column *c = &x->outline.columns[column];
    return x->failed ? err_nomem(e) : remove_item(x, c->from, c->to, e);
}

/* ---- constraints ------------------------------------------------------------------------------------------------- */

/* A constraint as SQLite writes it: what only says when PostgreSQL looks at it is left out. */
static int constraint_definition(struct edit *x, const struct head_part *p, struct slice *out, struct pawl_error *e)
{
    struct tokens t;
    if (!tokens_read(&t, x->a, p->rest))
        return err_nomem(e);
    size_t n = t.n;
    if (n >= 2 && tokens_word(&t, n - 2, "not") && tokens_word(&t, n - 1, "valid"))
        n -= 2;
    for (size_t i = 0; i < n; i++)
        if (tokens_word(&t, i, "exclude") || (tokens_word(&t, i, "using") && tokens_word(&t, i + 1, "index")) ||
            (tokens_word(&t, i, "nulls") && i < 4) || tokens_word(&t, i, "include"))
            return err_set(e, PAWL_SQL, "SQLite has nothing like this: " SLICE_FMT, SLICE_ARG(p->text));
    if (n == 0)
        return err_set(e, PAWL_SQL, "there is no constraint in " SLICE_FMT, SLICE_ARG(p->text));
    struct slice text = slice_sub(p->rest, t.items[0].offset, t.items[n - 1].offset + t.items[n - 1].length), spelled;
    int code = spell_casts(x->a, text, &spelled, e);
    if (code)
        return code;
    *out = p->name.name.n
               ? arena_printf(x->a, "CONSTRAINT " SLICE_FMT " " SLICE_FMT, SLICE_ARG(p->name.name), SLICE_ARG(spelled))
               : spelled;
    return out->p ? PAWL_OK : err_nomem(e);
}

/* As on PostgreSQL, a column that comes into a primary key takes no NULL any more; SQLite itself would take it. */
static int close_key(struct edit *x, struct pawl_error *e)
{
    int code = PAWL_OK;
    for (size_t c = 0; c < x->outline.n_columns && !code; c++) {
        bool keyed = false;
        for (size_t i = 0; i < x->outline.n_constraints && !keyed; i++)
            keyed = x->outline.constraints[i].kind == OUTLINE_PRIMARY_KEY &&
                    outline_keyed(&x->outline.constraints[i], x->outline.columns[c].name);
        if (keyed && !is_rowid(x, c))
            code = set_not_null(x, c, e);
    }
    return code;
}

static int add_constraint(struct edit *x, const struct head_part *p, struct pawl_error *e)
{
    const struct outline *o = &x->outline;
    struct slice definition, name = {NULL, 0};
    if (p->name.name.n)
        name = plain(x, p->name.name);
    if (x->failed)
        return err_nomem(e);
    if (name.n && outline_constraint(x->a, o, name) != SIZE_MAX) {
        if (!(p->flags & HEAD_IF_NOT_EXISTS))
            return err_set(e, PAWL_SQL, "table " SLICE_FMT " has a constraint " SLICE_FMT " already",
                           SLICE_ARG(o->name), SLICE_ARG(name));
        note(x, "there already: constraint ", name);
        return PAWL_OK;
    }
    int code = constraint_definition(x, p, &definition, e);
    if (code)
        return code;
    size_t from = o->columns[o->n_columns - 1].from, to = o->columns[o->n_columns - 1].to;
    for (size_t i = 0; i < o->n_constraints; i++) {
        if (o->constraints[i].column == OUTLINE_TABLE) {
            from = o->constraints[i].from;
            to = o->constraints[i].to;
        }
    }
    size_t keys = outline_at(o, OUTLINE_PRIMARY_KEY, OUTLINE_TABLE, 0);
    code = add_item(x, from, to, definition, e);
    if (code || keys != SIZE_MAX || outline_at(&x->outline, OUTLINE_PRIMARY_KEY, OUTLINE_TABLE, 0) == SIZE_MAX)
        return code;
    return close_key(x, e);
}

/* The constraint of the part; SIZE_MAX and PAWL_OK if it is not there and need not be. */
static int find_constraint(struct edit *x, const struct head_part *p, size_t *out, struct pawl_error *e)
{
    struct slice name = plain(x, p->name.name);
    if (x->failed)
        return err_nomem(e);
    *out = outline_constraint(x->a, &x->outline, name);
    if (*out != SIZE_MAX)
        return PAWL_OK;
    if (p->flags & HEAD_IF_EXISTS) {
        note(x, "not there: constraint ", name);
        return PAWL_OK;
    }
    err_set(e, PAWL_SQL, "table " SLICE_FMT " has no constraint " SLICE_FMT, SLICE_ARG(x->outline.name),
            SLICE_ARG(name));
    err_hint(e, "one without a name answers to the name that PostgreSQL gives: users_pkey, users_email_key, "
                "users_team_id_fkey, users_age_check");
    return PAWL_SQL;
}

static int rename_constraint(struct edit *x, size_t i, struct slice to, struct pawl_error *e)
{
    const struct outline_constraint *c = &x->outline.constraints[i];
    if (c->name.p)
        return splice(x, outline_begin(&x->outline, c->from + 1), outline_end(&x->outline, c->from + 1), to, e);
    struct slice words = arena_printf(x->a, "CONSTRAINT " SLICE_FMT " ", SLICE_ARG(to));
    size_t at = outline_begin(&x->outline, c->body);
    return words.p ? splice(x, at, at, words, e) : err_nomem(e);
}

static int change_constraint(struct edit *x, const struct head_part *p, struct pawl_error *e)
{
    size_t i = SIZE_MAX;
    int code = find_constraint(x, p, &i, e);
    if (code || i == SIZE_MAX)
        return code;
    if (p->action == HEAD_DROP)
        return remove_constraint(x, i, e);
    if (p->action == HEAD_RENAME)
        return rename_constraint(x, i, p->to, e);
    if (p->change == HEAD_VALIDATE) /* it was when it was added */
        return PAWL_OK;
    return err_set(e, PAWL_SQL, "SQLite has nothing like this: " SLICE_FMT, SLICE_ARG(p->text));
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

int edit_begin(struct arena *a, struct slice sql, struct edit *out, struct pawl_error *e)
{
    *out = (struct edit){.a = a, .text = sql};
    return outline_read(a, sql, &out->outline, e);
}

int edit_part(struct edit *x, const struct head_part *p, struct pawl_error *e)
{
    int code = PAWL_SQL;
    if (p->object == HEAD_COLUMN && p->action == HEAD_CREATE)
        code = add_column(x, p, e);
    else if (p->object == HEAD_COLUMN && p->action == HEAD_DROP)
        code = drop_column(x, p, e);
    else if (p->object == HEAD_COLUMN && p->action == HEAD_ALTER)
        code = alter_column(x, p, e);
    else if (p->object == HEAD_CONSTRAINT && p->action == HEAD_CREATE)
        code = add_constraint(x, p, e);
    else if (p->object == HEAD_CONSTRAINT && p->action != HEAD_ACTION_NONE)
        code = change_constraint(x, p, e);
    else
        err_set(e, PAWL_SQL, "this cannot be carried out together with the rest: " SLICE_FMT, SLICE_ARG(p->text));
    return !code && x->failed ? err_nomem(e) : code;
}
